"""The rows of the audit tables, one class a table, and the check that a row can be stored as it is.

Attributes are columns; what each means is said in ``migrations/0001_tables.sql`` (a test holds the two together). Empty
text, 0 and an empty tuple stand for "none", except where ``None`` is allowed. Times have a zone and are cut to
milliseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Annotated, Any, ClassVar, NamedTuple, get_args, get_type_hints

from connectors.clickhouse import columns as c
from processors.fields import EvidenceSource, FieldType, ReviewState, RuleStatus

FOREVER = datetime(2106, 1, 1, tzinfo=UTC)
"""``retention_until`` where nothing ends it."""

STAGES = ("accepted", "classified", "recognized", "extracted", "validated", "routed", "resolved")
"""After which stage a row of ``documents`` or ``fields`` was true, in their order."""

NO_HASH = bytes(32)
"""``previous_hash`` of a partition's first event, and ``previous_root`` of the first day."""


class Place(NamedTuple):
    """Where something was read: page from 1, box in points from the top left, words of that page."""

    source: str = "none"
    page: int = 0
    x0: float = 0.0
    y0: float = 0.0
    x1: float = 0.0
    y1: float = 0.0
    word_ids: tuple[int, ...] = ()
    reference: str = ""


class Rule(NamedTuple):
    """A rule's verdict on a field."""

    rule: str
    status: str
    message: str


class FailedRule(NamedTuple):
    """A rule that a document failed, and the fields that it names."""

    rule: str
    message: str
    fields: tuple[str, ...]


class ChainEnd(NamedTuple):
    """One partition's events of one day, and its ``chain_hash`` after the last of them."""

    topic: str
    partition: int
    first_offset: int
    last_offset: int
    events: int
    head: bytes


_SOURCE = c.choice("none", *EvidenceSource)
_PLACE = c.Parts((_SOURCE, c.WHOLE32, c.REAL32, c.REAL32, c.REAL32, c.REAL32, c.Many(c.WHOLE32), c.TEXT))
_RULE = c.Parts((c.TEXT, c.choice(*RuleStatus), c.TEXT))
_FAILED_RULE = c.Parts((c.TEXT, c.TEXT, c.Many(c.TEXT)))
_CHAIN = c.Parts((c.TEXT, c.WHOLE32, c.WHOLE64, c.WHOLE64, c.WHOLE64, c.DIGEST))

Text = Annotated[str, c.TEXT]
MaybeText = Annotated[str | None, c.Maybe(c.TEXT)]
Texts = Annotated[tuple[str, ...], c.Many(c.TEXT)]
Flag = Annotated[bool, c.FLAG]
Whole = Annotated[int, c.WHOLE32]
Long = Annotated[int, c.WHOLE64]
MaybeLong = Annotated[int | None, c.Maybe(c.WHOLE64)]
Real = Annotated[float, c.REAL]
Real32 = Annotated[float, c.REAL32]
MaybeReal = Annotated[float | None, c.Maybe(c.REAL)]
MaybeAmount = Annotated[Decimal | None, c.Maybe(c.EXACT)]
Moment = Annotated[datetime, c.MOMENT]
MaybeMoment = Annotated[datetime | None, c.Maybe(c.MOMENT)]
MaybeDate = Annotated[date | None, c.Maybe(c.DATE32)]
Until = Annotated[datetime, c.SECOND]
Digest = Annotated[bytes, c.DIGEST]


