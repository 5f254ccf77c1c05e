"""What waits for a device, and which of it goes next. Pure data: no event loop, no clock, no threads.

Work of one kind (one network, and for detection one input size) waits in one queue. A batch is cut from one queue: the
largest item of the oldest page, and those behind it in the order of size, so that a page never waits for a younger
one and little of a batch is padding.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Kind = TypeVar("Kind", bound=Hashable)
Payload = TypeVar("Payload")


@dataclass(frozen=True, slots=True)
class BatchLimit:
    """How large one batch may be.

    ``items``: how many. ``pixels``: items times the size of the largest; an item that is larger alone goes alone.
    ``least_share``: the smallest item's size over the largest's, in [0, 1]; what is smaller would be mostly padding.
    """

    items: int
    pixels: int
    least_share: float = 0.5

    def allows(self, largest: int) -> int:
        """How many items a batch may have whose largest item has this size; 1 at least."""
        return max(1, min(self.items, self.pixels // max(1, largest)))


@dataclass(frozen=True, slots=True, eq=False)
class Item(Generic[Payload]):
    """One image that waits. Pages are served in the order of their numbers. Times are the caller's clock, in seconds.

    ``size`` is in padded pixels: of the network's input for detection, its width for a line.
    """

    payload: Payload
    size: int
    page: int
    arrived: float
    expires: float = math.inf


@dataclass(frozen=True, slots=True)
class Batch(Generic[Kind, Payload]):
    """Items of one kind that go to a device together, the largest first. ``allowed`` is how many it could have had."""

    kind: Kind
    items: tuple[Item[Payload], ...]
    allowed: int

    @property
    def padded(self) -> int:
        """Pixels of the batch as the network sees it."""
        return len(self.items) * self.items[0].size

    @property
    def fill(self) -> float:
        """How much of the largest possible batch it is, in (0, 1]."""
        return len(self.items) / self.allowed

    @property
    def padding(self) -> float:
        """The share of its pixels that is padding, in [0, 1)."""
        return 1 - sum(item.size for item in self.items) / self.padded


class _Queue(Generic[Payload]):
    """Items of one kind, the largest first; items of one size in the order of their pages."""

    def __init__(self, limit: BatchLimit) -> None:
        self._limit = limit
        self.items: list[Item[Payload]] = []
        # Of each page: a page asks for one thing at a time, so its items of one kind have arrived together.
        self._arrived: dict[int, float] = {}

    def add(self, item: Item[Payload]) -> None:
        insort(self.items, item, key=_order)
        self._arrived[item.page] = item.arrived

    @property
    def oldest_page(self) -> int:
        return min(self._arrived)

    @property
    def oldest_arrival(self) -> float:
        return min(self._arrived.values())

    def next_slice(self) -> tuple[int, int, int]:
        """Where the next batch starts and ends, and how many items it could have."""
        page = self.oldest_page
        start = next(index for index, item in enumerate(self.items) if item.page == page)
        largest = self.items[start].size
        allowed = self._limit.allows(largest)
        smallest = self._limit.least_share * largest
        end = bisect_left(self.items, True, lo=start, key=lambda item: item.size < smallest)
        return start, min(end, start + allowed), allowed

    def is_full(self) -> bool:
        start, end, allowed = self.next_slice()
        return end - start == allowed

    def cut(self) -> tuple[tuple[Item[Payload], ...], int]:
        start, end, allowed = self.next_slice()
        taken = tuple(self.items[start:end])
        self._keep(self.items[:start] + self.items[end:])
        return taken, allowed

    def drop(self, pages: set[int]) -> None:
        self._keep([item for item in self.items if item.page not in pages])

    def _keep(self, items: list[Item[Payload]]) -> None:
        self.items = items
        left = {item.page for item in items}
        self._arrived = {page: arrived for page, arrived in self._arrived.items() if page in left}


class Queues(Generic[Kind, Payload]):
    """The queues of all kinds. A batch is ripe when it is full, or an item of its queue has waited ``max_wait_s``."""

    def __init__(self, max_wait_s: float) -> None:
        self._max_wait_s = max_wait_s
        self._queues: dict[Kind, _Queue[Payload]] = {}

    def add(self, kind: Kind, limit: BatchLimit, item: Item[Payload]) -> None:
        """Lets ``item`` wait. ``limit`` is the same for all items of a kind."""
        self._queues.setdefault(kind, _Queue(limit)).add(item)

    def take(self, now: float) -> Batch[Kind, Payload] | None:
        """The ripe batch with the oldest page, which no longer waits then; ``None`` where no batch is ripe."""
        ripe = [
            (queue.oldest_page, index, kind)
            for index, (kind, queue) in enumerate(self._queues.items())
            if now >= queue.oldest_arrival + self._max_wait_s or queue.is_full()
        ]
        if not ripe:
            return None
        _, _, kind = min(ripe)
        items, allowed = self._queues[kind].cut()
        self._forget_empty()
        return Batch(kind, items, allowed)

    def next_ripe(self) -> float | None:
        """When the next batch is ripe by age, on the caller's clock; ``None`` where nothing waits."""
        return min((queue.oldest_arrival + self._max_wait_s for queue in self._queues.values()), default=None)

    def drop(self, page: int) -> None:
        """Forgets all that the page waits for."""
        self._drop({page})

    def drop_expired(self, now: float) -> list[Payload]:
        """Forgets the items whose time has come to expire; their payloads."""
        expired = [item for queue in self._queues.values() for item in queue.items if item.expires <= now]
        if expired:
            self._drop({item.page for item in expired})
        return [item.payload for item in expired]

    def depths(self) -> dict[Kind, int]:
        """How many items wait, by kind; kinds without any are left out."""
        return {kind: len(queue.items) for kind, queue in self._queues.items()}

    def _drop(self, pages: set[int]) -> None:
        for queue in self._queues.values():
            queue.drop(pages)
        self._forget_empty()

    def _forget_empty(self) -> None:
        self._queues = {kind: queue for kind, queue in self._queues.items() if queue.items}


def _order(item: Item[Payload]) -> tuple[int, int]:
    return -item.size, item.page
