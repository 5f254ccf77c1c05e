"""Invoices and credit notes to train on: labelled ones, as they are and as scans of themselves, and generated ones."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from fieldtrail.training.examples import Labelled
from processors.classification.types import DocumentType
from processors.document import Page, PageSource, SourceDecision
from processors.errors import Refusal
from processors.evaluation.model import TruthRow
from processors.evaluation.truth import load_truth, parse_truth
from processors.intake import MediaType
from processors.recognition.text_layer import NeedsOcr, read_text_layer
from processors.recognition.words_file import decode_page, encode_page

TYPES = ("invoice", "credit_note")


class UnreadableError(Exception):
    """A document to train on cannot be read. The message says which, and why."""


_MIX = {"invoice": 7.0, "credit_note": 1.0}


def labelled_invoices(
    truth: Path, documents: Path, cache: Path, progress: Callable[[str], None] = lambda _: None
) -> Iterator[Labelled]:
    """The invoices and credit notes of ``truth``, whole files only; what has a text layer comes twice, the second time
    as a scan. Pages are recognised once and kept in ``cache``. Raises :class:`UnreadableError`.
    """
    for row in load_truth(truth):
        if row.document_type not in TYPES or not row.fields or row.pages is not None or row.segments is not None:
            continue
        pages = _kept(cache / row.file, lambda row=row: _read(documents / row.file, row), progress)  # type: ignore[misc]
        text = any(page.source is not PageSource.OCR for page in pages)
        yield Labelled(row, pages, "text" if text else "ocr")
        if text and row.quality.has_text_layer:
            path = documents / row.file
            scanned = _kept(cache / f"{row.file}.scan", lambda path=path, pages=pages: _scan(path, pages), progress)  # type: ignore[misc]
            yield Labelled(row, scanned, "scan")


def generated_invoices(count: int, seed: int) -> Iterator[Labelled]:
    """``count`` born-digital documents of the corpus ``seed`` (:func:`processors.synthesis.generate`)."""
    from processors.synthesis import generate

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        for number in range(count):
            document = generate(seed, number, _MIX, "born_digital")
            path.write_bytes(document.data)
            pages = read_text_layer(path, MediaType.PDF, 1, 100)
            assert not isinstance(pages, Refusal), "a generated document opens"
            whole = [page for page in pages if isinstance(page, Page)]
            if len(whole) == len(pages):
                yield Labelled(parse_truth(dict(document.rows[0])), whole, "generated")


def _kept(folder: Path, read: Callable[[], Sequence[Page]], progress: Callable[[str], None]) -> Sequence[Page]:
    if not (folder / "1.json.gz").exists():
        progress(str(folder.name))
        found = read()
        folder.mkdir(parents=True, exist_ok=True)
        for page in found:
            (folder / f"{page.number}.json.gz").write_bytes(encode_page(page))
    files = sorted(folder.glob("*.json.gz"), key=lambda file: int(file.name.split(".")[0]))
    return [decode_page(file.read_bytes()) for file in files]


def _read(path: Path, row: TruthRow) -> Sequence[Page]:
    from fieldtrail.local import read_file

    answer = read_file(path, document_type=DocumentType(row.document_type), attachments=False)
    if isinstance(answer, Refusal):
        raise UnreadableError(f"{row.file}: {answer.message}")
    return answer.pages


def _scan(path: Path, pages: Sequence[Page]) -> Sequence[Page]:
    """The pages as OCR reads them, their text layer unseen."""
    from processors.recognition.networks import Device
    from processors.recognition.ocr import ocr_page

    found = []
    for page in pages:
        wanted = NeedsOcr(page.number, page.width, page.height, SourceDecision("read as a scan, to train on"))
        answer = ocr_page(path, MediaType.PDF, wanted, effort="cascade", device=Device())
        if isinstance(answer, Refusal):
            raise UnreadableError(f"{path}: {answer.message}")
        found.append(answer)
    return found
