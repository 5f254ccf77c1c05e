"""Bringing a page into the shape that recognition reads best: each step only where a measurement asks for it.

All geometric steps are found on a small copy of the page and applied to the full image in one warp, so that pixels are
interpolated once. A clean upright page passes through untouched, the same array.
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from processors.recognition.engine import Quad
from processors.recognition.preprocess.clean import mend
from processors.recognition.preprocess.figures import PageFigures, measure
from processors.recognition.preprocess.look import find_marks, gray_of, small_copy
from processors.recognition.preprocess.page_map import PageMap, flattened, quarter_turn, rotation_about, scaling, shift
from processors.recognition.preprocess.photo import find_page, flattening
from processors.recognition.preprocess.skew import find_skew
from processors.recognition.preprocess.turn import Turn, TurnClassifier, classify_turn
from processors.recognition.raster import Raster

if TYPE_CHECKING:
    from processors.recognition.engine import RgbImage
    from processors.recognition.preprocess.look import Gray, Marks
    from processors.recognition.preprocess.page_map import Matrix

# Degrees. Each line is cut out along its own slant, so a page need not be turned to be read, and resampling costs more
# time and small print than it gains; but from the first on, a row of a table begins to come apart at its far end. So
# between the two only the words' places are levelled. Beyond the second, lines begin to reach into each other's boxes.
_LEAST_SKEW, _LEAST_WARP = 0.3, 6.0
_MOST_SKEW_LOOKED_AT = 1.0  # degrees; what the turn's classifier knows are straight pages
_FINE_PIXELS = 2_000_000  # larger images have detail to spare: linear interpolation takes a quarter of the time there
_RIGHT_ANGLE = 90
_DARK, _LIGHT = 80, 160  # grey levels
_LEAST_PRINT, _MOST_PRINT = 0.0005, 0.2  # share of a page that its print covers


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A page ready to be read.

    ``image`` (height x width x 3, RGB, 0-255) is upright; ``geometry`` maps its pixels to the page; ``figures``
    describe the page as it was found; ``steps`` names what was done, in order: ``invert`` (light print on dark),
    ``crop``, ``deskew``, ``level`` (only the places on the flat page), ``rotate``, ``denoise``, ``illumination``,
    ``contrast``, ``deblur``, with their figures. Unless ``sure_of_turn``, the reading should be checked and the page
    perhaps :meth:`turned`.
    """

    image: "RgbImage"
    geometry: PageMap
    figures: PageFigures
    steps: tuple[str, ...] = ()
    sure_of_turn: bool = True

    def turned(self, turn: int) -> "Prepared":
        """The page turned clockwise by ``turn`` (0, 90, 180 or 270 degrees) more, which is then taken to be sure."""
        import numpy as np

        if turn == 0:
            return replace(self, sure_of_turn=True)
        image = np.ascontiguousarray(np.rot90(self.image, -turn // _RIGHT_ANGLE))
        steps = (*self.steps, f"rotate {turn}")
        return Prepared(image, self.geometry.turned(turn), self.figures, steps, True)


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """What the page's geometry asks for: corners in pixels of the raster, degrees, quarter turn."""

    page: Quad | None
    skew: float
    turn: Turn


def prepare(raster: Raster, *, classify_turn: TurnClassifier | None = classify_turn) -> Prepared:
    """The page in ``raster`` made ready for an OCR engine.

    ``classify_turn`` says which way up the page lies; with ``None`` it is taken to be upright, and not to be sure.
    The measurements of an A4 page at 300 DPI cost about 30 ms; deskewing it 100 ms more. Raises ``RuntimeError`` where
    the classifier's network is not installed.
    """
    gray = gray_of(raster.image)
    copy = small_copy(gray)
    inverted = _is_negative(copy)
    if inverted:
        raster = replace(raster, image=255 - raster.image)
        gray, copy = 255 - gray, 255 - copy
    marks = find_marks(copy)
    shape = _find_shape(copy, marks, copy.shape[1] / gray.shape[1], classify_turn)
    figures = measure(gray, copy, marks, shape.skew, raster.pixel_map.x)
    image, steps = mend(raster.image, figures)
    image, geometry, done = _reshape(image, raster, shape)
    first = ("invert",) if inverted else ()
    return Prepared(image, geometry, figures, (*first, *done, *steps), shape.turn.sure)


def flat_copy(prepared: Prepared, side: int) -> "tuple[Gray, float]":
    """The page in grey as it lies on the flat page, its longest side about ``side`` pixels, and points per pixel."""
    geometry = prepared.geometry
    copy = small_copy(gray_of(prepared.image), side)
    scale = geometry.scale[0] * prepared.image.shape[1] / copy.shape[1]
    if geometry.level_size is None:
        return copy, scale
    matrix = scaling(1 / scale, 1 / scale) @ geometry.levelling_matrix() @ scaling(scale, scale)
    size = (round(geometry.level_size[0] / scale), round(geometry.level_size[1] / scale))
    return _warp(copy, matrix, size), scale


def _is_negative(copy: "Gray") -> bool:
    """Whether the page is printed light on dark; a light page on a dark table has more light than print has."""
    import numpy as np

    return bool(np.median(copy) < _DARK and _LEAST_PRINT < np.mean(copy > _LIGHT) < _MOST_PRINT)


def _find_shape(copy: "Gray", marks: "Marks", scale: float, classify: TurnClassifier | None) -> _Shape:
    """Corners, skew and turn, each measured on what the steps before it leave."""
    page = find_page(copy, marks)
    if page is not None:
        matrix, size = flattening(page)
        copy = _warp(copy, matrix, size)
        marks = find_marks(copy)
    skew = find_skew(marks).degrees
    if classify is None:
        turn = Turn(0, False)
    elif not marks.glyphs.any():
        turn = Turn(0, True)  # blank paper has no way up
    elif abs(skew) < _MOST_SKEW_LOOKED_AT:
        turn = classify(copy)
    else:
        turn = classify(_warp(copy, *rotation_about(-skew, copy.shape[1], copy.shape[0])))
    if page is not None:
        first, second, third, fourth = ((x / scale, y / scale) for x, y in page)
        page = (first, second, third, fourth)
    return _Shape(page, skew, turn)


def _reshape(image: "RgbImage", raster: Raster, shape: _Shape) -> "tuple[RgbImage, PageMap, tuple[str, ...]]":
    """The image in the shape found, its map, and the names of the steps."""
    import cv2
    import numpy as np

    steps: list[str] = []
    height, width = image.shape[:2]
    scale = (raster.pixel_map.x, raster.pixel_map.y)
    geometry = PageMap(0, (raster.width, raster.height), (width, height), scale)
    matrix: Matrix | None = None
    size = (width, height)
    if shape.page is not None:
        matrix, size = flattening(shape.page)
        steps.append("crop")
    level = matrix is None and _LEAST_SKEW <= abs(shape.skew) < _LEAST_WARP
    if level:
        steps.append(f"level {shape.skew:.1f}")
    elif abs(shape.skew) >= _LEAST_SKEW:
        turning, size = rotation_about(-shape.skew, *size)
        matrix = turning if matrix is None else turning @ matrix
        steps.append(f"deskew {shape.skew:.1f}")
    turn = shape.turn.degrees
    if turn:
        steps.append(f"rotate {turn}")
    if matrix is not None:
        geometry = flattened((raster.width, raster.height), scale, matrix, size)
        turned = (size[1], size[0]) if turn in (90, 270) else size
        image = _warp(image, quarter_turn(turn, *size) @ matrix, turned)
    elif turn:
        codes = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
        image = np.asarray(cv2.rotate(image, codes[turn]), dtype=np.uint8)
    if level:
        geometry = geometry.levelled(shape.skew)
    return image, geometry.turned(turn), tuple(steps)


def _warp(image: "RgbImage", matrix: "Matrix", size: tuple[int, int]) -> "RgbImage":
    """``image`` under ``matrix``, on a ground of its own paper's colour; ``size`` is width and height."""
    import cv2
    import numpy as np

    paper = tuple(np.median(image[::16, ::16].reshape(-1, *image.shape[2:]), axis=0).ravel().tolist())
    fine = math.prod(image.shape[:2]) <= _FINE_PIXELS
    # OpenCV counts from the middle of the first pixel, everybody else from its corner.
    middles = shift(-0.5, -0.5) @ matrix @ shift(0.5, 0.5)
    middles /= middles[2, 2]
    flags = cv2.INTER_CUBIC if fine else cv2.INTER_LINEAR
    if np.allclose(middles[2, :2], 0, atol=1e-12):
        warped = cv2.warpAffine(image, middles[:2], size, flags=flags, borderValue=paper)
    else:
        warped = cv2.warpPerspective(image, middles, size, flags=flags, borderValue=paper)
    return np.asarray(warped, dtype=np.uint8)
