"""Contracts, letters and résumés: running text with a few values in it."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from processors.synthesis.canvas import Align
from processors.synthesis.finish import page_numbers, signature
from processors.synthesis.look import choose_theme, draw_mark
from processors.synthesis.people import COUNTRIES, firm, person, private
from processors.synthesis.regions import Region, choose_notation
from processors.synthesis.sheet import Sheet, Value
from processors.synthesis.words import Words

_FIRST_DAY = date(2017, 1, 9)
_SLOT = re.compile(r"~(\d)~")


def contract(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn contract and its family's name."""
    words, notation = Words(rng, region), choose_notation(rng, region)
    sheet = Sheet(region.market.paper, choose_theme(rng))
    sheet.bottom -= 14
    one, two = firm(rng, region), firm(rng, region)
    day = _FIRST_DAY + timedelta(days=rng.randrange(3600))
    x, align = rng.choice(((sheet.left, Align.LEFT), (sheet.left + sheet.width / 2, Align.CENTER)))
    y = sheet.line(x, sheet.top, words["contract_title"], sheet.width, size=16, bold=True, align=align).y1 + 14
    intro = words["contract_intro"].format(one=", ".join(one.address), two=", ".join(two.address))
    values = [
        Value(notation.day(day), "effective_date", day.isoformat()),
        Value(one.name, "parties[1]"),
        Value(two.name, "parties[2]"),
    ]
    y = paragraph(sheet, intro, values, y) + 8
    clauses: list[tuple[str, str, list[Value]]] = []
    for clause in rng.sample(words.synonyms("clauses"), rng.randint(3, 5)):
        heading, _, text = clause.partition(":")
        clauses.append((heading.strip(), text.strip(), []))
    if rng.random() < 0.8:
        count = rng.choice((6, 12, 24, 36)) if rng.random() < 0.6 else rng.randint(2, 5)
        length = words.synonyms("months")[0 if count > 5 else 1].format(n=count)
        clauses.insert(
            rng.randrange(len(clauses)), (words["term_heading"], words["term_text"], [Value(length, "term")])
        )
    if rng.random() < 0.85:
        law = Value(_law(rng, region), "governing_law")
        clauses.append((words["law_heading"], words["law_text"], [law]))
    numbered = rng.choice(("{n}. {heading}", "§ {n} {heading}", "{n}) {heading}"))
    for number, (heading, text, slots) in enumerate(clauses, start=1):
        y = sheet.room(y + 6, 60)
        y = sheet.block(sheet.left, y, sheet.width, numbered.format(n=number, heading=heading), bold=True)
        y = paragraph(sheet, text, slots, y + 2)
    y = sheet.room(y + 30, 60)
    for index, party in enumerate((one, two)):
        signature(rng, sheet, sheet.left + index * sheet.width * 0.54, y, sheet.width * 0.46, party.name)
    page_numbers(rng, sheet, words)
    return sheet, "clauses"


