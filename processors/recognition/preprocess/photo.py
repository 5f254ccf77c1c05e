"""The page in a photo: where its corners are, if what is around it is convincingly not part of it.

The page is taken to be the largest bright region of the picture with four straight sides. What lies outside is thrown
away, so everything must speak for it: shape, sides, brightness along them, and no print outside.
"""

import math
from typing import TYPE_CHECKING

from processors.recognition.engine import Quad
from processors.recognition.preprocess.look import find_marks, small_copy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.preprocess.look import Gray, Marks
    from processors.recognition.preprocess.page_map import Matrix

_SMALL_SIDE = 500  # pixels; sides are found to 1/500 of the picture
_LEAST_AREA = 0.08  # of the picture: a till receipt on the glass of a scanner
_MOST_AREA = 0.97  # a page that fills more of the picture needs no crop
_SHARPEST_ANGLE = 60  # degrees at the corners: a page seen from 45 degrees has corners of 65
_SOLID = 0.93  # of the four-cornered hull that the bright region must fill: dog-ears and curls cost some
_BRIGHTER = 25  # grey levels of the page over its surroundings, just inside and outside of a side
_CONVINCING_SIDE = 0.7  # share of a side's points with that step; shadows and curls cost some
_FEWEST_SIDES = 2  # such sides; the others lie on the picture's edge, where the page goes on
_MOST_OUTSIDE = 0.03  # of the marks that look like print: grain, a pen, the next receipt's edge
_EDGE = 4  # pixels of the small picture; what is nearer to the picture's edge is cut off by it
_HALO = 15  # pixels of the small copy around the page where its brightness makes the dark table look like ink
_AROUND = 25  # pixels of the small copy whose mean a mark is compared with
_GRAIN = 0.4  # of the blackness of the page's own print, in grey levels; the grain of a table is paler
_STEP = 5  # pixels of the small picture between the points compared across a side
_POINTS = 40  # compared per side


def find_page(gray: "Gray", marks: "Marks") -> Quad | None:
    """The corners of the page, in pixels of the small copy ``gray``, clockwise from its top-left; ``None`` if unsure.

    ``marks`` are the copy's (:func:`processors.recognition.preprocess.look.find_marks`).
    """
    import cv2
    import numpy as np

    scale = min(1.0, _SMALL_SIDE / max(gray.shape))
    # Closing by more than a line's height takes the print off the page, opening the specks off what is around it.
    closed = cv2.morphologyEx(small_copy(gray, _SMALL_SIDE), cv2.MORPH_CLOSE, np.ones((11, 11), np.uint8))
    paper = np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), dtype=np.uint8)
    corners = _corners(paper)
    if corners is None or not _is_page(corners, paper):
        return None
    quad = corners / scale
    if _share_outside(quad, gray, marks) > _MOST_OUTSIDE:
        return None
    # A page's dark head is easily taken for the table: light print on it tells.
    light = 255 - gray
    if _share_outside(quad, light, find_marks(light), marks) > _MOST_OUTSIDE:
        return None
    first, second, third, fourth = ((float(x), float(y)) for x, y in quad)
    return first, second, third, fourth


def flattening(quad: Quad) -> "tuple[Matrix, tuple[int, int]]":
    """The matrix that takes ``quad`` to a rectangle of its own mean width and height, and that size in whole pixels."""
    import cv2
    import numpy as np

    width = round((math.dist(quad[0], quad[1]) + math.dist(quad[3], quad[2])) / 2)
    height = round((math.dist(quad[0], quad[3]) + math.dist(quad[1], quad[2])) / 2)
    rectangle = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(quad, dtype=np.float32), rectangle)
    return np.asarray(matrix, dtype=np.float64), (width, height)


