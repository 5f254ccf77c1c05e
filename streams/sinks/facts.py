"""What an event says of a record: identities, figures and versions, never values.

Facts that records lack (which worker, since when, caused by what) are in the headers that the stage harness adds.
Records from outside have none that could be believed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from processors.audit.event import AuditEvent, content_hash, headers_hash, milliseconds, moment_of
from processors.routing import AUDIT
from streams.contracts import topics
from streams.contracts.codec import Undecodable
from streams.contracts.records import (
    AuditRoot,
    Classification,
    DeadLetter,
    Document,
    DocumentFeedback,
    DocumentResult,
    DocumentStatus,
    DocumentSubmitted,
    ErasureLogged,
    Hop,
    RecognizedPage,
    Record,
    ReplayLogged,
    ReviewDecision,
    ReviewRequest,
    SchemaRef,
)
from streams.contracts.topics import STAGES, Topic
from streams.harness.headers import TRACEPARENT, Work, last, read_error_work, read_replay, read_work
from streams.harness.stage import Inbound, StageContext
from streams.stages.ingest import derive_document_id

STRAIGHT_THROUGH = "straight_through"
UNDECODABLE = "undecodable"

_FIRST_AT, _LAST_AT = datetime(1970, 1, 1, tzinfo=UTC), datetime(2149, 1, 1, tzinfo=UTC)
"""What a day and a time of the audit tables can hold."""
_TRACE_DIGITS = 32
_MOST_WHOLE = 2**32 - 1
_WRITERS = dict(zip((topic.name for topic in topics.INPUTS.values()), ("", *STAGES), strict=False))
"""Which stage writes each stage's input; submissions come from outside."""


@dataclass(frozen=True, slots=True)
class _About:
    """What a kind of record tells for its event."""

    tenant: str = ""
    document_id: str = ""
    revision: int = 0
    state: str = ""
    result_id: str = ""
    actor: str = ""
    versions: tuple[str, ...] = ()


def event_of(
    inbound: Inbound, topic: Topic, record: Record | Undecodable, readers: frozenset[str], rows_hash: bytes
) -> AuditEvent:
    """The event of ``inbound``, a record on ``topic``.

    ``record`` is what was decoded: for a dead-letter topic the :class:`DeadLetter` in its headers. ``readers`` read its
    fields (:meth:`Readings.readers`). The event can be
    stored whatever the record says: what would not fit its column is cut to the column's range.
    """
    about = _about(record, inbound, readers)
    work = _work_of(inbound, topic, record)
    replay = read_replay(inbound.headers)
    started = None if work is None else within(work.started)
    return AuditEvent(
        topic=inbound.topic,
        partition=inbound.partition,
        offset=inbound.offset,
        at=within(inbound.timestamp),
        kind=UNDECODABLE if isinstance(record, Undecodable) else record.SCHEMA,
        stage=_stage_of(topic, record),
        state=about.state,
        tenant=about.tenant,
        document_id=about.document_id,
        revision=min(max(about.revision, 0), _MOST_WHOLE),
        result_id=about.result_id,
        actor=about.actor,
        worker="" if work is None else work.worker,
        started=started,
        seconds=None if work is None else work.seconds,
        input_topic="" if work is None else work.topic,
        input_partition=0 if work is None else min(work.partition, _MOST_WHOLE),
        input_offset=0 if work is None else work.offset,
        model_versions=about.versions,
        trace_id=_trace_id(inbound, record),
        replay_id="" if replay is None else replay.id,
        value_bytes=len(inbound.value or b""),
        key_hash=content_hash(inbound.key),
        value_hash=content_hash(inbound.value),
        headers_hash=headers_hash(inbound.headers),
        rows_hash=rows_hash,
    )


def model_versions(
    pages: Iterable[RecognizedPage] = (),
    readers: Iterable[str] = (),
    schema: SchemaRef | None = None,
    trail: tuple[Hop, ...] = (),
) -> tuple[str, ...]:
    """What worked on a document, as ``component=version``, sorted: engines, readers, schema, and the last stage."""
    versions = {f"engine={page.engine}" for page in pages}
    versions.update(readers)
    if schema is not None:
        versions.add(f"schema:{schema.name}={schema.version}")
    if trail:
        versions.add(f"fieldtrail={trail[-1].version}")
    return tuple(sorted(versions))


