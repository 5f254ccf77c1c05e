"""Places a Word document's paragraphs and tables on pages, in one sans-serif font.

Not Word's own layout: line ends and page ends differ. What holds is the order of the text, the rows and columns of
tables, tab stops, sizes and weights. No word is divided in a table, and a page is as wide as its widest table needs:
a figure cut in two would be read as two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from processors.intake.office_marks import Image, Mark, Piece, Rule, moved
from processors.intake.office_model import (
    Block,
    PageBreak,
    Paragraph,
    Picture,
    Section,
    TableBlock,
    TableCell,
)
from processors.intake.office_text import least_width, lines_of

_AFTER = 4.0  # below a paragraph of running text
_PAD_X, _PAD_Y = 5.4, 2.0  # within a cell; Word's own default across
_EDGE = 18.0  # from the paper's edge to header and footer
_MOST_EDGE = 0.35  # of the page's height for a header or a footer; a higher one flows with the text


@dataclass(frozen=True, slots=True)
class PlacedPage:
    """A page of ``width`` x ``height`` points with its marks in reading order."""

    width: float
    height: float
    marks: tuple[Mark, ...]


def lay_out(sections: Sequence[Section]) -> Iterator[PlacedPage]:
    """The pages, one after the other. Raises ``RecursionError`` for tables nested too deep."""
    page: _Page | None = None
    for section in sections:
        flow = _Flow(section)
        if page is None or not (section.continuous and page.size == flow.size):
            if page is not None:
                yield page.done()
            page = _Page(flow, first=True)
        for piece in flow.pieces():
            if piece.page_break is not None:
                if page.started or piece.page_break.leaves_blank:
                    yield page.done()
                    page = _Page(flow)
                continue
            if not page.takes(piece):
                yield page.done()
                page = _Page(flow)
            page.add(piece)
    if page is not None:
        yield page.done()


class _Flow:
    """A section's pieces, and the frame that its pages have."""

    def __init__(self, section: Section) -> None:
        left, self.top, right, self.bottom = section.margins
        self.left = left
        edges = (section.header, section.footer, section.first_header or (), section.first_footer or ())
        needed = max((_least_width(block) for group in (section.blocks, *edges) for block in group), default=0.0)
        self.column = max(section.width - left - right, needed)
        self.size = (round(left + self.column + right, 2), section.height)
        self._tallest = section.height * (1 - 2 * _MOST_EDGE) - 2 * _EDGE
        self._lead: list[Piece] = []
        self._header, self._footer = self._edge(section.header), self._edge(section.footer)
        own = section.first_header is not None
        self._first_header = self._edge(section.first_header or ()) if own else self._header
        self._first_footer = self._edge(section.first_footer or ()) if own else self._footer
        self._blocks = section.blocks

    def header(self, first: bool) -> list[Piece]:
        return self._first_header if first else self._header

    def footer(self, first: bool) -> list[Piece]:
        return self._first_footer if first else self._footer

    def pieces(self) -> Iterator[Piece]:
        yield from self._lead
        for block in self._blocks:
            yield from _pieces(block, self.column, self._tallest, _AFTER)

    def _edge(self, blocks: Sequence[Block]) -> list[Piece]:
        found = [piece for block in blocks for piece in _pieces(block, self.column, self._tallest, 0.0)]
        if not any(piece.marks for piece in found):
            return []
        if sum(piece.height for piece in found) > _MOST_EDGE * self.size[1]:
            self._lead += found
            return []
        return found


class _Page:
    """A page as it fills."""

    def __init__(self, flow: _Flow, first: bool = False) -> None:
        self.size = flow.size
        self.started = False
        self._left = flow.left
        self._marks: list[Mark] = []
        header, self._footer = flow.header(first), flow.footer(first)
        height = sum(piece.height for piece in header)
        self._place(header, _EDGE)
        self._y = max(flow.top, _EDGE + height + _AFTER if header else 0.0)
        foot = sum(piece.height for piece in self._footer)
        self._foot_top = self.size[1] - _EDGE - foot
        self._end = min(self.size[1] - flow.bottom, self._foot_top - _AFTER if self._footer else self.size[1])

    def takes(self, piece: Piece) -> bool:
        """Whether the piece fits below the others; the first one always does."""
        return not self.started or self._y + piece.height <= self._end

    def add(self, piece: Piece) -> None:
        self._place([piece], self._y)
        self._y += piece.height
        self.started = True

    def done(self) -> PlacedPage:
        self._place(self._footer, self._foot_top)
        return PlacedPage(*self.size, tuple(self._marks))

    def _place(self, pieces: Sequence[Piece], y: float) -> None:
        for piece in pieces:
            self._marks += [moved(mark, self._left, y) for mark in piece.marks]
            y += piece.height


