"""Words to lines to blocks, in reading order; the same for a text layer and for OCR.

The method is bottom-up, in the manner of O'Gorman's docstrum (1993): each word is linked to its nearest neighbour
on the right, chains of links are lines, and lines that stand close below one another are blocks. All distances are
measured in word heights, so that the result does not depend on where the words lie nor on how large they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from processors.document import Block, Line, Word
from processors.geometry import Box, union
from processors.recognition.structure.order import reading_order

# A space is about 0.25 of the font size; a word box is 1.0 to 1.4 font sizes high. From 0.9 heights on, a gap is
# a column's (a label and its value, two cells), even in monospaced receipts, where two blanks make 1.0 heights.
_WIDEST_SPACE = 0.9
_SAME_BASELINE = 0.5  # vertical distance of the centres, in heights of the smaller word
_DEEPEST_OVERLAP = 0.5  # how far a word may reach into its neighbour (italics, kerning, rough OCR boxes)
_MOST_BESIDE = 300  # words within half a line's height that are looked at; print has a tenth of that, attacks have more
_BLOCK_GAP = 0.8  # white space between two lines of a block, in line heights
_BLOCK_SIZE_RATIO = 1.4  # a heading and its text are not one block
_HEADING = 1.3  # line heights from which on print is larger than the page's ordinary text
_BLOCK_OVERLAP = 0.5  # common horizontal stretch, in widths of the narrower line


@dataclass(frozen=True, slots=True)
class Layout:
    """Words with ``id`` equal to their position, and lines and blocks over them, all in reading order."""

    words: tuple[Word, ...]
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]


def arrange(words: Sequence[Word]) -> Layout:
    """Order ``words`` and group them into lines and blocks.

    In: words of one upright page in any order (their ids are ignored). Out: the same words, renumbered; each is in
    exactly one line, and each line in exactly one block. Moving all words by one vector changes no grouping.
    Runs in O(n log n) on ordinary pages, and never in more than a few hundred steps a word.
    """
    if not words:
        return Layout((), (), ())
    chains = link_words(words)
    boxes = [union(words[index].box for index in chain) for chain in chains]
    ordered_words: list[Word] = []
    lines: list[Line] = []
    blocks: list[Block] = []
    for group in _in_order(group_lines(boxes), boxes):
        first_line = len(lines)
        for chain_index in group:
            first_word = len(ordered_words)
            for index in chains[chain_index]:
                word = words[index]
                ordered_words.append(Word(len(ordered_words), word.text, word.box, word.confidence))
            lines.append(Line(tuple(range(first_word, len(ordered_words))), boxes[chain_index]))
        blocks.append(Block(tuple(range(first_line, len(lines))), union(boxes[index] for index in group)))
    return Layout(tuple(ordered_words), tuple(lines), tuple(blocks))


def link_words(words: Sequence[Word]) -> list[list[int]]:
    """Lines as chains of word indexes, left to right: a link needs each word to be the other's nearest neighbour."""
    right_of: dict[int, tuple[float, int]] = {}
    left_of: dict[int, tuple[float, int]] = {}
    for gap, left, right in _links(words):
        right_of[left] = min(right_of.get(left, (gap, right)), (gap, right))
        left_of[right] = min(left_of.get(right, (gap, left)), (gap, left))
    follower = {left: right for left, (_, right) in right_of.items() if left_of[right][1] == left}
    heads = set(range(len(words))) - set(follower.values())
    chains = []
    for head in sorted(heads):
        chain = [head]
        while chain[-1] in follower:
            chain.append(follower[chain[-1]])
        chains.append(chain)
    return chains


