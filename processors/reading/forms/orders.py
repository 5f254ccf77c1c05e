"""The articles of a purchase order, which are printed as those of an invoice are."""

from processors.reading.forms.found import SURE, Found
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.table import read_table


def read_articles(view: DocumentView) -> list[list[Found]]:
    """One list of cells for each row of the table of articles."""
    table = read_table(view)
    items = [] if table is None else table.items
    return [[Found(name, span, SURE) for name in item.cells if (span := item.span(name)) is not None] for item in items]