def _about(record: Record | Undecodable, inbound: Inbound, readers: frozenset[str]) -> _About:
    """Whose record it is, and what came of it."""
    if isinstance(record, Undecodable):
        return _About(state=record.code)
    if isinstance(record, DocumentSubmitted):
        return _submission(record, inbound)
    if isinstance(record, DocumentResult):
        return _About(
            record.tenant,
            record.document_id,
            record.revision,
            record.decision,
            record.result_id,
            versions=model_versions((), readers, record.extraction_schema, record.trail),
        )
    if isinstance(record, ReviewDecision):
        return _About(record.tenant, record.document_id, record.revision, record.decision, actor=record.reviewer)
    if isinstance(record, DocumentFeedback):
        predicted = record.predicted
        read = [] if predicted is None else [f"{predicted.reader}={predicted.reader_version}"]
        versions = model_versions((), read, record.extraction_schema)
        return _About(record.tenant, record.document_id, record.revision, actor=record.reviewer, versions=versions)
    if isinstance(record, DeadLetter):
        return _About(record.tenant or "", record.document_id or "", record.revision or 0, record.code)
    return _logged(record) or _in_the_pipeline(record, readers)


def _submission(record: DocumentSubmitted, inbound: Inbound) -> _About:
    replay = read_replay(inbound.headers)
    known = None if replay is None else replay.document_id
    document_id = known or derive_document_id(
        record, StageContext("audit", "", inbound, replay, lambda: inbound.timestamp)
    )
    revision = None if replay is None else replay.revision
    return _About(record.tenant, document_id, revision or 1)


def _logged(record: Record) -> _About | None:
    """Of what the front door logs."""
    if isinstance(record, ReplayLogged):
        return _About("", record.document_id or "", record.revision or 0, record.kind, actor=record.requested_by)
    if isinstance(record, ErasureLogged):
        return _About(record.tenant, record.document_id, 0, record.cause, actor=record.requested_by)
    if isinstance(record, AuditRoot):
        return _About(state=record.day.isoformat(), versions=(f"fieldtrail={record.software_version}",))
    if isinstance(record, DocumentStatus):
        return _About(record.tenant, record.document_id, record.revision, record.state, record.result_id or "")
    return None


def _in_the_pipeline(record: Record, readers: frozenset[str]) -> _About:
    """Of what a stage hands to the next one: it carries the document, and ever more of what was found."""
    document: Document = getattr(record, "document")  # noqa: B009  which of the classes has it, mypy cannot know
    schema: SchemaRef | None = getattr(record, "extraction_schema", None)
    classification: Classification | None = getattr(record, "classification", None)
    state = "" if classification is None else classification.document_type
    if isinstance(record, ReviewRequest):
        state = AUDIT if record.reasons == (AUDIT,) else "review"
    return _About(
        document.tenant,
        document.document_id,
        document.revision,
        state,
        versions=model_versions(
            getattr(record, "recognized_pages", ()),
            readers,
            schema,
            getattr(record, "trail", ()),
        ),
    )


def _stage_of(topic: Topic, record: Record | Undecodable) -> str:
    """Which stage wrote a record on ``topic``; empty for what comes from outside."""
    if topic.record is None:
        return topic.name.removesuffix(".dlq")
    if topic is topics.RESULTS:
        decided = isinstance(record, DocumentResult) and record.decision != STRAIGHT_THROUGH
        return "resolve" if decided else "route"
    if topic is topics.ROOTS:
        return topics.AUDIT
    return {topics.REVIEW.name: "route", topics.FEEDBACK.name: "resolve"}.get(topic.name) or _WRITERS.get(
        topic.name, ""
    )


def _work_of(inbound: Inbound, topic: Topic, record: Record | Undecodable) -> Work | None:
    if isinstance(record, DeadLetter):
        return read_error_work(inbound.headers, record)
    if topic.record is None or topic in (topics.SUBMITTED, topics.DECISIONS):
        return None  # headers of theirs are the producer's word, or those of the record that failed
    return read_work(inbound.headers)


def _trace_id(inbound: Inbound, record: Record | Undecodable) -> str:
    """The W3C trace id, or empty."""
    if isinstance(record, DeadLetter):
        return record.trace_id or ""
    parts = (last(inbound.headers, TRACEPARENT) or "").split("-")
    return parts[1] if len(parts) >= 3 and len(parts[1]) == _TRACE_DIGITS else ""


def within(moment: datetime) -> datetime:
    """A time that the tables can hold, in milliseconds; one that they cannot counts as the beginning of 1970."""
    return moment_of(milliseconds(moment)) if _FIRST_AT <= moment < _LAST_AT else _FIRST_AT
