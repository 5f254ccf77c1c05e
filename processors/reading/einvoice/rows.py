"""Where the page prints the line items: all cells of a line in one band, lines from top to bottom."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from processors.fields import FieldValue
from processors.reading.einvoice.index import Find, Finds, Span, WordIndex
from processors.reading.einvoice.labels import COLUMN_LABELS, UNIT_SPELLINGS
from processors.reading.einvoice.locate import Place, label_score
from processors.reading.einvoice.model import XmlValue
from processors.schemas import FieldSpec

_ORDER = ("description", "amount", "unit_price", "quantity", "tax_rate", "sku", "discount", "price_base_quantity")
"""Cells are placed in this order, and no word is taken twice, so that the amount is not taken for the price."""
_ROW_ABOVE, _ROW_BELOW = 14.0, 40.0
_COLUMN_ABOVE = 2000.0
_MOST_CANDIDATES = 8
_SAME_HEIGHT = 4.0

_Options = Mapping[str, Finds]
"""For each column of one line, the places that print its value."""


def locate_lines(
    lines: Sequence[Mapping[str, XmlValue]], specs: Sequence[FieldSpec], index: WordIndex, *, either_sign: bool
) -> list[dict[str, Place]]:
    """For each line, the places of its cells. With ``either_sign``, numbers may have either sign."""
    kinds = {spec.name: spec.type for spec in specs if spec.name != "unit"}
    options: list[_Options] = [
        {
            name: index.find(xml.value, kinds[name], either_sign=either_sign)
            for name, xml in line.items()
            if name in kinds
        }
        for line in lines
    ]
    anchors = _anchors(options)
    found = [anchor for anchor in anchors if anchor is not None]
    neighbours = iter(zip([None, *found], [*found[1:], None], strict=False))
    return [
        {} if anchor is None else _cells(line, spans, anchor, _band(anchor, *next(neighbours)), index)
        for line, spans, anchor in zip(lines, options, anchors, strict=True)
    ]


def _anchors(options: Sequence[_Options]) -> list[Span | None]:
    """One span per line that tells its row: of the next ones below the row before, the one with most cells beside."""
    anchors: list[Span | None] = []
    after = (0, 0.0)
    for spans in options:
        candidates: list[Span] = []
        for name in ("description", "sku", "amount"):
            candidates = list(islice(_below(spans.get(name, {}), after), _MOST_CANDIDATES))
            if candidates:
                break
        best = max(candidates, key=lambda span: (_company(span, spans), -span.page, -span.box.y0), default=None)
        if best is not None:
            after = (best.page, best.box.y0 + 1)
        anchors.append(best)
    return anchors


def _below(finds: Finds, after: tuple[int, float]) -> Iterator[Span]:
    for page, found in finds.items():
        if page >= after[0]:
            yield from (span for span, _ in found if (span.page, span.box.y0) > after)


def _company(anchor: Span, spans: _Options) -> int:
    inside = _band(anchor, None, None)
    return sum(any(inside(span) for span, _ in finds.get(anchor.page, ())) for finds in spans.values())


def _band(anchor: Span, before: Span | None, after: Span | None) -> Callable[[Span], bool]:
    """Whether a span of the anchor's page lies in its row: between the row before it and the row after it."""
    top, bottom = anchor.box.y0 - _ROW_ABOVE, anchor.box.y1 + _ROW_BELOW
    if before is not None and before.page == anchor.page:
        top = max(top, before.box.y1)
    if after is not None and after.page == anchor.page:
        bottom = min(bottom, after.box.y0)
    return lambda span: top <= span.box.center_y <= bottom


def _cells(
    line: Mapping[str, XmlValue], spans: _Options, anchor: Span, inside: Callable[[Span], bool], index: WordIndex
) -> dict[str, Place]:
    places: dict[str, Place] = {}
    used: set[int] = set()
    for name in _ORDER:
        found = spans.get(name, {}).get(anchor.page, ())
        free = [item for item in found if inside(item[0]) and not used & set(item[0].words)]
        if free:
            place = _best(name, line[name].value, free, anchor, index)
            used |= set(place.words)
            places[name] = place
    unit = _unit(line.get("unit"), anchor, places.get("quantity"), inside, index, used)
    return places if unit is None else {**places, "unit": unit}


def _best(name: str, value: FieldValue, free: Sequence[Find], anchor: Span, index: WordIndex) -> Place:
    """The place under its column's label, on the anchor's own height, furthest right for amounts and prices."""
    stems = COLUMN_LABELS.get(name, ())
    side = 1 if name in ("amount", "unit_price") else -1
    scored = [(label_score(span, stems, index, _COLUMN_ABOVE), span, printed) for span, printed in free]

    def rank(item: tuple[int, Span, FieldValue]) -> tuple[int, int, float]:
        score, span, _ = item
        return score, -round(abs(span.box.y0 - anchor.box.y0) / _SAME_HEIGHT), side * span.box.x1

    score, span, printed = max(scored, key=rank)
    return Place(span.page, span.words, span.text, printed if name == "quantity" else value, labelled=score > 0)


def _unit(
    xml: XmlValue | None,
    anchor: Span,
    quantity: Place | None,
    inside: Callable[[Span], bool],
    index: WordIndex,
    used: set[int],
) -> Place | None:
    """The printed spelling of a unit code in the row, nearest to the quantity's end; its value is as printed."""
    if xml is None:
        return None
    spellings = {*UNIT_SPELLINGS.get(xml.text, ()), xml.text.casefold()}
    words = [
        word
        for word in index.spelt(anchor.page, spellings)
        if word.id not in used and inside(Span(anchor.page, (word.id,), word.box, word.text))
    ]
    if not words:
        return None
    near = anchor.box if quantity is None else index.pages[anchor.page].words[quantity.words[-1]].box
    word = min(words, key=lambda word: abs(word.box.x0 - near.x1) + abs(word.box.y0 - near.y0))
    return Place(anchor.page, (word.id,), word.text, word.text, labelled=True)
