"""Forms of boxes: rows of framed cells, each a small label above what was filled in."""

from collections.abc import Sequence
from dataclasses import dataclass

from processors.geometry import Box
from processors.synthesis.canvas import BLACK, Align, Color
from processors.synthesis.sheet import Family, Sheet, Value

_PAD = 2.5


@dataclass(frozen=True, slots=True)
class Cell:
    """A box: its label, what stands in it, its share of the row, and whether the filling is an amount.

    ``more`` stands below ``value``.
    """

    label: str
    value: Value | str = ""
    share: float = 1.0
    amount: bool = False
    more: Value | None = None


@dataclass(frozen=True, slots=True)
class Filling:
    """How a form was filled in: its type, its size and colour, and the size of the printed labels."""

    family: Family
    size: float
    color: Color = BLACK
    label_size: float = 6.0
    frame: Color = BLACK


def box_row(
    sheet: Sheet, cells: Sequence[Cell], x0: float, x1: float, y: float, filling: Filling, height: float = 0.0
) -> float:
    """One row of boxes from ``x0`` to ``x1``, at least ``height`` points high; the y below."""
    total = sum(cell.share for cell in cells)
    edges, left = [], x0
    for cell in cells:
        right = left + (x1 - x0) * cell.share / total
        edges.append((left, right))
        left = right
    bottom = y + height
    for cell, (left, right) in zip(cells, edges, strict=True):
        bottom = max(bottom, _fill(sheet, cell, left, right, y, filling) + _PAD)
    for left, right in edges:
        sheet.canvas.rect(Box(left, y, right, bottom), stroke=filling.frame, width=0.6)
    return bottom


def _fill(sheet: Sheet, cell: Cell, left: float, right: float, y: float, filling: Filling) -> float:
    width = right - left - 2 * _PAD
    top = sheet.block(left + _PAD, y + 1.5, width, cell.label, size=filling.label_size)
    if cell.amount:
        place = right - _PAD
        sheet.line(
            place, top, cell.value, width, size=filling.size, align=Align.RIGHT,
            family=filling.family, color=filling.color,
        )  # fmt: skip
        return top + filling.size * sheet.theme.leading
    for value in (cell.value, cell.more):
        if value is not None:
            top = sheet.block(
                left + _PAD, top, width, value, size=filling.size, family=filling.family, color=filling.color
            )
    return top