def _corners(paper: "Gray") -> "NDArray[np.float64] | None":
    """Four corners of the largest bright region, clockwise from the top-left; ``None`` where it has no four sides."""
    import cv2
    import numpy as np

    _, bright = cv2.threshold(paper, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    contours, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    region = max(contours, key=cv2.contourArea)
    hull = cv2.convexHull(region)
    around = cv2.arcLength(hull, True)
    for tolerance in (0.01, 0.02, 0.03, 0.05):
        corners = cv2.approxPolyDP(hull, tolerance * around, True)
        if len(corners) == 4:
            break
    else:
        return None
    quad = corners[:, 0].astype(np.float64)
    area = cv2.contourArea(corners)
    share = area / paper.size
    if not _LEAST_AREA <= share <= _MOST_AREA or cv2.contourArea(region) < _SOLID * area:
        return None
    # The convex hull of OpenCV runs clockwise on the screen or against it; angles about the middle settle it.
    middle = quad.mean(axis=0)
    quad = quad[np.argsort(np.arctan2(*(quad - middle).T[::-1]))]
    start = int(np.argmin(quad.sum(axis=1)))
    rolled: NDArray[np.float64] = np.roll(quad, -start, axis=0) + 0.5
    return rolled


def _is_page(corners: "NDArray[np.float64]", paper: "Gray") -> bool:
    """Whether angles are near right ones, and the sides part bright from dark."""
    import numpy as np

    height, width = paper.shape
    sides = 0
    for index in range(4):
        before, here, after = corners[index - 1], corners[index], corners[(index + 1) % 4]
        first, second = before - here, after - here
        cosine = float(first @ second) / float(np.linalg.norm(first) * np.linalg.norm(second))
        if abs(cosine) > math.cos(math.radians(_SHARPEST_ANGLE)):
            return False
        on_edge = any(
            abs(here[axis] - edge) < _EDGE and abs(after[axis] - edge) < _EDGE
            for axis, edge in ((0, 0), (0, width), (1, 0), (1, height))
        )
        if on_edge:
            continue
        if _step_share(here, after, paper) < _CONVINCING_SIDE:
            return False
        sides += 1
    return sides >= _FEWEST_SIDES


def _step_share(start: "NDArray[np.float64]", end: "NDArray[np.float64]", paper: "Gray") -> float:
    """The share of points along a side where the page is brighter inside (to the right of the way) than outside."""
    import numpy as np

    height, width = paper.shape
    along = end - start
    inward = np.array([-along[1], along[0]]) / np.linalg.norm(along) * _STEP
    points = start + np.linspace(0.05, 0.95, _POINTS)[:, None] * along
    inside, outside = (points + inward).astype(int), (points - inward).astype(int)
    limit = np.array([width - 1, height - 1])
    inside, outside = np.clip(inside, 0, limit), np.clip(outside, 0, limit)
    step = paper[inside[:, 1], inside[:, 0]].astype(int) - paper[outside[:, 1], outside[:, 0]]
    return float((step >= _BRIGHTER).mean())


def _share_outside(quad: "NDArray[np.float64]", gray: "Gray", marks: "Marks", page: "Marks | None" = None) -> float:
    """How many of ``marks`` lie outside the quad and are nearly as strong as those inside, as a share of those of the
    ``page``, which are the same unless given."""
    import numpy as np

    glyphs = np.flatnonzero(marks.glyphs)
    least = int((page or marks).glyphs.sum())
    if not least:
        return 1.0
    outside = np.array([_is_outside(box, quad) for box in marks.boxes[glyphs]], dtype=bool)
    if not outside.any():
        return 0.0
    strength = _strength(gray, marks)[glyphs]
    usual = float(np.median(strength if outside.all() else strength[~outside]))
    return float((outside & (strength >= _GRAIN * usual)).sum()) / least


def _is_outside(box: "NDArray[np.int32]", quad: "NDArray[np.float64]") -> bool:
    import cv2
    import numpy as np

    left, top, width, height = box[:4].tolist()
    contour = quad.astype(np.float32).reshape(-1, 1, 2)
    return bool(cv2.pointPolygonTest(contour, (left + width / 2, top + height / 2), True) < -_HALO)


def _strength(gray: "Gray", marks: "Marks") -> "NDArray[np.float64]":
    """Each mark's mean step to the grey around it, in grey levels."""
    import cv2
    import numpy as np

    step = cv2.subtract(cv2.blur(gray, (_AROUND, _AROUND)), gray)
    sums = np.bincount(marks.labels.ravel(), weights=step.ravel(), minlength=len(marks.boxes))
    return np.asarray(sums / marks.boxes[:, 4], dtype=np.float64)