class Row:
    """Base of all rows. ``TABLE`` is the table's name without its database."""

    __slots__ = ()
    TABLE: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow(Row):
    """A document's revision as it stood after one stage."""

    TABLE: ClassVar[str] = "documents"

    document_id: Text
    revision: Whole
    stage: Annotated[str, c.choice(*STAGES)]
    version: Long
    tenant: Text
    parent_document_id: Text = ""
    first_page: Whole = 0
    last_page: Whole = 0
    content_uri: Text
    content_sha256: Text
    media_type: Text
    size_bytes: MaybeLong = None
    page_count: Whole
    filename: Text = ""
    requested_type: Text = ""
    requested_schema: Text = ""
    metadata: Annotated[Mapping[str, str], c.TEXTS]
    submitted_at: Moment
    completed_at: MaybeMoment = None
    document_type: Text = ""
    type_confidence: MaybeReal = None
    type_basis: Text = ""
    type_reason: Text = ""
    schema_name: Text = ""
    schema_version: Text = ""
    decision: Text = ""
    duplicate_of: Text = ""
    reasons: Texts = ()
    review_required_fields: Texts = ()
    missing_required: Texts = ()
    failed_rules: Annotated[tuple[FailedRule, ...], c.Many(_FAILED_RULE)] = ()
    notes: Texts = ()
    vendor_name: Text = ""
    vendor_key: Text = ""
    vendor_tax_key: Text = ""
    number: Text = ""
    number_key: Text = ""
    amount: MaybeAmount = None
    currency: Text = ""
    issue_date: MaybeDate = None
    result_id: Text = ""
    supersedes: Text = ""
    review_id: Text = ""
    model_versions: Texts = ()
    topic: Text
    partition: Whole
    offset: Long
    at: Moment
    retention_until: Until = FOREVER
    hold: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow(Row):
    """A field or line-item cell as it stood after one stage; ``row_number`` 0 is a header field."""

    TABLE: ClassVar[str] = "fields"

    document_id: Text
    revision: Whole
    row_number: Whole = 0
    name: Text
    stage: Annotated[str, c.choice(*STAGES[3:])]
    version: Long
    tenant: Text
    document_type: Text
    submitted_at: Moment
    type: Annotated[str, c.choice(*FieldType)]
    value_text: MaybeText
    value_decimal: MaybeAmount = None
    value_date: MaybeDate = None
    raw_text: Text
    evidence_source: Annotated[str, _SOURCE] = "none"
    page: Whole = 0
    x0: Real32 = 0.0
    y0: Real32 = 0.0
    x1: Real32 = 0.0
    y1: Real32 = 0.0
    word_ids: Annotated[tuple[int, ...], c.Many(c.WHOLE32)] = ()
    reference: Text = ""
    more_evidence: Annotated[tuple[Place, ...], c.Many(_PLACE)] = ()
    confidence: Real
    confidence_recognition: MaybeReal = None
    confidence_reader: MaybeReal = None
    confidence_validation: MaybeReal = None
    reader: Text
    reader_version: Text
    rules: Annotated[tuple[Rule, ...], c.Many(_RULE)] = ()
    review_state: Annotated[str, c.choice(*ReviewState)] = ReviewState.NOT_ROUTED
    row_salt: Digest = NO_HASH
    row_hash: Digest = NO_HASH
    topic: Text
    partition: Whole
    offset: Long
    at: Moment
    retention_until: Until = FOREVER
    hold: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow(Row):
    """One Kafka record, and its link in the chain of its partition."""

    TABLE: ClassVar[str] = "events"

    topic: Text
    partition: Whole
    offset: Long
    version: Long = 0
    at: Moment
    day: Annotated[date, c.DATE]
    tenant: Text = ""
    document_id: Text = ""
    revision: Whole = 0
    kind: Text
    stage: Text = ""
    state: Text = ""
    started: MaybeMoment = None
    seconds: MaybeReal = None
    cpu_seconds: MaybeReal = None
    worker: Text = ""
    input_topic: Text = ""
    input_partition: Whole = 0
    input_offset: Long = 0
    trace_id: Text = ""
    replay_id: Text = ""
    result_id: Text = ""
    actor: Text = ""
    model_versions: Texts = ()
    message: Text = ""
    value_bytes: Whole
    tombstone: Flag = False
    key_hash: Digest
    value_hash: Digest
    headers_hash: Digest
    rows_hash: Digest = NO_HASH
    record_hash: Digest
    previous_hash: Digest
    chain_hash: Digest
    gap: Long = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow(Row):
    """What a person decided about a document."""

    TABLE: ClassVar[str] = "decisions"

    document_id: Text
    revision: Whole
    decision_id: Text
    version: Long
    tenant: Text
    review_id: Text
    reviewer: Text
    decision: Annotated[str, c.choice("approved", "corrected", "rejected")]
    decided_at: Moment
    seconds: MaybeReal = None
    reason: Text = ""
    corrected_fields: Texts = ()
    topic: Text
    partition: Whole
    offset: Long
    at: Moment
    retention_until: Until = FOREVER
    hold: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRow(Row):
    """A value that a person changed. ``version`` 1: from the decision, without what was before; 2: with it."""

    TABLE: ClassVar[str] = "corrections"

    document_id: Text
    revision: Whole
    row_number: Whole = 0
    name: Text
    decided_at: Moment
    reviewer: Text
    version: Annotated[int, c.Whole(8)]
    tenant: Text
    document_type: Text = ""
    type: Text = ""
    before_text: MaybeText = None
    before_decimal: MaybeAmount = None
    before_date: MaybeDate = None
    before_raw_text: Text = ""
    before_confidence: MaybeReal = None
    before_reader: Text = ""
    before_reader_version: Text = ""
    before_review_state: Text = ""
    after_text: MaybeText
    after_decimal: MaybeAmount = None
    after_date: MaybeDate = None
    comment: Text = ""
    topic: Text
    partition: Whole
    offset: Long
    at: Moment
    retention_until: Until = FOREVER
    hold: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterRow(Row):
    """A record that a stage gave up on."""

    TABLE: ClassVar[str] = "dead_letters"

    letter_topic: Text
    letter_partition: Whole
    letter_offset: Long
    version: Long = 0
    stage: Text
    code: Text
    message: Text
    exception: Text = ""
    topic: Text
    partition: Whole
    offset: Long
    attempts: Whole
    first_failure_at: Moment
    last_failure_at: Moment
    document_id: Text = ""
    tenant: Text = ""
    revision: Whole = 0
    trace_id: Text = ""
    replay_id: Text = ""
    replay_count: Whole = 0
    at: Moment
    retention_until: Until = FOREVER
    hold: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow(Row):
    """A result that a consumer was sent."""

    TABLE: ClassVar[str] = "deliveries"

    document_id: Text
    revision: Whole
    channel: Annotated[str, c.choice("kafka", "webhook")]
    delivery_id: Text
    version: Long
    tenant: Text
    result_id: Text
    supersedes: Text = ""
    target: Text
    partition: Whole = 0
    offset: Long = 0
    at: Moment
    state: Text
    attempts: Whole = 1
    http_status: Annotated[int, c.WHOLE16] = 0
    message: Text = ""
    payload_sha256: Text = ""
    retention_until: Until = FOREVER
    hold: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQualityRow(Row):
    """A recognised page, or one that could not be read."""

    TABLE: ClassVar[str] = "page_quality"

    document_id: Text
    revision: Whole
    page: Whole
    version: Long
    tenant: Text
    submitted_at: Moment
    width: Real32 = 0.0
    height: Real32 = 0.0
    rotation: Annotated[int, c.WHOLE16] = 0
    source: Text = ""
    reason: Text = ""
    engine: Text = ""
    words_uri: Text = ""
    word_count: Whole = 0
    min_confidence: MaybeReal = None
    mean_confidence: MaybeReal = None
    dpi: MaybeReal = None
    sharpness: MaybeReal = None
    skew: MaybeReal = None
    contrast: MaybeReal = None
    handwriting: MaybeReal = None
    hard: Texts = ()
    failure_code: Text = ""
    failure_message: Text = ""
    topic: Text
    partition: Whole
    offset: Long
    at: Moment
    retention_until: Until = FOREVER
    hold: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MerkleRootRow(Row):
    """The root of a closed day."""

    TABLE: ClassVar[str] = "merkle_roots"

    day: Annotated[date, c.DATE]
    version: Long
    root: Digest
    leaves: Long
    previous_root: Digest
    chains: Annotated[tuple[ChainEnd, ...], c.Many(_CHAIN)]
    closed_at: Moment


