"""Pages as pixels, and the way back from pixels to points.

Pages of a PDF or DOCX are rendered at 300 DPI, which is what recognisers are trained on; lower where the page would
exceed ``MAX_PIXELS``. Image files keep their own pixels, upright by their EXIF orientation, and lie on white paper
where they are transparent. Nothing is trimmed: a transparent margin is part of the page.
"""

import math
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from processors.errors import ErrorCode, Refusal
from processors.geometry import Box
from processors.intake.image_file import IMAGE_ERRORS, image_page, image_pages, open_image, orientation
from processors.intake.media import MediaType
from processors.intake.office_pages import docx_page_sizes
from processors.intake.packet import PacketPage, packet_pages
from processors.intake.paged import PAGED, open_paged
from processors.intake.pdf_file import corrupt, open_pdf, parser_errors

if TYPE_CHECKING:
    from PIL import Image

    from processors.recognition.engine import RgbImage

PDF_DPI = 300
MAX_PIXELS = 25_000_000
"""Largest raster, 75 MB: an A3 page at 300 DPI has 17 million pixels, a large phone photo 12 to 48 million."""

MAX_SIDE = 30_000
"""Longest side of a raster in pixels; OpenCV's warps count in 16 bits."""

_POINTS_PER_INCH = 72
_ASSUMED_LONG_SIDE = 11.69  # inches; A4's, and about a till receipt's
_SANE_DPI = (50, 2400)
_LONGEST_SIDE = 24.0  # inches; a longer page shows that the file's DPI is a camera's or editor's default
_SQUARE = 1.1  # pixels whose sides differ by more (fax: 204 x 98 DPI) are made square before recognition
_ROUNDING = 0.001
_LONGEST_SHAPE = 300  # times as long as wide; a till roll of 15 m is 190
_QUARTER_TURNED = (5, 6, 7, 8)  # EXIF orientations that swap width and height
_UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""Pillow's transposition that brings an EXIF orientation upright."""
_BITS_PER_SAMPLE, _PHOTOMETRIC, _ORIENTATION = 258, 262, 274  # TIFF tags
_WHITE_IS_ZERO = 0  # of the photometric interpretation


@dataclass(frozen=True, slots=True)
class PixelMap:
    """Points per pixel, across and down. Pixel and point coordinates share the origin, the page's top-left corner."""

    x: float
    y: float

    def to_points(self, box: Box) -> Box:
        """A box in pixels as a box in points."""
        return Box(box.x0 * self.x, box.y0 * self.y, box.x1 * self.x, box.y1 * self.y)

    def to_pixels(self, box: Box) -> Box:
        """A box in points as a box in pixels."""
        return Box(box.x0 / self.x, box.y0 / self.y, box.x1 / self.x, box.y1 / self.y)


@dataclass(frozen=True, slots=True)
class Raster:
    """One page as a viewer shows it: pixels (height x width x 3, RGB), size in points, and the map between them."""

    image: "RgbImage"
    width: float
    height: float
    pixel_map: PixelMap


def rasterise(path: Path, media_type: MediaType, number: int, max_pixels: int = MAX_PIXELS) -> Raster | Refusal:
    """Page ``number`` (from 1) of the file at ``path`` in at most ``max_pixels`` pixels.

    Refuses as :func:`processors.intake.paged.open_paged` does, and ``corrupt`` images. Raises ``MemoryError`` where
    memory runs out.
    """
    if media_type is MediaType.PACKET:
        for page in packet_pages(path, number, number):
            return page if isinstance(page, Refusal) else _rasterise_packet_page(page, number, max_pixels)
        return Refusal(ErrorCode.CORRUPT, f"The packet has no page {number}.")
    if media_type in PAGED:
        document = open_paged(path, media_type, only=number)
        return document if isinstance(document, Refusal) else _rasterise_paged(document, number, max_pixels)
    return _rasterise_file(path, media_type, number, max_pixels)


