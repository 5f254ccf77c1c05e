"""What a tax id, a name or an address says of whose it is, as numbers."""

from processors.reading.geometric.invoice import InvoiceStudy
from processors.reading.geometric.names import LEGAL_FORM, POSTAL, TITLE_WORDS, TRADE
from processors.reading.geometric.view import Span
from processors.reading.learned.around import Around
from processors.reading.learned.context import Context
from processors.reading.learned.found import NAMED, Found
from processors.reading.learned.rules import text_of
from processors.values import parse_vat_id


class PartyFeatures:
    """Makes the columns of tax ids, names and addresses of one document."""

    def __init__(self, study: InvoiceStudy, context: Context) -> None:
        self._study = study
        self._context = context

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
        ]

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


def _likeness(span: Span, other: Span | None) -> float:
    """Share of common words, of all the words of the two."""
    if other is None or other.sheet != span.sheet:
        return 0.0
    return len(span.ids & other.ids) / len(span.ids | other.ids)


def _before(span: Span, other: Span) -> bool:
    return (span.sheet, span.box.y0) < (other.sheet, other.box.y0)
