"""The articles of a receipt: a description, perhaps a quantity and a price, and an amount at the right edge."""

import re

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.facts import Amount
from processors.reading.geometric.table_rows import Item
from processors.reading.geometric.view import Segment, Sheet, Token

_SUMS = frozenset(
    {"subtotal", "total_amount", "amount_due", "tax_amount", "rounding_amount", "other.cash", "other.change"}
)
_RIGHT_EDGE = 0.55
_TIMES = re.compile(r"[x\u00d7*@]", re.IGNORECASE)


def read_items(view: DocumentView) -> list[Item]:
    """Rows with an amount at the right, down to the first sum; a text row above a row of numbers describes it."""
    items: list[Item] = []
    for sheet in view.sheets:
        pending: tuple[Token, ...] | None = None
        for row in sheet.rows:
            if _is_sum(view, row):
                if items:
                    return items
                pending = None
                continue
            amount = _right_amount(view, sheet, row)
            words = _words(row, amount)
            if amount is None:
                pending = words if _is_text(words) else pending
                continue
            description = words if _is_text(words) else pending
            if description is not None:
                items.append(_item(view, sheet, row, amount, description))
            pending = None
    return items


def _is_sum(view: DocumentView, row: list[Segment]) -> bool:
    return any(m.name in _SUMS for segment in row for label in view.labels_in(segment) for m in label.meanings)


def _right_amount(view: DocumentView, sheet: Sheet, row: list[Segment]) -> Amount | None:
    amounts = [amount for segment in row for amount in view.amounts_in(segment) if amount.firm]
    if not amounts or amounts[-1].span.box.center_x < _RIGHT_EDGE * sheet.width:
        return None
    return amounts[-1]


def _words(row: list[Segment], amount: Amount | None) -> tuple[Token, ...]:
    """The text of a row before its numbers: neither quantities nor prices nor what follows the amount."""
    tokens = [token for segment in row for token in segment.tokens]
    if amount is not None:
        edge = amount.span.box.x0
        tokens = [token for token in tokens if token.box.x1 <= edge]
    while tokens and not any(map(str.isalpha, tokens[-1].text)):
        tokens.pop()
    while tokens and (_TIMES.fullmatch(tokens[-1].text) or not any(map(str.isalpha, tokens[-1].text))):
        tokens.pop()
    return tuple(tokens)


def _is_text(words: tuple[Token, ...]) -> bool:
    return sum(char.isalpha() for token in words for char in token.text) >= 3


def _item(view: DocumentView, sheet: Sheet, row: list[Segment], amount: Amount, description: tuple[Token, ...]) -> Item:
    item = Item(sheet.index, {"description": [description], "amount": [amount.span.tokens]})
    prices = [a for segment in row for a in view.amounts_in(segment) if a is not amount]
    firm = [a for a in prices if a.firm]
    whole = [a for a in prices if not a.firm and a.span.box.x0 > description[-1].box.x1 - 1]
    if firm and whole and firm[-1].value * whole[-1].value == amount.value:
        item.cells["unit_price"] = [firm[-1].span.tokens]
        item.cells["quantity"] = [whole[-1].span.tokens]
    return item
