"""Straight lines that a page draws: what separates the cells of a ruled table."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from processors.geometry import Box
from processors.recognition.orientation import turn_box

_MOST_PATHS = 4000  # drawings with more paths are graphics; reading them all costs seconds and gives no table
_MOST_BYTES = 2_000_000  # of drawing operators; one path may hold any number of segments
_MOST_RULINGS = 600
_THICKEST = 3.0  # points; thicker bars are areas, of which the edges count
_SHORTEST = 8.0
_STRAIGHT = 0.5  # points by which the ends of a horizontal or vertical line may differ
_COLLINEAR = 1.5
_PAUSE = 4.0  # points between the dashes of one line
_WHITE = 0.99

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ruling:
    """A horizontal or vertical line in points, ``x0 <= x1`` and ``y0 <= y1``; its thickness does not count."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def horizontal(self) -> bool:
        return self.x1 - self.x0 >= self.y1 - self.y0

    @property
    def length(self) -> float:
        return max(self.x1 - self.x0, self.y1 - self.y0)


def pdf_rulings(page: Any, paths: int | None = None) -> list[Ruling]:
    """The horizontal and vertical lines of a PyMuPDF page, in points after the page's rotation.

    ``paths`` is how many paths it draws, clips left aside, where that is known: to count them is half of the work.
    Lines, thin bars, and the edges of rectangles that are stroked or filled in a colour; dashes of one line are
    joined. Curves are left out. Pages with very many paths give none: those are graphics, and slow to read.
    """
    if paths is None:
        paths = sum(1 for kind, *_ in page.get_bboxlog() if kind.endswith("-path") and kind != "clip-path")
    if not paths or paths > _MOST_PATHS or len(page.read_contents()) > _MOST_BYTES:
        return []
    bare = page.rect * page.derotation_matrix
    found = []
    for drawing in page.get_cdrawings():
        for box in _edges(drawing):
            turned = turn_box(box, bare.width, bare.height, page.rotation)
            found.append(Ruling(turned.x0, turned.y0, turned.x1, turned.y1))
    return joined(found)


def _edges(drawing: dict[str, Any]) -> Iterator[Box]:
    fill = drawing.get("fill")
    stroked = "s" in drawing["type"]
    if not stroked and (fill is None or min(fill) > _WHITE):
        return
    for kind, *operands in drawing["items"]:
        if kind == "l":
            yield from _line(*operands[0], *operands[1])
        elif kind == "re":
            yield from _rectangle(*operands[0])
        elif kind == "qu":
            corners = operands[0]
            xs, ys = [x for x, _ in corners], [y for _, y in corners]
            yield from _rectangle(min(xs), min(ys), max(xs), max(ys))


def _line(x0: float, y0: float, x1: float, y1: float) -> Iterator[Box]:
    if abs(x1 - x0) <= _STRAIGHT or abs(y1 - y0) <= _STRAIGHT:
        yield Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _rectangle(x0: float, y0: float, x1: float, y1: float) -> Iterator[Box]:
    if y1 - y0 <= _THICKEST or x1 - x0 <= _THICKEST:
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        yield Box(x0, y, x1, y) if x1 - x0 >= y1 - y0 else Box(x, y0, x, y1)
        return
    yield Box(x0, y0, x1, y0)
    yield Box(x0, y1, x1, y1)
    yield Box(x0, y0, x0, y1)
    yield Box(x1, y0, x1, y1)


def joined(rulings: Iterable[Ruling]) -> list[Ruling]:
    """Lines of which each stands for all collinear ones that touch it or nearly do; the longest 600 of them."""
    horizontals, verticals = [], []
    for ruling in rulings:
        if ruling.horizontal:
            horizontals.append((ruling.y0, ruling.x0, ruling.x1))
        else:
            verticals.append((ruling.x0, ruling.y0, ruling.y1))
    found = [Ruling(low, at, high, at) for at, low, high in _runs(horizontals)]
    found += [Ruling(at, low, at, high) for at, low, high in _runs(verticals)]
    found = [ruling for ruling in found if ruling.length >= _SHORTEST]
    longest = sorted(found, key=lambda ruling: -ruling.length)[:_MOST_RULINGS]
    return sorted(longest, key=lambda ruling: (ruling.y0, ruling.x0, ruling.y1, ruling.x1))


def _runs(lines: list[tuple[float, float, float]]) -> Iterator[tuple[float, float, float]]:
    """Lines at about one place, end to end: their place, where they begin, and where they end."""
    for at, members in clusters([(at, (low, high)) for at, low, high in lines], _COLLINEAR):
        members.sort()
        low, high = members[0]
        for further_low, further_high in members[1:]:
            if further_low - high > _PAUSE:
                yield at, low, high
                low, high = further_low, further_high
            else:
                high = max(high, further_high)
        yield at, low, high


def clusters(items: Sequence[tuple[float, T]], width: float) -> list[tuple[float, list[T]]]:
    """Items whose places are at most ``width`` apart from the first of them, with the mean place; by place."""
    found: list[tuple[list[float], list[T]]] = []
    for place, item in sorted(items, key=lambda entry: entry[0]):
        if found and place - found[-1][0][0] <= width:
            found[-1][0].append(place)
            found[-1][1].append(item)
        else:
            found.append(([place], [item]))
    return [(sum(places) / len(places), members) for places, members in found]
