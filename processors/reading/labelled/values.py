"""The words at a place that are a value of a field's type and meet its schema's demands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from processors.fields import FieldType, FieldValue
from processors.reading.geometric.cite import value_of
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.header import identifier_at
from processors.reading.geometric.labels import Label
from processors.reading.geometric.names import LEGAL_FORM, POSTAL
from processors.reading.geometric.pairing import Place, stands_under
from processors.reading.geometric.parties import block_lines, party_of
from processors.reading.geometric.view import Span, Token
from processors.reading.labelled.towns import to_the_town
from processors.schemas import FieldSpec, load_schemas
from processors.values.text import fold, word_set

_FARTHEST = 3
"""Words that may stand between a label and a short value (``Total amount in EUR 12.00``)."""
_LONGEST = 9
"""Words of a code or number."""
_MOST_WORDS = 12
"""A text of more words beside a label is a sentence, not a value."""
_ADDRESS_LINES = 5
_LONGEST_FORM = 3
_NAME_BLANK = 0.5
"""Blank between the words of a name, in word heights."""
_TITLES = word_set("mr mrs ms miss herr herrn frau mme mlle sr sra srta sig sigra dhr mevr")
_CONNECTORS = word_set("and or of the und oder der des et ou de du des y e o i di dei del della en van do da dos")
_OTHER_HEADINGS = word_set(
    "lastname firstname middleinitial initial state zipcode details option code type typ tipo other no nr aptno"
)
"""Folded headings of boxes and columns that no schema reads."""
_BOX_NUMBER = re.compile(r"[0-9]{1,2}[a-z]?")
"""Before the heading of the next box of a form (``14 Other``)."""
_LEAP_DAY = 29
_STEP = 0.05
"""What each word between label and value costs."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Words at a place and the value they are; ``score`` is the place's relation to the label, less for distance."""

    span: Span
    value: FieldValue
    score: float


def readings(view: DocumentView, label: Label, spec: FieldSpec, place: Place, *, shared: bool) -> Iterator[Reading]:
    """What ``spec`` may be at ``place``, best first. ``shared``: the label names a party and its address in one."""
    match spec.type:
        case FieldType.DATE:
            found = _dates(view, label, place)
        case FieldType.MONEY:
            found = _amounts(view, place)
        case FieldType.TEXT if is_address(spec):
            found = _address(view, place, shared=shared)
        case FieldType.TEXT if not (spec.constraints.choices or spec.constraints.pattern):
            found = _text(view, place, name=spec.name.endswith("_name"))
        case FieldType.IDENTIFIER if not (spec.constraints.choices or spec.constraints.pattern):
            found = _identifier(label, spec, place)
        case _:
            found = _windows(place)
    for span, score in found:
        value = value_in(view, spec, span)
        if isinstance(value, date) and spec.name == "date_of_birth" and str(value.year) not in _digits(span):
            value = _before_the_others(view, value)
        if value is not None and spec.constraints.fault(value) is None:
            yield Reading(span, value, score)


def is_address(spec: FieldSpec) -> bool:
    """Whether a field holds an address: by its name, as all schemas have it."""
    return spec.type is FieldType.TEXT and spec.name.rpartition("_")[2] == "address"


def value_in(view: DocumentView, spec: FieldSpec, span: Span) -> FieldValue | None:
    """The value that the words are, with a choice in the schema's own spelling; ``None`` for none."""
    page = view.sheets[span.sheet].page
    lines = tuple(" ".join(page.words[token.id].text for token in line) for line in span.lines)
    value = value_of(spec, lines, view.conventions)
    if isinstance(value, str) and spec.constraints.choices:
        return next((choice for choice in spec.constraints.choices if fold(choice) == fold(value)), None)
    return value


def _dates(view: DocumentView, label: Label, place: Place) -> Iterator[tuple[Span, float]]:
    below = place.segment.row != label.segment.row
    for printed in view.dates_in(place.segment):
        if below and not stands_under(view, label, printed.span.box):
            continue
        if below or (place.start <= printed.start and printed.stop <= place.stop):
            yield printed.span, place.relation - _STEP * min(max(0, printed.start - place.start), 6)


def _digits(span: Span) -> str:
    return "".join(char for token in span.tokens for char in token.text if char.isdigit())


def _before_the_others(view: DocumentView, born: date) -> date:
    """A birth date whose two-digit year was taken for one of this century, though no other date is so late."""
    others = [
        printed.value for sheet in view.sheets for segment in sheet.segments for printed in view.dates_in(segment)
    ]
    latest = max((other for other in others if other != born), default=born)
    if born <= latest or born.day == _LEAP_DAY:
        return born
    return born.replace(year=born.year - 100)


def _amounts(view: DocumentView, place: Place) -> Iterator[tuple[Span, float]]:
    for amount in view.amounts_in(place.segment):
        inside = place.start <= amount.start and amount.stop <= place.stop
        if inside and (amount.firm or not view.prints_cents):
            yield amount.span, place.relation - _STEP * min(amount.start - place.start, 6)


