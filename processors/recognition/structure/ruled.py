"""Words into the cells of a drawn grid; rows that no line parts are told by their numbers."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from processors.geometry import Box
from processors.recognition.structure.draft import Draft, compact
from processors.recognition.structure.grid import Area, Grid, find_grids
from processors.recognition.structure.grouping import group_rows
from processors.recognition.structure.headings import heading_height
from processors.recognition.structure.parts import Kind, Piece, Row, kind_of, make_piece, rows_of
from processors.recognition.structure.rulings import Ruling

_THINNEST = 0.45  # of a line height; rules closer than that are one double rule


def ruled_tables(
    lines: Sequence[Sequence[int]], texts: Sequence[str], boxes: Sequence[Box], rulings: Sequence[Ruling], unit: float
) -> list[Draft]:
    """Tables that lines enclose, from top to bottom; ``lines`` are words by line, ``unit`` is the line height."""
    drafts: list[Draft] = []
    taken: set[int] = set()
    for grid in sorted(find_grids(rulings, _THINNEST * unit), key=lambda grid: -_area(grid.box)):
        pieces = _pieces_by_area(grid, lines, texts, boxes, taken)
        if len(pieces) < 2:
            continue
        grid, pieces = _split_bands(grid, pieces, unit)
        words = {area: [word for piece in found for word in piece.words] for area, found in pieces.items()}
        draft = compact(Draft(grid, words))
        if draft is None:
            continue
        kinds = {area: kind_of(" ".join(texts[word] for word in found)) for area, found in draft.words.items() if found}
        draft.heading_rows = heading_height(draft.grid, kinds)
        drafts.append(draft)
        taken.update(draft.all_words())
    return sorted(drafts, key=lambda draft: (draft.grid.ys[0], draft.grid.xs[0]))


def _area(box: Box) -> float:
    return box.width * box.height


def _pieces_by_area(
    grid: Grid, lines: Sequence[Sequence[int]], texts: Sequence[str], boxes: Sequence[Box], taken: set[int]
) -> dict[Area, list[Piece]]:
    """The lines' parts in each area, from top to bottom; a word lies where its centre does."""
    owner = {
        (row, column): area
        for area in grid.areas
        for row in range(area.top, area.bottom + 1)
        for column in range(area.left, area.right + 1)
    }
    found: dict[Area, list[Piece]] = defaultdict(list)
    for line in lines:
        parts: dict[Area, list[int]] = defaultdict(list)
        for word in line:
            place = (_step(grid.ys, boxes[word].center_y), _step(grid.xs, boxes[word].center_x))
            if place in owner and word not in taken:
                parts[owner[place]].append(word)
        for area, words in parts.items():
            found[area].append(make_piece(words, texts, boxes))
    for pieces in found.values():
        pieces.sort(key=lambda piece: (piece.box.center_y, piece.box.x0))
    return {area: [piece for row in rows_of(pieces) for piece in row.pieces] for area, pieces in found.items()}


def _step(edges: Sequence[float], place: float) -> int:
    return bisect_right(edges, place) - 1


def _split_bands(grid: Grid, pieces: dict[Area, list[Piece]], unit: float) -> tuple[Grid, dict[Area, list[Piece]]]:
    """The grid with rows that are drawn as one, but hold several numbers under one another, as rows of their own."""
    ys: list[float] = []
    new_top: dict[int, int] = {}
    parted: dict[int, list[float]] = {}
    for band in range(len(grid.ys) - 1):
        new_top[band] = len(ys)
        crossed = any(area.top <= band <= area.bottom and area.top != area.bottom for area in grid.areas)
        inside = [area for area in grid.areas if area.top == band == area.bottom]
        parted[band] = [] if crossed else _cuts([pieces.get(area, []) for area in inside], unit)
        ys += [grid.ys[band], *parted[band]]
    if not any(parted.values()):
        return grid, pieces
    new_top[len(grid.ys) - 1] = len(ys)
    ys.append(grid.ys[-1])
    areas: list[Area] = []
    found: dict[Area, list[Piece]] = {}
    for area in grid.areas:
        cuts = parted[area.top] if area.top == area.bottom else []
        first, last = new_top[area.top], new_top[area.bottom + 1] - 1
        new = [
            Area(first + step, area.left, first + step if cuts else last, area.right) for step in range(len(cuts) + 1)
        ]
        areas += new
        for piece in pieces.get(area, []):
            found.setdefault(new[bisect_right(cuts, piece.box.center_y)], []).append(piece)
    return Grid(grid.xs, tuple(ys), tuple(areas)), found


def _cuts(cells: Sequence[Sequence[Piece]], unit: float) -> list[float]:
    """Where to part a band of cells: between rows, told by cells with at least two numbers under one another."""
    numbers = {
        id(piece)
        for cell in cells
        if sum(piece.kind > Kind.WORDS for piece in cell) >= max(2, 0.6 * len(cell))
        for piece in cell
        if piece.kind > Kind.WORDS
    }
    rows: list[Row] = rows_of([piece for cell in cells for piece in cell])
    anchors = [sum(id(piece) in numbers for piece in row.pieces) >= 2 for row in rows]
    if sum(anchors) < 2:
        return []
    groups = group_rows(rows, anchors, unit)
    return [(rows[upper[-1]].bottom + rows[lower[0]].top) / 2 for upper, lower in pairwise(groups)]
