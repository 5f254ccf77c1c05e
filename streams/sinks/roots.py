"""Closes days: when a UTC day is over and all of it is in the store, its Merkle root goes to ``audit.roots``.

The topic decides: of several roots of one day (two sinks that closed it at once) the first one stands, and the table is
filled from the topic as all others are. Who keeps a copy of the topic can hold the store against it for ever.

A root covers stretches of offsets (:mod:`processors.audit.roots`): of each chain, what is before the first record of a
later day. Which day a record is of, its stamp says, and producers may stamp what they like. So a stamp beyond this
sink's clock counts for nothing (the record belongs to the day of those around it), and what comes with an older stamp
later belongs to the day when it was written. A day is closed :data:`CLOSE_AFTER` its end, once the store has all that
was on the topics then, or a record of a later day.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.questions.asking import as_parameter
from processors.audit.chain import NO_OFFSET, Head
from processors.audit.event import NO_HASH
from processors.audit.merkle import RootBuilder, leaf_hash
from processors.audit.roots import DayRoot, Stretch, day_end, heads_after
from streams.admin import admin_client
from streams.contracts import topics
from streams.contracts.codec import Codec
from streams.contracts.records import AuditRoot, ChainStretch
from streams.contracts.topics import TopicPlan
from streams.kafka import KafkaConnection, make_reader
from streams.sinks.chains import Chain
from streams.sinks.letters import Sender
from streams.sinks.positions import read_ends

logger = logging.getLogger(__name__)

CLOSE_AFTER = timedelta(minutes=10)
"""Longer than the clocks of brokers and producers differ, or a producer holds a stamped record back."""
FIRST_ROOT_DAYS = timedelta(days=31)
"""How far back the first root of all goes, at most."""
ROOT_KEY = b"audit.roots"
"""The key of all roots, so that they lie in one partition and have an order."""
BROKER_TIMEOUT_S = 20.0
PAGE = 50_000


class RootCloser:
    """Closes the days that are due. Of several sinks, the one that reads partition 0 of ``audit.roots`` does."""

    def __init__(
        self,
        connection: KafkaConnection,
        plan: TopicPlan,
        codec: Codec,
        store: ClickHouse,
        outbox: Sender,
        version: str,
        chains: tuple[str, ...],
        now: Callable[[], datetime],
    ) -> None:
        self._connection = connection
        self._topic = plan.name(topics.ROOTS)
        self._codec = codec
        self._store = store
        self._outbox = outbox
        self._version = version
        self._chained_topics = chains
        self._now = now
        self._closed_until: date | None = None
        self._empty_until: date | None = None
        self._marks: tuple[date | None, Mapping[Chain, int]] = (None, {})

    def run(self, assigned: frozenset[Chain]) -> None:
        """Closes every day that can be closed now, oldest first.

        Raises as :class:`ClickHouse` does, ``DeliveryError``, ``RegistryUnavailableError`` with a remote registry, and
        ``KafkaException`` where no broker answers.
        """
        if (self._topic, 0) not in assigned:
            return
        roots = read_roots(self._store)
        day = self._first_open(roots)
        if day is not None and self._empty_until is not None:
            day = max(day, self._empty_until + timedelta(days=1))  # a quiet month is not walked again at each turn
        if day is None or self._now() < day_end(day) + CLOSE_AFTER:
            return
        with closing(make_reader(self._connection)) as reader:
            while self._now() >= day_end(day) + CLOSE_AFTER:
                if self._closed_until is not None and (not roots or roots[-1].day < self._closed_until):
                    return  # its root is on its way into the table; the next one follows on it
                root = self._close(reader, day, roots)
                if root is None:
                    return
                if root.events:
                    self._publish(root, roots)
                else:  # it has no root, and the next one covers it too
                    self._empty_until = day
                day += timedelta(days=1)

    def _first_open(self, roots: Sequence[DayRoot]) -> date | None:
        """The first day that has no root; ``None`` before there is any event.

        The first root of all covers whatever came before it, so a record that claims to be very old costs nothing.
        Where all records claim to be of days to come, it is yesterday's.
        """
        if roots:
            return roots[-1].day + timedelta(days=1)
        answer = self._store.query("SELECT count(), min(day) FROM events")
        [(events, day)] = answer.rows
        today = self._now().date()
        if not events:
            return None
        return max(day, today - FIRST_ROOT_DAYS) if day <= today else today - timedelta(days=1)

    def _close(self, reader: Consumer, day: date, roots: Sequence[DayRoot]) -> DayRoot | None:
        """The root of ``day``; ``None`` where the store lacks a part of it yet."""
        if self._marks[0] != day:
            self._marks = (day, self._ends())
        before = heads_after(roots)
        builder, stretches = RootBuilder(), list[Stretch]()
        for chain, mark in sorted(self._marks[1].items()):
            after = before[chain].offset if chain in before else NO_OFFSET
            later = self._first_of_later_day(chain, after, day)
            end = mark if later is None else later
            head, count = Head(*chain, after, b""), 0
            for offset, digest in read_hashes(self._store, chain, after, end - 1):
                builder.add(leaf_hash(digest))
                head, count = Head(*chain, offset, digest), count + 1
            if later is None and head.offset < end - 1 and _has_records(reader, chain, head.offset + 1, end):
                logger.info("%s is not closed yet: %s-%d lacks offset %d", day, *chain, head.offset + 1)
                return None
            if count:
                stretches.append(Stretch(*chain, after, head.offset, count, head.hash))
        return DayRoot(day, builder.root(), tuple(stretches))

    def _ends(self) -> dict[Chain, int]:
        """Where every partition of the chained topics ends now."""
        admin = admin_client(self._connection)
        found = admin.list_topics(timeout=BROKER_TIMEOUT_S).topics
        there = [found[name] for name in self._chained_topics if name in found]
        return read_ends(admin, [(topic.topic, partition) for topic in there for partition in topic.partitions])

    def _first_of_later_day(self, chain: Chain, after: int, day: date) -> int | None:
        """The first offset after ``after`` in the store that is of a day after ``day``, by a stamp that may be true.

        The store has every record before it: chains grow in order.
        """
        answer = self._store.query(
            "SELECT offset FROM events WHERE topic = {topic:String} AND partition = {partition:UInt32}"
            " AND offset > {after:Int64} AND at >= {begin:DateTime64(3, 'UTC')} AND at <= {now:DateTime64(3, 'UTC')}"
            " ORDER BY topic, partition, offset LIMIT 1",
            {
                "topic": chain[0],
                "partition": chain[1],
                "after": after,
                "begin": as_parameter(day_end(day)),
                "now": as_parameter(self._now()),
            },
        )
        return int(answer.rows[0][0]) if answer.rows else None

    def _publish(self, root: DayRoot, roots: Sequence[DayRoot]) -> None:
        record = record_of(root, roots[-1].root if roots else None, self._version, self._now())
        self._outbox.send(self._topic, ROOT_KEY, self._codec.encode(record))
        self._outbox.flush()
        self._closed_until = root.day
        logger.info("closed %s: %d events, root %s", root.day, root.events, root.root.hex())


def read_roots(store: ClickHouse) -> tuple[DayRoot, ...]:
    """The roots of all closed days, in the order of the days. Raises as :class:`ClickHouse` does."""
    answer = store.query("SELECT day, root, chains FROM merkle_roots FINAL ORDER BY day")
    return tuple(DayRoot(day, bytes(root), tuple(map(_stretch, chains))) for day, root, chains in answer.rows)


def record_of(root: DayRoot, previous: bytes | None, version: str, at: datetime) -> AuditRoot:
    """The root as it is published."""
    return AuditRoot(
        day=root.day,
        root=root.root.hex(),
        events=root.events,
        previous_root=None if previous is None else previous.hex(),
        stretches=tuple(
            ChainStretch(
                topic=item.topic,
                partition=item.partition,
                after_offset=item.after_offset,
                last_offset=item.last_offset,
                events=item.events,
                head_hash=item.head_hash.hex(),
            )
            for item in root.stretches
        ),
        software_version=version,
        closed_at=at,
    )


def root_of(record: AuditRoot) -> DayRoot:
    """A published root as the root that it is. Raises ``ValueError`` where a hash in it is none."""
    if record.previous_root is not None:
        _digest(record.previous_root)
    return DayRoot(
        record.day,
        _digest(record.root),
        tuple(
            Stretch(
                item.topic,
                item.partition,
                item.after_offset,
                item.last_offset,
                item.events,
                _digest(item.head_hash),
            )
            for item in record.stretches
        ),
    )


def _digest(text: str) -> bytes:
    """A SHA-256 in hexadecimal. Raises ``ValueError`` where it is none."""
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = b""
    if len(digest) != len(NO_HASH):
        raise ValueError(f"{text[:80]!r} is no SHA-256 in hexadecimal")
    return digest


def read_hashes(store: ClickHouse, chain: Chain, after: int, last: int) -> Iterator[tuple[int, bytes]]:
    """Offset and chain hash of one chain's events after ``after`` up to ``last``, page by page."""
    while True:
        answer = store.query(
            "SELECT offset, chain_hash FROM events FINAL WHERE topic = {topic:String}"
            " AND partition = {partition:UInt32} AND offset > {after:Int64} AND offset <= {last:Int64}"
            " ORDER BY offset LIMIT {limit:UInt32}",
            {"topic": chain[0], "partition": chain[1], "after": after, "last": last, "limit": PAGE},
        )
        for offset, digest in answer.rows:
            yield int(offset), bytes(digest)
        if len(answer.rows) < PAGE:
            return
        after = int(answer.rows[-1][0])


def _stretch(part: Mapping[str, Any]) -> Stretch:
    """A named tuple of the table, which the driver gives as a mapping."""
    after = int(part["first_offset"]) - 1
    return Stretch(part["topic"], part["partition"], after, part["last_offset"], part["events"], bytes(part["head"]))


def _has_records(reader: Consumer, chain: Chain, begin: int, end: int) -> bool:
    """Whether the partition has a record from ``begin`` to before ``end``: not all offsets are records'."""
    reader.assign([TopicPartition(*chain, begin)])
    deadline = time.monotonic() + BROKER_TIMEOUT_S  # brokers that are away may be told of again and again
    try:
        while True:
            message = reader.poll(max(0.0, deadline - time.monotonic()))
            if message is None:
                return True  # nobody knows: it is not closed yet
            error = message.error()
            if error is None:
                return int(message.offset() or 0) < end
            if error.code() == KafkaError._PARTITION_EOF:
                return False
    finally:
        reader.unassign()
