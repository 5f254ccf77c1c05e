"""Reading whole pages in processes with one thread each: what a CPU wants.

Company makes nothing faster there, and threads of one process wait for each other: for Python's lock, and for the event
loop between a page's steps. Two processes read half as many pages again as two threads (docs/microbatcher.md). An image
that crashes its decoder, or takes all memory, ends its process and not the server.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from gpu.images import decode_image
from gpu.reader import BLANK, MOST_FAILURES, DeadlinePassed, MachineFaultError, Order, PageTicket, ReadPage
from processors.errors import ErrorCode, Refusal
from processors.recognition.lines import Effort, answer_all
from processors.recognition.models import load_models, warm_up
from processors.recognition.networks import Device
from processors.recognition.upright import read_upright
from processors.sandbox import Failure, Sandbox

log = logging.getLogger("fieldtrail.ocr")

T = TypeVar("T")

PRELOAD = ("processors.recognition.preload", "gpu.processes")
MEMORY_MB = 4096
"""Address space of a process, most of which is reserved and never used."""
MOST_PAGES = 10_000
"""Pages after which a process is replaced, which bounds what a library may leak; the next one takes seconds to load."""
PAGE_TIMEOUT_S = 180.0
"""A page takes seconds, and the largest a minute; one that takes longer hangs, and its process is replaced."""
BLANK_TIMEOUT_S = 60.0
"""Enough for a new process to load the networks."""
START_TIMEOUT_S = 300.0
_GRACE_S = 60.0
"""How long a process may take to begin; later, whatever starts processes hangs itself."""
_MEMORY = 0.9  # weight that a page's time keeps when the next page is done: the last ten or so count
_STALLED = Failure(ErrorCode.TIMEOUT, "No process began or ended the work in time.", by_machine=True)


class PageFailedError(Exception):
    """A page's process gave no result; the message says why."""


@dataclass(frozen=True, slots=True)
class PageReport:
    """What reading one page was like, for the metrics."""

    effort: Effort
    seconds: float
    waited_s: float
    failed: bool


