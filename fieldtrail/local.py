"""Reads one file with the same processors as the pipeline, without Kafka: for trying things, and as the yardstick that
the benchmarks hold the pipeline against.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from processors.classification import Classification, DocumentType
from processors.document import Page
from processors.errors import Refusal
from processors.fields import Extraction
from processors.intake import Intake, Limits
from processors.recognition.lines import Effort
from processors.recognition.networks import Device
from processors.recognition.text_layer import FailedPage, NeedsOcr
from processors.recognition.words_file import decode_page
from processors.routing import Route, Thresholds, route
from processors.sandbox import Failure, Sandbox
from processors.schemas import schema_for
from processors.validation import Validated
from streams.stages import work

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LocalDocument:
    """What was read from one file: the same facts as a result or a review request carries."""

    path: Path
    intake: Intake
    classification: Classification
    pages: tuple[Page, ...]
    failed_pages: tuple[tuple[int, Refusal], ...]
    route: Route

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


def read_file(
    path: Path,
    *,
    limits: Limits | None = None,
    thresholds: Thresholds | None = None,
    ocr: Effort = "cascade",
    document_type: DocumentType | None = None,
    run: Runner | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LocalDocument | Refusal:
    """Reads ``path`` as the pipeline would. ``progress`` is called with what is being done.

    Without ``run``, everything happens in this process: quick, but a hostile file may harm it; give a ``Runner`` with a
    sandbox for files that you do not trust.
    """
    call = run or Runner(None)
    progress("inspecting")
    intake = call(work.inspect_file, path, limits or Limits())
    if isinstance(intake, Refusal):
        return intake
    found = _classify(call, path, intake, document_type)
    if isinstance(found, Refusal):
        return found
    classification, by_shape = found
    recognized = _recognize(call, path, intake, ocr, progress)
    if isinstance(recognized, Refusal):
        return recognized
    pages, failed = recognized
    if by_shape and pages and pages[0].number == 1:
        again = call(work.classify_words, pages[0].words)
        if isinstance(again, Refusal):
            return again
        classification = again or classification
    progress("reading fields")
    validated = _read(call, path, intake, classification.document_type, pages)
    if isinstance(validated, Refusal):
        return validated
    routed = route(
        validated,
        schema_for(classification.document_type),
        document_type=classification.document_type,
        type_confidence=classification.confidence,
        thresholds=thresholds or Thresholds(),
        unread_pages=tuple(number for number, _ in failed),
    )
    words = tuple(decode_page(page.words) for page in pages)
    return LocalDocument(path, intake, classification, words, failed, routed)


def _classify(
    call: Runner, path: Path, intake: Intake, document_type: DocumentType | None
) -> tuple[Classification, bool] | Refusal:
    """The type, and whether only the page's shape decided it."""
    if document_type is not None:
        return Classification(document_type, 1.0, "The caller gave the type."), False
    found = call(work.classify_file, path, intake.media_type)
    return found if isinstance(found, Refusal) else (found[0], not found[1])


def _recognize(
    call: Runner, path: Path, intake: Intake, effort: Effort, progress: Callable[[str], None]
) -> tuple[tuple[work.ReadPage, ...], tuple[tuple[int, Refusal], ...]] | Refusal:
    progress("reading the text layer")
    pages = call(work.read_text_pages, path, intake.media_type, 1, intake.page_count)
    if isinstance(pages, Refusal):
        return pages
    read: list[work.ReadPage] = []
    failed: list[tuple[int, Refusal]] = []
    for page in pages:
        answer: work.ReadPage | FailedPage | Refusal
        if isinstance(page, NeedsOcr):
            progress(f"recognising page {page.number} of {intake.page_count}")
            answer = call(work.read_scanned_page, path, intake.media_type, page, effort, Device())
        else:
            answer = page
        if isinstance(answer, work.ReadPage):
            read.append(answer)
        else:
            failed.append((page.number, Refusal(answer.code, answer.message)))
    return (tuple(read), tuple(failed)) if read else failed[0][1]


def _read(
    call: Runner, path: Path, intake: Intake, document_type: str, pages: tuple[work.ReadPage, ...]
) -> Validated | Refusal:
    schema = schema_for(document_type)
    if schema is None:
        return Validated(Extraction(), missing_required=(), failed_rules=())
    words = [(page.number, page.words) for page in pages]
    extraction = call(work.extract_fields, path, intake.einvoice_attachment, words, document_type, schema.id)
    if isinstance(extraction, Refusal):
        return extraction
    return call(work.validate_fields, extraction, words, schema.id, datetime.now(UTC).date())
