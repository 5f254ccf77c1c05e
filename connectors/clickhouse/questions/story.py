"""The whole story of one value: from the file's hash to what the ERP was sent."""

# Statements are put together from this package's own words; what people say is bound by the server.
# ruff: noqa: S608

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.keys import cell_place
from connectors.clickhouse.questions.asking import INDEX_DECIDES, Query, as_parameter, ask
from connectors.clickhouse.questions.documents import DocumentRevision, UnknownError, revisions_of

_CLOCKS_APART = timedelta(days=1)
_AT_ONCE = 4
"""A producer's clock, which says when a document was submitted, may be ahead of the broker's by less than this."""


@dataclass(frozen=True, slots=True)
class Step:
    """One record of any topic about the document, the earliest first. Places are ``topic/partition/offset``; ``input``
    is the record that caused this one. Hashes are hexadecimal.
    """

    at: datetime
    revision: int
    stage: str
    kind: str
    state: str
    place: str
    input: str
    worker: str
    started: datetime | None
    seconds: float | None
    model_versions: tuple[str, ...]
    actor: str
    replay_id: str
    value_sha256: str
    chain_hash: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The value as it stood after one stage of one revision.

    ``box`` is x0, y0, x1, y1 in points from the page's top left; ``more_places`` are (page, box) of further evidence.
    ``rules`` are (rule, outcome, message). ``place`` is the Kafka record that says so.
    """

    revision: int
    stage: str
    type: str
    value: str | None
    raw_text: str
    source: str
    page: int
    box: tuple[float, float, float, float]
    word_ids: tuple[int, ...]
    reference: str
    more_places: tuple[tuple[int, tuple[float, float, float, float]], ...]
    confidence: float
    confidence_recognition: float | None
    confidence_reader: float | None
    confidence_validation: float | None
    reader: str
    reader_version: str
    rules: tuple[tuple[str, str, str], ...]
    review_state: str
    place: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PageRead:
    """How a page that the value was read from had been recognised."""

    revision: int
    page: int
    source: str
    reason: str
    engine: str
    words_uri: str
    min_confidence: float | None
    dpi: float | None
    skew: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a person made of the value. ``change`` is by how much a number changed."""

    revision: int
    decided_at: datetime
    reviewer: str
    before: str | None
    after: str | None
    change: Decimal | None
    comment: str
    place: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about the document."""

    revision: int
    decided_at: datetime
    reviewer: str
    decision: str
    reason: str
    seconds: float | None
    corrected_fields: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a consumer such as the ERP was sent, and where it lies."""

    revision: int
    at: datetime
    channel: str
    target: str
    place: str
    state: str
    result_id: str
    supersedes: str
    payload_sha256: str


@dataclass(frozen=True, slots=True)
class ErasureProof:
    """That, when and why the document was erased."""

    erasure_id: str
    state: str
    cause: str
    requested_by: str
    reason: str
    begun_at: datetime
    updated_at: datetime
    content_sha256: str
    removed: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """Everything known of one value, or of a whole document where ``path`` is empty (then without readings)."""

    document_id: str
    path: str
    revisions: tuple[DocumentRevision, ...]
    steps: tuple[Step, ...]
    readings: tuple[Reading, ...]
    pages: tuple[PageRead, ...]
    changes: tuple[Change, ...]
    decisions: tuple[Decision, ...]
    deliveries: tuple[Delivery, ...]
    erasures: tuple[ErasureProof, ...]


_PLACE = "concat(topic, '/', toString(partition), '/', toString(offset)) AS place"


def story(client: ClickHouse, document_id: str, path: str) -> Story:
    """The story of the value at ``path`` (``total_amount``, ``line_items[3].amount``).

    Raises ``UnknownError`` for a document that the store does not know, and for a value that it never had.
    """
    revisions = revisions_of(client, document_id)
    began = revisions[0].submitted_at
    # Each is a round trip and some milliseconds, and hardly one needs another's answer.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        steps = pool.submit(ask, client, steps_query(document_id, began), Step)
        readings = pool.submit(ask, client, readings_query(document_id, path, began), Reading)
        changes = pool.submit(ask, client, changes_query(document_id, path), Change)
        decisions = pool.submit(ask, client, decisions_query(document_id), Decision)
        deliveries = pool.submit(ask, client, deliveries_query(document_id), Delivery)
        erasures = pool.submit(ask, client, erasure_query(document_id), ErasureProof)
        on_pages = sorted({reading.page for reading in readings.result()})
        pages = pool.submit(ask, client, pages_query(document_id, on_pages), PageRead)
    if not readings.result() and not changes.result():
        raise _unknown_value(client, document_id, path)
    return Story(
        document_id=document_id,
        path=path,
        revisions=tuple(revisions),
        steps=tuple(steps.result()),
        readings=tuple(readings.result()),
        pages=tuple(pages.result()),
        changes=tuple(changes.result()),
        decisions=tuple(decisions.result()),
        deliveries=tuple(deliveries.result()),
        erasures=tuple(erasures.result()),
    )


