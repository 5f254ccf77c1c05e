"""One batch into the store: rows first, then letters, then the events, which say that all of it is done.

A batch that breaks off half-way has no events, so its records are read again, and written again over what is there.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.clickhouse.insert import Inserted
from connectors.clickhouse.rows import Row, RowRefused
from processors.audit.chain import ChainedEvent, Head, extend, genesis
from streams.sinks.chains import Chain, event_row
from streams.sinks.letters import Letters
from streams.sinks.mapping import Mapped


class Store(Protocol):
    """Where rows go: :class:`connectors.clickhouse.insert.Inserter` is one."""

    def insert(self, rows: Sequence[Row], token: str) -> Inserted:
        """Writes ``rows``. Raises ``UnavailableError`` and ``RefusedError``."""


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

    def __init__(self, store: Store, letters: Letters, now: Callable[[], datetime]) -> None:
        self._store = store
        self._letters = letters
        self._now = now
        self._buried: tuple[str, frozenset[int]] = ("", frozenset())

    def write(self, batch: Sequence[Mapped], heads: Mapping[Chain, Head]) -> Written:
        """Writes ``batch``, whose records follow on ``heads`` (chains that it lacks begin now).

        May be called again with the same batch after it raised. Raises ``UnavailableError``, ``RefusedError``,
        ``DeliveryError`` and :class:`EventRefusedError`; nothing may be committed then.
        """
        token = token_of(batch)
        done = self._store.insert([row for mapped in batch for row in mapped.rows], token)
        letters = self._bury(batch, done.refused, token)
        links = _chain(batch, heads, frozenset(id(item.row) for item in done.refused))
        events = self._store.insert([event_row(link) for link in links], token)
        if events.refused:
            raise EventRefusedError(f"the store refuses an event: {events.refused[0].reason}")
        ends = {(link.event.topic, link.event.partition): link.head for link in links}
        return Written(ends, done.written + events.written, letters)

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


def token_of(batch: Sequence[Mapped]) -> str:
    """Names a batch by the records in it: the same for the same stretches of offsets, another for any other."""
    digest = hashlib.sha256()
    for mapped in batch:
        source = mapped.inbound
        digest.update(f"{source.topic}-{source.partition}@{source.offset}\n".encode())
    return digest.hexdigest()


def _chain(batch: Sequence[Mapped], heads: Mapping[Chain, Head], refused: frozenset[int]) -> list[ChainedEvent]:
    """The batch's events, each linked to the one before it in its partition."""
    ends, links = dict(heads), list[ChainedEvent]()
    for mapped in batch:
        if not mapped.chained:
            continue
        event = mapped.event(refused)
        chain = (event.topic, event.partition)
        link = extend(ends.get(chain) or genesis(*chain), event)
        ends[chain] = link.head
        links.append(link)
    return links
