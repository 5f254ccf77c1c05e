"""Identity papers: cards and licences of ID-1 size, passports' data pages."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from processors.geometry import Box
from processors.synthesis import identifiers
from processors.synthesis.canvas import BLACK, WHITE, Color
from processors.synthesis.look import ACCENTS, pale
from processors.synthesis.people import Person, address, person
from processors.synthesis.regions import Notation, Region, choose_notation
from processors.synthesis.sheet import MONO, SANS, Entry, Sheet, Theme, Value
from processors.synthesis.words import Words

_KINDS = ("identity_card", "driver_license", "driver_license", "passport", "residence_permit")
_SCALE = 1.6  # cards are drawn larger than life, as their scans come
_ID_1 = (242.6 * _SCALE, 153.0 * _SCALE)
_ID_3 = (354.3 * 1.2, 249.4 * 1.2)
_MACHINE = 30


@dataclass(frozen=True, slots=True)
class _Card:
    kind: str
    holder: Person
    born: date
    issued: date
    expires: date
    number: str
    home: tuple[str, ...] | None


def id_card(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn identity paper; its family is its kind."""
    words, notation = Words(rng, region), choose_notation(rng, region)
    kind = rng.choice(_KINDS)
    issued = date(2012, 1, 1) + timedelta(days=rng.randrange(4500))
    card = _Card(
        kind=kind,
        holder=person(rng, region.language),
        born=date(1945, 1, 1) + timedelta(days=rng.randrange(20_000)),
        issued=issued,
        expires=issued.replace(day=min(issued.day, 28), year=issued.year + rng.choice((5, 8, 10))),
        number=identifiers.fill(rng, rng.choice(("@########", "########", "@@@#####@", "@@#######", "@#######-#"))),
        home=address(rng, region, home=True)[0]
        if kind in ("driver_license", "identity_card") and rng.random() < 0.7
        else None,
    )
    size = _ID_3 if kind == "passport" else _ID_1
    color = rng.choice(ACCENTS)
    sheet = Sheet(size, Theme(family=SANS, size=rng.choice((10.0, 11.0)), margin=14.0, label=color, leading=1.18))
    _background(rng, sheet, color)
    _head(sheet, words, region, kind, color)
    left = _portrait(rng, sheet, 44.0)
    bottom = _entries(rng, sheet, words, notation, card, left)
    if kind == "passport" or rng.random() < 0.25:
        _machine_zone(sheet, card, region, max(bottom + 4, sheet.canvas.height - 40))
    sheet.note("document_kind", kind)
    return sheet, kind


def _background(rng: Random, sheet: Sheet, color: Color) -> None:
    width, height = sheet.canvas.width, sheet.canvas.height
    sheet.canvas.rect(Box(0, 0, width, height), fill=pale(color, 0.1))
    for _ in range(9):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        sheet.canvas.circle(x, y, rng.uniform(20, 90), stroke=pale(color, 0.22))


def _head(sheet: Sheet, words: Words, region: Region, kind: str, color: Color) -> None:
    sheet.canvas.rect(Box(0, 0, sheet.canvas.width, 32), fill=color)
    sheet.line(14, 9, words[kind], sheet.width * 0.72, size=13, bold=True, color=WHITE)
    sheet.canvas.circle(sheet.canvas.width - 24, 16, 10, fill=WHITE)
    sheet.line(sheet.canvas.width - 30, 11, region.country, 14, size=8, bold=True, color=color)


def _portrait(rng: Random, sheet: Sheet, top: float) -> float:
    """A grey likeness on the left; where the text beside it starts."""
    width, height = 84.0, 106.0
    x = sheet.left
    sheet.canvas.rect(Box(x, top, x + width, top + height), fill=(0.82, 0.84, 0.87))
    shade = rng.uniform(0.45, 0.65)
    sheet.canvas.circle(x + width / 2, top + height * 0.4, 21, fill=(shade, shade * 0.9, shade * 0.8))
    body = (
        (x + 12, top + height),
        (x + 26, top + height * 0.68),
        (x + width - 26, top + height * 0.68),
        (x + width - 12, top + height),
    )
    sheet.canvas.polygon(body, (shade * 0.6, shade * 0.6, shade * 0.75))
    return x + width + 14


def _entries(rng: Random, sheet: Sheet, words: Words, notation: Notation, card: _Card, x: float) -> float:
    """Labels above or before their values in one column, dates in pairs; the lowest y."""
    upper = rng.random() < 0.6

    def name(text: str) -> str:
        return text.upper() if upper else text

    def day(moment: date, field: str) -> Value:
        return Value(notation.day(moment), field, moment.isoformat())

    rows: list[tuple[Entry, ...]] = [
        (Entry(words["card_number"], Value(card.number, "document_number")),),
        (Entry(words["last_name"], Value(name(card.holder.last), "last_name")),),
        (Entry(words["first_name"], Value(name(card.holder.first), "first_name")),),
        (
            Entry(words["birth_date"], day(card.born, "date_of_birth")),
            Entry(words["sex"], Value(card.holder.sex, "sex")),
        ),
    ]
    if card.home:
        rows.append((Entry(words["address"], Value(", ".join(card.home), "address")),))
    rows.append(
        (
            Entry(words["issued"], day(card.issued, "issue_date")),
            Entry(words["expires"], day(card.expires, "expiry_date")),
        )
    )
    if rng.random() < 0.7:
        rows.append((Entry(words["authority"], Value(words["authority_name"], "issuing_authority")),))
    y, width = 42.0, sheet.canvas.width - x - 10
    small = 7.0
    for row in rows:
        bottom = y
        for index, entry in enumerate(row):
            left, room = x + index * width / 2, width / len(row) - 6
            sheet.line(left, y, entry.label, room, size=small, color=sheet.theme.label)
            bottom = max(bottom, sheet.block(left, y + small * 1.2, room, entry.value, bold=True))
        y = bottom + 1.5
    return y


def _machine_zone(sheet: Sheet, card: _Card, region: Region, y: float) -> None:
    """Two lines that look like a machine-readable zone; drawn only where they fit."""
    if y + 24 > sheet.canvas.height - 4:
        return
    plain = "".join(sign for sign in f"{card.holder.last}<<{card.holder.first}".upper() if sign.isascii())
    first = f"P<{region.country}X{plain}".ljust(_MACHINE, "<")[:_MACHINE]
    second = f"{card.number.replace('-', '<')}{card.born:%y%m%d}{card.holder.sex}{card.expires:%y%m%d}".ljust(
        _MACHINE, "<"
    )
    for index, text in enumerate((first, second[:_MACHINE])):
        sheet.line(sheet.left, y + index * 13, text, sheet.width, size=10.5, family=MONO, color=BLACK)
