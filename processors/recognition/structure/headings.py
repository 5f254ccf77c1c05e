"""Heading rows: those on top whose cells are unlike the numbers under them."""

from collections import Counter
from collections.abc import Mapping

from processors.recognition.structure.grid import Area, Grid
from processors.recognition.structure.parts import Kind

_MOST = 4


def heading_height(grid: Grid, kinds: Mapping[Area, Kind]) -> int:
    """How many rows are headings: leading rows with none of the kind that its column mostly holds, where that is
    numbers. A table of words only has one, where its first row is full. ``kinds`` has no empty cells."""
    rows = len(grid.ys) - 1
    by_column: dict[int, list[Kind]] = {}
    for area, kind in kinds.items():
        if area.left == area.right:
            by_column.setdefault(area.left, []).append(kind)
    usual = {column: _usual(found) for column, found in by_column.items()}
    if not any(usual.values()):
        first = [area for area in grid.areas if area.top == 0]
        return int(all(area in kinds for area in first))
    height = 0
    while height < min(_MOST, rows - 1):
        row = [area for area in grid.areas if area.top == height and area in kinds]
        if not all(_is_heading(area, kinds[area], usual) for area in row):
            break
        height = max([height + 1, *(area.bottom + 1 for area in row if area.left in usual)])
    return min(height, rows - 1)


def _usual(kinds: list[Kind]) -> Kind:
    """What a column mostly holds; of a heading and one number, the number."""
    counts = Counter(kinds)
    numbers = counts[Kind.NUMBER] + counts[Kind.AMOUNT]
    if 2 * numbers < len(kinds):
        return Kind.WORDS
    return Kind.AMOUNT if counts[Kind.AMOUNT] >= counts[Kind.NUMBER] else Kind.NUMBER


def _is_heading(area: Area, kind: Kind, usual: Mapping[int, Kind]) -> bool:
    if kind is Kind.WORDS:
        return True
    return all(usual.get(column, Kind.WORDS) > kind for column in range(area.left, area.right + 1))
