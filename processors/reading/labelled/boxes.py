"""Amounts that stand neither beside their label nor in its column: in a row of boxes, or slipped to the next row."""

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.facts import Amount
from processors.reading.geometric.labels import Label
from processors.reading.geometric.view import Segment

_PAUSE = 2.0
"""White space, in line heights, between the labels of a row of boxes and the amounts under them."""
_FEWEST = 2


def amount_apart(view: DocumentView, label: Label) -> Amount | None:
    """The amount in the box of ``label``: as many amounts under a row of labels as there are labels in it; or the one
    that a crooked scan has put on a row of its own, right of where ``label`` ends its row.
    """
    sheet = view.sheet_of(label.segment)
    row = view.row_of(label.segment)
    following = next(iter(sheet.below(label.segment, 1)), [])
    if not following or following[0].box.y0 - label.box.y1 > _PAUSE * sheet.line_height:
        return None
    amounts = [amount for segment in following if (amount := _only_amount(view, segment)) is not None]
    if len(amounts) < len(following):
        return None
    if len(row) == len(following) >= _FEWEST and not any(view.amounts_in(segment) for segment in row):
        return amounts[row.index(label.segment)] if label.start == 0 else None
    slipped = len(row) == len(following) == 1 and following[0].box.x0 > row[0].box.x1
    close = following[0].box.y0 < row[0].box.y1 + sheet.line_height / 2
    return amounts[0] if slipped and close and not view.amounts_in(row[0]) else None


def _only_amount(view: DocumentView, segment: Segment) -> Amount | None:
    """The firm amount that a segment is, with nothing beside it."""
    amounts = view.amounts_in(segment)
    whole = len(amounts) == 1 and amounts[0].firm and amounts[0].stop - amounts[0].start == len(segment.tokens)
    return amounts[0] if whole else None
