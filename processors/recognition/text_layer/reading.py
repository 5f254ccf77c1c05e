"""Words from a document's own text, page by page, and which pages need OCR instead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from processors.document import Page, PageSource, SourceDecision
from processors.errors import ErrorCode, Refusal
from processors.geometry import Box
from processors.intake.image_file import IMAGE_ERRORS
from processors.intake.media import MediaType
from processors.intake.packet import packet_pages
from processors.intake.paged import PAGED, open_paged
from processors.intake.pdf_file import corrupt, open_pdf, parser_errors
from processors.recognition.page_hash import page_hash
from processors.recognition.pages import FoundWord, build_page, unordered_page
from processors.recognition.structure.page import structure
from processors.recognition.structure.rulings import pdf_rulings
from processors.recognition.text_layer.drawing import PageDrawing, Rendering, read_drawing
from processors.recognition.text_layer.fonts import unmapped_fonts
from processors.recognition.text_layer.images import find_regions
from processors.recognition.text_layer.pieces import join_pieces, read_pieces
from processors.recognition.text_layer.quality import decide, find_broken, measure
from processors.recognition.text_layer.visibility import find_shown
from processors.recognition.text_layer.words import mend

TEXT_LAYER_VERSION = 1
"""Raised whenever a page's text layer may be judged, read or structured differently: stored words are then not taken
for what would be read today."""

_UPRIGHT = {(1, 0): 0, (0, -1): 90, (-1, 0): 180, (0, 1): 270}
"""Clockwise turn that brings text of a writing direction upright; y points down."""


@dataclass(frozen=True, slots=True)
class NeedsOcr:
    """A page that its text layer does not give, or not all of it. Sizes in points, after rotation, as OCR gives them.

    ``regions`` are the parts to recognise, in points as a viewer shows the page; none means the whole page. ``text``
    is what the text layer gives beside those parts, for :func:`processors.recognition.mixed.combine`; on its own it
    lacks what the regions hold. Pages of equal ``page_hash`` draw alike, in whatever file; ``None`` where that is not
    known.
    """

    number: int
    width: float
    height: float
    decision: SourceDecision
    regions: tuple[Box, ...] = ()
    text: Page | None = None
    page_hash: str | None = None


@dataclass(frozen=True, slots=True)
class FailedPage:
    """A page that cannot be read, and why; the others of its document stand."""

    number: int
    code: ErrorCode
    message: str


def text_of(found: Page | NeedsOcr | FailedPage) -> Page | None:
    """What the text layer gives of a page, if anything."""
    if isinstance(found, NeedsOcr):
        return found.text
    return found if isinstance(found, Page) else None


@cache
def text_layer_engine() -> str:
    """Name and versions that pages from the text layer carry; loads nothing."""
    return f"pymupdf-{version('pymupdf')}/text_layer.{TEXT_LAYER_VERSION}"


def read_text_layer(
    path: Path, media_type: MediaType, first: int, last: int
) -> list[Page | NeedsOcr | FailedPage] | Refusal:
    """Pages ``first`` to ``last`` (from 1, inclusive, cut to the pages there are) of the file at ``path``, in order.

    Words are what a person sees: hidden, covered, cropped and tiny text is left out. Boxes are in points after the
    page's rotation; every confidence is 1.0; no word contains a blank. Each page says by what figures it was decided.
    Images, alone or in a packet, have no text layer. Refuses what :func:`open_paged` and image files' headers refuse; a
    damaged page is a :class:`FailedPage`, even where all are. Raises ``MemoryError`` where memory runs out. One page is
    held at a time.
    """
    if media_type not in PAGED:
        pages = _image_pages(path, media_type, first, last)
        return pages if media_type is not MediaType.PACKET or isinstance(pages, Refusal) else _unpacked(path, pages)
    document = open_paged(path, media_type)
    if isinstance(document, Refusal):
        return document
    with document:
        return [
            _page_or_failure(document, number, number) for number in range(first, min(last, document.page_count) + 1)
        ]


def _page_or_failure(document: Any, index: int, number: int) -> Page | NeedsOcr | FailedPage:
    """Page ``index`` of a ``pymupdf.Document`` (from 1), which is page ``number`` of the whole."""
    try:
        return _read_page(document[index - 1], number)
    except parser_errors() as error:
        refusal = corrupt(error, f"page {number} cannot be read")
        return FailedPage(number, refusal.code, refusal.message)
    finally:
        # MuPDF keeps decoded fonts and images up to 256 MB; no page needs another's.
        _release_store()


def _unpacked(
    path: Path, pages: Sequence[Page | NeedsOcr | FailedPage]
) -> list[Page | NeedsOcr | FailedPage] | Refusal:
    """``pages`` of the packet at ``path``, which follow one another, with those of its PDFs read as a PDF's are."""
    read: list[Page | NeedsOcr | FailedPage] = []
    packed = packet_pages(path, pages[0].number, pages[-1].number) if pages else ()
    for page, source in zip(pages, packed, strict=True):
        if isinstance(source, Refusal):
            return source
        if source.media_type is not MediaType.PDF:
            read.append(page)
            continue
        document = open_pdf(source.content)
        if isinstance(document, Refusal):
            return document
        with document:
            read.append(_page_or_failure(document, source.number, page.number))
    return read


