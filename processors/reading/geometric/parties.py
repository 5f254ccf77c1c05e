"""Whom the document is from and to, as its labelled sections say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from processors.geometry import Box
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.labels import Label
from processors.reading.geometric.names import POSTAL
from processors.reading.geometric.party_block import (
    ADDRESS_LABELS,
    NAME_LABELS,
    Party,
    address_part,
    has_word,
    kind_of,
    party_of,
    text_of,
    trimmed,
)
from processors.reading.geometric.view import Segment, Span, Token

__all__ = [
    "SECTIONS",
    "Party",
    "Sections",
    "block_lines",
    "inside",
    "party_of",
    "party_under",
    "read_sections",
    "says_name",
]

_MOST_LINES = 7
_ALIGNED = 1.5
"""How far the lines of an address may start from each other, in line heights."""
_FLUSH = 0.4
"""The same for lines that are set flush right or centred, which is seldom meant where it is not exact."""
_NEXT_ROWS = 3
_UNDER_HEADING = 2.2
"""How far under its heading a block may begin, in line heights, though other blocks have lines in between."""
_PAUSE, _LONG_PAUSE, _FIRST_PAUSE = 1.3, 2.3, 3.2
"""White space between two lines of an address, in line heights: after the post code, before it, under a heading."""
SECTIONS = ("vendor_section", "customer_section", "other.ship_to")


Edge = Callable[[Box], float]
"""What the lines of a block have in common."""


def _left(box: Box) -> float:
    return box.x0


def _right(box: Box) -> float:
    return box.x1


def _centre(box: Box) -> float:
    return box.center_x


@dataclass(frozen=True, slots=True)
class Sections:
    """What the labelled sections of the pages hold."""

    vendor: Party | None
    customer: Party | None
    foreign: tuple[tuple[int, Box], ...]
    """(sheet, box) of customer and delivery blocks: nothing in them is the vendor's."""


def read_sections(view: DocumentView) -> Sections:
    """The parties under labels such as *Bill to* or *Verkäufer*; the first complete one of each kind."""
    found: dict[str, list[Party]] = {name: [] for name in SECTIONS}
    for label in view.labels():
        meaning = next((m for m in label.meanings if m.name in SECTIONS), None)
        if meaning is None or (label.segment.sheet, label.segment.row) in view.item_rows:
            continue
        party = party_under(view, label)
        if party is not None:
            weight = label.trust * (0.7 if meaning.weak else 1.03 if says_name(label) else 1.0)
            found[meaning.name].append(Party(party.name, party.address, party.score * weight, party.box, party.sheet))
    foreign = [(p.sheet, p.box) for name in SECTIONS[1:] for p in found[name]]
    return Sections(_combine(found["vendor_section"]), _combine(found["customer_section"]), tuple(foreign))


def says_name(label: Label) -> bool:
    """*Customer name* is surer than *Bill to*, which may be followed by a department."""
    key = "".join(token.key for token in label.segment.tokens[label.start : label.stop])
    return key in NAME_LABELS


def _combine(parties: list[Party]) -> Party | None:
    """The best party; its missing half taken from another one with the same label."""
    if not parties:
        return None
    ranked = sorted(parties, key=lambda party: -party.score - (0.02 if party.address else 0.0))
    best = ranked[0]
    name = best.name or next((p.name for p in ranked if p.name), None)
    address = best.address or next((p.address for p in ranked if p.address), None)
    return Party(name, address, best.score, best.box, best.sheet)


def party_under(view: DocumentView, label: Label) -> Party | None:
    """The party beside or below a section label; its address may have a label of its own further right."""
    beside = _lines_beside(view, label)
    if beside and not has_word(beside[0]):
        # "Customer: 4711" is a number, and what stands below it is something else.
        return None
    lines = beside or _lines_below(view, label)
    party = party_of(label.segment.sheet, lines, 0.9)
    if party is None or party.address is not None:
        return party
    for other in (found for segment in view.row_of(label.segment) for found in view.labels_in(segment)):
        key = "".join(token.key for token in other.segment.tokens[other.start : other.stop])
        beside = _lines_beside(view, other) if key in ADDRESS_LABELS and other.closed else []
        if beside and POSTAL.search(" ".join(token.text for line in beside for token in line)):
            return replace(party, address=Span(party.sheet, tuple(address_part(beside))))
    return party


def _lines_beside(view: DocumentView, label: Label) -> list[tuple[Token, ...]]:
    """``Customer: ACME`` on one line, and the lines that go on under ``ACME``."""
    segment = label.segment
    if not label.closed and label.stop < len(segment.tokens):
        return []
    tokens = segment.tokens[label.value_start :]
    stop = next((other.start for other in view.labels_in(segment) if other.start >= label.stop), None)
    if stop is not None:
        tokens = segment.tokens[label.value_start : stop]
    tokens = trimmed(tokens)
    anchor = segment
    if not tokens:
        row = view.row_of(segment)
        following = row[row.index(segment) + 1 :][:1]
        if not label.closed or not following or any(map(_is_heading, view.labels_in(following[0]))):
            return []
        if _block_under(view, label):
            return []
        anchor = following[0]
        tokens = trimmed(anchor.tokens)
    if not tokens:
        return []
    under = _column_under(view, anchor, tokens[0].box, _MOST_LINES - 1)
    return [tokens, *(under or _column_under(view, segment, label.box, _MOST_LINES - 1))]


