"""The head of a receipt: who sold it, and where."""

import re

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.names import LEGAL_FORM, POSTAL, TITLE_WORDS, TRADE
from processors.reading.geometric.parties import Party
from processors.reading.geometric.view import Segment, Sheet, Span, Token
from processors.values import is_currency_code
from processors.values.text import word_set

_HEAD_ROWS = 9
_ANCHOR_ROWS = 14
_MOST_ADDRESS_LINES = 7
_MOST_SKIPPED = 4
"""Rows of numbers between the name and the address."""
_NOISE = re.compile(
    r"\b(?:thank|welcome|tq for|copy|reprint|duplicate|invoice|receipt|gst|tel|fax|date|www|goods sold|returnable|"
    r"refundable|redeem|voucher|vouchers|points|member)\b|@",
    re.IGNORECASE,
)
_REGISTRATION = re.compile(
    r"^\W*(?:co\s?\.?\s*(?:reg|no)|\(co\b.*[0-9]{4}|company|reg\b|roc\b|\(?[0-9]{4,}\s?-?\s?[A-Z0-9]{1,2}\)?\W*$|"
    r"\(?[A-Z]{0,4}[0-9 ]{6,}\s?-?\s?[A-Z]?\)?\W*$)",
    re.IGNORECASE,
)
_GLUED = re.compile(r"(?<=[^\W\d])\([0-9]{4,}-?[A-Z]?\)")
_HAS_DIGIT = re.compile(r"[0-9]")
_NUMBER = re.compile(r"\(?(?:[A-Z]{0,3}[0-9]{4,}\s?-?\s?[A-Z0-9]{0,2}|[A-Z0-9]{1,2}|-|[A-Z]?[0-9]{3,}[/-][A-Z])\)?")
"""A registration number, or a part of one, in the last words of a name."""
_STREET = re.compile(
    r"[\w .'-]*(?:stra[s\u00df]{1,2}e|str\s?\.|weg|allee|platz|gasse|straat|laan|road|street)\s?[0-9]{1,4}\s?[a-z]?",
    re.IGNORECASE,
)
"""A street and its number: what follows is an address, and where nothing stands above it, the name was a picture."""
_TOWN = re.compile(r"(?:[A-Z]{1,2}-)?[0-9]{5} [^\W\d]{3,}|[0-9]{4} ?[A-Z]{2} [^\W\d]{3,}")
_HOUSE = re.compile(r"(?:no|nos|lot|unit|blk|block)\b[. ]*[0-9]", re.IGNORECASE)
_HOURS = re.compile(r"\b(?:hours|\u00f6ffnungszeiten|horaires?|horario|orario|openingstijden|uhr)\b", re.IGNORECASE)
_COPIES = word_set("copy kopie duplicate original")
_STAMPS = word_set("posted paid received entered verified bezahlt gebucht paye pagado pagato betaald pago copy kopie")
_BRACKETS = re.compile(r"^\([^()]*\)")
_ANCHORED = 0.1
"""A name stands directly above its address."""
_CLEAR = 0.6
_UNSURE = 0.35
"""Handwriting and logos read as words: a name is printed clearly."""
_ADDRESS_ENDS = re.compile(
    r"\b(?:tel|t[e\u00e9]l[e\u00e9]phone|tel[e\u00e9]fono|telefone|telefoon|telefon|whatsapp|care\s?line|"
    r"phone|fax|gst|sst|reg|date|invoice|receipt|cashier|bill|table|www|http|e-?mail|roc|no\.? ?:|hotline|"
    r"mobile|company|tax|vat|nif|cif|siret|p\.? ?iva|btw|server|order|check|cash(?! (?:&|and) carry)|uid|ust|steuer|"
    r"hp|h/p)\b|@",
    re.IGNORECASE,
)


def read_vendor(view: DocumentView) -> Party | None:
    """Name and address from the first rows; ``None`` where they hold no line that may be a name."""
    sheet = view.sheets[0]
    head = _Head(sheet)
    named = _named_rows(view, head)
    if not named:
        return None
    above = _above_street(view, head)
    scores = [(row, _name_score(head, row, 0 if row == above else at)) for at, row in enumerate(named)]
    chosen, score = max(scores, key=lambda item: item[1] + (_ANCHORED if item[0] == above else 0.0))
    rows = _wrapped(head, named, chosen)
    lines = [_without_registration(_without_stamp(head.printed(row))) for row in rows]
    lines = [_once(line) for line in lines if line]
    if not lines:
        return None
    # One name over several lines is one name, not a list of parts.
    name = Span(sheet.index, (tuple(token for line in lines for token in line),))
    return Party(name, _address(view, head, rows[-1] + 1), min(0.9, 0.55 + score / 2), name.box, sheet.index)


