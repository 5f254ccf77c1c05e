"""Rows of the audit tables about documents: what each stage knew, what was read, what persons decided.

Columns are explained in ``migrations/0001_tables.sql``.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from connectors.clickhouse import columns as c
from connectors.clickhouse.cells import (
    FAILED_RULE,
    NO_HASH,
    PLACE,
    RULE,
    SOURCE,
    Digest,
    FailedRule,
    Long,
    MaybeAmount,
    MaybeDate,
    MaybeLong,
    MaybeMoment,
    MaybeReal,
    MaybeText,
    Moment,
    Place,
    Real,
    Real32,
    Row,
    Rule,
    Text,
    TextMap,
    Texts,
    Whole,
)
from processors.fields import FieldType, ReviewState

STAGES = ("accepted", "classified", "recognized", "extracted", "validated", "routed", "resolved")
"""After which stage a row of ``documents`` or ``fields`` was true, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow(Row):
    """A document's revision as it stood after one stage."""

    TABLE: ClassVar[str] = "documents"
    KEY: ClassVar[tuple[str, ...]] = ("stage",)

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
    metadata: TextMap
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
    failed_rules: Annotated[tuple[FailedRule, ...], c.Many(FAILED_RULE)] = ()
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
    row_salt: Digest = NO_HASH
    values_hash: Digest = NO_HASH
    topic: Text
    partition: Whole
    offset: Long
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow(Row):
    """A field or line-item cell as it stood after one stage; ``row_number`` 0 is a header field."""

    TABLE: ClassVar[str] = "fields"
    KEY: ClassVar[tuple[str, ...]] = ("stage", "row_number", "name")

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
    evidence_source: Annotated[str, SOURCE] = "none"
    page: Whole = 0
    x0: Real32 = 0.0
    y0: Real32 = 0.0
    x1: Real32 = 0.0
    y1: Real32 = 0.0
    word_ids: Annotated[tuple[int, ...], c.Many(c.WHOLE32)] = ()
    reference: Text = ""
    more_evidence: Annotated[tuple[Place, ...], c.Many(PLACE)] = ()
    confidence: Real
    confidence_recognition: MaybeReal = None
    confidence_reader: MaybeReal = None
    confidence_validation: MaybeReal = None
    reader: Text
    reader_version: Text
    rules: Annotated[tuple[Rule, ...], c.Many(RULE)] = ()
    review_state: Annotated[str, c.choice(*ReviewState)] = ReviewState.NOT_ROUTED
    row_salt: Digest = NO_HASH
    values_hash: Digest = NO_HASH
    topic: Text
    partition: Whole
    offset: Long
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow(Row):
    """What a person decided about a document."""

    TABLE: ClassVar[str] = "decisions"
    KEY: ClassVar[tuple[str, ...]] = ("decision_id",)

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
    row_salt: Digest = NO_HASH
    values_hash: Digest = NO_HASH
    topic: Text
    partition: Whole
    offset: Long
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRow(Row):
    """A value that a person changed. ``version`` 1: from the decision, without what was before; 2: with it."""

    TABLE: ClassVar[str] = "corrections"
    KEY: ClassVar[tuple[str, ...]] = ("row_number", "name", "decided_at", "reviewer")

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
    row_salt: Digest = NO_HASH
    values_hash: Digest = NO_HASH
    topic: Text
    partition: Whole
    offset: Long
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQualityRow(Row):
    """A recognised page, or one that could not be read."""

    TABLE: ClassVar[str] = "page_quality"
    KEY: ClassVar[tuple[str, ...]] = ("page",)

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
    row_salt: Digest = NO_HASH
    values_hash: Digest = NO_HASH
    topic: Text
    partition: Whole
    offset: Long
    at: Moment
