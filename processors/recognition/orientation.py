"""Between the page as a viewer shows it and the page as it is read: turned by quarters, or flattened.

``Page.rotation`` is the clockwise turn that makes the text run left to right, and ``Page.flat`` says where the words
lie once the page is deskewed as well. Boxes are kept in the viewer's coordinates, so that they can be drawn on
the page; layout and reading work on the upright, flat page.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from processors.document import Block, Flat, Page, Table, Word
from processors.geometry import Box, union
from processors.recognition.layout import Layout, arrange


def turn_box(box: Box, width: float, height: float, rotation: int) -> Box:
    """Where ``box`` comes to lie when its page of ``width`` x ``height`` points is turned clockwise.

    ``rotation`` is 0, 90, 180 or 270. Turning by ``r`` and then the turned page by ``360 - r`` gives the box back.
    Raises ``ValueError`` on any other angle.
    """
    if rotation == 0:
        return box
    if rotation == 90:
        return Box(height - box.y1, box.x0, height - box.y0, box.x1)
    if rotation == 180:
        return Box(width - box.x1, height - box.y1, width - box.x0, height - box.y0)
    if rotation == 270:
        return Box(box.y0, width - box.x1, box.y1, width - box.x0)
    raise ValueError(f"a page turns by 0, 90, 180 or 270 degrees, not by {rotation}")


def turned_size(width: float, height: float, rotation: int) -> tuple[float, float]:
    """Width and height of the page after the turn."""
    return (height, width) if rotation in (90, 270) else (width, height)


def upright(page: Page) -> Page:
    """The same page with its text running left to right: boxes and size turned, word ids unchanged, rotation 0.

    Where the page has a flat shape, that is what comes out (and ``flat`` is then ``None``): words have their flat
    boxes, and lines, blocks, tables and cells the boxes of their words. What has no words (figures, empty cells) keeps
    its size and goes where the words around it go.
    """
    if page.flat is not None:
        return _flattened(page, page.flat)
    if page.rotation == 0:
        return page

    def turned(box: Box) -> Box:
        return _rounded(turn_box(box, page.width, page.height, page.rotation))

    width, height = turned_size(page.width, page.height, page.rotation)
    return replace(
        page,
        width=width,
        height=height,
        words=tuple(replace(word, box=turned(word.box)) for word in page.words),
        lines=tuple(replace(line, box=turned(line.box)) for line in page.lines),
        blocks=tuple(replace(block, box=turned(block.box)) for block in page.blocks),
        tables=tuple(_table_moved(table, turned) for table in page.tables),
        rotation=0,
    )


def _flattened(page: Page, flat: Flat) -> Page:
    """The page as it lies flat."""
    words = tuple(replace(word, box=box) for word, box in zip(page.words, flat.boxes, strict=True))
    carried = _carrier(page, flat)

    def around(indexes: Iterable[int], shown: Box) -> Box:
        boxes = [flat.boxes[index] for index in indexes]
        return union(boxes) if boxes else carried(shown)

    def block_box(block: Block) -> Box:
        return around((index for line in block.lines for index in page.lines[line].words), block.box)

    tables = []
    for table in page.tables:
        cells = tuple(replace(cell, box=around(cell.words, cell.box)) for cell in table.cells)
        inside = (index for cell in table.cells for index in cell.words)
        tables.append(replace(table, cells=cells, box=around(inside, table.box)))
    return replace(
        page,
        width=flat.width,
        height=flat.height,
        words=words,
        lines=tuple(replace(line, box=around(line.words, line.box)) for line in page.lines),
        blocks=tuple(replace(block, box=block_box(block)) for block in page.blocks),
        tables=tuple(tables),
        rotation=0,
        flat=None,
    )


def _carrier(page: Page, flat: Flat) -> Callable[[Box], Box]:
    """Moves a box of the viewer's page to the flat one: its middle by the affine map that fits the words' middles best
    (least squares), its size turned by the quarter turn."""

    def carried(box: Box) -> Box:
        import numpy as np

        shown = np.array([(word.box.center_x, word.box.center_y, 1.0) for word in page.words])
        lying = np.array([(lain.center_x, lain.center_y) for lain in flat.boxes])
        if len(shown):
            x, y = (np.array([box.center_x, box.center_y, 1.0]) @ np.linalg.lstsq(shown, lying, rcond=None)[0]).tolist()
        else:
            x, y = flat.width / 2, flat.height / 2
        width, height = turned_size(box.width, box.height, page.rotation)
        return _rounded(Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2))

    return carried


def _table_moved(table: Table, move: Callable[[Box], Box]) -> Table:
    cells = tuple(replace(cell, box=move(cell.box)) for cell in table.cells)
    return replace(table, cells=cells, box=move(table.box))


def arrange_turned(words: Sequence[Word], width: float, height: float, rotation: int) -> Layout:
    """As :func:`arrange`, for words in the viewer's coordinates of a page that is read turned by ``rotation``."""
    if rotation == 0:
        return arrange(words)
    layout = arrange([replace(word, box=turn_box(word.box, width, height, rotation)) for word in words])
    turned_width, turned_height = turned_size(width, height, rotation)

    def back(box: Box) -> Box:
        return _rounded(turn_box(box, turned_width, turned_height, (360 - rotation) % 360))

    return Layout(
        tuple(replace(word, box=back(word.box)) for word in layout.words),
        tuple(replace(line, box=back(line.box)) for line in layout.lines),
        tuple(replace(block, box=back(block.box)) for block in layout.blocks),
    )


def arrange_flat(words: Sequence[Word], flat_boxes: Sequence[Box]) -> tuple[Layout, tuple[Box, ...]]:
    """As :func:`arrange`, for words in the viewer's coordinates whose places on the flat page are ``flat_boxes``.

    Lines and blocks are found on the flat page; all boxes of the layout are in the viewer's coordinates, those of lines
    and blocks around their words. The second result has the flat boxes in the order of the layout's words. Raises
    ``ValueError`` where there is not one flat box a word.
    """
    # The layout goes by places alone, so each word can carry its index through it as text.
    lying = [Word(0, str(index), box, 1.0) for index, (_, box) in enumerate(zip(words, flat_boxes, strict=True))]
    layout = arrange(lying)
    order = [int(word.text) for word in layout.words]
    ordered = tuple(replace(words[old], id=new) for new, old in enumerate(order))
    lines = tuple(replace(line, box=union(ordered[index].box for index in line.words)) for line in layout.lines)
    blocks = tuple(replace(block, box=union(lines[index].box for index in block.lines)) for block in layout.blocks)
    return Layout(ordered, lines, blocks), tuple(flat_boxes[old] for old in order)


def _rounded(box: Box) -> Box:
    """Pages carry two decimals; turning adds only floating-point noise beyond them."""
    return Box(round(box.x0, 2), round(box.y0, 2), round(box.x1, 2), round(box.y1, 2))
