"""One model per ``.avsc`` in ``avro/``: the typed edge between Kafka and the domain types.

Field-by-field documentation lives in the schemas; a test holds names, order and nullability of the two together.
Instances are immutable and validated; ``model_dump()`` gives exactly what the schema's writer wants.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from processors.fields import Evidence, FieldType, FieldValue, LineItem, plain_decimal
from processors.fields import Field as DocumentField
from processors.validation import Finding


def to_millis(value: datetime) -> datetime:
    """``value`` in UTC, cut to the milliseconds that Avro's timestamp-millis holds."""
    moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


Timestamp = Annotated[datetime, AfterValidator(to_millis)]


def _plain_fields(fields: Any) -> Any:
    """Decimals as they were before the wire padded them to the contract's scale. Only what comes off the wire is a
    list of dictionaries.
    """
    for field in fields:
        if isinstance(field, dict) and isinstance(field.get("value"), Decimal):
            field["value"] = plain_decimal(field["value"], FieldType(field["type"]))
    return fields


def _plain_lines(lines: Any) -> Any:
    for line in lines:
        if isinstance(line, dict):
            _plain_fields(line["cells"])
    return lines


Fields = Annotated[tuple[DocumentField, ...], BeforeValidator(_plain_fields)]
LineItems = Annotated[tuple[LineItem, ...], BeforeValidator(_plain_lines)]


