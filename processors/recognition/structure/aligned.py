"""Tables without a drawn grid: rows whose pieces keep to the same columns.

In the manner of T-Recs (Kieninger, 1998) and of Nurminen (2013): runs of rows that share edges are candidates, the
white space that most of their rows keep free gives the columns, and what stands in the columns decides whether it is
a table: running text in columns, addresses side by side and labels with their values are not.
"""

from collections.abc import Sequence
from statistics import median

from processors.geometry import Box, union
from processors.recognition.structure.columns import Interval, find_columns, place, split_columns
from processors.recognition.structure.draft import Draft
from processors.recognition.structure.evidence import is_label, is_table, peel_heading
from processors.recognition.structure.layers import assemble
from processors.recognition.structure.parts import Kind, Piece, Row, rows_of
from processors.recognition.structure.rulings import Ruling

_FARTHEST = 3.0  # white space in line heights between the first two rows of a table
_PAUSE = 0.8  # the same in line heights, beyond one and a half of the usual white space between its rows
_HEADING_GAP = 2.2
_STACK_GAP = 0.8
_MOST_BETWEEN = 5  # lines without a second column between two rows: text that wraps
_LOOK_BACK = 3  # rows of which one must share edges with the next one
_ALIGNED = 0.45  # line heights by which edges of one column may differ
_WRAP_GAP = 0.6


def aligned_tables(
    pieces: Sequence[Piece], texts: Sequence[str], boxes: Sequence[Box], rulings: Sequence[Ruling], unit: float
) -> list[Draft]:
    """Tables that alignment shows, from top to bottom. ``pieces`` are lines outside of drawn grids."""
    rows = rows_of(pieces)
    drafts = []
    start = 0
    for first, last in _runs(rows, unit):
        if first < start:
            continue
        draft, stop = _table(rows, max(start, 0), first, last, texts, boxes, rulings, unit)
        if draft is not None:
            drafts.append(draft)
            start = stop
    return drafts


def _runs(rows: Sequence[Row], unit: float) -> list[tuple[int, int]]:
    """First and last position of rows that share edges, each with one of the last rows of several pieces before it."""
    runs: list[tuple[int, int]] = []
    gaps: list[float] = []
    run: list[int] = []
    for index, row in enumerate(rows):
        if len(row.pieces) < 2:
            continue
        if run:
            widest = max(rows[i + 1].top - rows[i].bottom for i in range(run[-1], index))
            near = index - run[-1] <= _MOST_BETWEEN + 1 and widest <= _farthest(gaps, unit)
            if near and any(_goes_on(rows[upper], row, unit) for upper in run[-_LOOK_BACK:]):
                run.append(index)
                runs[-1] = (run[0], index)
                gaps.append(max(0.0, widest))
                continue
        run, gaps = [index], []
        runs.append((index, index))
    return [(first, last) for first, last in runs if last > first]


def _farthest(gaps: Sequence[float], unit: float) -> float:
    """White space after which a table has ended: more than its rows have left so far."""
    return _FARTHEST * unit if not gaps else _PAUSE * unit + 1.5 * median(gaps)


def _goes_on(upper: Row, lower: Row, unit: float) -> bool:
    first, second = upper.pieces, lower.pieces
    shared = sum(any(_share_edge(a.box, b.box, unit) for b in second) for a in first)
    return shared >= 2 and 2 * shared >= min(len(first), len(second))


def _share_edge(a: Box, b: Box, unit: float) -> bool:
    slack = _ALIGNED * unit
    if a.x0 >= b.x1 or b.x0 >= a.x1:
        return False
    return abs(a.x0 - b.x0) <= slack or abs(a.x1 - b.x1) <= slack or abs(a.center_x - b.center_x) <= slack


