"""Holds the rows of all tables against the events of the records that they came from.

Each event has a hash over the rows that its record gave, and ``event_places`` lists them: a key (table and row) and the
row's hash (:mod:`connectors.clickhouse.seals`). Here every stored row is hashed again and looked up there, so that one
that was altered, added, removed or exchanged is found and named. Where a record was written twice, by a stage that died
before it acknowledged, the rows of the later one stand, and of the earlier one those that the later one does not have.
A row that was erased has no salt: then an erasure of its document must be among the events.

The sink may be writing meanwhile. So what looks wrong is looked at again before it is told.
"""

# Statements are put together from this package's own words; what people say is bound by the server.
# ruff: noqa: S608

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.clickhouse import columns as c
from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.rows import COLUMNS, NO_HASH, Row
from connectors.clickhouse.seals import SEALED
from fieldtrail.audit.listing import Listing, RowBreak

Progress = Callable[[str], None]
SPAN_FIELDS = 20_000
"""Rows of ``fields`` that are looked at together; all rows of their documents are in memory then."""
LOOKS = 4
SETTLE_S = 1.0
"""How often, and after how long, what looks wrong is looked at: longer than the sink takes between rows and events."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Some documents, as a condition on ``document_id``. ``first``: those rows that have no document are among them."""

    condition: str
    first: bool
    parameters: Mapping[str, str] = field(default_factory=dict)


def check_rows(
    client: ClickHouse,
    document_id: str | None = None,
    *,
    progress: Progress = lambda _: None,
    settle_s: float = SETTLE_S,
) -> int | RowBreak:
    """Checks the rows of all documents, or of one: how many there are, or the first that is wrong.

    Raises as the client does.
    """
    rows = 0
    for number, span in enumerate(_spans(client) if document_id is None else [_only(document_id)], 1):
        progress(f"rows, part {number}")
        count, breaks = _look(client, span)
        for suspect in dict.fromkeys(item.document_id for item in breaks):
            broken = _settled(client, suspect, settle_s)
            if broken is not None:
                return broken
        rows += count
    return rows


def _settled(client: ClickHouse, document_id: str, settle_s: float) -> RowBreak | None:
    """What is wrong with a document for good; ``None`` where it only was on its way into the store."""
    breaks: list[RowBreak] = []
    for look in range(LOOKS):
        if look:
            time.sleep(settle_s)
        _, breaks = _look(client, _only(document_id))
        if not breaks:
            return None
    return breaks[0]


def _look(client: ClickHouse, span: _Span) -> tuple[int, list[RowBreak]]:
    """How many rows the documents of ``span`` have, and all that is wrong with them."""
    listing, rows = _read_listing(client, span), 0
    breaks = listing.breaks
    for kind in SEALED:
        for row in _read_rows(client, kind, span):
            rows += 1
            problem = listing.problem_with(row)
            breaks += [] if problem is None else [problem]
    return rows, [*breaks, *listing.missing()]


def _read_listing(client: ClickHouse, span: _Span) -> Listing:
    """What the events of ``span`` list. Without FINAL, which would merge all events for it: equal keys are equal."""
    events = client.query(
        "SELECT DISTINCT topic, partition, offset, at, document_id, revision, kind, rows_hash FROM events"
        f" WHERE {span.condition}",
        span.parameters,
    ).mappings()
    found = client.query(
        "SELECT document_id, topic, partition, offset, at, row_keys, row_hashes FROM event_places FINAL"
        f" WHERE {span.condition}",
        span.parameters,
    )
    places = {row[:5]: row[5:] for row in found.rows}
    listing = Listing()
    for event in events:
        spot = tuple(event[name] for name in ("document_id", "topic", "partition", "offset", "at"))
        listed = places.pop(spot, None)
        if listed is None and (event["document_id"] or bytes(event["rows_hash"]) != NO_HASH):
            listing.breaks.append(_of_places(spot, "is not in event_places: it was removed there"))
        else:
            keys, hashes = listed or ((), ())
            listing.add(event, keys, [bytes(digest) for digest in hashes])
    listing.breaks += [_of_places(spot, "is in event_places and not in events: it was added there") for spot in places]
    return listing


def _of_places(spot: tuple[Any, ...], said: str) -> RowBreak:
    document_id, *place, _at = spot
    text = "/".join(map(str, place))
    return RowBreak(f"the event at {text} of document {document_id} {said}", "event_places", text, document_id, text)


def _read_rows(client: ClickHouse, kind: type[Row], span: _Span) -> Iterator[Row]:
    """The rows of ``kind`` as they stand."""
    of_documents = "document_id" in COLUMNS[kind]
    if not of_documents and not span.first:
        return
    where = f"WHERE {span.condition}" if of_documents else ""
    names = ", ".join(f"`{name}`" for name in COLUMNS[kind])
    found = client.query(f"SELECT {names} FROM {kind.TABLE} FINAL {where}", span.parameters if of_documents else None)
    lists = [number for number, column in enumerate(COLUMNS[kind].values()) if isinstance(column, c.Many)]
    for values in found.rows:
        cells = list(values)
        for number in lists:
            cells[number] = _as_row(cells[number])
        yield kind(**dict(zip(COLUMNS[kind], cells, strict=True)))


def _as_row(value: Any) -> Any:
    """Lists, and the mappings as which the driver gives named tuples, as the tuples that rows have."""
    if isinstance(value, Mapping):
        return tuple(map(_as_row, value.values()))
    return tuple(map(_as_row, value)) if isinstance(value, list | tuple) else value


def _only(document_id: str) -> _Span:
    return _Span("document_id = {id:String}", document_id == "", {"id": document_id})


def _spans(client: ClickHouse) -> Iterator[_Span]:
    """All documents in the order of their ids, so many at a time as have :data:`SPAN_FIELDS` rows of fields."""
    after: str | None = None
    while True:
        bounds = {} if after is None else {"after": after}
        begin = "1" if after is None else "document_id > {after:String}"
        found = client.query(
            f"SELECT document_id FROM fields WHERE {begin} ORDER BY document_id LIMIT 1 OFFSET {SPAN_FIELDS}", bounds
        ).rows
        if not found:
            yield _Span(begin, after is None, bounds)
            return
        last = str(found[0][0])
        yield _Span(f"{begin} AND document_id <= {{last:String}}", after is None, {**bounds, "last": last})
        after = last
