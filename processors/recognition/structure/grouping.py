"""Which printed lines make one row of a table: the lines with its numbers, and those that wrap around them."""

from collections.abc import Sequence
from itertools import pairwise

from processors.recognition.structure.parts import Row

_EVEN = 0.15  # difference in line heights below which two distances say nothing
_LONE = 1.0  # white space in line heights from which on a line without numbers is a row by itself


def group_rows(rows: Sequence[Row], anchors: Sequence[bool], unit: float) -> list[list[int]]:
    """Positions of ``rows`` by table row. Each row has at most one anchor; lines without go to the nearer anchor.

    Where they stand as near to one as to the other, they belong to the anchor above (a text that wraps), except in
    tables that begin with such a line, where amounts stand at the last line of their row.
    """
    groups: list[list[int]] = []
    waiting: list[int] = []
    upward = bool(anchors) and not anchors[0]
    for index, anchor in enumerate(anchors):
        if not anchor:
            waiting.append(index)
            continue
        above = _count_above(rows, groups, waiting, index, unit, upward)
        _close(rows, groups, waiting[:above], unit)
        rest = waiting[above:]
        lone = [at for at in rest if rows[index].top - rows[at].bottom > _LONE * unit]
        _close(rows, groups, lone, unit)
        groups.append([*rest[len(lone) :], index])
        waiting = []
    _close(rows, groups, waiting, unit)
    return groups


def _count_above(
    rows: Sequence[Row], groups: list[list[int]], waiting: list[int], anchor: int, unit: float, upward: bool
) -> int:
    """How many of the waiting lines belong to the row above: they are parted at the widest gap."""
    if not groups or not waiting:
        return 0
    chain = [groups[-1][-1], *waiting, anchor]
    gaps = [rows[lower].top - rows[upper].bottom for upper, lower in pairwise(chain)]
    widest = max(gaps)
    candidates = [index for index, gap in enumerate(gaps) if widest - gap < _EVEN * unit]
    return candidates[0] if upward else candidates[-1]


def _close(rows: Sequence[Row], groups: list[list[int]], lines: list[int], unit: float) -> None:
    """Add lines below the last row to it, or as rows of their own where they stand far apart."""
    for index in lines:
        if groups and rows[index].top - rows[groups[-1][-1]].bottom <= _LONE * unit:
            groups[-1].append(index)
        else:
            groups.append([index])
