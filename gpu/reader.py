"""What the service needs of whoever reads its pages, and what a page is on its way there.

:class:`gpu.batched.BatchedReader` reads in batches of many pages, as a GPU wants it;
:class:`gpu.processes.ProcessReader` reads whole pages in a process per core, as a CPU wants it.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from processors.errors import Refusal
from processors.recognition.lines import Effort
from processors.recognition.upright import Reading

STALLED_AFTER_S = 60.0
"""A batch takes seconds at most; one that runs longer hangs, and only a new process helps."""

MOST_FAILURES = 3
"""After so many failures in a row, and of a blank image after each of them, the device is broken."""

BLANK = (64, 64, 3)
"""The shape of an image on which no device that works can fail."""


class MachineFaultError(Exception):
    """The machine, and not the page, keeps the page from being read; it may be read later. The message says what."""


class DeadlinePassed(Exception):  # noqa: N818 -- an event, not a defect
    """The page's time was up before its work was done."""


@dataclass(slots=True, eq=False)
class PageTicket:
    """A page on its way: its place in the order, and when it is of no use any more (on the event loop's clock).

    ``waited_s`` sums up the time in which it waited for a turn or a device, ``worked_s`` the device's time for it: its
    share of each batch, or that of its process. ``wanted``: whether its caller still waits for it.
    """

    number: int
    deadline: float = math.inf
    waited_s: float = 0.0
    worked_s: float = 0.0
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """How a page shall be read; ``deadline_s`` from now. See :func:`processors.recognition.upright.read_upright`."""

    effort: Effort
    deadline_s: float
    most_lines: int | None = None
    sure_of_turn: bool = True


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What was read, and the size in pixels of the image as it came."""

    width: int
    height: int
    reading: Reading


class Reader(Protocol):
    """Reads page images, several at a time. Belongs to the event loop that it is used from."""

    @property
    def at_a_time(self) -> int:
        """How many threads or processes work at most."""

    @property
    def busy(self) -> int:
        """How many of them work now."""

    @property
    def depths(self) -> dict[str, int]:
        """What waits for one of them, by kind of work: ``detect`` and ``read``, or ``page``."""

    @property
    def broken(self) -> bool:
        """Whether it hangs, or fails whatever it is given; a new process may help."""

    async def start(self) -> None:
        """Loads the networks and runs each once; it reads from then on. Raises what keeps it from that."""

    async def read(self, data: bytes, order: Order, ticket: PageTicket) -> ReadPage | Refusal:
        """The lines of the image file ``data``, or why it is no image that can be read.

        Raises :class:`DeadlinePassed`, :class:`MachineFaultError`, and another exception where this page cannot be
        read. Cancelled, it begins nothing more for the page.
        """

    def close(self) -> None:
        """Begins no more work."""
