"""Rows of the audit tables that tell what happened: events, what went wrong, what was sent, closed days, erasures.

Columns are explained in ``migrations/0001_tables.sql``.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from connectors.clickhouse import columns as c
from connectors.clickhouse.cells import (
    CHAIN,
    NO_HASH,
    ChainEnd,
    Digest,
    Flag,
    Long,
    MaybeMoment,
    MaybeReal,
    Moment,
    Row,
    Text,
    Texts,
    Whole,
)


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
    worker: Text = ""
    input_topic: Text = ""
    input_partition: Whole = 0
    input_offset: Long = 0
    trace_id: Text = ""
    replay_id: Text = ""
    result_id: Text = ""
    actor: Text = ""
    model_versions: Texts = ()
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
class EventPlaceRow(Row):
    """Where an event is that is about a document, and which rows its record gave, each with its hash."""

    TABLE: ClassVar[str] = "event_places"

    document_id: Text
    topic: Text
    partition: Whole
    offset: Long
    at: Moment
    row_keys: Texts = ()
    row_hashes: Annotated[tuple[bytes, ...], c.Many(c.DIGEST)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterRow(Row):
    """A record that a stage gave up on."""

    TABLE: ClassVar[str] = "dead_letters"
    KEY: ClassVar[tuple[str, ...]] = ("letter_topic", "letter_partition", "letter_offset")
    PLACE: ClassVar[tuple[str, str, str]] = ("letter_topic", "letter_partition", "letter_offset")

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
    row_salt: Digest = NO_HASH
    values_hash: Digest = NO_HASH


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow(Row):
    """A result that a consumer was sent."""

    TABLE: ClassVar[str] = "deliveries"
    KEY: ClassVar[tuple[str, ...]] = ("channel", "delivery_id")
    PLACE: ClassVar[tuple[str, str, str]] = ("target", "partition", "offset")

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
    row_salt: Digest = NO_HASH
    values_hash: Digest = NO_HASH


@dataclass(frozen=True, slots=True, kw_only=True)
class MerkleRootRow(Row):
    """The root of a closed day."""

    TABLE: ClassVar[str] = "merkle_roots"
    KEY: ClassVar[tuple[str, ...]] = ("day",)

    day: Annotated[date, c.DATE]
    version: Long
    root: Digest
    leaves: Long
    previous_root: Digest
    chains: Annotated[tuple[ChainEnd, ...], c.Many(CHAIN)]
    closed_at: Moment
    topic: Text
    partition: Whole
    offset: Long


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRow(Row):
    """An erasure: that it began, as whoever erases writes it; that it is done, as its proof in Kafka says."""

    TABLE: ClassVar[str] = "erasures"
    KEY: ClassVar[tuple[str, ...]] = ("tenant", "erasure_id")

    erasure_id: Text
    document_id: Text
    version: Long
    tenant: Text
    state: Annotated[str, c.choice("begun", "done")]
    cause: Annotated[str, c.choice("request", "retention")]
    requested_by: Text
    reason: Text
    begun_at: Moment
    updated_at: Moment
    content_sha256: Text
    removed: Texts
    kept: Texts
    topic: Text = ""
    partition: Whole = 0
    offset: Long = 0
    at: Moment
