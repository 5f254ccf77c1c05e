"""Pages as pixels, and the way back from pixels to points.

PDF pages are rendered at 300 DPI, which is what recognisers are trained on; lower where the page would exceed
``MAX_PIXELS``. Image files keep their own pixels, upright by their EXIF orientation.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from processors.errors import ErrorCode, Refusal
from processors.geometry import Box
from processors.intake.image_file import IMAGE_ERRORS, open_image
from processors.intake.media import MediaType
from processors.intake.pdf_file import corrupt, open_pdf, parser_errors

if TYPE_CHECKING:
    from PIL import Image

    from processors.recognition.engine import RgbImage

PDF_DPI = 300
MAX_PIXELS = 25_000_000
"""Largest raster, 75 MB: an A3 page at 300 DPI has 17 million pixels, a large phone photo 12 to 48 million."""

_POINTS_PER_INCH = 72
_ASSUMED_LONG_SIDE = 11.69  # inches; A4's, and about a till receipt's
_SANE_DPI = (50, 2400)
_LONGEST_SIDE = 24.0  # inches; a longer page shows that the file's DPI is a camera's or editor's default
_SQUARE = 1.1  # pixels whose sides differ by more (fax: 204 x 98 DPI) are made square before recognition
_QUARTER_TURNED = (5, 6, 7, 8)  # EXIF orientations that swap width and height
_EXIF_ORIENTATION = 0x0112


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

    Refuses ``encrypted`` and ``corrupt`` files. Raises ``MemoryError`` where memory runs out.
    """
    if media_type is MediaType.PDF:
        return _rasterise_pdf(path, number, max_pixels)
    try:
        with open_image(path, media_type) as image:
            image.seek(number - 1)
            return _rasterise_image(image, max_pixels)
    except IMAGE_ERRORS as error:
        return corrupt(error, f"page {number} cannot be decoded")


def image_page_sizes(path: Path, media_type: MediaType, first: int, last: int) -> list[tuple[float, float]]:
    """Width and height in points of pages ``first`` to ``last``, from headers only, as :func:`rasterise` gives them.

    Raises one of ``IMAGE_ERRORS`` where the file is damaged.
    """
    sizes: list[tuple[float, float]] = []
    with open_image(path, media_type) as image:
        for number in range(first, last + 1):
            try:
                image.seek(number - 1)
            except EOFError:
                break
            sizes.append(_size_in_points(image))
    return sizes


def render_scale(width: float, height: float, max_pixels: int) -> float:
    """Pixels per point for a PDF page of ``width`` x ``height`` points: 300 DPI, or less to keep the cap."""
    area = max(width, 1.0) * max(height, 1.0)
    return min(PDF_DPI / _POINTS_PER_INCH, math.sqrt(max_pixels / area))


def _rasterise_pdf(path: Path, number: int, max_pixels: int) -> Raster | Refusal:
    import numpy as np
    import pymupdf

    document = open_pdf(path)
    if isinstance(document, Refusal):
        return document
    with document:
        try:
            page = document[number - 1]
            width, height = page.rect.width, page.rect.height
            scale = render_scale(width, height, max_pixels)
            pixmap = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csRGB, alpha=False)
        except parser_errors() as error:
            return corrupt(error, f"page {number} cannot be rendered")
        image = np.frombuffer(pixmap.samples_mv, dtype=np.uint8).reshape(pixmap.height, pixmap.width, 3)
        return Raster(image.copy(), round(width, 2), round(height, 2), PixelMap(1 / scale, 1 / scale))


def _rasterise_image(image: "Image.Image", max_pixels: int) -> Raster | Refusal:
    import numpy as np
    from PIL import ImageOps

    width, height = _size_in_points(image)
    if image.format == "JPEG":
        image.draft("RGB", _fitted(image.size, max_pixels))  # lets the decoder skip detail that would be thrown away
    upright = ImageOps.exif_transpose(image)
    pixels = _to_rgb(upright)
    target = _target_size(pixels.size, (width, height), max_pixels)
    if target != pixels.size:
        pixels = pixels.resize(target, reducing_gap=2.0)
    if 0 in pixels.size:
        return Refusal(ErrorCode.EMPTY, "The image has no pixels.")
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
    if width * height <= max_pixels:
        return size
    scale = math.sqrt(max_pixels / (width * height))
    return max(1, int(width * scale)), max(1, int(height * scale))


def _size_in_points(image: "Image.Image") -> tuple[float, float]:
    """The page's size, upright: by the file's DPI where it is believable, else with a long side of 11.69 inches."""
    width, height = image.size
    dpi = _dpi(image.info.get("dpi"))
    if dpi is None or max(width / dpi[0], height / dpi[1]) > _LONGEST_SIDE:
        assumed = max(width, height) / _ASSUMED_LONG_SIDE
        dpi = (assumed, assumed)
    size = (round(width * _POINTS_PER_INCH / dpi[0], 2), round(height * _POINTS_PER_INCH / dpi[1], 2))
    turned = image.getexif().get(_EXIF_ORIENTATION) in _QUARTER_TURNED
    return (size[1], size[0]) if turned else size


def _dpi(value: Any) -> tuple[float, float] | None:
    """The file's own resolution across and down, where both are plausible."""
    try:
        across, down = float(value[0]), float(value[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    low, high = _SANE_DPI
    return (across, down) if low <= across <= high and low <= down <= high else None


def _to_rgb(image: "Image.Image") -> "Image.Image":
    """RGB on white paper: 16-bit samples scaled down, palettes and transparency resolved."""
    from PIL import Image

    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        paper.alpha_composite(layered)
        return paper.convert("RGB")
    return image.convert("RGB")
