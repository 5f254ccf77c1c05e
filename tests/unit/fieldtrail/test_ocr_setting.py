"""The setting that chooses what runs the worker's OCR networks."""

from pathlib import Path

import pytest

from fieldtrail.settings import SettingsError, resolve
from fieldtrail.wiring import ocr_device
from processors.recognition.networks import Device


@pytest.mark.parametrize(
    ("said", "runtime"), [(None, "openvino"), ("openvino", "openvino"), ("ONNXRuntime", "onnxruntime")]
)
def test_the_worker_runs_what_is_set(said: str | None, runtime: str) -> None:
    assert ocr_device(resolve({"worker.ocr_engine": said}, {})) == Device("cpu", runtime)  # type: ignore[arg-type]


def test_the_environment_chooses_too(tmp_path: Path) -> None:
    settings = resolve({}, {"FIELDTRAIL_WORKER_OCR_ENGINE": "onnxruntime"})
    assert ocr_device(settings).runtime == "onnxruntime"


def test_an_engine_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError, match="expected one of auto, openvino, onnxruntime, paddleocr-onnxruntime"):
        resolve({"worker.ocr_engine": "tensorrt"}, {})


def test_paddle_without_models_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match=r"worker\.ocr_engine paddleocr-paddle cannot be used: .* folder of models"):
        ocr_device(resolve({"worker.ocr_engine": "paddleocr-paddle"}, {}))


def test_paddle_without_its_package_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("processors.recognition.paddle._version", lambda _: None)
    settings = resolve({"worker.ocr_engine": "paddleocr-paddle", "worker.ocr_models_dir": str(tmp_path)}, {})
    with pytest.raises(SettingsError, match=r"pip install paddlepaddle==3\.2\.2"):
        ocr_device(settings)
