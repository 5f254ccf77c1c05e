"""Where labels go: beside their boxes, off every value, and off the page's ink as far as it can be."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.geometry import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_GAP = 0.8
_STEPS = (0.0, 9.0, 18.0, 30.0, 45.0, 65.0, 90.0)
"""How far from its box a label is tried, in points, nearest first."""
_FAR = 0.004
"""Cost of one point of distance, where covering nothing but ink costs 1."""
_CROSSING = 0.3


class Ink:
    """How much of the page is printed, by area, for any rectangle in points."""

    def __init__(self, grey: "NDArray[np.uint8]", width: float, height: float) -> None:
        """``grey`` is the page of ``width`` x ``height`` points as an image, 255 white."""
        import numpy as np

        rows, columns = grey.shape
        self._width, self._height = width, height
        self._scale = (columns / width, rows / height)
        self._sums = np.zeros((rows + 1, columns + 1), np.int64)
        self._sums[1:, 1:] = (grey < 200).cumsum(0).cumsum(1)

    def holds(self, box: Box) -> bool:
        """Whether ``box`` lies on the page."""
        return box.x0 >= 0 and box.y0 >= 0 and box.x1 <= self._width and box.y1 <= self._height

    def share(self, box: Box) -> float:
        """The printed share of ``box`` in [0, 1]; 1 where it leaves the page."""
        if not self.holds(box):
            return 1.0
        rows, columns = int(self._sums.shape[0]) - 1, int(self._sums.shape[1]) - 1
        x0, x1 = int(box.x0 * self._scale[0]), min(int(box.x1 * self._scale[0]) + 1, columns)
        y0, y1 = int(box.y0 * self._scale[1]), min(int(box.y1 * self._scale[1]) + 1, rows)
        dark = self._sums[y1, x1] - self._sums[y0, x1] - self._sums[y1, x0] + self._sums[y0, x0]
        return float(dark) / ((x1 - x0) * (y1 - y0))


@dataclass(frozen=True, slots=True)
class Place:
    """A label's box, and how far it lies from what it names (0: beside it)."""

    box: Box
    distance: float


def place(target: Box, width: float, height: float, taken: Sequence[Box], ink: Ink, beside: bool = False) -> Place:
    """The best place for a label of ``width`` x ``height`` points that names ``target``.

    Never off the page or over a box of ``taken`` while a place within reach avoids both. Of those, one that is near,
    covers little ink and needs no leader across other boxes; left or right of the target if ``beside`` and possible.
    """
    others = [box for box in taken if not overlaps(box, target)]
    best: Place | None = None
    least = (True, math.inf)
    for candidate in _candidates(target, width, height, beside):
        far = candidate.distance * _FAR
        if least <= (False, far):
            break  # all that follow lie as far or farther, and distance alone makes them worse
        blocked = not ink.holds(candidate.box) or any(overlaps(candidate.box, box) for box in taken)
        crossing = far > 0 and not blocked and _crosses(candidate.box, target, others)
        cost = (blocked, ink.share(candidate.box) + far + crossing * _CROSSING)
        if cost < least:
            best, least = candidate, cost
    assert best is not None, "there is always a candidate"
    return best


def leader(label: Box, target: Box) -> tuple[float, float, float, float]:
    """The shortest line between two boxes: x and y on the first, x and y on the second."""
    x_label, x_target = _between(label.x0, label.x1, target.x0, target.x1)
    y_label, y_target = _between(label.y0, label.y1, target.y0, target.y1)
    return x_label, y_label, x_target, y_target


def overlaps(one: Box, other: Box) -> bool:
    """Whether the two boxes share any area."""
    return one.horizontal_overlap(other) > 0 and one.vertical_overlap(other) > 0


def least_printed(boxes: Iterable[Box], taken: Sequence[Box], ink: Ink) -> Box:
    """Of some possible boxes the one that covers nothing of ``taken`` if possible, and the least ink."""
    return min(boxes, key=lambda box: (any(overlaps(box, other) for other in taken), ink.share(box)))


def _candidates(target: Box, width: float, height: float, beside: bool) -> Iterator[Place]:
    """Around the target, nearest ring first; each ring clockwise from above, after the two sides if ``beside``."""
    middle = target.center_y - height / 2
    for step in _STEPS:
        above, below = target.y0 - _GAP - height - step, target.y1 + _GAP + step
        left, right = target.x0 - _GAP - width - step, target.x1 + _GAP + step
        around = [
            (target.x0, above),
            (right, middle),
            (target.x0, below),
            (left, middle),
            (target.x1 - width, above),
            (target.x1 - width, below),
            (right, above),
            (left, above),
        ]
        sides = [(left, middle), (right, middle)] if beside else []
        for x, y in sides + around:
            yield Place(Box(x, y, x + width, y + height), step)


def _crosses(label: Box, target: Box, others: Sequence[Box]) -> bool:
    """Whether the leader from ``label`` to ``target`` runs over one of ``others``, looked at every other point."""
    x0, y0, x1, y1 = leader(label, target)
    span = Box(min(x0, x1) - 0.1, min(y0, y1) - 0.1, max(x0, x1) + 0.1, max(y0, y1) + 0.1)
    near = [box for box in others if overlaps(box, span)]
    steps = int(max(abs(x1 - x0), abs(y1 - y0)) / 2) + 1
    points = [(x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps) for step in range(steps + 1)]
    return any(box.x0 < x < box.x1 and box.y0 < y < box.y1 for box in near for x, y in points)


def _between(low: float, high: float, other_low: float, other_high: float) -> tuple[float, float]:
    """The nearest values of two ranges, one of each; the middle of what they share where they meet."""
    if high < other_low:
        return high, other_low
    if other_high < low:
        return low, other_high
    middle = (max(low, other_low) + min(high, other_high)) / 2
    return middle, middle
