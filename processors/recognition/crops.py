"""From a page's image to line images, and from a line's characters to words with quads."""

import math
from typing import TYPE_CHECKING

from processors.recognition import ctc
from processors.recognition.engine import Character, OcrLine, OcrWord, Point, Quad
from processors.recognition.font_box import font_edges
from processors.recognition.ink import columns_with_ink, ink_mask, without_specks, without_upright_rules

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

_STRAIGHT = 1.0  # pixels
_SAME_COLOUR = 3  # grey levels between the lightest and the darkest pixel; print is never so faint


def quad_length(quad: Quad) -> float:
    """Length of the quad's upper edge, in pixels."""
    return math.dist(quad[0], quad[1])


def cut_out(image: "RgbImage", quad: Quad) -> "RgbImage":
    """The quad's content as an upright rectangle, by perspective transform; a large straight one is only cut."""
    import cv2
    import numpy as np

    # What is scaled down for the recogniser afterwards has detail to spare: half a pixel does not matter there.
    large = quad[3][1] - quad[0][1] > LINE_HEIGHT
    if large and _is_straight(quad):
        top, bottom = round((quad[0][1] + quad[1][1]) / 2), round((quad[2][1] + quad[3][1]) / 2)
        left, right = round((quad[0][0] + quad[3][0]) / 2), round((quad[1][0] + quad[2][0]) / 2)
        straight: RgbImage = image[top : max(bottom, top + 1), left : max(right, left + 1)]
        if straight.size:
            return straight.copy()
    width = max(1, round(max(math.dist(quad[0], quad[1]), math.dist(quad[3], quad[2]))))
    height = max(1, round(max(math.dist(quad[0], quad[3]), math.dist(quad[1], quad[2]))))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(quad, dtype=np.float32), corners)
    flags = cv2.INTER_CUBIC if height <= LINE_HEIGHT else cv2.INTER_LINEAR
    cut: RgbImage = cv2.warpPerspective(image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cut


def _is_straight(quad: Quad) -> bool:
    """Whether the quad is a rectangle along the image's rows, from its top-left, to within a pixel."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
    if ax >= bx or ay >= dy:
        return False
    return max(abs(ax - dx), abs(bx - cx), abs(ay - by), abs(cy - dy)) <= _STRAIGHT


def is_blank(crop: "RgbImage") -> bool:
    """Whether a line image has one colour all over: nothing can be printed there, however faint."""
    import cv2

    for channel in range(crop.shape[2]):
        darkest, lightest, _, _ = cv2.minMaxLoc(cv2.extractChannel(crop, channel))
        if lightest - darkest > _SAME_COLOUR:
            return False
    return True


def ink_profile(crop: "RgbImage") -> "NDArray[np.bool_]":
    """For each pixel column of a line image, whether anything is printed there, on light or dark ground."""
    return columns_with_ink(ink_mask(crop))


def line_width(crop: "RgbImage") -> int:
    """The line image's width in pixels once it is ``LINE_HEIGHT`` high."""
    height, width = crop.shape[:2]
    return min(LONGEST_LINE, math.ceil(LINE_HEIGHT * int(width) / int(height)))


def to_line(quad: Quad, crop: "RgbImage", characters: list[Character]) -> OcrLine | None:
    """The line at ``quad`` from its image and what was read there; ``None`` where there is no text.

    A word's quad reaches from its first ink to its last, and from the font's ascent to its descent.
    """
    found = ink_mask(crop)
    mask = without_upright_rules(without_specks(found))
    height, width = mask.shape
    # Words are parted by what is printed, dirt or not: a dot that was taken for dirt must not part an amount.
    spans = ctc.split_words(
        characters, line_width(crop) / COLUMN, columns_with_ink(found), height, columns_with_ink(mask)
    )
    if not spans:
        return None
    places = [(span.text, int(span.start * width), math.ceil(span.end * width)) for span in spans]
    words = tuple(
        OcrWord(
            half_width(span.text), _part(quad, span.start, span.end, top / height, bottom / height), span.probability
        )
        for span, (top, bottom) in zip(spans, font_edges(mask, places), strict=True)
    )
    printed = [character for character in characters if not character.text.isspace()]
    return OcrLine(words, quad, sum(character.probability for character in printed) / len(printed))


def _part(quad: Quad, start: float, end: float, top: float, bottom: float) -> Quad:
    """The part of the quad between two shares of its length and two of its height; these may lie beyond it."""
    return (
        _inside(quad, start, top),
        _inside(quad, end, top),
        _inside(quad, end, bottom),
        _inside(quad, start, bottom),
    )


def _inside(quad: Quad, along: float, down: float) -> Point:
    upper = _between(quad[0], quad[1], along)
    return _between(upper, _between(quad[3], quad[2], along), down)


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
