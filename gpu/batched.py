"""Reading pages in batches of many pages, on the threads of this process: what a GPU wants."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from gpu.batching import Batcher, BatchReport
from gpu.images import decode_image
from gpu.limits import Limits
from gpu.pages import PageReader
from gpu.reader import STALLED_AFTER_S, Order, PageTicket, ReadPage
from processors.errors import Refusal
from processors.recognition.lines import Models
from processors.recognition.models import warm_up
from processors.recognition.upright import read_upright


class BatchedReader:
    """A :class:`gpu.reader.Reader` with ``threads`` device threads, on the networks that ``load`` gives.

    ``report`` is called on the event loop once per batch.
    """

    def __init__(
        self,
        limits: Limits,
        threads: int,
        load: Callable[[], Models],
        report: Callable[[BatchReport], None] = lambda _: None,
    ) -> None:
        self._limits = limits
        self._threads = threads
        self._load = load
        self._report = report
        self._device = ThreadPoolExecutor(threads, "ocr-device")
        self._workers = ThreadPoolExecutor(threads, "ocr-page")
        self._batcher: Batcher | None = None
        self._pages: PageReader | None = None

    @property
    def at_a_time(self) -> int:
        """See :class:`gpu.reader.Reader`."""
        return self._threads

    @property
    def busy(self) -> int:
        """See :class:`gpu.reader.Reader`."""
        return 0 if self._batcher is None else self._batcher.busy

    @property
    def depths(self) -> dict[str, int]:
        """See :class:`gpu.reader.Reader`."""
        return {"detect": 0, "read": 0} if self._batcher is None else self._batcher.depths

    @property
    def broken(self) -> bool:
        """See :class:`gpu.reader.Reader`."""
        batcher = self._batcher
        return batcher is not None and (batcher.broken or batcher.longest_run_s() > STALLED_AFTER_S)

    async def start(self) -> None:
        """Loads the networks and runs each once on every device thread. Raises what loading raises."""
        loop = asyncio.get_running_loop()
        models = await loop.run_in_executor(self._device, self._load)
        await asyncio.gather(*(loop.run_in_executor(self._device, warm_up, models) for _ in range(self._threads)))
        self._batcher = Batcher(models, self._limits, self._device, self._threads, self._report)
        self._pages = PageReader(self._batcher, self._workers)

    async def read(self, data: bytes, order: Order, ticket: PageTicket) -> ReadPage | Refusal:
        """See :class:`gpu.reader.Reader`; also raises what a network raised on this page."""
        assert self._pages is not None, "it was started"
        image = await asyncio.get_running_loop().run_in_executor(
            self._workers, decode_image, data, self._limits.max_pixels
        )
        if isinstance(image, Refusal):
            return image
        dialogue = read_upright(image, order.effort, sure=order.sure_of_turn, most_lines=order.most_lines)
        reading = await self._pages.read_page(dialogue, ticket)
        height, width = image.shape[:2]
        return ReadPage(width, height, reading)

    def close(self) -> None:
        """Begins no more work; what runs goes on to its end."""
        self._device.shutdown(wait=False, cancel_futures=True)
        self._workers.shutdown(wait=False, cancel_futures=True)
