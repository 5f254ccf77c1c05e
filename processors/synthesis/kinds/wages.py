"""US tax papers: the W-2 wage statement, and simple 1099s and 1098s."""

from decimal import Decimal
from random import Random

from processors.synthesis import identifiers
from processors.synthesis.boxes import Cell, Filling, box_row
from processors.synthesis.canvas import Align
from processors.synthesis.market import cents
from processors.synthesis.people import Firm, firm, private
from processors.synthesis.regions import Region, load_region
from processors.synthesis.sheet import MONO, SANS, SERIF, Sheet, Theme, Value
from processors.synthesis.truth import money as plain_money

_FORMS = {
    "1099-INT": ("Interest Income", ("Interest income", "Early withdrawal penalty", "Federal income tax withheld")),
    "1099-MISC": ("Miscellaneous Information", ("Rents", "Royalties", "Other income", "Federal income tax withheld")),
    "1099-NEC": ("Nonemployee Compensation", ("Nonemployee compensation", "Federal income tax withheld")),
    "1098": ("Mortgage Interest Statement", ("Mortgage interest received", "Outstanding mortgage principal")),
    "1099-G": ("Certain Government Payments", ("Unemployment compensation", "State or local income tax refunds")),
}

_NOTICE = (
    "This is important tax information and is being furnished to the IRS. If you are required to file a return, a "
    "negligence penalty may be imposed on you if this income is taxable."
)


