"""From a page's image to line images, and from a line's characters to words with quads."""

import math
from typing import TYPE_CHECKING

from processors.recognition import ctc
from processors.recognition.engine import Character, OcrLine, OcrWord, Point, Quad

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.engine import RgbImage

LINE_HEIGHT = 48
"""Height of the recognisers' input in pixels; line images are scaled to it."""
LONGEST_LINE = 3200
"""Line images that would be wider than this many pixels are squeezed to it."""
COLUMN = 8
"""Input pixels per output column of the recognisers."""


def quad_length(quad: Quad) -> float:
    """Length of the quad's upper edge, in pixels."""
    return math.dist(quad[0], quad[1])


def cut_out(image: "RgbImage", quad: Quad) -> "RgbImage":
    """The quad's content as an upright rectangle, by perspective transform."""
    import cv2
    import numpy as np

    width = max(1, round(max(math.dist(quad[0], quad[1]), math.dist(quad[3], quad[2]))))
    height = max(1, round(max(math.dist(quad[0], quad[3]), math.dist(quad[1], quad[2]))))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(quad, dtype=np.float32), corners)
    cut: RgbImage = cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return cut


def ink_profile(crop: "RgbImage") -> "NDArray[np.bool_]":
    """For each pixel column of a line image, whether anything is printed there, on light or dark ground.

    The outer rows are left out: table rules and neighbouring lines reach into them.
    """
    import numpy as np

    margin = crop.shape[0] // 6
    gray = crop[margin : crop.shape[0] - margin].mean(axis=2)
    ground = float(np.median(gray))
    contrast = np.abs(gray - ground)
    threshold = max(24.0, 0.4 * float(np.percentile(contrast, 99)))
    profile: NDArray[np.bool_] = (contrast > threshold).any(axis=0)
    return profile


def line_width(crop: "RgbImage") -> int:
    """The line image's width in pixels once it is ``LINE_HEIGHT`` high."""
    height, width = crop.shape[:2]
    return min(LONGEST_LINE, math.ceil(LINE_HEIGHT * int(width) / int(height)))


def to_line(quad: Quad, crop: "RgbImage", characters: list[Character]) -> OcrLine | None:
    """The line at ``quad`` from its image and what was read there; ``None`` where there is no text."""
    spans = ctc.split_words(characters, line_width(crop) / COLUMN, ink_profile(crop), crop.shape[0])
    if not spans:
        return None
    printed = [character for character in characters if not character.text.isspace()]
    words = tuple(OcrWord(half_width(span.text), _part(quad, span.start, span.end), span.probability) for span in spans)
    return OcrLine(words, quad, sum(character.probability for character in printed) / len(printed))


def _part(quad: Quad, start: float, end: float) -> Quad:
    """The stretch of the quad between two shares of its length."""
    top_left, top_right, bottom_right, bottom_left = quad
    return (
        _between(top_left, top_right, start),
        _between(top_left, top_right, end),
        _between(bottom_left, bottom_right, end),
        _between(bottom_left, bottom_right, start),
    )


def _between(first: Point, second: Point, share: float) -> Point:
    return first[0] + (second[0] - first[0]) * share, first[1] + (second[1] - first[1]) * share


def half_width(text: str) -> str:
    """Full-width Latin forms (U+FF01 to U+FF5E), which the models confuse with ASCII, as ASCII.

    Text with East Asian characters keeps them: there they are what is printed.
    """
    if text.isascii() or any(
        "\u2e80" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3" for character in text
    ):
        return text
    return "".join(
        chr(ord(character) - 0xFEE0) if "\uff01" <= character <= "\uff5e" else character for character in text
    )
