"""The rows of a line-item table: the amounts tell the items, the headings tell the cells."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from processors.geometry import Box, union
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.facts import Amount
from processors.reading.geometric.table_heading import OTHER_COLUMN, Column, columns_of, is_heading, touches
from processors.reading.geometric.view import Segment, Sheet, Span, Token

_SUM_NAMES = frozenset({"subtotal", "tax_amount", "total_amount", "amount_due", "line_total", "prepaid_amount"})
_MONEY_COLUMNS = frozenset({"amount", "unit_price", "tax", "tax_rate", "discount", OTHER_COLUMN})
_WORD_COLUMNS = frozenset({"description", "unit", OTHER_COLUMN})
_NO_RATES = frozenset({"amount", "unit_price", "quantity"})
_LONGEST_PAUSE = 6.0
"""White space in line heights after which a table has ended."""
_SPLIT_ROW = 0.9
"""White space in line heights between the parts of one item that print has put on two rows."""

Cells = dict[str, list[tuple[Token, ...]]]
"""The words of each cell, line by line, by column name."""


@dataclass(slots=True)
class Item:
    """One line item: the words of each cell, by column name; description may have several lines."""

    sheet: int
    cells: Cells = field(default_factory=dict)
    bottom: float = 0.0

    def span(self, name: str) -> Span | None:
        lines = self.cells.get(name)
        return Span(self.sheet, tuple(lines)) if lines else None


class TableBody:
    """Reads the rows under one heading into :attr:`items`."""

    def __init__(self, view: DocumentView, sheet: Sheet, columns: tuple[Column, ...]) -> None:
        self.view = view
        self.sheet = sheet
        self.columns = columns
        self.items: list[Item] = []
        self.pending: Cells = {}
        self.left = min(column.box.x0 for column in columns)
        names = {column.name for column in columns}
        self.key = "amount" if "amount" in names else "unit_price"

    def read(self, start: int) -> int:
        """Reads from row ``start`` to the end of the table; returns the row after it."""
        position = start
        bottom = self.sheet.rows[start - 1][0].box.y1
        while position < len(self.sheet.rows):
            row = self.sheet.rows[position]
            if row[0].box.y0 - bottom > _LONGEST_PAUSE * self.sheet.line_height or self._is_sum(row):
                break
            if position > start and is_heading(columns_of(row)):
                break
            self._take(self._cells(row))
            bottom = row[0].box.y1
            position += 1
        return position

    def _take(self, cells: Cells) -> None:
        """One row: an item where it has an amount, else a part of the item above or of the one to come."""
        if self.key in cells:
            self._add(cells)
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
        """Whether the row's first words are a sum's label and nothing else."""
        labels = self.view.labels_in(row[0])
        return (
            bool(labels)
            and labels[0].start == 0
            and labels[0].stop == len(row[0].tokens)
            and labels[0].meanings[0].name in _SUM_NAMES
        )

    def _has_parts(self, row: list[Segment]) -> bool:
        """A quantity, price or article number beside the amount makes an item of a row."""
        cells = self._cells(row)
        return any(
            any(map(_has_digit, line)) for name in ("quantity", "unit_price", "sku") for line in cells.get(name, [])
        )

    def _add(self, cells: Cells) -> None:
        """A new item; what the row before it held and this one lacks is its too, where print has split the row."""
        item = Item(self.sheet.index, dict(cells), bottom=_bottom(cells))
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

    def _cells(self, row: list[Segment]) -> Cells:
        """The words of a row by column; of two amounts for one column, the better aligned one."""
        cells: dict[str, list[Token]] = {}
        amounts: dict[str, float] = {}
        for segment in row:
            if segment.box.x1 < self.left - 2 * self.sheet.line_height or self._runs_across(segment):
                continue
            for tokens, amount in _parts(segment, self.view.amounts_in(segment)):
                column = self._column_of(tokens, amount)
                name = column.name
                if amount is not None and name in _MONEY_COLUMNS:
                    distance = _distance(column.box, amount.span.box)
                    if name in amounts:
                        if amounts[name] < distance:
                            continue
                        cells[name] = []
                    amounts[name] = distance
                cells.setdefault(name, []).extend(tokens)
        return {name: [tuple(tokens)] for name, tokens in self._checked(_split_quantity(cells)).items()}

    def _runs_across(self, segment: Segment) -> bool:
        """Running text under several headings is a remark, not a row of cells."""
        under = sum(touches(segment.box, column.box) for column in self.columns)
        return (
            under >= 3
            and len(segment.tokens) >= 6
            and sum(len(t.key) > 3 and t.key.isalpha() for t in segment.tokens) >= 5
        )

    def _checked(self, cells: dict[str, list[Token]]) -> dict[str, list[Token]]:
        """Only cells whose words can be such values; an amount cell without a number is text that runs across."""
        return {
            name: tokens
            for name, tokens in cells.items()
            if name not in {"amount", "unit_price", "quantity", "tax_rate"} or any(map(_has_digit, tokens))
        }

    def _column_of(self, tokens: tuple[Token, ...], amount: Amount | None) -> Column:
        box = union(token.box for token in tokens)
        candidates: Sequence[Column] = self.columns
        if any("%" in token.text for token in tokens):
            candidates = [c for c in candidates if c.name not in _NO_RATES] or candidates
        if amount is not None and amount.firm:
            candidates = [c for c in candidates if c.name in _MONEY_COLUMNS] or candidates
        elif amount is None and _is_wordy(tokens):
            candidates = [c for c in candidates if c.name in _WORD_COLUMNS] or candidates
        return min(candidates, key=lambda column: _distance(column.box, box))


def _is_wordy(tokens: tuple[Token, ...]) -> bool:
    """Text that is a description rather than a code or a measure: no digits, or words among them."""
    if len(tokens) <= 2 and tokens[0].text[0].isdigit():
        return False
    return not any(map(_has_digit, tokens)) or any(len(token.key) >= 4 and token.key.isalpha() for token in tokens)


def _top(cells: Cells) -> float:
    return min(token.box.y0 for lines in cells.values() for line in lines for token in line)


def _bottom(cells: Cells) -> float:
    return max(token.box.y1 for lines in cells.values() for line in lines for token in line)


def _split_quantity(cells: dict[str, list[Token]]) -> dict[str, list[Token]]:
    """``2 hours`` under one of the headings quantity and unit: the number is the quantity, the word its unit."""
    both = cells.get("quantity") or cells.get("unit") or []
    if (
        len(both) == 2
        and _has_digit(both[0])
        and not _has_digit(both[1])
        and not ("quantity" in cells and "unit" in cells)
    ):
        return {**cells, "quantity": both[:1], "unit": both[1:]}
    return cells


def _distance(heading: Box, cell: Box) -> float:
    """How far a cell is from standing under a heading: the least of left, right and centre misalignment."""
    aligned = min(abs(heading.x0 - cell.x0), abs(heading.x1 - cell.x1), abs(heading.center_x - cell.center_x))
    return aligned - (1.0 if heading.horizontal_overlap(cell) > 0 else 0.0)


def _has_digit(token: Token) -> bool:
    return any(char.isdigit() for char in token.text)


def _parts(segment: Segment, amounts: list[Amount]) -> list[tuple[tuple[Token, ...], Amount | None]]:
    """A segment cut at its amounts: numbers of neighbouring cells may stand so close that they look like one text."""
    firm = [amount for amount in amounts if amount.firm or amount.stop - amount.start == len(segment.tokens)]
    parts: list[tuple[tuple[Token, ...], Amount | None]] = []
    position = 0
    for amount in firm:
        if amount.start > position:
            parts.append((segment.tokens[position : amount.start], None))
        parts.append((segment.tokens[amount.start : amount.stop], amount))
        position = amount.stop
    if position < len(segment.tokens):
        parts.append((segment.tokens[position:], None))
    return parts
