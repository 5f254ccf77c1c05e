"""One record through one stage: decode, try, retry, produce. When :meth:`StageRunner.run` returns, every output, or
the dead letter, is acknowledged by the broker, and the input may be acknowledged too.
"""

import asyncio
import logging
import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeVar

from processors.errors import ErrorCode
from streams.contracts import topics
from streams.contracts.codec import Codec, Undecodable
from streams.contracts.records import DeadLetter, DocumentStatus, Record
from streams.contracts.registry import RegistryUnavailableError
from streams.contracts.topics import TopicPlan
from streams.harness.breaker import CircuitBreaker
from streams.harness.headers import REPLAY_COUNT, REPLAY_ID, Headers, error_headers, last, read_replay
from streams.harness.outcomes import Dead, Emit, Outcome, Outgoing, Retry, Skip
from streams.harness.producing import ProduceError, Producer, RecordTooLargeError
from streams.harness.retry import RetryPolicy
from streams.harness.stage import Identity, Inbound, StageContext, StageSpec
from streams.harness.telemetry import StageTelemetry

logger = logging.getLogger(__name__)

R = TypeVar("R", bound=Record)

BROKER = "broker"
REGISTRY = "schema_registry"


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class RunnerConfig:
    """How a runner behaves. ``probe_after_s`` is how long a dead dependency is left alone between probes."""

    version: str
    plan: TopicPlan
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    breaker_threshold: int = 3
    probe_after_s: float = 5.0


@dataclass(slots=True)
class _Failures:
    """What has gone wrong with one record so far."""

    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None

    def add(self, at: datetime) -> None:
        self.count += 1
        self.first_at = self.first_at or at
        self.last_at = at


