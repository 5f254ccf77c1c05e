"""Mending a page's pixels: specks, uneven light, faint print, blur. Each step only where the figures ask for it.

What each step buys is measured by ``fieldtrail.benchmarks.preprocessing``.
"""

import math
from typing import TYPE_CHECKING

from processors.recognition.preprocess.figures import PageFigures
from processors.recognition.preprocess.look import gray_of, paper_light

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.engine import RgbImage

# Share of pixels. At 0.005 the median mends most errors; at 0.003, which worn bilevel scans have, it thins small print
# and costs more than the dirt.
_MOST_SPECKS = 0.004
# Black print is read as well in a shadow of 0.6 as without; in one of 0.85 errors double, faint print's do earlier.
_MOST_UNEVEN, _MOST_UNEVEN_IF_FAINT = 0.75, 0.45
_LEAST_CONTRAST = 0.35  # faint print; laser print has 0.9, thermal print 0.5 and more
# In glyph heights, 1.5 pixels at 200 DPI; twice as much is read at one character in ten wrong.
_MOST_BLUR = 0.075
_LEAST_BLUR = 1.0  # pixels; what is less than a pixel wide cannot be restored
_PAPER = 245  # grey level that paper gets
_NOISE = 0.01  # noise to signal of the Wiener filter: less rings, more leaves the blur
_WIDEST_BLUR = 4.0  # pixels; beyond, nothing is left to restore
_REACH = 20  # pixels of the restoring filter on each side


def mend(image: "RgbImage", figures: PageFigures) -> "tuple[RgbImage, tuple[str, ...]]":
    """The page with what ``figures`` find at fault mended, and the names of the steps; else the same array."""
    steps: list[str] = []
    if figures.specks > _MOST_SPECKS:
        image = _without_specks(image)
        steps.append("denoise")
    faint = figures.contrast is not None and figures.contrast < _LEAST_CONTRAST
    if figures.unevenness > (_MOST_UNEVEN_IF_FAINT if faint else _MOST_UNEVEN):
        image = _evenly_lit(image)
        steps.append("illumination")
    if faint:
        image = _stretched(image)
        steps.append("contrast")
    blur = figures.blur or 0.0
    if blur >= _LEAST_BLUR and blur > _MOST_BLUR * (figures.glyph_height or math.inf):
        image = _restored(image, min(blur, _WIDEST_BLUR))
        steps.append(f"deblur {blur:.1f}")
    return image, tuple(steps)


def _without_specks(image: "RgbImage") -> "RgbImage":
    import cv2
    import numpy as np

    return np.asarray(cv2.medianBlur(image, 3), dtype=np.uint8)


def _evenly_lit(image: "RgbImage") -> "RgbImage":
    """Divided by the light on the paper, so that paper is equally bright everywhere."""
    import cv2
    import numpy as np

    height, width = image.shape[:2]
    light = cv2.resize(paper_light(gray_of(image)), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(image, cv2.merge([light] * 3), scale=_PAPER), dtype=np.uint8)


def _stretched(image: "RgbImage") -> "RgbImage":
    """Levels spread so that the darkest ink is black and paper nearly white."""
    import cv2
    import numpy as np

    ink, paper = np.percentile(gray_of(image)[::4, ::4], (0.2, 90))
    levels = np.clip((np.arange(256) - ink) * (_PAPER / max(paper - ink, 1)), 0, 255)
    return np.asarray(cv2.LUT(image, levels.astype(np.uint8)), dtype=np.uint8)


def _restored(image: "RgbImage", blur: float) -> "RgbImage":
    """Deblurred by the Wiener filter of a Gaussian of ``blur`` pixels; colours keep their own blur."""
    import cv2
    import numpy as np

    gray = gray_of(image)
    sharper = cv2.filter2D(gray, cv2.CV_16S, _wiener(blur), borderType=cv2.BORDER_REPLICATE)
    change = cv2.subtract(sharper, gray.astype(np.int16))
    restored = cv2.add(image.astype(np.int16), cv2.merge([change] * 3))
    return np.asarray(np.clip(restored, 0, 255), dtype=np.uint8)


def _wiener(blur: float) -> "NDArray[np.float32]":
    """The filter's kernel, whose weights sum to 1 (Gonzalez and Woods, *Digital Image Processing*, 5.8)."""
    import numpy as np

    side = 4 * _REACH
    waves = np.fft.fftfreq(side)
    transfer = np.exp(-2 * (np.pi * blur) ** 2 * (waves[:, None] ** 2 + waves[None, :] ** 2))
    kernel = np.fft.fftshift(np.fft.ifft2(transfer / (transfer**2 + _NOISE)).real)
    kept = kernel[_REACH : 3 * _REACH + 1, _REACH : 3 * _REACH + 1]
    return np.asarray(kept / kept.sum(), dtype=np.float32)
