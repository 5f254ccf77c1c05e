"""Candidates: every value on the pages that could be a field's, by kind. Only what is found here can be chosen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from processors.reading.geometric.header import DATE_FIELDS, ID_FIELDS, identifier_at, tax_id_candidates, tax_span
from processors.reading.geometric.invoice import InvoiceStudy
from processors.reading.geometric.pairing import Candidate, Place
from processors.reading.geometric.parties import SECTIONS, Party, block_lines, party_of, party_under, says_name
from processors.reading.geometric.view import Segment, Sheet, Span
from processors.values.company import LEGAL_FORM
from processors.values.text import fold

_MOST = 150
"""Candidates of one kind that are looked at: a long document has its header on the first pages."""
_LETTERHEAD, _FOOT = 0.5, 0.8
"""Shares of the page's height: above the first and below the second stand the parties."""


NAMED = "named"
"""Among a candidate's sections: a label says that it is a name (*Customer name*), not only whose block it is."""


class Kind(StrEnum):
    """What kind of value a candidate is; a field takes candidates of one kind."""

    AMOUNT = "amount"
    DATE = "date"
    IDENTIFIER = "identifier"
    TAX_ID = "tax_id"
    NAME = "name"
    ADDRESS = "address"


KIND_OF: dict[str, Kind] = {
    "subtotal": Kind.AMOUNT,
    "tax_amount": Kind.AMOUNT,
    "total_amount": Kind.AMOUNT,
    "amount_due": Kind.AMOUNT,
    "invoice_date": Kind.DATE,
    "due_date": Kind.DATE,
    "delivery_date": Kind.DATE,
    "invoice_number": Kind.IDENTIFIER,
    "purchase_order": Kind.IDENTIFIER,
    "customer_id": Kind.IDENTIFIER,
    "vendor_tax_id": Kind.TAX_ID,
    "customer_tax_id": Kind.TAX_ID,
    "vendor_name": Kind.NAME,
    "customer_name": Kind.NAME,
    "vendor_address": Kind.ADDRESS,
    "customer_address": Kind.ADDRESS,
}
"""The fields that are scored, each with the kind of its candidates."""


@dataclass(slots=True)
class Found:
    """One candidate. ``value`` is what the words say, to compare candidates by; ``segment`` has its first word.

    ``sections`` are the labelled sections that a name or an address was found under; ``party`` is the block it is of.
    """

    kind: Kind
    span: Span
    value: object
    segment: Segment
    start: int
    stop: int
    party: Party | None = None
    sections: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[int, frozenset[int]]:
        """Its words, whoever found them."""
        return self.span.sheet, self.span.ids


def find_all(study: InvoiceStudy) -> dict[Kind, list[Found]]:
    """The candidates of every kind, in reading order, each span once."""
    segments = _by_word(study)
    found: dict[Kind, list[Found]] = {
        Kind.AMOUNT: _once(_amounts(study, segments)),
        Kind.DATE: _once(_dates(study, segments)),
        Kind.IDENTIFIER: _once(_identifiers(study, segments)),
        Kind.TAX_ID: _once(_tax_ids(study, segments)),
    }
    parties = list(_parties(study))
    found[Kind.NAME] = _once(_party_parts(parties, Kind.NAME, segments))
    found[Kind.ADDRESS] = _once(_party_parts(parties, Kind.ADDRESS, segments))
    return {kind: _first(group) for kind, group in found.items()}


def _first(found: list[Found]) -> list[Found]:
    """The first :data:`_MOST` of them, in reading order."""
    return sorted(found, key=lambda item: (item.segment.sheet, item.segment.index, item.start, item.stop))[:_MOST]


_Places = dict[tuple[int, int], tuple[Segment, int]]


def _by_word(study: InvoiceStudy) -> _Places:
    """Where each word stands: (sheet, word id) to its segment and its position there."""
    return {
        (sheet.index, token.id): (segment, position)
        for sheet in study.view.sheets
        for segment in sheet.segments
        for position, token in enumerate(segment.tokens)
    }


def _once(found: Iterable[Found]) -> list[Found]:
    known: dict[tuple[int, frozenset[int]], Found] = {}
    for item in found:
        known.setdefault(item.key, item).sections |= item.sections
    return list(known.values())


def _outside_items(study: InvoiceStudy) -> Iterator[tuple[Sheet, Segment]]:
    for sheet in study.view.sheets:
        for segment in sheet.segments:
            if (sheet.index, segment.row) not in study.view.item_rows:
                yield sheet, segment


def _offered(segments: _Places, kind: Kind, candidates: Iterable[Candidate]) -> Iterator[Found]:
    """What the rules consider."""
    for candidate in candidates:
        segment, start = segments[candidate.span.sheet, candidate.span.tokens[0].id]
        stop = start + len(candidate.span.lines[0])
        yield Found(kind, candidate.span, candidate.value, segment, start, stop)