class _Head:
    """The rows of a sheet, with those apart that a tall word beside them (a stamp, a signature) has tied together."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.rows = [part for row in sheet.rows for part in _unstacked(row)]

    def tokens(self, row: int) -> tuple[Token, ...]:
        return tuple(token for segment in self.rows[row] for token in segment.tokens)

    def printed(self, row: int) -> tuple[Token, ...]:
        """The words of the row without scribble at its end."""
        parts = list(self.rows[row])
        while len(parts) > 1 and self._certainty(parts[-1]) < _CLEAR <= self._certainty(parts[-2]):
            parts.pop()
        return tuple(token for part in parts for token in part.tokens)

    def text(self, row: int) -> str:
        return " ".join(token.text for token in self.tokens(row))

    def certainty(self, row: int) -> float:
        """The least that the recogniser was sure of any word of the row."""
        return min(map(self._certainty, self.rows[row]))

    def _certainty(self, segment: Segment) -> float:
        return min(self.sheet.page.words[token.id].confidence for token in segment.tokens)


def _unstacked(row: list[Segment]) -> list[list[Segment]]:
    """Segments of one row, top to bottom, those apart that stand above each other."""
    lines: list[list[Segment]] = []
    for segment in sorted(row, key=lambda part: part.box.center_y):
        if lines and not any(segment.box.horizontal_overlap(other.box) > 0 for other in lines[-1]):
            lines[-1].append(segment)
        else:
            lines.append([segment])
    return [sorted(line, key=lambda part: part.box.x0) for line in lines]


def _named_rows(view: DocumentView, head: _Head) -> list[int]:
    """Rows that may be the name: text lines above the first telephone, tax number, title or date."""
    rows: list[int] = []
    for row in range(min(_HEAD_ROWS, len(head.rows))):
        text = head.text(row)
        if rows and (_ADDRESS_ENDS.search(text) or _key(head.tokens(row)) in TITLE_WORDS - _COPIES):
            break
        if _STREET.fullmatch(text) or _TOWN.match(text):
            break
        if _has_amount(view, head.rows[row]):
            if rows:
                break
            continue
        if _may_be_name(view, head, row):
            rows.append(row)
    above = _above_street(view, head)
    return rows if above is None or above in rows else [*rows, above]


def _above_street(view: DocumentView, head: _Head) -> int | None:
    """The row directly above the first street and number, if it may be a name."""
    rows = range(1, min(_ANCHOR_ROWS, len(head.rows)))
    street = next((row for row in rows if _STREET.fullmatch(head.text(row))), None)
    return street - 1 if street is not None and _may_be_name(view, head, street - 1) else None


def _name_score(head: _Head, row: int, at: int) -> float:
    """A company's form or trade in the words speaks for a line, and so do its place at the top and its size."""
    text = head.text(row)
    # A trade alone (*Bistro & Cafe*) says what a shop is, not what it is called.
    named = sum(map(str.isalpha, TRADE.sub("", text))) > 3
    score = 0.6 if LEGAL_FORM.search(text) else 0.45 if named and TRADE.search(text) else 0.0
    tokens = head.tokens(row)
    size = sum(token.box.height for token in tokens) / len(tokens) / head.sheet.line_height
    score += min(0.2, max(0.0, 0.3 * (size - 1.0)))
    numbered = any(_HAS_DIGIT.search(_GLUED.sub("", token.text)) for token in _without_registration(tokens))
    score -= 0.35 if numbered else 0.0
    score -= _UNSURE if head.certainty(row) < 0.5 else 0.0
    return score + 0.3 - 0.12 * at


