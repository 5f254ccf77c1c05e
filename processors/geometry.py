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
    items = list(boxes)
    if not items:
        raise ValueError("the union of no boxes is undefined")
    return Box(
        min(box.x0 for box in items),
        min(box.y0 for box in items),
        max(box.x1 for box in items),
        max(box.y1 for box in items),
    )
