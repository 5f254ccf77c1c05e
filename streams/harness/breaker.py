"""A circuit breaker per dependency: when something outside is down, the stage pauses instead of failing records.

Source: Nygard, "Release It!", 2nd ed., 2018, chapter 5, "Circuit Breaker".
"""

import asyncio
from collections.abc import Callable


class CircuitBreaker:
    """Closed: work flows. Open, after ``threshold`` failures in a row: work waits. After ``probe_after_s`` one waiter
    goes through as a probe; its success closes the breaker, its failure opens it for as long again.

    ``clock`` gives monotonic seconds. Lives on one event loop.
    """

    def __init__(self, name: str, *, threshold: int, probe_after_s: float, clock: Callable[[], float]) -> None:
        self.name = name
        self.last_reason = ""
        self._threshold = threshold
        self._probe_after_s = probe_after_s
        self._clock = clock
        self._failures = 0
        self._open_since: float | None = None
        self._next_probe_at = 0.0
        self._probing = False
        self._changed = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether work waits."""
        return self._open_since is not None

    @property
    def open_for_s(self) -> float:
        """Seconds since the breaker opened; 0 while closed."""
        return 0.0 if self._open_since is None else self._clock() - self._open_since

    def success(self) -> None:
        """The dependency answered: close."""
        self._failures = 0
        self._open_since = None
        self._probing = False
        self._notify()

    def failure(self, reason: str) -> None:
        """The dependency did not answer."""
        self._failures += 1
        self.last_reason = reason
        self._probing = False
        if self._failures >= self._threshold:
            self._open_since = self._clock() if self._open_since is None else self._open_since
            self._next_probe_at = self._clock() + self._probe_after_s
        self._notify()

    def abandon(self) -> None:
        """A try ended without an answer (it was cancelled): if it was the probe, let another waiter probe."""
        self._probing = False
        self._notify()

    async def wait(self) -> None:
        """Returns when work may go through: at once while closed, else as the next probe or after it succeeded."""
        while self._open_since is not None:
            remaining = self._next_probe_at - self._clock()
            if remaining <= 0 and not self._probing:
                self._probing = True
                return
            try:
                await asyncio.wait_for(self._changed.wait(), None if self._probing else max(remaining, 0.01))
            except TimeoutError:
                continue

    async def wait_closed(self) -> None:
        """Returns when the breaker is closed; never probes."""
        while self._open_since is not None:
            await self._changed.wait()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
