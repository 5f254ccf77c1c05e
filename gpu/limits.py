"""What one OCR server takes in and how it batches, by device."""

from dataclasses import dataclass, replace

from gpu.queues import BatchLimit

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one server.

    ``detect`` and ``read``: of one batch; detection counts pixels of the network's input, reading the pixels along a
    line. ``max_wait_s``: how long a request may wait for others to share its batch. ``ahead``: batches that may be
    given to the device while all its threads are busy. ``max_pages``: accepted and not yet answered;
    ``max_held_bytes``: of their bodies together. ``max_active``: pages decoded and being read; the others wait as they
    came, so that memory is bounded. ``max_body_bytes`` and ``max_pixels``: of one image. ``default_deadline_s``: where
    the caller sets none; ``max_deadline_s``: the longest one may set.
    """

    detect: BatchLimit
    read: BatchLimit
    max_wait_s: float
    max_pages: int
    max_active: int
    ahead: int = 0
    max_body_bytes: int = 96 * _MIB  # as many pixels, uncompressed
    max_held_bytes: int = 1024 * _MIB
    max_pixels: int = 32_000_000  # 25 million are rendered at most, and deskewing adds a margin
    default_deadline_s: float = 120.0
    max_deadline_s: float = 600.0
    upload_timeout_s: float = 30.0

    def with_batch(self, lines: int) -> "Limits":
        """The same with at most so many lines in a batch."""
        return replace(self, read=replace(self.read, items=lines))


GPU_THREADS = 4
"""While one batch runs on a GPU, others are scaled before and decoded after it, on the CPU."""


def limits_for_processes(max_pages: int = 128) -> Limits:
    """Limits where processes read a whole page each: there are no batches, and as no page is decoded before a process
    has it, none has to wait for a turn."""
    alone = BatchLimit(1, 1)
    return Limits(alone, alone, 0.0, max_pages, max_active=max_pages)


def limits_for(device: str, threads: int, max_wait_s: float = 0.005, max_pages: int = 128) -> Limits:
    """Limits for ``cpu`` with that many device threads, or for a GPU.

    On a CPU (where processes are the better choice, see :mod:`gpu.processes`), company makes short lines faster, long
    ones hardly and pages not at all: pages are detected one by one, and lines come to a thread some at a time, the next
    ones while it works, as each hand-over waits for the event loop. Lines in a batch have one padded width: with more
    padding, a line may read differently, and a page would depend on its company. A GPU wants large batches, and would
    get small ones early; the bound is the recogniser's output, one probability per character (18,710 of them) and 8
    pixels of line: 25,600 make 240 MB.
    """
    if device == "cpu":
        return Limits(BatchLimit(1, 1), BatchLimit(16, 1280, 1.0), max_wait_s, max_pages, 2 * threads + 2, threads)
    return Limits(BatchLimit(16, 16 * 1_500_000), BatchLimit(256, 25_600, 1.0), max_wait_s, max_pages, 48)
