"""Insurance policies, medical papers and forms to fill in."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from processors.geometry import Box
from processors.synthesis import entries as printers
from processors.synthesis import identifiers
from processors.synthesis.boxes import Cell, Filling, box_row
from processors.synthesis.canvas import Align, Color
from processors.synthesis.finish import page_numbers, signature
from processors.synthesis.look import choose_theme, draw_mark
from processors.synthesis.people import firm, person, private
from processors.synthesis.regions import Region, choose_notation
from processors.synthesis.sheet import MONO, SANS, Entry, Sheet, Value
from processors.synthesis.tables import Column, choose_ruling, table
from processors.synthesis.truth import money as plain_money
from processors.synthesis.words import Words

_FIRST_DAY = date(2017, 1, 9)
_INK: tuple[Color, ...] = ((0.08, 0.12, 0.5), (0.0, 0.0, 0.0), (0.1, 0.1, 0.3))
_TESTS = (
    "Hemoglobin 13.9 g/dL",
    "Glucose 92 mg/dL",
    "Sodium 139 mmol/L",
    "TSH 2.1 mIU/L",
    "ALT 24 U/L",
    "LDL 118 mg/dL",
)
_CODES = ("J20.9", "M54.5", "I10", "E11.9", "K21.0", "S93.4", "F41.1")
_DRUGS = ("Ibuprofen 400 mg", "Amoxicillin 500 mg", "Metformin 850 mg", "Ramipril 5 mg", "Omeprazole 20 mg")


def insurance_policy(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn policy schedule and its family's name."""
    words, notation = Words(rng, region), choose_notation(rng, region)
    sheet = Sheet(region.market.paper, choose_theme(rng))
    sheet.note("currency", region.currency)
    insurer, holder = firm(rng, region), private(rng, region)
    start = _FIRST_DAY + timedelta(days=rng.randrange(3600))
    end = start + timedelta(days=364)
    premium = Decimal(rng.randint(12_000, 260_000)) / 100
    y = _letterhead(rng, sheet, insurer.name, words["policy_title"], "insurer_name")
    number = identifiers.fill(rng, rng.choice(("@@##########", "###-######-##", "POL-#######")))
    entries = [
        Entry(words["policy_number"], Value(number, "policy_number")),
        Entry(words["policyholder"], Value(holder.name, "policyholder_name")),
        Entry(words["address"], Value(", ".join(holder.address), "policyholder_address")),
        Entry(words["valid_from"], Value(notation.day(start), "effective_from", start.isoformat())),
        Entry(words["valid_to"], Value(notation.day(end), "effective_to", end.isoformat())),
        Entry(words["premium"], Value(notation.money(premium), "annual_premium", plain_money(premium))),
    ]
    if rng.random() < 0.5:
        born = date(1950, 1, 1) + timedelta(days=rng.randrange(18_000))
        entries.insert(3, Entry(words["birth_date"], Value(notation.day(born), "date_of_birth", born.isoformat())))
    style = rng.choice((printers.beside, printers.boxed, printers.above, printers.inline))
    y = style(sheet, entries, sheet.left, y + 8, sheet.width * rng.choice((0.7, 1.0)))
    columns = [
        Column(words["cover"], 2.5),
        Column(words["amount"], 1.2, Align.RIGHT),
        Column(words["excess"], 1, Align.RIGHT),
    ]
    rows: list[list[Value | str]] = [
        [
            name,
            notation.money(Decimal(rng.randint(1, 50) * 10_000)),
            notation.money(Decimal(rng.choice((150, 250, 500)))),
        ]
        for name in words.synonyms("cover_names")
    ]
    y = table(sheet, columns, rows, sheet.left, sheet.right, y + 16, choose_ruling(rng))
    for text in rng.sample(words.synonyms("clauses"), 3):
        y = sheet.room(y + 8, 40)
        y = sheet.block(sheet.left, y, sheet.width, text, size=7.5)
    page_numbers(rng, sheet, words)
    return sheet, "schedule"


