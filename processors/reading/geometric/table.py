"""Line-item tables over all pages."""

from dataclasses import dataclass

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.table_heading import Column, heading_at
from processors.reading.geometric.table_rows import Item, TableBody
from processors.reading.geometric.table_settle import settle_columns


@dataclass(slots=True)
class Table:
    """A table of line items. ``rows`` are the (sheet, row) positions it covers, heading included."""

    columns: tuple[Column, ...]
    items: list[Item]
    rows: set[tuple[int, int]]


def read_table(view: DocumentView) -> Table | None:
    """The document's line items, ``None`` where there are none; a table goes on under a repeated heading."""
    table: Table | None = None
    for sheet in view.sheets:
        position = 0
        while position < len(sheet.rows):
            columns, height = heading_at(sheet, position)
            if not columns:
                position += 1
                continue
            if table is not None:
                if not _goes_on(table.columns, columns, sheet.line_height):
                    position += height
                    continue
                columns = table.columns if len(columns) < len(table.columns) else columns
            body = TableBody(view, sheet, columns)
            stop = body.read(position + height)
            if body.items or table is None:
                covered = {(sheet.index, row) for row in range(position, stop)}
                if table is None:
                    table = Table(columns, body.items, covered)
                else:
                    table.items += body.items
                    table.rows |= covered
            position = max(stop, position + height)
        if table is not None and not table.items:
            table = None
    if table is not None:
        settle_columns(table.items, view.conventions.numbers)
    return table


def _goes_on(known: tuple[Column, ...], again: tuple[Column, ...], line_height: float) -> bool:
    """Whether a heading repeats the table's: the same names, or where print has run some together, the same places."""
    if {column.name for column in known} == {column.name for column in again}:
        return True
    if len(again) > len(known):
        return False
    return all(
        any(column.name == other.name and abs(column.box.x1 - other.box.x1) < line_height for other in known)
        for column in again
    )
