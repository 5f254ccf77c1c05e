"""Printed numbers: European, US, Swiss, Indian and French notation; quantities and rates."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from processors.values.text import drop_label, normalise


class NumberConvention(StrEnum):
    """Which mark separates the decimals in a document; the other one, or a space, groups thousands."""

    COMMA = "comma"
    POINT = "point"

    @property
    def decimal_mark(self) -> str:
        return "," if self is NumberConvention.COMMA else "."


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with the unit printed beside it, if any."""

    value: Decimal
    unit: str | None = None


MAX_DIGITS = 18
"""More digits than any amount has: account numbers and bar codes are not numbers."""

_SPACED = re.compile(r"[0-9]{1,3}(?:[ '][0-9]{3})+(?:[.,][0-9]{1,4})?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*")
_INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")
_PLAIN = re.compile(r"[0-9]*[.,]?[0-9]+")
_BODY = re.compile(r"[0-9.,' ]+")


def parse_number(text: str, convention: NumberConvention | None = None) -> Decimal | None:
    """The unsigned number that ``text`` is, or ``None`` where it is none or ``convention`` alone could tell.

    One mark before exactly three digits (``1.234``) is the ambiguous case; ``0.125`` and ``1234.567`` are not,
    because thousands are not grouped that way. Digits keep their printed precision.
    """
    body = normalise(text)
    if not _BODY.fullmatch(body) or sum(map(str.isdigit, body)) > MAX_DIGITS:
        return None
    if _SPACED.fullmatch(body):
        return Decimal(body.replace(" ", "").replace("'", "").replace(",", "."))
    if " " in body or "'" in body:
        return None
    has_both = "," in body and "." in body
    return _two_marks(body) if has_both else _one_mark(body, convention)


def _two_marks(body: str) -> Decimal | None:
    """``1.234,56`` and ``1,234.56``: the last mark separates the decimals, the other groups."""
    decimal = max(",.", key=body.rfind)
    whole, _, fraction = body.rpartition(decimal)
    if decimal in whole or not fraction or not (_GROUPED.fullmatch(whole) or _is_indian(whole, decimal)):
        return None
    return Decimal(re.sub("[.,]", "", whole) + "." + fraction)


def _is_indian(whole: str, decimal: str) -> bool:
    return decimal == "." and _INDIAN.fullmatch(whole) is not None


def _one_mark(body: str, convention: NumberConvention | None) -> Decimal | None:
    mark = "," if "," in body else "."
    if body.count(mark) > 1:
        groups = _GROUPED.fullmatch(body) or (mark == "," and _INDIAN.fullmatch(body))
        return Decimal(body.replace(mark, "")) if groups else None
    if not _PLAIN.fullmatch(body):
        return None
    whole, _, fraction = body.partition(mark) if mark in body else (body, "", "")
    if len(fraction) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        if convention is None:
            return None
        if mark != convention.decimal_mark:
            return Decimal(whole + fraction)
    return Decimal(body.replace(",", "."))


_TWO_MARKS_COMMA = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:[. '][0-9]{3})+,[0-9]{2}(?![0-9.,])")
_TWO_MARKS_POINT = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:[, '][0-9]{2,3})+\.[0-9]{2}(?![0-9.,])")
_CENTS = re.compile(r"(?<![0-9.,/:-])[0-9]{1,6}([.,])[0-9]{2}(?![0-9.,/:-]|[ ]?(?:am|pm|Uhr|h)\b)")
_STRONG, _CLEAR_MAJORITY = 3, 0.8


def infer_convention(texts: Iterable[str]) -> NumberConvention | None:
    """The decimal mark of a document, from all its texts; ``None`` where nothing tells or the texts disagree.

    Numbers with both marks weigh three votes, numbers with two decimals one; four fifths of the votes decide.
    """
    comma = point = 0
    for text in texts:
        clean = normalise(text)
        comma += _STRONG * len(_TWO_MARKS_COMMA.findall(clean))
        point += _STRONG * len(_TWO_MARKS_POINT.findall(clean))
        marks = _CENTS.findall(clean)
        comma += marks.count(",")
        point += marks.count(".")
    total = comma + point
    if not total:
        return None
    if comma >= _CLEAR_MAJORITY * total:
        return NumberConvention.COMMA
    return NumberConvention.POINT if point >= _CLEAR_MAJORITY * total else None


_QUANTITY = re.compile(r"(?P<sign>-?)\s*(?P<number>[0-9][0-9.,' ]*?)\s*(?P<unit>[x\u00d7*]|[^\W\d][\w./²³ -]{0,14})?")
_TIMES = frozenset("x\u00d7*")


def parse_quantity(text: str, convention: NumberConvention | None = None) -> Quantity | None:
    """A count or measure with an optional unit after it: ``3``, ``2,5 kg``, ``10 Stk.``, ``4x``."""
    match = _QUANTITY.fullmatch(normalise(text))
    if match is None:
        return None
    number = parse_number(match["number"], convention)
    if number is None:
        return None
    unit = match["unit"]
    return Quantity(-number if match["sign"] else number, None if unit is None or unit in _TIMES else unit.strip())


_RATE = re.compile(r"\(?\s*(?P<sign>-?)\s*(?P<number>[0-9][0-9.,]*)\s*(?P<mark>%|v\.?\s?H\.?)?\s*\)?")


def parse_rate(text: str, convention: NumberConvention | None = None) -> Decimal | None:
    """A rate in percent, 0 to 100: ``19 %``, ``19,00%``, ``(20%)``, ``7``. A rate of 19 % is ``Decimal(19)``."""
    match = _RATE.fullmatch(drop_label(normalise(text)))
    if match is None:
        return None
    # Three decimals are a rate's own (8.875 %), and a rate has no thousands to group.
    number = match["number"]
    mark = convention or (NumberConvention.COMMA if "," in number else NumberConvention.POINT)
    value = parse_number(number, mark)
    if value is None or value > 100:
        return None
    return -value if match["sign"] else value
