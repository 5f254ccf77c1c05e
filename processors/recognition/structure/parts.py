"""What tables are made of: pieces of lines with a box and a kind, and the rows they stand on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from processors.geometry import Box, union

_DECIMALS = re.compile(r"\d[.,]\d{2,4}(?!\d)")
_SAME_ROW = 0.5  # common height, in heights of the lower piece


class Kind(IntEnum):
    """What a piece of text looks like, in any language."""

    WORDS = 0
    NUMBER = 1  # a count, a date, a rate, a code of digits
    AMOUNT = 2  # a number with decimals


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stand together on a line, left to right; ``words`` are positions in the page's words."""

    words: tuple[int, ...]
    text: str
    box: Box
    kind: Kind


def kind_of(text: str) -> Kind:
    """Numbers have at least as many digits as letters; those that begin with a letter are codes, so words."""
    digits = sum(map(str.isdigit, text))
    letters = sum(map(str.isalpha, text))
    if not digits or letters > digits:
        return Kind.WORDS
    if _DECIMALS.search(text) and letters <= 4:
        return Kind.AMOUNT
    return Kind.WORDS if text[0].isalpha() else Kind.NUMBER


def make_piece(words: Sequence[int], texts: Sequence[str], boxes: Sequence[Box]) -> Piece:
    """The piece of the words at ``words``; ``texts`` and ``boxes`` are the page's, by word."""
    text = " ".join(texts[index] for index in words)
    return Piece(tuple(words), text, union(boxes[index] for index in words), kind_of(text))


@dataclass(slots=True)
class Row:
    """Pieces on one baseline, left to right, and the height they take."""

    pieces: list[Piece]
    top: float
    bottom: float


def rows_of(pieces: Sequence[Piece]) -> list[Row]:
    """Pieces on common baselines, rows from top to bottom."""
    rows: list[Row] = []
    for piece in sorted(pieces, key=lambda piece: (piece.box.center_y, piece.box.x0)):
        box = piece.box
        if rows:
            first = rows[-1].pieces[0].box
            if first.vertical_overlap(box) > _SAME_ROW * min(first.height, box.height):
                rows[-1].pieces.append(piece)
                continue
        rows.append(Row([piece], box.y0, box.y1))
    for row in rows:
        row.pieces.sort(key=lambda piece: piece.box.x0)
        row.top = min(piece.box.y0 for piece in row.pieces)
        row.bottom = max(piece.box.y1 for piece in row.pieces)
    return rows
