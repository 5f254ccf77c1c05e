"""Work of the sink to do now and then beside the batches, in a thread of its own: closing days."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from confluent_kafka import KafkaException

from streams.contracts.registry import RegistryUnavailableError
from streams.sinks.chains import Chain
from streams.sinks.dependencies import Dependencies
from streams.sinks.writing import PASSING


class Chores(Protocol):
    """What is to be done."""

    def run(self, assigned: frozenset[Chain]) -> None:
        """Does what is due. Raises as writing a batch does, ``RegistryUnavailableError`` and ``KafkaException``."""


class ChoreRunner:
    """Runs ``chores`` every ``every_s`` seconds, one run at a time. Used by one thread."""

    def __init__(self, chores: Chores, every_s: float, dependencies: Dependencies, clock: Callable[[], float]) -> None:
        self._chores = chores
        self._every_s = every_s
        self._dependencies = dependencies
        self._clock = clock
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="audit-chores")
        self._due_at = clock()
        self._run: Future[None] | None = None
        self._lacks = ""

    def turn(self, assigned: frozenset[Chain], *, failing: bool) -> None:
        """Collects the run that has ended, and begins the next one when it is due.

        ``failing``: something else lacks a dependency now, so that a run that succeeds says nothing of it.
        """
        if self._run is not None and self._run.done():
            self._collect(self._run, failing)
            self._run = None
        if self._run is None and assigned and self._clock() >= self._due_at:
            self._due_at = self._clock() + self._every_s
            self._run = self._worker.submit(self._chores.run, assigned)

    def close(self) -> None:
        """Waits for the run under way."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _collect(self, run: Future[None], failing: bool) -> None:
        try:
            run.result()
        except (*PASSING, RegistryUnavailableError, KafkaException) as error:
            self._lacks = self._dependencies.failed(error)
            return
        if self._lacks and not failing:  # while nothing else is done, nobody else would say so
            self._dependencies.answered(self._lacks)
        self._lacks = ""