def readings_query(document_id: str, path: str, submitted_at: datetime | None = None) -> Query:
    """The value after every stage of every revision: reads one granule of each month of ``fields``, or of its own month
    alone where it is known when the document was submitted.
    """
    row_number, name = cell_place(path)
    month = "" if submitted_at is None else " AND submitted_at = {submitted_at:DateTime64(3, 'UTC')}"
    statement = f"""SELECT revision, toString(stage) AS stage, toString(type) AS type, value_text AS value, raw_text,
       toString(evidence_source) AS source, page, (x0, y0, x1, y1) AS box, word_ids, reference,
       arrayMap(e -> (e.2, (e.3, e.4, e.5, e.6)), more_evidence) AS more_places,
       confidence, confidence_recognition, confidence_reader, confidence_validation, reader, reader_version,
       arrayMap(r -> (r.1, toString(r.2), r.3), rules) AS rules, toString(review_state) AS review_state, {_PLACE}, at
FROM fields FINAL
WHERE document_id = {{document_id:String}} AND row_number = {{row_number:UInt32}} AND name = {{name:String}}{month}
ORDER BY revision, fields.stage"""
    parameters = {"document_id": document_id, "row_number": row_number, "name": name}
    when = {} if submitted_at is None else {"submitted_at": as_parameter(submitted_at)}
    return Query("story", statement, {**parameters, **when})


def steps_query(document_id: str, submitted_at: datetime) -> Query:
    """Everything that happened to the document: ``event_places`` knows where and when, so that no other month is read.
    Events before it was submitted are left out.
    """
    statement = f"""SELECT at, revision, stage, kind, state, event_id AS place, input, worker, started, seconds,
       model_versions,
       actor, replay_id, value_sha256, chain_hash
FROM v_events
WHERE (topic, partition, offset) IN
      (SELECT topic, partition, offset FROM event_places WHERE document_id = {{document_id:String}})
  AND at IN (SELECT at FROM event_places WHERE document_id = {{document_id:String}})
  AND document_id = {{document_id:String}} AND at >= {{since:DateTime64(3, 'UTC')}}
ORDER BY at, topic, partition, offset
{INDEX_DECIDES}"""
    since = as_parameter(submitted_at - _CLOCKS_APART)
    return Query("steps", statement, {"document_id": document_id, "since": since})


def pages_query(document_id: str, pages: Sequence[int]) -> Query:
    """How these pages of the document were recognised, by revision."""
    statement = """SELECT revision, page, source, reason, engine, words_uri, min_confidence, dpi, skew
FROM page_quality FINAL
WHERE document_id = {document_id:String} AND page IN {pages:Array(UInt32)}
ORDER BY revision, page"""
    return Query("pages", statement, {"document_id": document_id, "pages": list(pages)})


def changes_query(document_id: str, path: str) -> Query:
    """What persons made of the value."""
    row_number, name = cell_place(path)
    statement = f"""SELECT revision, decided_at, reviewer, before_text AS before, after_text AS after, change,
       comment, {_PLACE}
FROM corrections FINAL
WHERE document_id = {{document_id:String}} AND row_number = {{row_number:UInt32}} AND name = {{name:String}}
ORDER BY decided_at"""
    return Query("changes", statement, {"document_id": document_id, "row_number": row_number, "name": name})


def decisions_query(document_id: str) -> Query:
    """What persons decided about the document."""
    statement = f"""SELECT revision, decided_at, reviewer, toString(decision) AS decision, reason, seconds,
       corrected_fields, {_PLACE}
FROM decisions FINAL WHERE document_id = {{document_id:String}} ORDER BY decided_at"""
    return Query("decisions", statement, {"document_id": document_id})


def deliveries_query(document_id: str) -> Query:
    """What consumers were sent of the document."""
    statement = """SELECT revision, at, toString(channel) AS channel, target,
       if(deliveries.channel = 'kafka', concat(target, '/', toString(partition), '/', toString(offset)), delivery_id)
       AS place,
       state, result_id, supersedes, payload_sha256
FROM deliveries FINAL WHERE document_id = {document_id:String} ORDER BY at"""
    return Query("deliveries", statement, {"document_id": document_id})


def erasure_query(document_id: str) -> Query:
    """The erasures of the document."""
    statement = """SELECT erasure_id, toString(state) AS state, toString(cause) AS cause, requested_by, reason,
       begun_at,
       updated_at, content_sha256, removed, kept
FROM erasures FINAL WHERE document_id = {document_id:String} ORDER BY begun_at"""
    return Query("erasures", statement, {"document_id": document_id})


def _unknown_value(client: ClickHouse, document_id: str, path: str) -> UnknownError:
    statement = (
        "SELECT DISTINCT row_number, name, path FROM fields WHERE document_id = {document_id:String} ORDER BY ALL"
    )
    paths = [str(row[2]) for row in client.query(statement, {"document_id": document_id}).rows]
    if not paths:
        return UnknownError(
            f"nothing was read from document {document_id!r}; 'fieldtrail audit why' says what became of it"
        )
    return UnknownError(f"document {document_id!r} never had a value {path!r}; it has {', '.join(paths)}")
