"""What scanners, phones and fax machines make of a page: images from PDFs, and their damage.

Images are ``uint8`` arrays, grey of shape (height, width) or RGB of shape (height, width, 3), 0 black and 255 white.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import pymupdf

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    Pixels = NDArray[np.uint8]

_PAPER = 250
_TURNS = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class Damage:
    """How a page is worn, all zero for a perfect copy.

    ``skew`` in degrees counter-clockwise; ``blur`` and ``noise`` are standard deviations in pixels and grey levels;
    ``specks`` is the share of pixels that are dirt; ``shadow`` in [0, 1] darkens towards the lower right; levels from
    ``white`` on become 255, as scanners suppress the paper's own grey;
    ``turn`` in degrees clockwise (0, 90, 180, 270) is how the page lay on the glass.
    """

    skew: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    specks: float = 0.0
    shadow: float = 0.0
    white: int = 255
    turn: int = 0


def rasterise(pdf: bytes, dpi: int, color: bool = False) -> "list[Pixels]":
    """Every page of ``pdf`` as an image, grey unless ``color``."""
    import numpy as np

    images: list[Pixels] = []
    with pymupdf.open(stream=pdf, filetype="pdf") as document:
        for page in document:
            pixmap = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csRGB if color else pymupdf.csGRAY)
            shape = (pixmap.height, pixmap.width, 3) if color else (pixmap.height, pixmap.width)
            images.append(np.frombuffer(pixmap.samples, np.uint8).reshape(shape))
    return images


def damage(image: "Pixels", how: Damage, seed: int) -> "Pixels":
    """``image`` worn as told, its size kept but for quarter turns. The same seed gives the same pixels.

    Raises ``ValueError`` for a turn that is no multiple of 90 degrees.
    """
    import cv2
    import numpy as np

    if how.turn not in _TURNS:
        raise ValueError(f"a page lies on the glass at 0, 90, 180 or 270 degrees, not {how.turn}")
    height, width = image.shape[:2]
    work = image
    if how.skew:
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), how.skew, 1.0)
        border = (_PAPER,) * 3
        work = cv2.warpAffine(work, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=border)
    if how.blur:
        work = cv2.GaussianBlur(work, (0, 0), how.blur)
    light = np.minimum(work, _PAPER).astype(np.float32)
    if how.shadow:
        light *= _shade(light.ndim, height, width, how.shadow)
    rng = np.random.default_rng(seed)
    if how.noise:
        light += rng.normal(0, how.noise, light.shape).astype(np.float32)
    light[light >= how.white] = 255
    result = np.clip(light, 0, 255).astype(np.uint8)
    if how.specks:
        result[rng.random((height, width)) < how.specks] = 60
    return np.ascontiguousarray(np.rot90(result, -(how.turn // 90)))


def png(image: "Pixels", dpi: int) -> bytes:
    """A PNG that states its resolution."""
    return _encode(_picture(image), "PNG", dpi)


def jpeg(image: "Pixels", dpi: int, quality: int = 70) -> bytes:
    """A JPEG that states its resolution; ``quality`` from 1 to 95."""
    return _encode(_picture(image), "JPEG", dpi, quality=quality)


def fax(images: "Sequence[Pixels]", dpi: int, threshold: int = 150) -> bytes:
    """A TIFF of black and white pages in CCITT Group 4 (ITU-T T.6), as fax servers and archives write it."""
    pages = [_picture(image).point(lambda level: 255 * (level > threshold), mode="1") for image in images]
    return _encode(pages[0], "TIFF", dpi, compression="group4", save_all=True, append_images=pages[1:])


def _shade(dimensions: int, height: int, width: int, depth: float) -> "NDArray[np.float32]":
    """Factors from 1 at the upper left to ``1 - depth`` at the lower right."""
    import numpy as np

    slope = np.linspace(0, 0.5, height)[:, None] + np.linspace(0, 0.5, width)[None, :]
    factors = (1 - depth * slope**2).astype(np.float32)
    return factors if dimensions == 2 else factors[:, :, None]


def _picture(image: "Pixels") -> "Image.Image":
    from PIL import Image

    return Image.fromarray(image)


def _encode(picture: "Image.Image", kind: str, dpi: int, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, dpi=(dpi, dpi), **options)
    return out.getvalue()
