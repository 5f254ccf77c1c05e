"""The rows of a line-item table: the amounts tell the items, the headings tell the cells."""

from dataclasses import dataclass, field
from decimal import Decimal

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.table_cells import CellFinder, Cells, has_figure
from processors.reading.geometric.table_heading import ITEM_COLUMN, Column, columns_of, is_heading
from processors.reading.geometric.view import Segment, Sheet, Span, Token
from processors.values import NumberConvention, parse_money
from processors.values.text import word_set

_SUM_NAMES = frozenset({"subtotal", "tax_amount", "total_amount", "amount_due", "line_total", "prepaid_amount"})
_CARRIED = "other.carried"
_PARTS = frozenset({"quantity", "unit_price", "sku"})
_TELLING = _PARTS | {"description", ITEM_COLUMN}
_INCLUDED = word_set(
    "incl inkl including included inklusive inclusief inclus incluido incluye inclui incluso inclusa davon waarvan"
)
"""First words of rows about a part of the price above."""
_SECTION_HEAD = 3
"""Rows behind a section's subtotal in which the next item must come: heading, remark, item."""
_APART = 4.0
"""How far right of the descriptions, in line heights, a row may begin that is still an item."""
_LONGEST_PAUSE = 6.0
"""White space in line heights after which a table has ended."""
_SPLIT_ROW = 0.9
"""White space in line heights between the parts of one item that print has put on two rows."""


@dataclass(slots=True)
class Item:
    """One line item: the words of each cell, by column name; a description may have several lines.

    ``row`` is the position of the row that its amount stands on.
    """

    sheet: int
    cells: Cells = field(default_factory=dict)
    bottom: float = 0.0
    row: int = 0

    def span(self, name: str) -> Span | None:
        lines = self.cells.get(name)
        return Span(self.sheet, tuple(lines)) if lines else None

    def amount(self, name: str, numbers: NumberConvention | None) -> Decimal | None:
        """The amount of money in a cell; ``None`` where there is none."""
        money = parse_money(" ".join(token.text for line in self.cells.get(name, []) for token in line), numbers)
        return None if money is None else money.amount


