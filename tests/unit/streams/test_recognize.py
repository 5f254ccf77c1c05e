"""classify and recognize: no page is read twice, the first one is read first, and words are kept as they were read."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pymupdf
import pytest

from connectors.objects import DirectoryStore
from processors.document import PageSource
from processors.geometry import Box
from processors.intake import MediaType
from processors.recognition.pages import FoundWord, build_page
from processors.recognition.text_layer import NeedsOcr
from processors.recognition.words_file import decode_page, encode_page
from processors.sandbox import Sandbox
from processors.schemas import load_schemas
from streams.contracts.records import DocumentAccepted, DocumentClassified, DocumentRecognized, Record
from streams.contracts.topics import ACCEPTED, CLASSIFIED
from streams.harness.outcomes import Retry
from streams.harness.stage import StageSpec
from streams.stages.classify import ClassifyStage
from streams.stages.page_ocr import PageAnswer
from streams.stages.recognize import RecognizeStage
from streams.stages.work import restore_page
from tests.support.examples import DOCUMENT
from tests.support.harness import RememberingProducer, inbound, runner_for

INVOICE = ["Invoice", "Invoice number 4711", "Invoice date 2024-03-12", "Total amount due 120.00 EUR"]


class InlineSandbox:
    """Runs everything here, and remembers what."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def run(self, fn: Callable[..., Any], *arguments: object, timeout: float) -> Any:  # noqa: ASYNC109
        self.calls.append(fn.__name__)
        return fn(*arguments)


class SpyingOcr:
    """Reads ``words`` off every page and remembers when each was begun and ended; pauses on those ``away``."""

    engine = "spy-1"

    def __init__(self, words: str = "nothing known", away: frozenset[int] = frozenset()) -> None:
        self.events: list[tuple[str, int]] = []
        self._words = words
        self._away = away

    async def read(self, path: Path, media_type: MediaType, wanted: NeedsOcr) -> PageAnswer:
        self.events.append(("begin", wanted.number))
        await asyncio.sleep(0)
        self.events.append(("end", wanted.number))
        if wanted.number in self._away:
            self._away = frozenset()
            return Retry("It is away.", dependency="ocr server")
        words = [
            FoundWord(text, Box(50, 50 + 20 * n, 120, 62 + 20 * n), 0.97) for n, text in enumerate(self._words.split())
        ]
        page = build_page(wanted.number, (wanted.width, wanted.height), PageSource.OCR, self.engine, words)
        return restore_page(encode_page(page), wanted.number)


def pdf(*pages: list[str] | None) -> bytes:
    """A document of pages with lines of text, or (``None``) with a picture alone; no two pictures are alike."""
    document = pymupdf.open()
    for number, lines in enumerate(pages):
        page = document.new_page(width=595, height=842)
        if lines is None:
            picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 60, 84))
            picture.clear_with(200 + number)
            page.insert_image(page.rect, pixmap=picture)
        for row, line in enumerate(lines or ()):
            page.insert_text((72, 100 + 24 * row), line, fontsize=20 if row == 0 else 11)
    return bytes(document.tobytes())


class House:
    """Both stages over one store, for a document of ``content``."""

    def __init__(self, folder: Path, content: bytes, ocr: SpyingOcr | None = None) -> None:
        self.store = DirectoryStore(folder)
        self.sandbox = InlineSandbox()
        self.ocr = ocr or SpyingOcr()
        self.uri = self.store.put("originals/x", content)
        with pymupdf.open(stream=content) as document:
            count = document.page_count
        self.document = DOCUMENT.model_copy(
            update={"content_uri": self.uri, "content_sha256": "a" * 64, "page_count": count, "requested_type": None}
        )
        sandbox = cast("Sandbox", self.sandbox)
        self._classify = ClassifyStage(self.store, sandbox, load_schemas(), 60.0)
        self._recognize = RecognizeStage(self.store, sandbox, self.ocr, load_schemas(), 60.0)

    def classify(self) -> DocumentClassified:
        spec = StageSpec(self._classify, ACCEPTED, DocumentAccepted, 4, 60.0)
        produced = self._run(spec, DocumentAccepted(document=self.document, trail=()))
        [record] = produced.records("documents.classified", DocumentClassified)
        return record

    def recognize(self, classified: DocumentClassified) -> DocumentRecognized:
        spec = StageSpec(self._recognize, CLASSIFIED, DocumentClassified, 4, 60.0)
        [record] = self._run(spec, classified).records("documents.recognized", DocumentRecognized)
        return record

    def text(self, recognized: DocumentRecognized) -> list[list[str]]:
        """The lines of each page."""
        pages = [decode_page(self.store.get(page.words_uri)) for page in recognized.recognized_pages]
        return [page.text.split("\n") for page in pages]

    @staticmethod
    def _run(spec: StageSpec[Any], record: Record) -> RememberingProducer:
        producer = RememberingProducer()
        value = inbound(record, spec.topic.name)
        asyncio.run(asyncio.wait_for(runner_for(spec, producer).run(value), 60))
        return producer


