"""The structure of a page: typed blocks, tables and reading order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from processors.document import Block, BlockKind, Flat, Line, Page, Table, Word
from processors.geometry import Box, union
from processors.recognition.layout import group_lines, link_words, order_blocks
from processors.recognition.orientation import upright
from processors.recognition.structure.aligned import aligned_tables
from processors.recognition.structure.draft import Draft, to_table
from processors.recognition.structure.margins import margin_kind
from processors.recognition.structure.parts import make_piece
from processors.recognition.structure.placing import Placing
from processors.recognition.structure.ruled import ruled_tables
from processors.recognition.structure.rulings import Ruling, joined

_BARRIER = 0.4  # share of the page's width from which on a rule parts what stands above and below it
_SAME_LINE = 0.75  # vertical distance of two words' centres, in heights of the smaller one


@dataclass(frozen=True, slots=True)
class _Block:
    """A block in the making: its lines as words, top to bottom, in the coordinates of the page as it is read."""

    kind: BlockKind
    lines: list[list[int]]
    box: Box
    draft: Draft | None = None


def structure(page: Page, rulings: Sequence[Ruling] = (), figures: Sequence[Box] = ()) -> Page:
    """The page with typed blocks, tables and reading order.

    ``rulings`` (lines that the page draws) and ``figures`` (pictures) lie where the page is read: on the flattened page
    where :attr:`Page.flat` is set, else on the page as a viewer shows it. The words' texts, boxes and confidences stay
    as they are; words, lines and blocks are put in reading order and renumbered, tables by cells. Each word is in one
    line and each line in one block; a table's lines are those of its cells. A picture with text in it is no figure.
    Boxes of lines and blocks are in the page's own coordinates; those of cells are mapped back there. Deterministic.
    """
    placing = Placing(page)
    boxes = [word.box for word in upright(page).words]
    texts = [word.text for word in page.words]
    drawn = joined(_turned(ruling, placing) for ruling in rulings)
    pictures = [placing.turned(figure) for figure in figures]
    lines = _parted(
        link_words([Word(word.id, word.text, box, 1.0) for word, box in zip(page.words, boxes, strict=True)]),
        boxes,
        drawn,
    )
    unit = median(box.height for box in boxes) if boxes else 10.0
    drafts = ruled_tables(lines, texts, boxes, drawn, unit)
    in_grids = {word for draft in drafts for word in draft.all_words()}
    rest = [
        make_piece(left, texts, boxes) for line in lines if (left := [word for word in line if word not in in_grids])
    ]
    drafts += aligned_tables(rest, texts, boxes, drawn, unit)
    blocks = _blocks(lines, boxes, drafts, pictures, placing)
    ordered = _ordered(blocks, boxes, drawn, placing.width)
    return _built(page, ordered, placing)


def _turned(ruling: Ruling, placing: Placing) -> Ruling:
    box = placing.turned(Box(ruling.x0, ruling.y0, ruling.x1, ruling.y1))
    return Ruling(box.x0, box.y0, box.x1, box.y1)


def _parted(lines: Sequence[list[int]], boxes: Sequence[Box], rulings: Sequence[Ruling]) -> list[list[int]]:
    """The lines, parted where a vertical line stands between two words."""
    verticals = sorted((line for line in rulings if not line.horizontal), key=lambda line: line.x0)
    if not verticals:
        return list(lines)
    parted: list[list[int]] = []
    for line in lines:
        current = [line[0]]
        low, high = boxes[line[0]].x0, boxes[line[-1]].x1
        y = boxes[line[0]].center_y
        near = [ruling.x0 for ruling in verticals if low < ruling.x0 < high and ruling.y0 <= y <= ruling.y1]
        for left, right in pairwise(line):
            between = (boxes[left].center_x, boxes[right].center_x)
            if near and any(
                between[0] < x < between[1] and boxes[left].x1 - 1 <= x <= boxes[right].x0 + 1 for x in near
            ):
                parted.append(current)
                current = []
            current.append(right)
        parted.append(current)
    return parted


def _blocks(
    lines: Sequence[list[int]],
    boxes: Sequence[Box],
    drafts: Sequence[Draft],
    figures: Sequence[Box],
    placing: Placing,
) -> list[_Block]:
    """All blocks of the page, in no order."""
    blocks = [_table_block(draft, boxes) for draft in drafts]
    in_tables = {word for draft in drafts for word in draft.all_words()}
    rest = [left for line in lines if (left := [word for word in line if word not in in_tables])]
    outlines = [union(boxes[word] for word in line) for line in rest]
    for group in group_lines(outlines):
        box = union(outlines[index] for index in group)
        text = [" ".join(placing.page.words[word].text for word in rest[index]) for index in group]
        blocks.append(_Block(margin_kind(text, box, placing.height), [rest[index] for index in group], box))
    for figure in figures:
        if not any(_holds(figure, outline) for outline in outlines) and figure.width > 0 and figure.height > 0:
            blocks.append(_Block(BlockKind.FIGURE, [], figure))
    return blocks


def _holds(figure: Box, line: Box) -> bool:
    return figure.x0 <= line.center_x <= figure.x1 and figure.y0 <= line.center_y <= figure.y1


def _table_block(draft: Draft, boxes: Sequence[Box]) -> _Block:
    """The lines of the cells, row by row; a cell's words of one line are one."""
    lines: list[list[int]] = []
    for area in sorted(draft.grid.areas, key=lambda area: (area.top, area.left)):
        previous: Box | None = None
        for word in draft.words.get(area, ()):
            box = boxes[word]
            if previous is None or box.x0 < previous.center_x or _apart(previous, box):
                lines.append([])
            lines[-1].append(word)
            previous = box
    return _Block(BlockKind.TABLE, lines, union(boxes[word] for line in lines for word in line), draft)