def _pieces(block: Block, width: float, tallest: float, after: float) -> list[Piece]:
    if isinstance(block, PageBreak):
        return [Piece(0.0, page_break=block)]
    if isinstance(block, Picture):
        return [_picture(block, width, tallest)]
    if isinstance(block, TableBlock):
        return [*_table(block, width, tallest), Piece(after)]
    lines = lines_of(block, width)
    lines[-1].height += after
    return lines


def _picture(picture: Picture, width: float, tallest: float) -> Piece:
    if picture.width <= 0 or picture.height <= 0:
        return Piece(0.0)
    scale = min(1.0, width / picture.width, tallest / picture.height)
    placed = Picture(picture.part, picture.width * scale, picture.height * scale)
    return Piece(placed.height + _AFTER, [Image(0.0, 0.0, placed)])


def _table(table: TableBlock, width: float, tallest: float) -> list[Piece]:
    edges = [0.0]
    for column_width in _column_widths(table, width):
        edges.append(edges[-1] + column_width)
    pieces: list[Piece] = []
    for index, row in enumerate(table.rows):
        below = table.rows[index + 1] if index + 1 < len(table.rows) else ()
        continued = {cell.column for cell in below if cell.continued}
        pieces += _row(row, edges, table.ruled, continued, tallest)
    return pieces


def _row(
    row: Sequence[TableCell], edges: Sequence[float], ruled: bool, continued: set[int], tallest: float
) -> list[Piece]:
    """The row, in several pieces only where it is higher than a page may be."""
    waiting: list[list[Piece]] = []
    for cell in row:
        inner = edges[cell.column + cell.span] - edges[cell.column] - 2 * _PAD_X
        waiting.append([piece for block in cell.blocks for piece in _pieces(block, inner, tallest, 0.0)])
    found: list[Piece] = []
    while True:
        taken = [_take(pieces, tallest - 2 * _PAD_Y) for pieces in waiting]
        height = max((sum(piece.height for piece in pieces) for pieces in taken), default=0.0) + 2 * _PAD_Y
        band = Piece(height)
        for cell, pieces in zip(row, taken, strict=True):
            y = _PAD_Y
            for piece in pieces:
                band.marks += [moved(mark, edges[cell.column] + _PAD_X, y) for mark in piece.marks]
                y += piece.height
        last = not any(waiting)
        if ruled:
            for cell in row:
                open_below = last and cell.column in continued
                band.marks += _frame(cell, edges, height, top=not cell.continued, bottom=not open_below)
        found.append(band)
        if last:
            return found


def _take(pieces: list[Piece], height: float) -> list[Piece]:
    """As many as fit into ``height``, at least one, off the beginning of ``pieces``."""
    count, used = 0, 0.0
    for piece in pieces:
        if count and used + piece.height > height:
            break
        count, used = count + 1, used + piece.height
    taken = pieces[:count]
    del pieces[:count]
    return taken


def _frame(cell: TableCell, edges: Sequence[float], height: float, top: bool, bottom: bool) -> Iterator[Rule]:
    x0, x1 = edges[cell.column], edges[cell.column + cell.span]
    yield Rule(x0, 0.0, x0, height)
    yield Rule(x1, 0.0, x1, height)
    if top:
        yield Rule(x0, 0.0, x1, 0.0)
    if bottom:
        yield Rule(x0, height, x1, height)


def _column_widths(table: TableBlock, width: float) -> list[float]:
    """As stated, but none narrower than its widest word, and together within ``width`` where that is possible."""
    least = _least_columns(table)
    stated = list(table.widths)
    if not all(stated):
        shared = max(width - sum(stated), 0.0) / max(stated.count(0.0), 1)
        stated = [value or shared for value in stated]
    wished = [max(value, floor) for value, floor in zip(stated, least, strict=True)]
    spare = sum(wished) - sum(least)
    if sum(wished) <= width or spare <= 0:
        return wished
    share = max(width - sum(least), 0.0) / spare
    return [floor + (value - floor) * share for value, floor in zip(wished, least, strict=True)]


def _least_columns(table: TableBlock) -> list[float]:
    """What each column needs. A spanning cell's need goes to its columns in equal parts, after the single ones'."""
    least = [2 * _PAD_X] * len(table.widths)
    cells = sorted((cell for row in table.rows for cell in row), key=lambda cell: cell.span)
    for cell in cells:
        needed = max((_least_width(block) for block in cell.blocks), default=0.0) + 2 * _PAD_X
        columns = range(cell.column, cell.column + cell.span)
        missing = needed - sum(least[column] for column in columns)
        for column in columns if missing > 0 else ():
            least[column] += missing / cell.span
    return least


def _least_width(block: Block) -> float:
    """The narrowest that the block can be set without dividing a word."""
    if isinstance(block, TableBlock):
        return sum(_least_columns(block))
    if isinstance(block, Paragraph):
        return least_width(block)
    return 0.0
