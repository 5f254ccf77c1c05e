"""Which dependencies of the sink do not answer now, and why."""

import logging
from collections.abc import Mapping

from confluent_kafka import KafkaError

from connectors.clickhouse.errors import DEPENDENCY, RefusedError
from connectors.errors import UnavailableError
from streams.contracts.registry import RegistryUnavailableError
from streams.harness.runner import BROKER, REGISTRY
from streams.kafka import reason_of

logger = logging.getLogger(__name__)


class Dependencies:
    """Notes who fails and who answers again. Written by one thread; others may read :attr:`down`."""

    def __init__(self) -> None:
        self._down: dict[str, str] = {}
        self._complaints: set[str] = set()
        self._silences = 0

    @property
    def doubts_broker(self) -> bool:
        """Whether the client complained since the brokers were last known to answer, so that somebody should ask them.

        What it complains of does not tell: it says once that no broker answers, and an answer that was under way then
        may come after it.
        """
        return bool(self._complaints) or BROKER in self._down

    @property
    def down(self) -> Mapping[str, str]:
        """The reason by dependency."""
        return dict(self._down)

    def failed(self, error: Exception) -> str:
        """A call raised ``error``: ClickHouse's two, the schema registry's, or one of Kafka's. Returns whose it is."""
        name, reason = BROKER, str(error)
        if isinstance(error, UnavailableError):
            name, reason = error.dependency, error.reason
        elif isinstance(error, RefusedError):
            name = DEPENDENCY
        elif isinstance(error, RegistryUnavailableError):
            name = REGISTRY
        self.unavailable(name, reason)
        return name

    def broker_says(self, error: KafkaError) -> None:
        """The consumer was told of an error that passes. Logged once until the brokers answer: a client without a
        broker repeats itself many times a second.
        """
        reason = reason_of(error)
        if error.retriable() or error.code() == KafkaError._ALL_BROKERS_DOWN:
            self.unavailable(BROKER, reason)
        elif reason not in self._complaints:
            logger.warning("the brokers say: %s", reason)
        self._complaints.add(reason)

    def broker_is_silent(self, reason: str) -> None:
        """The brokers were asked, and none answered in time. Once may be a slow connection, twice in a row is not."""
        self._silences += 1
        if self._silences > 1:
            self.unavailable(BROKER, reason)

    def unavailable(self, dependency: str, reason: str) -> None:
        """``dependency`` does not answer."""
        if dependency not in self._down:
            logger.warning("audit pauses: %s is down: %s", dependency, reason)
        self._down[dependency] = reason

    def answered(self, *dependencies: str) -> None:
        """``dependencies`` answer."""
        if BROKER in dependencies:
            self._complaints.clear()
            self._silences = 0
        for dependency in dependencies:
            if self._down.pop(dependency, None) is not None:
                logger.warning("audit goes on: %s answers", dependency)
