"""A plain table for statements, bills and slips: columns by share of the width, rows that wrap, pages that go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from processors.geometry import Box
from processors.synthesis.canvas import BLACK, WHITE, Align
from processors.synthesis.look import pale
from processors.synthesis.sheet import Sheet, Value

_PAD = 3.0


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, the column's share of the width, and how its cells are aligned."""

    heading: str
    share: float
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Ruling:
    """How a table is decorated."""

    header: str = "ruled"
    body: str = "none"
    padding: float = 2.0


def choose_ruling(rng: Random) -> Ruling:
    """A random decoration."""
    return Ruling(
        rng.choice(("ruled", "filled", "pale", "plain", "framed")),
        rng.choice(("none", "none", "rules", "stripes", "grid")),
        rng.choice((1.0, 2.0, 3.0)),
    )


def table(
    sheet: Sheet,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Value | str]],
    x0: float,
    x1: float,
    y: float,
    ruling: Ruling,
    size: float | None = None,
    strong: Sequence[int] = (),
) -> float:
    """Draw ``rows`` from ``y`` down, those listed in ``strong`` bold, heading repeated per page; the y below."""
    points = size or sheet.theme.size
    edges = _edges(columns, x0, x1)
    top = y
    y = _heading(sheet, columns, edges, y, ruling, points)
    for number, row in enumerate(rows):
        height = _height(sheet, columns, edges, row, points, number in strong) + 2 * ruling.padding
        if y + height > sheet.bottom:
            _frame(sheet, edges, top, y, ruling)
            top = sheet.begin_page()
            y = _heading(sheet, columns, edges, top, ruling, points)
        if ruling.body == "stripes" and number % 2:
            sheet.canvas.rect(Box(x0, y, x1, y + height), fill=pale(sheet.theme.accent, 0.08))
        for column, (left, right), cell in zip(columns, edges, row, strict=True):
            _cell(sheet, column, left, right, y + ruling.padding, cell, points, number in strong)
        y += height
        if ruling.body in ("rules", "grid"):
            sheet.rule(y, 0.4, sheet.theme.label, x0, x1)
    _frame(sheet, edges, top, y, ruling)
    return y


def _edges(columns: Sequence[Column], x0: float, x1: float) -> list[tuple[float, float]]:
    total = sum(column.share for column in columns)
    edges, left = [], x0
    for column in columns:
        right = left + (x1 - x0) * column.share / total
        edges.append((left, right))
        left = right
    return edges


def _height(
    sheet: Sheet,
    columns: Sequence[Column],
    edges: Sequence[tuple[float, float]],
    row: Sequence[Value | str],
    size: float,
    bold: bool,
) -> float:
    rows = 1
    for column, (left, right), cell in zip(columns, edges, row, strict=True):
        if column.align is Align.LEFT:
            text = cell.text if isinstance(cell, Value) else cell
            rows = max(rows, sheet.rows(text, right - left - 2 * _PAD, size, bold))
    return rows * size * sheet.theme.leading


def _cell(
    sheet: Sheet, column: Column, left: float, right: float, y: float, cell: Value | str, size: float, bold: bool
) -> None:
    width = right - left - 2 * _PAD
    if column.align is Align.LEFT:
        sheet.block(left + _PAD, y, width, cell, size=size, bold=bold)
        return
    x = right - _PAD if column.align is Align.RIGHT else (left + right) / 2
    sheet.line(x, y, cell, width, size=size, bold=bold, align=column.align)


def _heading(
    sheet: Sheet,
    columns: Sequence[Column],
    edges: Sequence[tuple[float, float]],
    y: float,
    ruling: Ruling,
    size: float,
) -> float:
    if not any(column.heading for column in columns):
        return y
    x0, x1 = edges[0][0], edges[-1][1]
    widths = [right - left - 2 * _PAD for left, right in edges]
    rows = max(sheet.rows(column.heading, width, size, True) for column, width in zip(columns, widths, strict=True))
    height = rows * size * sheet.theme.leading + 2 * ruling.padding
    if ruling.header in ("filled", "pale"):
        fill = sheet.theme.accent if ruling.header == "filled" else pale(sheet.theme.accent, 0.16)
        sheet.canvas.rect(Box(x0, y, x1, y + height), fill=fill)
    color = WHITE if ruling.header == "filled" else BLACK
    for column, (left, right), width in zip(columns, edges, widths, strict=True):
        x = {Align.LEFT: left + _PAD, Align.RIGHT: right - _PAD, Align.CENTER: (left + right) / 2}[column.align]
        top = y + ruling.padding
        sheet.block(x, top, width, column.heading, size=size, bold=True, color=color, align=column.align)
    if ruling.header == "framed":
        sheet.rule(y, 0.8, BLACK, x0, x1)
    if ruling.header in ("ruled", "framed"):
        sheet.rule(y + height, 0.8, sheet.theme.accent, x0, x1)
    return y + height


def _frame(sheet: Sheet, edges: Sequence[tuple[float, float]], top: float, bottom: float, ruling: Ruling) -> None:
    if ruling.body != "grid":
        return
    sheet.canvas.rect(Box(edges[0][0], top, edges[-1][1], bottom), stroke=sheet.theme.label)
    for _, right in edges[:-1]:
        sheet.canvas.line(right, top, right, bottom, 0.4, sheet.theme.label)
