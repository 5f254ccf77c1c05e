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
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.errors import DEPENDENCY, RefusedError
from connectors.errors import UnavailableError
from processors.audit.chain import Head
from streams.admin import admin_client
from streams.contracts import topics
from streams.contracts.registry import RegistryUnavailableError
from streams.harness.agent import StageHealth
from streams.harness.retry import RetryPolicy
from streams.harness.runner import BROKER, REGISTRY
from streams.harness.stage import Inbound
from streams.kafka import KafkaConnection
from streams.outbox import DeliveryError
from streams.sinks.batch import Batch, BatchLimits
from streams.sinks.chains import Chain
from streams.sinks.consumer import inbound_of, make_consumer
from streams.sinks.dependencies import Dependencies
from streams.sinks.mapping import Mapped, Mapper
from streams.sinks.positions import Positions, find_positions
from streams.sinks.writer import BatchWriter, EventRefusedError, Written

logger = logging.getLogger(__name__)

POLL_S = 0.25
CONSUME_AT_ONCE = 200
PATIENCE_S = 1.0
"""How long a full batch waits for the one before it until the partitions are paused. Pausing throws away what was
fetched, so a short wait is better sat out."""
REVOKE_GRACE_S = 5.0
LAG_EVERY_S = 1.0


class Chores(Protocol):
    """Work to do now and then beside the batches: closing days."""

    def run(self, assigned: frozenset[Chain]) -> None:
        """Does what is due. Raises as writing a batch does, and ``RegistryUnavailableError``."""


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """How the sink behaves. ``chores_every_s``: how often it looks whether there is other work."""

    group: str
    limits: BatchLimits = field(default_factory=BatchLimits)
    retry: RetryPolicy = field(default_factory=lambda: RetryPolicy(base_s=0.5, cap_s=5.0))
    chores_every_s: float = 30.0
    session_timeout_s: float = 6.0


