"""The table of line items: columns as wide as their content needs, rows that wrap, pages that continue."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from processors.geometry import Box
from processors.synthesis.canvas import BLACK, PALE, Align, Canvas, Color, text_width, wrap
from processors.synthesis.content import InvoiceContent, LineContent
from processors.synthesis.parts import Style

SIZE = 9.0
_LEADING = 11.5
_PAD = 5.0
_NUMERIC = ("quantity", "unit_price", "tax_rate", "amount")


@dataclass(frozen=True, slots=True)
class Look:
    """A table's decoration: full grid or rules only, the header's fill, striped rows."""

    grid: Color | None = None
    header_fill: Color | None = None
    header_text: Color = BLACK
    header_rule: Color | None = None
    row_rule: Color | None = None
    stripes: bool = False
    padding: float = 4.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column between ``x0`` and ``x1`` points."""

    name: str
    heading: str
    x0: float
    x1: float

    @property
    def align(self) -> Align:
        return Align.RIGHT if self.name in _NUMERIC else Align.LEFT

    @property
    def anchor(self) -> float:
        return self.x1 - _PAD if self.align is Align.RIGHT else self.x0 + _PAD


def draw_table(
    canvas: Canvas,
    content: InvoiceContent,
    style: Style,
    look: Look,
    x0: float,
    x1: float,
    y: float,
    bottom: float,
    next_page: Callable[[], float],
) -> float:
    """Draw all lines from ``y`` down between ``x0`` and ``x1``; returns the y below the last row.

    Where a row would pass ``bottom``, ``next_page`` begins a page and says where the table goes on there; the heading
    is repeated.
    """
    rows = [_cells(content, style, number, line) for number, line in enumerate(content.lines, start=1)]
    columns = _columns(content, style, rows, x0, x1)
    top = y
    y = _draw_heading(canvas, columns, style, look, y)
    for number, row in enumerate(rows, start=1):
        lines = {column.name: _broken(column, row[column.name], style) for column in columns}
        height = max(len(part) for part in lines.values()) * _LEADING + 2 * look.padding
        if y + height > bottom:
            _draw_grid(canvas, columns, look, top, y)
            top = next_page()
            y = _draw_heading(canvas, columns, style, look, top)
        if look.stripes and number % 2 == 0:
            canvas.rect(Box(x0, y, x1, y + height), fill=PALE)
        for column in columns:
            _draw_cell(canvas, column, lines[column.name], style, y + look.padding, number)
        y += height
        if look.row_rule:
            canvas.line(x0, y, x1, y, 0.4, look.row_rule)
    _draw_grid(canvas, columns, look, top, y)
    return y


def _cells(content: InvoiceContent, style: Style, number: int, line: LineContent) -> dict[str, str]:
    market = content.market
    money = market.money if style.symbol_in_table else market.amount
    return {
        "position": str(number),
        "sku": line.sku,
        "description": line.description,
        "quantity": market.number(line.quantity),
        "unit": market.units[line.unit],
        "unit_price": money(line.unit_price),
        "tax_rate": market.rate(line.tax_rate),
        "amount": money(line.amount),
    }


def _columns(
    content: InvoiceContent, style: Style, rows: Sequence[Mapping[str, str]], x0: float, x1: float
) -> list[Column]:
    """Every column but the description gets what its longest cell needs; the description takes the rest."""
    headings = {name: content.wording[name] for name in style.columns}
    widths = {
        name: max(
            text_width(headings[name], style.bold, SIZE),
            *(text_width(row[name], style.regular, SIZE) for row in rows),
        )
        + 2 * _PAD
        + 4
        for name in style.columns
    }
    widths["description"] = x1 - x0 - sum(width for name, width in widths.items() if name != "description")
    columns, left = [], x0
    for name in style.columns:
        columns.append(Column(name, headings[name], left, left + widths[name]))
        left += widths[name]
    return columns


def _broken(column: Column, text: str, style: Style) -> list[str]:
    if column.name != "description":
        return [text]
    return wrap(text, style.regular, SIZE, column.x1 - column.x0 - 2 * _PAD)


def _draw_heading(canvas: Canvas, columns: Sequence[Column], style: Style, look: Look, y: float) -> float:
    height = _LEADING + 2 * look.padding
    x0, x1 = columns[0].x0, columns[-1].x1
    if look.header_fill:
        canvas.rect(Box(x0, y, x1, y + height), fill=look.header_fill)
    for column in columns:
        baseline = y + look.padding + SIZE
        canvas.text(column.anchor, baseline, column.heading, style.bold, SIZE, look.header_text, column.align)
    if look.header_rule:
        canvas.line(x0, y + height, x1, y + height, 1, look.header_rule)
    return y + height


def _draw_cell(canvas: Canvas, column: Column, lines: Sequence[str], style: Style, y: float, number: int) -> None:
    field = None if column.name == "position" else f"line_items[{number}].{column.name}"
    for index, text in enumerate(lines):
        baseline = y + SIZE + index * _LEADING
        canvas.text(column.anchor, baseline, text, style.regular, SIZE, align=column.align, field=field)


def _draw_grid(canvas: Canvas, columns: Sequence[Column], look: Look, top: float, bottom: float) -> None:
    if look.grid is None:
        return
    canvas.rect(Box(columns[0].x0, top, columns[-1].x1, bottom), stroke=look.grid, width=0.7)
    for left, _ in pairwise(columns):
        canvas.line(left.x1, top, left.x1, bottom, 0.5, look.grid)