def medical(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn medical report or laboratory sheet and its family's name."""
    words, notation = Words(rng, region), choose_notation(rng, region)
    sheet = Sheet(region.market.paper, choose_theme(rng))
    patient, day = person(rng, region.language), _FIRST_DAY + timedelta(days=rng.randrange(3600))
    born = date(1940, 1, 1) + timedelta(days=rng.randrange(25_000))
    y = _letterhead(rng, sheet, firm(rng, region).name, words["medical_title"], None)
    entries = [
        Entry(words["patient"], Value(patient.name, "patient_name")),
        Entry(words["birth_date"], Value(notation.day(born), "date_of_birth", born.isoformat())),
        Entry(words["date"], Value(notation.day(day))),
        Entry(words["physician"], Value(f"Dr. {person(rng, region.language).name}")),
    ]
    style = rng.choice((printers.beside, printers.boxed, printers.grid, printers.inline))
    y = style(sheet, entries, sheet.left, y + 8, sheet.width * 0.6)
    family = rng.choice(("report", "laboratory"))
    if family == "laboratory":
        columns = [Column(words["test"], 1.5), Column(words["result"], 1, Align.RIGHT)]
        rows: list[list[Value | str]] = [
            [test.split(" ")[0], test.partition(" ")[2]] for test in rng.sample(_TESTS, rng.randint(3, 6))
        ]
        y = table(sheet, columns, rows, sheet.left, sheet.right, y + 14, choose_ruling(rng))
    else:
        sections = (
            (words["diagnosis"], ", ".join(rng.sample(_CODES, 2))),
            (words["medication"], ", ".join(rng.sample(_DRUGS, 2))),
            (words["notes"], " ".join(rng.sample(words.synonyms("sentences"), 3))),
        )
        for heading, text in sections:
            y = sheet.block(sheet.left, y + 12, sheet.width, heading, bold=True)
            y = sheet.block(sheet.left, y + 2, sheet.width, text)
    signature(rng, sheet, sheet.left + sheet.width * 0.55, y + 40, sheet.width * 0.4, words["signature"])
    return sheet, family


def form(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn form, filled in or not, and its family's name."""
    words = Words(rng, region)
    sheet = Sheet(region.market.paper, choose_theme(rng))
    filled = rng.random() < 0.7
    filling = Filling(rng.choice((MONO, SANS)), 9.5, rng.choice(_INK), label_size=7.0)
    applicant = private(rng, region)
    y = _letterhead(rng, sheet, firm(rng, region).name, words["form_title"], None)
    y = sheet.block(sheet.left, y + 4, sheet.width, words["office_use"], size=7.5, italic=True) + 6
    known = {words["last_name"]: applicant.name.split(" ")[-1], words["first_name"]: applicant.name.split(" ")[0]}
    known[words["address"]] = ", ".join(applicant.address)
    labels = [*known, *rng.sample(words.synonyms("form_fields"), min(7, len(words.synonyms("form_fields"))))]
    family = rng.choice(("boxes", "lines"))
    for index in range(0, len(labels), 2):
        pair = [Cell(label, known.get(label, "") if filled else "") for label in labels[index : index + 2]]
        if family == "boxes":
            y = box_row(sheet, pair, sheet.left, sheet.right, y, filling, 32)
        else:
            y = _lines(sheet, pair, filling, y)
    y = _checkboxes(rng, sheet, words, y + 14)
    signature(rng, sheet, sheet.left, y + 26, sheet.width * 0.4, words["signature"])
    return sheet, family


def _lines(sheet: Sheet, cells: list[Cell], filling: Filling, y: float) -> float:
    """Labels with a line to write on."""
    for cell in cells:
        box = sheet.line(sheet.left, y + 8, f"{cell.label}:", sheet.width * 0.35)
        x = max(box.x1 + 6, sheet.left + sheet.width * 0.3)
        sheet.line(
            x + 4, y + 7, cell.value, sheet.right - x, size=filling.size, family=filling.family, color=filling.color
        )
        sheet.rule(y + 20, 0.5, x0=x, x1=sheet.right)
        y += 24
    return y


def _checkboxes(rng: Random, sheet: Sheet, words: Words, y: float) -> float:
    for text in rng.sample(words.synonyms("sentences"), 3):
        sheet.canvas.rect(Box(sheet.left, y + 1, sheet.left + 8, y + 9), stroke=sheet.theme.label)
        if rng.random() < 0.5:
            sheet.canvas.line(sheet.left + 1, y + 2, sheet.left + 7, y + 8, 1.2)
            sheet.canvas.line(sheet.left + 7, y + 2, sheet.left + 1, y + 8, 1.2)
        y = sheet.block(sheet.left + 14, y, sheet.width - 14, text) + 5
    return y


def _letterhead(rng: Random, sheet: Sheet, name: str, title: str, field: str | None) -> float:
    """A mark with a name, and the title below or beside; the y below."""
    y = sheet.top - 10
    taken = draw_mark(rng, sheet.canvas, sheet.left, y, 26, sheet.theme.accent, name) + 8
    beside = rng.random() < 0.5
    width = (sheet.width * 0.5 if beside else sheet.width) - taken
    below = max(y + 30, sheet.block(sheet.left + taken, y + 5, width, Value(name, field), size=12, bold=True))
    if beside:
        box = sheet.line(sheet.right, y + 5, title, sheet.width * 0.45, size=15, bold=True, align=Align.RIGHT)
        return max(below, box.y1) + 6
    x, align = rng.choice(((sheet.left, Align.LEFT), (sheet.left + sheet.width / 2, Align.CENTER)))
    return sheet.line(x, below + 8, title, sheet.width, size=17, bold=True, align=align).y1 + 8
