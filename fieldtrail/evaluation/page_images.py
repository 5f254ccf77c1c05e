"""Pages as small JPEGs, for people to look at."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from fieldtrail.wiring import OCR_MEMORY_MB, PARSE_PRELOAD
from processors.errors import Refusal
from processors.intake.identify import identify
from processors.recognition.raster import rasterise
from processors.sandbox import Failure, Sandbox

LONG_SIDE = 1_300
"""Pixels: 110 DPI for an A4 page, at which 8 pt print can still be read."""
MOST_BYTES = 10_000_000
"""Of all images on one page of HTML, where they take a third more."""
PAGE_TIMEOUT_S = 30.0
_QUALITY = 55
_RENDER_PIXELS = 4_000_000


@dataclass(frozen=True)
class PageImage:
    """One page as a JPEG; ``width`` and ``height`` are the page's, in points, in which boxes are told."""

    number: int
    width: float
    height: float
    jpeg: bytes


def page_image(path: Path, number: int) -> PageImage | Refusal:
    """Page ``number`` (from 1) of the file at ``path``, its long side at most ``LONG_SIDE`` pixels.

    Runs in a sandbox: the file is untrusted. Refuses as :func:`processors.recognition.raster.rasterise` does.
    """
    from PIL import Image

    media_type = identify(path)
    if isinstance(media_type, Refusal):
        return media_type
    raster = rasterise(path, media_type, number, _RENDER_PIXELS)
    if isinstance(raster, Refusal):
        return raster
    image = Image.fromarray(raster.image)
    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    out = BytesIO()
    image.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return PageImage(number, raster.width, raster.height, out.getvalue())


def page_images(
    documents: Path, wanted: Sequence[tuple[str, int]], workers: int, most_bytes: int = MOST_BYTES
) -> dict[tuple[str, int], PageImage]:
    """The ``wanted`` pages (a file under ``documents``, and a page number), made in child processes.

    In that order until they have ``most_bytes`` together. Pages that cannot be shown are left out: the report tells
    why their document failed.
    """
    found: dict[tuple[str, int], PageImage] = {}
    size = 0
    with (
        Sandbox(workers, memory_mb=OCR_MEMORY_MB, preload=PARSE_PRELOAD, name="pages") as sandbox,
        ThreadPoolExecutor(workers, thread_name_prefix="pages") as pool,
    ):

        def make(place: tuple[str, int]) -> PageImage | Refusal | Failure:
            return sandbox.run_blocking(page_image, documents / place[0], place[1], timeout=PAGE_TIMEOUT_S)

        for place, answer in zip(wanted, pool.map(make, wanted), strict=True):
            if isinstance(answer, PageImage) and size + len(answer.jpeg) <= most_bytes:
                found[place] = answer
                size += len(answer.jpeg)
    return found
