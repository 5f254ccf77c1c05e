"""Ruled tables: the cells between lines that cross."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from processors.geometry import Box
from processors.recognition.structure.rulings import Ruling, clusters

_REACH = 3.0  # points by which lines may miss one another where they should meet
_COVERED = 0.5  # share of a cell's side that must be drawn to separate it
_MOST_CELLS = 4000
_OVERHANG = 6.0  # points by which lines reach beyond the last one that crosses them: an open side of the table


@dataclass(frozen=True, slots=True)
class Area:
    """A cell of a grid by rows and columns, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Edges of columns and rows in points, and the areas that no drawn line divides; they tile the grid."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    areas: tuple[Area, ...]

    @property
    def box(self) -> Box:
        return Box(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    def area_box(self, area: Area) -> Box:
        return Box(self.xs[area.left], self.ys[area.top], self.xs[area.right + 1], self.ys[area.bottom + 1])


def find_grids(rulings: Sequence[Ruling], thinnest: float) -> list[Grid]:
    """Grids of at least two columns, from top to bottom; rows and columns are at least ``thinnest`` points wide."""
    grids = []
    for across, down in _crossing(rulings):
        xs = _places([(line.x0, line.length) for line in down], [(line.x0, line.x1) for line in across], thinnest)
        ys = _places([(line.y0, line.length) for line in across], [(line.y0, line.y1) for line in down], thinnest)
        if len(xs) < 3 or len(ys) < 2 or (len(xs) - 1) * (len(ys) - 1) > _MOST_CELLS:
            continue
        areas = _areas(xs, ys, across, down)
        if len({area.left for area in areas}) > 1:
            grids.append(Grid(tuple(xs), tuple(ys), tuple(areas)))
    return sorted(grids, key=lambda grid: (grid.ys[0], grid.xs[0]))


def _crossing(rulings: Sequence[Ruling]) -> list[tuple[list[Ruling], list[Ruling]]]:
    """Sets of horizontal and vertical lines that hang together by meeting."""
    across = [ruling for ruling in rulings if ruling.horizontal]
    down = sorted((ruling for ruling in rulings if not ruling.horizontal), key=lambda ruling: ruling.x0)
    places = [ruling.x0 for ruling in down]
    parents = list(range(len(across) + len(down)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for index, line in enumerate(across):
        for other in range(bisect_left(places, line.x0 - _REACH), bisect_right(places, line.x1 + _REACH)):
            if down[other].y0 - _REACH <= line.y0 <= down[other].y1 + _REACH:
                parents[root(len(across) + other)] = root(index)
    sets: dict[int, tuple[list[Ruling], list[Ruling]]] = {}
    for index, line in enumerate([*across, *down]):
        sets.setdefault(root(index), ([], []))[0 if index < len(across) else 1].append(line)
    return [members for members in sets.values() if members[0] and members[1]]


def _places(lines: list[tuple[float, float]], crossing: list[tuple[float, float]], thinnest: float) -> list[float]:
    """Where the lines of one direction lie, and the ends of those that cross them where they reach beyond."""
    found = [place for place, _ in clusters([(place, place) for place, _ in lines], thinnest)]
    low, high = min(low for low, _ in crossing), max(high for _, high in crossing)
    if found[0] - low > max(_OVERHANG, thinnest):
        found.insert(0, low)
    if high - found[-1] > max(_OVERHANG, thinnest):
        found.append(high)
    return found


def _areas(xs: list[float], ys: list[float], across: list[Ruling], down: list[Ruling]) -> list[Area]:
    rows, columns = len(ys) - 1, len(xs) - 1
    right_drawn = _drawn(xs, ys, [(line.x0, line.y0, line.y1) for line in down])
    below_drawn = _drawn(ys, xs, [(line.y0, line.x0, line.x1) for line in across])
    owner: dict[tuple[int, int], Area] = {}
    for row in range(rows):
        for column in range(columns):
            if (row, column) in owner:
                continue
            area = Area(row, column, row, column)
            while True:
                grown = _grown(area, rows, columns, right_drawn, below_drawn, owner)
                if grown == area:
                    break
                area = grown
            for place in _cells(area):
                owner[place] = area
    return sorted(set(owner.values()), key=lambda area: (area.top, area.left))


def _cells(area: Area) -> list[tuple[int, int]]:
    return [(row, column) for row in range(area.top, area.bottom + 1) for column in range(area.left, area.right + 1)]


def _grown(
    area: Area,
    rows: int,
    columns: int,
    right_drawn: set[tuple[int, int]],
    below_drawn: set[tuple[int, int]],
    owner: dict[tuple[int, int], Area],
) -> Area:
    """The area with the column at its right or the row below, where no line keeps all of it off; else itself."""
    down, across = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
    right, below = area.right + 1, area.bottom + 1
    if right < columns and not any((right, row) in right_drawn or (row, right) in owner for row in down):
        return Area(area.top, area.left, area.bottom, right)
    if below < rows and not any((below, column) in below_drawn or (below, column) in owner for column in across):
        return Area(area.top, area.left, below, area.right)
    return area


def _drawn(places: list[float], others: list[float], lines: list[tuple[float, float, float]]) -> set[tuple[int, int]]:
    """For each edge (position in ``places``) the steps along it (positions in ``others``) that a line covers."""
    covered: dict[tuple[int, int], float] = {}
    for at, low, high in lines:
        edge = min(range(len(places)), key=lambda index: abs(places[index] - at))
        for step in range(max(0, bisect_right(others, low) - 1), len(others) - 1):
            if others[step] >= high:
                break
            length = min(high, others[step + 1]) - max(low, others[step])
            covered[edge, step] = covered.get((edge, step), 0.0) + length
    return {
        (edge, step)
        for (edge, step), length in covered.items()
        if length >= _COVERED * (others[step + 1] - others[step])
    }
