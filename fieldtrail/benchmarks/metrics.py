"""How well a page was read: character error rate, and words found where they stand.

An edit distance over a page's whole text would count a change in reading order as errors. So readings are laid over
the truth by place instead: each goes to the printed row that it lies on, a row's readings are joined from left to
right, and their edit distance to the row's truth is counted (Levenshtein, 1966; unit costs). What lies on no row is
counted as inserted. Blanks do not count: splitting words rightly shows in the boxes.
"""

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.geometry import Box
from processors.recognition.engine import Quad

if TYPE_CHECKING:
    from fieldtrail.benchmarks.documents import Affine, Sheet, TruthWord

_SAMPLES = 9  # points along a reading; odd, so that one is the middle
_SAME_ROW = 0.5  # words whose middles are nearer than that, in heights of the lower one, stand on one row
_QUOTES = "\u2018\u2019\u201a\u201b\u0060\u00b4\u2032"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_FOLDED = str.maketrans(
    {**dict.fromkeys(_QUOTES, "'"), **dict.fromkeys(_DOUBLE_QUOTES, '"'), **dict.fromkeys(_DASHES, "-"), "\u00d7": "x"}
)


@dataclass(frozen=True, slots=True)
class Item:
    """What an engine read in one place, a word or a line; ``quad`` in points of the page as shown."""

    text: str
    quad: Quad


@dataclass(frozen=True, slots=True)
class Score:
    """Counts that add up over pages.

    ``characters`` printed and ``edits`` to get from them to what was read; ``words`` with a known box and those
    ``placed`` right; ``values`` labelled and those ``found``, each of whose words stands somewhere in the text.
    ``inked`` are the words whose reading keeps to their ink, rather than to their font's height.
    """

    characters: int = 0
    edits: int = 0
    words: int = 0
    placed: int = 0
    values: int = 0
    found: int = 0
    inked: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.characters + other.characters,
            self.edits + other.edits,
            self.words + other.words,
            self.placed + other.placed,
            self.values + other.values,
            self.found + other.found,
            self.inked + other.inked,
        )

    @property
    def error_rate(self) -> float | None:
        """Edits per printed character; ``None`` without truth. May exceed 1."""
        return self.edits / self.characters if self.characters else None

    @property
    def placed_share(self) -> float | None:
        """Share of printed words that were found at their place; ``None`` without boxes."""
        return self.placed / self.words if self.words else None

    @property
    def inked_share(self) -> float | None:
        """Share of printed words that were found at their ink; ``None`` without boxes."""
        return self.inked / self.words if self.words else None

    @property
    def found_share(self) -> float | None:
        """Share of labelled values that stand in the text; ``None`` without values."""
        return self.found / self.values if self.values else None


def score(sheet: "Sheet", items: Sequence[Item], tolerance: float = 3.0) -> Score:
    """How well ``items`` match the sheet's truth; ``tolerance`` of word boxes in points."""
    fold = _casefolded if sheet.ignore_case else normalise
    characters, edits = count_edits(sheet.words, items, sheet.to_shown, fold)
    words = sheet.words if sheet.word_boxes else ()
    text = _alphanumeric("".join(item.text for item in items))
    return Score(
        characters,
        edits,
        len(words),
        sum(_placed(word.box, items, sheet.to_shown, tolerance) for word in words),
        len(sheet.values),
        sum(all(_alphanumeric(part) in text for part in value.split()) for value in sheet.values),
        sum(_placed(word.ink, items, sheet.to_shown, tolerance) for word in words if word.ink),
    )


