"""Line-item tables over all pages."""

from dataclasses import dataclass
from decimal import Decimal

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.table_cells import CellFinder
from processors.reading.geometric.table_heading import Column, heading_at, touches, words_of
from processors.reading.geometric.table_rows import Item, TableBody
from processors.reading.geometric.table_settle import settle_columns
from processors.reading.geometric.view import Sheet
from processors.values import NumberConvention


@dataclass(slots=True)
class Table:
    """A table of line items. ``rows`` are the (sheet, row) positions it covers, heading included.

    ``heading`` has the words of the heading's first row, and ``height`` its number of rows; ``last`` is the last sheet,
    and ``ended`` says that a sum stands behind the items there.
    """

    columns: tuple[Column, ...]
    items: list[Item]
    rows: set[tuple[int, int]]
    heading: str
    height: int
    last: int
    ended: bool = False

    def total(self, numbers: NumberConvention | None) -> Decimal | None:
        """What the items' amounts sum to; ``None`` where there are none, or one has none that can be read."""
        amounts = [item.amount("amount", numbers) for item in self.items]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(amounts) else None


def read_table(view: DocumentView) -> Table | None:
    """The document's line items, ``None`` where there are none. A table goes on under a repeated heading, and on the
    next page where its rows stand under the same columns and multiply.
    """
    table: Table | None = None
    for sheet in view.sheets:
        position = 0
        while position < len(sheet.rows):
            columns, height = _columns_at(view, sheet, position, table)
            if not columns:
                position += max(1, height)
                continue
            before = None if table is None else table.total(view.conventions.numbers)
            body = TableBody(view, sheet, columns, before)
            stop = body.read(position + height, headed=height > 0)
            if table is None and body.items:
                table = Table(columns, [], set(), words_of(sheet.rows[position]), height, sheet.index)
            if table is not None and body.items:
                table.items += body.items
                table.rows |= {(sheet.index, row) for row in range(position, stop)}
                table.last, table.ended = sheet.index, body.ended
            position = max(stop, position + height, position + 1)
    if table is not None:
        settle_columns(table.items, view.conventions.numbers)
    return table


def _columns_at(view: DocumentView, sheet: Sheet, position: int, table: Table | None) -> tuple[tuple[Column, ...], int]:
    """The columns of the items that begin at a row, and how many rows their heading has; no columns for no table, or
    another one than ``table``.
    """
    if table is None:
        return heading_at(sheet, position)
    columns, height = heading_at(sheet, position)
    if words_of(sheet.rows[position]) == table.heading and not _has_names_of(table.columns, columns):
        return table.columns, table.height
    if not columns:
        return (table.columns, 0) if _goes_on_without_heading(view, sheet, position, table) else ((), 1)
    if not _goes_on(table.columns, columns):
        return (), height
    return table.columns if len(columns) < len(table.columns) else columns, height


def _goes_on_without_heading(view: DocumentView, sheet: Sheet, position: int, table: Table) -> bool:
    """Whether a row of the page after ``table``, which no sum has ended, is an item under its columns, and adds up."""
    if table.ended or sheet.index != table.last + 1:
        return False
    item = Item(sheet.index, CellFinder(view, sheet, table.columns).cells(sheet.rows[position]))
    numbers = view.conventions.numbers
    quantity, price, amount = (item.amount(name, numbers) for name in ("quantity", "unit_price", "amount"))
    return quantity is not None and price is not None and bool(amount) and quantity * price == amount


def _has_names_of(known: tuple[Column, ...], again: tuple[Column, ...]) -> bool:
    return {column.name for column in known} == {column.name for column in again}


def _goes_on(known: tuple[Column, ...], again: tuple[Column, ...]) -> bool:
    """Whether a heading repeats the table's: the same names, or where print has run some together, the same places."""
    if _has_names_of(known, again):
        return True
    if len(again) > len(known):
        return False
    return all(any(c.name == other.name and touches(c.box, other.box) for other in known) for c in again)
