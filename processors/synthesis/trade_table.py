"""The table of lines of a trade document: which columns, how they are ruled, rows that wrap, pages that go on."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from processors.geometry import Box
from processors.synthesis.canvas import BLACK, WHITE, Align
from processors.synthesis.look import pale
from processors.synthesis.sheet import Sheet, Value
from processors.synthesis.trade import Deal, Line
from processors.synthesis.truth import money as plain_money

_PAD = 4.0
_LEAST_DESCRIPTION = 105.0
_OPTIONAL = ("position", "unit", "sku", "tax_rate")
_LEFT = ("position", "sku", "description", "unit")
_HEADERS = ("filled", "filled", "pale", "ruled", "framed", "plain")
_BODIES = ("none", "rules", "rules", "stripes", "grid", "verticals", "dotted")


@dataclass(frozen=True, slots=True)
class TableStyle:
    """How one sender's tables look. ``columns`` from left to right; ``joined`` prints the unit behind the quantity."""

    columns: tuple[str, ...]
    header: str
    body: str
    padding: float
    joined: bool
    carry: bool
    caps: bool
    size: float


def choose_table_style(rng: Random, deal: Deal, size: float) -> TableStyle:
    """A random style with all columns that the lines need."""
    rates = {line.tax_rate for line in deal.lines}
    simple = rng.random() < 0.13 and not any(line.discount for line in deal.lines)
    shown = {
        "position": rng.random() < 0.35,
        "sku": rng.random() < 0.45,
        "quantity": not simple,
        "unit": not simple and rng.random() < 0.35,
        "unit_price": not simple and rng.random() < 0.95,
        "discount": any(line.discount for line in deal.lines),
        "tax_rate": len(rates) > 1 or (bool(deal.sums.shares) and rng.random() < 0.25),
    }
    orders = (
        "position sku description quantity unit unit_price discount tax_rate amount",
        "position sku description quantity unit unit_price discount tax_rate amount",
        "quantity unit sku description unit_price discount tax_rate amount",
        "position description sku tax_rate quantity unit unit_price discount amount",
        "sku description tax_rate unit_price quantity unit discount amount",
        "position quantity unit sku description unit_price tax_rate discount amount",
    )
    return TableStyle(
        columns=tuple(name for name in rng.choice(orders).split() if shown.get(name, True)),
        header=rng.choice(_HEADERS),
        body=rng.choice(_BODIES),
        padding=rng.choice((1.5, 2.5, 3.5, 5.0)),
        joined=not shown["unit"] and not simple and rng.random() < 0.2,
        carry=rng.random() < 0.5,
        caps=rng.random() < 0.2,
        size=size,
    )


