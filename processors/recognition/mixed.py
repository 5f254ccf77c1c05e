"""One page out of two readings: its text layer, and OCR of the regions that the text layer does not hold."""

from collections.abc import Sequence
from dataclasses import replace

from processors.document import Page, PageSource, Word
from processors.geometry import Box
from processors.recognition.pages import FoundWord, build_page

_KNOWN = 0.5  # share of a recognised word that known words cover, from which on it is a second reading of them
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
        and _covered(word.box, [known.box for known in text.words]) < _KNOWN
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


def _covered(box: Box, known: Sequence[Box]) -> float:
    """The share of ``box`` under ``known`` words. What reaches beyond them stays: it may hold what they lack."""
    area = box.width * box.height
    covered = sum(box.horizontal_overlap(other) * box.vertical_overlap(other) for other in known if _alike(box, other))
    return covered / area if area > 0 else 1.0


def _alike(first: Box, second: Box) -> bool:
    """Whether one may be a reading of the other, by their size."""
    small, large = sorted(min(box.width, box.height) for box in (first, second))
    return large <= _MUCH_LARGER * small
