"""What columns hold whose headings do not say it: quantity times price is the amount."""

import re
from collections.abc import Sequence
from decimal import Decimal

from processors.reading.geometric.table_cells import has_figure
from processors.reading.geometric.table_heading import ITEM_COLUMN, OTHER_COLUMN, UNKNOWN_COLUMN
from processors.reading.geometric.table_rows import Item
from processors.reading.geometric.view import Token
from processors.values import NumberConvention, parse_money, parse_quantity

_CENT = Decimal("0.011")
_FEWEST_ROWS = 2
_MOST = 0.8
_BRACKETED = re.compile(r"\[[\w./-]*[0-9][\w./-]*\]")
_FACTORS = ("quantity", "unit_price", "amount")


def settle_columns(items: list[Item], numbers: NumberConvention | None) -> None:
    """Renames cells of unknown columns in place: the one missing of quantity, price and amount, where two rows and most
    of them prove it (but not in rows that disprove it), and a column *Item* of codes, which is the article number.
    """
    for item in items:
        _part_price(item, numbers)
    missing = [name for name in _FACTORS if not any(name in item.cells for item in items)]
    if len(missing) == 1:
        for column in _unknown_columns(items):
            proofs = [_proof(item, missing[0], column, numbers) for item in items]
            if _suffice(proofs):
                rows = [item for item, right in zip(items, proofs, strict=True) if right is not False]
                _rename(rows, column, missing[0])
                break
    for column in ("sku", ITEM_COLUMN):
        if _are_codes(items, "description") and _are_texts(items, column):
            _swap(items, column)
    if not any("sku" in item.cells for item in items):
        if _are_codes(items, ITEM_COLUMN):
            _rename(items, ITEM_COLUMN, "sku")
        else:
            _cut_codes(items)


def _part_price(item: Item, numbers: NumberConvention | None) -> None:
    """``1 695,00`` under a heading of quantities is 1 piece at 695.00 where that makes the amount."""
    lines = item.cells.get("quantity", [])
    if "unit_price" in item.cells or len(lines) != 1 or len(lines[0]) != 2:
        return
    parted = Item(item.sheet, {**item.cells, "quantity": [lines[0][:1]], "unit_price": [lines[0][1:]]})
    quantity, price, amount = (parted.amount(name, numbers) for name in _FACTORS)
    if quantity is not None and price is not None and amount is not None and abs(quantity * price - amount) <= _CENT:
        item.cells.update(parted.cells)


def _unknown_columns(items: Sequence[Item]) -> list[str]:
    names = {name for item in items for name in item.cells}
    return sorted(name for name in names if name == OTHER_COLUMN or name.startswith(UNKNOWN_COLUMN))


def _proof(item: Item, name: str, column: str, numbers: NumberConvention | None) -> bool | None:
    """Whether the row adds up with ``column`` as ``name``; ``None`` where it lacks one of the three."""
    places = [column if factor == name else factor for factor in _FACTORS]
    if not all(place in item.cells for place in places):
        return None
    quantity = parse_quantity(_text(item, places[0]), numbers)
    price, amount = (parse_money(_text(item, place), numbers) for place in places[1:])
    if quantity is None or price is None or amount is None:
        return False
    return abs(quantity.value * price.amount - amount.amount) <= _CENT


def _suffice(proofs: Sequence[bool | None]) -> bool:
    """Whether the rows that can tell prove it, all but few: some print remarks in such a column."""
    told = [right for right in proofs if right is not None]
    return sum(told) >= _FEWEST_ROWS and sum(told) >= _MOST * len(told)


def _text(item: Item, name: str) -> str:
    return " ".join(token.text for line in item.cells[name] for token in line)


def _cells(items: Sequence[Item], column: str) -> list[tuple[Token, ...]]:
    """The first line of each item's cell, empty where it has none."""
    return [item.cells[column][0] if column in item.cells else () for item in items]


def _are_codes(items: Sequence[Item], column: str) -> bool:
    """Whether every row has one word with a digit there, longer than a row's number."""
    return all(len(cell) == 1 and has_figure(cell[0]) and len(cell[0].key) > 3 for cell in _cells(items, column))


def _are_texts(items: Sequence[Item], column: str) -> bool:
    return all(len(cell) > 0 and any(token.key.isalpha() for token in cell) for cell in _cells(items, column))


def _swap(items: Sequence[Item], column: str) -> None:
    for item in items:
        item.cells[column], item.cells["description"] = item.cells["description"], item.cells[column]


def _cut_codes(items: Sequence[Item]) -> None:
    """``[A-17] Chair``: the article number in brackets before the description."""
    for item in items:
        first = item.cells["description"][0] if "description" in item.cells else ()
        if len(first) > 1 and _BRACKETED.fullmatch(first[0].text):
            item.cells["sku"] = [first[:1]]
            item.cells["description"] = [first[1:], *item.cells["description"][1:]]


def _rename(items: Sequence[Item], column: str, name: str) -> None:
    for item in items:
        if column in item.cells:
            item.cells[name] = item.cells.pop(column)
