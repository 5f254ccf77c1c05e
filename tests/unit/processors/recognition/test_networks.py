"""Choosing what runs the networks."""

import pytest

from processors.recognition import networks
from processors.recognition.networks import Device, DeviceError, pick_device


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "_cuda_is_usable", lambda: True)


@pytest.fixture
def no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "_cuda_is_usable", lambda: False)


@pytest.mark.usefixtures("no_cuda")
def test_without_a_gpu_auto_means_the_cpu() -> None:
    assert pick_device("auto", threads=2, streams=3) == Device("cpu", "openvino", 2, 3)
    assert pick_device("cpu").cuda_index is None


@pytest.mark.usefixtures("no_cuda")
def test_a_gpu_that_is_asked_for_and_absent_is_an_error_that_says_what_to_install() -> None:
    with pytest.raises(DeviceError, match="onnxruntime-gpu"):
        pick_device("cuda:0")


@pytest.mark.usefixtures("cuda")
def test_with_a_gpu_auto_means_the_gpu_and_cpu_still_the_cpu() -> None:
    assert pick_device("auto", memory_mb=4096) == Device("cuda:0", "onnxruntime", 1, 1, 4096)
    assert pick_device("cuda:3").cuda_index == 3
    assert pick_device("cuda").cuda_index == 0
    assert pick_device("cpu").name == "cpu"


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cuda:-1", "cpu:1", "auto:0", ""])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no device"):
        pick_device(name)


def test_onnx_runtime_is_told_the_gpu_and_its_share_of_memory() -> None:
    (provider, options), fallback = networks._providers(Device("cuda:2", "onnxruntime", memory_mb=2048))
    assert (provider, fallback) == ("CUDAExecutionProvider", "CPUExecutionProvider")
    assert (options["device_id"], options["gpu_mem_limit"]) == (2, 2048 * 1024 * 1024)
    assert networks._providers(Device()) == ["CPUExecutionProvider"]
