"""Reading a file without Kafka: the same facts as the pipeline, and refusals as values."""

from pathlib import Path

import pymupdf
import pytest

from fieldtrail import read_file
from fieldtrail.local import LocalDocument, Runner
from processors.classification import DocumentType
from processors.errors import ErrorCode, Refusal
from processors.fields import FieldType, canonical_text
from processors.intake import Limits
from processors.routing import RouteDecision, Threshold, Thresholds
from processors.sandbox import Failure, Sandbox
from processors.synthesis.stream import invoice_stream
from streams.stages import work

REFUSAL = Refusal(ErrorCode.TIMEOUT, "The page took too long.")
LENIENT = Thresholds(by_type={kind: Threshold(0.0, 0.0) for kind in FieldType})


def invoice(folder: Path) -> tuple[Path, str | None]:
    """An invoice on disk and its total."""
    data, truth = next((d, t) for d, t in invoice_stream(5) if t.fields.get("amount_due") is None)
    path = folder / "invoice.pdf"
    path.write_bytes(data)
    return path, truth.fields["total_amount"]


def read(path: Path, **options: object) -> LocalDocument:
    document = read_file(path, **options)  # type: ignore[arg-type]  # the caller's options
    assert isinstance(document, LocalDocument), document
    return document


def with_a_scanned_page(path: Path) -> Path:
    """The document with a page behind it that is only a picture."""
    document = pymupdf.open(path)
    picture = document[0].get_pixmap(dpi=40)
    page = document.new_page()
    page.insert_image(page.rect, pixmap=picture)
    document.save(path.with_name("scanned.pdf"))
    return path.with_name("scanned.pdf")


def test_a_file_is_read_to_the_end(tmp_path: Path) -> None:
    path, total = invoice(tmp_path)
    steps: list[str] = []
    document = read(path, thresholds=LENIENT, progress=steps.append)
    field = document.extraction.field("total_amount")
    assert field is not None
    assert canonical_text(field.value, field.type) == total
    assert document.classification.document_type is DocumentType.INVOICE
    assert document.route.decision is RouteDecision.STRAIGHT_THROUGH
    assert [page.number for page in document.pages] == [1]
    assert document.failed_pages == ()
    assert steps == ["inspecting", "reading the text layer", "reading fields"]
    words = {word.id for word in document.pages[0].words}
    assert all(set(evidence.word_ids) <= words for item in document.extraction.fields for evidence in item.evidence)


def test_the_caller_may_know_the_type(tmp_path: Path) -> None:
    path, _ = invoice(tmp_path)
    document = read(path, document_type=DocumentType.LETTER)
    assert document.classification.document_type is DocumentType.LETTER
    assert document.extraction.fields == (), "letters have no fields of their own"
    assert document.route.decision is RouteDecision.REVIEW
    assert document.route.reasons == ("No extraction schema for documents of type letter yet.",)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", ErrorCode.EMPTY), (b"hello", ErrorCode.UNSUPPORTED_TYPE), (b"%PDF-1.7\n1 0", ErrorCode.CORRUPT)],
)
def test_a_refused_file_is_a_value(tmp_path: Path, content: bytes, code: ErrorCode) -> None:
    path = tmp_path / "file.pdf"
    path.write_bytes(content)
    refusal = read_file(path)
    assert isinstance(refusal, Refusal)
    assert refusal.code is code


def test_limits_hold(tmp_path: Path) -> None:
    path, _ = invoice(tmp_path)
    refusal = read_file(path, limits=Limits(max_bytes=100))
    assert isinstance(refusal, Refusal)
    assert refusal.code is ErrorCode.TOO_LARGE


def test_a_page_that_fails_is_told_and_the_others_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, total = invoice(tmp_path)
    monkeypatch.setattr(work, "read_scanned_page", lambda *_: REFUSAL)
    document = read(with_a_scanned_page(path), thresholds=LENIENT)
    assert document.failed_pages == ((2, REFUSAL),)
    assert [page.number for page in document.pages] == [1]
    assert document.route.decision is RouteDecision.REVIEW
    assert "Page 2 could not be read." in document.route.reasons
    field = document.extraction.field("total_amount")
    assert field is not None
    assert canonical_text(field.value, field.type) == total


def test_a_file_of_which_no_page_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = invoice(tmp_path)
    pymupdf.open(path)[0].get_pixmap(dpi=40).save(tmp_path / "scan.png")
    monkeypatch.setattr(work, "read_scanned_page", lambda *_: REFUSAL)
    assert read_file(tmp_path / "scan.png") == REFUSAL


class FailingSandbox(Sandbox):
    """A sandbox whose child dies on every task."""

    def __init__(self) -> None:
        return None

    def run_blocking(self, *_: object, **__: object) -> Failure:
        return Failure(ErrorCode.OUT_OF_MEMORY, "The document needs too much memory.")


def test_a_child_that_dies_is_a_refusal(tmp_path: Path) -> None:
    path, _ = invoice(tmp_path)
    refusal = read_file(path, run=Runner(FailingSandbox()))
    assert refusal == Refusal(ErrorCode.OUT_OF_MEMORY, "The document needs too much memory.")
