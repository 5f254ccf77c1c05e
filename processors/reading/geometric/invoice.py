"""Reading invoices and credit notes by rules: first what the pages say (:func:`study`), then fields out of it."""

from dataclasses import dataclass

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
from processors.reading.geometric.sums import SUM_FIELDS, Sums, read_sums
from processors.reading.geometric.table import Table, read_table
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


@dataclass(frozen=True, slots=True)
class InvoiceStudy:
    """All that the rules find on an invoice, chosen or not. ``tax_ids`` are (field, candidate), best first."""

    view: DocumentView
    currency: Candidate | None
    table: Table | None
    header: list[Candidate]
    chosen: dict[str, Candidate]
    ibans: list[Candidate]
    sums: Sums
    sections: Sections
    vendor: Party | None
    customer: Party | None
    tax_ids: list[tuple[str, Candidate]]


def study_invoice(view: DocumentView) -> InvoiceStudy:
    """What the rules find. Settles the view's dates and its line-item rows."""
    currency = read_currency(view)
    view.settle_dates(currency.value if currency is not None and isinstance(currency.value, str) else None)
    table = read_table(view)
    view.item_rows = frozenset(table.rows) if table is not None else frozenset()
    header = header_candidates(view, _HEADER)
    sections = read_sections(view)
    vendor, customer = _parties(view, sections)
    return InvoiceStudy(
        view=view,
        currency=currency,
        table=table,
        header=header,
        chosen=choose(header),
        ibans=iban_candidates(view),
        sums=read_sums(view, frozenset(SUM_FIELDS), table.total(view.conventions.numbers) if table else None),
        sections=sections,
        vendor=vendor,
        customer=customer,
        tax_ids=_tax_ids(view, sections, customer),
    )


def fields_of(study: InvoiceStudy, schema: ExtractionSchema) -> Extraction:
    """The fields and line items that the rules choose."""
    emitter = Emitter(study.view, schema)
    if study.currency is not None:
        emitter.add("currency", study.currency.span, certainty(study.currency))
    for name, candidate in study.chosen.items():
        emitter.add(name, candidate.span, certainty(candidate))
    for candidate in study.ibans[:1]:
        emitter.add("iban", candidate.span, certainty(candidate))
    for name, candidate in study.sums.chosen.items():
        probability = certainty(candidate, proven=name in study.sums.proven)
        if probability >= _LEAST_FOR_MONEY:
            emitter.add(name, candidate.span, probability)
    _add_party(emitter, "vendor", study.vendor)
    _add_party(emitter, "customer", study.customer)
    for name, candidate in study.tax_ids:
        emitter.add(name, candidate.span, certainty(candidate) * 0.95)
    return Extraction(emitter.fields, emitter.line_items(study.table.items if study.table is not None else []))


def read_invoice(view: DocumentView, schema: ExtractionSchema) -> Extraction:
    """Everything that the rules read on the pages of an invoice or credit note."""
    return fields_of(study_invoice(view), schema)


def _parties(view: DocumentView, sections: Sections) -> tuple[Party | None, Party | None]:
    """The vendor and the customer: as their sections say, else as letterhead and address window do."""
    vendor = sections.vendor
    if vendor is None or vendor.score < 0.7:
        vendor = find_vendor(view, sections.foreign, sections.customer) or vendor
    return vendor, sections.customer or find_customer(view, vendor, sections.foreign)


def _add_party(emitter: Emitter, role: str, party: Party | None) -> None:
    if party is not None:
        emitter.add(f"{role}_name", party.name, party.score)
        emitter.add(f"{role}_address", party.address, party.score * 0.95)


def _tax_ids(view: DocumentView, sections: Sections, customer: Party | None) -> list[tuple[str, Candidate]]:
    """Whose a tax id is: the customer's where it stands in or just under the customer's block, else the vendor's."""
    areas = [*sections.foreign]
    if customer is not None:
        areas.append((customer.sheet, customer.box))
    sheets = view.sheets
    tall = [
        (index, type(box)(box.x0 - 5, box.y0, box.x1 + 60, box.y1 + 4 * sheets[index].line_height))
        for index, box in areas
    ]
    return [
        (_tax_field(candidate, inside(candidate.span.box, tall, candidate.span.sheet)), candidate)
        for candidate in sorted(tax_id_candidates(view), key=lambda c: -c.score)
    ]


def _tax_field(candidate: Candidate, of_customer: bool) -> str:
    if candidate.field == "vendor_tax_number":
        return "vendor_tax_number"
    return "customer_tax_id" if of_customer or candidate.field == CUSTOMER_VAT else "vendor_tax_id"