def letter(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn letter and its family's name."""
    words, notation = Words(rng, region), choose_notation(rng, region)
    sheet = Sheet(region.market.paper, choose_theme(rng))
    sender, receiver = firm(rng, region), private(rng, region)
    day = _FIRST_DAY + timedelta(days=rng.randrange(3600))
    family = rng.choice(("window", "plain"))
    y = sheet.top - 10
    if family == "window":
        side = draw_mark(rng, sheet.canvas, sheet.left, y, 26, sheet.theme.accent, sender.name)
        sheet.block(
            sheet.left + side + 8, y + 6, sheet.width * 0.6, Value(sender.name, "sender_name"), size=12, bold=True
        )
        y += 70
    else:
        name = Value(sender.name, "sender_name")
        y = sheet.block(sheet.right, y, sheet.width * 0.6, name, bold=True, align=Align.RIGHT)
        y = sheet.block(sheet.right, y, sheet.width * 0.6, "\n".join(sender.address), align=Align.RIGHT) + 14
    y = sheet.block(sheet.left, y, sheet.width * 0.5, Value(receiver.name, "recipient_name"))
    y = sheet.block(sheet.left, y, sheet.width * 0.5, "\n".join(receiver.address)) + 20
    place: list[Value | str] = [f"{sender.city}, ", Value(notation.day(day), "letter_date", day.isoformat())]
    y = sheet.runs(sheet.left, y, sheet.width, place, align=Align.RIGHT) + 14
    y = sheet.block(sheet.left, y, sheet.width, f"{words['subject']} {words['subject_text']}", bold=True) + 12
    y = sheet.block(sheet.left, y, sheet.width, words["salutation"].format(name=receiver.name)) + 8
    sentences = list(words.synonyms("sentences"))
    for _ in range(rng.randint(2, 4)):
        text = " ".join(rng.sample(sentences, rng.randint(2, 4)))
        y = sheet.block(sheet.left, y, sheet.width, text) + 8
    y = sheet.block(sheet.left, y + 4, sheet.width, words["regards"]) + 8
    signature(rng, sheet, sheet.left, y, sheet.width * 0.35, person(rng, region.language).name)
    return sheet, family


def resume(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn résumé and its family's name."""
    words = Words(rng, region)
    sheet = Sheet(region.market.paper, choose_theme(rng))
    someone, family = private(rng, region), rng.choice(("one_column", "dates_left"))
    y = sheet.block(sheet.left, sheet.top, sheet.width, Value(someone.name, "full_name"), size=20, bold=True)
    contact = " | ".join((someone.address[-1], someone.phone, someone.email))
    y = sheet.block(sheet.left, y, sheet.width, contact, size=8.5) + 4
    if rng.random() < 0.5:
        sheet.line(sheet.right, sheet.top - 16, words["resume_title"], sheet.width, align=Align.RIGHT)
    y = _section(sheet, words["experience"], y)
    year, jobs = rng.randint(2018, 2024), list(words.synonyms("jobs"))
    for job in rng.sample(jobs, min(3, len(jobs))):
        start = year - rng.randint(2, 5)
        text = f"{job}, {firm(rng, region).name}"
        y = _dated(sheet, f"{start} - {year}", text, family, y)
        for line in rng.sample(words.synonyms("job_lines"), 2):
            y = sheet.block(sheet.left + 20, y, sheet.width - 20, f"• {line}")
        y, year = y + 6, start
    y = _section(sheet, words["education"], y)
    for degree in rng.sample(words.synonyms("degrees"), 2):
        y = _dated(
            sheet, str(year - rng.randint(1, 4)), f"{degree}, {rng.choice(region.cities)[1].rstrip(',')}", family, y
        )
    y = _section(sheet, words["skills"], y)
    sheet.block(sheet.left, y, sheet.width, words["skill_names"])
    return sheet, family


def paragraph(sheet: Sheet, template: str, values: Sequence[Value], y: float) -> float:
    """Running text between the margins with ``values``, unbroken, in its slots ``~1~``, ``~2~``…; the y below."""
    x = sheet.left
    space = sheet.measure(" ")
    for piece in _pieces(template, values):
        text = piece.text if isinstance(piece, Value) else piece
        width = sheet.measure(text, bold=isinstance(piece, Value))
        glued = isinstance(piece, str) and piece[:1] in ",.;" and x > sheet.left
        if x > sheet.left and x + (0 if glued else space) + width > sheet.right:
            x, y, glued = sheet.left, y + sheet.line_height(), True
        start = x if glued or x == sheet.left else x + space
        x = sheet.line(start, y, piece, sheet.right - start, bold=isinstance(piece, Value)).x1
    return y + sheet.line_height()


def _pieces(template: str, values: Sequence[Value]) -> list[Value | str]:
    """Words and whole values in order."""
    pieces: list[Value | str] = []
    for index, part in enumerate(_SLOT.split(template)):
        if index % 2:
            pieces.append(values[int(part) - 1])
        else:
            pieces.extend(part.split())
    return pieces


def _law(rng: Random, region: Region) -> str:
    if region.country == "US":
        return rng.choice(("Delaware", "California", "New York", "Washington"))
    return "England and Wales" if region.country == "GB" else COUNTRIES[region.country]


def _section(sheet: Sheet, heading: str, y: float) -> float:
    y = sheet.block(sheet.left, y + 8, sheet.width, heading.upper(), bold=True, color=sheet.theme.accent)
    sheet.rule(y + 1, 0.6, sheet.theme.accent)
    return y + 6


def _dated(sheet: Sheet, when: str, text: str, family: str, y: float) -> float:
    if family == "dates_left":
        sheet.line(sheet.left, y, when, 70)
        return sheet.block(sheet.left + 78, y, sheet.width - 78, text, bold=True)
    sheet.line(sheet.right, y, when, 70, align=Align.RIGHT)
    return sheet.block(sheet.left, y, sheet.width - 80, text, bold=True)
