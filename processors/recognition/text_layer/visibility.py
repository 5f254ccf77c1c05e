"""Which pieces of a text layer a person sees. What no one sees must not become a value: it is how a document says one
thing to a reader and another to a machine.

Most text is plainly visible: dark and opaque, with nothing under or over it. Only the rest is held to the rendering.
"""

import sys
import unicodedata
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from processors.geometry import Box
from processors.recognition.orientation import turn_box
from processors.recognition.text_layer.drawing import Drawn, PageDrawing, Rendering
from processors.recognition.text_layer.pieces import Piece

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SMALLEST_TEXT = 2.0  # height in points; smaller print is not meant to be read by people
_FAINTEST_ALPHA = 20  # of 255; fainter text is watermark dust or hidden
_LIGHT = 150  # the darkest channel of a colour that may be lost on white paper
_LEAST_CONTRAST = 20  # of 255, in any channel; below that, text and paper look the same
_BACKGROUND = 75  # percentile of the distance to the text's colour: letters cover less than half of their box
_TOWARDS_INK = 0.8  # a pixel nearer than this to the text's colour, by the background's distance, is ink
_LEAST_INK = 0.02  # share of ink in the box of a printed word; commas and dashes have the least
_SAME_PLACE = 0.25  # common area of covered text and the text printed over it, in areas of the covered one
_SMALLEST_COVER = 3.0  # points; narrower shapes are rules and dots, which cover no word
_PAIRS_AT_ONCE = 1_000_000  # bounds the memory of comparing all pieces with all fills
_LAST_STEP = sys.maxsize


def find_shown(page: Any, pieces: Sequence[Piece], drawing: PageDrawing, rendering: Rendering) -> list[bool]:
    """For each of ``pieces``, whether a person sees it.

    Not seen is text that lies off the page, is tiny, is not painted or nearly transparent, is under an opaque picture
    or under a shape with other text over that, or leaves no ink in the rendering (white on white, whited out). Text
    that the page clips away is not among the pieces. Raises what MuPDF raises where the page cannot be rendered.
    """
    shown = [_is_painted(piece) and not _is_tiny(piece) and _is_on_page(piece.box, drawing) for piece in pieces]
    fills = [step for step, item in enumerate(drawing.items) if _fills(item)]
    grounds = _steps_at(pieces, drawing, fills)
    for index in _find_buried(page, pieces, drawing, grounds):
        shown[index] = False
    doubtful = [index for index, piece in enumerate(pieces) if shown[index] and (grounds[index] or _is_faint(piece))]
    rendering.look_at(pieces[index].box for index in doubtful)
    for index in doubtful:
        shown[index] = _leaves_ink(pieces[index], rendering)
    return shown


def _fills(item: Drawn) -> bool:
    return item.fills and min(item.box.width, item.box.height) >= _SMALLEST_COVER


def _is_painted(piece: Piece) -> bool:
    return piece.is_clip or (piece.painted and piece.alpha >= _FAINTEST_ALPHA)


def _is_tiny(piece: Piece) -> bool:
    """Text may run up the page, so its height is the shorter side, except for short words, which may be narrow."""
    width, height = piece.box.width, piece.box.height
    return (min(width, height) if len(piece.text) >= 3 else max(width, height)) < _SMALLEST_TEXT


def _is_on_page(box: Box, drawing: PageDrawing) -> bool:
    return 0 <= box.center_x <= drawing.width and 0 <= box.center_y <= drawing.height


def _is_faint(piece: Piece) -> bool:
    return piece.is_clip or piece.alpha < 255 or min(_channels(piece.color)) >= _LIGHT


def _channels(color: int) -> tuple[int, int, int]:
    return color >> 16 & 255, color >> 8 & 255, color & 255


def _leaves_ink(piece: Piece, rendering: Rendering) -> bool:
    """Whether the rendering shows ink of the piece's colour on another ground; of any colour where that is mixed."""
    box = piece.box
    trim = 0.1 * min(box.width, box.height)  # rules and neighbours touch the rim
    window = rendering.window(Box(box.x0 + trim, box.y0 + trim, box.x1 - trim, box.y1 - trim))
    if piece.is_clip or piece.alpha < 255:
        pixels = rendering.rgb(window).reshape(-1, 3)
        return bool(len(pixels) and (pixels.max(axis=0) - pixels.min(axis=0)).max() >= _LEAST_CONTRAST)
    red, green, blue = _channels(piece.color)
    gray = (77 * red + 151 * green + 28 * blue) >> 8
    # Most text shows in gray; only what does not is looked at in colour.
    if _is_inked(_distance(rendering.gray(window), gray)):
        return True
    colored = rendering.rgb(window)
    distances = [_distance(colored[:, :, i], value) for i, value in enumerate((red, green, blue))]
    return _is_inked(max(distances, key=lambda distance: int(distance.max(initial=0))))


def _distance(pixels: "NDArray[np.uint8]", value: int) -> "NDArray[np.int16]":
    import numpy as np

    return np.abs(pixels.astype(np.int16).ravel() - value)


