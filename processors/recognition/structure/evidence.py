"""Is it a table? What stands in the columns decides."""

import re
from collections.abc import Sequence

from processors.recognition.structure.columns import Placed
from processors.recognition.structure.parts import Kind, Row

_TIGHT = 0.2  # white space in line heights between lines of one wrapped heading
_PITCH = 1.3  # line heights from one row of a table of words to the next; addresses are set closer
_FULL = 0.85  # share of the column's width that running text fills
_MOST_HEADINGS = 4
_LABEL = re.compile(r"^:|[^\W\d]\.?\s?:")


def peel_heading(rows: Sequence[Row], placed: Sequence[Sequence[Placed]], unit: float) -> int:
    """How many of the rows on top are headings: no numbers in them where their column mostly has some."""
    numbers = numeric_columns(placed)
    if not numbers:
        return 1
    amounts = {column for column in numbers if _mostly(placed, column, Kind.AMOUNT)}
    height = 0
    while height < min(_MOST_HEADINGS, len(rows) - 1):
        cells = placed[height]
        if any(_is_value(cell, numbers, amounts) for cell in cells):
            break
        over_numbers = any(column in numbers for cell in cells for column in range(cell.first, cell.last + 1))
        wrapped = height > 0 and rows[height].top - rows[height - 1].bottom <= _TIGHT * unit
        if not over_numbers and not wrapped and (len(cells) < 2 or height > 0):
            break
        height += 1
    return height


def _is_value(cell: Placed, numbers: set[int], amounts: set[int]) -> bool:
    if cell.piece.kind is Kind.WORDS or cell.first not in numbers:
        return False
    return not (cell.piece.kind is Kind.NUMBER and cell.first in amounts)


def numeric_columns(placed: Sequence[Sequence[Placed]]) -> set[int]:
    """Columns of which at least half the cells are numbers."""
    found = set()
    for column in {cell.first for row in placed for cell in row}:
        kinds = [cell.piece.kind for row in placed for cell in row if cell.first == column == cell.last]
        if kinds and 2 * sum(kind > Kind.WORDS for kind in kinds) >= len(kinds):
            found.add(column)
    return found


def _mostly(placed: Sequence[Sequence[Placed]], column: int, kind: Kind) -> bool:
    kinds = [cell.piece.kind for row in placed for cell in row if cell.first == column == cell.last]
    return 2 * sum(found is kind for found in kinds) >= len(kinds)


def is_table(rows: Sequence[Row], placed: Sequence[Sequence[Placed]], heading: int, columns: int, unit: float) -> bool:
    """Numbers under headings, several columns of numbers, or short words in open rows."""
    body = placed[heading:]
    numbers = numeric_columns(placed)
    amounts = sum(_mostly(body, column, Kind.AMOUNT) for column in numbers)
    named = heading > 0 and _is_named(placed[:heading], columns)
    if _is_prose(placed, columns) or (_has_labels(placed, columns) and not (named and amounts)):
        return False
    if not numbers:
        return columns >= 3 and _is_open(rows, placed, columns, unit)
    numeric_rows = sum(any(c.first in numbers and c.piece.kind > Kind.WORDS for c in row) for row in body)
    if named:
        return columns >= 3 or (numeric_rows >= 2 and amounts > 0)
    return columns >= 3 and len(numbers) >= 2 and amounts >= 1 and numeric_rows >= 2


def is_label(text: str) -> bool:
    """Whether the text is a label, or a label and its value: a colon after letters, or before the value."""
    return _LABEL.search(text) is not None


def _has_labels(placed: Sequence[Sequence[Placed]], columns: int) -> bool:
    """Whether a column is one of labels, which end with a colon or have their value right behind it."""
    for column in range(columns):
        texts = [cell.piece.text for row in placed for cell in row if cell.first == column]
        if texts and 2 * sum(map(is_label, texts)) >= len(texts):
            return True
    return False


def _is_named(heading: Sequence[Sequence[Placed]], columns: int) -> bool:
    """Whether the headings together stand over most columns."""
    covered = {column for row in heading for cell in row for column in range(cell.first, cell.last + 1)}
    return len(covered) >= 0.6 * columns


def _is_prose(placed: Sequence[Sequence[Placed]], columns: int) -> bool:
    """Running text fills the width of its column, line after line, in more than one column."""
    prose = 0
    for column in range(columns):
        cells = [cell.piece for row in placed for cell in row if cell.first == column == cell.last]
        if len(cells) < 3:
            continue
        width = max(cell.box.x1 for cell in cells) - min(cell.box.x0 for cell in cells)
        full = sum(cell.box.width >= _FULL * width and len(cell.words) >= 3 for cell in cells)
        prose += 3 * full >= 2 * len(cells)
    return prose >= 2


def _is_open(rows: Sequence[Row], placed: Sequence[Sequence[Placed]], columns: int, unit: float) -> bool:
    """Rows of words: nearly all cells filled, on at least four rows, set apart more than lines of a text are."""
    if len(rows) < 4 or sum(map(len, placed)) < 0.85 * columns * len(rows):
        return False
    return rows[-1].top - rows[0].top >= _PITCH * unit * (len(rows) - 1)