def _windows(place: Place) -> Iterator[tuple[Span, float]]:
    """Short runs of words near the place's beginning, the longer ones first; none that cuts a number short."""
    tokens = place.segment.tokens
    for start in range(place.start, min(place.stop, place.start + _FARTHEST)):
        for stop in range(min(place.stop, start + _LONGEST), start, -1):
            if stop == len(tokens) or not _goes_on(tokens[stop - 1], tokens[stop]):
                yield place.cut(start, stop), place.relation - _STEP * (start - place.start)


def _goes_on(left: Token, right: Token) -> bool:
    """Whether digits stand close behind digits."""
    close = right.box.x0 - left.box.x1 < right.box.height
    return close and left.text[-1].isdigit() and right.text[0].isdigit()


def _identifier(label: Label, spec: FieldSpec, place: Place) -> Iterator[tuple[Span, float]]:
    found = identifier_at(label, spec.name, place)
    if found is not None:
        yield found.span, found.score


def _text(view: DocumentView, place: Place, *, name: bool) -> Iterator[tuple[Span, float]]:
    """All words of the place, unless they are a sentence, a label or no words at all; without *Mr* or *Frau*.

    A ``name`` reaches into the next column where its words stand close, and goes on under it with its legal form.
    """
    if name:
        place = replace(place, stop=_end_of_name(view, place))
    start = place.start + (place.segment.tokens[place.start].key in _TITLES and place.stop - place.start > 1)
    tokens = place.segment.tokens[start : place.stop]
    text = _joined(tokens)
    letters = sum(map(str.isalpha, text))
    goes_on = tokens[0].key in _CONNECTORS or (tokens[0].text[0].islower() and len(tokens) > 2)
    if letters < 2 or len(tokens) > _MOST_WORDS or text.endswith((":", "/")) or goes_on or _is_label(tokens):
        return
    if view.dates_in(place.segment) or (len(tokens) > 1 and _BOX_NUMBER.fullmatch(tokens[0].text)):
        return
    under = block_lines(view, place.segment, 1)[1:2] if name and place.stop == len(place.segment.tokens) else []
    if under and (_is_legal_form(under[0]) or text.endswith("&")):
        yield Span(place.segment.sheet, (tokens, under[0])), place.relation
    yield place.cut(start, place.stop), place.relation


def _end_of_name(view: DocumentView, place: Place) -> int:
    """Past the last of the words that stand as close as those of one name do."""
    tokens, stop = place.segment.tokens, place.stop
    starts = {label.start for label in view.labels_in(place.segment)}
    while stop < len(tokens) and stop not in starts:
        if tokens[stop].box.x0 - tokens[stop - 1].box.x1 > _NAME_BLANK * tokens[stop].box.height:
            break
        stop += 1
    return stop


def _is_legal_form(line: tuple[Token, ...]) -> bool:
    form = LEGAL_FORM.match(_joined(line))
    return form is not None and len(line) <= _LONGEST_FORM and not any(map(str.isdigit, _joined(line)))


def _is_label(tokens: tuple[Token, ...]) -> bool:
    """Whether the words are a label of any packaged schema, as the heading of the next box is."""
    return "".join(token.key for token in tokens) in _all_labels()


@cache
def _all_labels() -> frozenset[str]:
    specs = (spec for schema in load_schemas().values() for spec in (*schema.fields, *schema.columns))
    labels = (label for spec in specs for labels in spec.labels.values() for label in labels)
    return frozenset(fold(label) for label in labels) | _OTHER_HEADINGS


def _address(view: DocumentView, place: Place, *, shared: bool) -> Iterator[tuple[Span, float]]:
    lines = [line for line in _block(view, place) if not _is_label(line)]
    if not lines:
        return
    if shared:
        party = party_of(place.segment.sheet, lines, 1.0)
        if party is not None and party.address is not None:
            yield to_the_town(party.address.sheet, party.address.lines) or party.address, place.relation
        return
    address = to_the_town(place.segment.sheet, lines)
    if address is not None:
        yield address, place.relation
        return
    last = next((index for index, line in enumerate(lines) if POSTAL.search(_joined(line))), None)
    if last is not None and any(map(str.isalpha, _joined(lines[0]))):
        yield Span(place.segment.sheet, tuple(lines[: last + 1])), place.relation


def _block(view: DocumentView, place: Place) -> list[tuple[Token, ...]]:
    """The place's words and the lines under them, as far as the next row with a label of its own."""
    first = place.segment.tokens[place.start : place.stop]
    lines = [first]
    for row, line in zip(
        view.sheet_of(place.segment).below(place.segment, _ADDRESS_LINES),
        block_lines(view, place.segment, _ADDRESS_LINES)[1:],
        strict=False,
    ):
        under = [segment for segment in row if segment.box.horizontal_overlap(place.segment.box) > 0]
        if any(label.start == 0 for segment in under for label in view.labels_in(segment)):
            break
        lines.append(line)
    return lines


def _joined(line: tuple[Token, ...]) -> str:
    return " ".join(token.text for token in line)
