"""What an amount, a date or an identifier says for itself, as numbers."""

import math
from datetime import date
from decimal import Decimal

from processors.reading.geometric.invoice import InvoiceStudy
from processors.reading.learned.context import Context
from processors.reading.learned.found import Found
from processors.reading.learned.rules import Choice


class ValueFeatures:
    """Makes the columns of amounts, dates and identifiers of one document."""

    def __init__(self, study: InvoiceStudy, context: Context, choices: dict[str, Choice]) -> None:
        self._study = study
        self._context = context
        self._choices = choices

    def amount(self, found: Found) -> list[float]:
        context, segment = self._context, found.segment
        value = found.value if isinstance(found.value, Decimal) else Decimal(0)
        size = abs(value)
        role = context.role(value)
        sheet = self._study.view.sheet_of(segment)
        row = sheet.rows[segment.row]
        amounts = [amount for part in row for amount in self._study.view.amounts_in(part)]
        larger = sum(count for other, count in context.amount_counts.items() if other > size)
        return [
            math.log10(float(size) + 0.01),
            float(size / context.largest) if context.largest else 0.0,
            float(size == context.largest),
            min(context.amount_counts[size], 6),
            float(role.total),
            float(role.net),
            float(role.tax),
            float(role.rated),
            float(context.item_sum is not None and abs(size - context.item_sum) < Decimal("0.015")),
            float(not size),
            float(value < 0),
            len(amounts),
            float(bool(amounts) and amounts[-1].segment is segment and amounts[-1].start == found.start),
            float(any("%" in token.text for part in row for token in part.tokens)),
            min(larger, 12),
        ]

    def date(self, found: Found) -> list[float]:
        context = self._context
        value = found.value
        assert isinstance(value, date)
        first, last = context.first_date or value, context.last_date or value
        issued = self._choices.get("invoice_date")
        rule = issued[2] if issued is not None else None
        days = (value - rule).days if isinstance(rule, date) else -999
        return [
            min((value - first).days, 400),
            min((last - value).days, 400),
            float(value == context.first_date),
            float(value == context.last_date),
            min(context.dates, 10),
            min(context.date_counts[value], 5),
            max(-400, min(days, 400)),
            float(days in (7, 8, 10, 14, 15, 20, 21, 28, 30, 31, 45, 60, 90)),
        ]

    def identifier(self, found: Found) -> list[float]:
        text = "".join(token.text for token in found.span.tokens)
        digits = sum(map(str.isdigit, text))
        return [
            min(len(text), 30),
            digits / len(text),
            float(sum(map(str.isalpha, text))),
            float(sum(1 for char in text if char in "-/._")),
            float(text[0].isalpha()),
            float(any(f"20{n}" in text for n in range(10, 30))),
            min(self._context.value_counts[found.value], 5),
            float(found.stop - found.start == len(found.segment.tokens)),
            float(text.upper() == text),
        ]
