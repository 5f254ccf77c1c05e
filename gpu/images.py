"""Page images on the wire: what the server decodes, and what the client sends."""

import io
import re
import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from processors.errors import ErrorCode, Refusal

if TYPE_CHECKING:
    from PIL import Image

    from processors.recognition.engine import RgbImage

_FORMATS = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"P5": "PPM",
    b"P6": "PPM",
    b"RIFF": "WEBP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
}
_FORMATS_IN_WORDS = "PNG, JPEG, WebP, TIFF, PGM or PPM"
_PLAIN_HEAD = re.compile(rb"P([56])\n(\d{1,6}) (\d{1,6})\n255\n")
# What Pillow raises on a damaged image.
_DAMAGE = (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError, IndexError)


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image as it travels. ``media_type`` is the request's Content-Type."""

    data: bytes
    media_type: str


def decode_image(data: bytes, max_pixels: int) -> "RgbImage | Refusal":
    """The image in ``data`` as height x width x 3, RGB, 0-255: upright by its EXIF orientation, transparency on white
    paper, of a TIFF the first page.

    Nothing of more than ``max_pixels`` is decoded. Refuses ``empty``, ``unsupported_type``, ``corrupt`` and
    ``too_many_pixels``.
    """
    import numpy as np
    from PIL import Image, ImageOps

    if not data:
        return Refusal(ErrorCode.EMPTY, "The body is empty; send the image as it is, not as a form.")
    kind = next((name for start, name in _FORMATS.items() if data.startswith(start)), None)
    if kind is None:
        return Refusal(ErrorCode.UNSUPPORTED_TYPE, f"The body is no {_FORMATS_IN_WORDS} image.")
    plain = _plain(data, max_pixels)
    if plain is not None:
        return plain
    try:
        _quiet_pillow()
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            if image.width * image.height > max_pixels:
                return _too_large(image, max_pixels)
            pixels = _to_rgb(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        return Refusal(ErrorCode.TOO_MANY_PIXELS, f"{error}; the limit is {max_pixels:,}.")
    except _DAMAGE as error:
        return Refusal(ErrorCode.CORRUPT, f"The {kind} image cannot be decoded ({error}).")
    return np.asarray(pixels)


def encode_image(image: "RgbImage", *, packed: bool) -> EncodedImage:
    """``image`` (height x width x 3, RGB, 0-255) without loss, in one channel where it is gray.

    ``packed``: as PNG, at the fastest level; else as raw PGM or PPM, for a server on this machine.
    """
    import cv2
    import numpy as np

    image = np.ascontiguousarray(image)
    first = cv2.extractChannel(image, 0)
    gray = all(np.array_equal(first, cv2.extractChannel(image, channel)) for channel in (1, 2))
    if packed:
        source = first if gray else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        _, png = cv2.imencode(".png", source, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        return EncodedImage(png.tobytes(), "image/png")
    height, width = image.shape[:2]
    header = f"{'P5' if gray else 'P6'}\n{width} {height}\n255\n".encode()
    data = header + (first if gray else image).tobytes()
    return EncodedImage(data, f"image/x-portable-{'graymap' if gray else 'pixmap'}")


def _plain(data: bytes, max_pixels: int) -> "RgbImage | None":
    """The image of a raw PGM or PPM as :func:`encode_image` writes it, for which Pillow takes five times as long;
    ``None`` where it is anything else, not of the size that it says, or of more than ``max_pixels``.
    """
    import cv2
    import numpy as np

    head = _PLAIN_HEAD.match(data)
    if head is None:
        return None
    width, height, channels = int(head[2]), int(head[3]), 1 if head[1] == b"5" else 3
    if not 0 < width * height <= max_pixels or len(data) - head.end() != width * height * channels:
        return None
    pixels = np.frombuffer(data, np.uint8, offset=head.end()).reshape(height, width, channels)
    image: RgbImage = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB) if channels == 1 else pixels
    return image


@cache
def _quiet_pillow() -> None:
    """Pillow warns on standard error of damaged metadata, and of images above a limit of its own."""
    warnings.filterwarnings("ignore", module=r"PIL\.")


def _too_large(image: "Image.Image", max_pixels: int) -> Refusal:
    figures = f"{image.width:,} x {image.height:,} = {image.width * image.height:,} pixels"
    return Refusal(ErrorCode.TOO_MANY_PIXELS, f"The image has {figures}; the limit is {max_pixels:,}.")


def _to_rgb(image: "Image.Image") -> "Image.Image":
    """RGB on white paper; 16-bit samples scaled down."""
    from PIL import Image

    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        paper.alpha_composite(layered)
        return paper.convert("RGB")
    return image.convert("RGB")
