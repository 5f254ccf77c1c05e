"""The articles of a receipt: a description, perhaps a quantity and a price, and an amount at the right edge."""

import re
from itertools import permutations

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.facts import Amount
from processors.reading.geometric.table_rows import Item
from processors.reading.geometric.view import Segment, Sheet, Token

_SUMS = frozenset(
    {"subtotal", "total_amount", "amount_due", "tax_amount", "rounding_amount", "other.cash", "other.change"}
)
_RIGHT_EDGE = 0.55
_FEWEST_COUNTED = 2
_COUNT = re.compile(r"[1-9][0-9]?[xX]?")
_TIMES = re.compile(r"[x\u00d7*@]", re.IGNORECASE)


def read_items(view: DocumentView) -> list[Item]:
    """Rows with an amount at the right, down to the first sum; a text row above a row of numbers describes it."""
    items: list[Item] = []
    for sheet in view.sheets:
        pending: tuple[Token, ...] | None = None
        for row in sheet.rows:
            if _is_sum(view, row):
                if items:
                    _split_counts(items)
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
    _split_counts(items)
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
    described = {token.id for token in description}
    others = [
        other
        for segment in row
        for other in view.amounts_in(segment)
        if other is not amount and not described & other.span.ids
    ]
    for count, price in permutations(others, 2):
        if not count.firm and price.firm and count.value * price.value == amount.value:
            item.cells["unit_price"] = [price.span.tokens]
            item.cells["quantity"] = [count.span.tokens]
            break
    return item


def _split_counts(items: list[Item]) -> None:
    """``3 Butter rolls``: where every description begins with a small number, it is how many there are."""
    heads = [item.cells["description"][0] for item in items]
    if len(items) < _FEWEST_COUNTED or not all(len(head) > 1 and _COUNT.fullmatch(head[0].text) for head in heads):
        return
    if _is_numbering([int(head[0].text.rstrip("xX")) for head in heads]):
        return
    for item, head in zip(items, heads, strict=True):
        if "quantity" not in item.cells:
            item.cells["quantity"] = [head[:1]]
            item.cells["description"] = [head[1:]]


def _is_numbering(numbers: list[int]) -> bool:
    return numbers == list(range(1, len(numbers) + 1))
