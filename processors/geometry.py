"""Page geometry: PDF points, origin top-left, after the page's rotation (DESIGN §5).

The rectangle convention is PyMuPDF's ``Rect(x0, y0, x1, y1)``; one point is 1/72 inch.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)  # no slots: see processors.fields
class Box:
    """An axis-parallel rectangle in points. ``x0 <= x1`` and ``y0 <= y1``."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def center_x(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def center_y(self) -> float:
        return (self.y0 + self.y1) / 2

    def horizontal_overlap(self, other: "Box") -> float:
        """Length in points of the two boxes' common stretch on the x axis; 0 where they are apart."""
        return max(0.0, min(self.x1, other.x1) - max(self.x0, other.x0))

    def vertical_overlap(self, other: "Box") -> float:
        """Length in points of the two boxes' common stretch on the y axis; 0 where they are apart."""
        return max(0.0, min(self.y1, other.y1) - max(self.y0, other.y0))


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds all of ``boxes``. Raises ``ValueError`` on none."""
    items = iter(boxes)
    first = next(items, None)
    if first is None:
        raise ValueError("the union of no boxes is undefined")
    x0, y0, x1, y1 = first.x0, first.y0, first.x1, first.y1
    # One pass by hand: layout makes hundreds of unions a page, most of them of one or two boxes.
    for box in items:
        if box.x0 < x0:
            x0 = box.x0
        if box.y0 < y0:
            y0 = box.y0
        if box.x1 > x1:
            x1 = box.x1
        if box.y1 > y1:
            y1 = box.y1
    return Box(x0, y0, x1, y1)
