"""How good a page's pixels are: resolution, focus, contrast, light, dirt, handwriting.

Figures are taken from the windows with the most print, at full resolution, so that white paper and photographs count
for nothing and a large page costs no more than a small one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.recognition.preprocess.handwriting import handwritten_share
from processors.recognition.preprocess.look import paper_light

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.preprocess.look import Gray, Marks

    Floats = NDArray[np.float32]

_POINTS_PER_INCH = 72
_WINDOW = 256  # pixels: five to ten lines at 300 DPI
_WINDOWS = 6
_FEWEST_GLYPHS = 10  # for a glyph height that means anything
_LEAST_STEP = 8  # grey levels between ink and paper; less is an empty window
_GLYPH_PIXELS = 20.0  # glyph height at which sharpness is compared
_REBLUR = 2.0  # pixels; the standard deviation of the test blur
# Letters are strokes, not the single edges that the method supposes: it finds 0.7 to 1.0 of the true blur.
_STROKES = 1.15
_REDUCTIONS = (1.5, 2.0, 3.0, 4.0)
_NOTHING_LOST = 0.012  # share of the contrast that scaling down and up again may change, root mean square
_SPECK = 50  # grey levels between a speck and every pixel around it
_NOISE_FACTOR = 5  # and in standard deviations of the noise there
_LEAST_BLANK = 0.1  # share of blank paper in a window that dirt can be counted on
_HARDLY_UNEVEN = 0.2  # less matters to nobody, whatever it comes from
_SHADED = 10  # per cent of the print that a shadow covers at least
_AROUND = 25  # pixels of the copy that tell whether print is darker or lighter than its ground
_SOME_PRINT = 0.05  # share of a pixel of the light's picture that is inked


@dataclass(frozen=True, slots=True)
class PageFigures:
    """Measurements of a page as it was found, before it was mended; ``None`` where there is no print to measure.

    ``dpi``: estimated resolution at which the page was scanned, less where the pixels hold less detail than they could.
    ``sharpness``: variance of the Laplacian of the print, ink and paper taken as 0 and 1, letters as 20 pixels high,
    times 1000. ``skew``: degrees clockwise. ``contrast``: between ink and the paper around it, in [0, 1], by the
    paper's brightness. ``handwriting``: share of the inked area that looks written by hand. ``glyph_height``: median
    height of letters and short words in pixels. ``blur``: standard deviation in pixels of a Gaussian blur that would
    explain the edges. ``specks``: share of pixels that are isolated dirt. ``unevenness``: how much darker the paper's
    darkest parts are than its brightest, in [0, 1].
    """

    dpi: float
    skew: float
    sharpness: float | None = None
    contrast: float | None = None
    handwriting: float | None = None
    glyph_height: float | None = None
    blur: float | None = None
    specks: float = 0.0
    unevenness: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """A part of the page full of print; ``ink`` and ``paper`` are grey levels."""

    gray: "Gray"
    ink: float
    paper: float

    @property
    def step(self) -> float:
        return self.paper - self.ink


def measure(gray: "Gray", copy: "Gray", marks: "Marks", skew: float, points_per_pixel: float) -> PageFigures:
    """The figures of a page: its full image, its small copy and the copy's marks."""
    import numpy as np

    scale = copy.shape[1] / gray.shape[1]
    dpi = _POINTS_PER_INCH / points_per_pixel
    windows = _windows(gray, marks, scale)
    glyph_height = _glyph_height(marks, scale)
    if not windows or glyph_height is None:
        return PageFigures(dpi, skew, unevenness=_unevenness(copy, marks))
    return PageFigures(
        dpi=dpi / _reduction(windows),
        skew=skew,
        sharpness=float(np.median([_sharpness(window, glyph_height) for window in windows])),
        contrast=float(np.median([window.step / window.paper for window in windows])),
        handwriting=handwritten_share(marks),
        glyph_height=glyph_height,
        blur=_blur(windows),
        specks=float(np.median([_specks(window.gray) for window in windows])),
        unevenness=_unevenness(copy, marks),
    )


