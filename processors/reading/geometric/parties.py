"""Whom the document is from and to, as its labelled sections say; how a block is read as a name and an address."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from processors.geometry import Box
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.labels import Label
from processors.reading.geometric.names import LEGAL_FORM, POSTAL
from processors.reading.geometric.view import Segment, Span, Token
from processors.values.text import word_set

_MOST_LINES = 7
_ALIGNED = 1.5
"""How far the lines of an address may start from each other, in line heights."""
_PAUSE, _LONG_PAUSE, _FIRST_PAUSE = 1.3, 2.3, 3.2
"""White space between two lines of an address, in line heights: after the post code, before it, under a heading."""
_SECTIONS = ("vendor_section", "customer_section", "other.ship_to")
_NAME_LABELS = word_set(
    "name customername firma companyname nom nombre nome naam vendorname suppliername kundenname clientname buyername "
    "nomduclient nomclient nombredelcliente nombrecliente nomecliente nomedocliente klantnaam sellername"
)
_ADDRESS_LABELS = word_set("anschrift adresse address direccion indirizzo adres morada endereco domicilio")
_NOT_ADDRESS = re.compile(r"@|www\.|https?:|\b(?:tel|fax|phone|e-?mail|mobile|ph)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Party:
    """A name and an address, either may be missing. ``score``: how sure it is whose they are; ``box``: all lines."""

    name: Span | None
    address: Span | None
    score: float
    box: Box
    sheet: int


@dataclass(frozen=True, slots=True)
class Sections:
    """What the labelled sections of the pages hold."""

    vendor: Party | None
    customer: Party | None
    foreign: tuple[tuple[int, Box], ...]
    """(sheet, box) of customer and delivery blocks: nothing in them is the vendor's."""


def read_sections(view: DocumentView) -> Sections:
    """The parties under labels such as *Bill to* or *Verkäufer*; the first complete one of each kind."""
    found: dict[str, list[Party]] = {name: [] for name in _SECTIONS}
    for label in view.labels():
        meaning = next((m for m in label.meanings if m.name in _SECTIONS), None)
        if meaning is None or (label.segment.sheet, label.segment.row) in view.item_rows:
            continue
        party = _under(view, label)
        if party is not None:
            weight = label.trust * (0.7 if meaning.weak else 1.03 if _says_name(label) else 1.0)
            found[meaning.name].append(Party(party.name, party.address, party.score * weight, party.box, party.sheet))
    foreign = [(p.sheet, p.box) for name in _SECTIONS[1:] for p in found[name]]
    return Sections(_combine(found["vendor_section"]), _combine(found["customer_section"]), tuple(foreign))


def _says_name(label: Label) -> bool:
    """*Customer name* is surer than *Bill to*, which may be followed by a department."""
    key = "".join(token.key for token in label.segment.tokens[label.start : label.stop])
    return key in _NAME_LABELS


def _combine(parties: list[Party]) -> Party | None:
    """The best party; its missing half taken from another one with the same label."""
    if not parties:
        return None
    ranked = sorted(parties, key=lambda party: -party.score - (0.02 if party.address else 0.0))
    best = ranked[0]
    name = best.name or next((p.name for p in ranked if p.name), None)
    address = best.address or next((p.address for p in ranked if p.address), None)
    return Party(name, address, best.score, best.box, best.sheet)


def _under(view: DocumentView, label: Label) -> Party | None:
    """The party beside or below a section label; its address may have a label of its own further right."""
    beside = _lines_beside(view, label)
    if beside and not any(map(str.isalpha, _text(beside[0]))):
        # "Customer: 4711" is a number, and what stands below it is something else.
        return None
    lines = beside or _lines_below(view, label)
    party = party_of(label.segment.sheet, lines, 0.9)
    if party is None or party.address is not None:
        return party
    for other in (found for segment in view.row_of(label.segment) for found in view.labels_in(segment)):
        key = "".join(token.key for token in other.segment.tokens[other.start : other.stop])
        beside = _lines_beside(view, other) if key in _ADDRESS_LABELS and other.closed else []
        if beside and POSTAL.search(" ".join(token.text for line in beside for token in line)):
            return replace(party, address=Span(party.sheet, tuple(_address_part(beside))))
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
    tokens = _trim(tokens)
    anchor = segment
    if not tokens:
        row = view.row_of(segment)
        following = row[row.index(segment) + 1 :][:1]
        if not label.closed or not following or any(map(_is_heading, view.labels_in(following[0]))):
            return []
        anchor = following[0]
        tokens = _trim(anchor.tokens)
    if not tokens:
        return []
    under = _column_under(view, anchor, tokens[0].box, _MOST_LINES - 1)
    return [tokens, *(under or _column_under(view, segment, label.box, _MOST_LINES - 1))]


