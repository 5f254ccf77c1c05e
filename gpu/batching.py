"""Many pages' requests, gathered into batches and run on the device's threads.

A busy thread may have its next batch at hand, so that it need not wait for the event loop between two batches.
The networks are pure functions of one image each, so a batch that fails is run again in halves: only the page at
fault fails.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

from gpu.limits import Limits
from gpu.queues import Batch, BatchLimit, Item, Queues
from gpu.reader import BLANK, MOST_FAILURES, DeadlinePassed, PageTicket
from processors.recognition.engine import Character, ModelSize, Quad
from processors.recognition.lines import Answer, Detect, Models, Read, Request

if TYPE_CHECKING:
    from processors.recognition.engine import RgbImage

    Outcome = list[Quad] | list[Character] | Exception

log = logging.getLogger("fieldtrail.ocr")


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work: images of one kind may share a batch. ``size`` is the input's (height, width) for detection."""

    name: Literal["detect", "read"]
    model: ModelSize | None = None
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What one batch was like, for the metrics: see :class:`gpu.queues.Batch`. ``waits_s`` has one entry per item."""

    work: Work
    items: int
    fill: float
    padding: float
    seconds: float
    waits_s: tuple[float, ...]
    failed: int


@dataclass(slots=True, eq=False)
class _Asked:
    """One request of a page, whose images may be spread over several batches."""

    page: PageTicket
    answer: "asyncio.Future[list[list[Quad] | list[Character]]]"
    outcomes: "dict[int, list[Quad] | list[Character]]" = field(default_factory=dict)
    images: "Sequence[RgbImage]" = ()
    first_taken: float | None = None

    def settle(self, index: int, outcome: "Outcome") -> None:
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
            return
        self.outcomes[index] = outcome
        if len(self.outcomes) == len(self.images):
            self.answer.set_result([self.outcomes[place] for place in range(len(self.images))])

    def settle_late(self) -> None:
        """The page's deadline has passed, or nobody waits for it any more."""
        if not self.answer.done():
            self.answer.set_exception(DeadlinePassed)


