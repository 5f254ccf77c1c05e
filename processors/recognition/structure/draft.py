"""A table in the making, and the table that comes of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from processors.document import Cell, Table
from processors.geometry import Box
from processors.recognition.structure.grid import Area, Grid


@dataclass(slots=True)
class Draft:
    """A grid, the words in each of its areas in reading order, and how many of its rows are headings."""

    grid: Grid
    words: dict[Area, list[int]] = field(default_factory=dict)
    heading_rows: int = 0

    def all_words(self) -> Iterable[int]:
        return (word for area in self.grid.areas for word in self.words.get(area, ()))


def compact(draft: Draft) -> Draft | None:
    """The draft without rows and columns that hold no word; ``None`` where less than two of either are left."""
    areas = [area for area in draft.grid.areas if draft.words.get(area)]
    rows = _kept((area.top, area.bottom) for area in areas)
    columns = _kept((area.left, area.right) for area in areas)
    if len(rows) < 2 or len(columns) < 2:
        return None
    row_at = {row: index for index, row in enumerate(rows)}
    column_at = {column: index for index, column in enumerate(columns)}
    grid = draft.grid
    kept: list[Area] = []
    words: dict[Area, list[int]] = {}
    for area in grid.areas:
        inner_rows = [row_at[row] for row in range(area.top, area.bottom + 1) if row in row_at]
        inner_columns = [column_at[column] for column in range(area.left, area.right + 1) if column in column_at]
        if inner_rows and inner_columns:
            kept.append(Area(inner_rows[0], inner_columns[0], inner_rows[-1], inner_columns[-1]))
            words[kept[-1]] = draft.words.get(area, [])
    # The space of a dropped row or column goes to the one before it; what lies before the first stays outside.
    xs = (*(grid.xs[column] for column in columns), grid.xs[columns[-1] + 1])
    ys = (*(grid.ys[row] for row in rows), grid.ys[rows[-1] + 1])
    heading_rows = sum(1 for row in rows if row < draft.heading_rows)
    return Draft(Grid(xs, ys, tuple(kept)), words, heading_rows)


def _kept(stretches: Iterable[tuple[int, int]]) -> list[int]:
    """Indexes needed to tell the stretches apart: where each begins, those covered by more than one are one."""
    return sorted({low for low, _ in stretches})


def to_table(draft: Draft, renumbered: Sequence[int]) -> Table:
    """The table, in the grid's coordinates. ``renumbered``: a word's place in the reading order by its old one."""
    grid = draft.grid
    cells = tuple(
        Cell(
            area.top,
            area.left,
            tuple(renumbered[word] for word in draft.words.get(area, ())),
            _rounded(grid.area_box(area)),
            area.bottom - area.top + 1,
            area.right - area.left + 1,
            area.top < draft.heading_rows,
        )
        for area in sorted(grid.areas, key=lambda area: (area.top, area.left))
    )
    return Table(len(grid.ys) - 1, len(grid.xs) - 1, cells, _rounded(grid.box))


def _rounded(box: Box) -> Box:
    return Box(round(box.x0, 2), round(box.y0, 2), round(box.x1, 2), round(box.y1, 2))
