"""Where the page prints what the XML says.

An e-invoice's values are exact; a person approves what the page shows. So every value is looked up on the page, and
one that is not found says so (rule ``printed_on_page``): an XML that differs from its page is how hybrid invoices
are abused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from processors.fields import FieldType, FieldValue
from processors.reading.einvoice.index import Span, WordIndex
from processors.reading.einvoice.labels import FIELD_LABELS
from processors.reading.einvoice.model import EInvoice, XmlValue
from processors.schemas import FieldSpec

_MONEY_FIELDS = frozenset(
    {"line_total", "subtotal", "tax_amount", "total_amount", "amount_due", "prepaid_amount", "rounding_amount"}
    | {"allowance_total", "charge_total"}
)
_TOTALS = frozenset({"line_total", "subtotal", "tax_amount", "total_amount", "amount_due", "prepaid_amount"})
FINAL_TOTALS = frozenset({"total_amount", "amount_due"})
"""What is paid: such a figure must be printed as a total, beside a label and outside the lines."""
_SIGN_IS_CONVENTION = frozenset({"allowance_total", "discount", "prepaid_amount"})
"""Amounts that are subtracted: print shows them with a minus or without, and the XML's sign is the one that counts."""

_HEADER_ABOVE = 60.0
_ADDRESS_HEIGHT = 90.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is printed: words on one page, in reading order, and what they read.

    ``value`` is the XML's, but for a quantity's sign and a unit's spelling, which are as printed.
    ``labelled``: a label of the field stands beside or above it.
    """

    page: int
    words: tuple[int, ...]
    text: str
    value: FieldValue
    labelled: bool


def signed_as_printed(invoice: EInvoice, index: WordIndex) -> EInvoice:
    """A credit note's amounts with the sign that the page gives its total.

    Credit notes of type 381 hold positive amounts, and some pages print them with a minus.
    """
    total = invoice.header.get("total_amount")
    if not invoice.credits or total is None or not isinstance(total.value, Decimal) or not total.value:
        return invoice
    if index.find(total.value, FieldType.MONEY) or not index.find(-total.value, FieldType.MONEY):
        return invoice
    header = {name: _negated(xml) if name in _MONEY_FIELDS else xml for name, xml in invoice.header.items()}
    lines = tuple(
        {name: _negated(xml) if name == "amount" else xml for name, xml in line.items()} for line in invoice.lines
    )
    return replace(invoice, header=header, lines=lines)


def _negated(xml: XmlValue) -> XmlValue:
    return replace(xml, value=-xml.value) if isinstance(xml.value, Decimal) else xml


def locate_header(
    header: Mapping[str, XmlValue],
    specs: Sequence[FieldSpec],
    index: WordIndex,
    rows: Sequence[Mapping[str, Place]],
    *,
    either_sign: bool,
) -> dict[str, Place]:
    """The place of each header value that the page prints. With ``either_sign``, amounts may have either sign.

    ``rows`` are the places of the line items: a figure in a line is not the print of a final total.
    """
    in_lines = frozenset((place.page, word) for row in rows for place in row.values() for word in place.words)
    places: dict[str, Place] = {}
    for spec in specs:
        xml = header.get(spec.name)
        taken = in_lines if spec.name in FINAL_TOTALS else frozenset()
        place = None if xml is None else _locate(xml, spec, index, taken, either_sign=either_sign)
        if place is not None:
            places[spec.name] = place
    return places


def _locate(
    xml: XmlValue, spec: FieldSpec, index: WordIndex, taken: frozenset[tuple[int, int]], *, either_sign: bool
) -> Place | None:
    if spec.name.endswith("_address"):
        return _address(xml, index)
    stems = FIELD_LABELS.get(spec.name, ())
    signed = either_sign or spec.name in _SIGN_IS_CONVENTION
    found = [
        (label_score(span, stems, index, _HEADER_ABOVE), span)
        for finds in index.find(xml.value, spec.type, either_sign=signed).values()
        for span, _ in finds
        if not any((span.page, word) in taken for word in span.words)
    ]
    if not xml.value:  # a zero is printed in many places; only a label makes one of them this one
        found = [item for item in found if item[0]]
    if not found:
        return None
    last = 1 if spec.name in _TOTALS else -1
    score, span = max(found, key=lambda item: (item[0], last * item[1].page, last * item[1].box.y0))
    return Place(span.page, span.words, span.text, xml.value, labelled=score > 0)


def _address(xml: XmlValue, index: WordIndex) -> Place | None:
    """All parts of an address near each other on one page; the country and state between them are left out."""
    parts = [index.phrase(part) or index.tokens(part) for part in xml.text.split(", ")]
    best: tuple[float, list[Span]] | None = None
    for first in parts[0]:
        spans = [first]
        for options in parts[1:]:
            near = [span for span in options if span.page == first.page]
            if not near:
                break
            spans.append(min(near, key=lambda span: _distance(span, first)))
        else:
            reach = sum(_distance(span, first) for span in spans)
            if all(abs(span.box.y0 - first.box.y0) <= _ADDRESS_HEIGHT for span in spans):
                best = min(best or (reach, spans), (reach, spans), key=lambda item: item[0])
    if best is None:
        return None
    spans = best[1]
    words = tuple(dict.fromkeys(word for span in spans for word in span.words))
    text = " ".join(index.pages[spans[0].page].words[word].text for word in words)
    return Place(spans[0].page, words, text, xml.value, labelled=True)


def _distance(one: Span, other: Span) -> float:
    return abs(one.box.y0 - other.box.y0) + abs(one.box.x0 - other.box.x0)


def label_score(span: Span, stems: tuple[str, ...], index: WordIndex, above: float) -> int:
    """How sure a label names ``span``, within ``above`` points above it.

    2 for a label to the left on the same row (or glued to the value), 1 for one above in the column, else 0.
    """
    boxes = [word.box for word in index.labels(span.page, stems)]
    if any(box.x0 <= span.box.x0 + 1 and box.vertical_overlap(span.box) > span.box.height / 2 for box in boxes):
        return 2
    top = span.box.y0
    return int(any(top - above <= box.y1 <= top + 1 and box.horizontal_overlap(span.box) > 0 for box in boxes))
