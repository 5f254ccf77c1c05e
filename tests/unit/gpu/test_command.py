"""``fieldtrail ocr-server`` before it listens."""

import importlib.util
import sys

import pytest

from fieldtrail.cli import main


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["fieldtrail", "ocr-server", *arguments])
    monkeypatch.setenv("COLUMNS", "400")
    with pytest.raises(SystemExit) as exit_:
        main()
    return int(exit_.value.code or 0)


def test_help_has_an_example(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--help") == 0
    assert "Example: fieldtrail ocr-server" in capsys.readouterr().out


def test_a_device_that_there_is_not_is_a_wrong_call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--device", "tpu") == 2
    assert "'tpu' is no device" in capsys.readouterr().err


def test_cuda_without_a_provider_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    assert run(monkeypatch, "--device", "cuda:0") == 2
    assert "onnxruntime-gpu" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--threads", "--max-batch", "--max-wait-ms"])
def test_processes_read_no_batches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    for processes in ([], ["--processes", "2"]):
        assert run(monkeypatch, *processes, option, "2") == 2
        said = capsys.readouterr().err
        assert f"Invalid value for {option}" in said
        assert "to read in batches, say --processes 0 too" in said


def test_an_engine_that_there_is_not_is_a_wrong_call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--engine", "tensorrt") == 2
    assert "'tensorrt' is no OCR engine; say auto, openvino, onnxruntime" in capsys.readouterr().err


def test_paddle_without_models_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--engine", "paddleocr-paddle") == 2
    assert "needs a folder of models in Paddle's format" in capsys.readouterr().err


def test_a_package_that_is_missing_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "paddleocr" else real(name))
    assert run(monkeypatch, "--engine", "paddleocr-onnxruntime") == 2
    assert "pip install 'fieldtrail[paddle]'" in capsys.readouterr().err