def image_page_sizes(path: Path, media_type: MediaType, first: int, last: int) -> list[tuple[float, float]]:
    """Width and height in points of pages ``first`` to ``last`` of an image, a packet or a DOCX, as :func:`rasterise`
    gives them; no pixel is decoded.

    Raises one of ``IMAGE_ERRORS`` where the file is damaged.
    """
    if media_type is MediaType.PACKET:
        return [_packet_page_size(page) for page in packet_pages(path, first, last)]
    if media_type is MediaType.DOCX:
        sizes = docx_page_sizes(path)
        if isinstance(sizes, Refusal):
            raise ValueError(sizes.message)
        return sizes[first - 1 : last]
    with open_image(path, media_type) as image:
        return [_size_in_points(page) for page in islice(image_pages(image), first - 1, last)]


def render_scale(width: float, height: float, max_pixels: int) -> float:
    """Pixels per point for a PDF page of ``width`` x ``height`` points: 300 DPI, or less to keep the cap."""
    area = max(width, 1.0) * max(height, 1.0)
    # MuPDF rounds both sides up to whole pixels.
    fitting = math.sqrt(max_pixels / area) * (1 - _ROUNDING)
    return min(PDF_DPI / _POINTS_PER_INCH, fitting, MAX_SIDE / max(width, height, 1.0))


def _rasterise_paged(document: Any, number: int, max_pixels: int) -> Raster | Refusal:
    """Page ``number`` of a ``pymupdf.Document``, which is closed."""
    import numpy as np
    import pymupdf

    with document:
        try:
            page = document[number - 1]
            width, height = page.rect.width, page.rect.height
            if refusal := _no_page(width, height, number):
                return refusal
            scale = render_scale(width, height, max_pixels)
            pixmap = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csRGB, alpha=False)
        except parser_errors() as error:
            return corrupt(error, f"page {number} cannot be rendered")
        image = np.frombuffer(pixmap.samples_mv, dtype=np.uint8).reshape(pixmap.height, pixmap.width, 3)
        return Raster(image.copy(), round(width, 2), round(height, 2), PixelMap(1 / scale, 1 / scale))


def _no_page(width: float, height: float, number: int) -> Refusal | None:
    """Why nothing so long and narrow can be a page: at any resolution it is a line, or too many pixels."""
    long, short = max(width, height), max(min(width, height), 1.0)
    if long <= _LONGEST_SHAPE * short:
        return None
    return Refusal(ErrorCode.CORRUPT, f"Page {number} measures {width:,.0f} x {height:,.0f}, which no page does.")


def _rasterise_packet_page(page: PacketPage, number: int, max_pixels: int) -> Raster | Refusal:
    """``number`` is the page's in the packet, which messages tell."""
    if page.media_type is MediaType.PDF:
        document = open_pdf(page.content)
        raster = document if isinstance(document, Refusal) else _rasterise_paged(document, page.number, max_pixels)
    else:
        raster = _rasterise_file(BytesIO(page.content), page.media_type, page.number, max_pixels)
    return Refusal(raster.code, f"Page {number}: {raster.message}") if isinstance(raster, Refusal) else raster


def _packet_page_size(page: PacketPage | Refusal) -> tuple[float, float]:
    """Raises one of ``IMAGE_ERRORS`` where the packet or the page is damaged."""
    if isinstance(page, Refusal):
        raise ValueError(page.message)  # noqa: TRY004 - the value is what is wrong
    if page.media_type is not MediaType.PDF:
        with open_image(BytesIO(page.content), page.media_type) as image:
            return _size_in_points(image_page(image, page.number))
    document = open_pdf(page.content)
    if isinstance(document, Refusal):
        raise ValueError(document.message)  # noqa: TRY004 - the value is what is wrong
    with document:
        rect = document[page.number - 1].rect
        return round(rect.width, 2), round(rect.height, 2)


def _rasterise_file(source: Path | BytesIO, media_type: MediaType, number: int, max_pixels: int) -> Raster | Refusal:
    try:
        with open_image(source, media_type) as image:
            return _rasterise_image(image_page(image, number), max_pixels)
    except IMAGE_ERRORS as error:
        return corrupt(error, f"page {number} cannot be decoded")


