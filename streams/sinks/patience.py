"""Maps records, and waits for a schema registry that is away."""

import random
from threading import Event

from streams.contracts.registry import RegistryUnavailableError
from streams.harness.retry import RetryPolicy
from streams.harness.runner import REGISTRY
from streams.harness.stage import Inbound
from streams.sinks.dependencies import Dependencies
from streams.sinks.mapping import Mapped, Mapper

LONGEST_S = 1.0
"""How long after it is back a registry may go unnoticed."""


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

    def map(self, inbound: Inbound, stop: Event) -> Mapped | None:
        """``inbound`` with its rows; ``None`` where ``stop`` is set before the registry answers.

        It returns at once then, or as soon as the registry's client gives up the request that is under way. No record
        may be mapped after that: those behind ``inbound`` would follow on what was never stored.
        """
        failures = 0
        while True:
            try:
                mapped = self._mapper.map(inbound)
            except RegistryUnavailableError as error:
                failures += 1
                self._dependencies.unavailable(REGISTRY, str(error))
                if stop.wait(min(LONGEST_S, self._retry.delay(failures, self._rng))):
                    return None
            else:
                self._dependencies.answered(REGISTRY)
                return mapped
