"""What an OCR engine must do. The in-process engine and the GPU microbatcher's client both fit it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    RgbImage = NDArray[np.uint8]

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


class OcrEngine(Protocol):
    """Finds and reads lines of text. Instances are used from one thread at a time."""

    @property
    def name(self) -> str:
        """Model name, such as ``PP-OCRv6_small``."""

    @property
    def version(self) -> str:
        """What runs the model, with its version, such as ``paddleocr-3.7.0``."""

    def recognize(self, image: "RgbImage", most_lines: int | None = None) -> list[OcrLine]:
        """Lines of ``image`` (height x width x 3, RGB, 0-255), top to bottom; lines without text are left out.

        With ``most_lines``, only that many of the longest lines are read: a cheap look at a page.
        """
