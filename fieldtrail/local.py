"""Reads one file with the same processors as the pipeline, without Kafka: for trying things, and as the yardstick that
the benchmarks hold the pipeline against.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from processors.calibration.model import Calibration
from processors.classification import Classification, DocumentType, Part, SplitMode, UserTypes
from processors.document import Page
from processors.errors import Refusal
from processors.fields import Extraction
from processors.intake import Intake, Limits, MediaType
from processors.recognition.lines import Effort
from processors.recognition.networks import Device
from processors.recognition.text_layer import FailedPage, NeedsOcr
from processors.recognition.words_file import decode_page
from processors.routing import Route, Thresholds, route
from processors.sandbox import Failure, Sandbox
from processors.schemas import ExtractionSchema, Schemas, load_schemas
from processors.validation import Validated
from streams.stages import work
from streams.stages.recognize import TEXT_PAGES_PER_TASK

T = TypeVar("T")

Extract = Callable[[Path | None, str | None, Sequence[work.StoredPage], str, ExtractionSchema], Extraction]
"""Reads fields off pages, as :func:`streams.stages.work.extract_fields` does. A sandbox needs it picklable."""


@dataclass(frozen=True, slots=True)
class LocalDocument:
    """What was read from one file: the same facts as a result or a review request carries.

    ``part`` is set for a document of a packet: its first and last page. Pages have the file's numbers.
    """

    path: Path
    intake: Intake
    classification: Classification
    pages: tuple[Page, ...]
    failed_pages: tuple[tuple[int, Refusal], ...]
    route: Route
    part: tuple[int, int] | None = None

    @property
    def extraction(self) -> Extraction:
        """The fields and line items, with rules, confidence and review state."""
        return self.route.extraction


class Runner:
    """Calls a processor: in this process, or in a sandbox's child with limits on time and memory."""

    def __init__(self, sandbox: Sandbox | None, timeout_s: float = 120.0) -> None:
        self._sandbox = sandbox
        self._timeout_s = timeout_s

    def __call__(self, fn: Callable[..., T | Refusal], *args: Any) -> T | Refusal:
        """The processor's answer; a sandbox failure counts as a refusal."""
        if self._sandbox is None:
            return fn(*args)
        answer = self._sandbox.run_blocking(fn, *args, timeout=self._timeout_s)
        return Refusal(answer.code, answer.message) if isinstance(answer, Failure) else answer


@dataclass(frozen=True, slots=True)
class _How:
    """How to read: what :func:`read_file` takes."""

    limits: Limits
    schemas: Schemas
    thresholds: Thresholds
    calibration: Calibration | None
    ocr: Effort
    device: Device
    document_type: DocumentType | None
    types: UserTypes
    attachments: bool
    extract: Extract
    call: Runner
    progress: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Recognized:
    """A file's recognised pages, and its type by the first of them."""

    path: Path
    intake: Intake
    classification: Classification
    pages: tuple[work.ReadPage, ...]
    failed: tuple[tuple[int, Refusal], ...]


