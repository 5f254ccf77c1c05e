"""From a label to the places where its value may stand: beside it on its line, to its right, or below it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from processors.geometry import Box
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.labels import Label
from processors.reading.geometric.view import Segment, Span, span_of

_DEPTH = 4
"""Rows below a label in which its value may stand."""
_DEEPEST = 4.5
"""Distance below a label, in line heights."""
_BESIDE, _RIGHT, _BELOW = 1.0, 0.97, 0.82
_SECOND_TO_RIGHT = 0.8


@dataclass(frozen=True, slots=True)
class Place:
    """Words ``start`` to before ``stop`` of ``segment``, where a label's value may stand; how good a place it is."""

    segment: Segment
    start: int
    stop: int
    relation: float
    beside: bool

    def cut(self, start: int, stop: int) -> Span:
        return span_of(self.segment, start, stop)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading of one field: the words, what they say (to compare candidates by), and a score in [0, 1]."""

    field: str
    span: Span
    value: object
    score: float
    label: Label | None = None


def places(view: DocumentView, label: Label) -> list[Place]:
    """Where the value of ``label`` may stand, best first: at most one beside, two to the right, a few below."""
    found = list(_beside(view, label))
    found += _to_the_right(view, label, found)
    if not (found and label.closed):
        found += _below(view, label, bool(found))
    return found


def _next_label_start(view: DocumentView, segment: Segment, after: int) -> int:
    starts = [label.start for label in view.labels_in(segment) if label.start >= after]
    return min(starts, default=len(segment.tokens))


def _beside(view: DocumentView, label: Label) -> Iterator[Place]:
    segment = label.segment
    start = label.value_start
    stop = _next_label_start(view, segment, label.stop)
    while start < stop and not segment.tokens[start].key and not _has_sign(segment.tokens[start].text):
        start += 1
    if start < stop:
        yield Place(segment, start, stop, _BESIDE, True)


def _has_sign(text: str) -> bool:
    return text in {"$", "\u20ac", "\u00a3", "\u20b9", "-", "("}


def _to_the_right(view: DocumentView, label: Label, beside: list[Place]) -> list[Place]:
    """The next segments on the row, as far as the next label; the second one for amounts behind a rate or base."""
    if label.stop < len(label.segment.tokens) and any(
        other.start >= label.stop for other in view.labels_in(label.segment)
    ):
        return []
    row = view.row_of(label.segment)
    position = row.index(label.segment)
    found = []
    width = view.sheet_of(label.segment).width
    for count, segment in enumerate(row[position + 1 :]):
        stop = _next_label_start(view, segment, 0)
        if stop == 0:
            break
        start = 0
        while start < stop - 1 and not segment.tokens[start].key and not _has_sign(segment.tokens[start].text):
            start += 1
        if not segment.tokens[start].key and not _has_sign(segment.tokens[start].text):
            continue
        distance = (segment.box.x0 - label.box.x1) / width
        relation = (_RIGHT if count == 0 and not beside else _SECOND_TO_RIGHT) - 0.2 * max(0.0, distance - 0.3)
        found.append(Place(segment, start, stop, relation, False))
        if stop < len(segment.tokens):
            break
    return found


def _below(view: DocumentView, label: Label, has_neighbour: bool) -> list[Place]:
    """Segments under the label, nearest row first, as far as the next label in that column."""
    sheet = view.sheet_of(label.segment)
    box = label.box
    found: list[Place] = []
    for row in sheet.below(label.segment, _DEPTH):
        for segment in row:
            gap = segment.box.y0 - box.y1
            if gap > _DEEPEST * sheet.line_height or not _in_column(label, segment, sheet.line_height):
                continue
            if any(other.start == 0 for other in view.labels_in(segment)):
                return found
            start, stop = _column_part(view, label, segment)
            if start < stop:
                relation = _BELOW - 0.05 * len(found) - (0.25 if has_neighbour else 0.0)
                found.append(Place(segment, start, stop, relation, False))
        if len(found) > 3:
            break
    return found


def stands_under(view: DocumentView, label: Label, box: Box) -> bool:
    """Whether, of all the labels on its row, ``label`` is the one that ``box`` is aligned with."""
    boxes = [other.box for part in view.row_of(label.segment) for other in view.labels_in(part)]
    return min(boxes, key=lambda other: _column_distance(other, box)) == label.box


def _in_column(label: Label, segment: Segment, slack: float) -> bool:
    box = label.box
    return segment.box.x0 <= box.x1 + slack and segment.box.x1 >= box.x0 - slack


def _column_part(view: DocumentView, label: Label, segment: Segment) -> tuple[int, int]:
    """The words of ``segment`` that are nearer to ``label`` than to the other labels of its row."""
    neighbours = [other.box for part in view.row_of(label.segment) for other in view.labels_in(part)]
    if len(neighbours) < 2:
        return 0, len(segment.tokens)
    own = label.box
    mine = [
        position
        for position, token in enumerate(segment.tokens)
        if min(neighbours, key=lambda box: _column_distance(box, token.box)) == own
    ]
    return (mine[0], mine[-1] + 1) if mine else (0, 0)


def _column_distance(label: Box, token: Box) -> float:
    """How far two boxes are from being in one column: left, right or centre aligned."""
    return min(abs(label.x0 - token.x0), abs(label.x1 - token.x1), abs(label.center_x - token.center_x))


def best_by_value(
    candidates: Sequence[Candidate], same: Callable[[object], object] = lambda value: value
) -> list[Candidate]:
    """One candidate per value, best first; a value found in several places gains a little."""
    groups: dict[object, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(same(candidate.value), []).append(candidate)
    merged = []
    for group in groups.values():
        top = max(group, key=lambda candidate: candidate.score)
        places_seen = {(candidate.span.sheet, candidate.span.ids) for candidate in group}
        bonus = 0.04 * min(len(places_seen) - 1, 2)
        merged.append(Candidate(top.field, top.span, top.value, min(1.0, top.score + bonus), top.label))
    return sorted(merged, key=lambda candidate: -candidate.score)
