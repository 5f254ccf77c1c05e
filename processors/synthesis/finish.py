"""The last touches of a document: footers, page numbers, stamps, signatures."""

from collections.abc import Sequence
from random import Random

from processors.synthesis.canvas import GREY, Align, Color, Face, text_width
from processors.synthesis.sheet import Entry, Sheet, Value
from processors.synthesis.words import Words

_STAMPS: tuple[Color, ...] = ((0.75, 0.10, 0.12), (0.10, 0.25, 0.65), (0.15, 0.45, 0.20))
_FOOT_SIZE = 7.0
_FOOT_LEADING = 9.2


def foot_columns(sheet: Sheet, columns: Sequence[Sequence[str | Value | Entry]], top: float) -> None:
    """Small columns at the foot of the first page."""
    next(sheet.canvas.each_page())
    sheet.rule(top - 4, 0.5, sheet.theme.accent)
    step = sheet.width / len(columns)
    for index, parts in enumerate(columns):
        x, y, width = sheet.left + index * step, top, step - 10
        for part in parts:
            if isinstance(part, Entry):
                label = sheet.line(x, y, f"{part.label}: ", width * 0.5, size=_FOOT_SIZE, color=GREY)
                sheet.line(label.x1, y, part.value, x + width - label.x1, size=_FOOT_SIZE)
                y += _FOOT_LEADING
                continue
            value = part if isinstance(part, Value) else Value(part)
            for number, line in enumerate(value.text.split("\n")):
                if number == 0:
                    _head_line(sheet, x, y, width, value, line)
                y += _FOOT_LEADING


def page_numbers(rng: Random, sheet: Sheet, words: Words) -> None:
    """``Page 1 of 2`` on every page, or none on a single one."""
    pages = sheet.canvas.page_count
    if pages == 1 and rng.random() < 0.6:
        return
    align = rng.choice((Align.RIGHT, Align.CENTER))
    x = sheet.right if align is Align.RIGHT else sheet.left + sheet.width / 2
    for page in sheet.canvas.each_page():
        text = words["page"].format(page=page, pages=pages)
        sheet.line(x, sheet.canvas.height - 26, text, size=7.0, color=GREY, align=align)


def stamp(rng: Random, sheet: Sheet, text: str, y: float) -> None:
    """A slanted stamp in the free room below ``y`` on the last page; none where there is none."""
    size, degrees = rng.choice((18.0, 22.0, 26.0)), rng.choice((4.0, 8.0, 12.0))
    width = text_width(text, Face.SANS_BOLD, size)
    rise = width * degrees / 55 + size
    if y + rise + 24 > sheet.bottom:
        return
    color = rng.choice(_STAMPS)
    x = sheet.left + rng.random() * max(0.0, sheet.width - width - 20)
    base = y + rise + 8
    sheet.canvas.slanted(x, base, text, Face.SANS_BOLD, size, color, degrees)
    for offset in (-size * 1.05, size * 0.35):
        slope = width * degrees / 57.3
        sheet.canvas.line(x - 4, base + offset, x + width + 4, base + offset - slope, 1.6, color)


def signature(rng: Random, sheet: Sheet, x: float, y: float, width: float, label: str) -> float:
    """A line to sign on with a scrawl above it and a label below; the y below."""
    left, height = x + 10, rng.uniform(8, 18)
    for _ in range(rng.randint(9, 16)):
        right, below = left + rng.uniform(width * 0.015, width * 0.06), rng.uniform(3, 21)
        sheet.canvas.line(left, y + height, right, y + below, 0.9, (0.1, 0.15, 0.5))
        left, height = right, below
    sheet.rule(y + 24, 0.5, GREY, x, x + width)
    sheet.line(x, y + 27, label, width, size=7.5, color=GREY)
    return y + 42


def _head_line(sheet: Sheet, x: float, y: float, width: float, value: Value, first: str) -> None:
    """A value of one or more lines set small with its own line height."""
    if first == value.text:
        sheet.line(x, y, value, width, size=_FOOT_SIZE)
        return
    lines = value.text.split("\n")
    widest = max(sheet.measure(line, _FOOT_SIZE) for line in lines)
    size = _FOOT_SIZE * min(1.0, width / widest)
    sheet.block(x, y, width + 1, value, size=size)
