"""Building a :class:`Page` from what a text layer or an OCR engine gave."""

from collections.abc import Iterable
from dataclasses import dataclass

from processors.document import Page, PageSource, Word
from processors.geometry import Box
from processors.recognition.orientation import arrange_turned


@dataclass(frozen=True, slots=True)
class FoundWord:
    """A word before it has a place in the reading order; ``box`` in points, in the viewer's coordinates."""

    text: str
    box: Box
    confidence: float


def build_page(
    number: int,
    size: tuple[float, float],
    source: PageSource,
    engine: str,
    found: Iterable[FoundWord],
    rotation: int = 0,
) -> Page:
    """A page with its words in reading order.

    Coordinates are rounded to 1/100 point and confidences to 1/10000 here, once, so that an encoded page
    (:mod:`processors.recognition.words_file`) decodes to an equal one.
    """
    width, height = round(size[0], 2), round(size[1], 2)
    words = [
        Word(
            index,
            word.text,
            Box(round(word.box.x0, 2), round(word.box.y0, 2), round(word.box.x1, 2), round(word.box.y1, 2)),
            round(word.confidence, 4),
        )
        for index, word in enumerate(found)
    ]
    layout = arrange_turned(words, width, height, rotation)
    return Page(number, width, height, source, engine, layout.words, layout.lines, layout.blocks, rotation)
