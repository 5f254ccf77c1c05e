"""Drawn pages for the tests of preprocessing: rows of print, quick to make, without fonts' files."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
_WORDS = ("Invoice", "total", "amount", "net 30", "1,234.50", "delivery", "quantity", "price", "EUR", "number")


def text_page(width: int = 1240, height: int = 1754, rows: int = 40, ink: int = 20, paper: int = 255) -> Image:
    """An RGB page of two columns of words, as a letter has them: more at the top, ragged on the right."""
    import cv2

    page = np.full((height, width, 3), paper, np.uint8)
    rng = np.random.default_rng(7)
    size = height / 1754
    for row in range(rows):
        y = int((110 + 38 * row) * size)
        x = int(100 * size)
        for _ in range(int(rng.integers(3, 7))):
            word = _WORDS[int(rng.integers(len(_WORDS)))]
            color = (ink, ink, ink)
            cv2.putText(
                page, word, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.75 * size, color, max(1, round(2 * size)), cv2.LINE_AA
            )
            x += int((len(word) * 15 + 22) * size)
    return page


def skewed(page: Image, degrees: float) -> Image:
    """Turned clockwise by ``degrees`` on a canvas that holds all of it."""
    import cv2

    from processors.recognition.preprocess.page_map import rotation_about

    matrix, size = rotation_about(degrees, page.shape[1], page.shape[0])
    return np.asarray(cv2.warpAffine(page, matrix[:2], size, flags=cv2.INTER_CUBIC, borderValue=(255,) * 3), np.uint8)
