"""Printed amounts of money: sign, currency and number in any order that print knows."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from processors.values.currency import CURRENCY_PATTERN, currency_of
from processors.values.numbers import NumberConvention, parse_number
from processors.values.text import drop_label, normalise


@dataclass(frozen=True, slots=True)
class Money:
    """An amount, negative for a credit, and its ISO 4217 code where the text itself says it."""

    amount: Decimal
    currency: str | None = None


NUMBER_PATTERN = r"(?:[0-9]{1,3}(?:[ '][0-9]{3})+(?:[.,][0-9]{1,4})?|[0-9][0-9.,']*[0-9]|[0-9]|[.,][0-9]{2})"
"""Regular expression of an unsigned number body in any notation, in normalised text."""

_MONEY = re.compile(
    rf"(?P<open>\()?\s*(?P<sign1>[-+])?\s*(?P<before>{CURRENCY_PATTERN})?\s*(?P<sign2>[-+])?\s*"
    rf"(?P<number>{NUMBER_PATTERN})(?:(?P<mark>[.,])(?:--?|=))?\s*(?P<sign3>-)?\s*(?P<after>{CURRENCY_PATTERN})?"
    r"\s*(?P<sign4>-)?\s*(?P<close>\))?\s*(?:(?P<side>CR|DR|[HS])\.?)?",
    re.IGNORECASE,
)
_CREDIT_SIDES = frozenset({"CR", "H"})


@lru_cache(1024)  # every field of money asks for the same words of a page; few are kept, as a word may be long
def parse_money(text: str, convention: NumberConvention | None = None) -> Money | None:
    """The amount that ``text`` is, or ``None`` where it is none, or is ambiguous without ``convention``.

    Reads ``1.234,56 €``, ``USD 1,234.56``, ``1 234,56``, ``CHF 1'234.50``, ``6,00,000.00``, ``(12.00)``, ``12.00-``,
    ``12.00 CR``, ``1.234,-`` and a glued ``Total:12.00``. Parentheses, any one minus and ``CR`` (or German ``H``)
    make the amount negative. Two different currencies, or more than one sign, are ``None``.
    """
    match = _MONEY.fullmatch(_mended(drop_label(normalise(text))))
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    if match["mark"]:
        convention = NumberConvention.COMMA if match["mark"] == "," else NumberConvention.POINT
    number = parse_number(match["number"], convention)
    negative = _is_negative(match)
    currencies = {match["before"], match["after"]} - {None}
    codes = {currency_of(mark) for mark in currencies}
    if number is None or negative is None or len(codes - {None}) > 1:
        return None
    return Money(-number if negative else number, next(iter(codes - {None}), None))


_TWO_MARKS = re.compile(r"(?<=[0-9])(?:\.,|,\.)(?=[0-9]{2}(?![0-9]))")
_LETTERS_AMONG_DIGITS = re.compile(r"(?<![^\W_])[0-9](?:[0-9OolI]|[.,' ](?=[0-9OolI]{3}))*[.,][0-9Oo]{2}(?![^\W_])")
_DIGITS = str.maketrans("OolI", "0011")


def _mended(text: str) -> str:
    """``text`` without the slips of recognition that leave no doubt: two decimal marks in one (``8.,79``), and letters
    that look like digits in a number with cents (``1O5,5O``). None is mended in front: the rule of a table is read as
    ``I`` or ``l`` too, and ``I879.00`` may be 879.
    """
    text = _TWO_MARKS.sub(lambda match: "," if "." in text[: match.start()] else match[0][1], text)
    match = None if text.isdigit() else _LETTERS_AMONG_DIGITS.search(text)
    if match is None:
        return text
    return text[: match.start()] + match[0].translate(_DIGITS) + text[match.end() :]


def _is_negative(match: re.Match[str]) -> bool | None:
    """Whether the signs make the amount negative; ``None`` where they contradict each other."""
    signs = [sign for sign in match.group("sign1", "sign2", "sign3", "sign4") if sign]
    side = (match["side"] or "").upper()
    marks = len(signs) + bool(match["open"]) + bool(side)
    if marks > 1:
        return None
    return "-" in signs or bool(match["open"]) or side in _CREDIT_SIDES
