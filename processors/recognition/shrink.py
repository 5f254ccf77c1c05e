"""Scaling images down, fast: OpenCV averages areas slowly, but halves an image in a twentieth of that time."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def shrunk(image: "NDArray[np.uint8]", width: int, height: int) -> "NDArray[np.uint8]":
    """``image`` (height x width, or height x width x channels) as ``width`` x ``height`` pixels, no more than it has.

    Halved by averaging while it is at least twice as large, then interpolated: below a half, linear interpolation
    leaves no pixel out. An odd last row or column goes lost in halving.
    """
    import cv2
    import numpy as np

    while image.shape[0] >= 2 * height and image.shape[1] >= 2 * width:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        even = image[: 2 * half[1], : 2 * half[0]]
        image = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
