"""The cells of one printed row: which words stand under which heading."""

from collections.abc import Sequence

from processors.geometry import Box, union
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.facts import Amount
from processors.reading.geometric.table_heading import (
    ITEM_COLUMN,
    OTHER_COLUMN,
    UNKNOWN_COLUMN,
    Column,
    touches,
)
from processors.reading.geometric.view import Segment, Sheet, Token

Cells = dict[str, list[tuple[Token, ...]]]
"""The words of each cell, line by line, by column name."""

_MONEY_COLUMNS = frozenset({"amount", "unit_price", "tax", "tax_rate", "discount", OTHER_COLUMN})
_WORD_COLUMNS = frozenset({"description", "unit", OTHER_COLUMN})
_NO_RATES = frozenset({"amount", "unit_price", "quantity"})
_DASHES = frozenset("-\u2013\u2014")
_EDGE = 0.25
"""How far, in line heights, the first word of a cell may start from its heading for the two to be left-aligned."""

Part = tuple[tuple[Token, ...], Amount | None]
"""Words that stand in one cell, and the amount that they are."""


class CellFinder:
    """Assigns the words of rows to ``columns``, which are in order from left to right."""

    def __init__(self, view: DocumentView, sheet: Sheet, columns: tuple[Column, ...]) -> None:
        self._view = view
        self._sheet = sheet
        self._columns = columns
        self._left = min(column.box.x0 for column in columns)
        self._names = {column.name for column in columns}

    def cells(self, row: list[Segment]) -> Cells:
        """The words of a row by column; of two amounts for one column, the better aligned one."""
        cells: dict[str, list[Token]] = {}
        amounts: dict[str, float] = {}
        for segment in row:
            if segment.box.x1 < self._left - 2 * self._sheet.line_height or self._runs_across(segment):
                continue
            for tokens, amount, column in self._assigned(segment):
                name = self._name_for(column, tokens)
                if amount is not None and _is_money(name):
                    distance = _distance(column.box, amount.span.box)
                    if name in amounts:
                        if amounts[name] < distance:
                            continue
                        cells[name] = []
                    amounts[name] = distance
                cells.setdefault(name, []).extend(tokens)
        return {name: [tuple(tokens)] for name, tokens in _checked(_split_quantity(_undashed(cells))).items()}

    def _assigned(self, segment: Segment) -> list[tuple[tuple[Token, ...], Amount | None, Column]]:
        """The parts of a segment with their columns; a unit follows the quantity that it belongs to."""
        found: list[tuple[tuple[Token, ...], Amount | None, Column]] = []
        for part in _parts(segment, self._view.amounts_in(segment)):
            for position, (tokens, amount) in enumerate(self._cut_at_headings(part)):
                column = self._column_of(tokens, amount)
                goes_on = bool(found) and position == 0 and amount is None
                if goes_on and found[-1][2].name == "quantity" and _is_unit(tokens):
                    column = found[-1][2]
                found.append((tokens, amount, column))
        return found

    def _cut_at_headings(self, part: Part) -> list[Part]:
        """Text cut where a word starts exactly under the start of another heading: cells that stand close together."""
        tokens, amount = part
        if amount is not None or len(tokens) == 1:
            return [part]
        slack = _EDGE * self._sheet.line_height
        pieces: list[Part] = []
        start = 0
        for position in range(1, len(tokens)):
            edge = tokens[position].box.x0
            aligned = any(
                abs(column.box.x0 - edge) <= slack and tokens[start].box.x0 < column.box.x0 - 2 * slack
                for column in self._columns
                if column.name in {"description", "sku", "unit", ITEM_COLUMN}
            )
            if aligned and any(token.key for token in tokens[start:position]):
                pieces.append((tokens[start:position], None))
                start = position
        return [*pieces, (tokens[start:], None)]

    def _runs_across(self, segment: Segment) -> bool:
        """Running text under several headings is a remark, not a row of cells."""
        under = sum(touches(segment.box, column.box) for column in self._columns)
        return (
            under >= 3
            and len(segment.tokens) >= 6
            and sum(len(t.key) > 3 and t.key.isalpha() for t in segment.tokens) >= 5
        )

    def _name_for(self, column: Column, tokens: Sequence[Token]) -> str:
        """A column of tax may hold the rate instead."""
        rate = column.name == "tax" and "tax_rate" not in self._names and any("%" in token.text for token in tokens)
        return "tax_rate" if rate else column.name

    def _column_of(self, tokens: tuple[Token, ...], amount: Amount | None) -> Column:
        box = union(token.box for token in tokens)
        candidates: Sequence[Column] = self._columns
        if any("%" in token.text for token in tokens):
            candidates = [c for c in candidates if c.name not in _NO_RATES] or candidates
        if amount is not None and amount.firm:
            # Quantities may have two decimals as well, but no currency.
            number = amount.mark is None
            candidates = [c for c in candidates if _is_money(c.name) or (number and c.name == "quantity")] or candidates
        elif amount is None and _is_wordy(tokens):
            candidates = [c for c in candidates if c.name in _WORD_COLUMNS or _is_open(c.name)] or candidates
        return min(candidates, key=lambda column: _distance(column.box, box))