class Table:
    """One document's table on its sheet, between ``x0`` and ``x1``."""

    def __init__(self, sheet: Sheet, deal: Deal, style: TableStyle, x0: float, x1: float) -> None:
        self.sheet, self.deal, self.style = sheet, deal, style
        self.x0, self.x1 = x0, x1
        self.size = style.size
        self.columns = self._fitted()

    def draw(self, y: float) -> float:
        """All lines from ``y`` down, over as many pages as they need; the y below the last."""
        top = y
        y = self._heading(y)
        sum_so_far = Decimal(0)
        for number, line in enumerate(self.deal.lines, start=1):
            height = self._height(line)
            if y + height + (self._row() if self.style.carry else 0) > self.sheet.bottom:
                if self.style.carry and number > 1:
                    y = self._carry("carried_forward", sum_so_far, y)
                self._frame(top, y)
                top = self.sheet.begin_page()
                y = self._heading(top)
                if self.style.carry and number > 1:
                    y = self._carry("brought_forward", sum_so_far, y)
            if self.style.body == "stripes" and number % 2 == 0:
                self.sheet.canvas.rect(Box(self.x0, y, self.x1, y + height), fill=pale(self.sheet.theme.accent, 0.08))
            self._line(number, line, y + self.style.padding)
            y += height
            sum_so_far += line.amount
            self._rule_below(y)
        self._frame(top, y)
        return y

    def _fitted(self) -> dict[str, tuple[float, float]]:
        """Columns with their edges; where they leave no room for the description, smaller type or fewer of them."""
        names = list(self.style.columns)
        while True:
            widths = {name: self._natural(name) for name in names if name != "description"}
            rest = self.x1 - self.x0 - sum(widths.values())
            spare = [name for name in _OPTIONAL if name in names and self._droppable(name)]
            if rest >= _LEAST_DESCRIPTION or (self.size <= 5.5 and not spare):
                break
            if self.size > 7.2 or not spare:
                self.size *= 0.94
            else:
                names.remove(spare[0])
        widths["description"] = max(rest, 60.0)
        edges, left = {}, self.x0
        for name in names:
            edges[name] = (left, left + widths[name])
            left += widths[name]
        return edges

    def _droppable(self, name: str) -> bool:
        return name != "tax_rate" or len({line.tax_rate for line in self.deal.lines}) == 1

    def _natural(self, name: str) -> float:
        sheet = self.sheet
        cells = (self._cell(name, line, 1) for line in self.deal.lines)
        texts = [value.text + (f" {suffix}" if suffix else "") for value, suffix in cells]
        heading = max(self._title(name).split(" "), key=len)
        return 2 * _PAD + max(
            sheet.measure(heading, self.size, bold=True), *(sheet.measure(text, self.size) for text in texts)
        )

    def _title(self, name: str) -> str:
        labels = {"discount": "discount_column", "sku": "article"}
        title = self.deal.words[labels.get(name, name)]
        return title.upper() if self.style.caps else title

    def _cell(self, name: str, line: Line, number: int) -> tuple[Value, str]:
        """The cell's value, and the unit printed behind it or nothing."""
        notation = self.deal.notation
        field = f"line_items[{number}].{name}"
        unit = self.deal.region.market.units[line.unit]
        cells = {
            "position": Value(str(number)),
            "sku": Value(line.sku, field),
            "description": Value(line.description, field),
            "quantity": Value(notation.number(line.quantity), field, _plain(line.quantity)),
            "unit": Value(unit, field),
            "unit_price": Value(notation.cell(line.unit_price), field, plain_money(line.unit_price)),
            "discount": Value(notation.rate(line.discount) if line.discount else "-"),
            "tax_rate": Value(notation.rate(line.tax_rate), field, _plain(line.tax_rate)),
            "amount": Value(notation.cell(line.amount), field, plain_money(line.amount)),
        }
        return cells[name], unit if name == "quantity" and self.style.joined else ""

    def _row(self) -> float:
        return self.size * self.sheet.theme.leading + 2 * self.style.padding

    def _height(self, line: Line) -> float:
        rows = self.sheet.rows(line.description, self._inner("description"), self.size) + sum(
            self.sheet.rows(self._detail(code), self._inner("description"), self.size * 0.9) for code in line.details
        )
        return rows * self.size * self.sheet.theme.leading + 2 * self.style.padding

    def _inner(self, name: str) -> float:
        left, right = self.columns[name]
        return right - left - 2 * _PAD

    def _detail(self, code: str) -> str:
        month = self.deal.notation.dated(self.deal.issued, "{m:02}/{y}")
        return self.deal.words["detail"].format(code=code, month=month)

    def _line(self, number: int, line: Line, y: float) -> None:
        for name, (left, right) in self.columns.items():
            value, suffix = self._cell(name, line, number)
            if name == "description":
                below = self.sheet.block(left + _PAD, y, self._inner(name), value, size=self.size)
                for code in line.details:
                    text, size = self._detail(code), self.size * 0.9
                    below = self.sheet.block(left + _PAD, below, self._inner(name), text, size=size)
                continue
            if name in _LEFT:
                self.sheet.line(left + _PAD, y, value, self._inner(name), size=self.size)
                continue
            place = right - _PAD
            if suffix:
                box = self.sheet.line(place, y, f" {suffix}", size=self.size, align=Align.RIGHT)
                place = box.x0
            self.sheet.line(place, y, value, self._inner(name), size=self.size, align=Align.RIGHT)

    def _heading(self, y: float) -> float:
        sheet, header = self.sheet, self.style.header
        rows = max(sheet.rows(self._title(name), self._inner(name), self.size, bold=True) for name in self.columns)
        height = rows * self.size * sheet.theme.leading + 2 * self.style.padding
        filled = header == "filled"
        if header in ("filled", "pale"):
            fill = sheet.theme.accent if filled else pale(sheet.theme.accent, 0.16)
            sheet.canvas.rect(Box(self.x0, y, self.x1, y + height), fill=fill)
        elif header == "framed":
            sheet.rule(y, 0.8, BLACK, self.x0, self.x1)
        for name, (left, right) in self.columns.items():
            align = Align.LEFT if name in _LEFT else Align.RIGHT
            place = left + _PAD if name in _LEFT else right - _PAD
            color = WHITE if filled else BLACK
            title, top = self._title(name), y + self.style.padding
            sheet.block(place, top, self._inner(name), title, size=self.size, bold=True, align=align, color=color)
        if header in ("ruled", "framed"):
            sheet.rule(y + height, 0.8, sheet.theme.accent, self.x0, self.x1)
        return y + height

    def _carry(self, label: str, amount: Decimal, y: float) -> float:
        top, right = y + self.style.padding, self.x1 - _PAD
        text = self.deal.notation.cell(amount)
        box = self.sheet.line(right, top, text, size=self.size, bold=True, align=Align.RIGHT)
        title = f"{self.deal.words[label]}:"
        self.sheet.line(box.x0 - 12, top, title, size=self.size, italic=True, align=Align.RIGHT)
        return y + self._row()

    def _rule_below(self, y: float) -> None:
        if self.style.body in ("rules", "grid"):
            self.sheet.rule(y, 0.4, self.sheet.theme.label, self.x0, self.x1)
        elif self.style.body == "dotted":
            self.sheet.canvas.line(self.x0, y, self.x1, y, 0.5, self.sheet.theme.label, dash=1.5)

    def _frame(self, top: float, bottom: float) -> None:
        if self.style.body not in ("grid", "verticals"):
            return
        self.sheet.canvas.rect(Box(self.x0, top, self.x1, bottom), stroke=self.sheet.theme.label, width=0.7)
        for _, right in list(self.columns.values())[:-1]:
            self.sheet.canvas.line(right, top, right, bottom, 0.5, self.sheet.theme.label)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
