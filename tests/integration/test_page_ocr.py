"""A page by OCR in a worker: in its own child process, or by the real OCR server; and what becomes of bad pages."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest

from connectors.objects import ObjectStore, open_store
from fieldtrail.wiring import OCR_MEMORY_MB, OCR_PRELOAD
from gpu.client import OcrClient
from processors.document import PageSource, SourceDecision
from processors.errors import ErrorCode, Refusal
from processors.geometry import Box
from processors.intake import MediaType
from processors.recognition.models import engine_name
from processors.recognition.networks import Device
from processors.recognition.pages import FoundWord, build_page
from processors.recognition.text_layer import NeedsOcr
from processors.recognition.words_file import decode_page, encode_page
from processors.sandbox import Sandbox
from processors.schemas import load_schemas
from streams.contracts.records import Classification, DocumentClassified, DocumentRecognized
from streams.contracts.topics import CLASSIFIED
from streams.harness.outcomes import Retry
from streams.harness.stage import StageSpec
from streams.stages.page_ocr import OCR_SERVER, EmbeddedOcr, PageAnswer, RemoteOcr
from streams.stages.recognize import RecognizeStage
from streams.stages.work import ReadPage, decode_all, restore_page
from tests.support.examples import DOCUMENT
from tests.support.harness import RememberingProducer, inbound, runner_for
from tests.support.ocr_server import OcrServer

pytestmark = pytest.mark.ocr

LINES = ["Rechnung Nr. 2024-00317", "Musterbau GmbH", "Zwischensumme netto 1.335,40", "Gesamtbetrag EUR 1.589,13"]
WANTED = NeedsOcr(1, 595.0, 842.0, SourceDecision("no text layer"))
TIMEOUT_S = 120.0


def scan(text: list[str], turn: int = 0) -> pymupdf.Pixmap:
    """A page of text as a scanner gives it, shown turned clockwise by ``turn``."""
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    for row, line in enumerate(text):
        page.insert_text((72, 100 + 40 * row), line, fontsize=13)
    return page.get_pixmap(matrix=pymupdf.Matrix(200 / 72, 200 / 72).prerotate(turn))


def scanned_pdf(path: Path, pages: list[pymupdf.Pixmap]) -> Path:
    document = pymupdf.open()
    for pixmap in pages:
        page = document.new_page(width=pixmap.width * 72 / 200, height=pixmap.height * 72 / 200)
        page.insert_image(page.rect, pixmap=pixmap)
    document.save(path)
    return path


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(1, memory_mb=OCR_MEMORY_MB, preload=OCR_PRELOAD, name="ocr") as running:
        yield running


def remote(sandbox: Sandbox, url: str, path: Path) -> PageAnswer:
    async def ask() -> PageAnswer:
        async with OcrClient(url) as client:
            return await _remote(sandbox, client).read(path, MediaType.PDF, WANTED)

    return asyncio.run(ask())


def _remote(sandbox: Sandbox, client: OcrClient) -> RemoteOcr:
    return RemoteOcr(
        sandbox, client, "cascade", TIMEOUT_S, asyncio.Semaphore(2), engine_name("cascade"), patience_s=20.0
    )


def test_the_server_reads_a_page_as_the_worker_does(tmp_path: Path, sandbox: Sandbox) -> None:
    embedded = EmbeddedOcr(sandbox, "cascade", Device(), TIMEOUT_S)
    with OcrServer(tmp_path / "server.log") as server:
        for turn in (0, 180, 90):
            path = scanned_pdf(tmp_path / f"{turn}.pdf", [scan(LINES, turn)])
            here = asyncio.run(embedded.read(path, MediaType.PDF, WANTED))
            there = remote(sandbox, server.url, path)
            assert isinstance(here, ReadPage)
            assert isinstance(there, ReadPage)
            assert there.rotation == here.rotation == (360 - turn) % 360
            assert decode_page(there.words).text.split("\n") == LINES
            assert decode_page(there.words).words == decode_page(here.words).words
            assert there.quality == here.quality
            assert there.engine == embedded.engine


def test_a_server_that_is_away_pauses_the_stage(tmp_path: Path, sandbox: Sandbox) -> None:
    path = scanned_pdf(tmp_path / "page.pdf", [scan(LINES)])
    answer = remote(sandbox, "http://127.0.0.1:9", path)
    assert isinstance(answer, Retry)
    assert answer.dependency == OCR_SERVER


class ScriptedOcr:
    """Reads its page's number as its only word, but refuses the pages told."""

    engine = "scripted-1"

    def __init__(self, refused: set[int]) -> None:
        self.read_pages: list[int] = []
        self._refused = refused

    async def read(self, path: Path, media_type: MediaType, wanted: NeedsOcr) -> PageAnswer:
        self.read_pages.append(wanted.number)
        if wanted.number in self._refused:
            return Refusal(ErrorCode.TIMEOUT, "The page took too long.")
        return page_of(wanted)


