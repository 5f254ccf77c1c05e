"""One record through one stage: decode, try, retry, produce. When :meth:`StageRunner.run` returns, every output, or
the dead letter, is acknowledged by the broker, and the input may be acknowledged too.
"""

import asyncio
import logging
import random
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Generic, TypeVar

from processors.errors import ErrorCode
from processors.sandbox import SandboxClosedError
from streams.contracts import topics
from streams.contracts.codec import Codec, Undecodable
from streams.contracts.records import DeadLetter, Record
from streams.contracts.registry import RegistryUnavailableError
from streams.contracts.topics import TopicPlan
from streams.harness.breaker import CircuitBreaker
from streams.harness.burial import Failures, failed_status, write_letter
from streams.harness.headers import REPLAY_COUNT, REPLAY_ID, Headers, error_headers, last, read_replay
from streams.harness.outcomes import Dead, Emit, Outcome, Outgoing, Retry, Skip
from streams.harness.producing import ProduceError, Producer, RecordTooLargeError
from streams.harness.retry import RetryPolicy
from streams.harness.stage import Inbound, StageContext, StageSpec
from streams.harness.telemetry import StageTelemetry

logger = logging.getLogger(__name__)

R = TypeVar("R", bound=Record)
T = TypeVar("T")

BROKER = "broker"
REGISTRY = "schema_registry"

HOPELESS_TRIES = 10
HOPELESS_OTHERS = 20
"""A record that met a dead dependency this often, while this many others got through, is itself at fault."""


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class RunnerConfig:
    """How a runner behaves. ``probe_every_s``: while a dependency is down, one new record is begun this often.
    ``worker`` names the process in the headers of what it produces.
    """

    version: str
    plan: TopicPlan
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    breaker_threshold: int = 3
    probe_every_s: float = 5.0
    worker: str = ""


