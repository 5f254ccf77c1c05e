"""The heading row of a line-item table: which columns there are, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from processors.geometry import Box, union
from processors.reading.geometric.labels import Label, find_labels
from processors.reading.geometric.view import Segment, Sheet
from processors.reading.geometric.vocabulary import column_vocabulary

OTHER_COLUMN = "other"
"""Columns that are recognised so that their numbers are not taken for another's; there may be several."""
_MOST_ROWS = 4
_FEWEST_STACKED = 4
"""Columns that a heading spread over several rows must have: two lines of text often hold three such words."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its meaning and the place of its heading."""

    name: str
    box: Box


def heading_at(sheet: Sheet, position: int) -> tuple[tuple[Column, ...], int]:
    """The columns that the row names, and how many rows the heading has; no columns where it is no heading."""
    columns = columns_of(sheet.rows[position])
    if not columns:
        return (), 1
    if not is_heading(columns):
        return _stacked(sheet, position)
    height = 1
    while height < _MOST_ROWS and _goes_on(sheet, position + height):
        following = sheet.rows[position + height]
        more = [column for column in columns_of(following) if all(column.name != known.name for known in columns)]
        covered = all(any(touches(segment.box, column.box) for column in columns) for segment in following)
        if not more and not covered:
            break
        columns += more
        height += 1
    return tuple(sorted(columns, key=lambda column: column.box.x0)), height


def _goes_on(sheet: Sheet, row: int) -> bool:
    """Whether a row may belong to the heading above it: close under it, and words only."""
    if row >= len(sheet.rows):
        return False
    segments = sheet.rows[row]
    close = segments[0].box.y0 - sheet.rows[row - 1][0].box.y1 < 0.6 * sheet.line_height
    return close and _is_words(segments)


def _is_words(row: Sequence[Segment]) -> bool:
    """Headings have no digits; a colon ends the label of a single value."""
    return not any(any(map(str.isdigit, segment.text)) or segment.text.endswith(":") for segment in row)


def _stacked(sheet: Sheet, position: int) -> tuple[tuple[Column, ...], int]:
    """A heading whose names are spread over several rows, words above one another being one name."""
    height = 1
    while height < _MOST_ROWS and _goes_on(sheet, position + height):
        height += 1
    if height == 1 or not _is_words(sheet.rows[position]):
        return (), 1
    stacks: list[list[Segment]] = []
    for row in sheet.rows[position : position + height]:
        for segment in row:
            stack = next((s for s in stacks if any(touches(part.box, segment.box) for part in s)), None)
            if stack is None:
                stacks.append([segment])
            else:
                stack.append(segment)
    columns = [column for stack in stacks for column in _columns_of_stack(stack)]
    distinct = {column.name: column for column in reversed(columns) if column.name != OTHER_COLUMN}
    if len(distinct) < _FEWEST_STACKED or not is_heading(list(distinct.values())):
        return (), 1
    found = [*distinct.values(), *(column for column in columns if column.name == OTHER_COLUMN)]
    return tuple(sorted(found, key=lambda column: column.box.x0)), height


def _columns_of_stack(stack: list[Segment]) -> list[Column]:
    """The column that the whole stack names, else those that its rows name."""
    key = "".join(token.key for segment in stack for token in segment.tokens)
    meanings = column_vocabulary().lookup(key)
    if meanings:
        return [Column(meanings[0].name, union(segment.box for segment in stack))]
    return [column for segment in stack for column in columns_of([segment])]


def touches(box: Box, other: Box) -> bool:
    """Whether two boxes have a stretch of the x axis in common."""
    return box.horizontal_overlap(other) > 0


def columns_of(row: Sequence[Segment]) -> list[Column]:
    """The columns that the words of a row name, each meaning once, in printed order."""
    found: list[Column] = []
    taken: set[str] = set()
    for segment in row:
        for label in _all_labels(segment):
            name = next((m.name for m in label.meanings if m.name == OTHER_COLUMN or m.name not in taken), None)
            if name == "tax" and any("%" in token.text for token in label.segment.tokens[label.start :]):
                name = "tax_rate"
            if name is not None:
                found.append(Column(name, label.box))
                taken.add(name)
    return found


def _all_labels(segment: Segment) -> list[Label]:
    """The column names in ``segment``; those merged into one segment are told apart word by word."""
    labels = find_labels(segment, column_vocabulary(), forgiving=False)
    position = labels[-1].stop if labels else 0
    while labels and position < len(segment.tokens):
        rest = Segment(segment.sheet, segment.row, segment.index, segment.tokens[position:], segment.box)
        more = find_labels(rest, column_vocabulary(), forgiving=False)
        if not more or more[0].start > 0:
            break
        labels += more[:1]
        position += more[0].stop
    return labels


def is_heading(columns: Sequence[Column]) -> bool:
    """Whether these columns make a table of line items: what was sold, and for how much."""
    names = {column.name for column in columns}
    money = names & {"amount", "unit_price"}
    what = names & {"description", "sku", "quantity"}
    return (len(names) >= 3 and bool(money) and bool(what)) or {"description", "amount"} <= names