def _apart(word: Box, other: Box) -> bool:
    """Whether two words stand on different lines, as a logo and what is printed half under it."""
    return abs(word.center_y - other.center_y) > _SAME_LINE * min(word.height, other.height)


def _ordered(blocks: Sequence[_Block], boxes: Sequence[Box], rulings: Sequence[Ruling], width: float) -> list[_Block]:
    """Running headers, then the page's body, then its footers; each in reading order."""
    order: list[_Block] = []
    tables = [block.box for block in blocks if block.kind is BlockKind.TABLE]
    barriers = [
        Box(line.x0, line.y0, line.x1, line.y1)
        for line in rulings
        if line.horizontal
        and line.length >= _BARRIER * width
        and not any(box.y0 - 2 <= line.y0 <= box.y1 + 2 for box in tables)
    ]
    body = (BlockKind.TEXT, BlockKind.TABLE, BlockKind.FIGURE)
    for kinds in ((BlockKind.HEADER,), body, (BlockKind.FOOTER,)):
        members = [block for block in blocks if block.kind in kinds]
        if not members:
            continue
        outlines: list[Box] = []
        groups: list[list[int]] = []
        for block in members:
            # A table or figure counts as one line: how large its print is says nothing about headings.
            found = [union(boxes[word] for word in line) for line in block.lines]
            found = found if block.kind is BlockKind.TEXT else [block.box]
            groups.append(list(range(len(outlines), len(outlines) + len(found))))
            outlines += found
        order += [members[index] for index in order_blocks(groups, outlines, barriers if kinds == body else ())]
    return order


def _built(page: Page, blocks: Sequence[_Block], placing: Placing) -> Page:
    old_order = [word for block in blocks for line in block.lines for word in line]
    renumbered = [0] * len(old_order)
    for new, old in enumerate(old_order):
        renumbered[old] = new
    moved = ((new, page.words[old]) for new, old in enumerate(old_order))
    words = tuple(Word(new, word.text, word.box, word.confidence) for new, word in moved)
    lines: list[Line] = []
    built: list[Block] = []
    tables: list[Table] = []
    for block in blocks:
        first = len(lines)
        for line in block.lines:
            members = tuple(renumbered[word] for word in line)
            lines.append(Line(members, union(words[index].box for index in members)))
        inside = [line.box for line in lines[first:]]
        box = union(inside) if inside else placing.back(block.box)
        built.append(Block(tuple(range(first, len(lines))), box, block.kind))
        if block.draft is not None:
            tables.append(placing.table_back(to_table(block.draft, renumbered)))
    flat = page.flat
    if flat is not None:
        flat = Flat(flat.width, flat.height, tuple(flat.boxes[old] for old in old_order))
    return replace(page, words=words, lines=tuple(lines), blocks=tuple(built), tables=tuple(tables), flat=flat)


def without(page: Page, kinds: frozenset[BlockKind]) -> Page:
    """The page without the blocks of ``kinds``, nor their lines and tables. All words stay, so their ids stay valid."""
    left = [block for block in page.blocks if block.kind not in kinds]
    lines: list[Line] = []
    blocks: list[Block] = []
    for block in left:
        first = len(lines)
        lines += [page.lines[index] for index in block.lines]
        blocks.append(replace(block, lines=tuple(range(first, len(lines)))))
    tables = () if BlockKind.TABLE in kinds else page.tables
    return replace(page, lines=tuple(lines), blocks=tuple(blocks), tables=tables)
