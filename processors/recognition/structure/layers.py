"""From rows of placed pieces to a grid: heading rows with spans, body rows, and the words of every cell."""

from collections.abc import Sequence
from itertools import pairwise

from processors.recognition.structure.columns import Interval, Placed
from processors.recognition.structure.draft import Draft
from processors.recognition.structure.evidence import numeric_columns
from processors.recognition.structure.grid import Area, Grid
from processors.recognition.structure.grouping import group_rows
from processors.recognition.structure.parts import Kind, Row
from processors.recognition.structure.rulings import Ruling
from processors.recognition.structure.spans import heading_layers, spread

_SEPARATES = 0.5  # share of the table's width that a line between rows covers


def assemble(
    rows: Sequence[Row],
    placed: Sequence[Sequence[Placed]],
    heading: int,
    columns: Sequence[Interval],
    rulings: Sequence[Ruling],
    unit: float,
) -> Draft:
    """The table of ``rows``, of which the first ``heading`` are headings. ``placed`` has their pieces by column."""
    layers = heading_layers(rows[:heading], placed[:heading], unit)
    body = _body_groups(rows[heading:], placed[heading:], _separators(rulings, columns), unit)
    groups = [*layers, *([index + heading for index in group] for group in body)]
    ys = _edges([(min(rows[i].top for i in group), max(rows[i].bottom for i in group)) for group in groups])
    members = [[cell for i in group for cell in placed[i]] for group in groups]
    areas = spread(members[: len(layers)], columns, numeric_columns(placed[heading:]), rulings)
    for row in range(len(layers), len(groups)):
        areas += [(Area(row, first, row, last), words) for (first, last), words in _cells(members[row]).items()]
    grid = Grid(_edges(columns), ys, _tiled([area for area, _ in areas], len(groups), len(columns)))
    return Draft(grid, dict(areas), len(layers))


def _separators(rulings: Sequence[Ruling], columns: Sequence[Interval]) -> list[float]:
    width = columns[-1][1] - columns[0][0]
    return sorted(
        line.y0 for line in rulings if min(line.x1, columns[-1][1]) - max(line.x0, columns[0][0]) >= _SEPARATES * width
    )


def _body_groups(
    rows: Sequence[Row], placed: Sequence[Sequence[Placed]], separators: Sequence[float], unit: float
) -> list[list[int]]:
    """Rows of the table: what lines part, and within that, what its numbers tell."""
    numbers = numeric_columns(placed)
    if numbers:
        anchors = [any(c.first in numbers and c.piece.kind > Kind.WORDS for c in row) for row in placed]
    else:
        anchors = [any(cell.first == 0 for cell in row) or len(row) > 1 for row in placed]
    bands: list[list[int]] = []
    for index, row in enumerate(rows):
        parted = index == 0 or any(rows[index - 1].bottom - unit / 4 <= y <= row.top + unit / 4 for y in separators)
        if parted:
            bands.append([])
        bands[-1].append(index)
    groups: list[list[int]] = []
    closed = len(bands) > 1
    for band in bands:
        inside = [anchors[index] for index in band]
        if closed and sum(inside) <= 1:
            groups.append(band)
        else:
            groups += [[band[i] for i in group] for group in group_rows([rows[i] for i in band], inside, unit)]
    return groups


def _edges(stretches: Sequence[Interval]) -> tuple[float, ...]:
    """Where stretches begin and end, and the middle of what lies between them."""
    between = [(upper[1] + lower[0]) / 2 for upper, lower in pairwise(stretches)]
    return (stretches[0][0], *between, stretches[-1][1])


def _cells(found: Sequence[Placed]) -> dict[tuple[int, int], list[int]]:
    """Words by first and last column; a piece over several columns stays in the first where others fill them."""
    single = {cell.first for cell in found if cell.first == cell.last}
    cells: dict[tuple[int, int], list[int]] = {}
    taken: dict[int, tuple[int, int]] = {}
    for cell in found:
        span = (cell.first, cell.last)
        if cell.first != cell.last and (
            single & set(range(cell.first, cell.last + 1)) or any(c in taken for c in range(cell.first, cell.last + 1))
        ):
            span = (cell.first, cell.first)
        span = taken.get(span[0], span)
        for column in range(span[0], span[1] + 1):
            taken[column] = span
        cells.setdefault(span, []).extend(cell.piece.words)
    return cells


def _tiled(areas: Sequence[Area], rows: int, columns: int) -> tuple[Area, ...]:
    """The areas, and an empty one for every place that none of them covers."""
    covered = {
        (row, column)
        for area in areas
        for row in range(area.top, area.bottom + 1)
        for column in range(area.left, area.right + 1)
    }
    empty = [
        Area(row, column, row, column)
        for row in range(rows)
        for column in range(columns)
        if (row, column) not in covered
    ]
    return tuple(sorted([*areas, *empty], key=lambda area: (area.top, area.left)))