def _trim(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """``tokens`` without punctuation before the first word."""
    start = next((i for i, token in enumerate(tokens) if token.key), len(tokens))
    return tuple(tokens[start:])


def _lines_below(view: DocumentView, label: Label) -> list[tuple[Token, ...]]:
    if label.stop < len(label.segment.tokens) and not label.closed:
        return []
    return _column_under(view, label.segment, label.box, _MOST_LINES + 1)


def _column_under(view: DocumentView, start: Segment, anchor: Box, most: int) -> list[tuple[Token, ...]]:
    """Lines under ``anchor`` that start where it starts, as far as the next wide pause or section label.

    Where the lines are labels with values to their right (``Address:   1 High Street``), the lines that go on under
    a value count too.
    """
    sheet = view.sheet_of(start)
    slack = _ALIGNED * sheet.line_height
    lines: list[tuple[Token, ...]] = []
    bottom = start.box.y1
    value_edge: float | None = None
    complete = False
    for row in sheet.below(start, most + 6):
        if (sheet.index, row[0].row) in view.item_rows:
            break
        segment = _starting_at(row, anchor.x0, slack)
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
        if any(m.name in _SECTIONS for label in view.labels_in(segment) if _is_heading(label) for m in label.meanings):
            break
        line, value_edge = (segment.tokens, value_edge) if goes_on else _with_value(view, row, segment)
        lines.append(line)
        complete = complete or (_kind(line)[0] != "skip" and POSTAL.search(_text(line)) is not None)
        bottom = segment.box.y1
        if len(lines) == most:
            break
    return lines


def _is_heading(label: Label) -> bool:
    """A section label that stands alone on its line or ends in a colon; *Lieferant GmbH* is a name."""
    return label.start == 0 and (label.closed or label.stop == len(label.segment.tokens))


def _starting_at(row: Sequence[Segment], x0: float, slack: float) -> Segment | None:
    return next((segment for segment in row if abs(segment.box.x0 - x0) <= slack), None)


def _with_value(view: DocumentView, row: Sequence[Segment], segment: Segment) -> tuple[tuple[Token, ...], float | None]:
    """A line, with the value to its right where it is a label alone (``Name:    ACME``), and where that starts."""
    labels = view.labels_in(segment)
    if labels and labels[0].start == 0 and labels[0].stop == len(segment.tokens):
        following = list(row)[list(row).index(segment) + 1 :]
        if following and not any(map(_is_heading, view.labels_in(following[0]))):
            return segment.tokens + following[0].tokens, following[0].box.x0
    return segment.tokens, None


def party_of(sheet: int, lines: Sequence[tuple[Token, ...]], score: float) -> Party | None:
    """Name and address out of the lines of a block: the first line that is no number or label, and what follows it."""
    name: tuple[Token, ...] | None = None
    address: list[tuple[Token, ...]] = []
    skipped = 0
    for line in lines:
        kind, value = _kind(line)
        if kind == "skip" or not value:
            skipped += 1
            if address or (name is not None and skipped > 1):
                break
            continue
        if kind == "name" or (name is None and kind == "text" and not _is_town(value)):
            name = name or value
        elif kind in {"address", "text"} and name is not None:
            address.append(value)
    if name is None:
        return None
    inline = _inline_address(name)
    if inline is not None:
        name, address = inline
    address = _address_part(_without_name(address, name))
    tokens = [*name, *(token for line in address for token in line)]
    box = Box(
        min(t.box.x0 for t in tokens),
        min(t.box.y0 for t in tokens),
        max(t.box.x1 for t in tokens),
        max(t.box.y1 for t in tokens),
    )
    return Party(Span(sheet, (name,)), Span(sheet, tuple(address)) if address else None, score, box, sheet)


def _text(line: tuple[Token, ...]) -> str:
    return " ".join(token.text for token in line)


def _kind(line: tuple[Token, ...]) -> tuple[str, tuple[Token, ...]]:
    """Whether a line of a block is a name, an address, plain text, or to be skipped; and its value without a label."""
    text = _text(line)
    colon = next((i for i, token in enumerate(line[:5]) if ":" in token.text), None)
    if colon is not None:
        label = "".join(token.key for token in line[: colon + 1])
        value = _trim(line[colon + 1 :])
        if label in _NAME_LABELS or label in {"attn", "attention", "zhd", "tav"}:
            return "name", value
        return ("address", value) if label in _ADDRESS_LABELS else ("skip", ())
    letters = sum(map(str.isalpha, text))
    if _NOT_ADDRESS.search(text) or (letters < 2 and not POSTAL.search(text)):
        return "skip", ()
    if line[0].text.startswith("(") or line[0].key in {
        "gln",
        "iban",
        "bic",
        "ustidnr",
        "vat",
        "hrb",
        "tax",
        "gst",
        "gstin",
    }:
        return "skip", ()
    return "text", line


def _is_town(line: tuple[Token, ...]) -> bool:
    """A line that begins with a post code names a town, not a party."""
    return POSTAL.match(_text(line)) is not None


def _without_name(lines: list[tuple[Token, ...]], name: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """``lines`` without those at the top that go on with the name: a legal form or a word of it, and no number."""
    words = {token.key for token in name if len(token.key) > 3}
    start = 0
    while start < len(lines) and not any(map(str.isdigit, _text(lines[start]))):
        if not LEGAL_FORM.search(_text(lines[start])) and not words & {token.key for token in lines[start]}:
            break
        start += 1
    return lines[start:]


def _address_part(lines: list[tuple[Token, ...]]) -> list[tuple[Token, ...]]:
    """``lines`` up to the one with the post code and a country after it; none where no line has a digit."""
    texts = [_text(line) for line in lines]
    if not any(any(map(str.isdigit, text)) for text in texts) or not any(map(str.isalpha, "".join(texts))):
        return []
    if len(lines) == 1 and _is_town(lines[0]):
        # The street is missing, so this is not the address that was printed.
        return []
    last = max((i for i, text in enumerate(texts) if POSTAL.search(text)), default=None)
    if last is None:
        return lines[:4]
    following = texts[last + 1 : last + 2]
    if following and len(following[0].split()) <= 3 and not any(map(str.isdigit, following[0])):
        last += 1
    return lines[: last + 1]


_SEPARATORS = frozenset({"\u00b7", "\u2022", "|", "-", "*", "\u25aa", "\u25cf"})


def _inline_address(name: tuple[Token, ...]) -> tuple[tuple[Token, ...], list[tuple[Token, ...]]] | None:
    """``ACME GmbH · Hauptstr. 1 · 12345 Berlin`` on one line, cut into its parts."""
    parts: list[list[Token]] = [[]]
    for token in name:
        if token.text in _SEPARATORS:
            parts.append([])
            continue
        parts[-1].append(token)
        if token.text.endswith(","):
            parts.append([])
    lines = [tuple(part) for part in parts if part]
    rest = " ".join(token.text for line in lines[1:] for token in line)
    return (lines[0], lines[1:]) if len(lines) > 1 and POSTAL.search(rest) else None


def inside(token_box: Box, areas: Sequence[tuple[int, Box]], sheet: int) -> bool:
    """Whether the centre of a box lies in one of the areas of its sheet."""
    return any(
        index == sheet
        and area.x0 - 1 <= token_box.center_x <= area.x1 + 1
        and area.y0 - 1 <= token_box.center_y <= area.y1 + 1
        for index, area in areas
    )


def block_lines(view: DocumentView, segment: Segment, most: int) -> list[tuple[Token, ...]]:
    """``segment`` and the lines of its block under it."""
    return [segment.tokens, *_column_under(view, segment, segment.box, most)]
