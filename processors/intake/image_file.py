"""Opening images with Pillow: headers first, pixels only when asked for."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from processors.errors import ErrorCode, Refusal
from processors.intake.media import MediaType
from processors.intake.pdf_file import corrupt

if TYPE_CHECKING:
    from PIL import Image

_PILLOW_FORMATS = {MediaType.PNG: "PNG", MediaType.JPEG: "JPEG", MediaType.TIFF: "TIFF"}
IMAGE_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    KeyError,
    TypeError,
    IndexError,
)
"""What Pillow raises on a damaged image (``struct.error`` is wrapped in ``OSError`` or ``SyntaxError``)."""

_BOMB_RATIO = 1000
"""Pixels per byte of file beyond which an oversized image is an attack: a blank G4 page has about 500."""

_pillow_limit = threading.Lock()


@contextmanager
def open_image(path: Path, media_type: MediaType) -> "Iterator[Image.Image]":
    """The Pillow image at ``path``, nothing decoded yet. Raises one of ``IMAGE_ERRORS`` where it is damaged."""
    from PIL import Image

    with _pillow_limit:
        # Our limit on pixels replaces Pillow's, which is fixed and warns on stderr.
        kept, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with Image.open(path, formats=[_PILLOW_FORMATS[media_type]]) as image:
                    yield image
        finally:
            Image.MAX_IMAGE_PIXELS = kept


def count_image_pages(path: Path, media_type: MediaType, max_pages: int, max_pixels: int) -> int | Refusal:
    """How many pages (frames) the image has, having read only headers; each page's size is held to ``max_pixels``."""
    size_bytes = path.stat().st_size
    pages = 0
    try:
        with open_image(path, media_type) as image:
            while True:
                if refusal := _check_pixels(image.size, pages + 1, size_bytes, max_pixels):
                    return refusal
                pages += 1
                if pages > max_pages or media_type is not MediaType.TIFF:
                    return pages
                try:
                    image.seek(pages)
                except EOFError:
                    return pages
    except IMAGE_ERRORS as error:
        return corrupt(error, f"page {pages + 1} cannot be read")


def _check_pixels(size: tuple[int, int], page: int, size_bytes: int, max_pixels: int) -> Refusal | None:
    width, height = size
    pixels = width * height
    if pixels == 0:
        return Refusal(ErrorCode.EMPTY, f"Page {page} has no pixels ({width} x {height}).")
    if pixels <= max_pixels:
        return None
    figures = f"page {page} has {width:,} x {height:,} = {pixels:,} pixels; the limit is {max_pixels:,}"
    if pixels > _BOMB_RATIO * size_bytes:
        return Refusal(ErrorCode.DECOMPRESSION_BOMB, f"{figures}; the file has only {size_bytes:,} bytes.".capitalize())
    return Refusal(ErrorCode.TOO_MANY_PIXELS, f"{figures}.".capitalize())