def page_of(wanted: NeedsOcr) -> ReadPage:
    word = FoundWord(f"page-{wanted.number}", Box(50, 50, 120, 62), 0.97)
    page = build_page(wanted.number, (wanted.width, wanted.height), PageSource.OCR, "scripted-1", [word])
    return restore_page(encode_page(page), wanted.number)


def recognize(store: ObjectStore, sandbox: Sandbox, ocr: ScriptedOcr, path: Path, sha256: str) -> DocumentRecognized:
    stage = RecognizeStage(store, sandbox, ocr, load_schemas(), 60.0)
    uri = store.put(f"originals/{sha256}", path.read_bytes())
    document = DOCUMENT.model_copy(
        update={
            "content_uri": uri,
            "content_sha256": sha256,
            "page_count": len(pymupdf.open(path)),
            "requested_type": None,
        }
    )

    record = DocumentClassified(
        document=document,
        classification=Classification(document_type="invoice", confidence=0.5, basis="shape", reason="A page."),
        extraction_schema=None,
        trail=(),
    )
    producer = RememberingProducer()
    spec = StageSpec(stage, CLASSIFIED, DocumentClassified, 4, 120.0)
    asyncio.run(asyncio.wait_for(runner_for(spec, producer).run(inbound(record, CLASSIFIED.name)), 120))
    [recognized] = producer.records("documents.recognized", DocumentRecognized)
    return recognized


def test_a_page_that_fails_is_named_and_the_others_stand(tmp_path: Path, sandbox: Sandbox) -> None:
    store = open_store(f"file://{tmp_path}/objects", tmp_path / "spool")
    path = scanned_pdf(tmp_path / "three.pdf", [scan([f"page {number}"]) for number in range(3)])
    recognized = recognize(store, sandbox, ScriptedOcr({2}), path, "a" * 64)
    assert [page.number for page in recognized.recognized_pages] == [1, 3]
    assert [(page.number, page.code) for page in recognized.failed_pages] == [(2, "timeout")]
    assert recognized.recognized_pages[0].reason == ""


def test_a_page_that_returns_in_another_file_is_not_read_again(tmp_path: Path, sandbox: Sandbox) -> None:
    store = open_store(f"file://{tmp_path}/objects", tmp_path / "spool")
    terms, first, second = scan(["Our terms of business"]), scan(["Invoice 1"]), scan(["Invoice 2"])
    ocr = ScriptedOcr(set())
    recognize(store, sandbox, ocr, scanned_pdf(tmp_path / "a.pdf", [first, terms]), "a" * 64)
    again = recognize(store, sandbox, ocr, scanned_pdf(tmp_path / "b.pdf", [second, first, terms]), "b" * 64)
    assert sorted(ocr.read_pages) == [1, 1, 2], "of the second file, only its first page was new"
    assert [page.number for page in again.recognized_pages] == [1, 2, 3]
    words = [decode_page(store.get(page.words_uri)).text for page in again.recognized_pages]
    assert words == ["page-1", "page-1", "page-2"]
    stored = [(page.number, store.get(page.words_uri)) for page in again.recognized_pages]
    assert [page.number for page in decode_all(stored)] == [1, 2, 3], (
        "not the number of the file that it was first read in"
    )
