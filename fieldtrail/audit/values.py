"""Holds the values in ``fields`` against the events of the records that they came from.

Each row has a hash over its values, salted by its record; each event has a hash over the hashes of its record's rows.
The server compares the second (no row is missing, added or exchanged), and here each row's values are hashed again. A
row that was erased keeps its hash and has no salt: then an erasure of its document must be among the events.
"""

# Statements are put together from this package's own words; what people say is bound by the server.
# ruff: noqa: S608

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.clickhouse.client import ClickHouse
from processors.audit.event import NO_HASH
from processors.audit.rows import row_hash
from streams.contracts.records import ErasureLogged
from streams.sinks.field_rows import HASHED

_PAGE = 20_000
_NONE = "toFixedString(unhex(repeat('00', 32)), 32)"
_KEY = ("document_id", "revision", "row_number", "name", "stage")


@dataclass(frozen=True, slots=True)
class ValueBreak:
    """The first value that is not as its event recorded it: which, and what was done, in a sentence."""

    message: str
    document_id: str
    path: str = ""
    place: str = ""


def check_values(client: ClickHouse, document_id: str | None = None) -> int | ValueBreak:
    """Checks the values of all documents, or of one: how many there are, or the first that is wrong."""
    broken = _check_records(client, document_id)
    if broken is not None:
        return broken
    erased = _erased(client)
    count = 0
    for row in _rows(client, document_id):
        problem = _problem(row, erased)
        if problem is not None:
            path = row["name"] if row["row_number"] == 0 else f"line_items[{row['row_number']}].{row['name']}"
            what = f"{path} of document {row['document_id']}, revision {row['revision']}, {problem}"
            return ValueBreak(what, row["document_id"], path, f"{row['topic']}/{row['partition']}/{row['offset']}")
        count += 1
    return count


def _problem(row: Mapping[str, Any], erased: frozenset[str]) -> str | None:
    if bytes(row["row_salt"]) == NO_HASH:
        if row["document_id"] in erased:
            said = row["value_text"] is not None or row["raw_text"] != ""
            return "says something although it was erased: it was altered" if said else None
        return "was blanked, and no erasure of the document is in the chains ('fieldtrail erase --resume' ends one)"
    if row_hash(bytes(row["row_salt"]), [_plain(row[name]) for name in HASHED]) != bytes(row["row_hash"]):
        return "does not have the hash that was recorded for it: it was altered"
    return None


def _plain(value: Any) -> Any:
    """A value as the sink hashed it: the driver gives named tuples as mappings."""
    if isinstance(value, Mapping):
        return tuple(_plain(item) for item in value.values())
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def _check_records(client: ClickHouse, document_id: str | None) -> ValueBreak | None:
    """Compares the rows of each record with its event, on the server.

    Where a record was written twice by a stage that died in between, the rows of the later one have taken the place of
    the earlier one's; of each document, revision and kind of record only the last event counts.
    """
    mine = "1" if document_id is None else "document_id = {id:String}"
    statement = f"""SELECT e.document_id, e.topic, e.partition, e.offset, r.owner, r.topic, r.partition, r.offset
FROM (SELECT document_id, topic, partition, offset, rows_hash FROM events FINAL
      WHERE rows_hash != {_NONE} AND {mine}
      ORDER BY offset DESC LIMIT 1 BY document_id, revision, kind, topic, partition) AS e
FULL OUTER JOIN (
      SELECT any(document_id) AS owner, topic, partition, offset,
             SHA256(unhex(arrayStringConcat(arraySort(groupUniqArray(hex(row_hash)))))) AS hash
      FROM fields FINAL WHERE row_hash != {_NONE} AND {mine}
      GROUP BY topic, partition, offset) AS r
    ON e.topic = r.topic AND e.partition = r.partition AND e.offset = r.offset
WHERE e.rows_hash != r.hash
ORDER BY ALL LIMIT 1"""
    found = client.query(statement, {"id": document_id or ""}).rows
    if not found:
        return None
    of_event, of_rows = found[0][:4], found[0][4:]
    known = of_event if of_event[1] else of_rows
    place = "/".join(map(str, known[1:]))
    if not of_event[1]:
        message = f"values of document {known[0]} name the record {place}, which brought none of them: they were added"
    elif not of_rows[1]:
        message = f"the values that the record {place} brought to document {known[0]} were removed"
    else:
        message = f"the values of document {known[0]} are not those of the record {place}: one was removed or exchanged"
    return ValueBreak(message, str(known[0]), place=place)


def _rows(client: ClickHouse, document_id: str | None) -> Iterator[dict[str, Any]]:
    """The rows of ``fields``, page by page in the order of its key."""
    columns = dict.fromkeys((*HASHED, "row_salt", "row_hash", "topic", "partition", "offset"))
    after: tuple[Any, ...] = ("", 0, 0, "", "extracted")
    mine = "document_id = {id:String}" if document_id is not None else "1"
    while True:
        statement = f"""SELECT {", ".join(columns)} FROM fields FINAL
WHERE {mine} AND document_id >= {{d:String}} AND (document_id, revision, row_number, name, stage)
      > ({{d:String}}, {{r:UInt32}}, {{n:UInt32}}, {{f:String}}, {{s:String}})
ORDER BY document_id, revision, row_number, name, stage LIMIT {_PAGE}"""
        parameters = dict(zip("drnfs", after, strict=True)) | {"id": document_id or ""}
        rows = list(client.query(statement, parameters).mappings())
        yield from rows
        if len(rows) < _PAGE:
            return
        after = tuple(rows[-1][name] for name in _KEY)


def _erased(client: ClickHouse) -> frozenset[str]:
    """The documents whose erasure is an event: unlike a row of ``erasures``, nobody can add one afterwards."""
    statement = "SELECT DISTINCT document_id FROM events WHERE kind = {kind:String}"
    return frozenset(str(row[0]) for row in client.query(statement, {"kind": ErasureLogged.SCHEMA}).rows)
