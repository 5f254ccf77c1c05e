"""Ways to print labels with their values: beside, in one run, above, in boxes, as a row of a table.

Each is a function of a sheet, the entries and a place (x, y, width), and returns the y below what it printed.
"""

from collections.abc import Callable, Sequence

from processors.geometry import Box
from processors.synthesis.canvas import BLACK, WHITE, Align
from processors.synthesis.look import pale
from processors.synthesis.sheet import Entry, Sheet

Printer = Callable[[Sheet, Sequence[Entry], float, float, float], float]

_GAP = 6.0
_PAD = 3.0


def beside(sheet: Sheet, entries: Sequence[Entry], x: float, y: float, width: float) -> float:
    """Labels on the left, values in a column right of them."""
    return _columns(sheet, entries, x, y, width, Align.LEFT)


def apart(sheet: Sheet, entries: Sequence[Entry], x: float, y: float, width: float) -> float:
    """Labels on the left, values flush with the right edge."""
    return _columns(sheet, entries, x, y, width, Align.RIGHT)


def inline(sheet: Sheet, entries: Sequence[Entry], x: float, y: float, width: float) -> float:
    """``Label: value`` in one run each."""
    for entry in entries:
        y = run(sheet, entry, x, y, width)
    return y


def run(sheet: Sheet, entry: Entry, x: float, y: float, width: float, size: float | None = None) -> float:
    """One ``Label: value``; a value that is too long goes on below, a label too long has its value below it."""
    theme = sheet.theme
    points = size or theme.size
    label = f"{theme.label_text(entry.label)}{theme.colon or ':'} "
    box = sheet.line(x, y, label, width * 0.6, size=points, bold=theme.label_bold, color=theme.label)
    rest = x + width - box.x1
    return max(y + points * theme.leading, sheet.block(box.x1, y, rest, entry.value, size=points, bold=entry.strong))


def above(sheet: Sheet, entries: Sequence[Entry], x: float, y: float, width: float) -> float:
    """Each label small above its value."""
    small = max(6.0, sheet.theme.size * 0.82)
    for entry in entries:
        _label(sheet, entry, x, y, width, small)
        y = sheet.block(x, y + small * 1.25, width, entry.value, bold=True) + 2.5
    return y


def grid(sheet: Sheet, entries: Sequence[Entry], x: float, y: float, width: float) -> float:
    """Boxes in two columns, label above value."""
    small = max(5.5, sheet.theme.size * 0.75)
    half = width / 2
    for start in range(0, len(entries), 2):
        pair = entries[start : start + 2]
        wide = width / len(pair)
        rows = max(sheet.rows(entry.value.text, wide - 2 * _PAD) for entry in pair)
        bottom = y + small * 1.3 + rows * sheet.line_height() + 2 * _PAD
        for index, entry in enumerate(pair):
            left = x + index * half
            sheet.canvas.rect(Box(left, y, left + wide, bottom), stroke=sheet.theme.label, width=0.5)
            _label(sheet, entry, left + _PAD, y + _PAD, wide - 2 * _PAD, small)
            sheet.block(left + _PAD, y + _PAD + small * 1.3, wide - 2 * _PAD, entry.value)
        y = bottom
    return y


def boxed(sheet: Sheet, entries: Sequence[Entry], x: float, y: float, width: float) -> float:
    """A ruled table of two columns."""
    split = x + width * 0.48
    room = x + width - split - 2 * _PAD
    for entry in entries:
        bottom = y + sheet.rows(entry.value.text, room) * sheet.line_height() + 2 * _PAD
        sheet.canvas.rect(Box(x, y, split, bottom), fill=pale(sheet.theme.accent), stroke=sheet.theme.label)
        sheet.canvas.rect(Box(split, y, x + width, bottom), stroke=sheet.theme.label)
        _label(sheet, entry, x + _PAD, y + _PAD, split - x - 2 * _PAD)
        sheet.block(split + _PAD, y + _PAD, room, entry.value)
        y = bottom
    return y


def row(sheet: Sheet, entries: Sequence[Entry], x: float, y: float, width: float) -> float:
    """One table row for all: filled headings, values below; at most six to a row."""
    for start in range(0, len(entries), 6):
        y = _one_row(sheet, entries[start : start + 6], x, y, width) + 4
    return y - 4


def open_row(sheet: Sheet, entries: Sequence[Entry], x: float, y: float, width: float) -> float:
    """Labels in one row with their values below, between two rules; at most six to a row."""
    small = max(6.0, sheet.theme.size * 0.85)
    for start in range(0, len(entries), 6):
        part = entries[start : start + 6]
        step = width / len(part)
        sheet.rule(y, 0.7, sheet.theme.accent, x, x + width)
        for index, entry in enumerate(part):
            _label(sheet, entry, x + index * step, y + 4, step - _GAP, small)
            sheet.line(x + index * step, y + 4 + small * 1.4, entry.value, step - _GAP, bold=True)
        y += small * 1.4 + sheet.line_height() + 8
        sheet.rule(y - 2, 0.7, sheet.theme.accent, x, x + width)
    return y


NARROW: tuple[Printer, ...] = (beside, beside, apart, inline, above, grid, boxed)
"""Styles for a block beside another."""
WIDE: tuple[Printer, ...] = (row, open_row)
"""Styles for the full width."""


def _columns(sheet: Sheet, entries: Sequence[Entry], x: float, y: float, width: float, align: Align) -> float:
    theme = sheet.theme
    labels = [f"{theme.label_text(entry.label)}{theme.colon}" for entry in entries]
    widest = max((sheet.measure(label, bold=theme.label_bold) for label in labels), default=0.0)
    split = min(widest + _GAP + 4, width * 0.55)
    for label, entry in zip(labels, entries, strict=True):
        sheet.line(x, y, label, split - _GAP, bold=theme.label_bold, color=theme.label)
        place = x + (width if align is Align.RIGHT else split)
        below = sheet.block(place, y, width - split, entry.value, bold=entry.strong, align=align)
        y = max(y + sheet.line_height(), below) + 1
    return y


def _one_row(sheet: Sheet, entries: Sequence[Entry], x: float, y: float, width: float) -> float:
    theme = sheet.theme
    step, height = width / len(entries), sheet.line_height() + 2 * _PAD
    dark = theme.accent != BLACK
    for index, entry in enumerate(entries):
        left = x + index * step
        head = Box(left, y, left + step, y + height)
        sheet.canvas.rect(head, fill=theme.accent if dark else pale(BLACK), stroke=theme.label)
        color = WHITE if dark else BLACK
        label = theme.label_text(entry.label)
        sheet.line(left + step / 2, y + _PAD, label, step - 2 * _PAD, bold=True, color=color, align=Align.CENTER)
        sheet.canvas.rect(Box(left, head.y1, head.x1, head.y1 + height), stroke=theme.label)
        sheet.line(left + step / 2, head.y1 + _PAD, entry.value, step - 2 * _PAD, align=Align.CENTER)
    return y + 2 * height


def _label(sheet: Sheet, entry: Entry, x: float, y: float, width: float, size: float | None = None) -> None:
    theme = sheet.theme
    sheet.line(x, y, theme.label_text(entry.label), width, size=size, bold=theme.label_bold, color=theme.label)
