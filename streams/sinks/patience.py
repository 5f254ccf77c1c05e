"""Maps records, and waits for a schema registry that is away."""

import random
import time

from streams.contracts.registry import RegistryUnavailableError
from streams.harness.retry import RetryPolicy
from streams.harness.runner import REGISTRY
from streams.harness.stage import Inbound
from streams.sinks.dependencies import Dependencies
from streams.sinks.mapping import Mapped, Mapper

LONGEST_S = 1.0


class PatientMapper:
    """A :class:`Mapper` whose :meth:`map` returns as soon as the schema registry answers; until then it blocks, tells
    ``dependencies``, and nothing else is read.
    """

    def __init__(self, mapper: Mapper, dependencies: Dependencies, retry: RetryPolicy) -> None:
        self.topics = mapper.topics
        self._mapper = mapper
        self._dependencies = dependencies
        self._retry = retry
        self._rng = random.Random()  # noqa: S311  jitter, not secrecy

    def map(self, inbound: Inbound) -> Mapped:
        """``inbound`` with its rows."""
        failures = 0
        while True:
            try:
                mapped = self._mapper.map(inbound)
            except RegistryUnavailableError as error:
                failures += 1
                self._dependencies.unavailable(REGISTRY, str(error))
                time.sleep(min(LONGEST_S, self._retry.delay(failures, self._rng)))
            else:
                self._dependencies.answered(REGISTRY)
                return mapped
