"""Events and chains for the tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from processors.audit.chain import ChainedEvent, extend, genesis
from processors.audit.event import NO_HASH, AuditEvent, content_hash

AT = datetime(2026, 1, 31, 8, 30, 15, 250_000, tzinfo=UTC)
EVENT = AuditEvent(
    topic="documents.results",
    partition=2,
    offset=17,
    at=AT,
    kind="document_result",
    stage="route",
    state="straight_through",
    tenant="acme",
    document_id="doc-1",
    revision=1,
    result_id="r-1",
    actor="",
    worker="host-1",
    started=AT - timedelta(seconds=1),
    seconds=0.25,
    input_topic="documents.validated",
    input_partition=2,
    input_offset=16,
    model_versions=("geometric=3", "tiny=1"),
    trace_id="0af7651916cd43dd8448eb211c80319c",
    replay_id="",
    value_bytes=900,
    key_hash=content_hash(b"doc-1"),
    value_hash=content_hash(b"value"),
    headers_hash=content_hash(b"headers"),
    rows_hash=NO_HASH,
)


def event(offset: int, topic: str = "documents.results", partition: int = 2, **changes: object) -> AuditEvent:
    return replace(EVENT, offset=offset, topic=topic, partition=partition, **changes)  # type: ignore[arg-type]


def chain(*offsets: int, topic: str = "documents.results", partition: int = 2) -> list[ChainedEvent]:
    """A chain of events at ``offsets``, each of another document."""
    head, links = genesis(topic, partition), []
    for offset in offsets:
        link = extend(head, event(offset, topic, partition, document_id=f"doc-{offset}"))
        links.append(link)
        head = link.head
    return links
