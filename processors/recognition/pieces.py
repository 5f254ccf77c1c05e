"""Images so long that a line of text would be lost in the detector's small copy are looked at in pieces."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from processors.recognition.engine import Quad

if TYPE_CHECKING:
    from processors.recognition.engine import RgbImage

# A strip of 1 to 4 still gets a third of its pixels in the detector's copy; a till roll of 1 to 10 got a tenth.
_LONGEST = 4.0
_PIECE = 2.5  # times as long as wide
_OVERLAP = 0.2  # of a piece's width, at each end: more than any line is high


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an image in pixels, looked at from ``start`` to ``stop`` and answerable from ``first`` to ``last``.

    ``down``: along the height, else along the width.
    """

    start: int
    stop: int
    first: float
    last: float
    down: bool

    def cut(self, image: "RgbImage") -> "RgbImage":
        """The image's part that is looked at."""
        return image[self.start : self.stop] if self.down else image[:, self.start : self.stop]

    def moved(self, quad: Quad) -> Quad:
        """A quad of the part, in pixels of the whole image."""
        x, y = (0, self.start) if self.down else (self.start, 0)
        a, b, c, d = quad
        return (a[0] + x, a[1] + y), (b[0] + x, b[1] + y), (c[0] + x, c[1] + y), (d[0] + x, d[1] + y)

    def owns(self, quad: Quad) -> bool:
        """Whether a quad of the whole image is this piece's to report: of two that see it, one is."""
        middle = sum(point[1 if self.down else 0] for point in quad) / 4
        return self.first <= middle < self.last


def pieces_of(height: int, width: int) -> list[Piece]:
    """The pieces of an image, in order; one for all of it unless it is very long."""
    down = height >= width
    length, breadth = (height, width) if down else (width, height)
    if length <= _LONGEST * breadth:
        return [Piece(0, length, -math.inf, math.inf, down)]
    count = math.ceil(length / (_PIECE * breadth))
    margin = math.ceil(_OVERLAP * breadth)
    edges = [length * index / count for index in range(count + 1)]
    return [
        Piece(
            max(0, math.floor(first) - margin),
            min(length, math.ceil(last) + margin),
            first if first > 0 else -math.inf,
            last if last < length else math.inf,
            down,
        )
        for first, last in pairwise(edges)
    ]
