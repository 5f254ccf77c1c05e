"""What is drawn for an extraction: one mark for each place that a value was read from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from processors.fields import Evidence, EvidenceSource, Extraction, Field, LineItem, ReviewState, RuleStatus
from processors.geometry import Box, union

_SURE = 0.95
_UNSURE = 0.70


class Level(IntEnum):
    """How much a value needs a person; greater is worse."""

    PASSED = 0
    SECOND_LOOK = 1
    PERSON = 2


_LEVELS = {
    ReviewState.PASSED: Level.PASSED,
    ReviewState.SECOND_LOOK: Level.SECOND_LOOK,
    ReviewState.PERSON: Level.PERSON,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A box on a page. ``label`` is drawn beside it if set; ``detail`` is the comment a viewer shows.

    ``row`` marks are the outline of a whole line item.
    """

    page: int
    box: Box
    name: str
    level: Level
    label: str | None
    detail: str
    row: bool = False


def level_of(field: Field) -> Level:
    """What the route decided; before routing, by the confidence alone (0.95 and 0.70, DESIGN §1)."""
    if field.review_state in _LEVELS:
        return _LEVELS[field.review_state]
    if field.confidence.value >= _SURE:
        return Level.PASSED
    return Level.SECOND_LOOK if field.confidence.value >= _UNSURE else Level.PERSON


def marks_of(extraction: Extraction) -> list[Mark]:
    """Marks of all values that were found on a page: header fields, then each line item's row and its cells.

    A header field is labelled at its first place; a row has one label with its least confidence; a cell is labelled
    only where it needs a look, as its row's label stands for the others.
    """
    marks = [mark for field in extraction.fields for mark in _field_marks(field, field.name, labelled=True)]
    for item in extraction.line_items:
        marks.extend(_row_marks(item))
        for cell in item.cells:
            labelled = level_of(cell) is not Level.PASSED
            marks.extend(_field_marks(cell, f"line_items[{item.row}].{cell.name}", labelled, short=cell.name))
    return marks


def unplaced(extraction: Extraction) -> list[str]:
    """A line of text for each header field that no page shows (read from an attachment only)."""
    return [
        f"{field.name} = {show(field)}  {percent(field.confidence.value)}  (not on a page)"
        for field in extraction.fields
        if not any(_on_page(evidence) for evidence in field.evidence)
    ]


def percent(value: float) -> str:
    """A confidence for people, rounded down: 0.999 is 99%, never 100%."""
    return f"{int(value * 100 + 1e-9)}%"


def show(field: Field) -> str:
    """The value for people; the raw text where it has no value."""
    if field.value is None:
        return f"{field.raw_text!r} (no value)"
    return f"{field.value:f}" if isinstance(field.value, Decimal) else str(field.value)


def _field_marks(field: Field, name: str, labelled: bool, short: str | None = None) -> Iterator[Mark]:
    label = f"{short or name} {percent(field.confidence.value)}" if labelled else None
    for page, box in _places(field.evidence):
        yield Mark(page, box, name, level_of(field), label, _detail(field))
        label = None


def _row_marks(item: LineItem) -> Iterator[Mark]:
    """The row's outline, on each page that it stands on."""
    places = [(page, box) for cell in item.cells for page, box in _places(cell.evidence)]
    if not places:
        return
    level = max(level_of(cell) for cell in item.cells)
    least = percent(min(cell.confidence.value for cell in item.cells))
    name = f"line_items[{item.row}]"
    for page in sorted({page for page, _ in places}):
        box = union(box for number, box in places if number == page)
        outline = Box(box.x0 - 3, box.y0 - 1.5, box.x1 + 3, box.y1 + 1.5)
        yield Mark(page, outline, name, level, f"{item.row}: {least}", f"{name}, least confidence {least}", row=True)


def _places(evidence: Sequence[Evidence]) -> Iterator[tuple[int, Box]]:
    for piece in evidence:
        if piece.page is not None and piece.box is not None and _on_page(piece):
            yield piece.page, piece.box


def _on_page(evidence: Evidence) -> bool:
    return evidence.source is EvidenceSource.PAGE and evidence.page is not None and evidence.box is not None


def _detail(field: Field) -> str:
    """The trail in a few lines: value, confidence, reader, state, failed rules."""
    lines = [
        f"{show(field)}   (printed: {field.raw_text})",
        f"confidence {percent(field.confidence.value)}, {field.review_state.value.replace('_', ' ')}",
        f"read by {field.reader} {field.reader_version}",
    ]
    lines += [f"{rule.rule}: {rule.message}" for rule in field.rules if rule.status is RuleStatus.FAILED]
    return "\n".join(lines)