def read_file(
    path: Path,
    *,
    limits: Limits | None = None,
    schemas: Schemas | None = None,
    thresholds: Thresholds | None = None,
    calibration: Calibration | None = None,
    ocr: Effort = "cascade",
    device: Device = Device(),  # noqa: B008 -- frozen
    document_type: DocumentType | None = None,
    types: UserTypes = (),
    attachments: bool = True,
    extract: Extract = work.extract_fields,
    run: Runner | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LocalDocument | Refusal:
    """Reads ``path`` as one document, as the pipeline would. ``progress`` is called with what is being done.

    Without ``attachments``, an embedded e-invoice is left unread, so that the pages are. ``extract`` takes the place of
    the pipeline's readers; ``types`` are the user's own document types. ``ocr`` and ``device`` say how pages without
    text are recognised.

    Without ``run``, everything happens in this process: quick, but a hostile file may harm it; give a ``Runner`` with a
    sandbox for files that you do not trust.
    """
    answer = read_packet(
        path,
        split=SplitMode.WHOLE,
        limits=limits,
        schemas=schemas,
        thresholds=thresholds,
        calibration=calibration,
        ocr=ocr,
        device=device,
        document_type=document_type,
        types=types,
        attachments=attachments,
        extract=extract,
        run=run,
        progress=progress,
    )
    return answer if isinstance(answer, Refusal) else answer[0]


def read_packet(
    path: Path,
    *,
    split: SplitMode = SplitMode.AUTO,
    limits: Limits | None = None,
    schemas: Schemas | None = None,
    thresholds: Thresholds | None = None,
    calibration: Calibration | None = None,
    ocr: Effort = "cascade",
    device: Device = Device(),  # noqa: B008 -- frozen
    document_type: DocumentType | None = None,
    types: UserTypes = (),
    attachments: bool = True,
    extract: Extract = work.extract_fields,
    run: Runner | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[LocalDocument, ...] | Refusal:
    """As :func:`read_file`, for a file that may hold several documents: each of them, in order, where ``split`` finds
    any, else the whole file as one.
    """
    how = _How(
        limits=limits or Limits(),
        schemas=schemas or load_schemas(),
        thresholds=thresholds or Thresholds(),
        calibration=calibration,
        ocr=ocr,
        device=device,
        document_type=document_type,
        types=types,
        attachments=attachments,
        extract=extract,
        call=run or Runner(None),
        progress=progress,
    )
    found = _recognized(path, how)
    if isinstance(found, Refusal):
        return found
    parts = _parts(found, split, how)
    if isinstance(parts, Refusal):
        return parts
    progress("reading fields")
    documents = []
    for part in parts:
        document = _document(found, part, how)
        if isinstance(document, Refusal):
            return document
        documents.append(document)
    return tuple(documents)


def _recognized(path: Path, how: _How) -> _Recognized | Refusal:
    how.progress("inspecting")
    intake = how.call(work.inspect_file, path, how.limits)
    if isinstance(intake, Refusal):
        return intake
    if not how.attachments:
        intake = replace(intake, einvoice_attachment=None)
    how.progress("reading the text layer")
    look = _classify(how, path, intake)
    if isinstance(look, Refusal):
        return look
    classification = look.classification
    recognized = _recognize(how.call, path, intake, look.page, (how.ocr, how.device), how.progress)
    if isinstance(recognized, Refusal):
        return recognized
    pages, failed = recognized
    if not look.by_text and pages[0].number == 1:
        again = how.call(work.classify_words, pages[0].words, how.types)
        if isinstance(again, Refusal):
            return again
        classification = again or classification
    return _Recognized(path, intake, classification, pages, failed)


def _parts(found: _Recognized, split: SplitMode, how: _How) -> tuple[Part | None, ...] | Refusal:
    """The file's documents; ``None`` alone for the whole of it. As the pipeline, it leaves a file whole whose type is
    given, that carries an e-invoice or is a ZIP of pages, unless it is to be split at every page.
    """
    intake = found.intake
    single = how.document_type or intake.einvoice_attachment or intake.media_type is MediaType.PACKET
    if len(found.pages) < 2 or split is SplitMode.WHOLE or (split is SplitMode.AUTO and single):
        return (None,)
    words = [(page.number, page.words) for page in found.pages]
    parts = how.call(work.split_packet, words, found.intake.page_count, split, how.types)
    if isinstance(parts, Refusal) or len(parts) > 1:
        return parts
    return (None,)


def _document(found: _Recognized, part: Part | None, how: _How) -> LocalDocument | Refusal:
    """One document of the file, with its fields."""
    first, last = (1, found.intake.page_count) if part is None else (part.first, part.last)
    pages = tuple(page for page in found.pages if first <= page.number <= last)
    failed = tuple((number, refusal) for number, refusal in found.failed if first <= number <= last)
    given = how.document_type is not None
    classification = found.classification if part is None or given else part.classification
    intake = found.intake if part is None else replace(found.intake, einvoice_attachment=None)
    document_type = classification.document_type
    schema = how.schemas.for_type(document_type)
    validated = _read(how.call, found.path, intake, schema, document_type, pages, how.extract, how.calibration)
    if isinstance(validated, Refusal):
        return validated
    routed = route(
        validated,
        schema,
        document_type=document_type,
        type_confidence=classification.confidence,
        thresholds=how.thresholds,
        unread_pages=tuple(number for number, _ in failed),
    )
    words = tuple(decode_page(page.words) for page in pages)
    place = None if part is None else (first, last)
    return LocalDocument(found.path, intake, classification, words, failed, routed, place)


def _classify(how: _How, path: Path, intake: Intake) -> work.FirstLook | Refusal:
    """The type, and the first page by its text layer."""
    if how.document_type is None:
        return how.call(work.classify_file, path, intake.media_type, how.types)
    pages = how.call(work.read_text_pages, path, intake.media_type, 1, 1)
    if isinstance(pages, Refusal):
        return pages
    return work.FirstLook(Classification(how.document_type, 1.0, "The caller gave the type."), True, pages[0])


def _recognize(
    call: Runner,
    path: Path,
    intake: Intake,
    first: work.TextPage,
    engine: tuple[Effort, Device],
    progress: Callable[[str], None],
) -> tuple[tuple[work.ReadPage, ...], tuple[tuple[int, Refusal], ...]] | Refusal:
    pages = [first]
    for start in range(2, intake.page_count + 1, TEXT_PAGES_PER_TASK):
        stop = min(start + TEXT_PAGES_PER_TASK - 1, intake.page_count)
        others = call(work.read_text_pages, path, intake.media_type, start, stop)
        if isinstance(others, Refusal):
            return others
        pages += others
    read: list[work.ReadPage] = []
    failed: list[tuple[int, Refusal]] = []
    for page in pages:
        answer: work.ReadPage | FailedPage | Refusal
        if isinstance(page, NeedsOcr):
            progress(f"recognising page {page.number} of {intake.page_count}")
            answer = call(work.read_scanned_page, path, intake.media_type, page, *engine)
        else:
            answer = page
        if isinstance(answer, work.ReadPage):
            read.append(answer)
        else:
            failed.append((page.number, Refusal(answer.code, answer.message)))
    return (tuple(read), tuple(failed)) if read else failed[0][1]


def _read(
    call: Runner,
    path: Path,
    intake: Intake,
    schema: ExtractionSchema | None,
    document_type: str,
    pages: tuple[work.ReadPage, ...],
    extract: Extract,
    calibration: Calibration | None,
) -> Validated | Refusal:
    if schema is None:
        return Validated(Extraction(), missing_required=(), failed_rules=())
    words = [(page.number, page.words) for page in pages]
    extraction = call(extract, path, intake.einvoice_attachment, words, document_type, schema)
    if isinstance(extraction, Refusal):
        return extraction
    return call(work.validate_fields, extraction, words, schema, datetime.now(UTC).date(), calibration)
