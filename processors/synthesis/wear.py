"""How a page was captured: by a flatbed, a fax, an office copier, or a phone over a desk.

Builds on :mod:`.degrade`; images are ``uint8`` arrays as described there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING

import pymupdf

from processors.synthesis.degrade import Damage, damage, fax, jpeg, png, rasterise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

_DESKS = ((92, 64, 44), (60, 60, 66), (150, 120, 90), (30, 34, 40), (120, 126, 132), (170, 150, 120))
"""Colours of desk tops, red, green, blue."""
_DAMAGES = {
    "clean": Damage(skew=0.2, blur=0.4, noise=2, white=240),
    "office": Damage(skew=0.6, blur=0.6, noise=5, specks=0.00004, white=232),
    "worn": Damage(skew=1.2, blur=0.9, noise=9, specks=0.0002),
    "shadowed": Damage(skew=0.8, blur=0.7, noise=6, shadow=0.3),
}


@dataclass(frozen=True, slots=True)
class Capture:
    """One way to turn pages into a file. ``container``: ``jpeg``, ``png``, ``fax`` or ``pdf``; ``desk`` for photos."""

    dpi: int
    color: bool
    damage: Damage
    folds: int
    desk: bool
    quality: int
    container: str


@dataclass(frozen=True, slots=True)
class Captured:
    """A file with its MIME type and the suffix of its name."""

    data: bytes
    media: str
    suffix: str


def choose_scan(rng: Random, pages: int) -> Capture:
    """A random scanner and how the sheet lay in it."""
    base = _DAMAGES[rng.choice(tuple(_DAMAGES))]
    turn = 180 if rng.random() < 0.03 else rng.choice((90, 270)) if rng.random() < 0.03 else 0
    skew = rng.gauss(0, 1) * base.skew * (4 if rng.random() < 0.05 else 1)
    as_fax = rng.random() < 0.1
    color = not as_fax and rng.random() < 0.4
    single = ("jpeg", "pdf", "pdf", "jpeg" if color else "png")
    container = rng.choice(single) if pages == 1 else "pdf"
    return Capture(
        dpi=200 if as_fax else rng.choice((100, 150, 150, 200, 200, 200, 300)),
        color=color,
        damage=replace(base, skew=round(skew, 3), turn=turn),
        folds=rng.choice((1, 2)) if rng.random() < 0.15 else 0,
        desk=False,
        quality=rng.choice((45, 60, 75, 85)),
        container="fax" if as_fax else container,
    )


def choose_photo(rng: Random, pages: int) -> Capture:
    """A random phone held over a desk."""
    return Capture(
        dpi=rng.choice((130, 150, 180, 200)),
        color=True,
        damage=Damage(
            skew=rng.gauss(0, 1.5),
            blur=rng.uniform(0.4, 1.3),
            noise=rng.uniform(2, 8),
            shadow=rng.uniform(0.05, 0.5),
        ),
        folds=rng.choice((0, 0, 1, 2, 3)),
        desk=True,
        quality=rng.choice((55, 70, 85)),
        container="jpeg" if pages == 1 else "pdf",
    )


def capture(pdf: bytes, how: Capture, seed: int) -> Captured:
    """Every page of ``pdf`` captured into one file. The same seed gives the same pixels."""
    images = rasterise(pdf, how.dpi, color=how.color)
    return _pack([_worn(image, how, seed + index) for index, image in enumerate(images)], how)


def _worn(image: "Pixels", how: Capture, seed: int) -> "Pixels":
    if how.folds:
        image = folded(image, how.folds, seed)
    if not how.desk:
        return damage(image, how.damage, seed)
    flat = replace(how.damage, shadow=0.0, noise=0.0)
    placed = on_desk(damage(image, replace(flat, skew=0.0), seed), how.damage.skew, seed)
    return damage(placed, Damage(noise=how.damage.noise, shadow=how.damage.shadow), seed)


def folded(image: "Pixels", folds: int, seed: int) -> "Pixels":
    """``image`` with the creases of a letter folded ``folds`` times across, light on one side and dark on the other."""
    import numpy as np

    rng = np.random.default_rng(seed)
    height = image.shape[0]
    rows = np.arange(height, dtype=np.float32)
    factor = np.ones(height, np.float32)
    for index in range(folds):
        middle = height * (index + 1) / (folds + 1) + rng.normal(0, height * 0.004)
        distance = (rows - middle) / (height * 0.006)
        factor -= rng.uniform(0.08, 0.22) * np.exp(-(distance**2))
        factor -= rng.uniform(0.0, 0.06) * np.clip(1 - np.abs(distance) / 18, 0, 1) * (distance > 0)
    shape = (height, 1) if image.ndim == 2 else (height, 1, 1)
    result: Pixels = np.clip(image.astype(np.float32) * factor.reshape(shape), 0, 255).astype(np.uint8)
    return result


def on_desk(image: "Pixels", turn: float, seed: int) -> "Pixels":
    """An RGB ``image`` seen from a little aside, turned by ``turn`` degrees, on a desk that shows around it."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(seed)
    height, width = image.shape[:2]
    margin = rng.uniform(0.05, 0.16)
    wide, high = int(width * (1 + 2 * margin)), int(height * (1 + 2 * margin))
    center = np.array([wide / 2, high / 2])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    angle = np.radians(turn)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    spread = min(width, height) * margin * 0.4
    seen = (corners - [width / 2, height / 2]) @ rotation + center + rng.uniform(-spread, spread, (4, 2))
    view = cv2.getPerspectiveTransform(corners.astype(np.float32), seen.astype(np.float32))
    desk = _desk(rng, high, wide)
    page = cv2.warpPerspective(image, view, (wide, high), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), view, (wide, high))
    edge = cv2.GaussianBlur(mask, (0, 0), max(2.0, width / 160)).astype(np.float32) / 255
    shaded = desk.astype(np.float32) * (1 - 0.5 * edge[:, :, None])
    share = (mask.astype(np.float32) / 255)[:, :, None]
    result: Pixels = np.clip(shaded * (1 - share) + page.astype(np.float32) * share, 0, 255).astype(np.uint8)
    return result


def _desk(rng: "np.random.Generator", height: int, width: int) -> "Pixels":
    """A desk top: a colour, streaks along it and soft spots."""
    import cv2
    import numpy as np

    color = np.array(_DESKS[int(rng.integers(len(_DESKS)))], np.float32)
    streaks = cv2.resize(rng.normal(0, 9, (48, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    spots = cv2.resize(rng.normal(0, 7, (9, 7)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    result: Pixels = np.clip(color + (streaks + spots)[:, :, None], 0, 255).astype(np.uint8)
    return result


def _pack(images: "Sequence[Pixels]", how: Capture) -> Captured:
    if how.container == "fax":
        return Captured(fax(images, how.dpi), "image/tiff", "tif")
    if how.container == "png":
        return Captured(png(images[0], how.dpi), "image/png", "png")
    if how.container == "jpeg":
        return Captured(jpeg(images[0], how.dpi, how.quality), "image/jpeg", "jpg")
    return Captured(_image_pdf(images, how), "application/pdf", "pdf")


def _image_pdf(images: "Sequence[Pixels]", how: Capture) -> bytes:
    """A PDF of JPEG pages, as copiers send it: no text layer."""
    out = BytesIO()
    with pymupdf.open() as document:
        for image in images:
            height, width = (side * 72 / how.dpi for side in image.shape[:2])
            page = document.new_page(width=width, height=height)
            page.insert_image(page.rect, stream=jpeg(image, how.dpi, how.quality))
        document.save(out, no_new_id=True)
    return out.getvalue()
