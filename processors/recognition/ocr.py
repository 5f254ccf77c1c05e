"""OCR of one page: pixels, lines, orientation, and back to words in points."""

import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING

from processors.document import Page, PageSource
from processors.errors import Refusal
from processors.geometry import Box
from processors.intake.media import MediaType
from processors.recognition.engine import OcrEngine, OcrLine, Quad
from processors.recognition.orientation import find_turn, turn_box, turned_size
from processors.recognition.pages import FoundWord, build_page
from processors.recognition.raster import PixelMap, Raster, rasterise

if TYPE_CHECKING:
    from processors.recognition.paddle import ModelSize

_LOWEST_LINE_SCORE = 0.5  # below that, the "line" is a logo, a stamp or dirt


def ocr_page(
    path: Path, media_type: MediaType, number: int, model: "ModelSize" = "small", threads: int = 1
) -> Page | Refusal:
    """Page ``number`` (from 1) of the file at ``path``, read by the in-process engine.

    The engine's models are loaded once per process (about 4 s). Refuses as :func:`rasterise` does; raises
    ``MemoryError`` where memory runs out.
    """
    from processors.recognition.paddle import load_engine

    raster = rasterise(path, media_type, number)
    if isinstance(raster, Refusal):
        return raster
    return read_raster(raster, number, load_engine(model, threads))


def ocr_engine_name(model: "ModelSize") -> str:
    """Name and versions that pages read by ``model`` carry in :attr:`Page.engine`; loads no model."""
    return f"paddleocr-{importlib.metadata.version('paddleocr')}/PP-OCRv6_{model}"


def read_raster(raster: Raster, number: int, engine: OcrEngine) -> Page:
    """The page in ``raster`` as ``engine`` reads it, turned upright where it is not. Boxes are as a viewer shows it."""
    import numpy as np

    lines = engine.recognize(raster.image)
    turn = find_turn(engine, raster.image, lines)
    if turn:
        lines = engine.recognize(np.ascontiguousarray(np.rot90(raster.image, -turn // 90)))
    found = [
        FoundWord(word.text, _viewer_box(word.quad, raster, turn), word.confidence)
        for line in lines
        if _is_text(line)
        for word in line.words
    ]
    size = (raster.width, raster.height)
    return build_page(number, size, PageSource.OCR, f"{engine.version}/{engine.name}", found, turn)


def _is_text(line: OcrLine) -> bool:
    return line.confidence >= _LOWEST_LINE_SCORE


def _viewer_box(quad: Quad, raster: Raster, turn: int) -> Box:
    """The box in points around a quad in pixels of the image turned clockwise by ``turn``."""
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    pixel_map = PixelMap(raster.pixel_map.y, raster.pixel_map.x) if turn in (90, 270) else raster.pixel_map
    turned = pixel_map.to_points(Box(min(xs), min(ys), max(xs), max(ys)))
    width, height = turned_size(raster.width, raster.height, turn)
    box = turn_box(turned, width, height, (360 - turn) % 360)
    return Box(max(0.0, box.x0), max(0.0, box.y0), min(raster.width, box.x1), min(raster.height, box.y1))
