"""Choosing what runs the networks."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
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
    assert pick_device("auto", threads=2) == Device("cpu", "openvino", 2)
    assert pick_device("cpu").cuda_index is None


@pytest.mark.usefixtures("no_cuda")
def test_a_gpu_that_is_asked_for_and_absent_is_an_error_that_says_what_to_install() -> None:
    with pytest.raises(DeviceError, match="onnxruntime-gpu"):
        pick_device("cuda:0")


@pytest.mark.usefixtures("cuda")
def test_with_a_gpu_auto_means_the_gpu_and_cpu_still_the_cpu() -> None:
    assert pick_device("auto", memory_mb=4096) == Device("cuda:0", "onnxruntime", 1, 4096)
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


def test_each_thread_has_a_network_of_its_own_loaded_once() -> None:
    made: list[int] = []

    def load() -> Any:
        made.append(threading.get_ident())
        number = len(made)
        return lambda batch: batch + number

    network = networks._PerThread(load)
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        answers = [
            float(executor.submit(network, np.zeros(1, np.float32)).result()[0])
            for executor in (first, second, first, second)
        ]
    assert answers == [1.0, 2.0, 1.0, 2.0]
    assert len(set(made)) == len(made) == 2


def test_the_last_few_shapes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[tuple[int, ...]] = []

    def compile_(_: Path, __: Device, shape: tuple[int, ...]) -> Any:
        compiled.append(shape)
        return lambda batch: batch

    monkeypatch.setattr(networks, "_compile", compile_)
    network = networks._ByShape(Path("net.onnx"), Device())
    for width in (1, 2, 3, 4, 1, 5, 1, 2):
        network(np.zeros((1, width), np.float32))
    assert compiled == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 2)]
