"""The batch that is being written: in a thread of its own, and again until it is done."""

import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from connectors.clickhouse.errors import RefusedError
from connectors.errors import UnavailableError
from processors.audit.chain import Head
from streams.harness.retry import RetryPolicy
from streams.outbox import DeliveryError
from streams.sinks.chains import Chain
from streams.sinks.dependencies import Dependencies
from streams.sinks.mapping import Mapped
from streams.sinks.writer import BatchWriter, EventRefusedError, Written

PASSING = (UnavailableError, RefusedError, DeliveryError)
"""What a write raises where it is to be tried again."""


@dataclass(slots=True)
class _Attempt:
    """A batch under way. ``done`` is ``None`` while it waits for its next try."""

    records: Sequence[Mapped]
    heads: Mapping[Chain, Head]
    done: Future[Written] | None
    failures: int = 0
    again_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Finished:
    """A batch that is in the store."""

    records: Sequence[Mapped]
    written: Written


class Writing:
    """Writes one batch at a time in ``worker``. ``clock`` gives monotonic seconds. Used by one thread."""

    def __init__(
        self,
        writer: BatchWriter,
        worker: ThreadPoolExecutor,
        dependencies: Dependencies,
        retry: RetryPolicy,
        clock: Callable[[], float],
    ) -> None:
        self._writer = writer
        self._worker = worker
        self._dependencies = dependencies
        self._retry = retry
        self._clock = clock
        self._rng = random.Random()  # noqa: S311  jitter, not secrecy
        self._attempt: _Attempt | None = None

    @property
    def busy(self) -> bool:
        """Whether a batch is under way."""
        return self._attempt is not None

    @property
    def failing(self) -> bool:
        """Whether it has failed, and is tried again."""
        attempt = self._attempt
        return attempt is not None and attempt.failures > 0

    def __len__(self) -> int:
        """Records of the batch under way. May be asked from any thread."""
        attempt = self._attempt
        return 0 if attempt is None else len(attempt.records)

    def start(self, records: Sequence[Mapped], heads: Mapping[Chain, Head]) -> None:
        """Begins to write ``records``, which follow on ``heads``. Nothing else may be under way."""
        self._attempt = _Attempt(records, dict(heads), None)
        self._try(self._attempt)

    def finish(self) -> Finished | None:
        """The batch, once it is in the store; a failure that passes makes it be tried again later.

        Raises :class:`EventRefusedError`.
        """
        attempt = self._attempt
        if attempt is None:
            return None
        if attempt.done is None:
            if self._clock() >= attempt.again_at:
                self._try(attempt)
            return None
        if not attempt.done.done():
            return None
        try:
            written = attempt.done.result()
        except PASSING as error:
            self._dependencies.failed(error)
            attempt.failures += 1
            attempt.done = None
            attempt.again_at = self._clock() + self._retry.delay(attempt.failures, self._rng)
            return None
        self._attempt = None
        return Finished(attempt.records, written)

    def wait(self, timeout_s: float) -> bool:
        """Waits for the try that is under way; whether it has ended, well or not. False where none is."""
        attempt = self._attempt
        if attempt is None or attempt.done is None:
            return False
        with suppress(*PASSING, EventRefusedError):  # its failure is dealt with where it is collected
            try:
                attempt.done.result(timeout_s)
            except TimeoutError:
                return False
        return True

    def give_up(self, timeout_s: float | None) -> Finished | None:
        """Forgets the batch, after waiting for the try that is under way; the batch where that succeeded.

        Raises :class:`EventRefusedError` where there is no ``timeout_s``.
        """
        attempt, self._attempt = self._attempt, None
        if attempt is None or attempt.done is None:
            return None
        ignored = PASSING if timeout_s is None else (*PASSING, TimeoutError, EventRefusedError)
        with suppress(*ignored):
            return Finished(attempt.records, attempt.done.result(timeout_s))
        return None

    def _try(self, attempt: _Attempt) -> None:
        attempt.done = self._worker.submit(self._writer.write, attempt.records, attempt.heads)
