"""Quarter turns: between the page as a viewer shows it and the page as it is read.

``Page.rotation`` is the clockwise turn that makes the text run left to right. Boxes are kept in the viewer's
coordinates, so that they can be drawn on the page; layout and reading work on the turned page.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from processors.document import Page, Word
from processors.geometry import Box
from processors.recognition.engine import OcrEngine, OcrLine
from processors.recognition.layout import Layout, arrange

if TYPE_CHECKING:
    from processors.recognition.engine import RgbImage

_LEAST_TEXT = 10  # characters; with fewer there is nothing to decide by
_SURELY_UPRIGHT = 0.85  # mean confidence of lines read the right way up; upside down it is 0.5 to 0.8
_LINES_TRIED = 8


def turn_box(box: Box, width: float, height: float, rotation: int) -> Box:
    """Where ``box`` comes to lie when its page of ``width`` x ``height`` points is turned clockwise.

    ``rotation`` is 0, 90, 180 or 270. Turning by ``r`` and then the turned page by ``360 - r`` gives the box back.
    Raises ``ValueError`` on any other angle.
    """
    if rotation == 0:
        return box
    if rotation == 90:
        return Box(height - box.y1, box.x0, height - box.y0, box.x1)
    if rotation == 180:
        return Box(width - box.x1, height - box.y1, width - box.x0, height - box.y0)
    if rotation == 270:
        return Box(box.y0, width - box.x1, box.y1, width - box.x0)
    raise ValueError(f"a page turns by 0, 90, 180 or 270 degrees, not by {rotation}")


def turned_size(width: float, height: float, rotation: int) -> tuple[float, float]:
    """Width and height of the page after the turn."""
    return (height, width) if rotation in (90, 270) else (width, height)


def upright(page: Page) -> Page:
    """The same page with its text running left to right: boxes and size turned, word ids unchanged, rotation 0."""
    if page.rotation == 0:
        return page

    def turned(box: Box) -> Box:
        return _rounded(turn_box(box, page.width, page.height, page.rotation))

    width, height = turned_size(page.width, page.height, page.rotation)
    return replace(
        page,
        width=width,
        height=height,
        words=tuple(replace(word, box=turned(word.box)) for word in page.words),
        lines=tuple(replace(line, box=turned(line.box)) for line in page.lines),
        blocks=tuple(replace(block, box=turned(block.box)) for block in page.blocks),
        rotation=0,
    )


def arrange_turned(words: Sequence[Word], width: float, height: float, rotation: int) -> Layout:
    """As :func:`arrange`, for words in the viewer's coordinates of a page that is read turned by ``rotation``."""
    if rotation == 0:
        return arrange(words)
    layout = arrange([replace(word, box=turn_box(word.box, width, height, rotation)) for word in words])
    turned_width, turned_height = turned_size(width, height, rotation)

    def back(box: Box) -> Box:
        return _rounded(turn_box(box, turned_width, turned_height, (360 - rotation) % 360))

    return Layout(
        tuple(replace(word, box=back(word.box)) for word in layout.words),
        tuple(replace(line, box=back(line.box)) for line in layout.lines),
        tuple(replace(block, box=back(block.box)) for block in layout.blocks),
    )


def _rounded(box: Box) -> Box:
    """Pages carry two decimals; turning adds only floating-point noise beyond them."""
    return Box(round(box.x0, 2), round(box.y0, 2), round(box.x1, 2), round(box.y1, 2))


def find_turn(engine: OcrEngine, image: "RgbImage", lines: Sequence[OcrLine]) -> int:
    """The clockwise turn (0, 90, 180, 270) that brings the text of ``image`` upright.

    ``lines`` is what ``engine`` read without a turn. Text on end or upside down shows by the shape of its lines and
    by low confidence; only then are the turns in question tried, on the page's longest lines.
    """
    import numpy as np

    on_end = sum(len(line.text) for line in lines if _stands_on_end(line))
    length = sum(len(line.text) for line in lines)
    if length < _LEAST_TEXT:
        return 0
    if 2 * on_end > length:
        turns = (90, 270)
    elif _mean_confidence(lines) >= _SURELY_UPRIGHT:
        return 0
    else:
        turns = (0, 180)
    scores = {
        turn: _mean_confidence(engine.recognize(np.rot90(image, -turn // 90), most_lines=_LINES_TRIED))
        for turn in turns
    }
    return max(turns, key=lambda turn: scores[turn])


def _stands_on_end(line: OcrLine) -> bool:
    (x0, y0), (x1, y1) = line.quad[0], line.quad[1]
    return abs(y1 - y0) > abs(x1 - x0)


def _mean_confidence(lines: Sequence[OcrLine]) -> float:
    """Mean over characters; 0 where nothing was read."""
    length = sum(len(line.text) for line in lines)
    return sum(line.confidence * len(line.text) for line in lines) / length if length else 0.0
