"""One page out of two readings: its text layer, and OCR of the regions that the text layer does not hold."""

from collections.abc import Sequence
from dataclasses import replace

from processors.document import Page, PageSource, Word
from processors.geometry import Box
from processors.recognition.pages import FoundWord, build_page

_SAME_PLACE = 0.3  # common area of two readings of one word, in areas of the smaller one
_MUCH_LARGER = 4.0  # the box of slanted text (a watermark) covers words that it is not a reading of


def combine(text: Page, recognized: Page, regions: Sequence[Box]) -> Page:
    """``text`` with those words of ``recognized`` that lie in ``regions`` and where ``text`` has no word.

    Both are readings of the same page, with boxes in points as a viewer shows it; no ``regions`` means the whole page.
    All words of ``text`` stand, and every word keeps its text, box and confidence. The result's source is ``mixed``,
    its engine both names joined by ``+``; rotation is that of ``text``; quality and decision are those of
    ``recognized``, else of ``text``.
    """
    added = [
        word
        for word in recognized.words
        if (not regions or any(_holds(region, word.box) for region in regions))
        and not any(_is_same_place(word.box, known.box) for known in text.words)
    ]
    page = build_page(
        text.number,
        (text.width, text.height),
        PageSource.MIXED,
        f"{text.engine}+{recognized.engine}",
        [_found(word) for word in (*text.words, *added)],
        text.rotation,
    )
    return replace(page, quality=recognized.quality or text.quality, decision=recognized.decision or text.decision)


def _found(word: Word) -> FoundWord:
    return FoundWord(word.text, word.box, word.confidence)


def _holds(region: Box, box: Box) -> bool:
    return region.x0 <= box.center_x <= region.x1 and region.y0 <= box.center_y <= region.y1


def _is_same_place(first: Box, second: Box) -> bool:
    small, large = sorted(min(box.width, box.height) for box in (first, second))
    if large > _MUCH_LARGER * small:
        return False
    smaller = min(first.width * first.height, second.width * second.height)
    return first.horizontal_overlap(second) * first.vertical_overlap(second) > _SAME_PLACE * smaller
