"""One call at a time, in a thread, and again after a while until it succeeds."""

import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from streams.harness.retry import RetryPolicy
from streams.sinks.dependencies import Dependencies

T = TypeVar("T")


@dataclass(slots=True)
class _Attempt(Generic[T]):
    """A call under way. ``done`` is ``None`` while it waits for its next try."""

    work: Callable[[], T]
    done: Future[T] | None
    failures: int = 0
    again_at: float = 0.0


class RetriedCall(Generic[T]):
    """Makes a call in ``worker``. What it raises of ``passing`` is told to ``dependencies``, and the call is made again
    after a delay of ``retry``. Used by one thread; ``clock`` gives monotonic seconds.
    """

    def __init__(
        self,
        passing: tuple[type[Exception], ...],
        worker: ThreadPoolExecutor,
        dependencies: Dependencies,
        retry: RetryPolicy,
        clock: Callable[[], float],
    ) -> None:
        self._passing = passing
        self._worker = worker
        self._dependencies = dependencies
        self._retry = retry
        self._clock = clock
        self._rng = random.Random()  # noqa: S311  jitter, not secrecy
        self._attempt: _Attempt[T] | None = None

    @property
    def busy(self) -> bool:
        """Whether a call is under way, or waits for its next try."""
        return self._attempt is not None

    @property
    def failing(self) -> bool:
        """Whether it has failed, and is tried again."""
        return self._attempt is not None and self._attempt.failures > 0

    def start(self, work: Callable[[], T]) -> None:
        """Begins to call ``work``, and forgets any call before it."""
        self._attempt = _Attempt(work, self._worker.submit(work))

    def finish(self) -> T | None:
        """What the call gave, once; a failure that passes makes it be tried again later. Raises any other failure."""
        attempt = self._attempt
        if attempt is None:
            return None
        if attempt.done is None:
            if self._clock() >= attempt.again_at:
                attempt.done = self._worker.submit(attempt.work)
            return None
        if not attempt.done.done():
            return None
        try:
            found = attempt.done.result()
        except self._passing as error:
            self._dependencies.failed(error)
            attempt.failures += 1
            attempt.done = None
            attempt.again_at = self._clock() + self._retry.delay(attempt.failures, self._rng)
            return None
        self._attempt = None
        return found

    def wait(self, timeout_s: float) -> bool:
        """Waits for the try that is under way; whether it has ended, well or not. False where none is."""
        attempt = self._attempt
        return attempt is not None and attempt.done is not None and bool(wait([attempt.done], timeout_s).done)

    def forget(self) -> None:
        """Nobody wants the call's answer any more; a try that is under way is made to its end."""
        self._attempt = None

    def give_up(self, timeout_s: float | None) -> T | None:
        """Forgets the call, after waiting for the try that is under way; what that gave, where it succeeded in time.

        Raises what does not pass.
        """
        attempt, self._attempt = self._attempt, None
        if attempt is None or attempt.done is None or not wait([attempt.done], timeout_s).done:
            return None
        with suppress(*self._passing):
            return attempt.done.result()
        return None
