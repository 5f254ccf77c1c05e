"""The heading row of a line-item table: which columns there are, and where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from processors.geometry import Box, union
from processors.reading.geometric.labels import Label, find_labels
from processors.reading.geometric.view import Segment, Sheet, Token
from processors.reading.geometric.vocabulary import Meaning, column_vocabulary

OTHER_COLUMN = "other"
"""Columns that are recognised so that their numbers are not taken for another's; there may be several."""
ITEM_COLUMN = "item"
"""A column called *Item* beside one called *Description*: article numbers, or the rows counted."""
UNKNOWN_COLUMN = "unknown"
"""Begins the names of columns whose heading says nothing known; arithmetic may tell what they hold."""
_AMOUNT = re.compile(r"[0-9][.,][0-9]{2}\W*$")
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
    columns = _with_amount(sheet.rows[position], columns_of(sheet.rows[position]))
    if not columns or any(map(_is_figure, sheet.rows[position])):
        return (), 1
    if not is_heading(columns):
        return _stacked(sheet, position)
    height = 1
    while height < _MOST_ROWS and _goes_on(sheet, position + height):
        following = sheet.rows[position + height]
        more = [column for column in columns_of(following) if all(column.name != known.name for known in columns)]
        covered = all(any(touches(segment.box, column.box) for column in columns) for segment in following)
        if not more and not covered and not _all_below(following, sheet.rows[position]):
            break
        height += 1
        columns += more
    return _complete(sheet.rows[position : position + height], columns), height


def _with_amount(row: Sequence[Segment], columns: list[Column]) -> list[Column]:
    """``columns`` with *VAT* and *Amount* apart where print has run them together and no other column is the amount."""
    names = {column.name for column in columns}
    if "amount" in names or "tax" not in names:
        return columns
    for segment in row:
        for first, second in pairwise(segment.tokens):
            box = union((first.box, second.box))
            parts = [_name_of(first), _name_of(second)]
            if any(column.name == "tax" and column.box == box for column in columns) and parts[1] == "amount":
                rest = [column for column in columns if column.box != box]
                return [*rest, Column(parts[0] or "tax", first.box), Column("amount", second.box)]
    return columns


def _name_of(token: Token) -> str | None:
    meanings = column_vocabulary().lookup(token.key)
    return meanings[0].name if meanings else None


def _all_below(row: Sequence[Segment], above: Sequence[Segment]) -> bool:
    return all(any(touches(segment.box, other.box) for other in above) for segment in row)


def _complete(rows: Sequence[Sequence[Segment]], columns: list[Column]) -> tuple[Column, ...]:
    """``columns`` left to right, with those whose name is spread over the rows, and those whose name says nothing."""
    found = columns
    for segment in rows[0]:
        stack = [segment, *(under for row in rows[1:] for under in row if touches(under.box, segment.box))]
        box = union(part.box for part in stack)
        inside = [column for column in found if touches(column.box, box)]
        if sum(column.box.center_y < segment.box.y1 for column in inside) > 1:
            continue
        # What a part alone seemed to name (*unit* over *price*) gives way to the name of the whole.
        rest = [column for column in found if column not in inside]
        known = _meanings_of_stack(stack) if len(stack) > 1 or not inside else ()
        name = next((m.name for m in known if all(column.name != m.name for column in rest)), None)
        if name is not None or not inside:
            found = [*rest, Column(name or f"{UNKNOWN_COLUMN}{len(found)}", box)]
    return tuple(sorted(found, key=lambda column: column.box.x0))


def _goes_on(sheet: Sheet, row: int) -> bool:
    """Whether a row may belong to the heading above it: close under it, and words only."""
    if row >= len(sheet.rows):
        return False
    segments = sheet.rows[row]
    close = segments[0].box.y0 - sheet.rows[row - 1][0].box.y1 < 0.6 * sheet.line_height
    return close and _is_words(segments)