def _image_pages(
    path: Path, media_type: MediaType, first: int, last: int
) -> list[Page | NeedsOcr | FailedPage] | Refusal:
    from processors.recognition.raster import image_page_sizes

    try:
        sizes = image_page_sizes(path, media_type, first, last)
    except IMAGE_ERRORS as error:
        return corrupt(error, "the image cannot be read")
    decision = SourceDecision("an image file")
    return [NeedsOcr(first + i, width, height, decision) for i, (width, height) in enumerate(sizes)]


def _release_store() -> None:
    import pymupdf

    pymupdf.TOOLS.store_shrink(100)


def _read_page(page: Any, number: int) -> Page | NeedsOcr:
    import pymupdf

    drawing = read_drawing(page)
    rendering = Rendering(page, drawing)
    # Without ligatures kept ("fi" is two letters) and without invented code points for unmapped glyphs (U+FFFD).
    text_page = page.get_textpage(flags=pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP)
    pieces = read_pieces(page, text_page)
    shown = find_shown(page, pieces, drawing, rendering)
    words = mend(join_pieces(pieces, shown))
    figures = measure(pieces, shown, [word.text for word in words], drawing, unmapped_fonts(page))
    is_good, decision = decide(figures, drawing)
    if not is_good:
        return NeedsOcr(number, round(drawing.width, 2), round(drawing.height, 2), decision, page_hash=page_hash(page))
    broken = set(find_broken([word.text for word in words]))
    whole = [word for index, word in enumerate(words) if index not in broken]
    lost = [words[index].box for index in broken] + [piece.box for piece in pieces if piece.draws_itself]
    regions = find_regions([word.box for word in whole], lost, drawing, rendering)
    return _decided(page, number, text_page, whole, regions, decision, drawing)


def _decided(
    page: Any,
    number: int,
    text_page: Any,
    words: list[FoundWord],
    regions: Sequence[Box],
    decision: SourceDecision,
    drawing: PageDrawing,
) -> Page | NeedsOcr:
    """The page as its text layer gives it, alone or beside regions that need OCR."""
    if regions:
        decision = SourceDecision(
            "a good text layer, but for the regions that are pictures or lost characters", decision.figures
        )
    rotation = _rotation(page, text_page, words)
    size = (page.rect.width, page.rect.height)
    pictures = [item.box for item in drawing.items if item.is_image and not drawing.fills_page(item.box)]
    known = (number, size, PageSource.TEXT_LAYER, text_layer_engine(), words, rotation)
    if regions:
        text = replace(build_page(*known), decision=decision)
        return NeedsOcr(number, text.width, text.height, decision, tuple(regions), text)
    return structure(replace(unordered_page(*known), decision=decision), pdf_rulings(page, drawing.paths()), pictures)


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
