"""The look of a sender's documents, chosen at random: colours, typefaces, habits of labels, and marks."""

from dataclasses import replace
from random import Random

from processors.geometry import Box
from processors.synthesis.canvas import BLACK, GREY, WHITE, Align, Canvas, Color
from processors.synthesis.sheet import MONO, SANS, SERIF, Family, Theme

ACCENTS: tuple[Color, ...] = (
    (0.10, 0.27, 0.47), (0.62, 0.16, 0.14), (0.09, 0.41, 0.33), (0.20, 0.20, 0.24), (0.80, 0.42, 0.09),
    (0.38, 0.20, 0.46), (0.00, 0.45, 0.65), (0.70, 0.05, 0.30), (0.25, 0.45, 0.10), (0.45, 0.30, 0.15),
    (0.05, 0.15, 0.30), (0.85, 0.25, 0.10), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0),
)  # fmt: skip
_LABELS: tuple[Color, ...] = (GREY, GREY, BLACK, BLACK, (0.25, 0.25, 0.28))
_MARKS = 9


def choose_theme(rng: Random) -> Theme:
    """A random look."""
    base = rng.choice((SANS, SANS, SANS, SANS, SANS, SERIF, SERIF, MONO))
    stretch = rng.choice((1.0, 1.0, 1.0, 0.94, 0.9, 0.85, 1.05)) if base is not MONO else rng.choice((1.0, 0.85))
    family = replace(base, stretch=stretch)
    heading: Family = family if rng.random() < 0.75 else rng.choice((SANS, SERIF))
    return Theme(
        family=family,
        size=rng.choice((7.5, 8.0, 8.5, 9.0, 9.0, 9.5, 10.0)) if base is not MONO else rng.choice((7.5, 8.0, 8.5)),
        accent=rng.choice(ACCENTS),
        label=rng.choice(_LABELS),
        label_bold=rng.random() < 0.35,
        label_caps=rng.random() < 0.15,
        colon=rng.choice((":", ":", "", " :")),
        leading=rng.choice((1.25, 1.3, 1.35, 1.45)),
        margin=rng.choice((36.0, 42.0, 50.0, 56.0, 62.0)),
        heading=heading,
    )


def pale(color: Color, share: float = 0.12) -> Color:
    """``color`` thinned to ``share`` of its strength on white."""
    return (1 - (1 - color[0]) * share, 1 - (1 - color[1]) * share, 1 - (1 - color[2]) * share)


def draw_mark(rng: Random, canvas: Canvas, x: float, y: float, size: float, color: Color, initials: str) -> float:
    """A made-up company mark ``size`` points high with its upper left at (x, y); returns its width."""
    kind, other = rng.randrange(_MARKS), pale(color, rng.choice((0.35, 0.6)))
    cx, cy, half = x + size / 2, y + size / 2, size / 2
    if kind == 0:
        canvas.rect(Box(x, y, x + size, y + size), fill=color)
        _initials(canvas, cx, cy, size, initials[:1], WHITE)
    elif kind == 1:
        canvas.circle(cx, cy, half, fill=color)
        _initials(canvas, cx, cy, size * 0.8, initials[:2], WHITE)
    elif kind == 2:
        canvas.polygon(((x, y + size), (cx, y), (x + size, y + size)), color)
        canvas.polygon(((cx, y + size), (cx + size * 0.25, y + half), (x + size, y + size)), other)
    elif kind == 3:
        for step in range(3):
            top = y + step * size * 0.36
            canvas.rect(Box(x, top, x + size * (1 - step * 0.25), top + size * 0.24), fill=color)
    elif kind == 4:
        canvas.circle(x + half * 0.8, cy, half * 0.8, fill=color)
        canvas.circle(x + half * 1.6, cy, half * 0.8, fill=other)
        return size * 1.2
    elif kind == 5:
        canvas.polygon(((cx, y), (x + size, cy), (cx, y + size), (x, cy)), color)
        canvas.polygon(
            ((cx, y + size * 0.25), (x + size * 0.75, cy), (cx, y + size * 0.75), (x + size * 0.25, cy)), WHITE
        )
    elif kind == 6:
        for step in range(4):
            height = size * (0.35 + 0.2 * step)
            left = x + step * size * 0.27
            canvas.rect(Box(left, y + size - height, left + size * 0.19, y + size), fill=color if step % 2 else other)
    elif kind == 7:
        canvas.circle(cx, cy, half * 0.93, stroke=color)
        canvas.circle(cx, cy, half * 0.55, fill=color)
    else:
        canvas.rect(Box(x, y, x + half, y + half), fill=color)
        canvas.rect(Box(x + half, y + half, x + size, y + size), fill=color)
        canvas.rect(Box(x + half, y, x + size, y + half), fill=other)
    return size


def _initials(canvas: Canvas, cx: float, cy: float, size: float, text: str, color: Color) -> None:
    points = size * (0.62 if len(text) == 1 else 0.5)
    canvas.text(cx, cy + points * 0.36, text, SANS.bold, points, color, Align.CENTER)
