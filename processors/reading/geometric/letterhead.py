"""The vendor and the customer of documents that name neither: letterhead, sender line, footer, address window."""

import re
from dataclasses import dataclass

from processors.geometry import Box
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.names import LEGAL_FORM, POSTAL, TITLE_WORDS
from processors.reading.geometric.parties import Party, block_lines, inside, party_of
from processors.reading.geometric.view import Segment, Sheet, Span, Token
from processors.values.text import fold

_GENERIC = re.compile(
    r"\b(?:thank|welcome|page|seite|copyright|www|http|stylesheet|danke|merci|gracias|sample)\b|@|\(c\)", re.IGNORECASE
)
_TOP = 0.45
_THRESHOLD = 0.45
_OWN_DOMAIN = 0.35
"""Score of a name that a mail or web address on the page holds too."""


@dataclass(frozen=True, slots=True)
class _Scored:
    segment: Segment
    score: float


def find_vendor(
    view: DocumentView, foreign: tuple[tuple[int, Box], ...], customer: Party | None = None
) -> Party | None:
    """The vendor by its letterhead: the line that looks most like a company's name, with the address near it.

    ``foreign`` are areas that hold other parties; a line with ``customer``'s name is not the vendor's either.
    """
    foreign_name = customer.name.tokens[0].key if customer is not None and customer.name is not None else ""
    scored = [
        _Scored(segment, _name_score(view, sheet, segment, domains))
        for sheet in view.sheets[:1]
        for domains in [_domains(sheet)]
        for segment in sheet.segments
        if not inside(segment.box, foreign, sheet.index)
        and not (len(foreign_name) > 3 and segment.tokens[0].key == foreign_name)
    ]
    ranked = sorted(scored, key=lambda item: -item.score)
    if not ranked or ranked[0].score < _THRESHOLD:
        return None
    best = ranked[0]
    sheet = view.sheet_of(best.segment)
    certainty = min(0.85, 0.35 + best.score * 0.4)
    party = party_of(sheet.index, block_lines(view, best.segment, 6), certainty)
    if party is None:
        return None
    address = (
        party.address
        or _address_elsewhere(view, sheet, best.segment, foreign)
        or _address_beside(view, sheet, best.segment, foreign)
    )
    return Party(party.name, address, certainty, party.box, party.sheet)


def _name_score(view: DocumentView, sheet: Sheet, segment: Segment, domains: str) -> float:
    """How much a line looks like the issuer's name; at most about 1.5."""
    text = segment.text
    place = segment.box.y0 / sheet.height
    letters = sum(map(str.isalpha, text))
    words = len(segment.tokens)
    labels = [
        label for label in view.labels_in(segment) if label.start == 0 and not _harmless(label.meanings[0].name, words)
    ]
    if letters < 3 or words > 9 or labels or text.endswith(":") or _GENERIC.search(text):
        return 0.0
    key = "".join(token.key for token in segment.tokens)
    if key in TITLE_WORDS or any(
        key.endswith(title) and len(key) < len(title) + 12 for title in ("rechnung", "invoice", "facture")
    ):
        return 0.0
    if view.dates_in(segment) or any(amount.firm for amount in view.amounts_in(segment)):
        return 0.0
    digits = sum(map(str.isdigit, text))
    height = segment.tokens[0].box.height / sheet.line_height
    score = 0.4 if _has_legal_form(text) else 0.0
    score += min(0.4, max(0.0, 0.4 * (height - 1.0)))
    score += 0.3 * max(0.0, 1.0 - place / _TOP) if place < _TOP else 0.0
    score += 0.1 if segment.row == 0 else 0.0
    score += _OWN_DOMAIN if any(len(token.key) >= 4 and token.key in domains for token in segment.tokens) else 0.0
    score += 0.15 if sheet.text.lower().count(text.lower()) > 1 else 0.0
    score -= 0.35 if digits >= 3 else 0.1 if digits else 0.0
    score -= 0.15 if POSTAL.search(text) and not LEGAL_FORM.search(text) else 0.0
    return score if place < _TOP or place > 0.85 or LEGAL_FORM.search(text) else score - 0.3


def _has_legal_form(text: str) -> bool:
    """Whether a legal form stands behind a name; *Company* alone is none."""
    form = LEGAL_FORM.search(text)
    return form is not None and sum(map(str.isalpha, text[: form.start()])) >= 2


