"""What an OCR engine is made of: a detector of lines, recognisers of their text, and the words that come out.

The engine in the worker's child process and the microbatcher in ``gpu/`` run the same detectors and recognisers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    RgbImage = NDArray[np.uint8]

ModelSize = Literal["small", "tiny"]
"""Of a recogniser: ``small`` reads better, ``tiny`` four times as fast."""

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
"""Corners in image pixels (x right, y down): top-left, top-right, bottom-right, bottom-left of the text as read."""


@dataclass(frozen=True, slots=True)
class OcrWord:
    """What stands between two blanks. ``confidence`` is the least certain character's probability, in [0, 1]."""

    text: str
    quad: Quad
    confidence: float


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A detected line of text. ``confidence`` is the mean probability of its characters, in [0, 1]."""

    words: tuple[OcrWord, ...]
    quad: Quad
    confidence: float

    @property
    def text(self) -> str:
        """The words joined by single blanks."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Character:
    """One decoded character: the column of the recogniser's output that it was read at, and its probability."""

    text: str
    column: float
    probability: float


class TextDetector(Protocol):
    """Finds lines of text. Instances may be used from several threads at a time."""

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the network's input for an image of this size: images of one input size fit one batch."""

    def detect(self, images: "Sequence[RgbImage]") -> list[list[Quad]]:
        """For each image (height x width x 3, RGB, 0-255), the quads of its lines in its own pixels, top to bottom.

        The images must have one :meth:`input_size`; they are detected in one batch.
        """


class TextRecognizer(Protocol):
    """Reads line images. Instances may be used from several threads at a time."""

    def input_width(self, crop: "RgbImage") -> int:
        """Width of the network's input for this line image: a batch is padded to its widest."""

    def read(self, crops: "Sequence[RgbImage]") -> list[list[Character]]:
        """The characters of each line image (height x width x 3, RGB, 0-255), in the order given, read in one batch."""
