"""Utility bills: account, meter, charges of a period, a balance carried over, and a slip to pay with."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from processors.geometry import Box
from processors.synthesis import entries as printers
from processors.synthesis import identifiers, trade_sums
from processors.synthesis.canvas import Align
from processors.synthesis.finish import page_numbers
from processors.synthesis.look import choose_theme, draw_mark, pale
from processors.synthesis.market import cents
from processors.synthesis.people import Firm, firm, private
from processors.synthesis.regions import Notation, Region, choose_notation
from processors.synthesis.sheet import Entry, Sheet, Value
from processors.synthesis.tables import Column, choose_ruling, table
from processors.synthesis.truth import money as plain_money
from processors.synthesis.words import Words

_FIRST_DAY = date(2017, 1, 9)


def utility_bill(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn bill and its family's name."""
    bill = _Bill(rng, region)
    family = rng.choice(("summary_right", "summary_wide", "summary_left"))
    bill.draw(family)
    return bill.sheet, family


class _Bill:
    """A bill on its way onto paper."""

    def __init__(self, rng: Random, region: Region) -> None:
        self.rng, self.region = rng, region
        self.words: Words = Words(rng, region)
        self.notation: Notation = choose_notation(rng, region)
        self.sheet = Sheet(region.market.paper, choose_theme(rng))
        self.sheet.note("currency", region.currency)
        self.vendor: Firm = firm(rng, region)
        self.customer: Firm = private(rng, region)
        self.issued = _FIRST_DAY + timedelta(days=rng.randrange(3600))
        self.charges = [Decimal(rng.randint(300, 14_000)) / 100 for _ in range(rng.randint(2, 4))]
        rate = rng.choice(region.rates)
        self.net = sum(self.charges, Decimal(0))
        self.tax = cents(self.net * rate / 100)
        self.tax_label = f"{rng.choice(region.tax)} {self.notation.rate(rate)}"
        self.total = self.net + self.tax
        self.previous = Decimal(rng.randint(2000, 19_000)) / 100 if rng.random() < 0.7 else None
        owed = self.previous is not None and rng.random() < 0.3
        self.paid = Decimal(0) if owed else self.previous or Decimal(0)
        self.due = self.total + (self.previous or Decimal(0)) - self.paid

    def draw(self, family: str) -> None:
        sheet, rng = self.sheet, self.rng
        y = self._head(sheet.top - 10) + 12
        half = sheet.width * 0.46
        right = sheet.left + sheet.width * 0.54
        style = rng.choice((printers.beside, printers.boxed, printers.apart, printers.inline))
        sums = self._summary()
        if family == "summary_wide":
            below = max(self._addressee(sheet.left, y, half), style(sheet, self._facts(), right, y, half))
            y = printers.row(sheet, sums, sheet.left, below + 12, sheet.width)
        else:
            first, second = (sheet.left, right) if family == "summary_right" else (right, sheet.left)
            below = style(sheet, self._facts(), first, self._addressee(first, y, half) + 10, half)
            box = trade_sums.choose_totals(rng)[1]
            box = trade_sums.banded if box is trade_sums.across else box
            y = max(below, box(sheet, sums, second, second + half, y))
        y = self._usage(y + 14)
        y = self._charges(y + 14)
        self._slip(y + 18)
        page_numbers(rng, sheet, self.words)

    def _head(self, y: float) -> float:
        sheet, name = self.sheet, self.vendor.name
        if self.rng.random() < 0.8:
            base = name.split(" ")[0]
            name = f"{base} {self.rng.choice(self.words.synonyms('utility_trades'))}"
        taken = draw_mark(self.rng, sheet.canvas, sheet.left, y, 30, sheet.theme.accent, name) + 8
        width = sheet.width * 0.5 - taken
        value = Value(name, "vendor_name")
        below = sheet.block(sheet.left + taken, y + 2, width, value, size=15, bold=True, color=sheet.theme.accent)
        address = Value("\n".join(self.vendor.address), "vendor_address")
        below = sheet.block(sheet.left + taken, below, width, address, size=7.5)
        title = self.words["utility_title"]
        box = sheet.line(sheet.right, y + 4, title, sheet.width * 0.45, size=16, bold=True, align=Align.RIGHT)
        return max(below, box.y1, y + 36)

    def _addressee(self, x: float, y: float, width: float) -> float:
        y = self.sheet.block(x, y, width, Value(self.customer.name, "customer_name"))
        return self.sheet.block(x, y, width, "\n".join(self.customer.address))

    def _facts(self) -> list[Entry]:
        rng, words = self.rng, self.words
        due = self.issued + timedelta(days=rng.choice((14, 20, 21, 30)))
        start, end = self.issued - timedelta(days=34), self.issued - timedelta(days=4)
        account = identifiers.fill(rng, rng.choice(("##########", "####-####-###", "## ### ### ##")))
        entries = [
            Entry(words["account"], Value(account, "account_number")),
            Entry(words["bill_date"], self._day(self.issued, "invoice_date")),
            Entry(words["service_address"], Value(", ".join(self.customer.address), "service_address")),
            Entry(words["period_from"], self._day(start, "period_start")),
            Entry(words["period_until"], self._day(end, "period_end")),
        ]
        if rng.random() < 0.7:
            entries.insert(2, Entry(words["due_date"], self._day(due, "due_date")))
        if rng.random() < 0.6:
            entries.append(Entry(words["meter"], Value(identifiers.digits(rng, 8), "meter_number")))
        if rng.random() < 0.4:
            entries.insert(0, Entry(words["invoice_number"], Value(identifiers.digits(rng, 9), "invoice_number")))
        return entries

    def _summary(self) -> list[Entry]:
        words = self.words
        entries = []
        if self.previous is not None:
            entries.append(Entry(words["previous_balance"], self._money(self.previous, "previous_balance")))
            entries.append(Entry(words["payments"], self._money(-self.paid, None)))
        entries.append(Entry(words["current_charges"], self._money(self.total, "total_amount")))
        entries.append(Entry(words["utility_due"], self._money(self.due, "amount_due"), strong=True))
        return entries

    def _usage(self, y: float) -> float:
        """Bars of the past months' use, and the meter's readings."""
        sheet, rng = self.sheet, self.rng
        if rng.random() < 0.35:
            return y
        y = sheet.room(y, 110)
        sheet.line(sheet.left, y, self.words["usage"], sheet.width, bold=True)
        base, step = y + 80, sheet.width * 0.55 / 13
        months = self.region.market.months
        for index in range(13):
            x, height = sheet.left + index * step, rng.uniform(12, 58)
            fill = sheet.theme.accent if index == 12 else pale(sheet.theme.accent, 0.4)
            sheet.canvas.rect(Box(x, base - height, x + step * 0.7, base), fill=fill)
            name = months[(self.issued.month + index) % 12][0]
            sheet.line(x + step * 0.35, base + 2, name, size=6.5, align=Align.CENTER)
        x, previous = sheet.left + sheet.width * 0.62, rng.randint(1000, 60_000)
        used = rng.randint(80, 900)
        rows = [f"{self.words['reading']}: {previous} / {previous + used}", f"{self.words['usage']}: {used} kWh"]
        for index, text in enumerate(rows):
            sheet.line(x, y + 24 + index * 14, text, sheet.right - x)
        return base + 14

    def _charges(self, y: float) -> float:
        words, sheet = self.words, self.sheet
        names = list(words.synonyms("charges"))[: len(self.charges)]
        rows: list[list[Value | str]] = [
            [name, self.notation.number(charge, 2)] for name, charge in zip(names, self.charges, strict=True)
        ]
        rows.append([self.tax_label, Value(self.notation.number(self.tax, 2), "tax_amount", plain_money(self.tax))])
        rows.append([words["current_charges"], self.notation.money(self.total)])
        columns = [Column(words["description"], 4), Column(words["amount"], 1, Align.RIGHT)]
        width = sheet.width * self.rng.choice((0.6, 1.0))
        y = sheet.room(y, 40)
        return table(
            sheet, columns, rows, sheet.left, sheet.left + width, y, choose_ruling(self.rng), strong=[len(rows) - 1]
        )

    def _slip(self, y: float) -> None:
        """The foot to tear off, which says the main things again."""
        sheet, words = self.sheet, self.words
        height = 70.0
        top = sheet.bottom - height
        if y > top or self.rng.random() < 0.4:
            return
        sheet.canvas.line(sheet.left, top, sheet.right, top, 0.6, sheet.theme.label, dash=4)
        sheet.line(sheet.left, top + 4, words["slip"], sheet.width, size=7, italic=True)
        sheet.block(sheet.left, top + 18, sheet.width * 0.4, "\n".join((self.customer.name, *self.customer.address)))
        entries = [Entry(words["utility_due"], self._money(self.due, None), strong=True)]
        printers.apart(sheet, entries, sheet.left + sheet.width * 0.55, top + 22, sheet.width * 0.45)

    def _money(self, amount: Decimal, field: str | None) -> Value:
        return Value(self.notation.money(amount), field, plain_money(amount))

    def _day(self, day: date, field: str) -> Value:
        return Value(self.notation.day(day), field, day.isoformat())