def test_a_page_that_classify_read_is_not_read_again(tmp_path: Path) -> None:
    house = House(tmp_path, pdf(INVOICE))
    classified = house.classify()
    assert (classified.classification.document_type, classified.classification.basis) == ("invoice", "text")
    Path(house.uri.removeprefix("file://")).unlink()  # nor is the file opened
    recognized = house.recognize(classified)
    assert house.text(recognized) == [INVOICE]
    assert [(page.number, page.source, page.min_confidence) for page in recognized.recognized_pages] == [
        (1, "text_layer", 1.0)
    ]
    assert recognized.recognized_pages[0].reason == "a good text layer"
    assert house.sandbox.calls == ["classify_file", "restore_page"]


def test_the_pages_behind_it_are_read(tmp_path: Path) -> None:
    house = House(tmp_path, pdf(INVOICE, ["The second page has text as well"], None))
    recognized = house.recognize(house.classify())
    assert [page.number for page in recognized.recognized_pages] == [1, 2, 3]
    assert house.text(recognized)[:2] == [INVOICE, ["The second page has text as well"]]
    assert house.ocr.events == [("begin", 3), ("end", 3)]


def test_words_that_are_gone_are_read_again(tmp_path: Path) -> None:
    house = House(tmp_path, pdf(INVOICE))
    classified = house.classify()
    for words in (tmp_path / "words").rglob("*.gz"):
        words.unlink()
    assert house.text(house.recognize(classified)) == [INVOICE]


def test_a_document_whose_type_was_given_is_read_without_classify(tmp_path: Path) -> None:
    house = House(tmp_path, pdf(INVOICE))
    house.document = house.document.model_copy(update={"requested_type": "receipt"})
    recognized = house.recognize(house.classify())
    assert (recognized.classification.document_type, recognized.classification.basis) == ("receipt", "submitted")
    assert house.text(recognized) == [INVOICE]
    assert house.sandbox.calls == ["read_text_pages"]


def test_the_first_scanned_page_is_read_alone_and_settles_the_type_and_all_others_are_read_whatever_it_is(
    tmp_path: Path,
) -> None:
    house = House(
        tmp_path, pdf(None, None, None), SpyingOcr("curriculum vitae resume work experience education skills")
    )
    classified = house.classify()
    assert classified.classification.basis == "shape"
    recognized = house.recognize(classified)
    assert (recognized.classification.document_type, recognized.classification.basis) == ("resume", "text")
    assert [page.number for page in recognized.recognized_pages] == [1, 2, 3]
    events = house.ocr.events
    assert events[:2] == [("begin", 1), ("end", 1)]
    assert set(events[2:4]) == {("begin", 2), ("begin", 3)}, "these are read at the same time"
    assert house.sandbox.calls == ["classify_file", "read_text_pages", "classify_words", "read_text_pages"]


def test_an_engine_that_is_away_stops_the_document_at_its_first_page(tmp_path: Path) -> None:
    house = House(tmp_path, pdf(None, None, None), SpyingOcr(away=frozenset({1})))
    recognized = house.recognize(house.classify())
    assert [page.number for page in recognized.recognized_pages] == [1, 2, 3], "on the second try"
    assert house.ocr.events[:4] == [("begin", 1), ("end", 1), ("begin", 1), ("end", 1)]


@pytest.mark.parametrize("pages", [(None, INVOICE), (INVOICE, None)])
def test_words_are_kept_once_and_never_written_over(tmp_path: Path, pages: tuple[list[str] | None, ...]) -> None:
    house = House(tmp_path, pdf(*pages))
    classified = house.classify()
    first = house.recognize(classified)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "words").rglob("*.gz")}
    again = house.recognize(classified)
    assert again.recognized_pages == first.recognized_pages
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "words").rglob("*.gz")} == kept
    assert len(kept) == 2
    assert house.ocr.events == [("begin", 1 + pages.index(None)), ("end", 1 + pages.index(None))]