def _is_figure(segment: Segment) -> bool:
    """Whether a segment ends in an amount, or is another number of two digits and more, which no heading holds."""
    if _AMOUNT.search(segment.text):
        return True
    return not any(map(str.isalpha, segment.text)) and sum(map(str.isdigit, segment.text)) > 1


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
    meanings = _meanings_of_stack(stack)
    if meanings:
        return [Column(meanings[0].name, union(segment.box for segment in stack))]
    return [column for segment in stack for column in columns_of([segment])]


def _meanings_of_stack(stack: list[Segment]) -> tuple[Meaning, ...]:
    return column_vocabulary().lookup(words_of(stack))


def words_of(row: Sequence[Segment]) -> str:
    """The folded words of a row, in one, however print has parted them."""
    return "".join(token.key for segment in row for token in segment.tokens)


def touches(box: Box, other: Box) -> bool:
    """Whether two boxes have a stretch of the x axis in common."""
    return box.horizontal_overlap(other) > 0


def columns_of(row: Sequence[Segment]) -> list[Column]:
    """The columns that the words of a row name, each meaning once, in printed order.

    *Amount* before what was sold, with another such name behind it (*Amount, Product, Price, Total*), is how many.
    """
    found: list[Column] = []
    weak: set[str] = set()
    for segment in row:
        for label in _all_labels(segment):
            if "amount" in {meaning.name for meaning in label.meanings} and _counts_first(found):
                found[0] = Column("quantity", found[0].box)
            taken = {column.name for column in found}
            meaning = next((m for m in label.meanings if m.name == OTHER_COLUMN or m.name not in taken), None)
            if meaning is None:
                meaning = label.meanings[0]
                if not meaning.weak and meaning.name not in weak:
                    continue
                # The surer name takes the place of the vaguer one: *Item* and *Description*.
                if not meaning.weak:
                    found = [Column(ITEM_COLUMN, c.box) if c.name == meaning.name else c for c in found]
                elif ITEM_COLUMN not in taken:
                    found.append(Column(ITEM_COLUMN, label.box))
                    continue
            name = meaning.name
            if name == "tax" and any("%" in token.text for token in label.segment.tokens[label.start :]):
                name = "tax_rate"
            found.append(Column(name, label.box))
            if meaning.weak:
                weak.add(name)
            else:
                weak.discard(name)
    return found


def _counts_first(found: Sequence[Column]) -> bool:
    """Whether the first column is called an amount, the goods and their price follow, and nothing says how many."""
    names = [column.name for column in found]
    return names[:1] == ["amount"] and {"description", "unit_price"} <= set(names) and "quantity" not in names


def _all_labels(segment: Segment) -> list[Label]:
    """The column names in ``segment``; those merged into one segment are told apart word by word, and a lone "%" ends
    one: ``VAT % Amount`` is no VAT amount.
    """
    for position, token in enumerate(segment.tokens[1:-1], 1):
        if token.text == "%":
            parts = (segment.tokens[: position + 1], segment.tokens[position + 1 :])
            return [label for part in parts for label in _all_labels(replace(segment, tokens=part))]
    labels = find_labels(segment, column_vocabulary(), forgiving=False)
    if len(segment.tokens) > 1 and sum(label.stop - label.start for label in labels) < len(segment.tokens):
        return _covering(segment) or _one_after_another(segment, labels)
    return labels


def _covering(segment: Segment) -> list[Label]:
    """Column names that together are all words of ``segment``, the longest first; none where words are left over."""
    labels: list[Label] = []
    start = 0
    while start < len(segment.tokens):
        for stop in range(len(segment.tokens), start, -1):
            meanings = column_vocabulary().lookup("".join(token.key for token in segment.tokens[start:stop]))
            if meanings:
                labels.append(Label(segment, start, stop, meanings, False, False, 1.0))
                start = stop
                break
        else:
            return []
    return labels


def _one_after_another(segment: Segment, labels: list[Label]) -> list[Label]:
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
