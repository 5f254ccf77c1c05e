"""A small grey copy of a page, and the marks of ink on it: what the measurements work on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.recognition.shrink import shrunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Gray = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

LOOK_SIDE = 1000
"""Longest side of the small copy in pixels: an A4 page at 86 DPI, where print is still legible."""
LIGHT_SIDE = 125
"""Longest side in pixels of the picture of a page's light: shadows are large."""

_WINDOW = 25  # pixels around each that tell what is paper there: about three lines of print
_FAINTEST = 6  # grey levels between ink and paper; paper grain and JPEG noise average out as the page is scaled down


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Connected marks of ink, one row each: left, top, width, height, area, in pixels of the small copy.

    ``labels`` has the number of the mark at each pixel; number 0 is the paper.
    """

    boxes: "NDArray[np.int32]"
    labels: "NDArray[np.int32]"
    glyphs: "Mask"
    """Which marks are as large as letters or short words; rules, frames, pictures and dirt are not."""
    printed: "Mask"
    """The pixels of the glyphs, as an image of the copy's size."""


def gray_of(image: "NDArray[np.uint8]") -> "Gray":
    """An RGB image's brightness (height x width)."""
    import cv2
    import numpy as np

    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def small_copy(gray: "Gray", side: int = LOOK_SIDE) -> "Gray":
    """``gray`` with its longest side scaled down to ``side`` pixels; smaller images as they are."""
    height, width = gray.shape
    scale = side / max(height, width)
    if scale >= 1:
        return gray
    return shrunk(gray, max(1, round(width * scale)), max(1, round(height * scale)))


def ink(gray: "Gray") -> "Mask":
    """Where something darker than the paper around it is printed; shadows and tinted grounds are no ink."""
    import cv2
    import numpy as np

    paper = cv2.blur(gray, (_WINDOW, _WINDOW))
    step = cv2.subtract(paper, gray)
    contrast = cv2.divide(step, paper, scale=255)  # by the light there: ink in a shadow is as black as elsewhere
    strongest = float(np.percentile(contrast[::4, ::4], 99.5))
    mask: Mask = (contrast > 0.25 * strongest) & (step > _FAINTEST)
    return mask


def find_marks(gray: "Gray") -> Marks:
    """The marks of a small copy (see :func:`small_copy`)."""
    import cv2
    import numpy as np

    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink(gray).astype(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    boxes = np.asarray(stats, dtype=np.int32)
    width, height, area = boxes[:, 2], boxes[:, 3], boxes[:, 4]
    longest, shortest = np.maximum(width, height), np.minimum(width, height)
    glyphs = (longest >= 4) & (longest <= LOOK_SIDE // 8) & (shortest <= LOOK_SIDE // 25) & (area >= 5)
    glyphs &= (longest < 25) | (shortest > 3)  # pieces of rules
    glyphs[0] = False
    printed = glyphs.take(labels, mode="clip")  # in this mode twice as fast
    return Marks(boxes, np.asarray(labels, dtype=np.int32), glyphs, np.asarray(printed, dtype=np.bool_))


def paper_light(gray: "Gray") -> "Gray":
    """How bright the paper is everywhere, print left out, as an image of at most ``LIGHT_SIDE`` pixels."""
    import cv2
    import numpy as np

    # Closing takes out what is dark and smaller than 50 points of an A4 page, filled bars of headings included.
    kernel = np.ones((9, 9), np.uint8)
    bright = cv2.morphologyEx(small_copy(gray, LIGHT_SIDE), cv2.MORPH_CLOSE, kernel)
    return np.asarray(cv2.medianBlur(bright, 5), dtype=np.uint8)
