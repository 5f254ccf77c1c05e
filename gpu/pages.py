"""Reading one page over the batcher: it puts the requests of the page's dialogue into the batches of all pages."""

import asyncio
from concurrent.futures import Executor

from gpu.batching import Batcher
from gpu.reader import PageTicket
from processors.recognition.lines import Answer, Request
from processors.recognition.upright import Reading, UprightDialogue


class PageReader:
    """Reads pages over one batcher. What a page computes itself (line images, words) runs on ``workers``."""

    def __init__(self, batcher: Batcher, workers: Executor) -> None:
        self._batcher = batcher
        self._workers = workers

    async def read_page(self, dialogue: UprightDialogue, ticket: PageTicket) -> Reading:
        """What the page's dialogue comes to, its requests answered in the batches of all pages.

        Raises :class:`gpu.reader.DeadlinePassed`, or what a network raised on this page. Cancelled, it takes back
        what no device has begun.
        """
        loop = asyncio.get_running_loop()
        answer: Answer | None = None
        while True:
            step = await loop.run_in_executor(self._workers, _advance, dialogue, answer)
            if isinstance(step, Reading):
                return step
            answer = await self._batcher.ask(ticket, step)


def _advance(dialogue: UprightDialogue, answer: Answer | None) -> Request | Reading:
    """The dialogue's next request, or its end: ``StopIteration`` cannot pass through a future."""
    try:
        return next(dialogue) if answer is None else dialogue.send(answer)
    except StopIteration as stop:
        reading: Reading = stop.value
        return reading
