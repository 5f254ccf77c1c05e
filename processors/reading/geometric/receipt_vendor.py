"""The seller of a receipt: name and address."""

import re

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.names import POSTAL, TITLE_WORDS, TRADE
from processors.reading.geometric.parties import Party
from processors.reading.geometric.receipt_head import (
    ADDRESS_ENDS,
    REGISTRATION,
    Head,
    has_amount,
    is_building,
    is_text,
    key_of,
)
from processors.reading.geometric.receipt_name import choose_name
from processors.reading.geometric.view import Span, Token

_MOST_ADDRESS_LINES = 7
_MOST_SKIPPED = 4
"""Rows of numbers between the name and the address."""
_CLEAR_MARGIN, _OF_RIVALS = 0.8, 0.3
"""A shop's sign and the company behind it are both names: how sure it is hangs on how far the second one is behind."""
_HOUSE = re.compile(r"(?:no|nos|lot|unit|blk|block)\b[. ]*[0-9]", re.IGNORECASE)
_COPY = re.compile(
    r"\b(?:copy|copie|kundenbeleg|h\u00e4ndlerbeleg|simplificada|simplifi\u00e9e|duplicata)\b", re.IGNORECASE
)
"""Whose copy it is, between the address and the number."""


def read_vendor(view: DocumentView) -> Party | None:
    """Name and address from the first rows; ``None`` where they hold no line that may be a name."""
    sheet = view.sheets[0]
    head = Head(sheet)
    chosen = choose_name(view, head)
    if chosen is None:
        return None
    # One name over several lines is one name, not a list of parts.
    name = Span(sheet.index, (tuple(token for line in chosen.lines for token in line),))
    doubt = _OF_RIVALS * max(0.0, _CLEAR_MARGIN - chosen.margin)
    certainty = max(0.05, min(0.9, 0.55 + chosen.score / 2) - doubt)
    # A company that is named under its shop's address has that address.
    address = _address(view, head, chosen.rows[-1] + 1, len(head.rows))
    address = address or _address(view, head, chosen.first_row + 1, chosen.rows[0])
    return Party(name, address, certainty, name.box, sheet.index)


def _address(view: DocumentView, head: Head, start: int, stop: int) -> Span | None:
    """The rows from ``start`` to before ``stop`` as far as telephone, tax number, title or date; numbers and dates
    above the first of them are passed over.

    Behind tax numbers or telephones there is an address only where it has a post code.
    """
    lines: list[tuple[Token, ...]] = []
    skipped = False
    for row in range(start, min(start + _MOST_ADDRESS_LINES + 3, stop)):
        tokens = head.tokens(row)
        text = head.text(row)
        segments = head.rows[row]
        beside = bool(REGISTRATION.search(text)) or not is_text(text) or any(map(view.dates_in, segments))
        beside = beside and not _HOUSE.match(text) and not is_building(text)
        beside = beside and not (lines and POSTAL.fullmatch(text))
        other = (
            bool(ADDRESS_ENDS.search(text) or _COPY.search(text))
            or key_of(tokens) in TITLE_WORDS
            or (bool(lines) and ":" in text)
        )
        wordless = not is_text(TRADE.sub("", text)) and not is_building(text)
        remark = text.startswith("(") and text.endswith(")")
        if not lines and (beside or other or wordless or remark) and row < start + _MOST_SKIPPED:
            skipped = skipped or other
            continue
        if beside or other or len(lines) == _MOST_ADDRESS_LINES or has_amount(view, segments):
            break
        lines.append(tokens)
    texts = " ".join(token.text for line in lines for token in line)
    if not any(map(str.isdigit, texts)) or (skipped and not POSTAL.search(texts)):
        return None
    return Span(head.sheet.index, tuple(lines))
