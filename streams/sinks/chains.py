"""The chains as they lie in the ``events`` table: their heads, and events to rows and back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.rows import EventPlaceRow, EventRow
from connectors.clickhouse.seals import Seal
from processors.audit.chain import ChainedEvent, Head
from processors.audit.event import NO_HASH, AuditEvent

Chain = tuple[str, int]
"""A chain's topic (as it is called on the cluster) and partition."""

CHAINS_PER_QUERY = 40

_AS_IS = (
    *("topic", "partition", "offset", "at", "kind", "stage", "state", "tenant", "document_id", "revision"),
    *("result_id", "actor", "worker", "started", "seconds", "input_topic", "input_partition", "input_offset"),
    *("trace_id", "replay_id", "value_bytes", "key_hash", "value_hash", "headers_hash", "rows_hash"),
)
_HASHES = ("key_hash", "value_hash", "headers_hash", "rows_hash")

COLUMNS = (*_AS_IS, "model_versions", "record_hash", "previous_hash", "chain_hash", "gap")
"""The columns of ``events`` that :func:`link_of` needs."""


def event_row(link: ChainedEvent) -> EventRow:
    """The event as a row of ``events``."""
    event = link.event
    return EventRow(
        **{name: getattr(event, name) for name in _AS_IS},
        day=event.at.date(),
        model_versions=event.model_versions,
        tombstone=event.value_hash == NO_HASH,
        record_hash=link.record_hash,
        previous_hash=link.previous_hash,
        chain_hash=link.chain_hash,
        gap=link.gap,
    )


def place_row(event: AuditEvent, seals: Sequence[Seal]) -> EventPlaceRow | None:
    """Where the event is and which rows its record gave, as a row of ``event_places``; ``None``: nobody would ask."""
    if not (event.document_id or seals):
        return None
    return EventPlaceRow(
        document_id=event.document_id,
        topic=event.topic,
        partition=event.partition,
        offset=event.offset,
        at=event.at,
        row_keys=tuple([item.key for item in seals]),
        row_hashes=tuple([item.hash for item in seals]),
    )


def link_of(row: Mapping[str, Any]) -> ChainedEvent:
    """A row of ``events`` (with :data:`COLUMNS` at least) as the event that it was."""
    values = {name: row[name] for name in _AS_IS}
    values.update({name: bytes(row[name]) for name in _HASHES})
    event = AuditEvent(**values, model_versions=tuple(row["model_versions"]))
    return ChainedEvent(
        event=event,
        record_hash=bytes(row["record_hash"]),
        previous_offset=event.offset - 1 - int(row["gap"]),
        previous_hash=bytes(row["previous_hash"]),
        chain_hash=bytes(row["chain_hash"]),
    )


def read_heads(store: ClickHouse, chains: Sequence[Chain]) -> dict[Chain, Head]:
    """Where ``chains`` end; those without events are left out. Raises as :class:`ClickHouse` does."""
    heads: dict[Chain, Head] = {}
    for start in range(0, len(chains), CHAINS_PER_QUERY):
        heads.update(_read_heads(store, chains[start : start + CHAINS_PER_QUERY]))
    return heads


def _read_heads(store: ClickHouse, chains: Sequence[Chain]) -> Iterator[tuple[Chain, Head]]:
    # One short query a chain: each reads the end of one stretch of the primary key, whatever the table's size.
    if not chains:
        return
    parts, parameters = list[str](), dict[str, Any]()
    for number, (topic, partition) in enumerate(chains):
        parts.append(
            "SELECT * FROM (SELECT topic, partition, offset, chain_hash FROM events"  # noqa: S608  our own parameters
            f" WHERE topic = {{t{number}:String}} AND partition = {{p{number}:UInt32}}"
            " ORDER BY topic DESC, partition DESC, offset DESC LIMIT 1)"
        )
        parameters |= {f"t{number}": topic, f"p{number}": partition}
    answer = store.query(" UNION ALL ".join(parts), parameters)
    for topic, partition, offset, digest in answer.rows:
        yield (topic, partition), Head(topic, partition, int(offset), bytes(digest))


def read_links(
    store: ClickHouse, chain: Chain, after_offset: int, last_offset: int | None = None, *, page: int = 20_000
) -> Iterator[ChainedEvent]:
    """The events of one chain after ``after_offset`` up to ``last_offset`` (or its end), in offset order.

    Read page by page, so that a chain of any length takes little memory. Raises as :class:`ClickHouse` does.
    """
    begin = after_offset
    while True:
        rows = list(_page(store, chain, begin, last_offset, page))
        yield from map(link_of, rows)
        if len(rows) < page:
            return
        begin = int(rows[-1]["offset"])


def _page(store: ClickHouse, chain: Chain, after: int, last: int | None, limit: int) -> Iterable[dict[str, Any]]:
    answer = store.query(
        f"SELECT {', '.join(COLUMNS)} FROM events FINAL"  # noqa: S608  names of our own columns
        " WHERE topic = {topic:String} AND partition = {partition:UInt32}"
        " AND offset > {after:Int64} AND offset <= {last:UInt64} ORDER BY offset LIMIT {limit:UInt32}",
        {
            "topic": chain[0],
            "partition": chain[1],
            "after": after,
            "last": 2**63 - 1 if last is None else last,
            "limit": limit,
        },
    )
    return answer.mappings()
