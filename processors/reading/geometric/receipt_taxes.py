"""What a receipt's tax rows prove: the price before tax, the rate and the tax of a row confirm each other, and their
sum over the rates is what was bought for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.view import Segment
from processors.values import parse_money
from processors.values.text import word_set

_RATES = frozenset(map(Decimal, word_set("4 5 5.5 6 7 8 9 10 12 13 13.5 15 16 17 19 20 21 22 23 24 25")))
"""Rates in use, for those without their percent sign: *5 x 6.00 is 30.00* must not pass for one of 500 %."""
_HIGHEST_RATE = 30
_CENT = Decimal("0.011")
_LEAST_TAX = Decimal("0.10")
"""A tax of a few cents fits many prices."""
_FEWEST_NUMBERS, _MOST_NUMBERS = 3, 6
"""In a row; more are no tax row, and each three of them are tried."""
_RATE = re.compile(r"(?<![0-9.,])([0-9]{1,2}(?:[.,][0-9]{1,2})?)%")
_HAS_DIGIT = re.compile(r"[0-9]")
_HAS_CENTS = re.compile(r"[.,][0-9]{2}$")


@dataclass(frozen=True, slots=True)
class _Number:
    """A printed number: whether it has a percent sign, and whether it has cents."""

    value: Decimal
    percent: bool
    cents: bool


@dataclass(frozen=True, slots=True)
class _TaxRow:
    """A net price and the tax on it; ``percent``: the rate stands there with its sign."""

    net: Decimal
    tax: Decimal
    percent: bool


def gross_by_rates(view: DocumentView) -> Decimal | None:
    """The sum of net price and tax over all tax rows, as *7,00% 6,59 0,46* and *19,00% 1,50 0,28* say 8.83.

    A row without tax (*0% 2.50 0.00*) counts where it has a percent sign. ``None`` where no row proves itself.
    """
    rows = {found for sheet in view.sheets for row in sheet.rows for found in _tax_rows(list(_numbers(view, row)))}
    if any(row.percent for row in rows if row.tax):
        rows = {row for row in rows if row.percent}
    return sum((row.net + row.tax for row in rows), Decimal(0)) if any(row.tax for row in rows) else None


def _numbers(view: DocumentView, row: list[Segment]) -> Iterator[_Number]:
    tokens = [token for segment in row for token in segment.tokens]
    numeric = [position for position, token in enumerate(tokens) if _HAS_DIGIT.search(token.text)]
    for position in numeric if len(numeric) >= _FEWEST_NUMBERS else ():
        token = tokens[position]
        rate = _RATE.search(token.text)  # *SR(6%)*
        text = rate[1] if rate is not None else token.text.strip("()=:%")
        money = parse_money(text, view.conventions.numbers)
        if money is not None:
            percent = rate is not None or [after.text for after in tokens[position + 1 : position + 2]] == ["%"]
            yield _Number(money.amount, percent, _HAS_CENTS.search(text) is not None)


def _tax_rows(numbers: list[_Number]) -> Iterator[_TaxRow]:
    """What the numbers of a row prove: rate, net price and tax that fit each other, else one that is free of tax."""
    if not _FEWEST_NUMBERS <= len(numbers) <= _MOST_NUMBERS:
        return
    sums = [number.value for number in numbers if number.cents and not number.percent]
    for rate in numbers:
        for net, tax in permutations(sums, 2):
            may_be_rate = 0 < rate.value <= _HIGHEST_RATE if rate.percent else rate.value in _RATES
            if may_be_rate and _LEAST_TAX <= tax < net and abs(net * rate.value / 100 - tax) <= _CENT:
                yield _TaxRow(net, tax, rate.percent)
    if [number.value for number in numbers if number.percent] == [0] and 0 in sums and max(sums) > 0:
        yield _TaxRow(max(sums), Decimal(0), True)
