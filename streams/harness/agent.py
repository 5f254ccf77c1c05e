"""Binds a stage's runner to a Faust agent: bounded work in flight, commits in offset order, drain, and health.

What is known of faust-streaming 0.15 and respected here:

- Its own acknowledgement loses records when events finish out of order, and acknowledges events that it skips at a
  rebalance. So its topics are declared with ``acks=False`` and offsets are committed from :class:`AckWindow`.
- An exception that leaves an agent kills it. So the loop only starts tasks, and the tasks let nothing out.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import faust
from faust.types import TP

from streams.harness.acks import AckWindow
from streams.harness.headers import normalised
from streams.harness.runner import StageRunner
from streams.harness.stage import Inbound

logger = logging.getLogger(__name__)

COMMIT_EVERY_S = 0.5
COMMIT_TIMEOUT_S = 5.0
REBALANCE_GRACE_S = 2.0
CANCEL_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class StageHealth:
    """How a stage does.

    ``joined``: its consumer group has given it a (maybe empty) assignment. ``stalled_s``: how long nothing moved
    although records wait, in seconds; 0 while all is well. ``paused`` names the dependencies that are down, each with
    the reason. ``lag`` is ``None`` before the first fetch.
    """

    stage: str
    joined: bool
    assigned: int
    in_flight: int
    done: int
    lag: int | None
    stalled_s: float
    paused: Mapping[str, str]


class StageAgent:
    """One stage's Faust agent. Create it before the app starts; it lives on the app's event loop."""

    def __init__(self, app: faust.App, runner: StageRunner[Any], topic: str) -> None:
        self.app = app
        self.runner = runner
        self.name = runner.spec.stage.name
        self._windows: dict[TP, AckWindow] = {}
        self._generation = 0
        self._ended_generation: int | None = None
        self._assigned: frozenset[TP] = frozenset()
        self._committed: dict[TP, int] = {}
        self._tasks: dict[asyncio.Task[None], TP] = {}
        self._cancelled: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(runner.spec.in_flight)
        self._draining = False
        self._crash: asyncio.Task[None] | None = None
        self._done = 0
        self._moved_at: float | None = None
        channel = app.topic(
            topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", acks=False
        )
        app.agent(channel, name=f"{self.name}.agent")(self._consume)
        app.on_partitions_revoked.connect(self._on_revoked)
        app.on_partitions_assigned.connect(self._on_assigned)
        app.task(self._commit_forever)

    def in_flight(self) -> int:
        """Records being worked on."""
        return len(self._tasks)

    def paused(self) -> list[tuple[str, bool]]:
        """Dependencies that ever failed, and whether each is down."""
        return [(breaker.name, breaker.is_open) for breaker in self.runner.breakers.values()]

    def lag(self) -> int | None:
        """Records on the stage's partitions that are not done; ``None`` before the first fetch."""
        waiting = [self._partition_lag(tp) for tp in self._assigned]
        known = [lag for lag in waiting if lag is not None]
        return sum(known) if known else None

    async def start(self) -> None:
        """Joins the consumer group. Raises aiokafka's ``KafkaError`` where no broker answers; may be called again."""
        try:
            await self.app.start()
        except BaseException:
            self.app.service_reset()
            raise

    async def drain(self, grace_s: float) -> None:
        """Takes no new records, waits up to ``grace_s`` seconds for those in flight, and commits what is done."""
        self._draining = True
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=grace_s)
        await self._cancel(list(self._tasks))
        await self._commit()

    def health(self) -> StageHealth:
        """A snapshot of the stage."""
        lag = self.lag()
        idle = 0.0 if self._moved_at is None else self.app.loop.time() - self._moved_at
        paused = {b.name: b.last_reason for b in self.runner.breakers.values() if b.is_open}
        waiting = bool(lag) and not paused and not self._draining
        return StageHealth(
            stage=self.name,
            joined=self._moved_at is not None,
            assigned=len(self._assigned),
            in_flight=len(self._tasks),
            done=self._done,
            lag=lag,
            stalled_s=idle if waiting else 0.0,
            paused=paused,
        )

    async def _consume(self, stream: Any) -> None:
        async for event in stream.noack().events():
            await self.runner.wait_until_flowing()
            await self._slots.acquire()
            if self._draining:
                self._slots.release()
                return
            if self._is_stale(event.message.generation_id):
                # The group was rebalanced while this record waited here. It is read again, from the committed offset;
                # to begin it now would let its offset be committed before those that come again.
                self._slots.release()
                continue
            self._start(event.message)

    def _is_stale(self, generation: int) -> bool:
        """Whether a record was fetched before the last rebalance, which begins with the revocation."""
        return generation == self._ended_generation or generation != self.app.consumer_generation_id

    def _start(self, message: Any) -> None:
        if message.generation_id != self._generation:
            # The first record after a rebalance. Faust may deliver it before it says what was assigned.
            self._forget_windows(message.generation_id)
        window = self._windows.setdefault(message.tp, AckWindow())
        try:
            window.delivered(message.offset)
        except ValueError:
            # Delivered again without a rebalance in between: the first delivery is still at work on it.
            logger.info("%s: offset %s of %s was delivered twice", self.name, message.offset, message.tp)
            self._slots.release()
            return
        if not self._tasks:
            self._progress()  # the wait for this record was no stall
        task = asyncio.get_running_loop().create_task(self._run(message, window))
        self._tasks[task] = message.tp
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._slots.release()
        if task in self._cancelled:
            self._cancelled.discard(task)
            return
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            # The runner lets nothing out while the process is sound. The record stays unacknowledged, and is read
            # again by the next process.
            logger.critical("%s: the harness failed: %r", self.name, error, exc_info=error)
            self._crash = self.app.loop.create_task(self.app.crash(error))

    async def _run(self, message: Any, window: AckWindow) -> None:
        await self.runner.run(_inbound(message), self._progress)
        window.done(message.offset)
        self._done += 1
        self._progress()

    def _progress(self) -> None:
        self._moved_at = self.app.loop.time()

    async def _commit_forever(self) -> None:
        while not self.app.should_stop:
            await asyncio.sleep(COMMIT_EVERY_S)
            await self._commit()

    async def _commit(self) -> None:
        offsets = {
            tp: window.committable
            for tp, window in self._windows.items()
            if window.committable is not None and window.committable > self._committed.get(tp, -1)
        }
        if not offsets:
            return
        try:
            # Faust has no public call that commits given offsets; its own commit() knows only its own acknowledgements.
            # Without a limit, it would wait for a coordinator for as long as no broker answers.
            async with asyncio.timeout(COMMIT_TIMEOUT_S):
                committed = await self.app.consumer._commit(offsets)
        except Exception as error:
            logger.warning("%s: commit failed, the next one includes it: %r", self.name, error)
            return
        if committed:
            self._committed.update(offsets)

    async def _on_revoked(self, _app: faust.App, revoked: Iterable[TP], **_: Any) -> None:
        """Gives work in flight a moment to finish, commits, and forgets the partitions: they are read again by whoever
        gets them, from what was committed.
        """
        self._ended_generation = self.app.consumer_generation_id
        lost = set(revoked)
        tasks = [task for task, tp in self._tasks.items() if tp in lost]
        if tasks:
            await asyncio.wait(tasks, timeout=REBALANCE_GRACE_S)
        await self._commit()
        self._forget_windows(self._ended_generation)
        await self._cancel([task for task in tasks if not task.done()])

    def _forget_windows(self, generation: int) -> None:
        """All partitions begin anew: aiokafka's rebalances are eager, so every one was revoked."""
        self._generation = generation
        self._windows.clear()
        self._committed.clear()

    async def _on_assigned(self, _app: faust.App, assigned: Iterable[TP], **_: Any) -> None:
        self._assigned = frozenset(assigned)
        self._progress()

    async def _cancel(self, tasks: list[asyncio.Task[None]]) -> None:
        """Ends tasks. A cancellation can be lost in a library on its way, so it is repeated until all have ended."""
        self._cancelled.update(task for task in tasks if not task.done())
        waiting = set(tasks)
        while waiting:
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=CANCEL_AGAIN_S)

    def _partition_lag(self, tp: TP) -> int | None:
        try:
            end = self.app.consumer.highwater(tp)
        except Exception:  # Faust raises several types while the partition is not fetched yet
            return None
        window = self._windows.get(tp) or AckWindow()
        position = window.committable
        if position is None:
            # Nothing is done yet: the offset that Faust began to read from, if the group ever committed one.
            position = self.app.consumer._committed_offset.get(tp)
        if position is None or end is None:
            return window.in_flight
        return max(0, int(end) - int(position))


def _inbound(message: Any) -> Inbound:
    headers = message.headers or ()
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return Inbound(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        timestamp=_moment(message.timestamp),
        key=message.key,
        value=message.value,
        headers=normalised(pairs),
    )


def _moment(seconds: float) -> datetime:
    """A record's timestamp. Producers may set any; one that no calendar has counts as the beginning of 1970."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
