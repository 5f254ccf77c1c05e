"""What a tax id, a name or an address says of whose it is, as numbers."""

from collections.abc import Iterator

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.header import CUSTOMER_VAT
from processors.reading.geometric.invoice import InvoiceStudy
from processors.reading.geometric.names import LEGAL_FORM, POSTAL, TITLE_WORDS, TRADE
from processors.reading.geometric.parties import Party
from processors.reading.geometric.view import Segment, Sheet, Span
from processors.reading.learned.around import Around
from processors.reading.learned.context import Context
from processors.reading.learned.found import NAMED, Found
from processors.reading.learned.rules import text_of
from processors.values import parse_vat_id

_CONTACTS = frozenset({"vendor_phone", "vat_id", "vendor_tax_number"})
_FLUSH, _DEPTH = 1.5, 6.0
"""How far lines of one block may start or end from each other, and how far they reach below it, in line heights."""


class PartyFeatures:
    """Makes the columns of tax ids, names and addresses of one document."""

    def __init__(self, study: InvoiceStudy, context: Context) -> None:
        self._study = study
        self._context = context
        self._contacts = [list(_contacts(study.view, sheet)) for sheet in study.view.sheets]

    def tax_id(self, found: Found, around: Around) -> list[float]:
        text = " ".join(token.text for token in found.span.tokens)
        vat = parse_vat_id(text)
        vendor, customer = self._study.vendor, self._study.customer
        first = sum(1 for other in self._study.tax_ids if _before(other[1].span, found.span))
        claims = [claim.strength for claim in around.claims if claim.meaning == "other.customer_vat"]
        inside = next((name for name, c in self._study.tax_ids if c.span.ids == found.span.ids), "")
        return [
            min(len(text), 25),
            float(vat is not None),
            min(self._context.value_counts[found.value], 5),
            self._distance(found, vendor.sheet, vendor.box.center_y) if vendor is not None else 9.0,
            self._distance(found, customer.sheet, customer.box.center_y) if customer is not None else 9.0,
            float(inside == "customer_tax_id"),
            min(first, 5),
            max(claims, default=0.0),
            float(text[:2].isalpha()),
        ]

    def _distance(self, found: Found, sheet: int, y: float) -> float:
        """Up or down the page, in heights of the page; 9 on another page."""
        if found.span.sheet != sheet:
            return 9.0
        return (found.span.box.center_y - y) / self._study.view.sheets[sheet].height

    def name(self, found: Found) -> list[float]:
        text = " ".join(token.text for token in found.span.tokens)
        party = found.party
        assert party is not None
        letters = sum(map(str.isalpha, text)) or 1
        address = party.address
        height = found.span.tokens[0].box.height
        return [
            min(len(text), 60),
            float(LEGAL_FORM.search(text) is not None),
            float(TRADE.search(text) is not None),
            float(sum(map(str.isdigit, text))),
            sum(map(str.isupper, text)) / letters,
            float(any(token.key in TITLE_WORDS for token in found.span.tokens)),
            float(address is not None),
            float(len(address.lines)) if address is not None else 0.0,
            float(address is not None and POSTAL.search(text_of(address)) is not None),
            height / self._context.usual_height,
            float(height >= self._context.tallest * 0.98),
            self._in_domain(found.span),
            float(min(6, self._context.text.count(text.casefold()))),
            float(len(self._study.view.labels_in(found.segment))),
            *self._sections(found),
            _likeness(found.span, None if self._study.vendor is None else self._study.vendor.name),
            _likeness(found.span, None if self._study.customer is None else self._study.customer.name),
            float(len(found.span.lines)),
            float(found.segment.row == 0),
            float(NAMED in found.sections),
            *self._below(party),
        ]

    def address(self, found: Found) -> list[float]:
        text = text_of(found.span)
        party = found.party
        assert party is not None
        name = party.name
        vendor, customer = self._study.vendor, self._study.customer
        line = self._study.view.sheets[found.span.sheet].line_height
        return [
            min(len(text), 120),
            float(len(found.span.lines)),
            float(POSTAL.search(text) is not None),
            float(sum(map(str.isdigit, text))),
            min(self._context.value_counts[found.value], 5),
            *self._sections(found),
            _likeness(found.span, None if vendor is None else vendor.address),
            _likeness(found.span, None if customer is None else customer.address),
            float(name is not None and LEGAL_FORM.search(text_of(name)) is not None),
            name.tokens[0].box.height / self._context.usual_height if name is not None else 0.0,
            self._in_domain(name) if name is not None else 0.0,
            (found.span.box.y0 - name.box.y1) / line if name is not None else 9.0,
            float(name is not None and name.box.y0 > found.span.box.y0),
            *self._below(party),
        ]

    def _below(self, party: Party) -> list[float]:
        """How many telephone numbers, mail addresses and tax ids stand in or just under a block, as issuers print them
        under their own, and how many tax ids that are called the customer's.
        """
        sheet = self._study.view.sheets[party.sheet]
        flush, depth = _FLUSH * sheet.line_height, _DEPTH * sheet.line_height
        own = customers = 0
        for segment, is_customers in self._contacts[party.sheet]:
            box = segment.box
            beside = min(abs(box.x0 - party.box.x0), abs(box.x1 - party.box.x1)) <= flush
            if beside and party.box.y0 <= box.y0 <= party.box.y1 + depth:
                own, customers = own + (not is_customers), customers + is_customers
        return [float(min(own, 4)), float(min(customers, 2))]

    def _sections(self, found: Found) -> list[float]:
        foreign = any(
            sheet == found.span.sheet and box.x0 - 1 <= found.span.box.center_x <= box.x1 + 1
            and box.y0 - 1 <= found.span.box.center_y <= box.y1 + 1
            for sheet, box in self._study.sections.foreign
        )  # fmt: skip
        known = ("vendor_section", "customer_section", "other.ship_to")
        return [*(float(name in found.sections) for name in known), float(foreign)]

    def _in_domain(self, span: Span) -> float:
        domains = self._context.domains
        return float(any(len(token.key) >= 4 and token.key in domains for token in span.tokens))


def _contacts(view: DocumentView, sheet: Sheet) -> Iterator[tuple[Segment, bool]]:
    """Segments with a way to reach or to tell a party, and whether they say that it is the customer's."""
    for segment in sheet.segments:
        meanings = {meaning.name for label in view.labels_in(segment) for meaning in label.meanings}
        if CUSTOMER_VAT in meanings:
            yield segment, True
        elif meanings & _CONTACTS or "@" in segment.text or "www." in segment.text.casefold():
            yield segment, False


def _likeness(span: Span, other: Span | None) -> float:
    """Share of common words, of all the words of the two."""
    if other is None or other.sheet != span.sheet:
        return 0.0
    return len(span.ids & other.ids) / len(span.ids | other.ids)


def _before(span: Span, other: Span) -> bool:
    return (span.sheet, span.box.y0) < (other.sheet, other.box.y0)
