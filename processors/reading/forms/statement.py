"""Bank statements: the account's IBAN, over several lines too, and the day of the statement without a label."""

import re
from collections.abc import Iterator

from processors.reading.forms.found import CHECKED, SURE, Found
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.view import Segment, Sheet, Span, Token
from processors.values import parse_iban

_IBAN_START = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]*")
_LONGEST = 10
_FOR = re.compile(r"(?:for|as of|stand|stand vom|per|au|al|op|a)\W*$", re.IGNORECASE)
_KIND_AND_NUMBER = re.compile(
    r"\W{0,2}\s?(?:checking|chequing|current account|girokonto|compte courant|compte ch[e\u00e8]ques|cuenta corriente|"
    r"conto corrente|betaalrekening|conta [a\u00e0] ordem)(?: account)?\W*\s[0-9][0-9-]{5,}",
    re.IGNORECASE,
)
_HEAD, _NAMED = 0.4, 0.6


def read_statement(view: DocumentView) -> Iterator[Found]:
    """The IBAN, which is the account's number where no other is printed; ``For 03/02/2022`` at the head."""
    for sheet in view.sheets:
        for segment in sheet.segments:
            found = _iban(sheet, segment)
            if found is not None:
                yield Found("iban", found[0], CHECKED, found[1])
                if not _has_other_number(view):
                    yield Found("account_number", found[0], SURE, found[1])
                break
        else:
            continue
        break
    yield from _named_account(view)
    yield from _day(view)


def _named_account(view: DocumentView) -> Iterator[Found]:
    """``CHECKING 003525801543``: the number behind the kind of account, alone on its line."""
    for segment in (segment for sheet in view.sheets for segment in sheet.segments):
        if _KIND_AND_NUMBER.fullmatch(segment.text):
            yield Found("account_number", Span(segment.sheet, (segment.tokens[-1:],)), _NAMED)
            return


def _iban(sheet: Sheet, segment: Segment) -> tuple[Span, str] | None:
    """The IBAN that begins in ``segment``, and goes on in the one under it where there was no room."""
    tokens = segment.tokens
    start = next((i for i, token in enumerate(tokens) if _IBAN_START.fullmatch(token.text)), None)
    if start is None:
        return None
    for stop in range(min(len(tokens), start + _LONGEST), start, -1):
        iban = parse_iban("".join(token.text for token in tokens[start:stop]))
        if iban is not None:
            return Span(sheet.index, (tokens[start:stop],)), iban
    rest = _under(sheet, segment, tokens[start])
    iban = parse_iban("".join(token.text for token in (*tokens[start:], *rest)))
    return None if iban is None else (Span(sheet.index, (tokens[start:], rest)), iban)


def _under(sheet: Sheet, segment: Segment, first: Token) -> tuple[Token, ...]:
    """The words of the next row that start where ``first`` starts."""
    row = next(iter(sheet.below(segment, 1)), [])
    return next((other.tokens for other in row if abs(other.box.x0 - first.box.x0) < sheet.line_height), ())


def _has_other_number(view: DocumentView) -> bool:
    """Whether an account label is followed by a number that begins with digits."""
    for label in view.labels():
        following = label.segment.tokens[label.stop : label.stop + 1]
        if label.meaning("customer_id") is not None and following and following[0].text[0].isdigit():
            return True
    return False


def _day(view: DocumentView) -> Iterator[Found]:
    sheet = view.sheets[0]
    for segment in sheet.segments:
        for printed in view.dates_in(segment):
            before = " ".join(token.text for token in segment.tokens[: printed.start])
            if segment.box.y0 < _HEAD * sheet.height and printed.stop == len(segment.tokens) and _FOR.fullmatch(before):
                yield Found("statement_date", printed.span, SURE)
                return
