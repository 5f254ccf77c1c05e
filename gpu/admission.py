"""Who may come in, and whose turn it is: bounds on pages and bytes, and how long a caller should stay away."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count

from gpu.limits import Limits
from gpu.reader import DeadlinePassed, PageTicket

_MEMORY = 0.9  # weight that a page's time keeps when the next page is done: the last ten or so count
_LONGEST_ABSENCE_S = 60


class Admission:
    """Counts pages in and out.

    A page is accepted (it and its body count against the limits), then has its turn (its image is decoded and read).
    ``threads``: how many devices' threads work at a time. ``page_s``: a guess at a page's device time, in seconds,
    until pages have been measured.
    """

    def __init__(self, limits: Limits, threads: int, page_s: float = 1.0) -> None:
        self._limits = limits
        self._threads = threads
        self._numbers = count(1)
        self._turns = asyncio.Semaphore(limits.max_active)  # first come, first served
        self._page_s = page_s
        self.accepted = 0
        self.active = 0
        self.held_bytes = 0
        self._left = asyncio.Event()

    def has_room(self, body_bytes: int) -> bool:
        """Whether a page with a body of this size may be accepted."""
        return self.accepted < self._limits.max_pages and self.held_bytes + body_bytes <= self._limits.max_held_bytes

    @contextmanager
    def accept(self, body_bytes: int, ticket: PageTicket, deadline: float) -> Iterator[None]:
        """Counts the page in while the context lasts, and numbers it. ``deadline`` is on the event loop's clock."""
        ticket.number, ticket.deadline = next(self._numbers), deadline
        self.accepted += 1
        self.held_bytes += body_bytes
        try:
            yield
        finally:
            self.accepted -= 1
            self.held_bytes -= body_bytes
            self._left.set()

    @asynccontextmanager
    async def turn(self, ticket: PageTicket) -> AsyncIterator[None]:
        """Waits for the page's turn and holds it while the context lasts. Raises :class:`DeadlinePassed`."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        async with self._turns:
            ticket.waited_s += loop.time() - asked
            if loop.time() >= ticket.deadline:
                raise DeadlinePassed
            self.active += 1
            try:
                yield
            finally:
                self.active -= 1

    def measured(self, worked_s: float) -> None:
        """A page is done that took the device this long, in seconds."""
        self._page_s = _MEMORY * self._page_s + (1 - _MEMORY) * worked_s

    def retry_after_s(self) -> int:
        """When a refused caller should come again, in whole seconds, at least 1: once half of the accepted pages are
        done, at the rate of the last pages with all threads at work."""
        seconds = self.accepted / 2 * self._page_s / self._threads
        return max(1, min(_LONGEST_ABSENCE_S, math.ceil(seconds)))

    async def empty(self) -> None:
        """Returns once no accepted page is left."""
        while self.accepted:
            self._left.clear()
            await self._left.wait()