def _block_under(view: DocumentView, label: Label) -> bool:
    """Whether a line of text starts close under a heading: what stands beside the heading is another block."""
    sheet = view.sheet_of(label.segment)
    for row in sheet.below(label.segment, _NEXT_ROWS):
        under = _starting_at(row, label.box.x0, _ALIGNED * sheet.line_height)
        if under is not None:
            near = under.box.y0 - label.box.y1 <= _UNDER_HEADING * sheet.line_height
            return near and has_word(under.tokens) and not view.labels_in(under)
    return False


def _lines_below(view: DocumentView, label: Label) -> list[tuple[Token, ...]]:
    if label.stop < len(label.segment.tokens) and not label.closed:
        return []
    return _column_under(view, label.segment, label.box, _MOST_LINES + 1)


def _column_under(
    view: DocumentView, start: Segment, anchor: Box, most: int, edge: Edge = _left
) -> list[tuple[Token, ...]]:
    """Lines under ``anchor`` that share its ``edge``, as far as the next wide pause or section label.

    Where the lines are labels with values to their right (``Address:   1 High Street``), the lines that go on under
    a value count too.
    """
    sheet = view.sheet_of(start)
    slack = (_ALIGNED if edge is _left else _FLUSH) * sheet.line_height
    lines: list[tuple[Token, ...]] = []
    bottom = start.box.y1
    value_edge: float | None = None
    complete = False
    for row in sheet.below(start, most + 6):
        if (sheet.index, row[0].row) in view.item_rows:
            break
        segment = _sharing(row, anchor, edge, slack)
        goes_on = segment is None and value_edge is not None
        if goes_on and value_edge is not None:
            segment = _starting_at(row, value_edge, slack)
        if segment is None:
            if row[0].box.y0 - bottom > _FIRST_PAUSE * sheet.line_height:
                break
            continue
        pause = _PAUSE if complete else _LONG_PAUSE if lines else _FIRST_PAUSE
        if segment.box.y0 - bottom > pause * sheet.line_height:
            break
        if any(m.name in SECTIONS for label in view.labels_in(segment) if _is_heading(label) for m in label.meanings):
            break
        line, value_edge = (segment.tokens, value_edge) if goes_on else _with_value(view, row, segment)
        lines.append(line)
        complete = complete or (kind_of(line)[0] != "skip" and POSTAL.search(text_of(line)) is not None)
        bottom = segment.box.y1
        if len(lines) == most:
            break
    return lines


def _is_heading(label: Label) -> bool:
    """A section label that stands alone on its line or ends in a colon; *Lieferant GmbH* is a name."""
    return label.start == 0 and (label.closed or label.stop == len(label.segment.tokens))


def _starting_at(row: Sequence[Segment], x0: float, slack: float) -> Segment | None:
    return next((segment for segment in row if abs(segment.box.x0 - x0) <= slack), None)


def _sharing(row: Sequence[Segment], anchor: Box, edge: Edge, slack: float) -> Segment | None:
    return next((segment for segment in row if abs(edge(segment.box) - edge(anchor)) <= slack), None)


def _with_value(view: DocumentView, row: Sequence[Segment], segment: Segment) -> tuple[tuple[Token, ...], float | None]:
    """A line, with the value to its right where it is a label alone (``Name:    ACME``), and where that starts."""
    labels = view.labels_in(segment)
    if labels and labels[0].start == 0 and labels[0].stop == len(segment.tokens):
        following = list(row)[list(row).index(segment) + 1 :]
        if following and not any(map(_is_heading, view.labels_in(following[0]))):
            return segment.tokens + following[0].tokens, following[0].box.x0
    return segment.tokens, None


def inside(token_box: Box, areas: Sequence[tuple[int, Box]], sheet: int) -> bool:
    """Whether the centre of a box lies in one of the areas of its sheet."""
    return any(
        index == sheet
        and area.x0 - 1 <= token_box.center_x <= area.x1 + 1
        and area.y0 - 1 <= token_box.center_y <= area.y1 + 1
        for index, area in areas
    )


def block_lines(view: DocumentView, segment: Segment, most: int) -> list[tuple[Token, ...]]:
    """``segment`` and the lines of its block under it: those that start as it does, or else end or are centred so."""
    for edge in (_left, _right, _centre):
        lines = _column_under(view, segment, segment.box, most, edge)
        if lines:
            break
    return [segment.tokens, *lines]
