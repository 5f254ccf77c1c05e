"""Where a value stands on a sketch: its place, and the label beside it."""

from collections.abc import Sequence

from processors.geometry import union
from processors.memory.model import Label, LayoutSketch, Mark, Place, SketchPage

_LABEL_WORDS = 4
_BESIDE = 0.35
_CLOSE = 0.15
_ABOVE = 0.05


def place_of(document: LayoutSketch, page_number: int, word_ids: Sequence[int]) -> tuple[Place, tuple[str, ...]] | None:
    """The place of a page's words ``word_ids``, and their folded text by rows; ``None`` where the sketch has none."""
    page = next((page for page in document.pages if page.number == page_number), None)
    if page is None or not word_ids:
        return None
    wanted = set(word_ids)
    value = [mark for mark in page.marks if mark.id in wanted]
    if not value:
        return None
    box = union(mark.box for mark in value)
    first, last = value[0], value[-1]
    place = Place(
        page=page.which,
        box=box,
        label=_label(page, value),
        words=len(value),
        rows=len({mark.row for mark in value}),
        to_start=not any(mark.segment == first.segment and mark.box.x0 < first.box.x0 for mark in page.marks),
        to_end=not any(mark.segment == last.segment and mark.box.x0 > last.box.x0 for mark in page.marks),
    )
    rows = sorted({mark.row for mark in value})
    return place, tuple(" ".join(mark.key for mark in value if mark.row == row) for row in rows)


def _label(page: SketchPage, value: Sequence[Mark]) -> Label | None:
    """The words left of the value; else those above it; else words farther to the left."""
    first = value[0]
    left = [mark for mark in page.marks if mark.row == first.row and mark.box.x1 <= first.box.x0 + 0.005]
    ids = {mark.id for mark in value}
    left = [mark for mark in left if mark.id not in ids]
    near = _run(left)
    gap = first.box.x0 - near[-1].box.x1 if near else 1.0
    if near and (gap <= _CLOSE or near[-1].segment == first.segment):
        return _as_label(near, value)
    above = _above(page, value)
    if above:
        return _as_label(above, value)
    return _as_label(near, value) if near and gap <= _BESIDE else None


def _run(left: Sequence[Mark]) -> list[Mark]:
    """The last words without digits of the last segment."""
    run: list[Mark] = []
    for mark in reversed(left):
        if len(run) == _LABEL_WORDS or any(map(str.isdigit, mark.key)) or (run and mark.segment != run[0].segment):
            break
        run.insert(0, mark)
    return run if any(len(mark.key) > 1 for mark in run) else []


def _above(page: SketchPage, value: Sequence[Mark]) -> list[Mark]:
    """The words without digits of the nearest row above that begins or ends where the value does."""
    box = union(mark.box for mark in value)
    over = [mark for mark in page.marks if mark.row < value[0].row and box.y0 - mark.box.y1 < _ABOVE]
    for row in sorted({mark.row for mark in over}, reverse=True):
        segments = {mark.segment for mark in over if mark.row == row and mark.box.horizontal_overlap(box) > 0}
        words = [mark for mark in over if mark.row == row and mark.segment in segments][:_LABEL_WORDS]
        if words:
            digits = any(char.isdigit() for mark in words for char in mark.key)
            return [] if digits or not any(len(mark.key) > 1 for mark in words) else words
    return []


def _as_label(words: Sequence[Mark], value: Sequence[Mark]) -> Label:
    box, mine = union(mark.box for mark in words), union(mark.box for mark in value)
    return Label(
        keys=tuple(mark.key for mark in words),
        dx0=round(mine.x0 - box.x0, 4),
        dx1=round(mine.x1 - box.x0, 4),
        dy=round(mine.center_y - box.center_y, 4),
    )
