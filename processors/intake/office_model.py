"""What a Word document says, without its dress: sections of paragraphs and tables. Lengths are in points."""

from dataclasses import dataclass, field
from enum import Enum


class Align(Enum):
    """Where a line stands, or what of a text stands at a tab stop."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look. ``\\t`` is a tab and ``\\n`` a line's end."""

    text: str
    bold: bool
    size: float


@dataclass(frozen=True, slots=True)
class TabStop:
    """``position`` is from the paragraph's left edge, without its indent."""

    position: float
    align: Align


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``size`` is the height of its text where it has none."""

    runs: tuple[Run, ...]
    align: Align = Align.LEFT
    indent: float = 0.0
    tabs: tuple[TabStop, ...] = ()
    size: float = 11.0


@dataclass(frozen=True, slots=True)
class Picture:
    """``part`` names the archive's entry; ``None`` for one that lies elsewhere or is drawn, of which only the place is
    kept.
    """

    part: str | None
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins a page; ``leaves_blank``: even if nothing is on this one."""

    leaves_blank: bool


@dataclass(frozen=True, slots=True)
class TableCell:
    """Columns count from 0. ``continued``: the cell above goes on here, and nothing of this one is shown."""

    column: int
    span: int
    blocks: "tuple[Block, ...]"
    continued: bool = False


@dataclass(frozen=True, slots=True)
class TableBlock:
    """``widths`` are the columns' as stated, 0 where they are not; ``ruled``: lines are drawn around the cells."""

    widths: tuple[float, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    ruled: bool


Block = Paragraph | Picture | PageBreak | TableBlock


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks on pages of one size. ``margins`` are left, top, right, bottom.

    Header and footer are those of every page; ``first_header`` and ``first_footer`` those of its first page, where
    that has its own.
    """

    width: float
    height: float
    margins: tuple[float, float, float, float]
    blocks: tuple[Block, ...]
    header: tuple[Block, ...] = ()
    footer: tuple[Block, ...] = ()
    first_header: tuple[Block, ...] | None = None
    first_footer: tuple[Block, ...] | None = None
    continuous: bool = field(default=False)
