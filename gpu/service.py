"""One device's service without its HTTP: networks, batches, turns, threads, warm-up, drain."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gpu.admission import Admission
from gpu.answers import Answer
from gpu.batching import Batcher, PageTicket
from gpu.images import decode_image
from gpu.limits import Limits
from gpu.metrics import Metrics
from gpu.pages import PageReader
from processors.errors import Refusal
from processors.recognition.lines import Effort, Models
from processors.recognition.models import warm_up
from processors.recognition.upright import read_upright

if TYPE_CHECKING:
    from concurrent.futures import Executor

STALLED_AFTER_S = 60.0
"""A batch takes seconds at most; one that runs longer hangs, and only a new process helps."""

log = logging.getLogger("fieldtrail.ocr")


class State(StrEnum):
    """What the service is at. ``failed``: the device hangs, or fails whatever it is given; a new process may help."""

    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Order:
    """How a page shall be read; ``deadline_s`` from now. See :func:`processors.recognition.upright.read_upright`."""

    effort: Effort
    deadline_s: float
    most_lines: int | None = None
    sure_of_turn: bool = True


class OcrService:
    """Reads pages for many callers on one device with ``threads`` threads. Belongs to the event loop it is made on.

    ``engine_name`` says what reads with an effort, for the trail.
    """

    def __init__(self, limits: Limits, threads: int, engine_name: Callable[[Effort], str]) -> None:
        self.limits = limits
        self.threads = threads
        self.engine_name = engine_name
        self.metrics = Metrics()
        self.admission = Admission(limits, threads)
        self._device = ThreadPoolExecutor(threads, "ocr-device")
        self._workers = ThreadPoolExecutor(threads, "ocr-page")
        self._batcher: Batcher | None = None
        self._reader: PageReader | None = None
        self._draining = False

    async def start(self, load: Callable[[], Models]) -> None:
        """Loads the networks and runs each once on every device thread; ready then. Raises what ``load`` raises."""
        loop = asyncio.get_running_loop()
        models = await loop.run_in_executor(self._device, load)
        await asyncio.gather(*(loop.run_in_executor(self._device, warm_up, models) for _ in range(self.threads)))
        self.use(models, self._device)

    def use(self, models: Models, device: "Executor") -> None:
        """Reads with these networks on these threads from now on."""
        batcher = Batcher(models, self.limits, device, self.threads, self.metrics.batch)
        self.metrics.watch(
            lambda: batcher.depths,
            lambda: self.admission.accepted,
            lambda: self.admission.active,
            lambda: batcher.busy / self.threads,
        )
        self._batcher, self._reader = batcher, PageReader(batcher, self._workers)

    @property
    def state(self) -> State:
        """What the service is at now."""
        if self._batcher is not None and (self._batcher.broken or self._batcher.longest_run_s() > STALLED_AFTER_S):
            return State.FAILED
        if self._draining:
            return State.DRAINING
        return State.LOADING if self._batcher is None else State.READY

    async def read(self, data: bytes, order: Order, ticket: PageTicket) -> Answer | Refusal:
        """Waits for the page's turn, decodes it and reads it.

        Raises :class:`gpu.batching.DeadlinePassed`, and what a network raised on this page.
        """
        assert self._reader is not None, "only a ready service accepts pages"
        async with self.admission.turn(ticket):
            image = await asyncio.get_running_loop().run_in_executor(
                self._workers, decode_image, data, self.limits.max_pixels
            )
            if isinstance(image, Refusal):
                return image
            dialogue = read_upright(image, order.effort, sure=order.sure_of_turn, most_lines=order.most_lines)
            reading = await self._reader.read_page(dialogue, ticket)
        self.admission.measured(ticket.worked_s)
        height, width = image.shape[:2]
        return Answer(self.engine_name(order.effort), width, height, reading.lines, reading.turn)

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
        """Begins no more work; what runs goes on to its end."""
        self._device.shutdown(wait=False, cancel_futures=True)
        self._workers.shutdown(wait=False, cancel_futures=True)