def normalise(text: str) -> str:
    """``text`` for comparison: NFKC, quotes and dashes of one kind, the multiplication sign an x, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_FOLDED).split())


def distance(first: str, second: str) -> int:
    """Insertions, deletions and replacements that turn one text into the other (Levenshtein)."""
    while first and second and first[0] == second[0]:
        first, second = first[1:], second[1:]
    while first and second and first[-1] == second[-1]:
        first, second = first[:-1], second[:-1]
    row = list(range(len(second) + 1))
    for above, left in enumerate(first, start=1):
        diagonal, row[0] = row[0], above
        for column, top in enumerate(second, start=1):
            cost = min(row[column] + 1, row[column - 1] + 1, diagonal + (left != top))
            diagonal, row[column] = row[column], cost
    return row[-1]


def count_edits(
    words: "Sequence[TruthWord]", items: Sequence[Item], to_shown: "Affine", fold: Callable[[str], str] = normalise
) -> tuple[int, int]:
    """Printed characters, and edits between them and what was read, row by row."""
    if not words:
        return 0, 0
    rows = _rows(words)
    read: list[list[tuple[float, str]]] = [[] for _ in rows]
    inserted = 0
    back = _inverse(to_shown)
    for item in items:
        middle = _middle_line(item.quad, back)
        row = _row_at(middle, rows)
        if row is None:
            inserted += len(fold(item.text))
        else:
            read[row].append((middle[len(middle) // 2][0], item.text))
    characters, edits = 0, inserted
    for row_words, row_items in zip(rows, read, strict=True):
        truth = fold("".join(word.text for word in row_words))
        characters += len(truth)
        edits += distance(truth, fold("".join(text for _, text in sorted(row_items))))
    return characters, edits


def shown_box(box: Box, to_shown: "Affine") -> Box:
    """The axis-parallel box around ``box`` once it is on the page as shown."""
    corners = [_apply(to_shown, x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
    return _hull(corners)


def _rows(words: "Sequence[TruthWord]") -> "list[list[TruthWord]]":
    """Words of one row, from left to right, whatever column they stand in."""
    rows: list[list[TruthWord]] = []
    for word in sorted(words, key=lambda word: word.box.center_y):
        last = rows[-1][0] if rows else None
        if last and word.box.center_y - last.box.center_y < _SAME_ROW * min(word.box.height, last.box.height):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda word: word.box.x0) for row in rows]


def _row_at(middle: Sequence[tuple[float, float]], rows: "Sequence[Sequence[TruthWord]]") -> int | None:
    """The row that most points of a reading's middle line lie on, gaps aside; ``None`` where none lies on any."""
    votes = [row for x, y in middle if (row := _nearest_row(x, y, rows)) is not None]
    return max(votes, key=votes.count, default=None)


def _nearest_row(x: float, y: float, rows: "Sequence[Sequence[TruthWord]]") -> int | None:
    """The row of the word nearest to the point, no farther than half the word's height."""
    nearest, least = None, math.inf
    for index, row in enumerate(rows):
        for word in row:
            box = word.box
            away = math.hypot(max(box.x0 - x, 0, x - box.x1), max(box.y0 - y, 0, y - box.y1))
            # Within overlapping boxes, the nearer baseline decides.
            rank = away + 0.01 * abs(box.center_y - y)
            if away <= box.height / 2 and rank < least:
                nearest, least = index, rank
    return nearest


def _middle_line(quad: Quad, back: "Affine") -> list[tuple[float, float]]:
    """Points along the middle of the text, from near its start to near its end, on the upright page."""
    corners = [_apply(back, x, y) for x, y in quad]
    box = _hull(corners)
    upright = sorted(corners, key=lambda corner: corner[0])
    left = ((upright[0][0] + upright[1][0]) / 2, (upright[0][1] + upright[1][1]) / 2)
    right = ((upright[2][0] + upright[3][0]) / 2, (upright[2][1] + upright[3][1]) / 2)
    if box.height > box.width:  # a single character: its sides are no ends
        return [(box.center_x, box.center_y)]
    parts = [(index + 0.5) / _SAMPLES for index in range(_SAMPLES)]
    return [(left[0] + (right[0] - left[0]) * part, left[1] + (right[1] - left[1]) * part) for part in parts]


def _placed(box: Box, items: Sequence[Item], to_shown: "Affine", tolerance: float) -> bool:
    truth = shown_box(box, to_shown)
    return any(_deviation(truth, _hull(item.quad)) <= tolerance for item in items)


def _deviation(first: Box, second: Box) -> float:
    """The farthest that two boxes' edges are apart, in points."""
    return max(
        abs(first.x0 - second.x0), abs(first.y0 - second.y0), abs(first.x1 - second.x1), abs(first.y1 - second.y1)
    )


def _hull(corners: Sequence[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _apply(affine: "Affine", x: float, y: float) -> tuple[float, float]:
    return (
        float(affine[0, 0] * x + affine[0, 1] * y + affine[0, 2]),
        float(affine[1, 0] * x + affine[1, 1] * y + affine[1, 2]),
    )


def _inverse(affine: "Affine") -> "Affine":
    import numpy as np

    inverse: Affine = np.linalg.inv(np.vstack([affine, [0.0, 0.0, 1.0]]))[:2]
    return inverse


def _casefolded(text: str) -> str:
    return normalise(text).casefold()


def _alphanumeric(text: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum())
