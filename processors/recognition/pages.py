"""Building a :class:`Page` from what a text layer or an OCR engine gave."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from processors.document import Flat, Page, PageSource, Word
from processors.geometry import Box
from processors.recognition.orientation import arrange_flat, arrange_turned


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
    flat: Flat | None = None,
) -> Page:
    """A page with its words in reading order. ``flat`` has the words' places on the flattened page, in their order.

    Coordinates are rounded to 1/100 point and confidences to 1/10000 here, once, so that an encoded page
    (:mod:`processors.recognition.words_file`) decodes to an equal one.
    """
    page = unordered_page(number, size, source, engine, found, rotation)
    if flat is None:
        layout = arrange_turned(page.words, page.width, page.height, rotation)
        return replace(page, words=layout.words, lines=layout.lines, blocks=layout.blocks)
    flat_boxes: Sequence[Box]
    layout, flat_boxes = arrange_flat(page.words, [_rounded(box) for box in flat.boxes])
    lying = Flat(round(flat.width, 2), round(flat.height, 2), tuple(flat_boxes))
    return replace(page, words=layout.words, lines=layout.lines, blocks=layout.blocks, flat=lying)


def unordered_page(
    number: int,
    size: tuple[float, float],
    source: PageSource,
    engine: str,
    found: Iterable[FoundWord],
    rotation: int = 0,
) -> Page:
    """As :func:`build_page`, but with the words as they come and without lines and blocks, for
    :func:`processors.recognition.structure.page.structure`, which finds its own.
    """
    width, height = round(size[0], 2), round(size[1], 2)
    words = [Word(index, word.text, _rounded(word.box), round(word.confidence, 4)) for index, word in enumerate(found)]
    return Page(number, width, height, source, engine, tuple(words), (), (), rotation)


def _rounded(box: Box) -> Box:
    return Box(round(box.x0, 2), round(box.y0, 2), round(box.x1, 2), round(box.y1, 2))