class Part(BaseModel):
    """Base of everything inside a record."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Record(Part):
    """Base of every record. ``SCHEMA`` is the folder of its schema versions in ``avro/``."""

    SCHEMA: ClassVar[str]


class PageRange(Part):
    first: int
    last: int


class Hop(Part):
    stage: str
    topic: str
    partition: int
    offset: int
    at: Timestamp
    version: str


class Document(Part):
    document_id: str
    tenant: str
    revision: int
    parent_document_id: str | None = None
    pages: PageRange | None = None
    content_uri: str
    content_sha256: str
    media_type: str
    size_bytes: int
    page_count: int
    filename: str | None = None
    einvoice_attachment: str | None = None
    requested_type: str | None = None
    requested_schema: str | None = None
    metadata: dict[str, str] = {}
    submitted_at: Timestamp


class Classification(Part):
    document_type: str
    confidence: float
    basis: str
    reason: str


class SchemaRef(Part):
    name: str
    version: str


class PageQuality(Part):
    dpi: float | None = None
    sharpness: float | None = None
    skew: float | None = None
    contrast: float | None = None
    handwriting: float | None = None
    hard: tuple[str, ...] = ()


class RecognizedPage(Part):
    number: int
    width: float
    height: float
    rotation: int
    source: str
    reason: str = ""
    engine: str
    words_uri: str
    word_count: int
    min_confidence: float
    mean_confidence: float
    quality: PageQuality | None = None


class PageFailure(Part):
    number: int
    code: str
    message: str


class Correction(Part):
    name: str
    value: FieldValue | None = None
    evidence: tuple[Evidence, ...] = ()
    comment: str | None = None


class DocumentSubmitted(Record):
    SCHEMA: ClassVar[str] = "document_submitted"
    document_id: str | None = None
    tenant: str = "default"
    content: bytes | None = None
    uri: str | None = None
    filename: str | None = None
    document_type: str | None = None
    schema_name: str | None = None
    idempotency_key: str | None = None
    metadata: dict[str, str] = {}
    submitted_at: Timestamp | None = None


class DocumentAccepted(Record):
    SCHEMA: ClassVar[str] = "document_accepted"
    document: Document
    trail: tuple[Hop, ...] = ()


class DocumentClassified(Record):
    SCHEMA: ClassVar[str] = "document_classified"
    document: Document
    classification: Classification
    extraction_schema: SchemaRef | None = None
    trail: tuple[Hop, ...] = ()


class DocumentRecognized(Record):
    SCHEMA: ClassVar[str] = "document_recognized"
    document: Document
    classification: Classification
    extraction_schema: SchemaRef | None = None
    recognized_pages: tuple[RecognizedPage, ...]
    failed_pages: tuple[PageFailure, ...] = ()
    trail: tuple[Hop, ...] = ()


class DocumentExtracted(Record):
    SCHEMA: ClassVar[str] = "document_extracted"
    document: Document
    classification: Classification
    extraction_schema: SchemaRef | None = None
    recognized_pages: tuple[RecognizedPage, ...]
    failed_pages: tuple[PageFailure, ...] = ()
    fields: Fields
    line_items: LineItems
    notes: tuple[str, ...] = ()
    trail: tuple[Hop, ...] = ()


class DocumentValidated(Record):
    SCHEMA: ClassVar[str] = "document_validated"
    document: Document
    classification: Classification
    extraction_schema: SchemaRef | None = None
    recognized_pages: tuple[RecognizedPage, ...]
    failed_pages: tuple[PageFailure, ...] = ()
    fields: Fields
    line_items: LineItems
    missing_required: tuple[str, ...] = ()
    failed_rules: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    trail: tuple[Hop, ...] = ()


class DocumentResult(Record):
    SCHEMA: ClassVar[str] = "document_result"
    result_id: str
    document_id: str
    tenant: str
    revision: int
    supersedes: str | None = None
    parent_document_id: str | None = None
    pages: PageRange | None = None
    decision: str
    classification: Classification
    extraction_schema: SchemaRef | None = None
    fields: Fields
    line_items: LineItems
    notes: tuple[str, ...] = ()
    filename: str | None = None
    content_uri: str
    content_sha256: str
    media_type: str
    page_count: int
    metadata: dict[str, str] = {}
    submitted_at: Timestamp
    completed_at: Timestamp
    trail: tuple[Hop, ...] = ()


class ReviewRequest(Record):
    SCHEMA: ClassVar[str] = "review_request"
    review_id: str
    document: Document
    classification: Classification
    extraction_schema: SchemaRef | None = None
    recognized_pages: tuple[RecognizedPage, ...]
    failed_pages: tuple[PageFailure, ...] = ()
    fields: Fields
    line_items: LineItems
    reasons: tuple[str, ...]
    review_required_fields: tuple[str, ...]
    notes: tuple[str, ...] = ()
    created_at: Timestamp
    trail: tuple[Hop, ...] = ()


class ReviewDecision(Record):
    SCHEMA: ClassVar[str] = "review_decision"
    decision_id: str
    review_id: str
    document_id: str
    tenant: str
    revision: int
    reviewer: str
    decision: str
    corrections: tuple[Correction, ...] = ()
    reason: str | None = None
    decided_at: Timestamp
    seconds: float | None = None


class DocumentFeedback(Record):
    SCHEMA: ClassVar[str] = "document_feedback"
    feedback_id: str
    document_id: str
    tenant: str
    revision: int
    document_type: str
    extraction_schema: SchemaRef | None = None
    predicted: DocumentField | None = None
    correction: Correction
    reviewer: str
    decided_at: Timestamp


class DocumentStatus(Record):
    SCHEMA: ClassVar[str] = "document_status"
    document_id: str
    tenant: str
    revision: int
    stage: str
    state: str
    at: Timestamp
    filename: str | None = None
    document_type: str | None = None
    error_code: str | None = None
    message: str | None = None
    duplicate_of: str | None = None
    result_id: str | None = None
    parent_document_id: str | None = None
    submitted_at: Timestamp | None = None


class ReplayLogged(Record):
    SCHEMA: ClassVar[str] = "replay_logged"
    replay_id: str
    kind: str
    stage: str
    source_topic: str
    source_partition: int
    source_offset: int
    target_topic: str
    document_id: str | None = None
    revision: int | None = None
    requested_by: str
    at: Timestamp


class HeldRecord(Part):
    topic: str
    partition: int
    offset: int
    until: Timestamp | None = None


class ErasureLogged(Record):
    SCHEMA: ClassVar[str] = "erasure_logged"
    erasure_id: str
    document_id: str
    tenant: str
    content_sha256: str | None = None
    cause: str
    reason: str
    requested_by: str
    requested_at: Timestamp
    finished_at: Timestamp
    objects_removed: tuple[str, ...]
    objects_kept: tuple[str, ...]
    rows_blanked: dict[str, int]
    still_held: tuple[HeldRecord, ...]


class ChainStretch(Part):
    topic: str
    partition: int
    after_offset: int
    last_offset: int
    events: int
    head_hash: str


class AuditRoot(Record):
    SCHEMA: ClassVar[str] = "audit_root"
    day: date
    root: str
    events: int
    previous_root: str | None = None
    stretches: tuple[ChainStretch, ...]
    software_version: str
    closed_at: Timestamp


class DeadLetter(Record):
    SCHEMA: ClassVar[str] = "dead_letter"
    stage: str
    code: str
    message: str
    exception: str | None = None
    topic: str
    partition: int
    offset: int
    attempts: int
    first_failure_at: Timestamp
    last_failure_at: Timestamp
    document_id: str | None = None
    tenant: str | None = None
    revision: int | None = None
    trace_id: str | None = None
    replay_id: str | None = None
    replay_count: int = 0
    null_key: bool = False
    value_omitted: bool = False


RECORDS: tuple[type[Record], ...] = (
    DocumentSubmitted,
    DocumentAccepted,
    DocumentClassified,
    DocumentRecognized,
    DocumentExtracted,
    DocumentValidated,
    DocumentResult,
    ReviewRequest,
    ReviewDecision,
    DocumentFeedback,
    DocumentStatus,
    ReplayLogged,
    DeadLetter,
    ErasureLogged,
    AuditRoot,
)
