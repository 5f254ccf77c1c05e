"""Reading invoices and credit notes."""

from processors.fields import Extraction
from processors.reading.geometric.confidence import certainty
from processors.reading.geometric.currency_choice import read_currency
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.emit import Emitter
from processors.reading.geometric.header import (
    CUSTOMER_VAT,
    choose,
    header_candidates,
    iban_candidates,
    tax_id_candidates,
)
from processors.reading.geometric.letterhead import find_customer, find_vendor
from processors.reading.geometric.pairing import Candidate
from processors.reading.geometric.parties import Party, Sections, inside, read_sections
from processors.reading.geometric.sums import SUM_FIELDS, read_sums
from processors.reading.geometric.table import read_table
from processors.schemas import ExtractionSchema

_HEADER = frozenset(
    {
        "invoice_number",
        "invoice_date",
        "due_date",
        "delivery_date",
        "purchase_order",
        "customer_id",
        "payment_reference",
        "payment_terms",
    }
)
_LEAST_FOR_MONEY = 0.35
"""A sum less likely than this is left out: no amount is better than a wrong one."""


def read_invoice(view: DocumentView, schema: ExtractionSchema) -> Extraction:
    """Everything found on the pages of an invoice or credit note."""
    currency = read_currency(view)
    view.settle_dates(currency.value if currency is not None and isinstance(currency.value, str) else None)
    emitter = Emitter(view, schema)
    if currency is not None:
        emitter.add("currency", currency.span, certainty(currency))
    table = read_table(view)
    view.item_rows = frozenset(table.rows) if table is not None else frozenset()
    for name, candidate in choose(header_candidates(view, _HEADER)).items():
        emitter.add(name, candidate.span, certainty(candidate))
    for candidate in iban_candidates(view)[:1]:
        emitter.add("iban", candidate.span, certainty(candidate))
    sums = read_sums(view, frozenset(SUM_FIELDS))
    for name, candidate in sums.chosen.items():
        probability = certainty(candidate, proven=name in sums.proven)
        if probability >= _LEAST_FOR_MONEY:
            emitter.add(name, candidate.span, probability)
    _add_parties(view, emitter)
    return Extraction(emitter.fields, emitter.line_items(table.items if table is not None else []))


def _add_parties(view: DocumentView, emitter: Emitter) -> None:
    sections = read_sections(view)
    vendor = sections.vendor
    if vendor is None or vendor.score < 0.7:
        vendor = find_vendor(view, sections.foreign, sections.customer) or vendor
    customer = sections.customer or find_customer(view, vendor, sections.foreign)
    _add_party(emitter, "vendor", vendor)
    _add_party(emitter, "customer", customer)
    _add_tax_ids(view, emitter, sections, customer)


def _add_party(emitter: Emitter, role: str, party: Party | None) -> None:
    if party is not None:
        emitter.add(f"{role}_name", party.name, party.score)
        emitter.add(f"{role}_address", party.address, party.score * 0.95)


def _add_tax_ids(view: DocumentView, emitter: Emitter, sections: Sections, customer: Party | None) -> None:
    """Whose a tax id is: the customer's where it stands in or just under the customer's block, else the vendor's."""
    areas = [*sections.foreign]
    if customer is not None:
        areas.append((customer.sheet, customer.box))
    sheets = view.sheets
    tall = [
        (index, type(box)(box.x0 - 5, box.y0, box.x1 + 60, box.y1 + 4 * sheets[index].line_height))
        for index, box in areas
    ]
    for candidate in sorted(tax_id_candidates(view), key=lambda c: -c.score):
        of_customer = inside(candidate.span.box, tall, candidate.span.sheet)
        emitter.add(_tax_field(candidate, of_customer), candidate.span, certainty(candidate) * 0.95)


def _tax_field(candidate: Candidate, of_customer: bool) -> str:
    if candidate.field == "vendor_tax_number":
        return "vendor_tax_number"
    return "customer_tax_id" if of_customer or candidate.field == CUSTOMER_VAT else "vendor_tax_id"
