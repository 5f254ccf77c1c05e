"""Marks on paper: what a laid out document consists of. Points, origin top left."""

from dataclasses import dataclass, field

from processors.intake.office_model import PageBreak, Picture


@dataclass(frozen=True, slots=True)
class Text:
    """``y`` is the baseline's."""

    x: float
    y: float
    text: str
    bold: bool
    size: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line from one point to another."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Image:
    """A picture in its place."""

    x: float
    y: float
    picture: Picture


Mark = Text | Rule | Image


@dataclass(slots=True)
class Piece:
    """What stays together on a page: a line, a row, a picture. Marks are relative to its top left corner."""

    height: float
    marks: list[Mark] = field(default_factory=list)
    page_break: PageBreak | None = None


def moved(mark: Mark, x: float, y: float) -> Mark:
    """The mark, by so much further right and down."""
    if isinstance(mark, Text):
        return Text(mark.x + x, mark.y + y, mark.text, mark.bold, mark.size)
    if isinstance(mark, Rule):
        return Rule(mark.x0 + x, mark.y0 + y, mark.x1 + x, mark.y1 + y)
    return Image(mark.x + x, mark.y + y, mark.picture)
