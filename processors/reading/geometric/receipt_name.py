"""Who sold it: which row, or rows, of a receipt's head is the name."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.names import LEGAL_FORM, POSTAL, TITLE_WORDS, TRADE
from processors.reading.geometric.receipt_head import (
    ADDRESS_ENDS,
    CLEAR,
    GLUED,
    REGISTRATION,
    STREET,
    TOWN,
    Head,
    has_amount,
    is_building,
    is_registered,
    key_of,
    may_be_name,
)
from processors.reading.geometric.view import Sheet, Token
from processors.values.text import fold, word_set

_HEAD_ROWS = 9
_ANCHOR_ROWS = 14
_HAS_DIGIT = re.compile(r"[0-9]")
_BRANCH = re.compile(r"[0-9]{1,2}")
_COPIES = word_set("copy kopie duplicate original")
_BRACKETS = re.compile(r"^\([^()]*\)")
_BARE_FORM = re.compile(r"(?:DE\s)?(?:R\.?\s?L\.?\s)?(?:DE\s)?C\.?\s?V\.?|BHD\.?", re.IGNORECASE)
"""The end of a legal form that a line's end has cut: *S.A. / DE C.V.*, *SDN / BHD*."""
_DOMAIN = re.compile(
    r"(?:@|\bwww\.|https?://)\s?([\w.-]+)|\b([\w-]{3,63}\.(?:com|net|org|eu|de|at|ch|fr|be|lu|es|it|nl|pt|uk|ie|us|my))\b",
    re.IGNORECASE,
)

# How much speaks for a row, set by hand. A conditional logit over the rows of 565 receipts gave the same signs, and
# most weight to legal form, registration, trade and own domain; size alone it found worth next to nothing.
_LEGAL_FORM, _TRADE = 0.6, 0.45
_REGISTERED = 0.3
_OWN_DOMAIN = 0.35
_ANCHORED = 0.1
_FIRST, _EACH_ROW_DOWN = 0.3, 0.12
_MOST_SIZE = 0.2
_NUMBERED = -0.35
_OF_ADDRESS = -0.35
_IN_BRACKETS = -0.35
_UNSURE = -0.35
_HARDLY_SURE = -0.1
_LEAST_REGISTRATION = 6
"""Digits of a number that stands alone; one with fewer may be a post code."""
_ALIKE = 0.8
"""Likeness of a logo, which is hard to read, and the print that says the same."""
_LEAST_LOGO, _MOST_LOGO = 5, 60
"""Letters; of fewer chance makes two alike."""
_LARGER = 1.25


@dataclass(frozen=True, slots=True)
class ChosenName:
    """The words of a name, line by line, how much speaks for it (0.3 is little, 1 much) and how much more than for any
    other row; its rows, and the first row that might have been one.
    """

    lines: tuple[tuple[Token, ...], ...]
    score: float
    margin: float
    rows: tuple[int, ...]
    first_row: int


def choose_name(view: DocumentView, head: Head) -> ChosenName | None:
    """The rows that look most like the seller's name; ``None`` where no row may be one."""
    named = _named_rows(view, head)
    above = _above_street(view, head)
    places = {row: at for at, row in enumerate(named)} | ({} if above is None else {above: 0})
    for row in range(min(_ANCHOR_ROWS, len(head.rows))):
        if row not in places and _is_company(view, head, row):
            places[row] = row
    if not places:
        return None
    domains = _domains(head.sheet)
    scores = [(row, _name_score(head, row, at, domains)) for row, at in sorted(places.items())]
    chosen, score = max(scores, key=lambda item: item[1] + (_ANCHORED if item[0] == above else 0.0))
    rows = _after_logo(head, sorted(places), _wrapped(head, sorted(places), chosen))
    lines = tuple(line for row in rows if (line := head.name(row)))
    if not lines:
        return None
    rival = max((other for row, other in scores if row not in rows), default=0.0)
    return ChosenName(lines, score, score - rival, tuple(rows), min(places))


def _named_rows(view: DocumentView, head: Head) -> list[int]:
    """Rows that may be the name: text lines above the first telephone, tax number, title or date."""
    rows: list[int] = []
    for row in range(min(_HEAD_ROWS, len(head.rows))):
        text = head.text(row)
        if rows and (ADDRESS_ENDS.search(text) or key_of(head.tokens(row)) in TITLE_WORDS - _COPIES):
            break
        if STREET.fullmatch(text) or TOWN.match(text):
            break
        if has_amount(view, head.rows[row]):
            if rows:
                break
            continue
        if may_be_name(view, head, row):
            rows.append(row)
    return rows


def _above_street(view: DocumentView, head: Head) -> int | None:
    """The row directly above the first street and number, if it may be a name."""
    rows = range(1, min(_ANCHOR_ROWS, len(head.rows)))
    street = next((row for row in rows if STREET.fullmatch(head.text(row))), None)
    if street is None:
        return None
    above = street - 2 if street > 1 and is_building(head.text(street - 1)) else street - 1
    return above if may_be_name(view, head, above) else None


def _is_company(view: DocumentView, head: Head, row: int) -> bool:
    """Whether a registered company is named, wherever in the head."""
    if not may_be_name(view, head, row) or not _is_registered(head, row):
        return False
    text = head.text(row)
    return is_registered(head.tokens(row)) or bool(LEGAL_FORM.search(text) or TRADE.search(text))


