"""Looks up where to read on, beside the sink's own thread, and again until the store and the brokers have answered."""

import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from confluent_kafka import KafkaException

from connectors.clickhouse.errors import RefusedError
from connectors.errors import UnavailableError
from streams.harness.retry import RetryPolicy
from streams.sinks.chains import Chain
from streams.sinks.dependencies import Dependencies
from streams.sinks.positions import Positions


class Finding:
    """Calls ``find`` in ``worker``, which is the writer's thread: so it comes behind whatever that still writes.

    ``clock`` gives monotonic seconds. Used by one thread.
    """

    def __init__(
        self,
        find: Callable[[frozenset[Chain]], Positions],
        worker: ThreadPoolExecutor,
        dependencies: Dependencies,
        retry: RetryPolicy,
        clock: Callable[[], float],
    ) -> None:
        self._find = find
        self._worker = worker
        self._dependencies = dependencies
        self._retry = retry
        self._clock = clock
        self._rng = random.Random()  # noqa: S311  jitter, not secrecy
        self._wanted: frozenset[Chain] = frozenset()
        self._due_at: float | None = None
        self._done: Future[Positions] | None = None
        self._failures = 0

    @property
    def failing(self) -> bool:
        """Whether the last try failed, and there will be another."""
        return self._failures > 0

    def begin(self, assigned: frozenset[Chain]) -> None:
        """Where to read on in ``assigned`` is to be found."""
        self._wanted, self._due_at = assigned, self._clock()

    def forget(self) -> None:
        """Nothing is to be found any more."""
        self._done, self._due_at = None, None

    def finish(self) -> Positions | None:
        """What was found, once; a failure makes it be tried again later."""
        if self._due_at is not None and self._done is None and self._clock() >= self._due_at:
            self._done = self._worker.submit(self._find, self._wanted)
        if self._done is None or not self._done.done():
            return None
        done, self._done = self._done, None
        try:
            found = done.result()
        except (UnavailableError, RefusedError, KafkaException) as error:
            self._dependencies.failed(error)
            self._failures += 1
            self._due_at = self._clock() + self._retry.delay(self._failures, self._rng)
            return None
        self._due_at, self._failures = None, 0
        return found
