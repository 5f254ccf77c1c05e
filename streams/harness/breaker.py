"""A circuit breaker per dependency: when something outside is down, the stage pauses instead of failing records.

Source: Nygard, "Release It!", 2nd ed., 2018, chapter 5, "Circuit Breaker".
"""

import asyncio
from collections.abc import Callable


class CircuitBreaker:
    """Open after ``threshold`` failures in a row, closed by the next success.

    Records that met the failure go on trying at their own pace, and they are the probes; while it is open, no new
    record is begun but one every so often (:meth:`wait_closed`), so that there is always somebody who finds out that
    the dependency is back. ``clock`` gives monotonic seconds. Lives on one event loop.
    """

    def __init__(self, name: str, *, threshold: int, clock: Callable[[], float]) -> None:
        self.name = name
        self.last_reason = ""
        self.successes = 0
        self._threshold = threshold
        self._clock = clock
        self._failures = 0
        self._open_since: float | None = None
        self._closed = asyncio.Event()
        self._closed.set()

    @property
    def is_open(self) -> bool:
        """Whether new work should wait."""
        return self._open_since is not None

    @property
    def open_for_s(self) -> float:
        """Seconds since it opened; 0 while closed."""
        return 0.0 if self._open_since is None else self._clock() - self._open_since

    def success(self) -> None:
        """The dependency answered: close."""
        self.successes += 1
        self._failures = 0
        self._open_since = None
        self._closed.set()

    def failure(self, reason: str) -> bool:
        """The dependency did not answer. Returns whether this opened the breaker."""
        self._failures += 1
        self.last_reason = reason
        if self._failures < self._threshold or self.is_open:
            return False
        self._open_since = self._clock()
        self._closed.clear()
        return True

    async def wait_closed(self, at_most_s: float) -> None:
        """Returns when the breaker is closed, or after ``at_most_s`` seconds: then the caller is a probe."""
        try:
            async with asyncio.timeout(at_most_s):
                await self._closed.wait()
        except TimeoutError:
            return