def _links(words: Sequence[Word]) -> Iterator[tuple[float, int, int]]:
    """Pairs that may be neighbours on a line: their distance in points, the left and the right word's index.

    This is where layout spends its time, hence the plain tuples: (center y, x0, x1, height, index), by center y.
    """
    rows = sorted(
        ((box.y0 + box.y1) / 2, box.x0, box.x1, box.y1 - box.y0, index)
        for index, box in enumerate(word.box for word in words)
    )
    for position, (upper_y, x0, x1, height, index) in enumerate(rows):
        reach = upper_y + _SAME_BASELINE * height
        for later in range(position + 1, min(position + _MOST_BESIDE, len(rows))):
            lower_y, other_x0, other_x1, other_height, other = rows[later]
            if lower_y > reach:
                break
            smaller = min(height, other_height)
            if lower_y - upper_y > _SAME_BASELINE * smaller:
                continue
            toward_right = other_x0 + other_x1 - x0 - x1
            gap = other_x0 - x1 if toward_right > 0 else x0 - other_x1
            if (
                toward_right == 0
                or gap > _WIDEST_SPACE * (height + other_height) / 2
                or gap < -_DEEPEST_OVERLAP * smaller
            ):
                continue
            yield (abs(gap), index, other) if toward_right > 0 else (abs(gap), other, index)


def group_lines(boxes: Sequence[Box]) -> list[list[int]]:
    """Blocks as lists of line indexes, top to bottom: connected components of "stands close below".

    A line with two others side by side under or over it (a heading over columns) is not of their block.
    """
    parents = list(range(len(boxes)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    pairs = _close_pairs(boxes)
    below: dict[int, list[int]] = {}
    above: dict[int, list[int]] = {}
    for upper, lower in pairs:
        below.setdefault(upper, []).append(lower)
        above.setdefault(lower, []).append(upper)
    for upper, lower in pairs:
        if not _side_by_side(boxes, below[upper]) and not _side_by_side(boxes, above[lower]):
            parents[root(lower)] = root(upper)
    groups: dict[int, list[int]] = {}
    for index in sorted(range(len(boxes)), key=lambda index: (boxes[index].center_y, boxes[index].x0)):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())


def _close_pairs(boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """Upper and lower line, for all that stand close enough to be of one block."""
    pairs = []
    by_top = sorted(range(len(boxes)), key=lambda index: boxes[index].y0)
    for position, upper in enumerate(by_top):
        deepest = boxes[upper].y1 + _BLOCK_GAP * _BLOCK_SIZE_RATIO * boxes[upper].height
        for lower in by_top[position + 1 : position + _MOST_BESIDE]:
            if boxes[lower].y0 > deepest:
                break
            if _same_block(boxes[upper], boxes[lower]):
                pairs.append((upper, lower))
    return pairs


def _side_by_side(boxes: Sequence[Box], lines: Sequence[int]) -> bool:
    """Whether two of ``lines`` stand beside one another, more than a blank apart."""
    if len(lines) < 2:
        return False
    row = sorted((boxes[index] for index in lines), key=lambda box: box.x0)
    return any(right.x0 > left.x1 and left.vertical_overlap(right) > 0 for left, right in pairwise(row))


def _same_block(upper: Box, lower: Box) -> bool:
    small, large = sorted((upper.height, lower.height))
    if large > _BLOCK_SIZE_RATIO * small or lower.center_y - upper.center_y < 0.5 * small:
        return False
    if lower.y0 - upper.y1 > _BLOCK_GAP * small:
        return False
    return upper.horizontal_overlap(lower) >= _BLOCK_OVERLAP * min(upper.width, lower.width)


def _in_order(groups: list[list[int]], boxes: Sequence[Box]) -> list[list[int]]:
    return [groups[index] for index in order_blocks(groups, boxes)]


def order_blocks(groups: Sequence[Sequence[int]], boxes: Sequence[Box], barriers: Sequence[Box] = ()) -> list[int]:
    """Reading order of blocks of lines: positions in ``groups``. ``boxes`` are the lines'; no block is empty."""
    unit = median(box.height for box in boxes)
    headings = frozenset(
        index for index, group in enumerate(groups) if boxes[group[0]].height > _HEADING * unit and len(group) <= 2
    )
    return reading_order([union(boxes[line] for line in group) for group in groups], unit, headings, barriers)
