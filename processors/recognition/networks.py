"""Running a network: OpenVINO or ONNX Runtime, on a CPU or a GPU.

OpenVINO computes in bfloat16 where the CPU has matrix units for it (AMX: two to three times as fast as ONNX Runtime,
with equal readings) and in single precision elsewhere, where the two are alike. ONNX Runtime serves NVIDIA GPUs.
"""

import importlib.util
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from processors.recognition.head import cut_model
from processors.recognition.upscaling import with_convolutions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float32]
    Network = Callable[[Tensor], Tensor]
    """From a batch to the network's only output, which is good until the same thread's next call. May be called from
    several threads at a time.
    """
    LineNetwork = Callable[[Tensor], Sequence[Tensor]]
    """From a batch of line images to the probabilities of each line's characters (columns x characters), as good and
    callable as a :data:`Network`'s. A line may have only the first characters of the alphabet.
    """

Runtime = Literal["openvino", "onnxruntime", "paddleocr-onnxruntime", "paddleocr-paddle"]
"""What runs the networks. Those with ``paddleocr`` are PaddleOCR's own modules (:mod:`processors.recognition.paddle`).
"""

_Output = TypeVar("_Output")
_MOST_SHAPES = 4  # for each thread; one takes some 130 MB
_COMPILING = threading.Lock()
"""OpenVINO holds locks of its own and Python's while it compiles; two threads that do so at a time may never end."""


class DeviceError(RuntimeError):
    """A device was asked for that is not there; the message says what to install or to set instead."""


@dataclass(frozen=True, slots=True)
class Device:
    """What runs the networks, and where. ``name`` is ``cpu`` or ``cuda:N``.

    On a CPU, each call takes ``threads`` threads. ``memory_mb`` bounds what ONNX Runtime takes of a GPU's memory;
    ``None`` leaves it to grow. ``models_dir`` has the models of ``paddleocr-paddle``, and is ``None`` for the others.
    """

    name: str = "cpu"
    runtime: Runtime = "openvino"
    threads: int = 1
    memory_mb: int | None = None
    models_dir: Path | None = None

    @property
    def cuda_index(self) -> int | None:
        """The GPU's number, ``None`` for a CPU."""
        return int(self.name.partition(":")[2] or 0) if self.name.startswith("cuda") else None


def pick_device(name: str = "auto", *, threads: int = 1, memory_mb: int | None = None) -> Device:
    """The device called ``name``: ``cpu``, ``cuda``, ``cuda:N``, or ``auto`` (a GPU where there is one, else the CPU),
    with the runtime that is best on it.

    Raises :class:`DeviceError` for a GPU that cannot be used, and ``ValueError`` for any other name.
    """
    base, _, index = name.partition(":")
    if base not in ("auto", "cpu", "cuda") or (index and (base != "cuda" or not index.isdigit())):
        raise ValueError(f"{name!r} is no device; say auto, cpu, cuda or cuda:N")
    usable = _cuda_is_usable() if base != "cpu" else False
    if base == "cuda" and not usable:
        raise DeviceError(_no_cuda())
    if base == "cpu" or not usable:
        return Device("cpu", "openvino", threads)
    return Device(f"cuda:{index or 0}", "onnxruntime", threads, memory_mb)


def _cuda_is_usable() -> bool:
    if importlib.util.find_spec("onnxruntime") is None:
        return False
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _no_cuda() -> str:
    return (
        f"CUDA was asked for, but {_onnxruntime_in_words()} here. Install onnxruntime-gpu in place of onnxruntime, "
        "with NVIDIA's driver, CUDA 12 and cuDNN 9; or set the device to cpu."
    )


def _onnxruntime_in_words() -> str:
    if importlib.util.find_spec("onnxruntime") is None:
        return "there is no ONNX Runtime"
    import onnxruntime

    return f"ONNX Runtime {onnxruntime.__version__} has no CUDA provider"


def load_network(path: Path, device: Device, *, fixed_shapes: bool = False) -> "Network":
    """The network of the ONNX file at ``path``, on ``device``. Raises :class:`DeviceError` where that fails.

    ``fixed_shapes``: inputs have few different shapes, each worth compiling for; OpenVINO takes a third less time then.
    """
    if device.runtime != "openvino":
        return _load_onnxruntime(path, device)
    if fixed_shapes:
        return _PerThread(lambda: _ByShape(path, device))
    return _PerThread(lambda: _compile(path, device, None))


