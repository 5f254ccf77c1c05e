"""From recognised pages to a sketch, and from a sketch to the keys that find remembered layouts like it."""

import hashlib
from collections.abc import Sequence

from processors.document import Page, PageSource
from processors.geometry import Box
from processors.memory.model import FIRST, LAST, LayoutSketch, Mark, SketchPage
from processors.reading.geometric.view import Sheet

_MOST_WORDS = 600
"""Words of a page that are kept; a page of dense print has about so many."""
_BANDS, _ROWS = 16, 2
_SEED = 20_260_101
_MOST_CODES = 24
_CODE_LENGTH = 7


def sketch(pages: Sequence[Page], document_type: str) -> LayoutSketch:
    """The sketch of a document. ``pages`` in order, at least one; they are looked at upright and flat."""
    return sketch_of(sheets_of(pages), document_type)


def sheets_of(pages: Sequence[Page]) -> list[Sheet]:
    """The pages that a sketch is made of: the first, and the last where there are several."""
    kept = [pages[0]] if len(pages) == 1 else [pages[0], pages[-1]]
    return [Sheet(page, index) for index, page in enumerate(kept)]


def sketch_of(sheets: Sequence[Sheet], document_type: str) -> LayoutSketch:
    """The sketch of :func:`sheets_of`'s pages."""
    scanned = any(sheet.page.source is not PageSource.TEXT_LAYER for sheet in sheets)
    pages = tuple(
        SketchPage(sheet.page.number, which, _marks(sheet)) for which, sheet in zip((FIRST, LAST), sheets, strict=False)
    )
    return LayoutSketch(document_type, scanned, pages)


def _marks(sheet: Sheet) -> tuple[Mark, ...]:
    marks = [
        Mark(token.id, token.key, row, segment.index, in_widths(token.box, sheet))
        for row, segments in enumerate(sheet.rows)
        for segment in segments
        for token in segment.tokens
        if token.key
    ]
    return tuple(marks[:_MOST_WORDS])


def in_widths(box: Box, sheet: Sheet) -> Box:
    """``box`` of the upright page in page widths."""
    width = sheet.width or 1.0
    return Box(round(box.x0 / width, 4), round(box.y0 / width, 4), round(box.x1 / width, 4), round(box.y1 / width, 4))


def is_constant(key: str) -> bool:
    """Whether a word can be one of the print that a layout repeats: three letters or more and no digit."""
    return len(key) > 2 and not any(map(str.isdigit, key))


def lookup_keys(document: LayoutSketch) -> tuple[int, ...]:
    """Signed 64-bit keys; two documents of one layout nearly always share some, others hardly ever many.

    MinHash (Broder, 1997) of the first page's words in bands of two, so that of documents with 40 % of their words in
    common 94 % share a band; and long numbers (tax ids, telephone and register numbers), which find a vendor whatever
    else the page says. Neither knows positions: shifts and skew change nothing.
    """
    page = document.page(FIRST)
    marks = () if page is None else page.marks
    words = {mark.key for mark in marks if is_constant(mark.key)}
    codes = [mark.key for mark in marks if _is_code(mark.key)]
    found = [_number("code", document.document_type, code) for code in dict.fromkeys(codes[:_MOST_CODES])]
    return (*_bands(words, document.document_type), *found)


def _is_code(key: str) -> bool:
    return len(key) >= _CODE_LENGTH and sum(map(str.isdigit, key)) >= _CODE_LENGTH - 1


def _bands(words: set[str], document_type: str) -> list[int]:
    if not words:
        return []
    import numpy as np

    rng = np.random.default_rng(_SEED)
    factors = rng.integers(1, 2**63, size=(_BANDS * _ROWS, 1), dtype=np.uint64) | np.uint64(1)
    hashes = np.array([[_number("word", word) & (2**64 - 1) for word in sorted(words)]], dtype=np.uint64)
    mixed = (hashes * factors) ^ ((hashes * factors) >> np.uint64(31))
    least = mixed.min(axis=1).reshape(_BANDS, _ROWS).tolist()
    return [_number("band", document_type, band, *values) for band, values in enumerate(least)]


def _number(*parts: object) -> int:
    data = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), signed=True)
