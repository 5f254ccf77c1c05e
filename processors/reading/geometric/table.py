"""Line-item tables over all pages."""

from dataclasses import dataclass

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.table_heading import Column, heading_at
from processors.reading.geometric.table_rows import Item, TableBody


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
            if table is not None and {c.name for c in columns} != {c.name for c in table.columns}:
                position += height
                continue
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
    return table
