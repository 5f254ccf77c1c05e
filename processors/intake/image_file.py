"""Opening images with Pillow: headers first, pixels only when asked for.

A page is a frame of a TIFF (previews and masks beside a page are none), and in all other types the one image that a
viewer shows first: the primary image of a HEIF, the first frame of an animation.
"""

import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from processors.errors import ErrorCode, Refusal
from processors.intake.media import MediaType
from processors.intake.pdf_file import corrupt

if TYPE_CHECKING:
    from PIL import Image

_PILLOW_FORMATS = {
    MediaType.PNG: "PNG",
    MediaType.JPEG: "JPEG",
    MediaType.TIFF: "TIFF",
    MediaType.WEBP: "WEBP",
    MediaType.BMP: "BMP",
    MediaType.HEIF: "HEIF",
}
IMAGE_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    KeyError,
    TypeError,
    IndexError,
    RuntimeError,
    struct.error,
)
"""What Pillow and its plugins raise on a damaged image."""

_BOMB_RATIO = 1000
"""Pixels per byte of file beyond which an oversized image is an attack: a blank G4 page has about 500."""
_SCAN = b"\xff\xda"  # within coded data, no other byte than zero or a restart follows 0xff (ITU-T T.81, B.1.1.5)
_MOST_SCANS = 100
"""Passes of a progressive JPEG over all its pixels, each costing as much as a whole image; encoders write about 10."""
_NEW_SUBFILE_TYPE = 254
_PREVIEW, _MASK = 1, 4  # bits of NewSubfileType (TIFF 6.0, page 36)
_EXIF_ORIENTATION = 0x0112

_pillow_limit = threading.Lock()


@contextmanager
def open_image(source: Path | BytesIO, media_type: MediaType) -> "Iterator[Image.Image]":
    """The Pillow image in ``source``, nothing decoded yet. Raises one of ``IMAGE_ERRORS`` where it is damaged.

    The caller has checked a WebP's size (:func:`count_image_pages`): its decoder takes the memory at once.
    """
    from PIL import Image

    if media_type is MediaType.HEIF:
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    with _pillow_limit:
        # Our limit on pixels replaces Pillow's, which is fixed and warns on stderr.
        kept, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with Image.open(source, formats=[_PILLOW_FORMATS[media_type]]) as image:
                    yield image
        finally:
            Image.MAX_IMAGE_PIXELS = kept


def image_pages(image: "Image.Image") -> "Iterator[Image.Image]":
    """``image`` at each of its pages in turn. Raises one of ``IMAGE_ERRORS`` where a page's header is damaged."""
    if image.format != "TIFF":
        yield image
        return
    frame, pages = 0, 0
    while True:
        if not image.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & (_PREVIEW | _MASK):  # type: ignore[attr-defined]
            pages += 1
            yield image
        frame += 1
        try:
            image.seek(frame)
        except EOFError:
            break
    if not pages:  # nothing but previews: then they are what there is
        image.seek(0)
        yield image


def image_page(image: "Image.Image", number: int) -> "Image.Image":
    """``image`` at page ``number`` (from 1). Raises ``EOFError`` where there is none, else as :func:`image_pages`."""
    for index, page in enumerate(image_pages(image), start=1):
        if index == number:
            return page
    raise EOFError(f"there is no page {number}")


def count_image_pages(source: Path | BytesIO, media_type: MediaType, max_pages: int, max_pixels: int) -> int | Refusal:
    """How many pages the image has, having read only headers; each page's size is held to ``max_pixels``.

    Stops counting at ``max_pages + 1``.
    """
    size_bytes = _size_bytes(source)
    pages = 0
    try:
        if (claimed := _webp_size(source)) and (refusal := _check_pixels(claimed, 1, size_bytes, max_pixels)):
            return refusal
        if media_type is MediaType.JPEG and (scans := _content(source).count(_SCAN)) > _MOST_SCANS:
            return Refusal(ErrorCode.DECOMPRESSION_BOMB, f"The JPEG has {scans:,} scans; the limit is {_MOST_SCANS}.")
        with open_image(source, media_type) as image:
            for page in image_pages(image):
                if refusal := _check_pixels(page.size, pages + 1, size_bytes, max_pixels):
                    return refusal
                pages += 1
                if pages > max_pages:
                    break
    except IMAGE_ERRORS as error:
        return corrupt(error, f"page {pages + 1} cannot be read")
    return pages


def orientation(image: "Image.Image") -> int:
    """How the image must still be turned, as an EXIF orientation from 1 to 8; from headers only.

    A HEIF and a TIFF are turned by their decoders, whose sizes are upright from the start: 1.
    """
    if image.format in ("HEIF", "TIFF"):
        return 1
    if image.format == "PNG" and "exif" not in image.info:
        # Pillow looks for a late chunk by decoding all pixels before it.
        exif = _png_chunk(image, b"eXIf")
        if exif is None:
            return 1
        image.info["exif"] = exif
    try:
        found = image.getexif().get(_EXIF_ORIENTATION, 1)
    except IMAGE_ERRORS:
        return 1  # the pixels do not depend on it
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _png_chunk(image: "Image.Image", wanted: bytes) -> bytes | None:
    """The body of the PNG's first chunk of that type; the file's position stays."""
    stream = image.fp  # type: ignore[attr-defined]
    if stream is None:
        return None
    position = stream.tell()
    try:
        stream.seek(8)
        while len(head := stream.read(8)) == 8:
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind == wanted:
                body: bytes = stream.read(length)
                return body
            stream.seek(length + 4, 1)
        return None
    finally:
        stream.seek(position)


def _size_bytes(source: Path | BytesIO) -> int:
    return source.stat().st_size if isinstance(source, Path) else source.getbuffer().nbytes


def _content(source: Path | BytesIO) -> bytes:
    return source.read_bytes() if isinstance(source, Path) else source.getvalue()


def _webp_size(source: Path | BytesIO) -> tuple[int, int] | None:
    """The size that a WebP claims (RFC 9649), ``None`` for other files."""
    if isinstance(source, Path):
        with source.open("rb") as stream:
            head = stream.read(30)
    else:
        head = bytes(source.getbuffer()[:30])
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:
        return None
    if head[12:16] == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF


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