ROWS: tuple[type[Row], ...] = (
    DocumentRow,
    FieldRow,
    EventRow,
    DecisionRow,
    CorrectionRow,
    DeadLetterRow,
    DeliveryRow,
    PageQualityRow,
    MerkleRootRow,
)


@dataclass(frozen=True, slots=True)
class RowRefused:
    """A row that cannot be stored as it is. ``reason`` names the column and says why, without the value."""

    row: Row
    reason: str


def _columns(kind: type[Row]) -> Mapping[str, c.Column]:
    hints = get_type_hints(kind, include_extras=True)
    return {item.name: get_args(hints[item.name])[-1] for item in fields(kind)}  # type: ignore[arg-type]


COLUMNS: Mapping[type[Row], Mapping[str, c.Column]] = {kind: _columns(kind) for kind in ROWS}
"""The columns of each kind of row, in the order of its attributes."""


def transposed(rows: Sequence[Row]) -> list[list[Any]]:
    """``rows``, all of one kind, as one list of values per column. There must be at least one row."""
    return [list(map(attrgetter(name), rows)) for name in COLUMNS[type(rows[0])]]


def refused(rows: Sequence[Row]) -> tuple[RowRefused, ...]:
    """Those of ``rows``, all of one kind, that cannot be stored as they are, in their order. Never raises."""
    return unfit(rows, transposed(rows)) if rows else ()


def unfit(rows: Sequence[Row], values: Sequence[Sequence[Any]]) -> tuple[RowRefused, ...]:
    """:func:`refused` for rows whose columns, ``values``, are at hand."""
    found: dict[int, str] = {}
    for (name, column), cells in zip(COLUMNS[type(rows[0])].items(), values, strict=True):
        if column.holds(cells):
            continue
        for index, cell in enumerate(cells):
            said = column.problem(cell)
            if said is not None:
                found.setdefault(index, f"{name} {said}")
    return tuple(RowRefused(rows[index], found[index]) for index in sorted(found))
