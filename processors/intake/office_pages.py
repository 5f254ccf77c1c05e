"""A Word document as a paged one: opened, laid out, drawn."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from processors.errors import ErrorCode, Refusal
from processors.intake.archive import open_archive
from processors.intake.image_file import IMAGE_ERRORS
from processors.intake.office import read_document
from processors.intake.office_layout import PlacedPage, lay_out
from processors.intake.office_marks import Image, Rule, Text
from processors.intake.office_package import Package, PackageError, PartTooLargeError
from processors.intake.office_text import font
from processors.intake.pdf_file import parser_errors

_RULE = 0.5
_TEXTS_AT_ONCE = 40
"""Texts per writer: adding one measures all before it again."""
_MAX_PICTURE_BYTES = 32 * 1024 * 1024
_MAX_PICTURE_PIXELS = 50_000_000
_PICTURES = ("PNG", "JPEG", "GIF", "BMP", "TIFF")


def count_docx_pages(path: Path, max_pages: int) -> int | Refusal:
    """How many pages the document has as :func:`open_docx` lays it out; stops counting at ``max_pages + 1``.

    Codes: ``corrupt``, ``too_large`` (a part), ``encrypted``, ``decompression_bomb``.
    """
    with _laid_out(path, max_pages + 1) as found:
        return found if isinstance(found, Refusal) else len(found[1])


def docx_page_sizes(path: Path) -> list[tuple[float, float]] | Refusal:
    """Width and height of every page in points. Codes as :func:`count_docx_pages`."""
    with _laid_out(path) as found:
        return found if isinstance(found, Refusal) else [(page.width, page.height) for page in found[1]]


def open_docx(path: Path, only: int | None = None) -> Any | Refusal:
    """A ``pymupdf.Document`` of the document's pages; the caller closes it.

    With ``only``, nothing but that page (from 1) is drawn, and the others are blank. The same file gives the same
    pages every time. Codes as :func:`count_docx_pages`.
    """
    import pymupdf

    with _laid_out(path) as found:
        if isinstance(found, Refusal):
            return found
        package, pages = found
        document = pymupdf.open()
        for number, placed in enumerate(pages, start=1):
            page = document.new_page(width=placed.width, height=placed.height)
            if only in (None, number):
                _draw(page, placed, package)
        return document


@contextmanager
def _laid_out(path: Path, most: int | None = None) -> Iterator[tuple[Package, list[PlacedPage]] | Refusal]:
    """The document's package, and its first ``most`` pages."""
    with open_archive(path) as archive:
        if isinstance(archive, Refusal):
            yield archive
            return
        package = Package(archive)
        pages = _pages(package, most)
        yield pages if isinstance(pages, Refusal) else (package, pages)


def _pages(package: Package, most: int | None) -> list[PlacedPage] | Refusal:
    try:
        return list(islice(lay_out(read_document(package)), most))
    except PackageError as error:
        return Refusal(ErrorCode.CORRUPT, f"The document is damaged: {error}.")
    except PartTooLargeError as error:
        return Refusal(ErrorCode.TOO_LARGE, str(error))
    except RecursionError:
        return Refusal(ErrorCode.CORRUPT, "The document is damaged: its parts are nested without end.")


def _draw(page: Any, placed: PlacedPage, package: Package) -> None:
    _write(page, [mark for mark in placed.marks if isinstance(mark, Text)])
    rules = [mark for mark in placed.marks if isinstance(mark, Rule)]
    if rules:
        shape = page.new_shape()
        for rule in rules:
            shape.draw_line((rule.x0, rule.y0), (rule.x1, rule.y1))
        shape.finish(width=_RULE, color=(0, 0, 0))
        shape.commit()
    for mark in placed.marks:
        if isinstance(mark, Image):
            _draw_picture(page, mark, package)


def _write(page: Any, texts: Sequence[Text]) -> None:
    import pymupdf

    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        writer = pymupdf.TextWriter(page.rect)
        for text in texts[start : start + _TEXTS_AT_ONCE]:
            writer.append((text.x, text.y), text.text, font=font(text.bold), fontsize=text.size)
        writer.write_text(page)


def _draw_picture(page: Any, mark: Image, package: Package) -> None:
    """The picture; a grey frame where it cannot be drawn, so that a person sees that something is missing."""
    import pymupdf

    area = pymupdf.Rect(mark.x, mark.y, mark.x + mark.picture.width, mark.y + mark.picture.height)
    content = package.content(mark.picture.part, _MAX_PICTURE_BYTES) if mark.picture.part else None
    if content is not None and _is_drawable(content):
        try:
            page.insert_image(area, stream=content, keep_proportion=False)
            return
        except parser_errors():
            pass  # the frame below says so
    page.draw_rect(area, color=(0.6, 0.6, 0.6), width=_RULE)


def _is_drawable(content: bytes) -> bool:
    """Whether it is a picture of a known type and a bearable size, by its header."""
    from PIL import Image as Pictures

    damaged: tuple[type[Exception], ...] = (*IMAGE_ERRORS, Pictures.DecompressionBombError)

    try:
        with Pictures.open(BytesIO(content), formats=_PICTURES) as picture:
            return 0 < picture.width * picture.height <= _MAX_PICTURE_PIXELS
    except damaged:
        return False
