"""Pay slips: employer, employee, period, earnings, deductions and what is paid out."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from processors.synthesis import entries as printers
from processors.synthesis import identifiers, trade_sums
from processors.synthesis.canvas import Align
from processors.synthesis.look import choose_theme, draw_mark
from processors.synthesis.market import cents
from processors.synthesis.people import firm, private
from processors.synthesis.regions import Notation, Region, choose_notation
from processors.synthesis.sheet import Entry, Sheet, Value
from processors.synthesis.tables import Column, choose_ruling, table
from processors.synthesis.truth import money as plain_money
from processors.synthesis.words import Words


def pay_stub(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn pay slip and its family's name."""
    slip = _Slip(rng, region)
    family = rng.choice(("stacked", "columns"))
    slip.draw(family)
    return slip.sheet, family


class _Slip:
    """A pay slip on its way onto paper."""

    def __init__(self, rng: Random, region: Region) -> None:
        self.rng, self.region = rng, region
        self.words = Words(rng, region)
        self.notation: Notation = choose_notation(rng, region)
        self.sheet = Sheet(region.market.paper, choose_theme(rng))
        self.sheet.note("currency", region.currency)
        self.employer, self.employee = firm(rng, region), private(rng, region)
        monthly = region.country not in ("US", "CA", "AU") or rng.random() < 0.2
        year, month = rng.randint(2017, 2026), rng.randint(1, 12)
        self.start = date(year, month, 1)
        self.end = (self.start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        if not monthly:
            self.end = self.start + timedelta(days=13)
        self.paid = self.end + timedelta(days=rng.randint(0, 6))
        self.earned = self._earned()
        self.gross = sum((row[3] for row in self.earned), Decimal(0))
        names = list(self.words.synonyms("deduction_names"))[: rng.randint(2, 5)]
        self.withheld = [(name, cents(self.gross * rng.randint(8, 95) / 1000)) for name in names]
        self.deducted = sum((amount for _, amount in self.withheld), Decimal(0))
        self.net = self.gross - self.deducted
        self.periods = Decimal(month if monthly else month * 2)
        self.ytd = rng.random() < 0.7

    def _earned(self) -> list[tuple[str, Decimal, Decimal, Decimal]]:
        rng = self.rng
        names = list(self.words.synonyms("earning_names"))
        rate = Decimal(rng.randint(1400, 6200)) / 100
        rows: list[tuple[str, Decimal, Decimal, Decimal]] = []
        for name in names[: rng.randint(1, len(names))]:
            hours = Decimal(rng.choice((80, 86, 120, 160, 173))) if not rows else Decimal(rng.randint(2, 16))
            rows.append((name, hours, rate, cents(hours * rate)))
        return rows

    def draw(self, family: str) -> None:
        sheet, words, rng = self.sheet, self.words, self.rng
        y = self._head(sheet.top - 10) + 10
        half, gap = sheet.width * 0.48, sheet.width * 0.52
        style = rng.choice((printers.beside, printers.boxed, printers.grid, printers.inline))
        left = style(sheet, self._employee_entries(), sheet.left, y, half)
        right = style(sheet, self._period_entries(), sheet.left + gap, y, half)
        y = max(left, right) + 14
        ruling = choose_ruling(rng)
        earn_columns, earn_rows = self._earning_table()
        cut_columns, cut_rows = self._deduction_table()
        if family == "columns":
            size = min(sheet.theme.size, 8.0)
            first = table(sheet, earn_columns, earn_rows, sheet.left, sheet.left + half, y, ruling, size)
            second = table(sheet, cut_columns, cut_rows, sheet.left + gap, sheet.right, y, ruling, size)
            y = max(first, second)
        else:
            y = table(sheet, earn_columns, earn_rows, sheet.left, sheet.right, y, ruling)
            y = table(sheet, cut_columns, cut_rows, sheet.left, sheet.right, y + 12, ruling)
        y = sheet.room(y + 14, 90)
        box = rng.choice(
            (trade_sums.banded, trade_sums.ruled, trade_sums.overlined, trade_sums.across, trade_sums.filled)
        )
        box(sheet, self._sums(words), sheet.left + sheet.width * 0.45, sheet.right, y)

    def _head(self, y: float) -> float:
        sheet, words = self.sheet, self.words
        taken = 0.0
        if self.rng.random() < 0.6:
            taken = draw_mark(self.rng, sheet.canvas, sheet.left, y, 26, sheet.theme.accent, self.employer.name) + 8
        x, width = sheet.left + taken, sheet.width * 0.52 - taken
        below = sheet.block(x, y, width, Value(self.employer.name, "employer_name"), size=12, bold=True)
        address = Value("\n".join(self.employer.address), "employer_address")
        below = sheet.block(x, below, width, address)
        title = words["payslip_title"]
        box = sheet.line(sheet.right, y + 4, title, sheet.width * 0.44, size=15, bold=True, align=Align.RIGHT)
        return max(below, box.y1, y + 30)

    def _employee_entries(self) -> list[Entry]:
        words, rng = self.words, self.rng
        entries = [Entry(words["employee"], Value(self.employee.name, "employee_name"))]
        if rng.random() < 0.7:
            code = identifiers.fill(rng, rng.choice(("####", "E#####", "000###")))
            entries.append(Entry(words["employee_id"], Value(code, "employee_id")))
        if rng.random() < 0.7:
            text = ", ".join(self.employee.address)
            entries.append(Entry(words["address"], Value(text, "employee_address")))
        return entries

    def _period_entries(self) -> list[Entry]:
        words = self.words
        return [
            Entry(words["period_from"], self._day(self.start, "period_start")),
            Entry(words["period_until"], self._day(self.end, "period_end")),
            Entry(words["pay_date"], self._day(self.paid, "pay_date")),
        ]

    def _earning_table(self) -> tuple[list[Column], list[list[Value | str]]]:
        words, right = self.words, Align.RIGHT
        columns = [
            Column(words["earnings"], 2.4),
            Column(words["hours"], 1, right),
            Column(words["rate"], 1, right),
            Column(words["current"], 1.3, right),
        ]
        rows: list[list[Value | str]] = []
        for number, (name, hours, rate, amount) in enumerate(self.earned, start=1):
            field = f"line_items[{number}]."
            rows.append(
                [
                    Value(name, f"{field}description"),
                    Value(self.notation.number(hours, 2), f"{field}quantity", f"{hours.normalize():f}"),
                    Value(self.notation.number(rate, 2), f"{field}unit_price", plain_money(rate)),
                    Value(self.notation.number(amount, 2), f"{field}amount", plain_money(amount)),
                ]
            )
            if self.ytd:
                rows[-1].append(self.notation.number(amount * self.periods, 2))
        if self.ytd:
            columns.append(Column(words["ytd"], 1.3, right))
        return columns, rows

    def _deduction_table(self) -> tuple[list[Column], list[list[Value | str]]]:
        words, right = self.words, Align.RIGHT
        columns = [Column(words["deductions"], 2.4), Column(words["current"], 1.3, right)]
        rows: list[list[Value | str]] = [[name, self.notation.number(amount, 2)] for name, amount in self.withheld]
        if self.ytd:
            columns.append(Column(words["ytd"], 1.3, right))
            for row, (_, amount) in zip(rows, self.withheld, strict=True):
                row.append(self.notation.number(amount * self.periods, 2))
        return columns, rows

    def _sums(self, words: Words) -> list[Entry]:
        entries = [
            Entry(words["gross_pay"], self._money(self.gross, "gross_pay")),
            Entry(words["total_deductions"], self._money(self.deducted, "total_deductions")),
            Entry(words["net_pay"], self._money(self.net, "net_pay"), strong=True),
        ]
        if self.ytd and self.rng.random() < 0.6:
            label = f"{words['gross_pay']} ({words['ytd']})"
            entries.append(Entry(label, self._money(self.gross * self.periods, "ytd_gross")))
        return entries

    def _money(self, amount: Decimal, field: str) -> Value:
        return Value(self.notation.money(amount), field, plain_money(amount))

    def _day(self, day: date, field: str) -> Value:
        return Value(self.notation.day(day), field, day.isoformat())
