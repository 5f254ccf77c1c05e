"""Finding lines of text with PP-OCRv6's detector.

The network marks, per pixel, how likely it belongs to the shrunk core of a text line (differentiable binarization,
Liao et al., AAAI 2020); cores are outlined, judged by their mean and grown back. Same figures as PaddleOCR uses for
these models; its polygon offsetting of a rectangle, whose smallest rectangle it then takes, is a wider rectangle.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from processors.recognition.engine import Point, Quad
from processors.recognition.shrink import shrunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.engine import RgbImage
    from processors.recognition.networks import Network

DETECTION_PIXELS = 830_000
"""Lines are looked for in an image of about this size (an A4 page at 93 DPI) and read in the full one."""

_SHAPES = ((1088, 768), (768, 1088), (928, 896), (1024, 544), (544, 1024), (1344, 384), (384, 1344))
"""Height and width of the inputs: A4's shape, a square, and strips, smaller because they are receipts, whose print is
large. Few shapes, so that pages share batches and a network can be compiled for each.
"""

_CORE = 0.2
_LEAST_MEAN = 0.45
_GROWTH = 1.4
_MOST_LINES = 3000
_SMALLEST = 3  # pixels of the network's map
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_ON_END = 1.5


class DbDetector:
    """A :class:`processors.recognition.engine.TextDetector` whose inputs have one of ``shapes`` (height, width)."""

    def __init__(self, network: "Network", shapes: Sequence[tuple[int, int]] = _SHAPES) -> None:
        self._network = network
        self._shapes = shapes

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """See :meth:`processors.recognition.engine.TextDetector.input_size`."""
        return max(self._shapes, key=lambda shape: _filled(shape, height, width))

    def detect(self, images: "Sequence[RgbImage]") -> list[list[Quad]]:
        """See :meth:`processors.recognition.engine.TextDetector.detect`."""
        import numpy as np

        height, width = self.input_size(*images[0].shape[:2])
        batch = np.zeros((len(images), 3, height, width), dtype=np.float32)
        for tensor, image in zip(batch, images, strict=True):
            _fill(tensor, image)
        maps = self._network(batch)[:, 0]
        return [self._quads(found, image) for found, image in zip(maps, images, strict=True)]

    def _quads(self, likelihood: "NDArray[np.float32]", image: "RgbImage") -> list[Quad]:
        """Quads of lines, top to bottom, each from its text's start."""
        height, width = image.shape[:2]
        scale = min(1.0, _fit(likelihood.shape, height, width))
        quads = []
        for corners in _boxes(likelihood):
            points = [(min(width, max(0.0, x / scale)), min(height, max(0.0, y / scale))) for x, y in corners]
            quad = reading_quad((points[0], points[1], points[2], points[3]))
            if quad is not None:
                quads.append(quad)
        return sorted(quads, key=lambda quad: (quad[0][1], quad[0][0]))


def _fit(shape: Sequence[int], height: int, width: int) -> float:
    """By how much an image may be scaled to fit ``shape``."""
    return min(shape[0] / height, shape[1] / width)


def _filled(shape: tuple[int, int], height: int, width: int) -> float:
    """The share of ``shape`` that an image of this height and width fills, scaled to fit it."""
    return _fit(shape, height, width) ** 2 * height * width / (shape[0] * shape[1])


def _fill(tensor: "NDArray[np.float32]", image: "RgbImage") -> None:
    """Scales ``image`` down into the top-left of ``tensor``, normalised, in OpenCV's channel order."""
    import cv2
    import numpy as np

    scale = _fit(tensor.shape[1:], *image.shape[:2])
    if scale < 1.0:
        image = shrunk(image, max(1, int(image.shape[1] * scale)), max(1, int(image.shape[0] * scale)))
    height, width = image.shape[:2]
    for index, (mean, deviation) in enumerate(zip(_MEAN, _DEVIATION, strict=True)):
        plane = tensor[index, :height, :width]
        np.multiply(cv2.extractChannel(image, 2 - index), np.float32(1 / (255 * deviation)), out=plane)
        np.subtract(plane, np.float32(mean / deviation), out=plane)


def _boxes(likelihood: "NDArray[np.float32]") -> list[list[Point]]:
    """Four corners of each line in pixels of the map, clockwise from the top-left."""
    import cv2
    import numpy as np

    contours, _ = cv2.findContours((likelihood > _CORE).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours[:_MOST_LINES]:
        center, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < _SMALLEST:
            continue
        if _mean_inside(likelihood, cv2.boxPoints((center, (width, height), angle))) < _LEAST_MEAN:
            continue
        growth = 2 * (width * height * _GROWTH) / (2 * (width + height))
        found.append(_clockwise(cv2.boxPoints((center, (width + growth, height + growth), angle))))
    return found


def _mean_inside(likelihood: "NDArray[np.float32]", corners: "NDArray[np.float32]") -> float:
    import cv2
    import numpy as np

    height, width = likelihood.shape
    x0, y0 = (int(max(0, math.floor(value))) for value in corners.min(axis=0))
    x1, y1 = (int(value) for value in np.minimum(np.ceil(corners.max(axis=0)), (width - 1, height - 1)))
    mask = np.zeros((max(1, y1 - y0 + 1), max(1, x1 - x0 + 1)), dtype=np.uint8)
    cv2.fillPoly(mask, [(corners - (x0, y0)).astype(np.int32)], 1)
    return float(cv2.mean(likelihood[y0 : y1 + 1, x0 : x1 + 1], mask)[0])


def _clockwise(corners: "NDArray[np.float32]") -> list[Point]:
    """The corners from the top-left: of the two left ones the upper, of the two right ones the upper, and so round."""
    points = sorted((float(x), float(y)) for x, y in corners)
    top_left, bottom_left = sorted(points[:2], key=lambda point: point[1])
    top_right, bottom_right = sorted(points[2:], key=lambda point: point[1])
    return [top_left, top_right, bottom_right, bottom_left]


def reading_quad(quad: Quad) -> Quad | None:
    """The quad in reading order; ``None`` for a speck. A line on end is taken to run downwards."""
    width, height = math.dist(quad[0], quad[1]), math.dist(quad[0], quad[3])
    if min(width, height) < _SMALLEST:
        return None
    # As in PaddleOCR: what is 1.5 times as high as wide is a line on end.
    return (quad[1], quad[2], quad[3], quad[0]) if height >= _ON_END * width else quad