def _table(
    rows: Sequence[Row],
    least: int,
    first: int,
    last: int,
    texts: Sequence[str],
    boxes: Sequence[Box],
    rulings: Sequence[Ruling],
    unit: float,
) -> tuple[Draft | None, int]:
    """The table of the run, with the heading rows above it and the wrapped lines below; the position after it."""
    multiple = [row for row in rows[first : last + 1] if len(row.pieces) > 1]
    columns = split_columns(multiple, find_columns(multiple, unit), unit, boxes)
    if len(columns) < 2:
        return None, last + 1
    first = _with_headings(rows, least, first, columns, unit)
    stop = _with_wraps(rows, first, last + 1, columns, unit)
    members = list(rows[first:stop])
    columns = _widened(members, columns)
    placed = [[part for piece in row.pieces for part in place(piece, columns, unit, texts, boxes)] for row in members]
    heading = peel_heading(members, placed, unit)
    if not is_table(members, placed, heading, len(columns), unit):
        return None, last + 1
    return assemble(members, placed, heading, columns, _between(rulings, members), unit), stop


def _with_headings(rows: Sequence[Row], least: int, first: int, columns: Sequence[Interval], unit: float) -> int:
    """The first of the heading rows above: words over half the columns, some lone lines may lie between; then
    those close above."""
    if any(piece.kind > Kind.WORDS for piece in rows[first].pieces):
        position = first - 1
        while position > max(least, first - _MOST_BETWEEN) and len(rows[position].pieces) == 1:
            position -= 1
        between = range(position, first)
        if position < least or any(rows[i + 1].top - rows[i].bottom > _HEADING_GAP * unit for i in between):
            return first
        if 2 * _headed(rows[position], columns, unit) < len(columns):
            return first
        first = position
    while first > least and rows[first].top - rows[first - 1].bottom <= _STACK_GAP * unit:
        if not _headed(rows[first - 1], columns, unit):
            break
        first -= 1
    return first


def _headed(row: Row, columns: Sequence[Interval], unit: float) -> int:
    """How many columns the row's words stand over; 0 where it cannot be a heading."""
    inside = columns[0][0] - unit <= row.pieces[0].box.x0 and row.pieces[-1].box.x1 <= columns[-1][1] + unit
    if len(row.pieces) < 2 or not inside or any(p.kind > Kind.WORDS or is_label(p.text) for p in row.pieces):
        return 0
    return sum(any(min(high, p.box.x1) > max(low, p.box.x0) for p in row.pieces) for low, high in columns)


def _with_wraps(rows: Sequence[Row], first: int, stop: int, columns: Sequence[Interval], unit: float) -> int:
    """The position after the single lines close below that keep to one column, as those between its rows do."""
    gaps = [rows[i].top - rows[i - 1].bottom for i in range(first + 1, stop) if len(rows[i].pieces) == 1]
    farthest = max([_WRAP_GAP * unit, *(gap + 0.1 * unit for gap in gaps)])
    while stop < len(rows) and rows[stop].top - rows[stop - 1].bottom <= farthest:
        pieces = rows[stop].pieces
        if len(pieces) > 1 or pieces[0].kind > Kind.WORDS:
            break
        box = pieces[0].box
        inside = [index for index, (low, high) in enumerate(columns) if min(high, box.x1) > max(low, box.x0)]
        if len(inside) != 1 or abs(box.x0 - columns[inside[0]][0]) > unit:
            break
        stop += 1
    return stop


def _widened(rows: Sequence[Row], columns: Sequence[Interval]) -> list[Interval]:
    """The columns with the single lines that stand in one of them, and in the white space beside it."""
    wide = list(columns)
    for row in rows:
        for piece in row.pieces:
            box = piece.box
            over = [i for i, (low, high) in enumerate(columns) if min(high, box.x1) > max(low, box.x0)]
            if len(over) == 1:
                wide[over[0]] = (min(wide[over[0]][0], box.x0), max(wide[over[0]][1], box.x1))
    for left in range(len(wide) - 1):
        if wide[left][1] > wide[left + 1][0]:
            middle = (columns[left][1] + columns[left + 1][0]) / 2
            wide[left], wide[left + 1] = (wide[left][0], middle), (middle, wide[left + 1][1])
    return wide


def _between(rulings: Sequence[Ruling], rows: Sequence[Row]) -> list[Ruling]:
    """The horizontal lines within the height of the table that are about as wide as a column or more."""
    box = union(piece.box for row in rows for piece in row.pieces)
    height = median(row.bottom - row.top for row in rows)
    return [
        line
        for line in rulings
        if line.horizontal
        and box.y0 - height < line.y0 < box.y1 + height
        and min(line.x1, box.x1) - max(line.x0, box.x0) > 2 * height
    ]