class TableBody:
    """Reads the rows under one heading into :attr:`items`; :attr:`ended` says that a sum stands behind them.

    ``before`` is the sum of the items on earlier pages, which the page may repeat at its top.
    """

    def __init__(
        self, view: DocumentView, sheet: Sheet, columns: tuple[Column, ...], before: Decimal | None = None
    ) -> None:
        self.view = view
        self.sheet = sheet
        self.columns = columns
        self.items: list[Item] = []
        self.ended = False
        self.before = before
        self.pending: Cells = {}
        self.finder = CellFinder(view, sheet, columns)
        names = {column.name for column in columns}
        self.key = "amount" if "amount" in names else "unit_price"

    def read(self, start: int, *, headed: bool = True) -> int:
        """Reads from row ``start`` to the end of the table; returns the row after it. ``headed``: the row above is its
        heading; else that may be anything, however far above.
        """
        position = start
        bottom = self.sheet.rows[start - 1][0].box.y1 if headed else self.sheet.rows[start][0].box.y0
        while position < len(self.sheet.rows):
            row = self.sheet.rows[position]
            if row[0].box.y0 - bottom > _LONGEST_PAUSE * self.sheet.line_height:
                break
            if self._is_sum(row):
                if not self._resumes(position + 1):
                    self.ended = True
                    break
                bottom = row[0].box.y1
                position += 1
                continue
            if position > start and is_heading(columns_of(row)):
                break
            cells = {} if self._is_carried(row) else self.finder.cells(row)
            if self._stands_apart(cells) or self._is_sum_of_items(cells):
                self.ended = True
                break
            if not self._is_included(cells):
                self._take(cells, position)
            bottom = row[0].box.y1
            position += 1
        return self._without_sums(position)

    def _without_sums(self, stop: int) -> int:
        """Drops amounts that nothing describes: sums that carry no name. Those at the end are behind the table."""
        while self.items and not _TELLING & set(self.items[-1].cells):
            stop = self.items.pop().row
        self.items = [item for item in self.items if _TELLING & set(item.cells)]
        return stop

    def _is_sum_of_items(self, cells: Cells) -> bool:
        """Whether a row has but the sum of the items above it, which all have more, or of earlier pages' items too: a
        sum whose name is not known.
        """
        if self.key not in cells or _PARTS & set(cells) or not all(_PARTS & set(item.cells) for item in self.items):
            return False
        numbers = self.view.conventions.numbers
        amounts = [item.amount(self.key, numbers) for item in self.items]
        known = [amount for amount in amounts if amount is not None]
        own = Item(self.sheet.index, cells).amount(self.key, numbers)
        total = sum(known, Decimal(0))
        return bool(known) and len(known) == len(amounts) and own in {total, total + (self.before or 0)}

    def _resumes(self, position: int) -> bool:
        """Whether the table goes on behind the subtotal of a section: a whole item follows within a few rows."""
        for row in self.sheet.rows[position : position + _SECTION_HEAD]:
            if self._is_sum(row):
                return False
            if {"description", "quantity", "unit_price", "amount"} <= set(self.finder.cells(row)):
                return True
        return False

    def _is_included(self, cells: Cells) -> bool:
        """Whether a row says what the price of the item above holds (*Incl. copyright levy*), which is not added."""
        words = cells.get("description", [()])[0]
        return bool(self.items) and self.key in cells and bool(words) and words[0].key in _INCLUDED

    def _take(self, cells: Cells, row: int) -> None:
        """One row: an item where it has an amount, else a part of the item above or of the one to come."""
        if self.key in cells:
            self._add(cells, row)
        elif set(cells) & {"quantity", "unit_price", "tax_rate"}:
            if not self._completes(cells):
                self.pending = cells
        elif "description" in cells:
            if not self._continue(cells["description"]):
                self.pending = cells
        elif "sku" in cells and self.items:
            self.items[-1].cells.setdefault("sku", cells["sku"])

    def _is_sum(self, row: list[Segment]) -> bool:
        """Whether the row is a sum, or the heading of a table of sums, rather than an item that is called *Total*."""
        names = [
            meaning.name
            for segment in row
            for label in self.view.labels_in(segment)
            for meaning in label.meanings
            if meaning.name in _SUM_NAMES
        ]
        if len(set(names)) > 2:
            return True
        return bool(names) and (self._begins_with_sum(row) or not self._has_parts(row))

    def _begins_with_sum(self, row: list[Segment]) -> bool:
        """Whether the row's first words are a sum's label and nothing else but a rate and an amount."""
        labels = self.view.labels_in(row[0])
        if not labels or labels[0].start > 0 or labels[0].meanings[0].name not in _SUM_NAMES:
            return False
        rest = row[0].tokens[labels[0].stop :]
        amounts = self.view.amounts_in(row[0])
        words = rest if not amounts else row[0].tokens[labels[0].stop : amounts[-1].start]
        return not any(token.key and "%" not in token.text for token in words) and (
            not amounts or amounts[-1].stop == len(row[0].tokens)
        )

    def _is_carried(self, row: list[Segment]) -> bool:
        """Whether the row carries a sum over from one page to the next, by its label or by its amount alone."""
        if any(label.meaning(_CARRIED) for segment in row for label in self.view.labels_in(segment)):
            return True
        amounts = [amount.value for segment in row for amount in self.view.amounts_in(segment)]
        return self.before is not None and not self.items and amounts == [self.before]

    def _stands_apart(self, cells: Cells) -> bool:
        """Whether a row with an amount begins far from where the items' descriptions do and lacks what they all have:
        a sum by a name that is not known.
        """
        if self.key not in cells or "description" not in cells or not self.items or _PARTS & set(cells):
            return False
        edges = [item.cells["description"][0][0].box.x0 for item in self.items if "description" in item.cells]
        itemised = all(_PARTS & set(item.cells) for item in self.items)
        start = cells["description"][0][0].box.x0
        return itemised and bool(edges) and start - max(edges) > _APART * self.sheet.line_height

    def _has_parts(self, row: list[Segment]) -> bool:
        """A quantity, price or article number beside the amount makes an item of a row."""
        cells = self.finder.cells(row)
        return any(
            any(map(has_figure, line)) for name in ("quantity", "unit_price", "sku") for line in cells.get(name, [])
        )

    def _add(self, cells: Cells, row: int) -> None:
        """A new item; what the row before it held and this one lacks is its too, where print has split the row."""
        item = Item(self.sheet.index, dict(cells), bottom=_bottom(cells), row=row)
        if self.pending and _top(cells) - _bottom(self.pending) < _SPLIT_ROW * self.sheet.line_height:
            split = not ({"quantity", "unit_price"} & set(cells))
            for name, lines in self.pending.items():
                if split or name in {"description", "sku"}:
                    item.cells.setdefault(name, lines)
        self.pending = {}
        self.items.append(item)

    def _completes(self, cells: Cells) -> bool:
        """Whether the cells belong to the item just above, whose amount was printed a little higher."""
        if not self.items or "description" not in cells or "description" in self.items[-1].cells:
            return False
        item = self.items[-1]
        if _top(cells) - item.bottom > 0.5 * self.sheet.line_height:
            return False
        for name, lines in cells.items():
            item.cells.setdefault(name, lines)
        return True

    def _continue(self, lines: list[tuple[Token, ...]]) -> bool:
        """A description goes on below where its next word had no room left; an item without one gets it here."""
        if not self.items or self.items[-1].sheet != self.sheet.index:
            return False
        item = self.items[-1]
        first = lines[0][0]
        described = item.cells.get("description")
        if described is None:
            if first.box.y0 - item.bottom < _SPLIT_ROW * self.sheet.line_height:
                item.cells["description"] = list(lines)
                item.bottom = max(token.box.y1 for token in lines[0])
                return True
            return False
        last = described[-1][-1]
        if first.box.y0 - max(item.bottom, last.box.y1) > 0.8 * self.sheet.line_height:
            return False
        aligned = abs(first.box.x0 - described[0][0].box.x0) <= self.sheet.line_height
        full = last.box.x1 + first.box.width + 0.2 * self.sheet.line_height > self._description_edge()
        if aligned and full:
            item.cells["description"] = [*described, *lines]
            item.bottom = max(token.box.y1 for token in lines[0])
        return True

    def _description_edge(self) -> float:
        """Where the description column ends: the next column's heading, less a margin."""
        column = next(c for c in self.columns if c.name == "description")
        following = [c.box.x0 for c in self.columns if c.box.x0 > column.box.x1]
        return min(following, default=self.sheet.width) - 2.0 * self.sheet.line_height


def _top(cells: Cells) -> float:
    return min(token.box.y0 for lines in cells.values() for line in lines for token in line)


def _bottom(cells: Cells) -> float:
    return max(token.box.y1 for lines in cells.values() for line in lines for token in line)
