"""Mending pixels: only what is at fault, and towards the page as it was."""

import numpy as np
import pytest

from processors.recognition.preprocess import PageFigures, prepare
from processors.recognition.preprocess.clean import mend
from processors.recognition.preprocess.turn import Turn
from processors.recognition.raster import PixelMap, Raster
from tests.unit.processors.recognition.preprocess.pages import Image, text_page

_SCALE = 72 / 150


def _prepared(image: Image) -> tuple[Image, PageFigures, tuple[str, ...]]:
    raster = Raster(image, image.shape[1] * _SCALE, image.shape[0] * _SCALE, PixelMap(_SCALE, _SCALE))
    prepared = prepare(raster, classify_turn=lambda gray: Turn(0, True))
    return prepared.image, prepared.figures, tuple(step.split()[0] for step in prepared.steps)


def _away(first: Image, second: Image) -> float:
    return float(np.abs(first.astype(int) - second).mean())


def test_specks_are_taken_off() -> None:
    page = text_page()
    rng = np.random.default_rng(3)
    worn = page.copy()
    worn[rng.random(page.shape[:2]) < 0.01] = 0
    image, figures, steps = _prepared(worn)
    assert steps == ("denoise",)
    assert figures.specks == pytest.approx(0.01, abs=0.003)
    assert _away(image, page) < 0.5 * _away(worn, page)


def test_the_dots_of_small_print_are_no_specks() -> None:
    page = text_page(827, 1169)
    _, figures, steps = _prepared(page)
    assert steps == ()
    assert figures.specks < 0.0005


def test_faint_print_is_made_black_on_white() -> None:
    image, figures, steps = _prepared(text_page(ink=215, paper=250))
    assert steps == ("contrast",)
    assert figures.contrast == pytest.approx(0.14, abs=0.02)
    assert image.min() < 30
    assert np.median(image) > 230


def test_faint_print_in_a_shadow_is_lit_evenly() -> None:
    page = text_page(ink=190, paper=250).astype(float)
    shade = np.where(np.arange(page.shape[1]) > 500, 0.4, 1.0)
    image, figures, steps = _prepared((page * shade[None, :, None]).astype(np.uint8))
    assert steps == ("illumination", "contrast")
    assert figures.unevenness == pytest.approx(0.6, abs=0.05)
    left, right = np.median(image[:, :450]), np.median(image[:, 560:])
    assert abs(float(left) - float(right)) < 8


def test_filled_bars_are_no_shadow() -> None:
    page = text_page()
    page[60:150] = np.maximum(40, 255 - page[60:150])
    page[900:960] = 255 - page[900:960]
    _, figures, steps = _prepared(page)
    assert steps == ()
    assert figures.unevenness < 0.3


def test_a_blurred_page_comes_nearer_to_the_sharp_one() -> None:
    import cv2

    page = text_page()
    blurred = np.asarray(cv2.GaussianBlur(page, (0, 0), 2.5), np.uint8)
    image, figures, steps = _prepared(blurred)
    assert "deblur" in steps
    assert figures.blur == pytest.approx(2.5, abs=0.7)
    assert _away(image, page) < 0.7 * _away(blurred, page)
    assert _prepared(page)[2] == ()


def test_sharpness_falls_with_blur_and_not_with_size() -> None:
    import cv2

    page = text_page()
    sharp = _prepared(page)[1].sharpness
    soft = _prepared(np.asarray(cv2.GaussianBlur(page, (0, 0), 2), np.uint8))[1].sharpness
    large = _prepared(text_page(2480, 3508))[1].sharpness
    assert sharp is not None
    assert soft is not None
    assert large is not None
    assert soft < 0.3 * sharp
    assert large > soft


def test_a_scan_that_was_scaled_up_shows_its_own_resolution() -> None:
    import cv2

    page = text_page(620, 877)
    larger = np.asarray(cv2.resize(page, (2480, 3508), interpolation=cv2.INTER_CUBIC), np.uint8)
    raster = Raster(larger, 595.2, 841.9, PixelMap(0.24, 0.24))
    figures = prepare(raster, classify_turn=lambda gray: Turn(0, True)).figures
    assert 70 <= figures.dpi <= 160
    fine = Raster(text_page(2480, 3508), 595.2, 841.9, PixelMap(0.24, 0.24))
    assert prepare(fine, classify_turn=lambda gray: Turn(0, True)).figures.dpi == pytest.approx(300)


def test_nothing_at_fault_gives_the_same_array() -> None:
    page = text_page()
    figures = PageFigures(150, 0.0, sharpness=20, contrast=0.9, handwriting=0.0, glyph_height=12, blur=0.5)
    image, steps = mend(page, figures)
    assert image is page
    assert steps == ()
