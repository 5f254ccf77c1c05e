"""Pages with known text for the OCR benchmark: generated invoices, in variants, and labelled receipts.

A generated page's truth is the text layer of the PDF that it was rendered from. Every variant of a page comes with the
affine map from the upright page to the page as shown, so that truth and reading can be laid over each other whichever
way the page was turned.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from processors.errors import Refusal
from processors.geometry import Box
from processors.intake.identify import identify
from processors.recognition.raster import rasterise
from processors.synthesis.content import invoice_content
from processors.synthesis.invoices import LAYOUTS
from processors.synthesis.market import load_market, market_keys
from processors.synthesis.parts import choose_style

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.engine import RgbImage

    Affine = NDArray[np.float64]

RECEIPT_LINES = "receipts"
RECEIPT_VALUES = "receipt values"
UPRIGHT = "upright 200 DPI"

_POINTS_PER_INCH = 72
_SCAN_DPI = 200  # of the variants that are not about resolution
_NOISE = 14.0  # standard deviation in grey levels
_SPECKS = 0.001  # share of pixels that turn white, and of those that turn black
_JPEG_QUALITY = 60
_IMAGE_NAMES = (".jpg", ".jpeg", ".png")
# Dates are labelled in ISO notation, which is not how they are printed.
_PRINTED_FIELDS = ("vendor_name", "vendor_address", "vendor_phone", "receipt_number", "total_amount")


@dataclass(frozen=True, slots=True)
class TruthWord:
    """A printed word, or a whole line segment of a receipt; boxes in points of the upright page.

    ``box`` is what a viewer highlights when the word is selected: as wide as its letters, from the font's ascent to its
    descent. ``ink`` is as wide, from the highest to the lowest point that the letters draw; of generated pages only.
    """

    text: str
    box: Box
    ink: Box | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One page to read.

    ``image`` is height x width x 3, RGB, 0-255, at ``dpi``. ``to_shown`` is the 2 x 3 affine map from points of the
    upright page to points of the image. ``words`` is the truth, each with a box of its own where ``word_boxes``.
    ``ignore_case`` where the labels do not keep it. ``values`` are labelled strings that the page prints somewhere,
    for receipts without labelled lines. ``turned``: whether the page is off by quarter turns.
    """

    name: str
    variant: str
    language: str
    image: "RgbImage"
    dpi: float
    to_shown: "Affine"
    words: tuple[TruthWord, ...] = ()
    word_boxes: bool = True
    ignore_case: bool = False
    values: tuple[str, ...] = ()
    turned: bool = False


def invoice_sheets(index: int, seed: int) -> Iterator[Sheet]:
    """One generated invoice in all :data:`VARIANTS`. The same seed gives the same pixels.

    Invoices of successive indexes, from 0, take turns with the markets and layouts.
    """
    name, language, pdf = _invoice(index, seed)
    words = text_layer(pdf)
    for variant, make in VARIANTS.items():
        image, dpi, to_shown = make(pdf, seed + index)
        turned = bool(to_shown[0, 0] < math.cos(math.pi / 4))
        yield Sheet(name, variant, language, image, dpi, to_shown, words, turned=turned)


def labelled_receipts(data: Path, seed: int) -> Iterator[Sheet]:
    """The receipts of the development set in ``data`` whose printed lines are labelled, in an order drawn by ``seed``.

    The labels are the data set's own, in capitals, and hold slips: what counts is the difference between engines.
    """
    rows = [row for row in _rows(data / "sroie_text_train.jsonl") if _receipt_image(data, row).exists()]
    for row in _shuffled(rows, seed):
        path = _receipt_image(data, row)
        sheet = _receipt(path, RECEIPT_LINES, row["language"])
        scale = _POINTS_PER_INCH / sheet.dpi
        words = tuple(TruthWord(text, Box(*(edge * scale for edge in edges))) for text, *edges in row["lines"])
        yield _with_truth(sheet, words, ())


def receipts_with_values(data: Path, seed: int) -> Iterator[Sheet]:
    """The receipt images of ``data`` whose fields are labelled but not their lines, in an order drawn by ``seed``."""
    labelled = {row["key"] for row in _rows(data / "sroie_text_train.jsonl")}
    rows = [
        row
        for row in _rows(data / "truth.jsonl")
        if row["document_type"] == "receipt"
        and Path(row["file"]).suffix in _IMAGE_NAMES
        and Path(row["file"]).stem not in labelled
        and any(row["fields"].get(name) for name in _PRINTED_FIELDS)
    ]
    for row in _shuffled(rows, seed):
        sheet = _receipt(data / row["file"], RECEIPT_VALUES, row["language"])
        values = tuple(str(row["fields"][name]) for name in _PRINTED_FIELDS if row["fields"].get(name))
        yield _with_truth(sheet, (), values)


def text_layer(pdf: bytes) -> tuple[TruthWord, ...]:
    """The words of a PDF's first page, each with its font's box and its ink's."""
    import pymupdf

    outlines = pymupdf.TEXTFLAGS_WORDS | pymupdf.TEXT_ACCURATE_BBOXES
    with pymupdf.open(stream=pdf, filetype="pdf") as document:
        inks = {number: Box(*edges) for *edges, _, number in _numbered(document[0].get_text("words", flags=outlines))}
        found = _numbered(document[0].get_text("words"))
    return tuple(TruthWord(text, Box(*edges), inks.get(number)) for *edges, text, number in found)


