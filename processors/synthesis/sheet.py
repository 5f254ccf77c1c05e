"""A sheet of paper that text flows down, and the truth of what was printed on it.

A value's truth is recorded when it is printed, never apart from it, so a document's truth is exactly what it shows.
All heights count from the top of a line, not from its baseline.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from processors.geometry import Box
from processors.synthesis.canvas import BLACK, GREY, PAPER, Align, Canvas, Color, Face, text_width, wrap

_ASCENT = 0.80  # of the size, from the top of a line to its baseline
_LEAST_SIZE = 4.0


@dataclass(frozen=True, slots=True)
class Value:
    """Printed text and, under ``field``, the truth that it carries (``truth`` where it is not the text itself).

    A newline in ``text`` breaks the line; the truth of such a value is its lines joined with ``, ``.
    """

    text: str
    field: str | None = None
    truth: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A label with its value."""

    label: str
    value: Value
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """A typeface with its bold and its italic, at ``stretch`` times its usual width."""

    regular: Face
    bold: Face
    italic: Face
    stretch: float = 1.0


SANS = Family(Face.SANS, Face.SANS_BOLD, Face.SANS_ITALIC)
SERIF = Family(Face.SERIF, Face.SERIF_BOLD, Face.SERIF_ITALIC)
MONO = Family(Face.MONO, Face.MONO_BOLD, Face.MONO_ITALIC)


@dataclass(frozen=True, slots=True)
class Theme:
    """How one sender's documents look: typeface, size in points, colours, margin, line height, label habits."""

    family: Family = SANS
    size: float = 9.0
    accent: Color = BLACK
    label: Color = GREY
    label_bold: bool = False
    label_caps: bool = False
    colon: str = ":"
    leading: float = 1.3
    margin: float = 50.0
    heading: Family = SANS

    def label_text(self, label: str) -> str:
        """``label`` in this theme's capitals, without its colon."""
        return label.upper() if self.label_caps else label


class Sheet:
    """Pages of one size with text that fits its place, wrapped or set smaller, and never cut off."""

    def __init__(self, paper: str | tuple[float, float], theme: Theme) -> None:
        size = PAPER[paper] if isinstance(paper, str) else paper
        self.canvas = Canvas(*size)
        self.theme = theme
        self.left = theme.margin
        self.right = self.canvas.width - theme.margin
        self.top = theme.margin
        self.bottom = self.canvas.height - theme.margin
        self.truth: dict[str, str] = {}
        self.continue_page: Callable[[], float] | None = None

    @property
    def width(self) -> float:
        """Between the margins."""
        return self.right - self.left

    def line_height(self, size: float | None = None) -> float:
        """From one line's top to the next one's."""
        return (size or self.theme.size) * self.theme.leading

    def begin_page(self) -> float:
        """A new page; where its content starts (``continue_page`` may print a running head first)."""
        self.canvas.begin_page()
        return self.continue_page() if self.continue_page else self.top

    def room(self, y: float, height: float) -> float:
        """Where a block of ``height`` starts: at ``y``, or on a new page where it would pass the foot."""
        return y if y + height <= self.bottom else self.begin_page()

    def measure(self, text: str, size: float | None = None, bold: bool = False, family: Family | None = None) -> float:
        """Width of one line in points."""
        chosen = family or self.theme.family
        return text_width(text, chosen.bold if bold else chosen.regular, size or self.theme.size) * chosen.stretch

    def line(
        self,
        x: float,
        y: float,
        value: Value | str,
        width: float | None = None,
        *,
        size: float | None = None,
        bold: bool = False,
        italic: bool = False,
        color: Color = BLACK,
        align: Align = Align.LEFT,
        family: Family | None = None,
    ) -> Box:
        """One line with its top at ``y``, set smaller where it is wider than ``width``; returns its box."""
        printed = value if isinstance(value, Value) else Value(value)
        chosen = family or self.theme.family
        face = chosen.bold if bold else chosen.italic if italic else chosen.regular
        points = size or self.theme.size
        if width is not None:
            needed = text_width(printed.text, face, points) * chosen.stretch
            if needed > width:
                points = max(_LEAST_SIZE, points * width / needed)
        name = self._record(printed)
        baseline = y + _ASCENT * (size or self.theme.size)
        return self.canvas.text(x, baseline, printed.text, face, points, color, align, name, chosen.stretch)

    def block(
        self,
        x: float,
        y: float,
        width: float,
        value: Value | str,
        *,
        size: float | None = None,
        bold: bool = False,
        italic: bool = False,
        color: Color = BLACK,
        align: Align = Align.LEFT,
        family: Family | None = None,
    ) -> float:
        """Text over as many lines as ``width`` asks for; ``x`` is its left, right or middle as ``align`` says.

        Returns the top of the line below it.
        """
        printed = value if isinstance(value, Value) else Value(value)
        chosen = family or self.theme.family
        face = chosen.bold if bold else chosen.italic if italic else chosen.regular
        points = size or self.theme.size
        lines = self.broken(printed.text, width, points, face, chosen.stretch)
        widest = max(text_width(line, face, points) for line in lines) * chosen.stretch
        fitted = max(_LEAST_SIZE, points * width / widest) if widest > width else points
        name = self._record(printed)
        for line in lines:
            self.canvas.text(x, y + _ASCENT * points, line, face, fitted, color, align, name, chosen.stretch)
            y += points * self.theme.leading
        return y

    def runs(
        self,
        x: float,
        y: float,
        width: float,
        parts: Sequence[Value | str],
        *,
        size: float | None = None,
        bold: bool = False,
        color: Color = BLACK,
        align: Align = Align.LEFT,
    ) -> float:
        """Several pieces on one line between ``x`` and ``x + width``, set smaller where they need more; the y below."""
        texts = [part.text if isinstance(part, Value) else part for part in parts]
        points = size or self.theme.size
        total = self.measure("".join(texts), points, bold)
        if total > width:
            points, total = points * width / total, width
        place = x + {Align.LEFT: 0.0, Align.RIGHT: width - total, Align.CENTER: (width - total) / 2}[align]
        for part in parts:
            place = self.line(place, y, part, size=points, bold=bold, color=color).x1
        return y + (size or self.theme.size) * self.theme.leading

    def broken(self, text: str, width: float, size: float, face: Face, stretch: float = 1.0) -> list[str]:
        """``text`` as ``block`` breaks it."""
        return [line for part in text.split("\n") for line in wrap(part, face, size, width / stretch)]

    def rows(self, text: str, width: float, size: float | None = None, bold: bool = False) -> int:
        """How many lines ``block`` needs."""
        family = self.theme.family
        face = family.bold if bold else family.regular
        return len(self.broken(text, width, size or self.theme.size, face, family.stretch))

    def rule(self, y: float, width: float = 0.5, color: Color = BLACK, x0: float = 0, x1: float = 0) -> None:
        """A line across, from margin to margin unless told."""
        self.canvas.line(x0 or self.left, y, x1 or self.right, y, width, color)

    def note(self, name: str, truth: str) -> None:
        """A truth that the page implies without printing it: the currency behind a sign, a sex behind a word."""
        if self.truth.setdefault(name, truth) != truth:
            raise ValueError(f"{name} is {self.truth[name]!r} and {truth!r} on one document")

    def _record(self, value: Value) -> str | None:
        """Record the truth of ``value``; its name where it is printed for the first time, so placements are unique."""
        if value.field is None:
            return None
        first = value.field not in self.truth
        self.note(value.field, ", ".join(value.text.split("\n")) if value.truth is None else value.truth)
        return value.field if first else None
