"""Reading order of blocks: columns one after the other, full-width blocks between them.

A variant of the recursive XY-cut (Nagy and Seth, 1984) that does not cut through columns: horizontal strips that have
a gutter in common are taken together before they are cut along it, so paragraphs that happen to end at one height in
two columns are not read across. A block that lies over the gutter (a heading, a table, a rule) ends the columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from processors.geometry import Box

_TOUCHING = 0.2  # overlap in line heights at which two blocks still count as apart: boxes of OCR are rough
_GUTTER = 0.3  # least width in line heights
_SECTION = 3.5  # white space in line heights that ends columns
_DEEPEST = 16  # cuts within cuts; real pages need three or four

Interval = tuple[float, float]


@dataclass(slots=True)
class _Group:
    """Consecutive strips with a gutter in common. ``inked``: their merged stretches of the x axis."""

    members: list[int]
    inked: list[Interval]
    bottom: float
    parallel: bool
    strips: list[list[int]]


def reading_order(
    boxes: Sequence[Box], unit: float, headings: frozenset[int] = frozenset(), barriers: Sequence[Box] = ()
) -> list[int]:
    """Indexes of ``boxes`` in reading order; ``unit`` is the page's ordinary line height in points.

    ``headings`` (indexes of blocks in larger print) begin a section where they have no text beside them.
    ``barriers`` (rules across the page) have no place themselves, but end columns. Deterministic, and the same for
    boxes that are all moved by one vector. Runs in O(n log n) for each level of nested columns.
    """
    cut = _Cut([*boxes, *barriers], unit, headings)
    return [index for index in cut.order(list(range(len(cut.boxes))), 0) if index < len(boxes)]


@dataclass(frozen=True, slots=True)
class _Cut:
    boxes: Sequence[Box]
    unit: float
    headings: frozenset[int]

    def order(self, members: list[int], depth: int) -> list[int]:
        if len(members) <= 1:
            return members
        if depth >= _DEEPEST:
            return by_rows(self.boxes, members)
        order: list[int] = []
        groups = self._groups(members)
        for group in groups:
            if len(group.inked) > 1 and group.parallel:
                for column in _columns(self.boxes, group):
                    order += self.order(column, depth + 1)
            elif len(groups) == 1 and len(group.strips) == 1:
                order += by_rows(self.boxes, group.members)
            else:
                for strip in group.strips:
                    order += self.order(strip, depth + 1)
        return order

    def _groups(self, members: list[int]) -> list[_Group]:
        groups: list[_Group] = []
        for strip in _strips(self.boxes, members, self.unit):
            inked = _merged([(self.boxes[index].x0, self.boxes[index].x1) for index in strip], self.unit)
            bottom = max(self.boxes[index].y1 for index in strip)
            if groups and not self._parts(strip, groups[-1]):
                together = _merged([*groups[-1].inked, *inked], self.unit)
                if len(together) > 1:
                    last = groups[-1]
                    last.members += strip
                    last.strips.append(strip)
                    last.inked, last.bottom, last.parallel = together, bottom, last.parallel or len(inked) > 1
                    continue
            groups.append(_Group(list(strip), inked, bottom, len(inked) > 1, [strip]))
        return groups

    def _parts(self, strip: list[int], above: _Group) -> bool:
        """Whether the columns of ``above`` do not go on in ``strip``."""
        gap = min(self.boxes[index].y0 for index in strip) - above.bottom
        return gap > _SECTION * self.unit or self._is_heading(strip) or self._is_heading(above.members)

    def _is_heading(self, members: list[int]) -> bool:
        return len(members) == 1 and members[0] in self.headings


def _strips(boxes: Sequence[Box], members: list[int], unit: float) -> list[list[int]]:
    """Sets of blocks that no horizontal line parts, from top to bottom."""
    strips: list[list[int]] = []
    bottom = 0.0
    for index in sorted(members, key=lambda index: (boxes[index].y0, boxes[index].x0)):
        box = boxes[index]
        if strips and bottom - box.y0 > _TOUCHING * min(unit, box.height):
            strips[-1].append(index)
            bottom = max(bottom, box.y1)
        else:
            strips.append([index])
            bottom = box.y1
    return strips


def _merged(intervals: list[Interval], unit: float) -> list[Interval]:
    """The stretches that ``intervals`` cover, those less than a gutter apart as one."""
    merged: list[Interval] = []
    for low, high in sorted(intervals):
        if merged and low - merged[-1][1] < _GUTTER * unit:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _columns(boxes: Sequence[Box], group: _Group) -> list[list[int]]:
    columns: list[list[int]] = [[] for _ in group.inked]
    for index in group.members:
        position = next(i for i, (_, high) in enumerate(group.inked) if boxes[index].x0 <= high)
        columns[position].append(index)
    return columns


def by_rows(boxes: Sequence[Box], members: list[int]) -> list[int]:
    """Blocks that no cut parts: from top to bottom, those that begin at about one height from left to right."""
    rest = sorted(members, key=lambda index: (boxes[index].y0, boxes[index].x0))
    order: list[int] = []
    start = 0
    while start < len(rest):
        first = boxes[rest[start]]
        stop = start + 1
        while stop < len(rest) and boxes[rest[stop]].y0 - first.y0 <= 0.5 * min(first.height, boxes[rest[stop]].height):
            stop += 1
        order += sorted(rest[start:stop], key=lambda index: (boxes[index].x0, boxes[index].y0))
        start = stop
    return order
