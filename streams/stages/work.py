"""What runs in the sandbox's child processes: the processors, composed per stage.

Arguments and answers are plain, picklable and small; recognised words cross as the bytes that the object store keeps.
A :class:`processors.errors.Refusal` comes back as a value; an exception here is a defect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from gpu.images import EncodedImage, encode_image
from processors.calibration.model import Calibration
from processors.classification import (
    Classification,
    DocumentType,
    Part,
    SplitMode,
    UserTypes,
    classify_shape,
    classify_text,
    split_pages,
)
from processors.document import Page, PageQuality
from processors.errors import ErrorCode, Refusal
from processors.fields import Extraction
from processors.intake import Intake, Limits, MediaType, inspect, read_attachment
from processors.reading import ReadingInput, default_readers, read_document
from processors.recognition.lines import Effort
from processors.recognition.networks import Device
from processors.recognition.ocr import OcrPage, finish_page, ocr_page, render_page
from processors.recognition.text_layer import FailedPage, NeedsOcr, read_text_layer, text_of
from processors.recognition.upright import Reading
from processors.recognition.words_file import decode_page, encode_page
from processors.schemas import ExtractionSchema
from processors.validation import Validated, validate

StoredPage = tuple[int, bytes]
"""A page's number in its document, and its words as the object store keeps them."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One recognised page: what the record tells of it, and the words as the object store keeps them."""

    number: int
    width: float
    height: float
    rotation: int
    source: str
    reason: str
    engine: str
    word_count: int
    min_confidence: float
    mean_confidence: float
    quality: PageQuality | None
    words: bytes


TextPage = ReadPage | NeedsOcr | FailedPage
"""What a page's text layer gives: the page, what OCR has to add, or why there is neither."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """A document's type by its first page, and that page, which need not be read again.

    ``by_text`` says whether that page's text decided, all of it.
    """

    classification: Classification
    by_text: bool
    page: TextPage


def inspect_file(path: Path, limits: Limits) -> Intake | Refusal:
    """What the file is (ingest)."""
    return inspect(path, limits)


def classify_file(path: Path, media_type: MediaType, types: UserTypes = ()) -> FirstLook | Refusal:
    """The document's type from its first page; the user's own ``types`` are asked first (classify)."""
    pages = read_text_layer(path, media_type, 1, 1)
    if isinstance(pages, Refusal):
        return pages
    first = pages[0]
    if isinstance(first, FailedPage):
        # Recognition will name it; the pages behind it may stand.
        return FirstLook(Classification(DocumentType.OTHER, 0.0, first.message), False, first)
    text = text_of(first)
    if text is None or not text.words:
        return FirstLook(classify_shape(first.width, first.height, media_type), False, _text_page(first))
    # A title may stand in a picture beside the text: recognition looks again when all of the page is read.
    return FirstLook(classify_text(text, types), isinstance(first, Page), _text_page(first))


def classify_words(words: bytes, types: UserTypes = ()) -> Classification | None:
    """The document's type from its first page's recognised words; ``None`` for an empty page (recognize)."""
    page = decode_page(words)
    return classify_text(page, types) if page.words else None


def split_packet(
    pages: Sequence[StoredPage], page_count: int, mode: SplitMode, types: UserTypes = ()
) -> tuple[Part, ...]:
    """The documents in a file of ``page_count`` pages, by the recognised ones' words (recognize)."""
    return split_pages(decode_all(pages), page_count, mode, types)


def read_text_pages(path: Path, media_type: MediaType, first: int, last: int) -> list[TextPage] | Refusal:
    """Pages ``first`` to ``last`` by their text layer, where it deserves that (recognize)."""
    pages = read_text_layer(path, media_type, first, last)
    if isinstance(pages, Refusal):
        return pages
    if len(pages) != last - first + 1:
        return Refusal(ErrorCode.INTERNAL, f"Recognition gave {len(pages)} pages for {first} to {last}.")
    return [_text_page(page) for page in pages]


def read_scanned_page(
    path: Path, media_type: MediaType, wanted: NeedsOcr, effort: Effort, device: Device
) -> ReadPage | Refusal:
    """The page that ``wanted`` names by OCR, all in this child (recognize)."""
    page = ocr_page(path, media_type, wanted, effort=effort, device=device)
    return page if isinstance(page, Refusal) else _read_page(page)


def render_scanned_page(
    path: Path, media_type: MediaType, wanted: NeedsOcr, packed: bool
) -> tuple[OcrPage, EncodedImage] | Refusal:
    """Makes the page that ``wanted`` names ready for the OCR server; ``packed`` for the network (recognize)."""
    rendered = render_page(path, media_type, wanted)
    if isinstance(rendered, Refusal):
        return rendered
    page, prepared = rendered
    return page, encode_image(prepared.image, packed=packed)


def finish_scanned_page(page: OcrPage, reading: Reading, engine: str) -> ReadPage:
    """The page from what the OCR server read (recognize)."""
    return _read_page(finish_page(page, reading, engine))


def restore_page(words: bytes, number: int) -> ReadPage:
    """Page ``number``, recognised before under whatever number, from its stored words (recognize)."""
    return _read_page(replace(decode_page(words), number=number))


def extract_fields(
    path: Path | None,
    einvoice: str | None,
    pages: Sequence[StoredPage],
    document_type: str,
    schema: ExtractionSchema,
) -> Extraction:
    """Reads the fields off the pages, and off the e-invoice attached to the file at ``path`` (extract)."""
    return read_pages(path, einvoice, decode_all(pages), document_type, schema)


def read_pages(
    path: Path | None, einvoice: str | None, pages: Sequence[Page], document_type: str, schema: ExtractionSchema
) -> Extraction:
    """As :func:`extract_fields`, for pages that are decoded."""
    xml = read_attachment(path, einvoice) if path is not None and einvoice is not None else None
    reading = ReadingInput(
        document_type=document_type,
        schema=schema,
        pages=pages,
        einvoice_xml=xml,
        einvoice_name=einvoice,
    )
    return read_document(reading, default_readers())


def validate_fields(
    extraction: Extraction,
    pages: Sequence[StoredPage],
    schema: ExtractionSchema,
    today: date,
    calibration: Calibration | None = None,
) -> Validated:
    """Tests the fields against each other and against the pages; no date may lie far beyond ``today`` (validate).

    ``calibration`` rates them, else the packaged one.
    """
    return validate(extraction, decode_all(pages), schema, today, calibration)


def decode_all(pages: Sequence[StoredPage]) -> list[Page]:
    """The pages, each numbered as in its document: the stored words of one may have been read from another file."""
    return [replace(decode_page(words), number=number) for number, words in pages]


def _text_page(page: Page | NeedsOcr | FailedPage) -> TextPage:
    return _read_page(page) if isinstance(page, Page) else page


def _read_page(page: Page) -> ReadPage:
    confidences = [word.confidence for word in page.words]
    return ReadPage(
        number=page.number,
        width=page.width,
        height=page.height,
        rotation=page.rotation,
        source=page.source,
        reason=page.decision.reason if page.decision is not None else "",
        engine=page.engine,
        word_count=len(page.words),
        min_confidence=min(confidences, default=1.0),
        mean_confidence=sum(confidences) / len(confidences) if confidences else 1.0,
        quality=page.quality,
        words=encode_page(page),
    )