def _rasterise_image(image: "Image.Image", max_pixels: int) -> Raster | Refusal:
    import numpy as np
    from PIL import Image

    width, height = _size_in_points(image)
    turn = orientation(image)
    if image.format == "JPEG":
        image.draft("RGB", _fitted(image.size, max_pixels))  # lets the decoder skip detail that would be thrown away
    image.load()
    if 0 in image.size:
        return Refusal(ErrorCode.EMPTY, "The image has no pixels.")
    turned = (width, height) if turn not in _QUARTER_TURNED else (height, width)
    target = _target_size(image.size, turned, max_pixels)
    pixels = _to_rgb(_plain(image))
    if target != pixels.size:
        pixels = pixels.resize(target, reducing_gap=2.0)
    if turn in _UPRIGHT:
        pixels = pixels.transpose(Image.Transpose[_UPRIGHT[turn]])
    return Raster(np.asarray(pixels), width, height, PixelMap(width / pixels.width, height / pixels.height))


def _target_size(pixels: tuple[int, int], points: tuple[float, float], max_pixels: int) -> tuple[int, int]:
    """Size in pixels to recognise at: square pixels, by adding some and never dropping any, then under the cap."""
    across, down = pixels[0] / points[0], pixels[1] / points[1]
    width, height = pixels
    if max(across, down) > _SQUARE * min(across, down):
        width, height = round(points[0] * max(across, down)), round(points[1] * max(across, down))
    return _fitted((width, height), max_pixels)


def _fitted(size: tuple[int, int], max_pixels: int) -> tuple[int, int]:
    width, height = size
    scale = min(1.0, math.sqrt(max_pixels / (width * height)), MAX_SIDE / max(width, height)) if width * height else 1.0
    if scale == 1.0:
        return size
    return max(1, int(width * scale)), max(1, int(height * scale))


def _size_in_points(image: "Image.Image") -> tuple[float, float]:
    """The page's size, upright: by the file's DPI where it is believable, else with a long side of 11.69 inches."""
    width, height = image.size
    dpi = _dpi(image.info.get("dpi"))
    if dpi and image.format == "TIFF" and image.tag_v2.get(_ORIENTATION) in _QUARTER_TURNED:  # type: ignore[attr-defined]
        dpi = (dpi[1], dpi[0])  # stated of the pixels as stored, where the size is already upright
    if dpi is None or max(width / dpi[0], height / dpi[1]) > _LONGEST_SIDE:
        assumed = max(width, height) / _ASSUMED_LONG_SIDE
        dpi = (assumed, assumed)
    size = (round(width * _POINTS_PER_INCH / dpi[0], 2), round(height * _POINTS_PER_INCH / dpi[1], 2))
    return (size[1], size[0]) if orientation(image) in _QUARTER_TURNED else size


def _dpi(value: Any) -> tuple[float, float] | None:
    """The file's own resolution across and down, where both are plausible."""
    try:
        across, down = float(value[0]), float(value[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    low, high = _SANE_DPI
    return (across, down) if low <= across <= high and low <= down <= high else None


def _plain(image: "Image.Image") -> "Image.Image":
    """Samples of more than 8 bits as grey of 8; other images as they are."""
    import numpy as np
    from PIL import Image

    if image.mode == "F" or image.mode.startswith("I"):
        tags = getattr(image, "tag_v2", {})
        [bits, *_] = tags.get(_BITS_PER_SAMPLE, (16,))
        samples = np.asarray(image, dtype=np.float32)
        if image.mode != "F":
            samples = samples / 2.0 ** (min(bits, 16) - 8)
        elif samples.size and float(np.nanmax(samples)) <= 1.0:
            samples = samples * 255  # floating point samples go to 1 by custom, and to 255 by habit
        grey = Image.fromarray(np.nan_to_num(samples).clip(0, 255).astype(np.uint8))
        return grey.point(lambda value: 255 - value) if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO else grey
    return image


def _to_rgb(image: "Image.Image") -> "Image.Image":
    """RGB on white paper: palettes and transparency resolved."""
    from PIL import Image

    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        layered = image if image.mode == "RGBA" else image.convert("RGBA")
        paper = Image.new("RGB", layered.size, "white")
        paper.paste(layered, mask=layered.getchannel("A"))
        return paper
    return image if image.mode == "RGB" else image.convert("RGB")
