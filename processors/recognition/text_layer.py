"""Words from a PDF's own text, page by page, and which pages need OCR instead."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from processors.document import Page, PageSource
from processors.errors import Refusal
from processors.geometry import Box
from processors.intake.image_file import IMAGE_ERRORS
from processors.intake.media import MediaType
from processors.intake.pdf_file import corrupt, open_pdf, parser_errors
from processors.recognition.orientation import turn_box
from processors.recognition.pages import FoundWord, build_page
from processors.recognition.text_quality import Drawn, PageDrawing, why_unusable
from processors.recognition.text_words import mend

_SMALLEST_TEXT = 2.0  # height in points; smaller print is not meant to be read by people
_UPRIGHT = {(1, 0): 0, (0, -1): 90, (-1, 0): 180, (0, 1): 270}
"""Clockwise turn that brings text of a writing direction upright; y points down."""


@dataclass(frozen=True, slots=True)
class NeedsOcr:
    """A page without a usable text layer. Sizes in points, after rotation, as OCR will give them."""

    number: int
    width: float
    height: float
    reason: str


@cache
def text_layer_engine() -> str:
    """Name and version that pages from the text layer carry."""
    import pymupdf

    return f"pymupdf/{pymupdf.VersionBind}"


def read_text_layer(path: Path, media_type: MediaType, first: int, last: int) -> list[Page | NeedsOcr] | Refusal:
    """Pages ``first`` to ``last`` (from 1, inclusive, cut to the pages there are) of the file at ``path``, in order.

    Words are what a person sees: hidden, covered, cropped and tiny text is left out. Boxes are in points after the
    page's rotation; every confidence is 1.0; no word contains a blank. Refuses ``encrypted`` and ``corrupt`` files;
    raises ``MemoryError`` where memory runs out. One page is held at a time.
    """
    if media_type is not MediaType.PDF:
        return _image_pages(path, media_type, first, last)
    document = open_pdf(path)
    if isinstance(document, Refusal):
        return document
    with document:
        pages: list[Page | NeedsOcr] = []
        for number in range(first, min(last, document.page_count) + 1):
            try:
                pages.append(_read_page(document[number - 1], number))
            except parser_errors() as error:
                return corrupt(error, f"page {number} cannot be read")
            # MuPDF keeps decoded fonts and images up to 256 MB; no page needs another's.
            _release_store()
        return pages


def _image_pages(path: Path, media_type: MediaType, first: int, last: int) -> list[Page | NeedsOcr] | Refusal:
    from processors.recognition.raster import image_page_sizes

    try:
        sizes = image_page_sizes(path, media_type, first, last)
    except IMAGE_ERRORS as error:
        return corrupt(error, "the image cannot be read")
    return [NeedsOcr(first + i, width, height, "an image file") for i, (width, height) in enumerate(sizes)]


def _release_store() -> None:
    import pymupdf

    pymupdf.TOOLS.store_shrink(100)


def _read_page(page: Any, number: int) -> Page | NeedsOcr:
    import pymupdf

    size = (page.rect.width, page.rect.height)
    drawing = _drawing(page)
    # Without ligatures kept ("fi" is two letters) and without invented code points for unmapped glyphs (U+FFFD).
    flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
    text_page = page.get_textpage(flags=flags)
    words = mend(_visible_words(page, text_page, drawing))
    reason = why_unusable([word.text for word in words], drawing)
    if reason is not None:
        return NeedsOcr(number, round(size[0], 2), round(size[1], 2), reason)
    rotation = _rotation(page, text_page, words)
    return build_page(number, size, PageSource.TEXT_LAYER, text_layer_engine(), words, rotation)


def _drawing(page: Any) -> PageDrawing:
    bare = page.rect * page.derotation_matrix
    return PageDrawing(
        bare.width,
        bare.height,
        [Drawn(kind, Box(*rect)) for kind, rect, *_ in page.get_bboxlog() if kind != "clip-path"],
    )


def _visible_words(page: Any, text_page: Any, drawing: PageDrawing) -> list[FoundWord]:
    """The page's words in stream order, turned as the page is; only those that are painted within the page."""
    hidden, shown = drawing.hidden_text(), drawing.shown_text()
    rotation: int = page.rotation
    found = []
    for x0, y0, x1, y1, text, *_ in page.get_text("words", textpage=text_page):
        box = Box(x0, y0, x1, y1)
        if _is_tiny(text, x1 - x0, y1 - y0) or (hidden and _is_hidden(box, hidden, shown)):
            continue
        if 0 <= box.center_x <= drawing.width and 0 <= box.center_y <= drawing.height:
            found.append(FoundWord(text, turn_box(box, drawing.width, drawing.height, rotation), 1.0))
    return found


def _is_tiny(text: str, width: float, height: float) -> bool:
    """Text may run up the page, so its height is the shorter side, except for short words, which may be narrow."""
    return (min(width, height) if len(text) >= 3 else max(width, height)) < _SMALLEST_TEXT


def _is_hidden(box: Box, hidden: list[Box], shown: list[Box]) -> bool:
    """Whether the word lies in hidden text and not also in shown text."""
    return _inside_any(box, hidden) and not _inside_any(box, shown)


def _inside_any(box: Box, areas: list[Box]) -> bool:
    return any(area.x0 <= box.center_x <= area.x1 and area.y0 <= box.center_y <= area.y1 for area in areas)


def _rotation(page: Any, text_page: Any, words: list[FoundWord]) -> int:
    """The clockwise turn that brings most of the text upright.

    Writing directions cost as much as the words themselves, so they are asked for only where words stand on end, or
    where the page is turned (a producer may have turned the text instead of the page, or both).
    """
    import pymupdf

    long_words = [word for word in words if len(word.text) >= 3]
    on_end = sum(1 for word in long_words if word.box.height > word.box.width)
    if 2 * on_end <= len(long_words) and not page.rotation:
        return 0
    turn = page.rotation_matrix
    linear = pymupdf.Matrix(turn.a, turn.b, turn.c, turn.d, 0, 0)
    lengths = dict.fromkeys(_UPRIGHT.values(), 0)
    for block in text_page.extractDICT()["blocks"]:
        for line in block.get("lines", []):
            direction = pymupdf.Point(line["dir"]) * linear
            rotation = _UPRIGHT.get((round(direction.x), round(direction.y)))
            if rotation is not None:
                lengths[rotation] += sum(len(span["text"]) for span in line["spans"])
    return max(lengths, key=lambda rotation: lengths[rotation])
