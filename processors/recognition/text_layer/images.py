"""Where a page with a good text layer shows text as a picture: letterheads, pasted tables, half a page scanned."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from processors.geometry import Box, union
from processors.recognition.text_layer.drawing import PageDrawing, Rendering, Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_REGIONS = 6
"""Regions of a page, so that recognising them costs no more than the whole page."""

_SMALLEST_IMAGE = (40.0, 12.0)  # points; smaller pictures are icons and bullets
_STRIP_GAP = 2.0  # points between the strips of one picture
_EDGE = 48  # of 255; the step from paper to ink
_FEWEST_EDGES = 60  # pixels; about five letters
_SMALLEST_INK = (20.0, 5.0)  # points
_BAND_GAP = 18.0  # points without ink, down the page, that part two regions
_COLUMN_GAP = 36.0  # the same across the page, where words of one line stand apart
_MARGIN = 4.0  # points around the ink, which detectors need
_WORD_MARGIN = 2.0  # points around a word of the text layer that are its own ink
_LARGEST_PRINT = 72.0  # points; a larger box is that of slanted text (a watermark), whose ink is not everywhere in it
_CODE_SIDE = (28.0, 180.0)  # points: 10 to 64 mm, as QR and Data Matrix codes are printed
_CODE_SQUARE = 1.2
_CODE_DENSITY = 0.04  # share of edge pixels
_CODE_ROWS = 0.95  # share of the rows of pixels that have as many
_CODE_COLUMNS = 8  # stripes, of which all have as many


def find_regions(words: Sequence[Box], lost: Sequence[Box], drawing: PageDrawing, rendering: Rendering) -> list[Box]:
    """Up to :data:`MOST_REGIONS` boxes, in points as a viewer shows the page, of text that the text layer lacks.

    These are the places of ``lost`` words, and text-like ink in pictures beside the visible ``words``. Codes of
    squares (QR) are left out. Nothing is rendered for a page without pictures of at least 40 x 12 points.
    """
    page = Box(0, 0, drawing.width, drawing.height)
    found = [*lost, *_inked_pictures(words, drawing, rendering)]
    return merge_regions(_cut(_grown(box, _MARGIN), page) for box in found)


def _inked_pictures(words: Sequence[Box], drawing: PageDrawing, rendering: Rendering) -> list[Box]:
    images = _merge_strips(item.box for item in drawing.items if item.is_image and drawing.visible_area(item.box) > 0)
    images = [box for box in images if box.width >= _SMALLEST_IMAGE[0] and box.height >= _SMALLEST_IMAGE[1]]
    if not images:
        return []
    page = Box(0, 0, drawing.width, drawing.height)
    return [region for image in images for region in _inked(rendering, _cut(image, page), words)]


def merge_regions(regions: Iterable[Box]) -> list[Box]:
    """``regions`` without overlaps and at most :data:`MOST_REGIONS`: those that grow least by it become one."""
    boxes = list(regions)
    while True:
        pair = next((pair for pair in combinations(boxes, 2) if _common(*pair) > 0), None)
        if pair is None and len(boxes) > MOST_REGIONS:
            pair = min(combinations(boxes, 2), key=lambda pair: _area(union(pair)) - _area(pair[0]) - _area(pair[1]))
        if pair is None:
            return sorted(boxes, key=lambda box: (box.y0, box.x0))
        boxes = [box for box in boxes if box is not pair[0] and box is not pair[1]]
        boxes.append(union(pair))


def _merge_strips(boxes: Iterable[Box]) -> list[Box]:
    """Pictures that producers cut into strips, whole again."""
    merged: list[Box] = []
    for box in sorted(boxes, key=lambda box: (box.y0, box.x0)):
        last = merged[-1] if merged else None
        if last is not None and _common(_grown(last, _STRIP_GAP), box) > 0:
            merged[-1] = union((last, box))
        else:
            merged.append(box)
    return merged


def _edges(rendering: Rendering, window: Window, words: Sequence[Box]) -> "NDArray[np.bool_]":
    """Where in ``window`` ink begins or ends along a row of pixels, beside the words of the text layer."""
    import numpy as np

    rows, columns = window
    before = min(1, columns.start)  # the pixel on the left, to which the first one is compared
    gray = rendering.gray((rows, slice(columns.start - before, columns.stop)))
    edges = np.zeros(gray.shape, dtype=bool)
    left, right = gray[:, :-1], gray[:, 1:]
    edges[:, 1:] = np.maximum(left, right) - np.minimum(left, right) > _EDGE
    edges = edges[:, before:]
    for word in words:
        if min(word.width, word.height) > _LARGEST_PRINT:
            continue
        down, across = rendering.window(_grown(word, _WORD_MARGIN))
        edges[_shifted(down, rows.start), _shifted(across, columns.start)] = False
    return edges


def _shifted(part: slice, by: int) -> slice:
    return slice(max(0, part.start - by), max(0, part.stop - by))


def _inked(rendering: Rendering, box: Box, words: Sequence[Box]) -> list[Box]:
    """The parts of ``box`` that hold text-like ink, trimmed to it, parted where bands down or across have none."""
    import numpy as np

    rows, columns = window = rendering.window(box)
    scale = rendering.scale
    inside = _edges(rendering, window, words)
    found = []
    for top, bottom in _runs(np.any(inside, axis=1), _BAND_GAP * scale):
        for left, right in _runs(np.any(inside[top:bottom], axis=0), _COLUMN_GAP * scale):
            ink = inside[top:bottom, left:right]
            width, height = (right - left) / scale, (bottom - top) / scale
            if width < _SMALLEST_INK[0] or height < _SMALLEST_INK[1] or np.count_nonzero(ink) < _FEWEST_EDGES:
                continue
            if not _is_code(ink, width, height):
                x0, y0 = (columns.start + left) / scale, (rows.start + top) / scale
                found.append(Box(x0, y0, x0 + width, y0 + height))
    return found


def _runs(marks: "NDArray[np.bool_]", gap: float) -> list[tuple[int, int]]:
    """Beginning and end of the stretches of ``marks`` that are parted by more than ``gap`` places without any."""
    import numpy as np

    places = np.flatnonzero(marks)
    if not len(places):
        return []
    parts = np.split(places, np.flatnonzero(np.diff(places) > gap) + 1)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]


def _is_code(ink: "NDArray[np.bool_]", width: float, height: float) -> bool:
    """Whether a square of ink is a two-dimensional code: ink everywhere, where lines of text have white between."""
    import numpy as np

    if not _CODE_SIDE[0] <= min(width, height) <= max(width, height) <= _CODE_SIDE[1]:
        return False
    if max(width, height) > _CODE_SQUARE * min(width, height):
        return False
    rows = ink.mean(axis=1) >= _CODE_DENSITY
    columns = [part.mean() >= _CODE_DENSITY for part in np.array_split(ink, _CODE_COLUMNS, axis=1)]
    return bool(rows.mean() >= _CODE_ROWS and all(columns))


def _grown(box: Box, by: float) -> Box:
    return Box(box.x0 - by, box.y0 - by, box.x1 + by, box.y1 + by)


def _cut(box: Box, page: Box) -> Box:
    return Box(max(box.x0, page.x0), max(box.y0, page.y0), min(box.x1, page.x1), min(box.y1, page.y1))


def _common(first: Box, second: Box) -> float:
    return first.horizontal_overlap(second) * first.vertical_overlap(second)


def _area(box: Box) -> float:
    return box.width * box.height
