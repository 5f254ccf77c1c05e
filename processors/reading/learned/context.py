"""What is known of a document as a whole: its amounts and how they add up, its dates, how often values are printed."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

from processors.reading.geometric.invoice import InvoiceStudy
from processors.reading.learned.found import Found, Kind
from processors.values import parse_money, parse_rate

_MOST_AMOUNTS = 60
_CENT = 1.1
_LEAST_SHARE, _MOST_SHARE = 0.005, 0.35
"""Tax over net amount, of all the rates there are."""
_RATE = re.compile(r"[0-9]{1,2}(?:[.,][0-9]{1,3})?\s?%")
_RATE_SLACK = 0.0015


@dataclass(frozen=True, slots=True)
class Roles:
    """The parts that a value plays in sums of three amounts printed apart from the items.

    ``total``, ``net``, ``tax``: of some net + tax = total; ``rated``: with a tax that fits a printed rate.
    """

    total: bool = False
    net: bool = False
    tax: bool = False
    rated: bool = False


class Context:
    """Facts of one document that features are taken from."""

    def __init__(self, study: InvoiceStudy, found: dict[Kind, list[Found]]) -> None:
        amounts = [item.value for item in found[Kind.AMOUNT] if isinstance(item.value, Decimal)]
        self.amount_counts = Counter(abs(value) for value in amounts)
        self.largest = max((abs(value) for value in amounts), default=Decimal(0))
        self.roles = _roles(sorted(self.amount_counts, reverse=True)[:_MOST_AMOUNTS], _printed_rates(study))
        self.item_sum = _item_sum(study)
        self.has_items = study.table is not None
        dates = sorted({item.value for item in found[Kind.DATE] if isinstance(item.value, date)})
        self.first_date = dates[0] if dates else None
        self.last_date = dates[-1] if dates else None
        self.dates = len(dates)
        self.date_counts = Counter(item.value for item in found[Kind.DATE])
        self.value_counts = Counter(
            item.value for kind in (Kind.IDENTIFIER, Kind.TAX_ID, Kind.NAME, Kind.ADDRESS) for item in found[kind]
        )
        self.sheets = len(study.view.sheets)
        self.item_bottom = _item_bottom(study)
        heights = [segment.tokens[0].box.height for segment in study.view.sheets[0].segments]
        self.tallest = max(heights, default=10.0)
        self.usual_height = median(heights) if heights else 10.0
        self.text = study.view.sheets[0].text.casefold() if study.view.sheets else ""
        self.domains = " ".join(re.findall(r"(?:@|www\.|https?://)\s?([\w.-]+)", self.text)).replace("-", "")

    def role(self, value: Decimal) -> Roles:
        """The parts that ``value`` plays, whatever its sign."""
        return self.roles.get(abs(value), Roles())


def _printed_rates(study: InvoiceStudy) -> set[float]:
    text = "\n".join(sheet.text for sheet in study.view.sheets)
    rates = (parse_rate(match.replace(" ", "")) for match in _RATE.findall(text))
    return {float(rate) / 100 for rate in rates if rate is not None and 0 < rate < 40}


def _roles(values: list[Decimal], rates: set[float]) -> dict[Decimal, Roles]:
    """Which of ``values`` are a net amount, its tax and their sum; by value."""
    cents = [int(value * 100) for value in values]
    known = {cent: value for cent, value in zip(cents, values, strict=True) if cent > 0}
    marks: dict[Decimal, set[str]] = {}
    for total in known:
        for net in known:
            tax = total - net
            if net >= total or not _LEAST_SHARE < tax / net < _MOST_SHARE:
                continue
            other = next((known[tax + slip] for slip in (0, 1, -1) if tax + slip in known), None)
            if other is None:
                continue
            rated = any(abs(tax / net - rate) < _RATE_SLACK + _CENT / net for rate in rates)
            for value, role in ((known[total], "total"), (known[net], "net"), (other, "tax")):
                marks.setdefault(value, set()).update((role, "rated") if rated else (role,))
    return {
        value: Roles("total" in found, "net" in found, "tax" in found, "rated" in found)
        for value, found in marks.items()
    }


def _item_sum(study: InvoiceStudy) -> Decimal | None:
    if study.table is None:
        return None
    total = Decimal(0)
    for item in study.table.items:
        span = item.span("amount")
        text = "" if span is None else " ".join(token.text for token in span.tokens)
        money = parse_money(text, study.view.conventions.numbers)
        if money is not None:
            total += money.amount
    return abs(total) or None


def _item_bottom(study: InvoiceStudy) -> tuple[int, int]:
    """(sheet, row) of the last row of items; before everything where there are none."""
    return max(study.view.item_rows, default=(-1, -1))
