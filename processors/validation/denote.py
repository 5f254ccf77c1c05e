"""What a printed text can denote, over every notation: the check behind grounding and e-invoice location.

A reader decides what ``1.234`` means from its context. A check must not repeat that decision, so it asks the weaker
question: is the value among all that the text can mean?
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from processors.fields import FieldType, FieldValue
from processors.values import (
    NumberConvention,
    currency_candidates,
    parse_date,
    parse_money,
    parse_number,
    parse_quantity,
    parse_rate,
    parse_time,
)

_T = TypeVar("_T")

_NOT_A_NUMBER = re.compile(r"[^\d\s,'()+-]+")

_PARSED = frozenset(
    {FieldType.MONEY, FieldType.NUMBER, FieldType.RATE, FieldType.DATE, FieldType.TIME, FieldType.CURRENCY}
)


def is_parsed(kind: FieldType) -> bool:
    """Whether values of this type are parsed from the text; texts and identifiers are taken as they stand."""
    return kind in _PARSED


@lru_cache(maxsize=8192)
def denotations(text: str, kind: FieldType) -> frozenset[FieldValue]:
    """Every value of type ``kind`` that ``text`` can mean, over both decimal marks and both day orders.

    Empty where it can mean none, and for types that are not parsed (:func:`is_parsed`). Remembered, because
    location and validation ask the same of the same words.
    """
    if kind is FieldType.MONEY:
        return frozenset(_amounts(text))
    if kind is FieldType.NUMBER:
        return frozenset(_numbers(text))
    if kind is FieldType.RATE:
        return frozenset(_present(parse_rate(text, convention) for convention in (None, *NumberConvention)))
    if kind is FieldType.DATE:
        return frozenset(_dates(text))
    if kind is FieldType.TIME:
        return frozenset(_present([parse_time(text)]))
    if kind is FieldType.CURRENCY:
        marks = {text, *text.split(), *_NOT_A_NUMBER.findall(text)}
        return frozenset(code for mark in marks for code in currency_candidates(mark))
    return frozenset()


def _amounts(text: str) -> set[Decimal]:
    """The amounts of money that ``text`` can mean."""
    return {
        money.amount for convention in (None, *NumberConvention) if (money := parse_money(text, convention)) is not None
    }


def _dates(text: str) -> set[date]:
    """The dates that ``text`` can mean."""
    return {day for day_first in (True, False) if (day := parse_date(text.strip(" ,;:"), day_first)) is not None}


def _numbers(text: str) -> set[Decimal]:
    quantities = (parse_quantity(text, convention) for convention in NumberConvention)
    found = {quantity.value for quantity in quantities if quantity is not None}
    return found | set(_present(parse_number(text, convention) for convention in NumberConvention)) | _amounts(text)


def _present(values: Iterable[_T | None]) -> list[_T]:
    return [value for value in values if value is not None]