def _windows(gray: "Gray", marks: "Marks", scale: float) -> list[_Window]:
    """The windows with the most print."""
    import cv2
    import numpy as np

    side = _WINDOW * scale
    height, width = marks.printed.shape
    grid = (max(1, int(width / side)), max(1, int(height / side)))
    density = cv2.resize(marks.printed.astype(np.float32), grid, interpolation=cv2.INTER_AREA)
    windows = []
    for place in np.argsort(-density, axis=None)[:_WINDOWS]:
        row, column = divmod(int(place), grid[0])
        top, left = int(row * gray.shape[0] / grid[1]), int(column * gray.shape[1] / grid[0])
        part = gray[top : top + _WINDOW, left : left + _WINDOW]
        threshold, _ = cv2.threshold(part, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        counts = cv2.calcHist([part], [0], None, [256], [0, 256])[:, 0].cumsum()
        dark = counts[int(threshold)]
        if dark == counts[-1]:
            continue
        ink, paper = np.searchsorted(counts, (0.2 * dark, (dark + counts[-1]) / 2)).tolist()
        if paper - ink >= _LEAST_STEP:
            windows.append(_Window(part, ink, paper))
    return windows


def _glyph_height(marks: "Marks", scale: float) -> float | None:
    """Median height of the glyphs in pixels of the full image; the smaller side of those on end counts as theirs."""
    import numpy as np

    boxes = marks.boxes[marks.glyphs]
    if len(boxes) < _FEWEST_GLYPHS:
        return None
    # Words run together at this size, so the shorter side is the letters' height whichever way they run.
    return float(np.median(np.minimum(boxes[:, 2], boxes[:, 3]))) / scale


def _sharpness(window: _Window, glyph_height: float) -> float:
    import cv2
    import numpy as np

    scale = _GLYPH_PIXELS / glyph_height
    most = math.ceil(2 * _WINDOW / max(scale, 2.0))  # a part of the window suffices where it would be scaled up much
    part = window.gray[:most, :most]
    size = (max(8, round(part.shape[1] * scale)), max(8, round(part.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(part, size, interpolation=how).astype(np.float32) / window.step
    return 1000 * float(cv2.Laplacian(scaled, cv2.CV_32F).var())


def _blur(windows: Sequence[_Window]) -> float:
    """The blur by blurring once more: the less an edge flattens, the more blurred it was (Zhuo and Sim, 2011)."""
    import cv2
    import numpy as np

    ratios = []
    for window in windows:
        once = window.gray.astype(np.float32)
        steep, flat = _gradient(once), _gradient(cv2.GaussianBlur(once, (0, 0), _REBLUR))
        edges = steep > np.percentile(steep[::3, ::3], 97)
        ratios.append(float(np.median(steep[edges] / np.maximum(flat[edges], 1e-3))))
    ratio = float(np.median(ratios))
    return _STROKES * _REBLUR / math.sqrt(max(ratio * ratio - 1, 0.25))


def _gradient(gray: "Floats") -> "Floats":
    import cv2
    import numpy as np

    magnitude = cv2.magnitude(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    return np.asarray(magnitude, dtype=np.float32)


def _reduction(windows: Sequence[_Window]) -> float:
    """By how much the windows could be scaled down without losing anything: scans that were scaled up show."""
    import cv2
    import numpy as np

    most = 1.0
    for reduction in _REDUCTIONS:
        lost = []
        for window in windows:
            full = window.gray.astype(np.float32)
            size = full.shape[::-1]
            less = cv2.resize(
                full, (round(size[0] / reduction), round(size[1] / reduction)), interpolation=cv2.INTER_AREA
            )
            again = cv2.resize(less, size, interpolation=cv2.INTER_CUBIC)
            lost.append(float(np.sqrt(np.mean(np.square(again - full)))) / window.step)
        if float(np.median(lost)) >= _NOTHING_LOST:
            break
        most = reduction
    return most


def _specks(gray: "Gray") -> float:
    """The share of pixels that stand out from all eight around them, of those on blank paper.

    Dots and thin strokes of small print stand out as well, hence only where larger marks are not near.
    """
    import cv2
    import numpy as np

    clear = cv2.medianBlur(gray, 3)
    near = np.ones((9, 9), np.uint8)
    blank = cv2.subtract(cv2.dilate(clear, near), cv2.erode(clear, near)) < _SPECK
    if blank.mean() < _LEAST_BLANK:
        return 0.0
    ring = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.uint8)
    noise = 1.5 * float(np.median(cv2.absdiff(gray, clear)[::3, ::3]))
    gap = max(_SPECK, _NOISE_FACTOR * noise)
    darker = cv2.subtract(cv2.erode(gray, ring), gray) > gap
    lighter = cv2.subtract(gray, cv2.dilate(gray, ring)) > gap
    return float((darker | lighter)[blank].mean())


def _unevenness(copy: "Gray", marks: "Marks") -> float:
    """How unevenly the paper around the print is lit; what is dark around the paper does not count, nor do filled bars
    with light print, which are meant to be dark."""
    import cv2
    import numpy as np

    light = paper_light(copy)
    print_ = cv2.resize(marks.printed.astype(np.float32), light.shape[::-1], interpolation=cv2.INTER_AREA)
    levels = light[print_ > _SOME_PRINT]
    if not len(levels):
        return 0.0
    dark, bright = np.percentile(levels, (_SHADED, 95))
    unevenness = float(1 - dark / max(bright, 1.0))
    if unevenness < _HARDLY_UNEVEN:
        return unevenness
    shaded = cv2.resize(light, copy.shape[::-1], interpolation=cv2.INTER_LINEAR) <= (dark + bright) / 2
    around = cv2.blur(copy, (_AROUND, _AROUND))
    darker, lighter = (
        float(np.percentile(difference[shaded][::8], 98)) if shaded.any() else 0.0
        for difference in (cv2.subtract(around, copy), cv2.subtract(copy, around))
    )
    return unevenness if darker > lighter else 0.0
