"""The amounts that labels call sums: beside the label, in the column or the box under it, on the next row."""

from collections.abc import Iterator
from dataclasses import replace

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.facts import Amount
from processors.reading.geometric.labels import Label
from processors.reading.geometric.pairing import Candidate, Place, places
from processors.reading.geometric.view import Segment

_WHOLE_NUMBER = 0.6
"""Score factor of an amount without cents or currency where the document prints cents elsewhere."""
_COLUMN_DEPTH = 8
_BOXED = 0.95
_BOX_PAUSE = 2.0
"""White space, in line heights, between the labels of a row of boxes and the amounts under them."""
_MOST_BEFORE = 3
"""Words before a label at the beginning of a box: *of which*, a rate."""


def collect_sums(view: DocumentView, names: frozenset[str]) -> dict[str, list[Candidate]]:
    """Every amount that a label calls one of the sums in ``names``, by name, with a score for each."""
    found: dict[str, list[Candidate]] = {}
    for label in view.labels():
        if (label.segment.sheet, label.segment.row) in view.item_rows:
            continue
        for meaning in label.meanings:
            if meaning.name in names:
                strength = label.trust * (0.7 if meaning.weak else 1.0)
                for candidate in _candidates(view, label, meaning.name):
                    found.setdefault(meaning.name, []).append(replace(candidate, score=candidate.score * strength))
    return found


def _candidates(view: DocumentView, label: Label, name: str) -> Iterator[Candidate]:
    boxed = _boxed(view, label)
    if boxed is not None:
        yield _candidate(view, name, boxed, _BOXED, label)
        return
    near = places(view, label)
    level = [place for place in near if place.segment.row == label.segment.row]
    amounts = [(place, amount) for place in level for amount in _inside(view, place)]
    # The last amount of a row is its result; those before it are bases, rates and parts.
    relation = max((place.relation for place, _ in amounts), default=0.0)
    for position, (_, amount) in enumerate(reversed(amounts)):
        yield _candidate(view, name, amount, relation - 0.12 * position, label)
    if not amounts:
        column = list(_column(view, label, name))
        yield from column or _lone_neighbour(view, label, name)


def _boxed(view: DocumentView, label: Label) -> Amount | None:
    """The amount under ``label`` in a row of boxes: several labels in one row, one amount for each in the next."""
    sheet = view.sheet_of(label.segment)
    row = view.row_of(label.segment)
    following = sheet.below(label.segment, 2)
    if len(row) < 2 or label.start > _MOST_BEFORE or not following or len(following[0]) != len(row):
        return None
    values = following[0]
    if len(following) > 1 and len(following[1]) == len(row) and all(map(view.amounts_in, following[1])):
        # A table of sums goes on below: its last row is the result.
        return None
    if values[0].box.y0 - row[0].box.y1 > _BOX_PAUSE * sheet.line_height or not any(map(view.labels_in, row[1:])):
        return None
    edges = [segment.box.x0 - sheet.line_height for segment in row] + [sheet.width]
    for position, segment in enumerate(values):
        amounts = view.amounts_in(segment)
        whole = len(amounts) == 1 and amounts[0].firm and amounts[0].stop - amounts[0].start == len(segment.tokens)
        if (
            not whole
            or not edges[position] <= segment.box.x0
            or segment.box.x1 > edges[position + 1] + sheet.width / 20
        ):
            return None
    return view.amounts_in(values[row.index(label.segment)])[0]


def _inside(view: DocumentView, place: Place) -> Iterator[Amount]:
    for amount in view.amounts_in(place.segment):
        # A currency that the label has taken in ("TOTAL RM") still belongs to the amount.
        if place.start < amount.stop <= place.stop and not _overlaps_date(view, amount):
            yield amount


def _overlaps_date(view: DocumentView, amount: Amount) -> bool:
    dates = view.dates_in(amount.segment)
    return any(printed.start < amount.stop and amount.start < printed.stop for printed in dates)


def _candidate(view: DocumentView, name: str, amount: Amount, score: float, label: Label) -> Candidate:
    bare = not amount.firm and view.prints_cents
    return Candidate(name, amount.span, amount.value, score * (_WHOLE_NUMBER if bare else 1.0), label)


def _column(view: DocumentView, label: Label, name: str) -> Iterator[Candidate]:
    """Amounts under a heading of a table of sums; the last row is the total over the rates above it."""
    sheet = view.sheet_of(label.segment)
    found: list[Amount] = []
    last_bottom = label.box.y1
    for row in sheet.below(label.segment, _COLUMN_DEPTH):
        if (sheet.index, row[0].row) in view.item_rows or row[0].box.y0 - last_bottom > 3 * sheet.line_height:
            break
        amount = _aligned(view, row, label, sheet.line_height)
        if amount is not None:
            found.append(amount)
            last_bottom = row[0].box.y1
        elif found:
            break
    for position, amount in enumerate(reversed(found)):
        yield _candidate(view, name, amount, 0.82 - 0.06 * position, label)


def _lone_neighbour(view: DocumentView, label: Label, name: str) -> Iterator[Candidate]:
    """An amount alone on the next row, or on the row before: print that slipped by a line."""
    sheet = view.sheet_of(label.segment)
    at = label.segment.row
    if len(sheet.rows[at]) > 1 or label.stop < len(label.segment.tokens):
        return
    for row, score in ((at + 1, 0.8), (at - 1, 0.65)):
        if not 0 <= row < len(sheet.rows) or len(sheet.rows[row]) > 1:
            continue
        segment = sheet.rows[row][0]
        gap = max(segment.box.y0 - label.box.y1, label.box.y0 - segment.box.y1)
        amounts = view.amounts_in(segment)
        if len(amounts) == 1 and amounts[0].firm and amounts[0].stop - amounts[0].start == len(segment.tokens):
            if gap < 1.6 * sheet.line_height:
                yield _candidate(view, name, amounts[0], score, label)
            return


def _aligned(view: DocumentView, row: list[Segment], label: Label, slack: float) -> Amount | None:
    """The amount of ``row`` that stands under ``label``, aligned at its left, right or centre."""
    box = label.box
    best: tuple[float, Amount] | None = None
    for segment in row:
        for amount in view.amounts_in(segment):
            own = amount.span.box
            if own.horizontal_overlap(box) <= 0 and abs(own.x1 - box.x1) > slack:
                continue
            distance = min(abs(own.x0 - box.x0), abs(own.x1 - box.x1), abs(own.center_x - box.center_x))
            if amount.firm and (best is None or distance < best[0]):
                best = (distance, amount)
    return None if best is None else best[1]
