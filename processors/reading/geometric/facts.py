"""Typed values printed on a page: amounts and dates with the words they stand in."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from processors.reading.geometric.cite import Conventions
from processors.reading.geometric.view import Segment, Span, Token, are_groups, span_of
from processors.values import currency_candidates, parse_date, parse_money
from processors.values.currency import CURRENCY_PATTERN, SIGNS
from processors.values.dates import MONTH_NAMES
from processors.values.text import fold, word_set

_DASH_BLANK = 0.45
"""Blank between a minus and its number, in word heights."""
_DIGIT = re.compile(r"[0-9]")
_GROUP_START = re.compile(r"[-+(]?[0-9]{1,3}")
_GROUP_NEXT = re.compile(rf"[0-9]{{3}}(?:[.,][0-9]{{1,4}})?-?\)?(?:{CURRENCY_PATTERN})?", re.IGNORECASE)
_REST = re.compile(r"\D*0[0-9]+[.,][0-9]{2}(?![0-9])")
_CENTS = re.compile(r"[.,][0-9]{2}(?![0-9])|[.,]-")
_LONGEST_DATE = 6
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_WHOLE_DATE = re.compile(r"[0-9]{1,4}\D{1,4}[0-9]{1,2}\D{1,4}[0-9]{2,4}|[0-9]{8}")
_GLUED_TEXT = re.compile(r"^[^\d:\-(]{1,40}:")
_MARKS = frozenset(SIGNS)
_DAYS = word_set("days day tage tagen tag jours jour dias dia giorni gg dagen dag months monate monaten mois weeks")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money in words ``start`` to before ``stop`` of ``segment``.

    ``mark`` is the currency printed with it; ``firm`` says that it has cents or a currency, so is money for sure.
    """

    segment: Segment
    start: int
    stop: int
    value: Decimal
    mark: str | None
    firm: bool

    @property
    def span(self) -> Span:
        return span_of(self.segment, self.start, self.stop)


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A date in words ``start`` to before ``stop`` of ``segment``."""

    segment: Segment
    start: int
    stop: int
    value: date

    @property
    def span(self) -> Span:
        return span_of(self.segment, self.start, self.stop)


def find_amounts(segment: Segment, conventions: Conventions) -> list[Amount]:
    """The amounts in ``segment``, left to right, each with its sign and the currency beside it."""
    tokens = segment.tokens
    found: list[Amount] = []
    position = 0
    while position < len(tokens):
        amount = _amount_at(segment, position, conventions) if _may_start(tokens, position) else None
        if amount is None:
            position += 1
        else:
            found.append(amount)
            position = amount.stop
    return found


def _may_start(tokens: tuple[Token, ...], position: int) -> bool:
    text = tokens[position].text
    if _DIGIT.search(text):
        return True
    if position + 1 == len(tokens) or not _DIGIT.search(tokens[position + 1].text):
        return False
    if text in {"-", "+"}:
        # Further off it is the dash of an empty cell.
        return tokens[position + 1].box.x0 - tokens[position].box.x1 <= _DASH_BLANK * tokens[position + 1].box.height
    return text == "(" or bool(currency_candidates(text.strip("-+(")))


def _amount_at(segment: Segment, start: int, conventions: Conventions) -> Amount | None:
    """The longest amount that starts at ``start``: prefix marks, digit groups, suffix marks."""
    tokens = segment.tokens
    body = start
    while body < len(tokens) and body - start < 2 and not _DIGIT.search(tokens[body].text):
        body += 1
    if body == len(tokens):
        return None
    stop = _end_of_groups(tokens, body)
    longest = stop
    while longest < len(tokens) and longest - stop < 2 and _is_suffix(tokens[longest], tokens[longest - 1]):
        longest += 1
    for end in range(longest, body, -1):
        text = " ".join(token.text for token in tokens[start:end])
        money = parse_money(text, conventions.numbers)
        if money is not None and sum(map(str.isdigit, text)) <= 12 and not _is_rate(tokens, end) and not _is_rest(text):
            mark = _mark(tokens[start:end])
            firm = mark is not None or _CENTS.search(text) is not None
            return Amount(segment, start, end, money.amount, mark, firm)
    return None


def _is_rest(text: str) -> bool:
    """Whether ``text`` is the end of a longer number: no amount but one below 1 begins with a zero (``032,62``)."""
    return _REST.match(text) is not None


def _is_rate(tokens: tuple[Token, ...], end: int) -> bool:
    """Whether a percent sign or days follow: *net 30 days*."""
    return end < len(tokens) and (tokens[end].text.startswith("%") or tokens[end].key in _DAYS)


def _end_of_groups(tokens: tuple[Token, ...], body: int) -> int:
    """Past the last of the space-separated groups that begin at ``body``: ``1 234 567,89``."""
    stop = body + 1
    if not _GROUP_START.fullmatch(tokens[body].text.lstrip("".join(_MARKS))):
        return stop
    while stop < len(tokens) and _GROUP_NEXT.fullmatch(tokens[stop].text):
        if not are_groups(tokens[stop - 1], tokens[stop]):
            break
        stop += 1
    return stop


def _is_suffix(token: Token, before: Token) -> bool:
    if token.box.x0 - before.box.x1 > 1.5 * token.box.height:
        return False
    text = token.text.strip(".)")
    return text in {"-", "CR", "DR", "Cr", "Dr", ""} or bool(currency_candidates(text))


def _mark(tokens: tuple[Token, ...]) -> str | None:
    """The currency printed in ``tokens``, as printed."""
    for token in tokens:
        text = _GLUED_TEXT.sub("", token.text)
        letters = re.sub(r"[0-9.,'()+\-]+", " ", text).split()
        for mark in letters:
            if currency_candidates(mark):
                return mark
    return None


def find_dates(segment: Segment, conventions: Conventions) -> list[PrintedDate]:
    """The dates in ``segment``, left to right; the longest reading of each, a time behind it left out."""
    tokens = segment.tokens
    found: list[PrintedDate] = []
    position = 0
    while position < len(tokens):
        printed = _date_at(segment, position, conventions) if _may_be_date(tokens, position) else None
        if printed is None:
            position += 1
        else:
            found.append(printed)
            position = printed.stop
    return found


def _may_be_date(tokens: tuple[Token, ...], position: int) -> bool:
    token = tokens[position]
    if _DIGIT.search(token.text):
        if _WHOLE_DATE.search(token.text) or any(fold(name) in MONTH_NAMES for name in _LETTERS.findall(token.text)):
            return True
        following = tokens[position + 1 : position + 4]
        return any(after.key in MONTH_NAMES or after.text[0] in "-/." or after.text[-1] in "-/." for after in following)
    return token.key in MONTH_NAMES


def _date_at(segment: Segment, start: int, conventions: Conventions) -> PrintedDate | None:
    tokens = segment.tokens
    for stop in range(start + 1, min(start + _LONGEST_DATE, len(tokens)) + 1):
        text = " ".join(token.text for token in tokens[start:stop])
        value = parse_date(text, conventions.day_first)
        if value is None or not 1900 <= value.year <= 2100:
            continue
        if stop < len(tokens) and _year_goes_on(text, tokens[stop].text):
            continue
        return PrintedDate(segment, start, stop, value)
    return None


def _year_goes_on(text: str, following: str) -> bool:
    """``3 May 20`` is not yet the date of ``3 May 20 25``, nor ``May 3 , 20``; a full year ends a date."""
    return not re.search(r"(?:19|20)[0-9]{2}", text) and re.fullmatch(r"(?:19|20)[0-9]{2}[.,]?", following) is not None