def _is_inked(distance: "NDArray[np.int16]") -> bool:
    """Whether pixels at these distances from the text's colour are text on a ground; none are neither."""
    import numpy as np

    if not distance.size:
        return False
    middle = distance.size * _BACKGROUND // 100
    background = np.partition(distance, middle)[middle]
    if background < _LEAST_CONTRAST:
        return False
    return bool(np.count_nonzero(distance < _TOWARDS_INK * background) >= _LEAST_INK * distance.size)


def _steps_at(pieces: Sequence[Piece], drawing: PageDrawing, steps: Sequence[int]) -> list[list[int]]:
    """For each piece, those of ``steps`` whose boxes hold its centre, in drawing order."""
    import numpy as np

    if not steps:
        return [[] for _ in pieces]
    boxes = [drawing.items[step].box for step in steps]
    x0, y0, x1, y1 = np.array([(box.x0, box.y0, box.x1, box.y1) for box in boxes]).T
    found: list[list[int]] = []
    some = max(1, _PAIRS_AT_ONCE // len(steps))
    numbers = np.array(steps)
    for start in range(0, len(pieces), some):
        places = [piece.box for piece in pieces[start : start + some]]
        x = np.array([[box.center_x] for box in places])
        y = np.array([[box.center_y] for box in places])
        inside = (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)
        found.extend(numbers[row].tolist() for row in inside)
    return found


def _find_buried(
    page: Any, pieces: Sequence[Piece], drawing: PageDrawing, grounds: Sequence[Sequence[int]]
) -> set[int]:
    """Indexes of pieces under an opaque picture, or under a shape that has other text printed over it.

    ``grounds`` are the steps that fill the piece's place. The rendering cannot tell in these cases: it shows ink where
    the piece lies, but another's.
    """
    texts = [step for step, item in enumerate(drawing.items) if item.is_text]
    if not texts or not any(ground and ground[-1] > texts[0] for ground in grounds):
        return set()
    earliest = [steps[0] if steps else 0 for steps in _steps_at(pieces, drawing, texts)]
    candidates = [index for index, ground in enumerate(grounds) if ground and ground[-1] > earliest[index]]
    if not candidates:
        return set()
    steps = _drawing_steps(page, pieces)
    pictures = _opaque_pictures(page)
    printed = _Printed(pieces, steps)
    buried = set()
    for index in candidates:
        covers = [step for step in grounds[index] if step > steps[index]]
        if any(_is_opaque(drawing.items[step], pictures) for step in covers) or (
            covers and printed.is_overprinted(pieces[index].box, covers[0])
        ):
            buried.add(index)
    return buried


class _Printed:
    """All pieces' places and drawing steps, as arrays: pages have thousands, and each may be compared with all."""

    def __init__(self, pieces: Sequence[Piece], steps: Sequence[int]) -> None:
        import numpy as np

        boxes = [(piece.box.x0, piece.box.y0, piece.box.x1, piece.box.y1) for piece in pieces]
        self._x0, self._y0, self._x1, self._y1 = np.array(boxes).T
        self._steps = np.array(steps)

    def is_overprinted(self, box: Box, cover: int) -> bool:
        """Whether text drawn after the step ``cover`` takes the place of ``box``."""
        import numpy as np

        across = np.minimum(self._x1, box.x1) - np.maximum(self._x0, box.x0)
        down = np.minimum(self._y1, box.y1) - np.maximum(self._y0, box.y0)
        common = np.maximum(across, 0) * np.maximum(down, 0)
        return bool(np.any((common >= _SAME_PLACE * box.width * box.height) & (self._steps > cover)))


def _is_opaque(item: Drawn, pictures: Sequence[Box]) -> bool:
    return item.kind == "fill-image" and any(_is_same(item.box, picture) for picture in pictures)


def _is_same(first: Box, second: Box) -> bool:
    return (
        max(
            abs(first.x0 - second.x0),
            abs(first.y0 - second.y0),
            abs(first.x1 - second.x1),
            abs(first.y1 - second.y1),
        )
        < 1
    )


def _opaque_pictures(page: Any) -> list[Box]:
    """Places of the page's images that have no mask, as a viewer shows the page."""
    bare = page.rect * page.derotation_matrix
    return [
        turn_box(Box(*image["bbox"]), bare.width, bare.height, page.rotation)
        for image in page.get_image_info()
        if not image["has-mask"]
    ]


def _drawing_steps(page: Any, pieces: Sequence[Piece]) -> list[int]:
    """The drawing step of each piece, by where and what its first character is; the same one twice, in stream order.

    A piece that is not found counts as drawn last, so that nothing covers it.
    """
    places: dict[tuple[float, float, str], deque[int]] = {}
    for span in page.get_texttrace():
        for code, _, (x, y), _ in span["chars"]:
            letter = unicodedata.normalize("NFKC", chr(code))[:1]  # the text layer spells ligatures out
            places.setdefault((round(x, 1), round(y, 1), letter), deque()).append(span["seqno"])
    steps = []
    for piece in pieces:
        found = places.get((round(piece.origin[0], 1), round(piece.origin[1], 1), piece.text[0]))
        steps.append(found.popleft() if found else _LAST_STEP)
    return steps
