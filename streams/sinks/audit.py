"""The audit sink: every record on every topic, into ClickHouse, in batches.

It is a plain consumer, not a Faust agent. An agent works on records one by one, from where its group committed; the
sink needs whole stretches of partitions in order, one insert for thousands of records, and to begin where the store's
chains end. confluent-kafka gives just that, and fetches in threads of its own.

Two threads: this one consumes, decodes and gathers; another writes the batch before. A batch that cannot be written is
tried again until it can be, while the partitions wait: nothing is skipped, and the group keeps its assignment. Offsets
are committed after the insert, for tools that show lag; what counts are the chains' heads
(:mod:`streams.sinks.positions`).

What a rebalance takes away is forgotten and read again by whoever gets it. Should a write be under way then, two sinks
write the same rows: what a record gives depends on nothing but the record, so it changes nothing.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.errors import DEPENDENCY, RefusedError
from connectors.errors import UnavailableError
from connectors.operational import DEPENDENCY as DATABASE
from processors.audit.chain import Head
from streams.admin import admin_client
from streams.contracts import topics
from streams.harness.agent import StageHealth
from streams.harness.retry import RetryPolicy
from streams.harness.runner import BROKER
from streams.kafka import KafkaConnection, reason_of
from streams.sinks.batch import Batch, BatchLimits
from streams.sinks.chains import Chain
from streams.sinks.chores import ChoreRunner, Chores
from streams.sinks.consumer import inbound_of, make_consumer
from streams.sinks.dependencies import Dependencies
from streams.sinks.mapping import Mapper
from streams.sinks.patience import PatientMapper
from streams.sinks.positions import Positions, find_positions
from streams.sinks.retried import RetriedCall
from streams.sinks.writer import BatchWriter
from streams.sinks.writing import Finished, Writing

logger = logging.getLogger(__name__)

POLL_S = 0.25
CONSUME_AT_ONCE = 200
PATIENCE_S = 1.0
"""How long a full batch waits for the one before it until the partitions are paused. Pausing throws away what was
fetched, so a short wait is better sat out."""
REVOKE_GRACE_S = 5.0
LOOK_EVERY_S = 1.0
ASK_S = 1.0
LOOKUP_PASSING = (UnavailableError, RefusedError, KafkaException)
"""What looking up where to read on raises where it is to be tried again."""


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """How the sink behaves. ``chores_every_s``: how often it looks whether there is other work."""

    group: str
    limits: BatchLimits = field(default_factory=BatchLimits)
    retry: RetryPolicy = field(default_factory=lambda: RetryPolicy(base_s=0.5, cap_s=5.0))
    chores_every_s: float = 30.0
    session_timeout_s: float = 6.0


class AuditSink:
    """Runs in one thread until it is told to stop. ``health`` may be called from any thread."""

    name = topics.AUDIT

    def __init__(
        self,
        connection: KafkaConnection,
        mapper: Mapper,
        store: ClickHouse,
        writer: BatchWriter,
        chores: Chores,
        config: SinkConfig,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._dependencies = Dependencies()
        self._mapper = PatientMapper(mapper, self._dependencies, config.retry)
        self._consumer = make_consumer(connection, config.group, config.session_timeout_s, self._broker_says)
        self._admin = admin_client(connection)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="audit-write")
        self._writing = Writing(writer, self._worker, self._dependencies, config.retry, clock)
        self._chores = ChoreRunner(chores, config.chores_every_s, self._dependencies, clock)
        self._batch = Batch(config.limits, clock)
        self._assigned: frozenset[Chain] = frozenset()
        # In the writer's thread: so it comes behind whatever that still writes.
        self._finding = RetriedCall[Positions](LOOKUP_PASSING, self._worker, self._dependencies, config.retry, clock)
        self._find = partial(find_positions, self._admin, store, not_chained=mapper.not_chained)
        self._heads: dict[Chain, Head] = {}
        self._next: dict[Chain, int] = {}
        self._held = False
        self._stop = Event()
        self._faults: Mapping[str, str] = {}
        self._joined = False
        self._done = 0
        self._lag: int | None = None
        self._look_at = clock()
        self._moved_at = clock()

    def run(self, stop: Event) -> None:
        """Consumes until ``stop`` is set; then writes what it has, commits, and leaves its group.

        Raises ``KafkaException`` for a fault that only a new process can mend, and :class:`EventRefusedError`.
        """
        self._stop = stop
        self._consumer.subscribe(list(self._mapper.topics), on_assign=self._on_assign, on_revoke=self._on_revoke)
        try:
            while not stop.is_set():
                self._turn()
            self._drain()
        finally:
            self._worker.shutdown(wait=True, cancel_futures=True)
            self._chores.close()
            self._consumer.close()

    def in_flight(self) -> int:
        """Records that are read and not stored."""
        return len(self._batch) + len(self._writing)

    def lag(self) -> int | None:
        """Records that are not stored yet; ``None`` before anything is known."""
        return self._lag

    def paused(self) -> list[tuple[str, bool]]:
        """Dependencies that are down."""
        return [(name, True) for name in self._dependencies.down]

    def health(self) -> StageHealth:
        """A snapshot."""
        paused = {**self._dependencies.down, **self._faults}
        waiting = bool(self._lag) and not paused
        return StageHealth(
            stage=self.name,
            joined=self._joined,
            assigned=len(self._assigned),
            in_flight=self.in_flight(),
            done=self._done,
            lag=self._lag,
            stalled_s=self._clock() - self._moved_at if waiting else 0.0,
            paused=paused,
        )

    def _turn(self) -> None:
        """One round: collect what was finished, read, and start what is due."""
        if (found := self._finding.finish()) is not None:
            self._begin(found)
        self._finish_write()
        self._chores.turn(self._assigned if self._next else frozenset(), failing=self._is_failing())
        if self._batch.full and self._writing.busy:
            self._wait_for_the_writer()
        else:
            self._read()
        if len(self._batch) and self._batch.due_in_s == 0 and not self._writing.busy:
            self._writing.start(self._batch.take(), self._heads)
        self._look_around()

    def _read(self) -> None:
        timeout = min(POLL_S, self._batch.due_in_s) if not self._writing.busy else min(POLL_S, 0.05)
        self._take(self._consumer.consume(CONSUME_AT_ONCE, timeout))

    def _take(self, messages: Iterable[Message]) -> None:
        """Gathers the records of ``messages``; those from the first on that is not mapped, since the sink is to stop,
        are left to the next process.
        """
        for message in messages:
            error = message.error()
            if error is not None:
                self._broker_says(error)
                continue
            self._dependencies.answered(BROKER)
            chain = (str(message.topic()), int(message.partition() or 0))
            offset = int(message.offset() or 0)
            if chain not in self._next or offset < self._next[chain]:
                continue  # of an assignment that is over, or read before
            mapped = self._mapper.map(inbound_of(message), self._stop)
            if mapped is None:
                return
            self._batch.add(mapped)
            self._next[chain] = offset + 1

    def _finish_write(self) -> None:
        if (finished := self._writing.finish()) is not None:
            self._wrote(finished)

    def _wrote(self, finished: Finished) -> None:
        records, written = finished.records, finished.written
        self._dependencies.answered(DEPENDENCY, DATABASE)
        self._heads.update(written.heads)
        self._done += len(records)
        self._moved_at = self._clock()
        ends = {(record.inbound.topic, record.inbound.partition): record.inbound.offset + 1 for record in records}
        places = [TopicPartition(topic, partition, offset) for (topic, partition), offset in ends.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=True)
        except KafkaException as error:  # the heads know better; a later commit includes it
            logger.info("commit failed: %s", error)

    def _wait_for_the_writer(self) -> None:
        """Lets the batch that is being written finish; where that takes long, pauses the partitions and polls on."""
        if not self._held and self._writing.wait(PATIENCE_S):
            return
        if not self._held:
            self._consumer.pause([TopicPartition(*chain) for chain in self._next])
            self._held = True
        self._take(self._consumer.consume(CONSUME_AT_ONCE, POLL_S))  # serves rebalances
        self._finish_write()
        if not self._writing.busy:
            self._consumer.resume([TopicPartition(*chain) for chain in self._next])
            self._held = False

    def _on_assign(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        consumer.assign([])  # nothing is fetched before it is known from where
        self._assigned = frozenset((place.topic, place.partition) for place in assigned)
        self._joined = True
        self._finding.start(partial(self._find, self._assigned))
        logger.info("assigned %d partitions", len(assigned))

    def _on_revoke(self, consumer: Consumer, _revoked: list[TopicPartition]) -> None:
        """Forgets everything; what is being written gets a moment to be finished and committed."""
        if (finished := self._writing.give_up(REVOKE_GRACE_S)) is not None:
            self._wrote(finished)
        self._batch.take()
        self._finding.forget()
        self._assigned = frozenset()
        self._heads, self._next, self._faults, self._held = {}, {}, {}, False
        consumer.unassign()

    def _begin(self, found: Positions) -> None:
        self._dependencies.answered(DEPENDENCY)
        self._heads, self._faults = dict(found.heads), found.faults
        self._next = {(place.topic, place.partition): max(0, place.offset) for place in found.places}
        for name, reason in found.faults.items():
            logger.critical("%s is not audited: %s", name, reason)
        self._consumer.assign(list(found.places))
        self._moved_at = self._clock()

    def _is_failing(self) -> bool:
        """Whether what is being written, or where to begin, waits for another try."""
        return self._finding.failing or self._writing.failing

    def _drain(self) -> None:
        """Waits for the try that is under way, writes what was gathered behind it, each once, and commits.

        Where the batch under way waits for another try, or fails now, nothing is written: what was gathered follows on
        it. All that is not written is read again by the next process, from the heads of the chains.
        """
        waiting = self._writing.busy
        finished = self._writing.give_up(None)
        if finished is not None:
            self._wrote(finished)
        if len(self._batch) and (finished is not None or not waiting):
            self._writing.start(self._batch.take(), self._heads)
            if (last := self._writing.give_up(None)) is not None:
                self._wrote(last)
        with suppress(KafkaException):
            self._consumer.commit(asynchronous=False)

    def _broker_says(self, error: KafkaError) -> None:
        """The client was told of an error, by a message or while it consumes. Raises where it is fatal."""
        if error.fatal():
            raise KafkaException(error)
        self._dependencies.broker_says(error)

    def _look_around(self) -> None:
        """Now and then: how far behind the sink is, and whether brokers that the client complained of answer.

        Records would show that they do; but there may be none for hours.
        """
        if self._clock() < self._look_at:
            return
        self._look_at = self._clock() + LOOK_EVERY_S
        if self._dependencies.doubts_broker:
            self._ask_the_brokers()
        if not self._next:
            return
        waiting = self.in_flight()
        for (topic, partition), position in self._next.items():
            _, end = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
            waiting += max(0, end - position)
        self._lag = waiting
        if not waiting:
            self._moved_at = self._clock()

    def _ask_the_brokers(self) -> None:
        try:
            self._admin.list_topics(timeout=ASK_S)
        except KafkaException as error:
            self._dependencies.broker_is_silent(reason_of(error.args[0]))
        else:
            self._dependencies.answered(BROKER)