def _amounts(study: InvoiceStudy, segments: _Places) -> Iterator[Found]:
    for name, group in study.sums.offered.items():
        if name in KIND_OF:
            yield from _offered(segments, Kind.AMOUNT, group)
    for _, segment in _outside_items(study):
        dates = study.view.dates_in(segment)
        for amount in study.view.amounts_in(segment):
            if any(printed.start < amount.stop and amount.start < printed.stop for printed in dates):
                continue
            if amount.firm or not study.view.prints_cents:
                yield Found(Kind.AMOUNT, amount.span, amount.value, segment, amount.start, amount.stop)


def _dates(study: InvoiceStudy, segments: _Places) -> Iterator[Found]:
    yield from _offered(segments, Kind.DATE, (c for c in study.header if c.field in DATE_FIELDS))
    for _, segment in _outside_items(study):
        for printed in study.view.dates_in(segment):
            yield Found(Kind.DATE, printed.span, printed.value, segment, printed.start, printed.stop)


def _identifiers(study: InvoiceStudy, segments: _Places) -> Iterator[Found]:
    """The rules' own, then the longest identifier from every word with a digit that begins one."""
    yield from _offered(segments, Kind.IDENTIFIER, (c for c in study.header if c.field in ID_FIELDS))
    for _, segment in _outside_items(study):
        yield from _identifiers_in(study, segment)


def _identifiers_in(study: InvoiceStudy, segment: Segment) -> Iterator[Found]:
    tokens = segment.tokens
    edges = sorted({label.start for label in study.view.labels_in(segment)} | {len(tokens)})
    position = 0
    while position < len(tokens):
        if not any(map(str.isdigit, tokens[position].text)):
            position += 1
            continue
        stop = next((edge for edge in edges if edge > position), len(tokens))
        candidate = identifier_at(None, "invoice_number", Place(segment, position, stop, 1.0, True))
        if candidate is None:
            position += 1
            continue
        end = position + len(candidate.span.tokens)
        yield Found(Kind.IDENTIFIER, candidate.span, candidate.value, segment, position, end)
        position = end


def _tax_ids(study: InvoiceStudy, segments: _Places) -> Iterator[Found]:
    """Those behind labels, then what has the form of one."""
    yield from _offered(segments, Kind.TAX_ID, tax_id_candidates(study.view))
    for _, segment in _outside_items(study):
        for position, token in enumerate(segment.tokens):
            if not any(map(str.isdigit, token.text)) and not (len(token.text) == 2 and token.text.isupper()):
                continue
            span = tax_span(Place(segment, position, len(segment.tokens), 1.0, True), labelled=False)
            if span is not None and span.tokens[0].id == token.id:
                value = fold(" ".join(word.text for word in span.tokens))
                yield Found(Kind.TAX_ID, span, value, segment, position, position + len(span.tokens))


def _parties(study: InvoiceStudy) -> Iterator[tuple[Party, str]]:
    """The blocks that may be a party's, with the section that each was found under (empty for none)."""
    view = study.view
    for party in (study.vendor, study.customer):
        if party is not None:
            yield party, ""
    for label in view.labels():
        meaning = next((m for m in label.meanings if m.name in SECTIONS), None)
        if meaning is not None and (label.segment.sheet, label.segment.row) not in view.item_rows:
            party = party_under(view, label)
            if party is not None:
                yield party, meaning.name
                if says_name(label):
                    yield party, NAMED
    for sheet, segment in _outside_items(study):
        if sheet.index == 0 and _may_begin_party(study, sheet, segment):
            party = party_of(sheet.index, block_lines(view, segment, 6), 0.5)
            if party is not None:
                yield party, ""


def _may_begin_party(study: InvoiceStudy, sheet: Sheet, segment: Segment) -> bool:
    place = segment.box.y0 / sheet.height
    text = segment.text
    if _LETTERHEAD < place < _FOOT and not LEGAL_FORM.search(text):
        return False
    letters = sum(map(str.isalpha, text))
    if letters < 3 or len(segment.tokens) > 12 or study.view.dates_in(segment):
        return False
    return not any(amount.firm for amount in study.view.amounts_in(segment))


def _party_parts(parties: Iterable[tuple[Party, str]], kind: Kind, segments: _Places) -> Iterator[Found]:
    for party, section in parties:
        for span in filter(None, [party.name]) if kind is Kind.NAME else _addresses(party.address):
            segment, start = segments[span.sheet, span.tokens[0].id]
            value = fold(" ".join(token.text for token in span.tokens))
            sections = {section} if section else set()
            yield Found(kind, span, value, segment, start, start + len(span.lines[0]), party, sections)


def _addresses(address: Span | None) -> Iterator[Span]:
    """An address, and where its first line has no number, as a person's or department's has none, the rest of it."""
    if address is not None:
        yield address
        first = "".join(token.text for token in address.lines[0])
        if len(address.lines) > 2 and not any(map(str.isdigit, first)):
            yield Span(address.sheet, address.lines[1:])
