"""A stage run outside Kafka: a producer that remembers, records as they would come in, and a clock without waiting."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from streams.contracts.codec import Codec, Undecodable
from streams.contracts.records import Record
from streams.contracts.registry import FileRegistry
from streams.contracts.topics import TopicPlan
from streams.harness.headers import Headers
from streams.harness.retry import RetryPolicy
from streams.harness.runner import RunnerConfig, StageRunner
from streams.harness.stage import Inbound, StageSpec
from streams.harness.telemetry import untraced

R = TypeVar("R", bound=Record)
AT = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
CODEC = Codec(FileRegistry())
FAST = RetryPolicy(attempts=3, base_s=0.001, cap_s=0.001)


class RememberingProducer:
    """Keeps what it is given. ``fail`` is called first and may raise, as a broker that is away would make it."""

    def __init__(self, fail: Callable[[str], None] = lambda _: None) -> None:
        self.sent: list[tuple[str, bytes | None, bytes | None, Headers]] = []
        self._fail = fail

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self._fail(topic)
        self.sent.append((topic, key, value, headers))

    def on(self, topic: str) -> list[tuple[str, bytes | None, bytes | None, Headers]]:
        """What was sent to ``topic``."""
        return [item for item in self.sent if item[0] == topic]

    def records(self, topic: str, record: type[R]) -> list[R]:
        """What was sent to ``topic``, decoded."""
        decoded = [CODEC.decode(value, record) for _, _, value, _ in self.on(topic)]
        assert not any(isinstance(item, Undecodable) for item in decoded), decoded
        return [item for item in decoded if not isinstance(item, Undecodable)]


def inbound(
    value: Record | bytes | None, topic: str = "documents.submitted", *, offset: int = 7, headers: Headers = ()
) -> Inbound:
    """A record as the broker would deliver it."""
    data = CODEC.encode(value) if isinstance(value, Record) else value
    return Inbound(topic, 2, offset, AT, b"key", data, headers)


def runner_for(spec: StageSpec[Any], producer: RememberingProducer, codec: Codec = CODEC) -> StageRunner[Any]:
    """A runner that retries at once, and probes a dead dependency at once."""
    config = RunnerConfig("0.1.0", TopicPlan(), FAST, breaker_threshold=2, probe_every_s=0.001)
    return StageRunner(spec, codec, producer, config, untraced(spec.stage.name), now=lambda: AT, rng=random.Random(1))