class StageRunner(Generic[R]):
    """Runs one stage's records. Safe to call :meth:`run` many times at once on one event loop."""

    def __init__(
        self,
        spec: StageSpec[R],
        codec: Codec,
        producer: Producer,
        config: RunnerConfig,
        telemetry: StageTelemetry,
        *,
        now: Callable[[], datetime] = utc_now,
        rng: random.Random | None = None,
    ) -> None:
        self.spec = spec
        self._codec = codec
        self._producer = producer
        self._config = config
        self._telemetry = telemetry
        self._now = now
        self._rng = rng or random.Random()  # noqa: S311  jitter, not secrecy
        self.breakers: dict[str, CircuitBreaker] = {}

    async def run(self, inbound: Inbound) -> None:
        """Takes one record to its end. Lets nothing out but ``CancelledError``, after which the record is not done."""
        with self._telemetry.record(inbound.headers) as span:
            context = StageContext(
                self.spec.stage.name, self._config.version, inbound, read_replay(inbound.headers), self._now
            )
            failures = _Failures()
            decoded = await self._decode(inbound)
            record: R | None = None
            outcome: Emit | Skip | Dead
            if isinstance(decoded, Undecodable):
                outcome = self._dead_now(Dead(decoded.code, decoded.message), failures)
            else:
                record, outcome = decoded, await self._settle(decoded, context, failures)
            try:
                await self._produce(outcome, record, context, failures, span.trace_id)
            except RecordTooLargeError as error:
                outcome = self._dead_now(
                    Dead(ErrorCode.TOO_LARGE, f"An output does not fit on its topic: {error}"), failures
                )
                await self._produce(outcome, record, context, failures, span.trace_id)
            span.finish(outcome)

    async def wait_until_flowing(self) -> None:
        """Returns when no dependency of the stage is known to be down. New records should wait for this."""
        for breaker in list(self.breakers.values()):
            await breaker.wait_closed()

    def _breaker(self, dependency: str) -> CircuitBreaker:
        if dependency not in self.breakers:
            self.breakers[dependency] = CircuitBreaker(
                dependency,
                threshold=self._config.breaker_threshold,
                probe_after_s=self._config.probe_after_s,
                clock=asyncio.get_running_loop().time,
            )
        return self.breakers[dependency]

    async def _decode(self, inbound: Inbound) -> R | Undecodable:
        while True:
            try:
                return self._codec.decode(inbound.value, self.spec.record)
            except RegistryUnavailableError as error:
                await self._wait_for(REGISTRY, str(error), failures=1)

    async def _settle(self, record: R, context: StageContext, failures: _Failures) -> Emit | Skip | Dead:
        """Tries until the outcome is final."""
        waited_for: str | None = None
        waits = 0
        while True:
            try:
                outcome = await self._attempt(record, context)
            except asyncio.CancelledError:
                if waited_for is not None:
                    self._breaker(waited_for).abandon()
                raise
            if waited_for is not None and not (isinstance(outcome, Retry) and outcome.dependency == waited_for):
                self._breaker(waited_for).success()
                waited_for, waits = None, 0
            if not isinstance(outcome, Retry):
                return outcome if not isinstance(outcome, Dead) else self._dead_now(outcome, failures)
            if outcome.dependency is not None:
                waited_for, waits = outcome.dependency, waits + 1
                await self._wait_for(outcome.dependency, outcome.reason, waits)
                continue
            failures.add(self._now())
            if failures.count >= self._config.retry.attempts:
                tries = "once" if failures.count == 1 else f"{failures.count} times"
                return Dead(outcome.code, f"{outcome.reason} (tried {tries})")
            self._telemetry.retried(outcome.code)
            backoff = self._config.retry.delay(failures.count, self._rng)
            await asyncio.sleep(outcome.after_s if outcome.after_s is not None else backoff)

    async def _attempt(self, record: R, context: StageContext) -> Outcome:
        try:
            async with asyncio.timeout(self.spec.timeout_s):
                return await self.spec.stage.process(record, context)
        except TimeoutError:
            return Retry(f"The stage did not finish within {self.spec.timeout_s:g} s", ErrorCode.TIMEOUT)
        except Exception as error:  # an exception is a defect (Stage.process); the record must not be lost to it
            logger.exception("%s failed on %s", self.spec.stage.name, _place(context.source))
            return Dead(ErrorCode.INTERNAL, "The stage failed unexpectedly.", _describe(error))

    async def _wait_for(self, dependency: str, reason: str, failures: int) -> None:
        """Waits until ``dependency`` may be asked again: a backoff while its breaker is closed, else the breaker."""
        breaker = self._breaker(dependency)
        was_open = breaker.is_open
        breaker.failure(reason)
        if breaker.is_open and not was_open:
            logger.warning("%s pauses: %s is down: %s", self.spec.stage.name, dependency, reason)
        try:
            await asyncio.sleep(self._config.retry.delay(failures, self._rng))
            await breaker.wait()
        except asyncio.CancelledError:
            breaker.abandon()
            raise

    def _dead_now(self, dead: Dead, failures: _Failures) -> Dead:
        failures.add(self._now())
        return dead

    async def _produce(
        self,
        outcome: Emit | Skip | Dead,
        record: R | None,
        context: StageContext,
        failures: _Failures,
        trace_id: str | None,
    ) -> None:
        inherited = self._telemetry.outgoing_headers() + _replay_mark(context.source.headers)
        if isinstance(outcome, Dead):
            outgoing = await self._bury(outcome, record, context, failures, trace_id)
        else:
            outgoing = outcome.records
        await asyncio.gather(*(self._send(item, inherited) for item in outgoing))

    async def _bury(
        self, dead: Dead, record: R | None, context: StageContext, failures: _Failures, trace_id: str | None
    ) -> tuple[Outgoing, ...]:
        """Writes the dead letter, and returns the status record that tells of it."""
        source = context.source
        identity = self._identity(record, context)
        letter = DeadLetter(
            stage=context.stage,
            code=dead.code,
            message=dead.reason,
            exception=dead.exception,
            topic=source.topic,
            partition=source.partition,
            offset=source.offset,
            attempts=failures.count,
            first_failure_at=failures.first_at or self._now(),
            last_failure_at=failures.last_at or self._now(),
            document_id=identity.document_id if identity else None,
            tenant=identity.tenant if identity else None,
            revision=identity.revision if identity else None,
            trace_id=trace_id,
            replay_id=context.replay.id if context.replay else None,
            replay_count=context.replay.count if context.replay else 0,
        )
        topic = self._config.plan.name(topics.dead_letters(context.stage))
        await self._deliver(topic, source.key, source.value, source.headers + error_headers(letter))
        self._telemetry.dead_lettered(dead.code)
        logger.warning("dead letter: %s %s: %s [%s]", dead.code, _place(source), dead.reason, letter.document_id)
        return () if identity is None else (_failed_status(identity, letter),)

    def _identity(self, record: R | None, context: StageContext) -> Identity | None:
        return None if record is None else self.spec.stage.identity(record, context)

    async def _send(self, outgoing: Outgoing, inherited: Headers) -> None:
        own = tuple((name, value.encode()) for name, value in outgoing.headers.items())
        value = await self._encode(outgoing.record)
        await self._deliver(self._config.plan.name(outgoing.topic), outgoing.key.encode(), value, inherited + own)

    async def _encode(self, record: Record) -> bytes:
        while True:
            try:
                return self._codec.encode(record)
            except RegistryUnavailableError as error:
                await self._wait_for(REGISTRY, str(error), failures=1)

    async def _deliver(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        failures = 0
        while True:
            try:
                await self._producer.send(topic, key, value, headers)
            except ProduceError as error:
                failures += 1
                await self._wait_for(BROKER, str(error), failures)
            else:
                if failures:
                    self._breaker(BROKER).success()
                return


def _failed_status(identity: Identity, letter: DeadLetter) -> Outgoing:
    status = DocumentStatus(
        document_id=identity.document_id,
        tenant=identity.tenant,
        revision=identity.revision,
        stage=letter.stage,
        state="failed",
        at=letter.last_failure_at,
        filename=identity.filename,
        error_code=letter.code,
        message=letter.message,
        submitted_at=identity.submitted_at,
    )
    return Outgoing(topics.STATUS, identity.document_id, status)


def _replay_mark(headers: Headers) -> Headers:
    """Which replay a record came from; handed on, so that a failure further down still names it."""
    names = (REPLAY_ID, REPLAY_COUNT)
    return tuple((name, value.encode()) for name in names if (value := last(headers, name)) is not None)


def _place(source: Inbound) -> str:
    return f"{source.topic}-{source.partition}@{source.offset}"


def _describe(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" at {where[0].name}:{where[0].lineno}" if where else ""
    return f"{type(error).__name__}: {error}{place}"[:1000]
