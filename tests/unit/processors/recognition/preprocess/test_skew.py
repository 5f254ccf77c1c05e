"""Skew by projection profiles."""

import numpy as np
import pytest

from processors.recognition.preprocess.look import find_marks, gray_of, small_copy
from processors.recognition.preprocess.skew import Skew, find_skew
from tests.unit.processors.recognition.preprocess.pages import Image, skewed, text_page


def _skew(page: Image) -> Skew:
    return find_skew(find_marks(small_copy(gray_of(page))))


@pytest.mark.parametrize("degrees", [-14.3, -5.0, -0.7, 0.0, 0.4, 2.35, 9.0, 14.6])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_skew_is_found_to_a_tenth_of_a_degree_whichever_way_the_page_lies(degrees: float, turn: int) -> None:
    page = np.ascontiguousarray(np.rot90(skewed(text_page(), degrees), -turn // 90))
    found = _skew(page)
    assert found.degrees == pytest.approx(degrees, abs=0.1)
    assert found.on_end == (turn in (90, 270))


def test_frames_tables_and_pictures_do_not_mislead() -> None:
    import cv2

    page = skewed(text_page(rows=20), 3.0)
    # A frame and a ruled table that stand straight, and a picture of noise, on a page whose text is skewed.
    cv2.rectangle(page, (40, 40), (page.shape[1] - 40, page.shape[0] - 40), (0, 0, 0), 4)
    for y in range(1100, 1400, 50):
        cv2.line(page, (100, y), (1100, y), (0, 0, 0), 2)
    page[1450:1700, 200:600] = np.random.default_rng(1).integers(0, 255, (250, 400, 1))
    assert _skew(page).degrees == pytest.approx(3.0, abs=0.15)


def test_a_page_without_print_has_no_skew() -> None:
    assert _skew(np.full((800, 600, 3), 255, np.uint8)) == Skew()
    noise = np.random.default_rng(2).integers(0, 255, (800, 600, 1)).astype(np.uint8)
    assert _skew(np.repeat(noise, 3, axis=2)).degrees == 0.0
    assert _skew(np.zeros((1, 1, 3), np.uint8)) == Skew()
