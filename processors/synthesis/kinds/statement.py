"""Bank statements: account, period, balances and the transactions between them."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from processors.synthesis import entries as printers
from processors.synthesis import identifiers
from processors.synthesis.canvas import Align
from processors.synthesis.finish import page_numbers
from processors.synthesis.look import choose_theme, draw_mark
from processors.synthesis.parts import grouped
from processors.synthesis.people import address, firm, person, private
from processors.synthesis.regions import Notation, Region, choose_notation
from processors.synthesis.sheet import Entry, Sheet, Value
from processors.synthesis.tables import Column, choose_ruling, table
from processors.synthesis.truth import money as plain_money
from processors.synthesis.words import Words

_FIRST_DAY = date(2017, 1, 1)


@dataclass(frozen=True, slots=True)
class Movement:
    """One transaction; ``amount`` is negative for money that left."""

    day: date
    text: str
    amount: Decimal
    balance: Decimal


def bank_statement(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn statement and its family's name."""
    words, notation = Words(rng, region), choose_notation(rng, region)
    sheet = Sheet(region.market.paper, choose_theme(rng))
    sheet.note("currency", region.currency)
    sheet.bottom -= 16
    start = _FIRST_DAY.replace(year=rng.randint(2017, 2026), month=rng.randint(1, 12))
    end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    opening = Decimal(rng.randint(-20_000, 1_500_000)) / 100
    movements = _movements(rng, region, words, start, end, opening)
    closing = movements[-1].balance if movements else opening
    family = rng.choice(("amounts", "amounts", "two_columns", "summary_first"))

    y = _head(rng, sheet, words, region)
    y = _account(rng, sheet, words, notation, region, (start, end), y + 12)
    if family != "amounts" or rng.random() < 0.5:
        y = _summary(rng, sheet, words, notation, movements, opening, closing, y + 10)
        ends: tuple[Decimal, Decimal] | None = None
    else:
        ends = (opening, closing)
    y = _transactions(rng, sheet, words, notation, movements, ends, family == "two_columns", y + 14)
    note = words["statement_note"]
    y = sheet.room(y + 14, sheet.rows(note, sheet.width, 7.5) * 11)
    sheet.block(sheet.left, y, sheet.width, note, size=7.5, color=sheet.theme.label)
    page_numbers(rng, sheet, words)
    return sheet, family


def _movements(rng: Random, region: Region, words: Words, start: date, end: date, opening: Decimal) -> list[Movement]:
    names = words.synonyms("transaction_names")
    count = rng.choice((3, 5, 8, 12, 18, 26, 45, 70))
    days = sorted(rng.randrange((end - start).days + 1) for _ in range(count))
    found, balance = [], opening
    for day in days:
        text = rng.choice(names).format(
            shop=rng.choice(region.market.shops),
            firm=firm(rng, region).name,
            person=person(rng, region.language).name,
            code=identifiers.digits(rng, 4),
        )
        incoming = rng.random() < 0.3
        amount = Decimal(rng.randint(200, 250_000 if incoming else 60_000)) / 100
        amount = amount if incoming else -amount
        balance += amount
        found.append(Movement(start + timedelta(days=day), text, amount, balance))
    return found


def _head(rng: Random, sheet: Sheet, words: Words, region: Region) -> float:
    """The bank with its mark on one side, the title on the other or below."""
    bank, y = rng.choice(region.market.banks), sheet.top - 10
    if rng.random() < 0.4:
        bank = f"{rng.choice(region.cities)[1].rstrip(',')} {rng.choice(('Bank', 'Savings', 'Banca', 'Credit Union'))}"
    taken = draw_mark(rng, sheet.canvas, sheet.left, y, 28, sheet.theme.accent, bank) + 8
    name, width = Value(bank, "bank_name"), sheet.width * 0.5 - taken
    family, color = sheet.theme.heading, sheet.theme.accent
    bottom = sheet.block(sheet.left + taken, y + 5, width, name, size=14, bold=True, family=family, color=color)
    lines = "\n".join(address(rng, region)[0])
    bottom = sheet.block(sheet.left + taken, bottom, width, lines, size=7.5)
    size = rng.choice((13.0, 16.0, 20.0))
    title = words["statement_title"]
    box = sheet.line(sheet.right, y + 5, title, sheet.width * 0.44, size=size, bold=True, align=Align.RIGHT)
    return max(bottom, box.y1, y + 34)