def load_recognizer(path: Path, device: Device, alphabet: Sequence[str]) -> "tuple[LineNetwork, Sequence[str]]":
    """The recogniser of the ONNX file at ``path``, whose outputs mean ``alphabet``, and what those of the network that
    is given mean: the same in another order. Raises :class:`DeviceError` where it cannot be loaded.

    On OpenVINO its last layer is cut (:mod:`processors.recognition.head`).
    """
    if device.runtime != "openvino":
        return _by_line(load_network(path, device)), alphabet
    import openvino

    with _COMPILING:
        cut = cut_model(openvino.Core().read_model(str(path)), alphabet)
    if cut is None:
        return _by_line(load_network(path, device)), alphabet
    model, head = cut

    def load() -> "LineNetwork":
        with _COMPILING:
            request = _request(model, device)

        def run(batch: "Tensor") -> "list[Tensor]":
            outputs = request.infer({0: batch}, share_inputs=True, share_outputs=True)
            return [head.probabilities(*line) for line in zip(outputs[0], outputs[1], strict=True)]

        return run

    return _PerThread(load), head.alphabet


def _by_line(network: "Network") -> "LineNetwork":
    return lambda batch: list(network(batch))


class _PerThread(Generic[_Output]):
    """Gives each thread that calls a network of its own. OpenVINO then computes on that thread; threads that share one
    have their work handed to others and back, 100 times a page."""

    def __init__(self, load: "Callable[[], Callable[[Tensor], _Output]]") -> None:
        self._load = load
        self._own = threading.local()

    def __call__(self, batch: "Tensor") -> _Output:
        if not hasattr(self._own, "network"):
            self._own.network = self._load()
        output: _Output = self._own.network(batch)
        return output


class _ByShape:
    """Runs every input on a network compiled for its very shape, the last few of which are kept. For one thread."""

    def __init__(self, path: Path, device: Device) -> None:
        self._path = path
        self._device = device
        self._networks: OrderedDict[tuple[int, ...], Network] = OrderedDict()

    def __call__(self, batch: "Tensor") -> "Tensor":
        network = self._networks.pop(batch.shape, None) or _compile(self._path, self._device, batch.shape)
        self._networks[batch.shape] = network
        while len(self._networks) > _MOST_SHAPES:
            self._networks.popitem(last=False)
        return network(batch)


def _compile(path: Path, device: Device, shape: tuple[int, ...] | None) -> "Network":
    """The network for inputs of ``shape``, or of any shape; for one thread."""
    import openvino

    with _COMPILING:
        model = with_convolutions(openvino.Core().read_model(str(path)))
        if shape is not None:
            model.reshape(list(shape))
        request = _request(model, device)

    def run(batch: "Tensor") -> "Tensor":
        output: Tensor = request.infer({0: batch}, share_inputs=True, share_outputs=True)[0]
        return output

    return run


def _request(model: Any, device: Device) -> Any:
    import openvino

    config = {
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": device.threads,
        # Else every process pins its threads to the first cores, and several processes share one.
        "ENABLE_CPU_PINNING": False,
    }
    return openvino.Core().compile_model(model, "CPU", config).create_infer_request()


def _load_onnxruntime(path: Path, device: Device) -> "Network":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = device.threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=_providers(device))
    if device.cuda_index is not None and "CUDAExecutionProvider" not in session.get_providers():
        # ONNX Runtime falls back to the CPU with a warning; a server for a GPU must not.
        raise DeviceError(f"{device.name} cannot be used: ONNX Runtime fell back to the CPU. Look at nvidia-smi.")
    name = session.get_inputs()[0].name

    def run(batch: "Tensor") -> "Tensor":
        output: Tensor = session.run(None, {name: batch})[0]
        return output

    return run


def _providers(device: Device) -> list[Any]:
    if device.cuda_index is None:
        return ["CPUExecutionProvider"]
    options: dict[str, Any] = {
        "device_id": device.cuda_index,
        "arena_extend_strategy": "kSameAsRequested",
        "cudnn_conv_algo_search": "HEURISTIC",  # the default tries all algorithms for each shape that it meets
    }
    if device.memory_mb is not None:
        options["gpu_mem_limit"] = device.memory_mb * 1024 * 1024
    return [("CUDAExecutionProvider", options), "CPUExecutionProvider"]
