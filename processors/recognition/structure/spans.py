"""Heading rows of tables without a grid: what is one heading on two lines, and what stands over several columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from processors.geometry import Box, union
from processors.recognition.structure.columns import Interval, Placed
from processors.recognition.structure.grid import Area
from processors.recognition.structure.parts import Row
from processors.recognition.structure.rulings import Ruling

_TIGHT = 0.2  # white space in line heights between the lines of one heading
_OFF_CENTER = 0.3  # of a column's width, by which a heading may miss the middle of what it stands over


@dataclass(slots=True)
class _Heading:
    first: int
    last: int
    box: Box
    words: list[int]


def heading_layers(rows: Sequence[Row], placed: Sequence[Sequence[Placed]], unit: float) -> list[list[int]]:
    """Positions of the heading's lines by row of the table: lines set close together are one row, unless the upper
    one has a heading over several columns that each have one in the lower."""
    layers: list[list[int]] = []
    for index, row in enumerate(rows):
        if (
            layers
            and row.top - rows[index - 1].bottom <= _TIGHT * unit
            and not _groups(placed[index - 1], placed[index])
        ):
            layers[-1].append(index)
        else:
            layers.append([index])
    return layers


def _groups(upper: Sequence[Placed], lower: Sequence[Placed]) -> bool:
    below = {cell.first for cell in lower}
    return any(
        cell.first < cell.last and all(column in below for column in range(cell.first, cell.last + 1)) for cell in upper
    )


def spread(
    layers: Sequence[Sequence[Placed]], columns: Sequence[Interval], numbers: set[int], rulings: Sequence[Ruling]
) -> list[tuple[Area, list[int]]]:
    """The headings' areas: groups over the columns that they are centred on, single ones over the rows free above.

    ``numbers`` are the columns that hold numbers; a group does not stand over these and others.
    """
    merged = [_merged(layer) for layer in layers]
    spans = [_stretched(cells, merged[row + 1 :], columns, numbers, rulings) for row, cells in enumerate(merged)]
    found: list[tuple[Area, list[int]]] = []
    for row, cells in enumerate(spans):
        for cell in cells:
            top = row
            while top > 0 and not any(a.first <= cell.last and a.last >= cell.first for a in spans[top - 1]):
                top -= 1
            found.append((Area(top, cell.first, row, cell.last), list(cell.words)))
    return found


def _merged(layer: Sequence[Placed]) -> list[_Heading]:
    """The layer's headings from left to right, one for each column or run of columns."""
    cells: list[_Heading] = []
    for part in sorted(layer, key=lambda part: part.first):
        known = next((cell for cell in cells if part.first <= cell.last and cell.first <= part.last), None)
        if known is None:
            cells.append(_Heading(part.first, part.last, part.piece.box, list(part.piece.words)))
        else:
            known.first, known.last = min(known.first, part.first), max(known.last, part.last)
            known.box = union([known.box, part.piece.box])
            known.words += part.piece.words
    return cells


def _stretched(
    cells: Sequence[_Heading],
    below: Sequence[Sequence[_Heading]],
    columns: Sequence[Interval],
    numbers: set[int],
    rulings: Sequence[Ruling],
) -> list[_Heading]:
    """The headings, each over as many columns with headings below as it stands in the middle of."""
    named = {column for layer in below for cell in layer for column in range(cell.first, cell.last + 1)}
    edges = [columns[0][0], *((a[1] + b[0]) / 2 for a, b in pairwise(columns)), columns[-1][1]]
    stretched: list[_Heading] = []
    for index, cell in enumerate(cells):
        left = stretched[-1].last + 1 if stretched else 0
        right = cells[index + 1].first - 1 if index + 1 < len(cells) else len(columns) - 1
        options = [
            (last - first, -abs(edges[first] + edges[last + 1] - 2 * cell.box.center_x), first, last)
            for first in range(left, cell.first + 1)
            for last in range(cell.last, right + 1)
            if all(c in named and (c in numbers) == (cell.first in numbers) for c in range(first, last + 1))
        ]
        centred = [
            option
            for option in options
            if -option[1] <= 2 * _OFF_CENTER * (edges[option[3] + 1] - edges[option[2]]) / (option[0] + 1)
        ]
        first, last = _underlined(cell, columns, rulings) or (max(centred)[2:] if centred else (cell.first, cell.last))
        if first < left or last > right:
            first, last = cell.first, cell.last
        stretched.append(_Heading(first, last, cell.box, cell.words))
    return stretched


def _underlined(cell: _Heading, columns: Sequence[Interval], rulings: Sequence[Ruling]) -> tuple[int, int] | None:
    """The columns over which a line right under the heading runs, where it does not run on under others."""
    for line in rulings:
        near = -0.3 * cell.box.height <= line.y0 - cell.box.y1 <= 0.6 * cell.box.height
        if near and line.x0 <= cell.box.center_x <= line.x1:
            over = [i for i, (low, high) in enumerate(columns) if line.x0 <= (low + high) / 2 <= line.x1]
            if 1 < len(over) < len(columns):
                return over[0], over[-1]
    return None
