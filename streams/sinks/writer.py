"""One batch into the store: rows first, then letters, then the events, which say that all of it is done.

A batch that breaks off half-way has no events, so its records are read again, and written again over what is there.

Of a document that is erased, rows are written as the erasure leaves them: blank. Their events are the same as ever, so
that no chain depends on when a document was erased. A row that does not fit is left out also where it would fit when it
is blank, and no letter tells of it, which would keep the record.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.clickhouse.blanks import blanked
from connectors.clickhouse.insert import Inserted
from connectors.clickhouse.rows import Row, RowRefused
from connectors.clickhouse.rows import refused as unstorable
from processors.audit.chain import ChainedEvent, Head, extend, genesis
from streams.sinks.chains import Chain, event_row, place_row
from streams.sinks.letters import Letters
from streams.sinks.mapping import Mapped


class Store(Protocol):
    """Where rows go: :class:`connectors.clickhouse.insert.Inserter` is one."""

    def insert(self, rows: Sequence[Row], token: str) -> Inserted:
        """Writes ``rows``. Raises ``UnavailableError`` and ``RefusedError``."""


class Erasures(Protocol):
    """Which documents are erased, and how what was written of one too late is blanked."""

    def erased(self, document_ids: Collection[str]) -> Collection[str]:
        """Those of ``document_ids`` that are erased, or being erased. Raises ``UnavailableError``."""

    def blank(self, document_ids: Sequence[str]) -> None:
        """Blanks what the store has of these. Raises ``UnavailableError`` and ``RefusedError``."""


class EventRefusedError(Exception):
    """The store refused an event, which can only be a defect: chains are not to have holes, so nothing goes on."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch: ``heads`` are where its chains end now, ``rows`` counts what is stored, with events."""

    heads: Mapping[Chain, Head]
    rows: int
    letters: int


class BatchWriter:
    """Writes batches, one at a time. ``now`` gives the time for letters."""

    def __init__(self, store: Store, letters: Letters, erasures: Erasures, now: Callable[[], datetime]) -> None:
        self._store = store
        self._letters = letters
        self._erasures = erasures
        self._now = now
        self._buried: tuple[str, frozenset[int]] = ("", frozenset())
        self._blank: tuple[str, frozenset[str]] = ("", frozenset())

    def write(self, batch: Sequence[Mapped], heads: Mapping[Chain, Head]) -> Written:
        """Writes ``batch``, whose records follow on ``heads`` (chains that it lacks begin now).

        May be called again with the same batch after it raised. Raises ``UnavailableError``, ``RefusedError``,
        ``DeliveryError`` and :class:`EventRefusedError`; nothing may be committed then.
        """
        token = token_of(batch)
        written, refused, erased = self._write_rows(batch, token)
        letters = self._bury(batch, [item for item in refused if _document_of(item.row) not in erased], token)
        events, ends = _events(batch, heads, frozenset(id(item.row) for item in refused))
        done = self._store.insert(events, token)
        if done.refused:
            raise EventRefusedError(f"the store refuses an event: {done.refused[0].reason}")
        return Written(ends, written + done.written, letters)

    def _write_rows(self, batch: Sequence[Mapped], token: str) -> tuple[int, list[RowRefused], frozenset[str]]:
        """Writes the rows: how many, which ones cannot be stored, and which documents are erased.

        An erasure bars a document's id first and blanks its rows after that. So whoever finds an id barred once the
        rows are written blanks them himself; whoever does not is followed by the erasure that will.
        """
        rows = [row for mapped in batch for row in mapped.rows]
        about = {document_id for row in rows if (document_id := _document_of(row))}
        erased = frozenset(self._erasures.erased(about))
        if self._blank[0] != token:
            self._blank = (token, erased)
        left_out = [item for row in rows if _document_of(row) in erased for item in unstorable([row])]
        unfit = {id(item.row) for item in left_out}
        kept = [row for row in rows if id(row) not in unfit]
        stored = [blanked(row) if _document_of(row) in erased else row for row in kept]
        done = self._store.insert(stored, _rows_token(token, erased))
        late = frozenset(self._erasures.erased(about)) - self._blank[1]  # a try before this one wrote their values
        if late:
            self._erasures.blank(sorted(late))
        original = {id(new): old for new, old in zip(stored, kept, strict=True)}
        left_out += [RowRefused(original[id(item.row)], item.reason) for item in done.refused]
        return done.written, left_out, erased | late

    def _bury(self, batch: Sequence[Mapped], refused: Sequence[RowRefused], token: str) -> int:
        """Writes the batch's letters. Those that a try before this one delivered are not written again: a batch is
        tried for as long as the store is away.
        """
        by_row = {id(item.row): item for item in refused}
        known = self._buried[1] if self._buried[0] == token else frozenset[int]()
        delivered = set(known)
        for index, mapped in enumerate(batch):
            own = [by_row[id(row)] for row in mapped.rows if id(row) in by_row] if by_row else []
            if index in known or not (own or _unreadable(mapped)):
                continue
            if self._letters.bury(mapped, own, self._now()):
                delivered.add(index)
        if delivered != known:
            self._letters.flush()
        self._buried = (token, frozenset(delivered))
        return len(delivered)


def _unreadable(mapped: Mapped) -> bool:
    """Whether the record could not be read. A tombstone of the status topic only says that its document is gone."""
    return mapped.problem is not None and (mapped.chained or mapped.inbound.value is not None)


def _document_of(row: Row) -> str:
    """The document that the row is about; empty: none."""
    document_id: str = getattr(row, "document_id", "")
    return document_id


def _rows_token(token: str, erased: frozenset[str]) -> str:
    """A token of its own where rows are blank: the server drops what it has seen, and it may have seen the same rows
    with their values, from a process that died before it could blank them.
    """
    if not erased:
        return token
    return f"{token}-{hashlib.sha256(' '.join(sorted(erased)).encode()).hexdigest()}"


def token_of(batch: Sequence[Mapped]) -> str:
    """Names a batch by the records in it: the same for the same stretches of offsets, another for any other."""
    digest = hashlib.sha256()
    for mapped in batch:
        source = mapped.inbound
        digest.update(f"{source.topic}-{source.partition}@{source.offset}\n".encode())
    return digest.hexdigest()


def _events(
    batch: Sequence[Mapped], heads: Mapping[Chain, Head], refused: frozenset[int]
) -> tuple[list[Row], dict[Chain, Head]]:
    """The batch's events, each linked to the one before it in its partition, after the rows that say where they are;
    and where the chains end then.
    """
    ends, links, places = dict(heads), list[ChainedEvent](), list[Row]()
    for mapped in batch:
        if not mapped.chained:
            continue
        event = mapped.event(refused)
        chain = (event.topic, event.partition)
        link = extend(ends.get(chain) or genesis(*chain), event)
        ends[chain] = link.head
        links.append(link)
        place = place_row(event, mapped.sealed(refused))
        places += [] if place is None else [place]
    return [*places, *map(event_row, links)], {chain: ends[chain] for chain in {_chain_of(link) for link in links}}


def _chain_of(link: ChainedEvent) -> Chain:
    return link.event.topic, link.event.partition
