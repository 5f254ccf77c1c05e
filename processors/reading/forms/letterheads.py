"""Names and addresses without a label: who issued a document by its letterhead, whom it goes to by its window."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from processors.geometry import Box
from processors.reading.forms.found import SURE, Found
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.letterhead import find_customer, find_vendor
from processors.reading.geometric.names import LEGAL_FORM, POSTAL, TITLE_WORDS
from processors.reading.geometric.parties import Party, Sections, block_lines, party_of, read_sections
from processors.reading.geometric.party_block import text_of
from processors.reading.geometric.view import Segment, Span
from processors.reading.labelled.towns import to_the_town

_BANKS = re.compile(
    r"bank|banque|banco|banca|caixa|caja|cassa|sparkasse|credit union|cr[e\u00e9]dit|building society|savings",
    re.IGNORECASE,
)
_UTILITIES = re.compile(
    r"energ|electri|elettric|el[e\u00e9]ctri|elektri|\bgas\b|water|wasser|\beaux?\b|agua|\u00e1gua|acqua|acque|\bpower\b|stadtwerke|"
    r"strom|stroom|utilit|tele[ck]om|\u00e9nergie|\bluz\b|\bluce\b|netz|municipal",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"statement|account|bill\b|invoice|rechnung|auszug|konto|facture|relev[e\u00e9]|factura|extracto|extrato|fattura|"
    r"estratto|"
    r"factuur|afschrift|fatura|usage|verbrauch|consum|consom|verbruik|charges|\bcards?\b|transfer|summary|contact|online|"
    r"digital|banking$|bancaire|bancario|bollett|recibo|bulletin|\bpaye?\b|salaire|lohn|gehalt|n[o\u00f3]mina|busta|"
    r"cedolino|\bpay ?(?:stub|slip)|payslip|earnings|"
    r"loon|vencimento|police d|polizza|p[o\u00f3]liza|ap[o\u00f3]lice|\bpolis|policy|"
    r"versicherungs(?:police|schein)|certificate|schedule|commande|bestell|auftrag|pedido|ordine|encomenda|"
    r"purchase|\border\b|lading|waybill|frachtbrief|lettre de voiture|conhecimento|conocimiento|vrachtbrief|"
    r"\.(?:com|net|org|example|[a-z]{2})\b|:$",
    re.IGNORECASE,
)
"""A line that says what the document or a part of it is instead of naming who sends it."""
_PAYABLE_TO = re.compile(r"\bpayable to$", re.IGNORECASE)
_HEAD = 0.3
_MOST_WORDS = 6
_MONOGRAM = 2
_BY_TRADE, _BY_LETTERHEAD, _BY_WINDOW, _LOWER = 0.76, 0.62, 0.7, 0.55


@dataclass(frozen=True, slots=True)
class _Roles:
    """The fields that the letterhead and the address window fill; ``trade`` is in the name of such issuers."""

    issuer: str | None
    addressee: str | None
    trade: re.Pattern[str] | None = None


_ROLES = {
    "bank_statement": _Roles("bank_name", "account_holder", _BANKS),
    "utility_bill": _Roles("vendor_name", "customer_name", _UTILITIES),
    "pay_stub": _Roles("employer_name", "employee_name"),
    "purchase_order": _Roles("customer_name", "vendor_name"),
    "insurance_policy": _Roles("insurer_name", "policyholder_name"),
    "bill_of_lading": _Roles("carrier_name", None),
}


def letterhead_fields(document_type: str) -> tuple[str, ...]:
    """The names that :func:`read_letterheads` looks for in documents of a type; empty for other types."""
    roles = _ROLES.get(document_type)
    return () if roles is None else tuple(name for name in (roles.issuer, roles.addressee) if name is not None)


def read_letterheads(view: DocumentView, document_type: str) -> Iterator[Found]:
    """Names, and addresses under them, of the issuer and the addressee, by what they are in this type."""
    roles = _ROLES[document_type]
    sections = read_sections(view)
    issuer = _issuer(view, sections, roles)
    addressee = _addressee(view, issuer, sections) if roles.addressee is not None else None
    if issuer is not None and roles.issuer is not None:
        shared = addressee is not None and _words(issuer.address) == _words(addressee.address)
        yield from _party(roles.issuer, replace(issuer, address=None) if shared else issuer)
    if addressee is not None and roles.addressee is not None:
        yield from _party(roles.addressee, addressee)


def _words(span: Span | None) -> list[str]:
    return [] if span is None else [token.key for token in span.tokens]


def _party(name: str, party: Party) -> Iterator[Found]:
    stem = name.removesuffix("_name")
    if party.name is not None:
        yield Found(name, _without_monogram(party.name), min(SURE, party.score))
    address = _to_the_town(party.address) if party.address is not None else None
    if address is not None:
        yield Found(f"{stem}_address", address, min(SURE, party.score * 0.95))


def _without_monogram(name: Span) -> Span:
    """A name without the letter or two of a logo before it, with which its first word begins."""
    first = name.lines[0]
    if len(first) > 1 and len(first[0].key) <= _MONOGRAM and first[1].key.startswith(first[0].key):
        return Span(name.sheet, (first[1:], *name.lines[1:]))
    return name


def _to_the_town(address: Span) -> Span | None:
    return to_the_town(address.sheet, address.lines)


def _issuer(view: DocumentView, sections: Sections, roles: _Roles) -> Party | None:
    if roles.trade is not None:
        named = _by_trade(view, roles.trade) or _payee(view)
        if named is not None:
            return named
    sheet = view.sheets[0]
    titles = tuple((sheet.index, segment.box) for segment in sheet.segments if _ABOUT.search(segment.text))
    return _scored(find_vendor(view, (*sections.foreign, *titles), sections.customer), _BY_LETTERHEAD)


def _by_trade(view: DocumentView, trade: re.Pattern[str]) -> Party | None:
    """The largest line of the head that has the trade in it and looks like a name."""
    sheet = view.sheets[0]
    named = [
        segment
        for segment in sheet.segments
        if segment.box.y0 < _HEAD * sheet.height and trade.search(segment.text) and _may_be_name(view, segment)
    ]
    if not named:
        return None
    best = max(named, key=lambda segment: (round(segment.tokens[0].box.height), -segment.row))
    return party_of(sheet.index, block_lines(view, best, 5), _BY_TRADE)


def _may_be_name(view: DocumentView, segment: Segment) -> bool:
    text = segment.text
    if any(map(str.isdigit, text)) or len(segment.tokens) > _MOST_WORDS or _ABOUT.search(text) or "@" in text:
        return False
    if text.endswith((".", "!", "?")) and not LEGAL_FORM.search(text):
        return False
    key = "".join(token.key for token in segment.tokens)
    labelled = any(
        label.start == 0 and (label.closed or label.stop == len(segment.tokens)) for label in view.labels_in(segment)
    )
    capital = all(token.text[0].isupper() for token in segment.tokens if len(token.key) > 3)
    return key not in TITLE_WORDS and len(key) > 3 and not labelled and capital


def _payee(view: DocumentView) -> Party | None:
    """``Make checks payable to Electricity Company``."""
    for segment in (segment for sheet in view.sheets for segment in sheet.segments):
        for stop in range(2, len(segment.tokens)):
            if _PAYABLE_TO.search(" ".join(token.text for token in segment.tokens[:stop])):
                return party_of(segment.sheet, [segment.tokens[stop:]], _LOWER)
    return None


def _addressee(view: DocumentView, issuer: Party | None, sections: Sections) -> Party | None:
    found = _scored(find_customer(view, issuer, sections.foreign), _BY_WINDOW)
    if found is not None and (found.address is None or _to_the_town(found.address) is None):
        found = None
    return found or _in_one_line(view, issuer) or _on_slip(view, issuer)


def _in_one_line(view: DocumentView, issuer: Party | None) -> Party | None:
    """A name in the upper half over an address of one line, with commas in it."""
    sheet = view.sheets[0]
    for segment in sheet.segments:
        if segment.box.y0 > 0.42 * sheet.height or segment.box.x0 > 0.55 * sheet.width or not _is_person(view, segment):
            continue
        lines = block_lines(view, segment, 2)
        if len(lines) < 2 or not any(token.text.endswith(",") for token in lines[1][:-1]):
            continue
        if POSTAL.search(text_of(lines[1])) and not _is_in(segment.box, issuer):
            name, address = (Span(sheet.index, (line,)) for line in lines[:2])
            return Party(name, address, _BY_WINDOW, name.box, sheet.index)
    return None


def _on_slip(view: DocumentView, issuer: Party | None) -> Party | None:
    """The name and address on the slip at the foot that goes back with the payment."""
    sheet = view.sheets[0]
    for segment in sheet.segments:
        if segment.box.y0 < 0.6 * sheet.height or not _is_person(view, segment):
            continue
        party = party_of(sheet.index, block_lines(view, segment, 4), _LOWER)
        if party is None or party.address is None or _to_the_town(party.address) is None:
            continue
        if not _is_in(segment.box, issuer) and not _same_name(party, issuer):
            return party
    return None


def _is_person(view: DocumentView, segment: Segment) -> bool:
    return _may_be_name(view, segment) and len(segment.tokens) > 1


def _same_name(party: Party, other: Party | None) -> bool:
    names = [item.name for item in (party, other) if item is not None and item.name is not None]
    return len(names) == 2 and [t.key for t in names[0].tokens] == [t.key for t in names[1].tokens]


def _is_in(box: Box, party: Party | None) -> bool:
    return party is not None and box.horizontal_overlap(party.box) > 0 and box.vertical_overlap(party.box) > 0


def _scored(party: Party | None, score: float) -> Party | None:
    return None if party is None else Party(party.name, party.address, score, party.box, party.sheet)