def _is_registered(head: Head, row: int) -> bool:
    """Whether a company's registration number stands behind the row's words or on the next row."""
    if is_registered(head.tokens(row)):
        return True
    below = head.text(row + 1) if row + 1 < len(head.rows) else ""
    return REGISTRATION.search(below) is not None and sum(map(str.isdigit, below)) >= _LEAST_REGISTRATION


def _name_score(head: Head, row: int, at: int, domains: str) -> float:
    """A company's form or trade in the words speaks for a line, and so do its registration, its web or mail address,
    its place at the top and its size.
    """
    text = head.text(row)
    # A trade alone (*Bistro & Cafe*) says what a shop is, not what it is called.
    named = sum(map(str.isalpha, TRADE.sub("", text))) > 3
    score = _LEGAL_FORM if LEGAL_FORM.search(text) else _TRADE if named and TRADE.search(text) else 0.0
    score += min(_MOST_SIZE, max(0.0, 0.3 * (head.size(row) - 1.0)))
    name = head.name(row)
    score += _REGISTERED if _is_registered(head, row) else 0.0
    score += _OWN_DOMAIN * _share_in(name, domains)
    score += _NUMBERED if _is_numbered(name) else 0.0
    score += _OF_ADDRESS if _is_of_address(head, row) else 0.0
    score += _IN_BRACKETS if text.startswith("(") and text.endswith(")") else 0.0
    certainty = head.certainty(row)
    score += _UNSURE if certainty < 0.5 else _HARDLY_SURE if certainty < CLEAR else 0.0
    return score + _FIRST - _EACH_ROW_DOWN * at


def _is_numbered(name: tuple[Token, ...]) -> bool:
    """Whether there are digits as in an address; the one or two of a branch (*Northside 2*) may end a name."""
    *words, last = (GLUED.sub("", token.text) for token in name)
    return any(map(_HAS_DIGIT.search, words)) or (_HAS_DIGIT.search(last) is not None and not _BRANCH.fullmatch(last))


def _is_of_address(head: Head, row: int) -> bool:
    """Whether the row has a post code, or an address further down says it among other words, as a district."""
    tokens = head.tokens(row)
    if POSTAL.search(head.text(row)) and not is_registered(tokens) and not TRADE.search(head.text(row)):
        return True
    key = key_of(head.name(row))
    for below in range(row + 1, min(row + 4, len(head.rows))):
        text = head.text(below)
        if "," in text and _HAS_DIGIT.search(text) and key in key_of(head.tokens(below)):
            return True
    return False


def _domains(sheet: Sheet) -> str:
    """The web and mail addresses on the page, folded."""
    return " ".join(fold(one or other) for one, other in _DOMAIN.findall(sheet.text))


def _share_in(name: tuple[Token, ...], domains: str) -> float:
    """The share of the name's words that web and mail addresses on the page hold."""
    words = [token.key for token in name if len(token.key) >= 4]
    return sum(word in domains for word in words) / len(words) if words else 0.0


def _wrapped(head: Head, named: list[int], chosen: int) -> list[int]:
    """The rows that the name runs over: upwards where the chosen one is its end, downwards where its beginning."""
    rows = [chosen]
    while rows[0] - 1 in named and _is_tail(" ".join(map(head.text, rows))):
        rows.insert(0, rows[0] - 1)
    if chosen + 1 < len(head.rows) and _is_bare_form(head.text(chosen + 1)):
        return [*rows, chosen + 1]
    if LEGAL_FORM.search(head.text(chosen)):
        return rows
    for reach in (1, 2):
        below = list(range(chosen + 1, chosen + reach + 1))
        if all(row in named for row in below) and _is_tail(head.text(below[-1])):
            return rows + below
    return rows


def _is_bare_form(text: str) -> bool:
    """Whether a line is a legal form, or the end of one, and nothing else."""
    plain = text.strip(" ,;:")
    return LEGAL_FORM.fullmatch(plain) is not None or _BARE_FORM.fullmatch(plain) is not None


def _is_tail(text: str) -> bool:
    """Whether a line can only be the end of a name: a bare legal form, a broken bracket, a leading *&*."""
    if text.startswith("&"):
        return True
    if text.count(")") > text.count("("):
        return True
    form = LEGAL_FORM.search(text)
    if form is None:
        return False
    before = TRADE.sub("", text[: form.start()]).strip()
    return sum(map(str.isalpha, _BRACKETS.sub("", before))) < 4


def _after_logo(head: Head, named: list[int], rows: list[int]) -> list[int]:
    """The name as printed under a logo that says it, or its beginning, in large letters."""
    first, below = rows[0], rows[-1] + 1
    if below in named and head.size(first) > _LARGER * head.size(below):
        logo, printed = (key_of(head.name(row)) for row in (first, below))
        if len(rows) == 1 and len(logo) >= _LEAST_LOGO and printed.startswith(logo):
            return [below]
    # A logo, its print, and a form such as *Video & Radio GmbH* under it: the print begins the name.
    if {first - 1, first - 2} <= set(named) and LEGAL_FORM.search(head.text(first)) and _is_logo(head, first - 2):
        return [first - 1, *rows]
    return rows


def _is_logo(head: Head, row: int) -> bool:
    """Whether the row says in larger letters what the next one says."""
    logo, printed = (key_of(head.name(at)) for at in (row, row + 1))
    if head.size(row) < _LARGER * head.size(row + 1) or not _LEAST_LOGO <= len(logo) <= _MOST_LOGO:
        return False
    return SequenceMatcher(None, logo, printed[:_MOST_LOGO]).ratio() >= _ALIKE
