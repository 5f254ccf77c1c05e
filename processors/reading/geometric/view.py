"""A document as the reader sees it: pages upright, words folded once, lines on common rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from processors.document import Page
from processors.geometry import Box, union
from processors.recognition.orientation import upright
from processors.values.text import fold, normalise

_WIDEST_BLANK = 0.45
"""Blank between groups of one number, in word heights; between two numbers of a table it is wider."""
_MOST_DIGIT_WIDTHS = 1.25
"""The same in widths of the second group's characters, where it is set in a typewriter face."""
_SAME_PITCH = 0.04
"""Share by which groups may differ in width per character there: elsewhere a comma is half as wide as a digit."""
_FIRST_GROUP, _LAST_GROUP = re.compile(r"[0-9]{1,3}"), re.compile(r"[0-9]{3}[.,][0-9]{2}")
"""The parts of an amount such as ``5 032,62``."""
_COLUMN_GAP = 4.0
"""White space between two words, in heights of the taller one, that parts them even where recognition saw one line."""
_TALL = 0.6
"""Share of a run's height that the words beside it have where it is a logo or a title."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its id on the page, its text normalised and folded, its box on the upright page."""

    id: int
    text: str
    key: str
    box: Box


@dataclass(frozen=True, slots=True)
class Segment:
    """Words that stand together on one row; a wide gap ends it. ``sheet``, ``row``, ``index`` are positions."""

    sheet: int
    row: int
    index: int
    tokens: tuple[Token, ...]
    box: Box

    @property
    def text(self) -> str:
        return " ".join(token.text for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Span:
    """Words that a value is read from, line by line, all on one sheet. Never empty."""

    sheet: int
    lines: tuple[tuple[Token, ...], ...]

    @property
    def tokens(self) -> tuple[Token, ...]:
        return tuple(token for line in self.lines for token in line)

    @property
    def ids(self) -> frozenset[int]:
        return frozenset(token.id for line in self.lines for token in line)

    @property
    def box(self) -> Box:
        return union(token.box for token in self.tokens)


def span_of(segment: Segment, start: int, stop: int) -> Span:
    """The words ``start`` to before ``stop`` of ``segment``."""
    return Span(segment.sheet, (segment.tokens[start:stop],))


class Sheet:
    """One page. ``page`` is the page as recognised; everything else is in the coordinates of the upright page."""

    def __init__(self, page: Page, index: int) -> None:
        turned = upright(page)
        self.page = page
        self.index = index
        self.width = turned.width
        self.height = turned.height
        heights = [word.box.height for word in turned.words]
        self.line_height = median(heights) if heights else 10.0
        lines = (_tokens(turned, line.words) for line in turned.lines)
        runs = [run for line in lines for run in _parted(line)]
        self.rows: list[list[Segment]] = []
        self.segments: list[Segment] = []
        for row in _rows([run for run in runs if not _is_vertical(run, self.line_height)]):
            members = []
            for tokens in row:
                segment = Segment(index, len(self.rows), len(self.segments), tokens, union(t.box for t in tokens))
                members.append(segment)
                self.segments.append(segment)
            self.rows.append(members)

    @cached_property
    def text(self) -> str:
        """One line per row."""
        return "\n".join(" ".join(segment.text for segment in row) for row in self.rows)

    def below(self, segment: Segment, depth: int) -> Sequence[list[Segment]]:
        """The ``depth`` rows under ``segment``."""
        return self.rows[segment.row + 1 : segment.row + 1 + depth]


def _tokens(page: Page, ids: Sequence[int]) -> tuple[Token, ...]:
    # Of a zero-width blank, which PDFs have as a word of its own, nothing is left.
    words = ((page.words[index], normalise(page.words[index].text)) for index in ids)
    return tuple(Token(word.id, text, fold(word.text), word.box) for word, text in words if text)


def _parted(tokens: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """A line cut where its words stand as far apart as columns do; no runs where it has no words."""
    cuts = [
        position
        for position, (left, right) in enumerate(pairwise(tokens), 1)
        if right.box.x0 - left.box.x1 > _COLUMN_GAP * max(left.box.height, right.box.height)
    ]
    edges = [0, *cuts, len(tokens)]
    return [tokens[start:stop] for start, stop in pairwise(edges) if start < stop]


def _is_vertical(tokens: tuple[Token, ...], line_height: float) -> bool:
    """Text that runs up or down the margin would tie all the rows it crosses together."""
    box = tokens[0].box
    return (
        len(tokens) == 1 and len(tokens[0].text) > 2 and box.height > 2.5 * line_height and box.height > 1.5 * box.width
    )


def _rows(runs: list[tuple[Token, ...]]) -> list[list[tuple[Token, ...]]]:
    """Runs on a common baseline, left to right; rows top to bottom."""
    ordered = sorted(runs, key=lambda run: run[0].box.center_y)
    rows: list[list[tuple[Token, ...]]] = []
    top = bottom = 0.0
    for run in ordered:
        box = run[0].box
        overlap = min(bottom, box.y1) - max(top, box.y0)
        if rows and overlap > 0.5 * min(bottom - top, box.height):
            rows[-1].append(run)
            if box.height > _TALL * (bottom - top):
                continue
            # The row is that of its usual words: a logo does not tie the rows beside it together.
        else:
            rows.append([run])
        top, bottom = box.y0, box.y1
    return [_joined(sorted(row, key=lambda run: run[0].box.x0)) for row in rows]


def _joined(row: list[tuple[Token, ...]]) -> list[tuple[Token, ...]]:
    """A row with the groups of one amount in one run, where recognition saw a column's edge between them."""
    found = row[:1]
    for run in row[1:]:
        left, right = found[-1][-1], run[0]
        if _FIRST_GROUP.fullmatch(left.text) and _LAST_GROUP.fullmatch(right.text) and are_groups(left, right):
            found[-1] = (*found[-1], *run)
        else:
            found.append(run)
    return found


def are_groups(left: Token, right: Token) -> bool:
    """Whether two groups of digits stand so close that they may be one number; two numbers of a table do not.

    In typewriter faces a blank is as wide as a digit; in others two blanks are hardly wider, and part two numbers.
    """
    widest = _WIDEST_BLANK * right.box.height
    pitch, other = right.box.width / len(right.text), left.box.width / len(left.text)
    if abs(pitch - other) <= _SAME_PITCH * pitch:
        widest = max(widest, _MOST_DIGIT_WIDTHS * pitch)
    return right.box.x0 - left.box.x1 <= widest
