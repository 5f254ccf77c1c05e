"""Scaling down fast: the right size, the right brightness in the right place, nothing left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.recognition.shrink import shrunk


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 300), st.integers(1, 300))
def test_any_smaller_size_comes_out(height: int, width: int, high: int, wide: int) -> None:
    high, wide = min(high, height), min(wide, width)
    small = shrunk(np.full((height, width, 3), 200, np.uint8), wide, high)
    assert small.shape == (high, wide, 3)
    assert (small == 200).all()


def test_halves_are_means() -> None:
    image = np.array([[0, 100, 50, 50], [100, 200, 50, 50]], np.uint8)
    assert shrunk(image, 2, 1).tolist() == [[100, 50]]


def test_an_image_of_that_size_is_left_alone() -> None:
    image = np.zeros((20, 30), np.uint8)
    assert shrunk(image, 30, 20) is image


@pytest.mark.parametrize("size", [(620, 877), (827, 1170), (400, 566), (1239, 1753)])
def test_hairlines_stay_visible_and_in_place(size: tuple[int, int]) -> None:
    image = np.full((1754, 1240), 255, np.uint8)
    image[701] = 0
    small = shrunk(image, *size)
    dark = 255.0 - small.mean(axis=1)
    # As much darkness as in the full image, to within what sampling at one place or another makes of one row.
    assert dark.sum() == pytest.approx(255 * size[1] / 1754, rel=0.5)
    middle = float((dark * (np.arange(size[1]) + 0.5)).sum() / dark.sum())
    assert middle == pytest.approx(701.5 * size[1] / 1754, abs=0.6)