@dataclass(slots=True)
class _Writing:
    """A batch under way. ``done`` is ``None`` while it waits for its next try."""

    records: Sequence[Mapped]
    done: Future[Written] | None
    failures: int = 0
    again_at: float = 0.0


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
        self._mapper = mapper
        self._store = store
        self._writer = writer
        self._chores = chores
        self._config = config
        self._clock = clock
        self._rng = random.Random()  # noqa: S311  jitter, not secrecy
        self._consumer = make_consumer(connection, config.group, config.session_timeout_s)
        self._admin = admin_client(connection)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="audit-write")
        self._chore_worker = ThreadPoolExecutor(1, thread_name_prefix="audit-chores")
        self._batch = Batch(config.limits, clock)
        self._assigned: frozenset[Chain] = frozenset()
        self._finding: Future[Positions] | None = None
        self._find_at: float | None = None
        self._find_failures = 0
        self._heads: dict[Chain, Head] = {}
        self._next: dict[Chain, int] = {}
        self._writing: _Writing | None = None
        self._held = False
        self._chore: Future[None] | None = None
        self._chore_lacks = ""
        self._chores_at = clock()
        self._dependencies = Dependencies()
        self._faults: Mapping[str, str] = {}
        self._joined = False
        self._done = 0
        self._lag: int | None = None
        self._lag_at = clock()
        self._moved_at = clock()

    def run(self, stop: Event) -> None:
        """Consumes until ``stop`` is set; then writes what it has, commits, and leaves its group.

        Raises ``KafkaException`` for a fault that only a new process can mend, and :class:`EventRefusedError`.
        """
        self._consumer.subscribe(list(self._mapper.topics), on_assign=self._on_assign, on_revoke=self._on_revoke)
        try:
            while not stop.is_set():
                self._turn()
            self._drain()
        finally:
            self._worker.shutdown(wait=True, cancel_futures=True)
            self._chore_worker.shutdown(wait=True, cancel_futures=True)
            self._consumer.close()

    def in_flight(self) -> int:
        """Records that are read and not stored."""
        writing = self._writing
        return len(self._batch) + (0 if writing is None else len(writing.records))

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
        self._finish_positions()
        self._finish_write()
        self._do_chores()
        if self._batch.full and self._writing is not None:
            self._wait_for_the_writer()
        else:
            self._read()
        if len(self._batch) and self._batch.due_in_s == 0 and self._writing is None:
            self._start_write(self._batch.take())
        self._measure_lag()

    def _read(self) -> None:
        timeout = min(POLL_S, self._batch.due_in_s) if self._writing is None else min(POLL_S, 0.05)
        for message in self._consumer.consume(CONSUME_AT_ONCE, timeout):
            self._take(message)

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            if error.fatal():
                raise KafkaException(error)
            self._dependencies.broker_says(error)
            return
        self._dependencies.answered(BROKER)
        chain = (str(message.topic()), int(message.partition() or 0))
        offset = int(message.offset() or 0)
        if chain not in self._next or offset < self._next[chain]:
            return  # of an assignment that is over, or read before
        self._batch.add(self._map(inbound_of(message)))
        self._next[chain] = offset + 1

    def _map(self, inbound: Inbound) -> Mapped:
        """``inbound`` mapped, as soon as the schema registry answers."""
        failures = 0
        while True:
            try:
                mapped = self._mapper.map(inbound)
            except RegistryUnavailableError as error:
                failures += 1
                self._dependencies.unavailable(REGISTRY, str(error))
                time.sleep(min(PATIENCE_S, self._config.retry.delay(failures, self._rng)))
            else:
                self._dependencies.answered(REGISTRY)
                return mapped

    def _start_write(self, records: Sequence[Mapped]) -> None:
        heads = dict(self._heads)
        self._writing = _Writing(records, self._worker.submit(self._writer.write, records, heads))

    def _finish_write(self) -> None:
        writing = self._writing
        if writing is None:
            return
        if writing.done is None:
            if self._clock() >= writing.again_at:
                writing.done = self._worker.submit(self._writer.write, writing.records, dict(self._heads))
            return
        if not writing.done.done():
            return
        try:
            written = writing.done.result()
        except (UnavailableError, RefusedError, DeliveryError) as error:
            self._dependencies.failed(error)
            writing.failures += 1
            writing.done = None
            writing.again_at = self._clock() + self._config.retry.delay(writing.failures, self._rng)
            return
        self._writing = None
        self._wrote(writing.records, written)

    def _wrote(self, records: Sequence[Mapped], written: Written) -> None:
        self._dependencies.answered(DEPENDENCY, BROKER)
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
        writing = self._writing
        if writing is not None and writing.done is not None and not self._held:
            with suppress(TimeoutError, UnavailableError, RefusedError, DeliveryError, EventRefusedError):
                writing.done.result(PATIENCE_S)  # its failure is dealt with where it is collected
                return
        places = [TopicPartition(*chain) for chain in self._next]
        if not self._held:
            self._consumer.pause(places)
            self._held = True
        for message in self._consumer.consume(CONSUME_AT_ONCE, POLL_S):  # serves rebalances
            self._take(message)
        self._finish_write()
        if self._writing is None:
            self._consumer.resume([TopicPartition(*chain) for chain in self._next])
            self._held = False

    def _on_assign(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        consumer.assign([])  # nothing is fetched before it is known from where
        self._assigned = frozenset((place.topic, place.partition) for place in assigned)
        self._joined = True
        self._find_at = self._clock()
        logger.info("assigned %d partitions", len(assigned))

    def _on_revoke(self, consumer: Consumer, _revoked: list[TopicPartition]) -> None:
        """Forgets everything; what is being written gets a moment to be finished and committed."""
        writing = self._writing
        if writing is not None and writing.done is not None:
            with suppress(TimeoutError, UnavailableError, RefusedError, DeliveryError, EventRefusedError):
                self._wrote(writing.records, writing.done.result(REVOKE_GRACE_S))
        self._writing = None
        self._batch.take()
        self._assigned, self._finding, self._find_at = frozenset(), None, None
        self._heads, self._next, self._faults, self._held = {}, {}, {}, False
        consumer.unassign()

    def _finish_positions(self) -> None:
        """Looks up where to begin, in the writer's thread: behind whatever it still writes."""
        if self._find_at is not None and self._finding is None and self._clock() >= self._find_at:
            self._finding = self._worker.submit(
                find_positions,
                self._admin,
                self._store,
                self._assigned,
                self._mapper.not_chained,
            )
        if self._finding is None or not self._finding.done():
            return
        finding, self._finding = self._finding, None
        try:
            found = finding.result()
        except (UnavailableError, RefusedError, KafkaException) as error:
            self._dependencies.failed(error)
            self._find_failures += 1
            self._find_at = self._clock() + self._config.retry.delay(self._find_failures, self._rng)
            return
        self._find_at, self._find_failures = None, 0
        self._begin(found)

    def _begin(self, found: Positions) -> None:
        self._dependencies.answered(DEPENDENCY)
        self._heads, self._faults = dict(found.heads), found.faults
        self._next = {(place.topic, place.partition): max(0, place.offset) for place in found.places}
        for name, reason in found.faults.items():
            logger.critical("%s is not audited: %s", name, reason)
        self._consumer.assign(list(found.places))
        self._moved_at = self._clock()

    def _do_chores(self) -> None:
        """Lets the chores run in a thread of their own, now and then."""
        if self._chore is not None and self._chore.done():
            chore, self._chore = self._chore, None
            try:
                chore.result()
            except (UnavailableError, RefusedError, DeliveryError, RegistryUnavailableError, KafkaException) as error:
                self._chore_lacks = self._dependencies.failed(error)
            else:
                if self._chore_lacks and not self._is_failing():  # while nothing else is done, nobody else would say so
                    self._dependencies.answered(self._chore_lacks)
                self._chore_lacks = ""
        if self._chore is None and self._next and self._clock() >= self._chores_at:
            self._chores_at = self._clock() + self._config.chores_every_s
            self._chore = self._chore_worker.submit(self._chores.run, self._assigned)

    def _is_failing(self) -> bool:
        """Whether what is being written, or where to begin, waits for another try."""
        return bool(self._find_failures or (self._writing is not None and self._writing.failures))

    def _drain(self) -> None:
        """Writes what is there, once: what fails now is read again by the next process."""
        writing = self._writing
        if writing is not None and writing.done is not None:
            with suppress(UnavailableError, RefusedError, DeliveryError):
                self._wrote(writing.records, writing.done.result())
                if len(self._batch):
                    records = self._batch.take()
                    self._wrote(records, self._writer.write(records, self._heads))
        with suppress(KafkaException):
            self._consumer.commit(asynchronous=False)

    def _measure_lag(self) -> None:
        if self._clock() < self._lag_at or not self._next:
            return
        self._lag_at = self._clock() + LAG_EVERY_S
        waiting = self.in_flight()
        for (topic, partition), position in self._next.items():
            _, end = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
            waiting += max(0, end - position)
        self._lag = waiting
        if not waiting:
            self._moved_at = self._clock()