def _wrapped(head: _Head, named: list[int], chosen: int) -> list[int]:
    """The rows that the name runs over: upwards where the chosen one is its end, downwards where its beginning."""
    rows = [chosen]
    while rows[0] - 1 in named and _is_tail(head.text(rows[0])):
        rows.insert(0, rows[0] - 1)
    if LEGAL_FORM.search(head.text(chosen)):
        return rows
    for reach in (1, 2):
        below = list(range(chosen + 1, chosen + reach + 1))
        if all(row in named for row in below) and _is_tail(head.text(below[-1])):
            return rows + below
    return rows


def _is_tail(text: str) -> bool:
    """Whether a line can only be the end of a name: a bare legal form, a broken bracket, a leading *&*."""
    if text.startswith("&"):
        return True
    if text.count(")") > text.count("("):
        return True
    form = LEGAL_FORM.search(text)
    return form is not None and sum(map(str.isalpha, TRADE.sub("", _BRACKETS.sub("", text[: form.start()])))) < 4


def _without_registration(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """A name without the company's registration number behind it: ``(519537-X)``."""
    stop = len(tokens)
    while stop > 1 and _NUMBER.fullmatch(tokens[stop - 1].text.rstrip(",.;:")):
        stop -= 1
    # Letters alone are no number: a name may be printed with blanks between its letters.
    return tokens[:stop] if any(map(str.isdigit, _key(tokens[stop:]))) else tokens


def _once(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """A name that a logo and a line of print both say, once."""
    half = len(tokens) // 2
    return tokens[:half] if half and [t.key for t in tokens[:half]] == [t.key for t in tokens[half:]] else tokens


def _without_stamp(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """A name without the stamp that somebody put beside it."""
    return tuple(token for token in tokens if token.key not in _STAMPS) or tokens


def _is_debris(tokens: tuple[Token, ...]) -> bool:
    """Whether most words have a letter or two, not all of them capitals: what is left of a drawing."""
    short = sum(len(token.key) <= 2 for token in tokens)
    return len(tokens) > 2 and 2 * short > len(tokens) and any(map(str.islower, "".join(t.text for t in tokens)))


def _key(tokens: tuple[Token, ...]) -> str:
    return "".join(token.key for token in tokens)


def _may_be_name(view: DocumentView, head: _Head, row: int) -> bool:
    tokens = head.tokens(row)
    text = " ".join(token.text for token in tokens)
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, " ".join(token.text for token in _without_registration(tokens))))
    if letters < 3 or digits > letters or _key(tokens) in TITLE_WORDS | _STAMPS or text.endswith(":"):
        return False
    if _HOURS.search(text) or (_is_debris(tokens) and head.certainty(row) < _CLEAR):
        return False
    if is_currency_code(text.strip("().:")):
        return False
    segments = head.rows[row]
    if any(map(view.dates_in, segments)) or _REGISTRATION.search(text):
        return False
    if _NOISE.search(text) and not LEGAL_FORM.search(text):
        return False
    return not any(label.start == 0 and label.closed for label in view.labels_in(segments[0]))


def _address(view: DocumentView, head: _Head, start: int) -> Span | None:
    """The rows under the name, number and date rows skipped, as far as telephone, tax number, title or date.

    Behind tax numbers or telephones there is an address only where it has a post code.
    """
    lines: list[tuple[Token, ...]] = []
    skipped = False
    for row in range(start, min(start + _MOST_ADDRESS_LINES + 3, len(head.rows))):
        tokens = head.tokens(row)
        text = " ".join(token.text for token in tokens)
        segments = head.rows[row]
        beside = bool(_REGISTRATION.search(text)) or not _is_text(text) or any(map(view.dates_in, segments))
        beside = beside and not _HOUSE.match(text)
        other = bool(_ADDRESS_ENDS.search(text)) or _key(tokens) in TITLE_WORDS or (bool(lines) and ":" in text)
        if not lines and (beside or other or not _is_text(TRADE.sub("", text))) and row < start + _MOST_SKIPPED:
            skipped = skipped or other
            continue
        if beside or other or len(lines) == _MOST_ADDRESS_LINES or _has_amount(view, segments):
            break
        lines.append(tokens)
    texts = " ".join(token.text for line in lines for token in line)
    if not any(map(str.isdigit, texts)) or (skipped and not POSTAL.search(texts)):
        return None
    return Span(head.sheet.index, tuple(lines))


def _is_text(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= 3


def _has_amount(view: DocumentView, segments: list[Segment]) -> bool:
    return any(amount.firm for segment in segments for amount in view.amounts_in(segment))
