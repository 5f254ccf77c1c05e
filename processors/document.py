"""What recognition hands on: pages of words, lines and blocks."""

from dataclasses import dataclass
from enum import StrEnum

from processors.geometry import Box


class PageSource(StrEnum):
    """Where a page's words came from."""

    TEXT_LAYER = "text_layer"
    OCR = "ocr"
    MIXED = "mixed"  # the text layer, and OCR of the images beside it


@dataclass(frozen=True, slots=True)
class Word:
    """One word as printed.

    ``id`` is the word's position in :attr:`Page.words`; ``confidence`` is the least certain part of it in
    [0, 1], and 1.0 for a text layer, where nothing was guessed.
    """

    id: int
    text: str
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one baseline that belong together, left to right. A wide gap starts a new line."""

    words: tuple[int, ...]
    box: Box


class BlockKind(StrEnum):
    """What a block is. Headers and footers are those that the page's margins or its neighbours repeat."""

    TEXT = "text"
    TABLE = "table"
    FIGURE = "figure"
    HEADER = "header"
    FOOTER = "footer"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand together (a paragraph, an address, a column), top to bottom; indexes into ``Page.lines``.

    A figure may have no lines.
    """

    lines: tuple[int, ...]
    box: Box
    kind: BlockKind = BlockKind.TEXT


@dataclass(frozen=True, slots=True)
class Cell:
    """A table's cell. Rows and columns count from 0; a span of 2 covers the next one too.

    ``words`` are indexes into ``Page.words``, in reading order; an empty cell has none. ``heading`` marks the cells of
    the heading rows, of which a table may have several.
    """

    row: int
    column: int
    words: tuple[int, ...]
    box: Box
    row_span: int = 1
    column_span: int = 1
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows and columns of cells, row by row. No two cells cover one place; a place may be covered by none."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Flat:
    """Where a page's words lie once the page is flattened: upright, deskewed, dewarped.

    ``boxes`` has one box per word of :attr:`Page.words`, in points of a page of ``width`` x ``height``.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class PageQuality:
    """How well a page can be read. ``None`` where a figure has no meaning (a text layer has no blur).

    ``dpi``: estimated resolution of the page as it was scanned. ``sharpness``: variance of the Laplacian of the
    page's ink, at a set size. ``skew``: degrees that the text was turned clockwise, beyond quarter turns.
    ``contrast``: between ink and paper, in [0, 1]. ``mean_confidence`` and ``worst_confidence``: over characters and
    words, in [0, 1]. ``handwriting``: share of the inked area that looks written by hand, in [0, 1]. ``hard`` lists
    why the page is hard to read, in words; empty for an ordinary page.
    """

    dpi: float | None = None
    sharpness: float | None = None
    skew: float | None = None
    contrast: float | None = None
    mean_confidence: float | None = None
    worst_confidence: float | None = None
    handwriting: float | None = None
    hard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDecision:
    """Why a page was read the way it was: a sentence, and the figures behind it by name."""

    reason: str
    figures: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One recognised page. ``number`` counts from 1; sizes are in points, after the page's rotation.

    Words, lines and blocks are in reading order. ``rotation`` is the clockwise turn in degrees (0, 90, 180,
    270) that recognition applied to bring the page upright, beyond the PDF's own rotation. All boxes are in the
    coordinates of the page as a viewer shows it, before that turn; ``flat`` has the words' boxes on the flattened page
    where more than a quarter turn lies between the two.
    """

    number: int
    width: float
    height: float
    source: PageSource
    engine: str
    words: tuple[Word, ...]
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]
    rotation: int = 0
    tables: tuple[Table, ...] = ()
    flat: Flat | None = None
    quality: PageQuality | None = None
    decision: SourceDecision | None = None

    def line_text(self, line: Line) -> str:
        """The line's words joined by single spaces."""
        return " ".join(self.words[index].text for index in line.words)

    @property
    def text(self) -> str:
        """The page's lines joined by newlines."""
        return "\n".join(self.line_text(line) for line in self.lines)