def _harmless(name: str, words: int) -> bool:
    """Labels that may begin a company's name."""
    return name in {"customer_section", "vendor_section", "other.contact", "charge_total", "other.cash"} and words > 1


_DOMAIN = re.compile(r"(?:@|www\.|https?://)\s?([\w.-]+)", re.IGNORECASE)


def _domains(sheet: Sheet) -> str:
    return " ".join(fold(match) for match in _DOMAIN.findall(sheet.text))


def _address_elsewhere(
    view: DocumentView, sheet: Sheet, name: Segment, foreign: tuple[tuple[int, Box], ...]
) -> Span | None:
    """The address under another print of the same name, as in a footer or a sender line."""
    key = "".join(token.key for token in name.tokens)
    for segment in sheet.segments:
        if segment is name or inside(segment.box, foreign, sheet.index):
            continue
        if key and "".join(token.key for token in segment.tokens).startswith(key):
            party = party_of(sheet.index, block_lines(view, segment, 5), 0.6)
            if party is not None and party.address is not None:
                return party.address
    return None


def _address_beside(
    view: DocumentView, sheet: Sheet, name: Segment, foreign: tuple[tuple[int, Box], ...]
) -> Span | None:
    """The only address in the upper half that stands on the name's side of the page and in no other party's block."""
    found: list[Span] = []
    for segment in sheet.segments:
        above = [s for s in sheet.segments if _is_just_above(s, segment, sheet.line_height)]
        if segment.box.y0 > 0.5 * sheet.height or not POSTAL.search(segment.text) or not above:
            continue
        if (sheet.index, segment.row) in view.item_rows or view.labels_in(segment):
            continue
        if inside(segment.box, foreign, sheet.index) or view.labels_in(above[0]) or not _is_street(above[0].text):
            continue
        if (segment.box.center_x > sheet.width / 2) == (name.box.center_x > sheet.width / 2):
            found.append(Span(sheet.index, (above[0].tokens, segment.tokens)))
    return found[0] if len(found) == 1 else None


def _is_just_above(upper: Segment, lower: Segment, line_height: float) -> bool:
    return abs(upper.box.x0 - lower.box.x0) < line_height and 0 <= lower.box.y0 - upper.box.y1 + 2 < 1.5 * line_height


def _is_street(text: str) -> bool:
    return any(map(str.isdigit, text)) and sum(map(str.isalpha, text)) >= 3


def find_customer(view: DocumentView, vendor: Party | None, foreign: tuple[tuple[int, Box], ...] = ()) -> Party | None:
    """The customer in the address window: a block at the upper left with a post code and town, not the vendor's.

    ``foreign`` are areas of other parties, such as where the goods go.
    """
    sheet = view.sheets[0]
    vendor_key = _key(vendor.name.tokens) if vendor is not None and vendor.name is not None else ""
    for segment in sheet.segments:
        place = segment.box.y0 / sheet.height
        if not 0.08 < place < 0.42 or segment.box.x0 > 0.55 * sheet.width or not _may_be_name(view, segment):
            continue
        if inside(segment.box, foreign, sheet.index):
            continue
        lines = block_lines(view, segment, 5)
        party = party_of(sheet.index, lines, 0.62)
        if party is None or party.address is None or len(party.address.lines) < 2 or _has_labels(view, party):
            continue
        own = _key(party.name.tokens) if party.name is not None else ""
        if vendor is not None and (_overlap(vendor.box, party.box) or (vendor_key and vendor_key in own)):
            continue
        if POSTAL.search(" ".join(token.text for token in party.address.lines[-1])) or POSTAL.search(
            " ".join(token.text for token in party.address.tokens)
        ):
            return party
    return None


def _has_labels(view: DocumentView, party: Party) -> bool:
    """Whether a block is a list of labelled values rather than an address."""
    area = [(party.sheet, party.box)]
    segments = view.sheets[party.sheet].segments
    return any(view.labels_in(segment) for segment in segments if inside(segment.box, area, party.sheet))


def _may_be_name(view: DocumentView, segment: Segment) -> bool:
    if view.labels_in(segment) or any(char.isdigit() for char in segment.text) or len(segment.tokens) > 7:
        return False
    return _key(segment.tokens) not in TITLE_WORDS


def _key(tokens: tuple[Token, ...]) -> str:
    return "".join(token.key for token in tokens)


def _overlap(box: Box, other: Box) -> bool:
    return box.horizontal_overlap(other) > 0 and box.vertical_overlap(other) > 0
