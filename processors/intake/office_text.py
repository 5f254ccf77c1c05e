"""Sets paragraphs in lines: wrapping, alignment, tab stops. A word is never divided if there is any room for it."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from processors.intake.office_marks import Piece, Text
from processors.intake.office_model import Align, Paragraph, Run, TabStop

_LEADING = 1.3  # height of a line by its font size
_TAB_STEP = 36.0
_WIDEST_WORD = 300.0  # longer ones (links, keys) are divided rather than widen a column
_SLACK = 0.01  # a column made as wide as its word holds it, whatever rounding says


def least_width(paragraph: Paragraph) -> float:
    """The narrowest that the paragraph can be set without dividing a word."""
    words = (word for line in _source_lines(paragraph) for part in line for word in _words(part))
    return min(max(map(_width, words), default=0.0), _WIDEST_WORD)


def lines_of(paragraph: Paragraph, width: float) -> list[Piece]:
    """The paragraph's lines, at least one."""
    indent = min(paragraph.indent, width / 3)
    if least_width(paragraph) > width - indent + _SLACK:
        indent = 0.0
    pieces: list[Piece] = []
    for parts in _source_lines(paragraph):
        if len(parts) == 1:
            pieces += _wrapped(_words(parts[0]), indent, width, paragraph.align, paragraph.size)
        else:
            pieces += _tabbed([_words(part) for part in parts], indent, width, paragraph.tabs, paragraph.size)
    return pieces


def _source_lines(paragraph: Paragraph) -> list[list[list[Run]]]:
    """Runs by tab-separated part, by line."""
    lines: list[list[list[Run]]] = [[[]]]
    for run in paragraph.runs:
        for number, line in enumerate(run.text.split("\n")):
            if number:
                lines.append([[]])
            for place, part in enumerate(line.split("\t")):
                if place:
                    lines[-1].append([])
                if part:
                    lines[-1][-1].append(Run(part, run.bold, run.size))
    return lines


_Word = list[Run]
"""A word may change its look on the way."""


def _words(runs: Sequence[Run]) -> list[_Word]:
    """Split at ordinary blanks only; a no-break space keeps a figure together."""
    words: list[_Word] = []
    joined = False
    for run in runs:
        for number, part in enumerate(run.text.split(" ")):
            if number:
                joined = False
            if part:
                if joined:
                    words[-1].append(Run(part, run.bold, run.size))
                else:
                    words.append([Run(part, run.bold, run.size)])
                joined = True
    return words


def _wrapped(words: Sequence[_Word], indent: float, width: float, align: Align, size: float) -> list[Piece]:
    """Lines as full as they get."""
    available = width - indent
    lines: list[list[_Word]] = [[]]
    used = 0.0
    for word in chain.from_iterable(_divided(whole, available) for whole in words):
        wide = _width(word)
        blank = _blank(word) if lines[-1] else 0.0
        if lines[-1] and used + blank + wide > available + _SLACK:
            lines.append([])
            used, blank = 0.0, 0.0
        lines[-1].append(word)
        used += blank + wide
    pieces = []
    for line in lines:
        spare = available - _line_width(line)
        shift = {Align.LEFT: 0.0, Align.CENTER: spare / 2, Align.RIGHT: spare}[align]
        pieces.append(_line([(indent + max(shift, 0.0), line)], size))
    return pieces


def _tabbed(
    parts: Sequence[Sequence[_Word]], indent: float, width: float, tabs: Sequence[TabStop], size: float
) -> list[Piece]:
    """Parts at their tab stops; what would leave the column begins a line of its own."""
    pieces: list[Piece] = []
    placed: list[tuple[float, Sequence[_Word]]] = []
    x = indent
    for number, words in enumerate(parts):
        wide = _line_width(words)
        if number:
            start = _tab_start(x, wide, width, tabs)
            if start + wide > width + _SLACK:
                pieces.append(_line(placed, size))
                placed, start = [], indent
            x = start
        if x + wide > width + _SLACK:  # longer than a whole line
            *full, last = _wrapped(words, x, width, Align.LEFT, size)
            pieces += full
            placed, x = [], indent
            pieces.append(last)
            continue
        placed.append((x, words))
        x += wide
    return [*pieces, _line(placed, size)] if placed or not pieces else pieces


def _tab_start(x: float, wide: float, width: float, tabs: Sequence[TabStop]) -> float:
    """Where a part begins that a tab moves on from ``x``."""
    for stop in tabs:
        at = min(stop.position, width)
        start = at - {Align.LEFT: 0.0, Align.CENTER: wide / 2, Align.RIGHT: wide}[stop.align]
        if at > x + _SLACK and start >= x:
            return start
    return (x // _TAB_STEP + 1) * _TAB_STEP


def _line(parts: Sequence[tuple[float, Sequence[_Word]]], size: float) -> Piece:
    """One line of text; ``parts`` with where each begins."""
    runs = [run for _, words in parts for word in words for run in word]
    high = max((run.size for run in runs), default=size)
    piece = Piece(high * _LEADING)
    for x, words in parts:
        for word in words:
            if word is not words[0]:
                x += _blank(word)
            for run in word:
                piece.marks.append(Text(x, high, run.text, run.bold, run.size))
                x += text_width(run.text, run.bold, run.size)
    return piece


def _divided(word: _Word, width: float) -> Iterator[_Word]:
    """The word, in pieces only where it is wider than a line and than any word that a column is widened for."""
    if _width(word) <= width + _SLACK:
        yield word
        return
    part: _Word = []
    used = 0.0
    for run in word:
        for char in run.text:
            wide = text_width(char, run.bold, run.size)
            if part and used + wide > width + _SLACK:
                yield part
                part, used = [], 0.0
            part.append(Run(char, run.bold, run.size))
            used += wide
    yield part


def _width(word: _Word) -> float:
    return sum(text_width(run.text, run.bold, run.size) for run in word)


def _blank(word: _Word) -> float:
    return text_width(" ", word[0].bold, word[0].size)


def _line_width(words: Sequence[_Word]) -> float:
    return sum(_width(word) for word in words) + sum(_blank(word) for word in words[1:])


def text_width(text: str, bold: bool, size: float) -> float:
    """Width of ``text`` as it will be drawn."""
    return sum(_advance(char, bold) for char in text) * size


@lru_cache(maxsize=4096)
def _advance(char: str, bold: bool) -> float:
    width: float = font(bold).text_length(char, 1)
    return width


@lru_cache(maxsize=2)
def font(bold: bool) -> Any:
    """The font that pages are set in; characters that it lacks come from MuPDF's fallback fonts."""
    import pymupdf

    return pymupdf.Font("hebo" if bold else "helv")
