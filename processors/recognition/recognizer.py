"""Reading line images with PP-OCRv6's recognisers (a CTC network over columns of 8 pixels)."""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from processors.recognition import ctc
from processors.recognition.crops import LINE_HEIGHT, line_width
from processors.recognition.engine import Character

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.engine import RgbImage
    from processors.recognition.networks import LineNetwork

_STEP = 64  # input widths are multiples of this: a runtime compiles its kernels for each shape that it meets
_NARROWEST = 64


class CtcRecognizer:
    """A :class:`processors.recognition.engine.TextRecognizer`. ``alphabet[0]`` is the blank; for ``batch_pixels`` and
    ``sizes`` see :func:`batches_by_width`.
    """

    def __init__(
        self, network: "LineNetwork", alphabet: Sequence[str], batch_pixels: int, sizes: Sequence[int] | None = None
    ) -> None:
        self._network = network
        self._alphabet = alphabet
        self._batch_pixels = batch_pixels
        self._sizes = sizes

    def input_width(self, crop: "RgbImage") -> int:
        """See :meth:`processors.recognition.engine.TextRecognizer.input_width`."""
        return max(_NARROWEST, math.ceil(line_width(crop) / _STEP) * _STEP)

    def read(self, crops: "Sequence[RgbImage]") -> list[list[Character]]:
        """See :meth:`processors.recognition.engine.TextRecognizer.read`; of any number of crops."""
        import numpy as np

        read: list[list[Character]] = [[] for _ in crops]
        widths = [self.input_width(crop) for crop in crops]
        for batch in batches_by_width(widths, self._batch_pixels, self._sizes):
            width = widths[batch[-1]]
            tensors = np.zeros((len(batch), 3, LINE_HEIGHT, width), dtype=np.float32)
            for tensor, index in zip(tensors, batch, strict=True):
                _fill(tensor, crops[index])
            for index, output in zip(batch, self._network(tensors), strict=True):
                read[index] = ctc.decode(output, self._alphabet)
        return read


def batches_by_width(widths: Sequence[int], pixels: int, sizes: Sequence[int] | None = None) -> list[list[int]]:
    """Indexes of lines of one width, at most ``pixels`` in a row: a line must not depend on its company's padding.

    ``sizes``, the largest first and the last 1: only so many lines at a time, so that there are few shapes.
    """
    order = sorted(range(len(widths)), key=lambda index: widths[index])
    batches: list[list[int]] = []
    start = 0
    for width, same in groupby(order, key=lambda index: widths[index]):
        end = start + len(list(same))
        most = max(1, pixels // width)
        while start < end:
            fits = min(most, end - start)
            count = fits if sizes is None else next((size for size in sizes if size <= fits), 1)
            batches.append(order[start : start + count])
            start += count
    return batches


def _fill(tensor: "NDArray[np.float32]", crop: "RgbImage") -> None:
    """Scales ``crop`` into the left of ``tensor``, black as -1 and white as 1, in OpenCV's channel order."""
    import cv2
    import numpy as np

    width = line_width(crop)
    scaled = cv2.resize(crop, (width, LINE_HEIGHT), interpolation=cv2.INTER_LINEAR)
    for index in range(3):
        plane = tensor[index, :, :width]
        np.multiply(cv2.extractChannel(scaled, 2 - index), np.float32(1 / 127.5), out=plane)
        np.subtract(plane, np.float32(1.0), out=plane)