class ProcessReader:
    """A :class:`gpu.reader.Reader` that reads ``processes`` pages at a time on ``device``, a CPU, in ``sandbox``, which
    has as many processes.

    Refuses images of more than ``max_pixels``. ``report`` is called on the event loop once per page. A process that
    dies is replaced, and its page read again, once. A page whose caller is gone is read to its end: ending its process
    would cost the next pages more.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        processes: int,
        max_pixels: int,
        device: Device,
        report: Callable[[PageReport], None] = lambda _: None,
    ) -> None:
        self._processes = processes
        self._max_pixels = max_pixels
        self._device = device
        self._report = report
        self._sandbox = sandbox
        self._free = asyncio.Semaphore(processes)  # first come, first served
        self._waiting = 0
        self._busy = 0
        self._failures = 0
        self._page_s = 0.0
        self._stalled = False

    @property
    def at_a_time(self) -> int:
        """See :class:`gpu.reader.Reader`."""
        return self._processes

    @property
    def busy(self) -> int:
        """See :class:`gpu.reader.Reader`."""
        return self._busy

    @property
    def depths(self) -> dict[str, int]:
        """See :class:`gpu.reader.Reader`."""
        return {"page": self._waiting}

    @property
    def broken(self) -> bool:
        """See :class:`gpu.reader.Reader`."""
        return self._stalled or self._failures >= MOST_FAILURES

    async def start(self) -> None:
        """Starts the processes, each with its networks loaded and warm. Raises :class:`PageFailedError`."""
        runs = (self._run(START_TIMEOUT_S, warm, self._device) for _ in range(self._processes))
        for result in await asyncio.gather(*runs):
            if isinstance(result, Failure):
                raise PageFailedError(_told(result))

    async def read(self, data: bytes, order: Order, ticket: PageTicket) -> ReadPage | Refusal:
        """See :class:`gpu.reader.Reader`; also raises :class:`PageFailedError`."""
        waited_s = await self._wait(ticket)
        reading = asyncio.ensure_future(self._read(data, order, ticket, waited_s))
        reading.add_done_callback(_heard)
        try:
            return await asyncio.shield(reading)  # its place is free when its process is, not when its caller has gone
        except asyncio.CancelledError:
            ticket.wanted = False
            raise

    async def _wait(self, ticket: PageTicket) -> float:
        """Waits for a process, and returns how long. Raises :class:`DeadlinePassed`.

        A page that has waited and has less time left than a page takes is not begun: it would come too late, and make
        the next one late too, until a server with more to do than it can would answer nothing in time.
        """
        loop = asyncio.get_running_loop()
        asked = loop.time()
        others_are_first = self._free.locked()
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        now = loop.time()
        ticket.waited_s += now - asked
        needs_s = self._page_s if others_are_first else 0.0
        if now + needs_s >= ticket.deadline:
            self._free.release()
            raise DeadlinePassed
        return now - asked

    async def _read(self, data: bytes, order: Order, ticket: PageTicket, waited_s: float) -> ReadPage | Refusal:
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._busy += 1
        try:
            result = await self._in_process(data, order, ticket)
            seconds = loop.time() - began
            ticket.worked_s += seconds
            self._report(PageReport(order.effort, seconds, waited_s, isinstance(result, Failure)))
            if not isinstance(result, Failure):
                self._failures = 0
                self._page_s = _MEMORY * (self._page_s or seconds) + (1 - _MEMORY) * seconds
                return result
            log.warning("a page failed after %.1f s: %s", seconds, _told(result))
            self._failures = 0 if await self._sees_a_blank() else self._failures + 1
        finally:
            self._busy -= 1
            self._free.release()
        raise MachineFaultError(_told(result)) if result.by_machine else PageFailedError(_told(result))

    async def _in_process(self, data: bytes, order: Order, ticket: PageTicket) -> ReadPage | Refusal | Failure:
        arguments = (read_whole, data, order, self._device, self._max_pixels)
        result = await self._run(PAGE_TIMEOUT_S, *arguments)
        if not isinstance(result, Failure) or result.code is not ErrorCode.WORKER_CRASHED:
            return result
        if not ticket.wanted or asyncio.get_running_loop().time() >= ticket.deadline:
            return result
        log.warning("a page is read again: %s", result.message)  # the kernel may have ended it for its memory
        return await self._run(PAGE_TIMEOUT_S, *arguments)

    async def _sees_a_blank(self) -> bool:
        result = await self._run(BLANK_TIMEOUT_S, read_blank, self._device)
        if isinstance(result, Failure):
            log.warning("a blank image cannot be read either: %s", _told(result))
            return False
        return True

    async def _run(self, timeout_s: float, function: Callable[..., T], *arguments: Any) -> T | Failure:
        """``function`` in a process. The sandbox bounds the work; where it does not, it hangs, and nothing will run."""
        try:
            async with asyncio.timeout(timeout_s + _GRACE_S):
                return await self._sandbox.run(function, *arguments, timeout=timeout_s)
        except TimeoutError:
            self._stalled = True
            return _STALLED

    def close(self) -> None:
        """Ends the processes, and with them what they read."""
        self._sandbox.close()


def page_sandbox(processes: int) -> Sandbox:
    """Processes to read pages in."""
    return Sandbox(processes, MEMORY_MB, PRELOAD, "pages", MOST_PAGES)


def warm(device: Device) -> None:
    """In a process: loads the networks and runs each on the common shapes."""
    warm_up(load_models("cascade", device))


def read_whole(data: bytes, order: Order, device: Device, max_pixels: int) -> ReadPage | Refusal:
    """In a process: the lines of the image file ``data``."""
    image = decode_image(data, max_pixels)
    if isinstance(image, Refusal):
        return image
    dialogue = read_upright(image, order.effort, sure=order.sure_of_turn, most_lines=order.most_lines)
    reading = answer_all(dialogue, load_models("cascade", device))
    height, width = image.shape[:2]
    return ReadPage(width, height, reading)


def read_blank(device: Device) -> None:
    """In a process: looks for lines in a blank image. Raises what the network raises."""
    import numpy as np

    load_models("cascade", device).detector.detect([np.full(BLANK, 255, dtype=np.uint8)])


def _told(failure: Failure) -> str:
    return f"{failure.code}: {failure.message} {failure.detail}".strip()


def _heard(reading: "asyncio.Future[ReadPage | Refusal]") -> None:
    """Of a page whose caller is gone, nobody else asks how it ended."""
    if not reading.cancelled():
        reading.exception()
