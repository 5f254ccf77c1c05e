"""The OCR service without its HTTP: who may come in, whose turn it is, what it is at, drain."""

import asyncio
import logging
from collections.abc import Callable
from enum import StrEnum

from gpu.admission import Admission
from gpu.answers import Answer
from gpu.limits import Limits
from gpu.metrics import Metrics
from gpu.reader import Order, PageTicket, Reader
from processors.errors import Refusal
from processors.recognition.lines import Effort

log = logging.getLogger("fieldtrail.ocr")


class State(StrEnum):
    """What the service is at. ``failed``: the device hangs, or fails whatever it is given; a new process may help."""

    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"
    FAILED = "failed"


class OcrService:
    """Has ``reader`` read pages for many callers. Belongs to the event loop it is made on.

    ``metrics`` are those that ``reader`` reports to. ``engine_name`` says what reads with an effort, for the trail.
    """

    def __init__(self, limits: Limits, reader: Reader, metrics: Metrics, engine_name: Callable[[Effort], str]) -> None:
        self.limits = limits
        self.reader = reader
        self.metrics = metrics
        self.engine_name = engine_name
        self.admission = Admission(limits, reader.at_a_time)
        self._is_warm = False
        self._draining = False
        metrics.watch(
            lambda: reader.depths,
            lambda: self.admission.accepted,
            lambda: self.admission.active,
            lambda: reader.busy / reader.at_a_time,
        )

    async def start(self) -> None:
        """Starts the reader; ready then. Raises what that raises."""
        await self.reader.start()
        self._is_warm = True

    @property
    def state(self) -> State:
        """What the service is at now."""
        if self.reader.broken:
            return State.FAILED
        if self._draining:
            return State.DRAINING
        return State.READY if self._is_warm else State.LOADING

    async def read(self, data: bytes, order: Order, ticket: PageTicket) -> Answer | Refusal:
        """Waits for the page's turn and has it read.

        Raises :class:`gpu.reader.DeadlinePassed`, :class:`gpu.reader.MachineFaultError`, and what kept the reader from
        reading this page.
        """
        async with self.admission.turn(ticket):
            page = await self.reader.read(data, order, ticket)
        if isinstance(page, Refusal):
            return page
        self.admission.measured(ticket.worked_s)
        return Answer(self.engine_name(order.effort), page.width, page.height, page.reading.lines, page.reading.turn)

    async def drain(self, bound_s: float) -> int:
        """Accepts nothing more and waits for what is accepted, ``bound_s`` seconds at most; how many pages are left."""
        self._draining = True
        try:
            async with asyncio.timeout(bound_s):
                await self.admission.empty()
        except TimeoutError:
            log.warning("%d pages were not finished within %g s", self.admission.accepted, bound_s)
        return self.admission.accepted

    def close(self) -> None:
        """See :meth:`gpu.reader.Reader.close`."""
        self.reader.close()
