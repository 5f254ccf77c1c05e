"""The columns that pieces of text on several rows keep to, and which of them each piece stands in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from processors.geometry import Box
from processors.recognition.structure.parts import Piece, Row, make_piece

_GUTTER = 0.25  # least white space between columns, in line heights
_WORD_GUTTER = 0.3  # the same inside lines, where it must be wider than a blank
_FEWEST_TO_SPLIT = 3
_REACHED = 0.2  # line heights from which on a piece stands in a column

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece and the first and last column that it covers."""

    piece: Piece
    first: int
    last: int


def find_columns(rows: Sequence[Row], unit: float) -> list[Interval]:
    """Inked stretches of the x axis from left to right, such that pieces of most rows keep to one each.

    Of four rows one, and of twelve two, may run across a gutter.
    """
    pieces = [piece for row in rows for piece in row.pieces]
    spared = (len(rows) >= 4) + (len(rows) >= 12)
    sparse = [(low, high) for low, high in _sparse(pieces, spared) if high - low >= _GUTTER * unit]
    inked: list[Interval] = []
    for piece in sorted(pieces, key=lambda piece: piece.box.x0):
        box = piece.box
        if any(box.x0 < low and high < box.x1 for low, high in sparse):
            continue
        if inked and box.x0 - inked[-1][1] < _GUTTER * unit:
            inked[-1] = (inked[-1][0], max(inked[-1][1], box.x1))
        else:
            inked.append((box.x0, box.x1))
    return inked


def _sparse(pieces: Sequence[Piece], spared: int) -> Iterator[Interval]:
    """Stretches that at most ``spared`` pieces cover, between the first and the last column."""
    events = sorted([(piece.box.x0, 1) for piece in pieces] + [(piece.box.x1, -1) for piece in pieces])
    covering, since, seen = 0, 0.0, False
    for place, change in events:
        was = covering
        covering += change
        if was > spared >= covering:
            since, seen = place, True
        elif was <= spared < covering and seen:
            yield since, place


def split_columns(
    rows: Sequence[Row], columns: Sequence[Interval], unit: float, boxes: Sequence[Box]
) -> list[Interval]:
    """Columns parted where all their cells leave the same space between two words (``12  pcs``), however near they
    stand: blanks of ordinary text do not lie under one another."""
    found: list[Interval] = []
    for low, high in columns:
        cells = [p for row in rows for p in row.pieces if low <= p.box.x0 and p.box.x1 <= high]
        inked: list[Interval] = []
        for x0, x1 in sorted((boxes[word].x0, boxes[word].x1) for cell in cells for word in cell.words):
            if inked and x0 - inked[-1][1] < _WORD_GUTTER * unit:
                inked[-1] = (inked[-1][0], max(inked[-1][1], x1))
            else:
                inked.append((x0, x1))
        across = [sum(cell.box.x0 < a[1] and cell.box.x1 > b[0] for cell in cells) for a, b in pairwise(inked)]
        found += inked if across and min(across) >= _FEWEST_TO_SPLIT else [(low, high)]
    return found


def place(
    piece: Piece, columns: Sequence[Interval], unit: float, texts: Sequence[str], boxes: Sequence[Box]
) -> list[Placed]:
    """The piece in its columns; one that covers several is parted where its words keep to them."""
    first, last = _covered(piece.box, columns, unit)
    if first == last or len(piece.words) < 2:
        return [Placed(piece, first, last)]
    parts: list[list[int]] = [[piece.words[0]]]
    for left, right in pairwise(piece.words):
        gap = boxes[right].x0 - boxes[left].x1
        at = (boxes[right].x0 + boxes[left].x1) / 2
        between = any(a[1] - 0.5 * unit <= at <= b[0] + 0.5 * unit for a, b in pairwise(columns))
        if gap >= _WORD_GUTTER * unit and between:
            parts.append([])
        parts[-1].append(right)
    pieces = [make_piece(words, texts, boxes) for words in parts]
    return [Placed(part, *_covered(part.box, columns, unit)) for part in pieces]


def _covered(box: Box, columns: Sequence[Interval], unit: float) -> tuple[int, int]:
    """The columns that the box reaches well into, else the nearest one."""
    reach = [min(high, box.x1) - max(low, box.x0) for low, high in columns]
    over = [index for index, length in enumerate(reach) if length > _REACHED * unit]
    if over:
        return over[0], over[-1]
    nearest = max(range(len(columns)), key=lambda index: reach[index])
    return nearest, nearest