@dataclass(slots=True)
class _Waits:
    """How often in a row one record met a dead dependency, and how often others got through since the first time."""

    dependency: str
    count: int
    successes_before: int


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
        self.breakers: dict[str, CircuitBreaker] = {}
        self._codec = codec
        self._producer = producer
        self._config = config
        self._telemetry = telemetry
        self._now = now
        self._rng = rng or random.Random()  # noqa: S311  jitter, not secrecy

    async def run(self, inbound: Inbound, progress: Callable[[], None] = lambda: None) -> None:
        """Takes one record to its end; ``progress`` is called as parts of it are done.

        Lets out ``CancelledError``, after which the record is not done, and ``SandboxClosedError``, after which no
        record can be: the process must end and start anew.
        """
        with self._telemetry.record(inbound.headers) as span:
            context = StageContext(
                self.spec.stage.name,
                self._config.version,
                inbound,
                read_replay(inbound.headers),
                self._now,
                progress,
                self._config.worker,
                self._now(),
            )
            failures = Failures()
            decoded = await self._with_registry(lambda: self._codec.decode(inbound.value, self.spec.record))
            record: R | None = None
            outcome: Emit | Skip | Dead
            if isinstance(decoded, Undecodable):
                outcome = self._dead_now(Dead(decoded.code, decoded.message), failures)
            else:
                record, outcome = decoded, await self._settle(decoded, context, failures)
            outcome = await self._produce(outcome, record, context, failures, span.trace_id)
            span.finish(outcome)

    async def wait_until_flowing(self) -> None:
        """Returns when no dependency of the stage is known to be down, or when it is time to see whether that is so."""
        for breaker in list(self.breakers.values()):
            await breaker.wait_closed(self._config.probe_every_s)

    def _breaker(self, dependency: str) -> CircuitBreaker:
        if dependency not in self.breakers:
            self.breakers[dependency] = CircuitBreaker(
                dependency, threshold=self._config.breaker_threshold, clock=asyncio.get_running_loop().time
            )
        return self.breakers[dependency]

    def _answered(self, *dependencies: str) -> None:
        """These dependencies, where they ever failed, are known to be up."""
        for name in dependencies:
            if name in self.breakers:
                self.breakers[name].success()

    async def _settle(self, record: R, context: StageContext, failures: Failures) -> Emit | Skip | Dead:
        """Tries until the outcome is final."""
        waits: _Waits | None = None
        while True:
            outcome = await self._attempt(record, context)
            if isinstance(outcome, Emit):
                self._answered(*(name for name in self.breakers if name not in (BROKER, REGISTRY)))
            if isinstance(outcome, Emit | Skip):
                return outcome
            if isinstance(outcome, Dead):
                return self._dead_now(outcome, failures)
            if outcome.dependency is not None:
                waits = await self._wait_for(outcome.dependency, outcome.reason, waits)
                if self._is_hopeless(waits):
                    reason = f"{outcome.reason} (while other records got through, this one failed {waits.count} times)"
                    return self._dead_now(Dead(outcome.code, reason), failures)
                continue
            waits = None
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
        except SandboxClosedError:
            raise
        except Exception as error:  # an exception is a defect (Stage.process); the record must not be lost to it
            logger.exception("%s failed on %s", self.spec.stage.name, _place(context.source))
            return Dead(ErrorCode.INTERNAL, "The stage failed unexpectedly.", _describe(error))

    async def _wait_for(self, dependency: str, reason: str, waits: _Waits | None) -> _Waits:
        """Notes that ``dependency`` is down, and waits a growing while before the record may ask it again."""
        breaker = self._breaker(dependency)
        if waits is None or waits.dependency != dependency:
            waits = _Waits(dependency, 0, breaker.successes)
        waits.count += 1
        if breaker.failure(reason):
            logger.warning("%s pauses: %s is down: %s", self.spec.stage.name, dependency, reason)
        pause = min(self._config.retry.delay(waits.count, self._rng), self._config.probe_every_s)
        if breaker.is_open:
            await breaker.wait_closed(pause)  # whoever finds it up again wakes the others
        else:
            await asyncio.sleep(pause)
        return waits

    def _is_hopeless(self, waits: _Waits) -> bool:
        """Whether it is this record that fails, and not the dependency: many others got through meanwhile."""
        others = self._breaker(waits.dependency).successes - waits.successes_before
        return waits.count >= HOPELESS_TRIES and others >= HOPELESS_OTHERS

    async def _with_registry(self, call: Callable[[], T]) -> T:
        """``call``, again and again until the schema registry answers."""
        waits: _Waits | None = None
        while True:
            try:
                answer = call()
            except RegistryUnavailableError as error:
                waits = await self._wait_for(REGISTRY, str(error), waits)
            else:
                self._answered(REGISTRY)
                return answer

    def _dead_now(self, dead: Dead, failures: Failures) -> Dead:
        failures.add(self._now())
        return dead

    async def _produce(
        self,
        outcome: Emit | Skip | Dead,
        record: R | None,
        context: StageContext,
        failures: Failures,
        trace_id: str | None,
    ) -> Emit | Skip | Dead:
        """Delivers what the outcome asks for, in its order; returns the outcome, a dead one if that is impossible."""
        if not isinstance(outcome, Dead):
            try:
                await self._send_all(outcome.records, context)
            except RecordTooLargeError as error:
                reason = f"An output of this stage does not fit on its topic: {error}"
                outcome = self._dead_now(Dead(ErrorCode.TOO_LARGE, reason), failures)
            except _UnwritableError as error:
                reason = "An output of this stage cannot be written as its contract says."
                outcome = self._dead_now(Dead(ErrorCode.INTERNAL, reason, str(error)), failures)
            else:
                return outcome
        await self._bury(outcome, record, context, failures, trace_id)
        return outcome

    async def _bury(
        self, dead: Dead, record: R | None, context: StageContext, failures: Failures, trace_id: str | None
    ) -> None:
        """Writes the dead letter, and then the status record that tells of it."""
        source = context.source
        identity = None if record is None else self.spec.stage.identity(record, context)
        letter = write_letter(dead, context, identity, failures, trace_id)
        await self._deliver_letter(letter, context)
        self._telemetry.dead_lettered(dead.code)
        logger.warning("dead letter: %s %s: %s [%s]", dead.code, _place(source), letter.message, letter.document_id)
        # A conflicting submission must not overwrite the state of the document whose id it took; nor must what only
        # learns from a document that is done.
        if identity is None or self.spec.stage.name in topics.LEARNING:
            return
        if dead.code is not ErrorCode.DOCUMENT_ID_CONFLICT:
            await self._send_all((failed_status(identity, letter),), context)

    async def _deliver_letter(self, letter: DeadLetter, context: StageContext) -> None:
        source, work = context.source, context.work().error_headers()
        topic = self._config.plan.name(topics.dead_letters(letter.stage))
        # Kafka clients refuse a record that has neither key nor value.
        key = b"" if letter.null_key else source.key
        try:
            await self._deliver(topic, key, source.value, source.headers + error_headers(letter) + work)
        except RecordTooLargeError:
            # It came compressed. The record itself stays where the letter says, for as long as its topic keeps it.
            stub = letter.model_copy(update={"value_omitted": True})
            await self._deliver(topic, key or b"", None, error_headers(stub) + work)

    async def _send_all(self, outgoing: Sequence[Outgoing], context: StageContext) -> None:
        """Delivers records one after the other, so that no later one is seen before an earlier one.

        All are encoded before the first is sent. Raises ``RecordTooLargeError`` and ``_UnwritableError``.
        """
        inherited = self._telemetry.outgoing_headers() + _replay_mark(context.source.headers)
        encoded = [(item, await self._with_registry(partial(self._encode, item.record))) for item in outgoing]
        for item, value in encoded:
            own = tuple((name, text.encode()) for name, text in item.headers.items())
            headers = inherited + own + context.work().headers()
            await self._deliver(self._config.plan.name(item.topic), item.key.encode(), value, headers)

    def _encode(self, record: Record) -> bytes:
        try:
            return self._codec.encode(record)
        except RegistryUnavailableError:
            raise
        except Exception as error:  # fastavro raises many types on values that the schema has no room for
            raise _UnwritableError(_describe(error)) from error

    async def _deliver(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        waits: _Waits | None = None
        while True:
            try:
                await self._producer.send(topic, key, value, headers)
            except ProduceError as error:
                waits = await self._wait_for(BROKER, str(error), waits)
            except RecordTooLargeError:
                self._answered(BROKER)
                raise
            else:
                self._answered(BROKER)
                return


class _UnwritableError(Exception):
    """A record cannot be written with its schema; the message says why."""


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