_Place = tuple[_Asked, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """A batch and its images, handed to a device thread; ``clock`` is the event loop's."""

    batch: Batch[Work, _Place]
    images: "list[RgbImage]"
    clock: Callable[[], float]

    def wanted(self) -> list[int]:
        """Which of its items somebody still waits for, as a device begins it."""
        now = self.clock()
        items = enumerate(self.batch.items)
        return [index for index, item in items if now < item.expires and not item.payload[0].answer.done()]


class Batcher:
    """Answers the requests of many pages with ``models``, on the ``threads`` threads of ``executor``, which takes what
    it is given in that order.

    Belongs to the event loop that it is used from. ``report`` is called on it once per batch.
    """

    def __init__(
        self,
        models: Models,
        limits: Limits,
        executor: Executor,
        threads: int,
        report: Callable[[BatchReport], None] = lambda _: None,
    ) -> None:
        self._models = models
        self._limits = limits
        self._executor = executor
        self._threads = threads
        self._report = report
        self._queues: Queues[Work, _Place] = Queues(limits.max_wait_s)
        self._wake: asyncio.TimerHandle | None = None
        self._running: dict[_Run, float] = {}  # since when
        self._at_hand: deque[_Run] = deque()  # the executor has them too, and begins them in this order
        self._failures = 0

    async def ask(self, page: PageTicket, request: Request) -> Answer:
        """The answer of the models, as :func:`processors.recognition.lines.answer` gives it.

        Raises :class:`gpu.reader.DeadlinePassed`, or what the network raised on this page's image. Cancelled, it takes
        back what no device has begun.
        """
        images = (request.image,) if isinstance(request, Detect) else request.crops
        if not images:
            return []
        loop = asyncio.get_running_loop()
        asked = _Asked(page, loop.create_future(), images=images)
        now = loop.time()
        for index, image in enumerate(images):
            work, limit, size = self._sort(request, image)
            self._queues.add(work, limit, Item((asked, index), size, page.number, now, page.deadline))
        self._pump()
        try:
            outcomes = await asked.answer
        finally:
            if len(asked.outcomes) < len(images):  # given up: no device need begin the rest
                self._queues.drop(page.number)
            page.waited_s += (loop.time() if asked.first_taken is None else asked.first_taken) - now
        return outcomes[0] if isinstance(request, Detect) else outcomes  # type: ignore[return-value]

    @property
    def depths(self) -> dict[str, int]:
        """Images and lines that wait for a device, by kind of work."""
        found = {"detect": 0, "read": 0}
        for work, depth in self._queues.depths().items():
            found[work.name] += depth
        for run in self._at_hand:
            found[run.batch.kind.name] += len(run.wanted())
        return found

    @property
    def busy(self) -> int:
        """Device threads at work."""
        return len(self._running)

    @property
    def broken(self) -> bool:
        """Whether the device fails whatever it is given."""
        return self._failures >= MOST_FAILURES

    def longest_run_s(self) -> float:
        """How long the oldest running batch has run, in seconds; 0 where none runs."""
        now = asyncio.get_running_loop().time()
        return max((now - started for started in self._running.values()), default=0.0)

    def _sort(self, request: Request, image: "RgbImage") -> tuple[Work, BatchLimit, int]:
        if isinstance(request, Read):
            width = self._models.recognizers[request.model].input_width(image)
            return Work("read", model=request.model), self._limits.read, width
        height, width = self._models.detector.input_size(*image.shape[:2])
        return Work("detect", size=(height, width)), self._limits.detect, height * width

    def _pump(self) -> None:
        """Hands over what is ripe while there is room, and wakes up again when more is."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for asked, _ in self._queues.drop_expired(now):
            asked.settle_late()
        while self._has_room() and (batch := self._queues.take(now)):
            self._hand_over(batch, loop)
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        ripe = self._queues.next_ripe()
        if self._has_room() and ripe is not None:
            self._wake = loop.call_at(ripe, self._pump)

    def _has_room(self) -> bool:
        return len(self._running) + len(self._at_hand) < self._threads + self._limits.ahead

    def _hand_over(self, batch: Batch[Work, _Place], loop: asyncio.AbstractEventLoop) -> None:
        images = [asked.images[index] for asked, index in (item.payload for item in batch.items)]
        run = _Run(batch, images, loop.time)
        self._at_hand.append(run)
        self._begin(loop.time())
        running = loop.run_in_executor(self._executor, self._run, run)
        running.add_done_callback(partial(self._finish, run))

    def _begin(self, now: float) -> None:
        """What an idle thread takes, it begins."""
        while self._at_hand and len(self._running) < self._threads:
            run = self._at_hand.popleft()
            self._running[run] = now
            for asked, _ in (item.payload for item in run.batch.items):
                asked.first_taken = now if asked.first_taken is None else asked.first_taken

    def _run(self, run: _Run) -> "tuple[dict[int, Outcome], bool]":
        """On a device thread: outcomes of the items that somebody still waits for, and whether the device works."""
        wanted = run.wanted()
        outcomes = self._outcomes(run.batch.kind, [run.images[index] for index in wanted])
        found = dict(zip(wanted, outcomes, strict=True))
        if not outcomes or not all(isinstance(outcome, Exception) for outcome in outcomes):
            return found, True
        return found, self._sees_a_blank()

    def _sees_a_blank(self) -> bool:
        import numpy as np

        try:
            return len(self._models.detector.detect([np.full(BLANK, 255, dtype=np.uint8)])) == 1
        except Exception:
            log.warning("the device fails on a blank image too", exc_info=True)
            return False

    def _outcomes(self, work: Work, images: "list[RgbImage]") -> "list[Outcome]":
        """An outcome for each image. The error of one image never becomes another one's."""
        if not images:
            return []
        try:
            network = self._models.detector.detect if work.model is None else self._models.recognizers[work.model].read
            return _one_for_each(images, network(images))
        except Exception as error:
            if len(images) == 1:
                return [error]
            middle = len(images) // 2
            return self._outcomes(work, images[:middle]) + self._outcomes(work, images[middle:])

    def _finish(self, run: _Run, future: "asyncio.Future[tuple[dict[int, Outcome], bool]]") -> None:
        if future.cancelled():  # the service is closing
            return
        began = self._running.pop(run)
        now = asyncio.get_running_loop().time()
        self._begin(now)
        outcomes, works = future.result()
        if outcomes:
            self._failures = 0 if works else self._failures + 1
            self._report(_report(run.batch, outcomes, began, now))
        for index, item in enumerate(run.batch.items):
            asked, place = item.payload
            if index in outcomes:
                asked.page.worked_s += (now - began) / len(outcomes)
                asked.settle(place, outcomes[index])
            else:
                asked.settle_late()
        self._pump()


def _one_for_each(images: "Sequence[RgbImage]", answers: "Sequence[list[Quad] | list[Character]]") -> "list[Outcome]":
    if len(answers) != len(images):
        raise RuntimeError(f"a network gave {len(answers)} answers for {len(images)} images")
    return list(answers)


def _report(batch: Batch[Work, _Place], outcomes: "dict[int, Outcome]", began: float, ended: float) -> BatchReport:
    failed = sum(isinstance(outcome, Exception) for outcome in outcomes.values())
    waits = tuple(began - batch.items[index].arrived for index in outcomes)
    return BatchReport(batch.kind, len(outcomes), batch.fill, batch.padding, ended - began, waits, failed)