def _is_open(name: str) -> bool:
    """Columns that may hold anything."""
    return name == ITEM_COLUMN or name.startswith(UNKNOWN_COLUMN)


def _is_money(name: str) -> bool:
    return name in _MONEY_COLUMNS or name.startswith(UNKNOWN_COLUMN)


def _undashed(cells: dict[str, list[Token]]) -> dict[str, list[Token]]:
    """Rates without the lone dash of an empty cell beside them: none is below zero."""
    rates = cells.get("tax_rate", [])
    return {**cells, "tax_rate": rates[1:]} if len(rates) > 1 and rates[0].text in _DASHES else cells


def _checked(cells: dict[str, list[Token]]) -> dict[str, list[Token]]:
    """Only cells whose words can be such values; an amount cell without a number is text that runs across."""
    return {
        name: tokens
        for name, tokens in cells.items()
        if name not in {"amount", "unit_price", "quantity", "tax_rate"} or any(map(has_figure, tokens))
    }


def _is_unit(tokens: tuple[Token, ...]) -> bool:
    return len(tokens) <= 2 and not any(map(has_figure, tokens)) and all(len(token.text) <= 8 for token in tokens)


def _is_wordy(tokens: tuple[Token, ...]) -> bool:
    """Text that is a description rather than a code or a measure: no digits, or words among them."""
    if len(tokens) <= 2 and tokens[0].text[0].isdigit():
        return False
    return not any(map(has_figure, tokens)) or any(len(token.key) >= 4 and token.key.isalpha() for token in tokens)


def _split_quantity(cells: dict[str, list[Token]]) -> dict[str, list[Token]]:
    """``2 hours`` under one of the headings quantity and unit: the number is the quantity, the word its unit."""
    both = cells.get("quantity") or cells.get("unit") or []
    if (
        len(both) == 2
        and has_figure(both[0])
        and not has_figure(both[1])
        and not ("quantity" in cells and "unit" in cells)
    ):
        return {**cells, "quantity": both[:1], "unit": both[1:]}
    return cells


def _distance(heading: Box, cell: Box) -> float:
    """How far a cell is from standing under a heading: the least of left, right and centre misalignment."""
    aligned = min(abs(heading.x0 - cell.x0), abs(heading.x1 - cell.x1), abs(heading.center_x - cell.center_x))
    return aligned - (1.0 if heading.horizontal_overlap(cell) > 0 else 0.0)


def has_figure(token: Token) -> bool:
    """Whether a word has a digit."""
    return any(char.isdigit() for char in token.text)


def _parts(segment: Segment, amounts: list[Amount]) -> list[Part]:
    """A segment cut at its amounts: numbers of neighbouring cells may stand so close that they look like one text."""
    firm = [amount for amount in amounts if amount.firm or amount.stop - amount.start == len(segment.tokens)]
    parts: list[Part] = []
    position = 0
    for amount in firm:
        if amount.start > position:
            parts.append((segment.tokens[position : amount.start], None))
        parts.append((segment.tokens[amount.start : amount.stop], amount))
        position = amount.stop
    if position < len(segment.tokens):
        parts.append((segment.tokens[position:], None))
    return parts
