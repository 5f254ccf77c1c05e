"""What recognition hands on: pages of words, lines and blocks."""

from dataclasses import dataclass
from enum import StrEnum

from processors.geometry import Box


class PageSource(StrEnum):
    """Where a page's words came from."""

    TEXT_LAYER = "text_layer"
    OCR = "ocr"


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


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand together (a paragraph, an address, a column), top to bottom; indexes into ``Page.lines``."""

    lines: tuple[int, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Page:
    """One recognised page. ``number`` counts from 1; sizes are in points, after the page's rotation.

    Words, lines and blocks are in reading order. ``rotation`` is the clockwise turn in degrees (0, 90, 180,
    270) that recognition applied to bring the page upright, beyond the PDF's own rotation. All boxes are in the
    coordinates of the page as a viewer shows it, before that turn.
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

    def line_text(self, line: Line) -> str:
        """The line's words joined by single spaces."""
        return " ".join(self.words[index].text for index in line.words)

    @property
    def text(self) -> str:
        """The page's lines joined by newlines."""
        return "\n".join(self.line_text(line) for line in self.lines)
