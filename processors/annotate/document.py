"""The annotated copy of a document."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymupdf

from processors.annotate.marks import Mark, marks_of, unplaced
from processors.annotate.painter import LABEL_HEIGHT, Painter, label_width, legend_size
from processors.annotate.placing import Ink, least_printed, place
from processors.errors import Refusal
from processors.fields import Extraction
from processors.geometry import Box
from processors.intake.media import MediaType
from processors.intake.paged import PAGED, open_paged
from processors.recognition.raster import image_page_sizes, rasterise

_LAYER = "fieldtrail"
_INK_PIXELS = 2000
"""Longest side of the image that ink is measured on."""
_MARGIN = 8.0
_LEGEND_STEP = 24.0
_ALL_PAGES = 1_000_000


def annotate(path: Path, media_type: MediaType, extraction: Extraction, out: Path) -> None:
    """Write to ``out`` a PDF of the document at ``path`` with every value of ``extraction`` marked on its page.

    Each place that a value was read from becomes a square annotation: a comment in any viewer, with name, value,
    confidence, reader and failed rules. Header fields, rows and doubtful cells also have a visible label with name and
    confidence, placed off the values. Colour and dashes tell what the route decided. A PDF is copied with its pages as
    they are (a signature on it does not hold for the copy); a DOCX becomes the pages that its words were read from, an
    image one of its size in points.

    The document must have passed intake. Raises ``ValueError`` where it cannot be opened after all or where evidence
    points to a page that it does not have, and ``OSError`` where a file cannot be read or written.
    """
    marks = marks_of(extraction)
    document = _open(path, media_type)
    with document:
        for mark in marks:
            if not 1 <= mark.page <= document.page_count:
                raise ValueError(f"{mark.name} is on page {mark.page} of a document with {document.page_count}")
        layer = document.add_ocg(_LAYER)
        first = min((mark.page for mark in marks), default=1)
        for number in sorted({first} | {mark.page for mark in marks}):
            notes = unplaced(extraction) if number == first else []
            _annotate_page(document[number - 1], layer, [mark for mark in marks if mark.page == number], notes)
        data: bytes = document.tobytes(garbage=1, deflate=True, encryption=pymupdf.PDF_ENCRYPT_NONE)
    out.write_bytes(data)


def _annotate_page(page: Any, layer: int, marks: Sequence[Mark], notes: Sequence[str]) -> None:
    """Boxes, labels and legend of one page; ``notes`` are further lines of the legend."""
    ink = _measure_ink(page)
    painter = Painter(page, layer)
    taken = [mark.box for mark in marks if not mark.row]  # a row's outline may be written over, its cells may not
    for mark in marks:
        painter.box(mark)
    legend = least_printed(_legend_places(page, notes), taken, ink)
    painter.legend(legend, notes)
    taken.append(legend)
    for mark in marks:
        if mark.label is not None:
            spot = place(mark.box, label_width(mark.label), LABEL_HEIGHT, taken, ink, beside=mark.row)
            painter.label(mark, spot.box, tied=spot.distance > 0)
            taken.append(spot.box)


def _legend_places(page: Any, notes: Sequence[str]) -> list[Box]:
    """Places to try, from the foot of the page up, at the right, at the left and in the middle."""
    width, height = legend_size(notes)
    lefts = (page.rect.width - width - _MARGIN, _MARGIN, (page.rect.width - width) / 2)
    count = max(1, int((page.rect.height - height - _MARGIN) / _LEGEND_STEP))
    tops = [page.rect.height - height - _MARGIN - step * _LEGEND_STEP for step in range(count)]
    return [Box(left, top, left + width, top + height) for top in tops for left in lefts]


def _measure_ink(page: Any) -> Ink:
    import numpy as np

    width, height = page.rect.width, page.rect.height
    scale = min(1.0, _INK_PIXELS / max(width, height))
    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csGRAY, alpha=False)
    grey = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width)
    return Ink(grey, width, height)


def _open(path: Path, media_type: MediaType) -> Any:
    """The document as an open PDF with one page for each page or frame. Raises ``ValueError`` on a damaged file."""
    if media_type not in PAGED:
        return _image_document(path, media_type)
    document = open_paged(path, media_type)
    if isinstance(document, Refusal):
        raise ValueError(document.message)  # noqa: TRY004 - it is the file's content that is wrong
    return document


def _image_document(path: Path, media_type: MediaType) -> Any:
    document = pymupdf.open()
    for number, (width, height) in enumerate(image_page_sizes(path, media_type, 1, _ALL_PAGES), start=1):
        raster = rasterise(path, media_type, number)
        if isinstance(raster, Refusal):
            raise ValueError(raster.message)  # noqa: TRY004 - as above
        rows, columns = raster.image.shape[:2]
        pixmap = pymupdf.Pixmap(pymupdf.csRGB, columns, rows, raster.image.tobytes(), False)
        page = document.new_page(width=width, height=height)
        page.insert_image(page.rect, stream=pixmap.tobytes("jpeg", jpg_quality=85), keep_proportion=False)
    return document
