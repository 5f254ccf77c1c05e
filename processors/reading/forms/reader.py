"""The readers behind the seam of :mod:`processors.reading`: forms before the labelled reader, letterheads behind it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from processors.fields import Extraction, Field
from processors.reading import ReadingInput
from processors.reading.forms.agreement import read_agreement
from processors.reading.forms.found import Found, to_fields, to_rows
from processors.reading.forms.identity import read_identity
from processors.reading.forms.letterheads import letterhead_fields, read_letterheads
from processors.reading.forms.movements import read_movements
from processors.reading.forms.orders import read_articles
from processors.reading.forms.statement import read_statement
from processors.reading.forms.taxes import read_tax_form
from processors.reading.forms.wages import read_wages
from processors.reading.geometric.currency_choice import read_currency
from processors.reading.geometric.document import DocumentView

VERSION = "1"
_FINDERS: Mapping[str, Callable[[DocumentView], Iterable[Found]]] = {
    "bank_statement": read_statement,
    "contract": read_agreement,
    "id_card": read_identity,
    "tax_form": read_tax_form,
    "w2": read_wages,
}
_TABLES: Mapping[str, Callable[[DocumentView], Iterable[Iterable[Found]]]] = {
    "bank_statement": read_movements,
    "purchase_order": read_articles,
}


class FormsReader:
    """Reads what the form of a document itself tells: a machine-readable zone, numbered boxes, set phrases.

    Comes before the labelled reader, which completes what it found. Pure and safe on any pages.
    """

    @property
    def name(self) -> str:
        return "forms"

    @property
    def version(self) -> str:
        return VERSION

    def read(self, document: ReadingInput) -> Extraction | None:
        """The fields found; ``None`` for types without a form that it knows, and where nothing of it is found."""
        finder, table = _FINDERS.get(document.document_type), _TABLES.get(document.document_type)
        if (finder is None and table is None) or not any(page.words for page in document.pages):
            return None
        view = _view(document)
        fields = to_fields(view, document.schema, finder(view), self.name, VERSION) if finder is not None else ()
        rows = to_rows(view, document.schema, table(view), self.name, VERSION) if table is not None else ()
        return Extraction(fields, rows) if fields or rows else None


class LetterheadReader:
    """Reads who issued a document and whom it goes to where no label says so. Comes last, and only adds."""

    @property
    def name(self) -> str:
        return "letterhead"

    @property
    def version(self) -> str:
        return VERSION

    def read(self, document: ReadingInput) -> Extraction | None:
        """The names and addresses found; ``None`` where there are none."""
        fields = self._fields(document, Extraction())
        return Extraction(fields=fields) if fields else None

    def complete(self, document: ReadingInput, extraction: Extraction) -> Extraction:
        """``extraction`` with the names and addresses that it lacks, in schema order."""
        added = self._fields(document, extraction)
        if not added:
            return extraction
        order = {spec.name: position for position, spec in enumerate(document.schema.fields)}
        fields = sorted((*extraction.fields, *added), key=lambda field: order.get(field.name, len(order)))
        return replace(extraction, fields=tuple(fields))

    def _fields(self, document: ReadingInput, extraction: Extraction) -> tuple[Field, ...]:
        known = {field.name for field in extraction.fields}
        wanted = set(letterhead_fields(document.document_type)) - known
        if not wanted or not any(page.words for page in document.pages):
            return ()
        view = _view(document)
        found = [item for item in read_letterheads(view, document.document_type) if item.name not in known]
        return to_fields(view, document.schema, found, self.name, VERSION)


def _view(document: ReadingInput) -> DocumentView:
    view = DocumentView(document.pages)
    currency = read_currency(view)
    view.settle_dates(currency.value if currency is not None and isinstance(currency.value, str) else None)
    return view