def _numbered(words: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """PyMuPDF's words with their block, line and place in it as one number."""
    return [(*word[:5], word[5:]) for word in words]


def _invoice(index: int, seed: int) -> tuple[str, str, bytes]:
    """Name, language and bytes of the one that takes turns with markets and layouts."""
    rng = Random(f"{seed}/{index}")  # noqa: S311 - repeatable, not secret
    markets, layouts = market_keys(), sorted(LAYOUTS)
    market = load_market(markets[index % len(markets)])
    layout = layouts[index % len(layouts)]
    content = invoice_content(rng, market)
    return f"{market.key}-{layout}-{index}", market.language, LAYOUTS[layout](content, choose_style(rng, content)).pdf


Made = tuple["RgbImage", float, "Affine"]


def _render(pdf: bytes, _seed: int, dpi: int = _SCAN_DPI) -> Made:
    import numpy as np
    import pymupdf

    with pymupdf.open(stream=pdf, filetype="pdf") as document:
        pixmap = document[0].get_pixmap(dpi=dpi, colorspace=pymupdf.csRGB)
        image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3).copy()
    return image, float(dpi), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def _skewed(pdf: bytes, seed: int, degrees: float) -> Made:
    """Turned clockwise by a few degrees on a sheet of glass that holds all of it."""
    import cv2
    import numpy as np

    image, dpi, _ = _render(pdf, seed)
    height, width = image.shape[:2]
    turn = math.radians(degrees)
    cos, sin = math.cos(turn), math.sin(turn)
    full = (math.ceil(width * cos + height * abs(sin)), math.ceil(height * cos + width * abs(sin)))
    linear = np.array([[cos, -sin], [sin, cos]])  # y runs down, so this is clockwise
    shift = np.array(full) / 2 - linear @ (np.array([width, height]) / 2)
    # OpenCV counts from the middle of the first pixel, everybody else from its corner.
    pixels = np.column_stack([linear, shift + linear @ (0.5, 0.5) - 0.5])
    paper = (255, 255, 255)
    turned = cv2.warpAffine(image, pixels, full, flags=cv2.INTER_CUBIC, borderValue=paper)
    return np.asarray(turned, dtype=np.uint8), dpi, np.column_stack([linear, shift * _POINTS_PER_INCH / dpi])


def _turned(pdf: bytes, seed: int, quarters: int) -> Made:
    """Turned clockwise by quarter turns."""
    import numpy as np

    image, dpi, to_shown = _render(pdf, seed)
    for _ in range(quarters):
        height = image.shape[0] * _POINTS_PER_INCH / dpi
        image = np.rot90(image, -1)
        to_shown = np.array([[0.0, -1.0, height], [1.0, 0.0, 0.0]]) @ np.vstack([to_shown, [0, 0, 1]])
    return np.ascontiguousarray(image), dpi, to_shown


def _noisy(pdf: bytes, seed: int) -> Made:
    """Gaussian noise, salt and pepper, and JPEG's own damage."""
    import numpy as np
    from PIL import Image

    image, dpi, to_shown = _render(pdf, seed)
    rng = np.random.default_rng(seed)
    noisy = np.clip(image + rng.normal(0, _NOISE, (*image.shape[:2], 1)), 0, 255).astype(np.uint8)
    dirt = rng.random(image.shape[:2])
    noisy[dirt < _SPECKS] = 0
    noisy[dirt > 1 - _SPECKS] = 255
    encoded = BytesIO()
    Image.fromarray(noisy).save(encoded, "JPEG", quality=_JPEG_QUALITY)
    return np.asarray(Image.open(encoded).convert("RGB")), dpi, to_shown


VARIANTS: dict[str, Callable[[bytes, int], Made]] = {
    "150 DPI": partial(_render, dpi=150),
    UPRIGHT: _render,
    "300 DPI": partial(_render, dpi=300),
    "skewed +5°": partial(_skewed, degrees=5.0),
    "skewed -5°": partial(_skewed, degrees=-5.0),
    "noisy": _noisy,
    "upside down": partial(_turned, quarters=2),
    "turned 90°": partial(_turned, quarters=1),
}
"""What each generated page is read as, by name; positive angles are clockwise."""


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _shuffled(rows: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    return Random(seed).sample(rows, len(rows))  # noqa: S311 - repeatable, not secret


def _receipt_image(data: Path, row: dict[str, Any]) -> Path:
    return data / "documents" / "sroie" / f"{row['key']}.jpg"


def _receipt(path: Path, variant: str, language: str) -> Sheet:
    """The image without its truth. Raises ``ValueError`` where it cannot be decoded."""
    import numpy as np

    media_type = identify(path)
    raster = media_type if isinstance(media_type, Refusal) else rasterise(path, media_type, 1)
    if isinstance(raster, Refusal):
        raise ValueError(f"{path}: {raster.message}")  # noqa: TRY004 - no wrong type
    dpi = _POINTS_PER_INCH / raster.pixel_map.x
    same = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    return Sheet(path.stem, variant, language, raster.image, dpi, same, word_boxes=False, ignore_case=True)


def _with_truth(sheet: Sheet, words: tuple[TruthWord, ...], values: tuple[str, ...]) -> Sheet:
    return replace(sheet, words=words, values=values)
