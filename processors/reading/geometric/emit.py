"""From chosen words to fields and line items, through :func:`processors.reading.geometric.cite.cite`."""

from processors.fields import Field, LineItem
from processors.reading.geometric.cite import cite
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.table_rows import Item
from processors.reading.geometric.view import Span
from processors.schemas import ExtractionSchema

_CELL_CERTAINTY = 0.8


class Emitter:
    """Collects one document's fields; names that the schema lacks, and words that do not parse, are left out."""

    def __init__(self, view: DocumentView, schema: ExtractionSchema) -> None:
        self._view = view
        self._schema = schema
        self._fields: dict[str, Field] = {}

    def add(self, name: str, span: Span | None, certainty: float) -> None:
        """Reads ``name`` from ``span``; the first value of a name stays."""
        spec = self._schema.field(name)
        if spec is None or span is None or name in self._fields:
            return
        field = cite(spec, span, self._view.sheets[span.sheet], self._view.conventions, certainty)
        if field is not None:
            self._fields[name] = field

    @property
    def fields(self) -> tuple[Field, ...]:
        """In schema order."""
        return tuple(self._fields[spec.name] for spec in self._schema.fields if spec.name in self._fields)

    def line_items(self, items: list[Item], certainty: float = _CELL_CERTAINTY) -> tuple[LineItem, ...]:
        """One line item for each row with an amount or a price that parses, and more than that to say."""
        found: list[LineItem] = []
        for item in items:
            cells = self._cells(item, certainty)
            names = {cell.name for cell in cells}
            if names & {"amount", "unit_price"} and names - {"amount", "tax_rate", "unit"}:
                found.append(LineItem(len(found) + 1, cells))
        return tuple(found)

    def _cells(self, item: Item, certainty: float) -> tuple[Field, ...]:
        cells = []
        for spec in self._schema.columns:
            span = item.span(spec.name)
            if span is None:
                continue
            cell = cite(spec, span, self._view.sheets[span.sheet], self._view.conventions, certainty)
            if cell is not None:
                cells.append(cell)
        return tuple(cells)
