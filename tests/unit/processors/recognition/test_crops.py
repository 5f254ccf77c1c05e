"""Cutting line images out of a page, and telling those that nothing can be printed on."""

import cv2
import numpy as np
import pytest

from processors.recognition.crops import cut_out, is_blank

PAGE = np.random.default_rng(3).integers(0, 255, (200, 400, 3), dtype=np.uint8)


def test_a_large_straight_line_is_cut_without_resampling() -> None:
    quad = ((20.0, 50.0), (220.0, 50.0), (220.0, 110.0), (20.0, 110.0))
    assert np.array_equal(cut_out(PAGE, quad), PAGE[50:110, 20:220])


def test_a_large_line_that_is_off_by_less_than_a_pixel_is_straight() -> None:
    quad = ((20.2, 50.4), (219.8, 49.8), (220.1, 110.3), (19.9, 109.7))
    assert np.array_equal(cut_out(PAGE, quad), PAGE[50:110, 20:220])


def test_small_print_is_cut_to_a_fraction_of_a_pixel() -> None:
    """There, half a pixel is a 40th of a letter's height and more."""
    page = np.full((100, 300, 3), 255, np.uint8)
    page[40:60] = 0
    cut = cut_out(page, ((20.0, 35.5), (220.0, 35.5), (220.0, 65.5), (20.0, 65.5)))
    assert cut[:, 100, 0][[3, 4, 5, 24, 25]].tolist() == pytest.approx([255, 135, 0, 120, 255], abs=40)


def test_a_cut_line_does_not_hold_the_page() -> None:
    assert cut_out(PAGE, ((20.0, 50.0), (220.0, 50.0), (220.0, 110.0), (20.0, 110.0))).base is None


@pytest.mark.parametrize("degrees", [-5.0, 2.0, 5.0])
def test_a_slanted_line_comes_out_level(degrees: float) -> None:
    page = np.full((300, 700, 3), 255, np.uint8)
    page[146:154, 120:580] = 0
    matrix = cv2.getRotationMatrix2D((350, 150), -degrees, 1.0)
    turned = cv2.warpAffine(page, matrix, (700, 300), borderValue=(255, 255, 255))
    corners = [matrix @ (x, y, 1.0) for x, y in ((100, 135), (600, 135), (600, 165), (100, 165))]
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = ((float(x), float(y)) for x, y in corners)
    cut = cut_out(turned, ((ax, ay), (bx, by), (cx, cy), (dx, dy)))
    assert cut.shape == (30, 500, 3)
    assert cut[14:16, 30:470].max() < 60
    assert cut[:8].min() > 200
    assert cut[22:].min() > 200


def test_a_line_on_end_is_turned() -> None:
    # Read downwards: the text's start is at the top, its upper edge on the right.
    page = np.full((200, 200, 3), 255, np.uint8)
    page[55:75, 70:78] = 0
    cut = cut_out(page, ((80.0, 50.0), (80.0, 150.0), (50.0, 150.0), (50.0, 50.0)))
    assert cut.shape == (30, 100, 3)
    rows, columns = np.nonzero(cut[..., 0] < 128)
    assert (rows.mean(), columns.mean()) == pytest.approx((5.5, 14.5), abs=1.0)


@pytest.mark.parametrize("ground", [0, 128, 245, 255])
def test_a_crop_of_one_colour_is_blank(ground: int) -> None:
    assert is_blank(np.full((30, 200, 3), ground, np.uint8))
    assert is_blank(np.full((30, 200, 3), (ground, 255 - ground, 90), np.uint8))


@pytest.mark.parametrize(("ground", "ink"), [(255, 249), (245, 240), (0, 6), (128, 120)])
def test_the_faintest_text_is_not_blank(ground: int, ink: int) -> None:
    crop = np.full((30, 200, 3), ground, np.uint8)
    cv2.putText(crop, "1", (90, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (ink, ink, ink), 1)
    assert not is_blank(crop)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_text_in_one_colour_only_is_not_blank(channel: int) -> None:
    crop = np.full((30, 200, 3), 255, np.uint8)
    crop[10:20, 90:92, channel] = 250
    assert not is_blank(crop)
