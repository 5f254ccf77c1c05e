"""Ways to print the totals of a trade document."""

from collections.abc import Callable, Sequence
from random import Random

from processors.geometry import Box
from processors.synthesis.canvas import BLACK, WHITE, Align
from processors.synthesis.look import pale
from processors.synthesis.sheet import Entry, Sheet

Totals = Callable[[Sheet, Sequence[Entry], float, float, float], float]
"""A function of a sheet, the entries, left and right edge and the top; returns the y below."""

_PAD = 4.0


def choose_totals(rng: Random) -> tuple[str, Totals]:
    """A random style by name."""
    name = rng.choice(tuple(STYLES))
    return name, STYLES[name]


def height(sheet: Sheet, entries: Sequence[Entry]) -> float:
    """Room that any style needs at most."""
    return len(entries) * (sheet.line_height(sheet.theme.size * 1.3) + 2 * _PAD + 4)


def _list(
    sheet: Sheet,
    entries: Sequence[Entry],
    x0: float,
    x1: float,
    y: float,
    behind: Callable[[Box], None],
    color: tuple[float, float, float] = BLACK,
    grow: float = 1.15,
) -> float:
    """Labels left, amounts right; ``behind`` decorates the band of each strong entry."""
    for entry in entries:
        size = sheet.theme.size * (grow if entry.strong else 1.0)
        if entry.strong:
            y += 3
            behind(Box(x0, y - 2, x1, y + size * sheet.theme.leading + 2))
        value_width = min(sheet.measure(entry.value.text, size, entry.strong), (x1 - x0) * 0.6)
        shown = color if entry.strong else BLACK
        right = x1 - _PAD
        sheet.line(right, y, entry.value, value_width, size=size, bold=entry.strong, align=Align.RIGHT, color=shown)
        room = x1 - x0 - value_width - 3 * _PAD
        bottom = sheet.block(x0 + _PAD, y, room, entry.label, size=size, bold=entry.strong, color=shown)
        y = max(bottom, y + size * sheet.theme.leading) + (4 if entry.strong else 1.5)
    return y


def _undecorated(band: Box) -> None:
    """Leave ``band`` white."""


def plain(sheet: Sheet, entries: Sequence[Entry], x0: float, x1: float, y: float) -> float:
    """Nothing but type."""
    return _list(sheet, entries, x0, x1, y, _undecorated)


def banded(sheet: Sheet, entries: Sequence[Entry], x0: float, x1: float, y: float) -> float:
    """A pale band behind the totals."""
    fill = pale(sheet.theme.accent, 0.18)
    return _list(sheet, entries, x0, x1, y, lambda band: sheet.canvas.rect(band, fill=fill))


def filled(sheet: Sheet, entries: Sequence[Entry], x0: float, x1: float, y: float) -> float:
    """White type on a band of the sender's colour."""
    fill = sheet.theme.accent
    return _list(sheet, entries, x0, x1, y, lambda band: sheet.canvas.rect(band, fill=fill), WHITE)


def overlined(sheet: Sheet, entries: Sequence[Entry], x0: float, x1: float, y: float) -> float:
    """A rule above each total and two below, as bookkeepers draw them."""

    def rules(band: Box) -> None:
        for level in (band.y0, band.y1, band.y1 + 1.6):
            sheet.rule(level, 0.6, BLACK, band.x0, band.x1)

    return _list(sheet, entries, x0, x1, y, rules, grow=1.0)


def large(sheet: Sheet, entries: Sequence[Entry], x0: float, x1: float, y: float) -> float:
    """Totals in much larger type."""
    return _list(sheet, entries, x0, x1, y, _undecorated, sheet.theme.accent, 1.35)


def ruled(sheet: Sheet, entries: Sequence[Entry], x0: float, x1: float, y: float) -> float:
    """A table of two columns."""
    split, line = x0 + (x1 - x0) * 0.58, sheet.line_height()
    for entry in entries:
        rows = sheet.rows(entry.label, split - x0 - 2 * _PAD, bold=entry.strong)
        bottom = y + rows * line + 2 * _PAD
        fill = pale(sheet.theme.accent, 0.14) if entry.strong else None
        sheet.canvas.rect(Box(x0, y, split, bottom), fill=fill, stroke=sheet.theme.label)
        sheet.canvas.rect(Box(split, y, x1, bottom), fill=fill, stroke=sheet.theme.label)
        sheet.block(x0 + _PAD, y + _PAD, split - x0 - 2 * _PAD, entry.label, bold=entry.strong)
        width = x1 - split - 2 * _PAD
        sheet.line(x1 - _PAD, y + _PAD, entry.value, width, bold=entry.strong, align=Align.RIGHT)
        y = bottom
    return y


def close(sheet: Sheet, entries: Sequence[Entry], x0: float, x1: float, y: float) -> float:
    """Labels flush right, close to the amounts."""
    values = max(sheet.measure(entry.value.text, bold=entry.strong) for entry in entries)
    values = min(values, (x1 - x0) * 0.5)
    for entry in entries:
        label = f"{entry.label}{sheet.theme.colon}"
        room = x1 - x0 - values - 14
        sheet.line(x1 - values - 14, y, label, room, bold=entry.strong, align=Align.RIGHT)
        sheet.line(x1 - _PAD, y, entry.value, values, bold=entry.strong, align=Align.RIGHT)
        y += sheet.line_height() + 2
    return y


def across(sheet: Sheet, entries: Sequence[Entry], x0: float, x1: float, y: float) -> float:
    """One row for all totals, headings above amounts, as wide as the page; at most five to a row."""
    x0, x1 = sheet.left, sheet.right
    line = sheet.line_height()
    for start in range(0, len(entries), 5):
        part = entries[start : start + 5]
        step = (x1 - x0) / len(part)
        rows = max(sheet.rows(entry.label, step - 2 * _PAD, bold=True) for entry in part)
        middle = y + rows * line + 2 * _PAD
        bottom = middle + line + 2 * _PAD
        for index, entry in enumerate(part):
            left, right = x0 + index * step, x0 + (index + 1) * step
            sheet.canvas.rect(Box(left, y, right, middle), fill=pale(sheet.theme.accent), stroke=sheet.theme.label)
            sheet.canvas.rect(Box(left, middle, right, bottom), stroke=sheet.theme.label)
            sheet.block(left + _PAD, y + _PAD, step - 2 * _PAD, entry.label, bold=True)
            width = step - 2 * _PAD
            sheet.line(right - _PAD, middle + _PAD, entry.value, width, bold=entry.strong, align=Align.RIGHT)
        y = bottom + 4
    return y


STYLES: dict[str, Totals] = {
    "plain": plain,
    "banded": banded,
    "filled": filled,
    "overlined": overlined,
    "large": large,
    "ruled": ruled,
    "close": close,
    "across": across,
}