def w2(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn Form W-2 and its family's name. Whatever ``region`` is, the form is American."""
    us = region if region.country == "US" else load_region("us")
    sheet = Sheet("letter", Theme(family=SANS, size=8, margin=rng.choice((30.0, 40.0, 54.0)), leading=1.22))
    data = _Wages(rng, us)
    filling = Filling(rng.choice((MONO, SANS, SERIF)), rng.choice((8.5, 9.0, 10.0)), label_size=rng.choice((5.5, 6.0)))
    family = rng.choice(("single", "single", "copies"))
    y = data.draw(sheet, sheet.top, filling)
    if family == "copies":
        data.draw(sheet, y + 40, filling)
    return sheet, family


class _Wages:
    """A year's wages of one employee."""

    def __init__(self, rng: Random, region: Region) -> None:
        self.rng = rng
        self.year = str(rng.randint(2016, 2025))
        self.employer: Firm = firm(rng, region)
        self.employee: Firm = private(rng, region)
        self.ssn = f"{rng.randint(900, 999)}-{identifiers.digits(rng, 2)}-{identifiers.digits(rng, 4)}"
        self.ein = f"{rng.randint(20, 88)}-{identifiers.digits(rng, 7)}"
        self.control = identifiers.digits(rng, 5) if rng.random() < 0.5 else None
        self.security = Decimal(rng.randint(900_000, 16_000_000)) / 100
        self.wages = self.security - (cents(self.security * Decimal("0.05")) if rng.random() < 0.4 else 0)
        self.tax = cents(self.wages * rng.randint(6, 22) / 100)
        self.state = next((word for word in reversed(" ".join(self.employee.address).split()) if _is_state(word)), "TX")
        self.with_state = rng.random() < 0.8
        self.state_tax = cents(self.wages * rng.randint(2, 7) / 100)
        self.box_12 = rng.random() < 0.5
        self.comma = rng.random() < 0.5

    def draw(self, sheet: Sheet, y: float, filling: Filling) -> float:
        """One copy of the form from ``y`` down."""
        x0, x1 = sheet.left, sheet.right
        middle = x0 + sheet.width * 0.54
        top = [
            Cell("", "22222", 0.6),
            Cell("a Employee's social security number", Value(self.ssn, "employee_ssn"), 1.6),
            Cell("OMB No. 1545-0008", "", 1.4),
        ]
        y = box_row(sheet, top, x0, x1, y, filling, 28)
        start = y
        y = box_row(
            sheet,
            [Cell("b Employer identification number (EIN)", Value(self.ein, "employer_ein"))],
            x0,
            middle,
            y,
            filling,
            26,
        )
        y = self._party(
            sheet, "c Employer's name, address, and ZIP code", self.employer, "employer", x0, middle, y, filling
        )
        control = Value(self.control, "control_number") if self.control else ""
        y = box_row(sheet, [Cell("d Control number", control)], x0, middle, y, filling, 26)
        left = self._party(
            sheet,
            "e Employee's first name and initial, last name, f address and ZIP code",
            self.employee,
            "employee",
            x0,
            middle,
            y,
            filling,
        )
        right = self._amounts(sheet, middle, x1, start, filling)
        y = max(left, right)
        if self.with_state:
            y = self._state(sheet, x0, x1, y, filling)
        sheet.line(x0, y + 5, "Form", size=7)
        sheet.line(x0 + 18, y + 3, "W-2", size=16, bold=True)
        sheet.line(x0 + 54, y + 8, "Wage and Tax Statement", size=9)
        sheet.line((x0 + x1) / 2, y + 3, Value(self.year, "tax_year"), size=17, bold=True, align=Align.CENTER)
        sheet.line(x1, y + 5, "Department of the Treasury - Internal Revenue Service", size=6.5, align=Align.RIGHT)
        return y + 26

    def _party(
        self, sheet: Sheet, label: str, party: Firm, role: str, x0: float, x1: float, y: float, filling: Filling
    ) -> float:
        y = box_row(sheet, [Cell(label, Value(party.name, f"{role}_name"))], x0, x1, y, filling, 24)
        return box_row(sheet, [Cell("", Value("\n".join(party.address), f"{role}_address"))], x0, x1, y, filling, 46)

    def _amounts(self, sheet: Sheet, x0: float, x1: float, y: float, filling: Filling) -> float:
        security, medicare = cents(self.security * Decimal("0.062")), cents(self.security * Decimal("0.0145"))
        boxes: tuple[tuple[str, str, Decimal | None], ...] = (
            ("1 Wages, tips, other compensation", "wages", self.wages),
            ("2 Federal income tax withheld", "federal_income_tax", self.tax),
            ("3 Social security wages", "social_security_wages", self.security),
            ("4 Social security tax withheld", "social_security_tax", security),
            ("5 Medicare wages and tips", "medicare_wages", self.security),
            ("6 Medicare tax withheld", "medicare_tax", medicare),
            ("7 Social security tips", "social_security_tips", None),
            ("8 Allocated tips", "allocated_tips", None),
            ("9", "", None),
            ("10 Dependent care benefits", "dependent_care_benefits", None),
        )
        for start in range(0, len(boxes), 2):
            pair = boxes[start : start + 2]
            cells = [Cell(label, self._amount(amount, field), amount=True) for label, field, amount in pair]
            y = box_row(sheet, cells, x0, x1, y, filling, 27)
        code = f"D   {self._print(cents(self.security * Decimal('0.05')))}" if self.box_12 else ""
        return box_row(sheet, [Cell("11 Nonqualified plans"), Cell("12a", code)], x0, x1, y, filling, 27)

    def _state(self, sheet: Sheet, x0: float, x1: float, y: float, filling: Filling) -> float:
        cells = [
            Cell("15 State", Value(self.state, "state"), 0.6),
            Cell("Employer's state ID number", identifiers.digits(self.rng, 9), 1.4),
            Cell("16 State wages, tips, etc.", self._amount(self.wages, "state_wages"), amount=True),
            Cell("17 State income tax", self._amount(self.state_tax, "state_income_tax"), amount=True),
            Cell("18 Local wages, tips, etc."),
        ]
        return box_row(sheet, cells, x0, x1, y, filling, 27)

    def _amount(self, amount: Decimal | None, field: str) -> Value | str:
        return "" if amount is None else Value(self._print(amount), field, plain_money(amount))

    def _print(self, amount: Decimal) -> str:
        return f"{amount:,.2f}" if self.comma else f"{amount:.2f}"


def tax_form(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn information return (1099, 1098) and the form's number."""
    us = region if region.country == "US" else load_region("us")
    number = rng.choice(tuple(_FORMS))
    title, boxes = _FORMS[number]
    sheet = Sheet("letter", Theme(family=SANS, size=8, margin=rng.choice((36.0, 50.0)), leading=1.22))
    filling = Filling(rng.choice((MONO, SANS)), rng.choice((8.5, 9.5)))
    payer, recipient = firm(rng, us), private(rng, us)
    year, x0, x1 = str(rng.randint(2016, 2025)), sheet.left, sheet.right
    middle = x0 + sheet.width * 0.5
    ssn = f"{rng.randint(900, 999)}-{identifiers.digits(rng, 2)}-{identifiers.digits(rng, 4)}"
    y = sheet.top
    if rng.random() < 0.5:
        sheet.line((x0 + x1) / 2, y, rng.choice(("CORRECTED (if checked)", "VOID")), size=8, align=Align.CENTER)
        y += 14
    text = "\n".join((payer.name, *payer.address))
    left = box_row(
        sheet, [Cell("PAYER'S name, street address, city, state, ZIP code", text)], x0, middle, y, filling, 70
    )
    tins = [Cell("PAYER'S TIN", payer.tax_id), Cell("RECIPIENT'S TIN", Value(ssn, "taxpayer_ssn"))]
    left = box_row(sheet, tins, x0, middle, left, filling, 28)
    left = box_row(
        sheet, [Cell("RECIPIENT'S name", Value(recipient.name, "taxpayer_name"))], x0, middle, left, filling, 28
    )
    address = Value("\n".join(recipient.address), "taxpayer_address")
    left = box_row(sheet, [Cell("Street address, city, state, ZIP code", address)], x0, middle, left, filling, 44)
    right = y
    for index, label in enumerate(boxes, start=1):
        amount = f"$ {rng.randint(100, 4_000_000) / 100:,.2f}"
        right = box_row(sheet, [Cell(f"{index} {label}", amount, amount=True)], middle, x1 - 110, right, filling, 30)
    top = sheet.block(x1 - 100, y + 4, 100, "OMB No. 1545-0112", size=7)
    top = sheet.line(x1 - 100, top + 6, Value(year, "tax_year"), size=22, bold=True).y1
    top = sheet.block(x1 - 100, top + 4, 100, f"Form {number}", size=10, bold=True)
    sheet.block(x1 - 100, top + 4, 100, title, size=11, bold=True)
    y = max(left, right)
    sheet.line(x0, y + 5, f"Form {number}", size=9, bold=True)
    sheet.line(x1, y + 5, "Department of the Treasury - Internal Revenue Service", size=7, align=Align.RIGHT)
    sheet.block(x0, y + 24, sheet.width, _NOTICE, size=7.5)
    return sheet, number.lower()


def _is_state(word: str) -> bool:
    return len(word) == 2 and word.isalpha() and word.isupper()
