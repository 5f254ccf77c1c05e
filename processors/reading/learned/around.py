"""What stands around a candidate: the labels whose value it may be, and the words to its left and above it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.pairing import places
from processors.reading.geometric.view import Segment, Sheet, Token
from processors.reading.learned.found import Found

_WEAK = 0.62
_NEAR_WORDS = 4
"""Words of running text that count as a candidate's neighbours, on either side."""
_ROWS_ABOVE = 4


@dataclass(frozen=True, slots=True)
class Claim:
    """A label's claim on the words from ``start`` on: what it means, and how good the place is, in [0, 1]."""

    meaning: str
    strength: float
    start: int
    stop: int
    level: bool


@dataclass(frozen=True, slots=True)
class Around:
    """``claims`` of labels, and the folded words ``left`` (nearest first) and ``above`` (left to right)."""

    claims: tuple[Claim, ...]
    left: tuple[str, ...]
    above: tuple[str, ...]
    gap_above: float = field(default=9.0)
    """To what stands above, in line heights; at most 9."""


class Surroundings:
    """Looks around the candidates of one document."""

    def __init__(self, view: DocumentView) -> None:
        self._view = view
        self._claims: dict[tuple[int, int], list[Claim]] = defaultdict(list)
        for label in view.labels():
            for place in places(view, label):
                level = place.segment.row == label.segment.row
                for meaning in label.meanings:
                    strength = place.relation * label.trust * (_WEAK if meaning.weak else 1.0)
                    claim = Claim(meaning.name, strength, place.start, place.stop, level)
                    self._claims[place.segment.sheet, place.segment.index].append(claim)

    def of(self, found: Found) -> Around:
        """What stands around ``found``."""
        segment = found.segment
        sheet = self._view.sheet_of(segment)
        claims = tuple(
            claim
            for claim in self._claims.get((segment.sheet, segment.index), ())
            if claim.start < found.stop and found.start < claim.stop
        )
        above, gap = _above(sheet, segment, segment.tokens[found.start : found.stop])
        return Around(claims, self._left(segment, found.start), above, gap)

    def _left(self, segment: Segment, start: int) -> tuple[str, ...]:
        """The words before it on its line; where there are none, those at the end of the segment to its left."""
        before = _keys(segment.tokens[:start])
        if not before:
            row = self._view.row_of(segment)
            position = row.index(segment)
            before = _keys(row[position - 1].tokens) if position else []
        return tuple(reversed(before[-_NEAR_WORDS:]))


def _above(sheet: Sheet, segment: Segment, tokens: Sequence[Token]) -> tuple[tuple[str, ...], float]:
    """The words of the nearest row above that stand over ``tokens``, and how far above."""
    left, right = tokens[0].box.x0 - sheet.line_height, tokens[-1].box.x1 + sheet.line_height
    for row in range(segment.row - 1, max(-1, segment.row - 1 - _ROWS_ABOVE), -1):
        over = [
            token for other in sheet.rows[row] for token in other.tokens if token.box.x0 < right and token.box.x1 > left
        ]
        if over:
            gap = max(0.0, segment.box.y0 - over[0].box.y1) / sheet.line_height
            return tuple(_keys(over)[:_NEAR_WORDS]), min(9.0, gap)
    return (), 9.0


def _keys(tokens: Sequence[Token]) -> list[str]:
    """The folded words; digits are all one, so that no number is learnt by heart."""
    return ["".join("0" if char.isdigit() else char for char in token.key) for token in tokens if token.key]
