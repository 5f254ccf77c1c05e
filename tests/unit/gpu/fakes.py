"""Networks whose answers can be told from the image: line images are as wide as they say and carry their text."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from processors.recognition.engine import Character, Quad
from processors.recognition.lines import Models

BAD = 13
"""A network fails on an image whose first value is this."""


def image(height: int, width: int, value: int = 0) -> Any:
    return np.full((height, width, 3), value, dtype=np.uint8)


def page(lines: int) -> Any:
    """A page on which the fake detector finds so many lines, with a speck in each: lines without ink are not read."""
    printed = image(600, 600, lines)
    printed[:, 50:60:2] = 200
    return printed


def quad(number: int) -> Quad:
    return ((0.0, 10.0 * number), (100.0, 10.0 * number), (100.0, 10.0 * number + 8), (0.0, 10.0 * number + 8))


class FakeDetector:
    """Finds as many lines as the image's first value says. Input sizes are multiples of 100."""

    def __init__(self) -> None:
        self.batches: list[list[tuple[int, int]]] = []

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return -(-height // 100) * 100, -(-width // 100) * 100

    def detect(self, images: Sequence[Any]) -> list[list[Quad]]:
        self.batches.append([one.shape[:2] for one in images])
        if any(one[0, 0, 0] == BAD for one in images):
            raise ValueError("a bad page")
        return [[quad(number) for number in range(one[0, 0, 0])] for one in images]


class FakeRecognizer:
    """Reads one character per line: the one of the image's first value. The input is as wide as the image."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def input_width(self, crop: Any) -> int:
        return int(crop.shape[1])

    def read(self, crops: Sequence[Any]) -> list[list[Character]]:
        self.batches.append([crop.shape[1] for crop in crops])
        if any(crop[0, 0, 0] == BAD for crop in crops):
            raise ValueError("a bad line")
        return [[Character(chr(crop[0, 0, 0]), 0.0, 0.9)] for crop in crops]


class Fakes:
    """The networks of one test, and what batches they were given."""

    def __init__(self) -> None:
        self.detector = FakeDetector()
        self.tiny = FakeRecognizer()
        self.small = FakeRecognizer()
        self.models = Models(self.detector, {"tiny": self.tiny, "small": self.small}, "fake")