def _account(
    rng: Random, sheet: Sheet, words: Words, notation: Notation, region: Region, period: tuple[date, date], y: float
) -> float:
    """The holder as an address block, the account and the period beside it."""
    holder = (private if rng.random() < 0.7 else firm)(rng, region)
    half = sheet.width * 0.48
    name = Value(holder.name.upper() if rng.random() < 0.3 else holder.name, "account_holder")
    left = sheet.block(sheet.left, y, half, name)
    left = sheet.block(sheet.left, left, half, Value("\n".join(holder.address), "account_holder_address"))
    iban = identifiers.iban(rng, region.country)
    digits = identifiers.digits(rng, rng.choice((8, 9, 10, 12)))
    number = Value(grouped(iban), "account_number", iban) if iban else Value(digits, "account_number")
    start = Value(notation.day(period[0]), "period_start", period[0].isoformat())
    end = Value(notation.day(period[1]), "period_end", period[1].isoformat())
    entries = [Entry(words["account_number"], number)]
    split = rng.random() < 0.5
    if split:
        entries += [Entry(words["period_from"], start), Entry(words["period_until"], end)]
    if rng.random() < 0.5:
        day = period[1] + timedelta(days=rng.randint(0, 3))
        entries.append(Entry(words["bill_date"], Value(notation.day(day), "statement_date", day.isoformat())))
    style = rng.choice((printers.beside, printers.inline, printers.boxed, printers.above, printers.apart))
    x = sheet.left + sheet.width * 0.52
    right = style(sheet, entries, x, y, half)
    if not split:
        right = sheet.runs(x, right + 2, half, [f"{words['period']}: ", start, f" {words['to']} ", end])
    return max(left, right)


def _summary(
    rng: Random,
    sheet: Sheet,
    words: Words,
    notation: Notation,
    movements: list[Movement],
    opening: Decimal,
    closing: Decimal,
    y: float,
) -> float:
    income = sum((move.amount for move in movements if move.amount > 0), Decimal(0))
    spent = sum((move.amount for move in movements if move.amount < 0), Decimal(0))
    entries = [
        Entry(words["opening_balance"], Value(notation.money(opening), "opening_balance", plain_money(opening))),
        Entry(words["credits"], Value(notation.money(income))),
        Entry(words["debits"], Value(notation.money(spent))),
        Entry(words["closing_balance"], Value(notation.money(closing), "closing_balance", plain_money(closing)), True),
    ]
    style = rng.choice((printers.apart, printers.boxed, printers.row, printers.open_row))
    width = sheet.width if style in printers.WIDE else sheet.width * rng.choice((0.5, 0.62))
    return style(sheet, entries, sheet.left, y, width)


def _transactions(
    rng: Random,
    sheet: Sheet,
    words: Words,
    notation: Notation,
    movements: list[Movement],
    ends: tuple[Decimal, Decimal] | None,
    two_columns: bool,
    y: float,
) -> float:
    """The table; ``ends`` are the balances where they are its first and last row."""
    numeric = [template for template in notation.region.dates if "name" not in template]
    full = notation.date_template if notation.date_template in numeric else rng.choice(numeric)
    short = rng.random() < 0.25
    with_balance = rng.random() < 0.6 or ends is not None
    short_date = full.replace("{yy:02}", "{y}").replace("/{y}", "").replace(".{y}", ".")
    template = short_date if short and "{y}" not in short_date else full
    rows: list[list[Value | str]] = []
    for number, move in enumerate(movements, start=1):
        field = f"line_items[{number}]."
        row: list[Value | str] = [
            Value(notation.dated(move.day, template), f"{field}date", move.day.isoformat()),
            Value(move.text, f"{field}description"),
        ]
        printed = abs(move.amount) if two_columns else move.amount
        amount = Value(notation.number(printed, 2), f"{field}amount", plain_money(move.amount))
        row += (["", amount] if move.amount > 0 else [amount, ""]) if two_columns else [amount]
        if with_balance:
            row.append(Value(notation.number(move.balance, 2), f"{field}balance", plain_money(move.balance)))
        rows.append(row)
    right = Align.RIGHT
    columns = [Column(words["date"], 1.1), Column(words["transaction"], 3.2)]
    columns += (
        [Column(words["debits"], 1.1, right), Column(words["credits"], 1.1, right)]
        if two_columns
        else [Column(words["amount"], 1.1, right)]
    )
    columns += [Column(words["balance"], 1.1, right)] if with_balance else []
    if ends is not None:
        blank: list[Value | str] = [""] * (len(columns) - 3)
        for place, held, label in ((0, ends[0], "opening_balance"), (len(rows) + 1, ends[1], "closing_balance")):
            value = Value(notation.number(held, 2), label, plain_money(held))
            rows.insert(place, ["", words[label], *blank, value])
    strong = (0, len(rows) - 1) if ends is not None else ()
    return table(sheet, columns, rows, sheet.left, sheet.right, y, choose_ruling(rng), strong=strong)
