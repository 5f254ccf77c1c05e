"""The head of a receipt: who sold it, and where."""

import re

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.names import LEGAL_FORM, POSTAL, TITLE_WORDS, TRADE
from processors.reading.geometric.parties import Party
from processors.reading.geometric.view import Segment, Sheet, Span, Token
from processors.values import is_currency_code

_HEAD_ROWS = 9
_MOST_ADDRESS_LINES = 7
_MOST_SKIPPED = 4
"""Rows of numbers between the name and the address."""
_NOISE = re.compile(
    r"\b(?:thank|welcome|tq for|copy|reprint|duplicate|invoice|receipt|gst|tel|fax|date|www|goods sold|returnable|"
    r"refundable|redeem|voucher|vouchers|points|member)\b|@",
    re.IGNORECASE,
)
_REGISTRATION = re.compile(
    r"^\W*(?:co\.?\s*(?:reg|no)|company|reg\b|roc\b|\(?[0-9]{4,}\s?-?\s?[A-Z0-9]{1,2}\)?\W*$|"
    r"\(?[A-Z]{0,4}[0-9 ]{6,}\s?-?\s?[A-Z]?\)?\W*$)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\(?(?:[A-Z]{0,3}[0-9]{4,}\s?-?\s?[A-Z0-9]{0,2}|[A-Z0-9]{1,2}|-|[A-Z]?[0-9]{3,}[/-][A-Z])\)?")
"""A registration number, or a part of one, in the last words of a name."""
_ADDRESS_ENDS = re.compile(
    r"\b(?:tel|t[e\u00e9]l[e\u00e9]phone|tel[e\u00e9]fono|telefone|telefoon|telefon|whatsapp|care\s?line|"
    r"phone|fax|gst|sst|reg|date|invoice|receipt|cashier|bill|table|www|http|e-?mail|roc|no\.? ?:|hotline|"
    r"mobile|"
    r"company|tax|vat|nif|cif|siret|p\.? ?iva|btw|server|order|check|cash|uid|ust|steuer|hp|h/p)\b|@",
    re.IGNORECASE,
)


def read_vendor(view: DocumentView) -> Party | None:
    """Name and address from the first rows; ``None`` where they hold no line that may be a name."""
    sheet = view.sheets[0]
    named = _named_rows(view, sheet)
    if not named:
        return None
    chosen, score = max(((row, _name_score(sheet, row, at)) for at, row in enumerate(named)), key=lambda item: item[1])
    rows = _wrapped(sheet, named, chosen)
    lines = [_without_registration(_row_tokens(sheet, row)) for row in rows]
    lines = [line for line in lines if line]
    if not lines:
        return None
    # One name over several lines is one name, not a list of parts.
    name = Span(sheet.index, (tuple(token for line in lines for token in line),))
    return Party(name, _address(view, sheet, rows[-1] + 1), min(0.9, 0.55 + score / 2), name.box, sheet.index)


def _row_tokens(sheet: Sheet, row: int) -> tuple[Token, ...]:
    return tuple(token for segment in sheet.rows[row] for token in segment.tokens)


def _row_text(sheet: Sheet, row: int) -> str:
    return " ".join(token.text for token in _row_tokens(sheet, row))


def _named_rows(view: DocumentView, sheet: Sheet) -> list[int]:
    """Rows that may be the name: text lines above the first telephone, tax number, title or date."""
    rows: list[int] = []
    for row in range(min(_HEAD_ROWS, len(sheet.rows))):
        text = _row_text(sheet, row)
        if rows and (_ADDRESS_ENDS.search(text) or _key(_row_tokens(sheet, row)) in TITLE_WORDS):
            break
        if _may_be_name(view, sheet, row):
            rows.append(row)
    return rows


def _name_score(sheet: Sheet, row: int, at: int) -> float:
    """A company's form or trade in the words speaks for a line, and so do its place at the top and its size."""
    text = _row_text(sheet, row)
    # A trade alone (*Bistro & Cafe*) says what a shop is, not what it is called.
    named = sum(map(str.isalpha, TRADE.sub("", text))) > 3
    score = 0.6 if LEGAL_FORM.search(text) else 0.45 if named and TRADE.search(text) else 0.0
    tokens = _row_tokens(sheet, row)
    size = sum(token.box.height for token in tokens) / len(tokens) / sheet.line_height
    score += min(0.2, max(0.0, 0.3 * (size - 1.0)))
    score -= 0.35 if any(char.isdigit() for token in _without_registration(tokens) for char in token.text) else 0.0
    return score + 0.3 - 0.12 * at


def _wrapped(sheet: Sheet, named: list[int], chosen: int) -> list[int]:
    """The rows that the name runs over: upwards where the chosen one is its end, downwards where its beginning."""
    rows = [chosen]
    while rows[0] - 1 in named and _is_tail(_row_text(sheet, rows[0])):
        rows.insert(0, rows[0] - 1)
    if LEGAL_FORM.search(_row_text(sheet, chosen)):
        return rows
    for reach in (1, 2):
        below = list(range(chosen + 1, chosen + reach + 1))
        if all(row in named for row in below) and _is_tail(_row_text(sheet, below[-1])):
            return rows + below
    return rows


def _is_tail(text: str) -> bool:
    """Whether a line can only be the end of a name: a bare legal form, a broken bracket, a leading *&*."""
    if text.startswith("&"):
        return True
    if text.count(")") > text.count("("):
        return True
    form = LEGAL_FORM.search(text)
    return form is not None and sum(map(str.isalpha, TRADE.sub("", text[: form.start()]))) < 4


def _without_registration(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """A name without the company's registration number behind it: ``(519537-X)``."""
    stop = len(tokens)
    while stop > 1 and _NUMBER.fullmatch(tokens[stop - 1].text):
        stop -= 1
    return tokens[:stop]


def _key(tokens: tuple[Token, ...]) -> str:
    return "".join(token.key for token in tokens)


def _may_be_name(view: DocumentView, sheet: Sheet, row: int) -> bool:
    tokens = _row_tokens(sheet, row)
    text = " ".join(token.text for token in tokens)
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, " ".join(token.text for token in _without_registration(tokens))))
    if letters < 3 or digits > letters or _key(tokens) in TITLE_WORDS or text.endswith(":"):
        return False
    if is_currency_code(text.strip("().:")):
        return False
    segments = sheet.rows[row]
    if any(map(view.dates_in, segments)) or _REGISTRATION.search(text):
        return False
    if _NOISE.search(text) and not LEGAL_FORM.search(text):
        return False
    return not any(label.start == 0 and label.closed for label in view.labels_in(segments[0]))


def _address(view: DocumentView, sheet: Sheet, start: int) -> Span | None:
    """The rows under the name, number and date rows skipped, as far as telephone, tax number, title or date.

    Behind tax numbers or telephones there is an address only where it has a post code.
    """
    lines: list[tuple[Token, ...]] = []
    skipped = False
    for row in range(start, min(start + _MOST_ADDRESS_LINES + 3, len(sheet.rows))):
        tokens = _row_tokens(sheet, row)
        text = " ".join(token.text for token in tokens)
        segments = sheet.rows[row]
        beside = bool(_REGISTRATION.search(text)) or not _is_text(text) or any(map(view.dates_in, segments))
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
    return Span(sheet.index, tuple(lines))


def _is_text(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= 3


def _has_amount(view: DocumentView, segments: list[Segment]) -> bool:
    return any(amount.firm for segment in segments for amount in view.amounts_in(segment))
