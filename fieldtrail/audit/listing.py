"""What the events of some documents say of the rows in the tables, and whether a stored row is one of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.clickhouse.blanks import SALT, is_blank
from connectors.clickhouse.rows import NO_HASH, DocumentRow, ErasureRow, Row
from connectors.clickhouse.seals import has_its_values, key_of, seal_of
from processors.audit.rows import rows_hash
from streams.contracts.records import DocumentFeedback, DocumentSubmitted, ErasureLogged

Place = tuple[str, int, int]
"""A record: topic, partition, offset."""
Identity = tuple[str, int, str]
"""A row: document, revision, and its key (table and what tells it from others)."""


@dataclass(frozen=True, slots=True)
class RowBreak:
    """A row that is not as its event recorded it: a sentence, the table, the row's key, its document and its record."""

    message: str
    table: str
    key: str = ""
    document_id: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class _Listed:
    """A row as an event lists it. Of several of one identity, that of the highest ``rank`` stands in the table."""

    place: Place
    hash: bytes
    rank: int


@dataclass(slots=True)
class Listing:
    """The rows that the events of some documents list. Each stored row is to be asked for once."""

    breaks: list[RowBreak] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)
    submitted: set[str] = field(default_factory=set)
    _wanted: defaultdict[Identity, list[_Listed]] = field(default_factory=lambda: defaultdict(list))

    def add(self, event: Mapping[str, Any], keys: Sequence[str], hashes: Sequence[bytes]) -> None:
        """Takes in an event with the rows that ``event_places`` says are its; a wrong list is a break."""
        place: Place = (event["topic"], event["partition"], event["offset"])
        document_id, kind = event["document_id"], event["kind"]
        if kind == ErasureLogged.SCHEMA:
            self.erased.add(document_id)
        elif kind == DocumentSubmitted.SCHEMA:
            self.submitted.add(document_id)
        whole = len(keys) == len(hashes) and rows_hash(zip(keys, hashes, strict=True)) == bytes(event["rows_hash"])
        if not whole:
            said = f"the rows that event_places lists for the event at {_text(place)} are not those that it recorded"
            self.breaks.append(RowBreak(said, "event_places", "", document_id, _text(place)))
            return
        for key, digest in zip(keys, hashes, strict=True):
            identity = (document_id, event["revision"], key)
            self._wanted[identity].append(_Listed(place, bytes(digest), _rank(kind, key, place)))

    def problem_with(self, row: Row) -> RowBreak | None:
        """What is wrong with a stored row; ``None`` where it is as an event recorded it."""
        identity = (getattr(row, "document_id", ""), getattr(row, "revision", 0), key_of(row))
        place: Place = tuple(getattr(row, name) for name in row.PLACE)
        said = self._fault(row, self._wanted.pop(identity, ()), place)
        if said is None:
            return None
        return RowBreak(f"{_named(identity)} {said}", row.TABLE, identity[2], identity[0], _text(place))

    def missing(self) -> Iterator[RowBreak]:
        """The rows that nobody asked for."""
        for identity, listed in self._wanted.items():
            place, table = _text(listed[-1].place), identity[2].partition("/")[0]
            said = f"{_named(identity)} came in the record {place}, and is gone: it was removed"
            yield RowBreak(said, table, identity[2], identity[0], place)

    def _fault(self, row: Row, listed: Sequence[_Listed], place: Place) -> str | None:
        if not listed:
            if self._needs_no_event(row):
                return None
            return f"names the record {_text(place)}, of which no event tells that it brought it: it was added"
        top = max(item.rank for item in listed)
        standing = [item for item in listed if item.rank == top]
        here = {item.hash for item in standing if item.place == place}
        if not here:
            right = _text(standing[0].place)
            return f"names the record {_text(place)} where that of {right} should stand: it was exchanged"
        if seal_of(row).hash not in here:
            return "does not have the hash that was recorded for it: it was altered"
        return self._fault_of_values(row)

    def _fault_of_values(self, row: Row) -> str | None:
        if getattr(row, SALT, None) != NO_HASH:
            return None if has_its_values(row) else "does not have the hash that was recorded for it: it was altered"
        if getattr(row, "document_id", "") not in self.erased:
            return "was blanked, and no erasure of the document is in the chains ('fieldtrail erase --resume' ends one)"
        return None if is_blank(row) else "says something although it was erased: it was altered"

    def _needs_no_event(self, row: Row) -> bool:
        """What comes from no chained record: links of duplicates, whose submission is an event, and begun erasures."""
        if isinstance(row, DocumentRow):
            return row.decision == "duplicate" and row.document_id in self.submitted
        return isinstance(row, ErasureRow) and row.state == "begun"


def _rank(kind: str, key: str, place: Place) -> int:
    """Which of several rows of one identity the table keeps: as their ``version`` says."""
    table = key.partition("/")[0]
    if table == "corrections":
        return 2 if kind == DocumentFeedback.SCHEMA else 1
    return -place[2] if table == "merkle_roots" else place[2]


def _named(identity: Identity) -> str:
    document_id, revision, key = identity
    about = f" of document {document_id}" if document_id else ""
    return f"row {key}{about}" + (f", revision {revision}," if revision else "")


def _text(place: Place) -> str:
    return "/".join(map(str, place))
