"""What a reader sees of a document: its pages without what running headers and footers say again."""

from collections.abc import Sequence

from processors.document import BlockKind, Page
from processors.geometry import Box
from processors.recognition.orientation import upright
from processors.recognition.structure.margins import is_page_number, mark, repeated_lines
from processors.recognition.structure.page import without

_FIGURES = frozenset({BlockKind.FIGURE})
_RUNNING = frozenset({BlockKind.FIGURE, BlockKind.HEADER, BlockKind.FOOTER})
_SAME_ROW = 0.5  # common height, in heights of the lower line
_COLUMNS = 3  # lines side by side from which on a row may be the heading of a table


def as_read(pages: Sequence[Page]) -> list[Page]:
    """The pages of a document for a reader. All words stay, so their ids stay valid; lines and blocks are left out.

    From the second page on these are page numbers, and running headers and footers that the first page has too, word
    for word and digit for digit: a sum at the foot of every page is none, and the first page keeps its letterhead and
    its bank details. Rows that may head a table's columns stay. Figures are left out of every page.
    """
    found: list[Page] = []
    first: set[tuple[BlockKind, str]] = set()
    for page, repeated in zip(pages, repeated_lines(pages), strict=True):
        texts = {index: page.line_text(page.lines[index]) for index in repeated}
        if not found:
            first = {(kind, texts[index]) for index, kind in repeated.items()}
            found.append(without(page, _FIGURES))
            continue
        again = {
            index: kind
            for index, kind in repeated.items()
            if is_page_number(texts[index]) or ((kind, texts[index]) in first and not _heads_columns(page, index, kind))
        }
        found.append(without(mark(page, again), _RUNNING))
    return found


def _heads_columns(page: Page, index: int, kind: BlockKind) -> bool:
    if kind is BlockKind.FOOTER:
        return False
    lines = upright(page).lines
    own = lines[index].box
    return sum(_beside(own, line.box) for line in lines) >= _COLUMNS


def _beside(first: Box, second: Box) -> bool:
    """Whether the two stand on one row; each does with itself."""
    return first.vertical_overlap(second) > _SAME_ROW * min(first.height, second.height)
