"""Preparing a page: each step where it is asked for, and the way back to the page."""

import pickle
import time
from itertools import product

import numpy as np
import pytest

from processors.recognition.preprocess import Prepared, prepare
from processors.recognition.preprocess.page_map import quarter_turn
from processors.recognition.preprocess.prepare import flat_copy
from processors.recognition.preprocess.turn import Turn
from processors.recognition.raster import PixelMap, Raster
from processors.recognition.structure.raster import raster_rulings
from tests.unit.processors.recognition.preprocess.pages import Image, skewed, text_page

_SCALE = 72 / 150


def _raster(image: Image) -> Raster:
    return Raster(image, image.shape[1] * _SCALE, image.shape[0] * _SCALE, PixelMap(_SCALE, _SCALE))


def _upright(gray: np.ndarray) -> Turn:
    return Turn(0, True)


def test_a_clean_upright_page_passes_through_untouched() -> None:
    raster = _raster(text_page())
    prepared = prepare(raster, classify_turn=_upright)
    assert prepared.image is raster.image
    assert prepared.steps == ()
    assert prepared.sure_of_turn
    assert prepared.geometry.is_quarter_turn
    assert prepared.geometry.rotation == 0
    quad = ((10.0, 20.0), (30.0, 20.0), (30.0, 28.0), (10.0, 28.0))
    assert prepared.geometry.to_viewer(quad)[2] == pytest.approx((30 * _SCALE, 28 * _SCALE))
    assert prepared.geometry.to_flat(quad) == prepared.geometry.to_viewer(quad)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_lies_turned_is_turned_back_exactly(turn: int) -> None:
    page = text_page()
    shown = np.ascontiguousarray(np.rot90(page, turn // 90))
    prepared = prepare(_raster(shown), classify_turn=lambda gray: Turn(turn, True))
    assert np.array_equal(prepared.image, page)
    assert prepared.steps == (f"rotate {turn}",)
    assert prepared.geometry.rotation == turn
    assert prepared.geometry.is_quarter_turn


def test_without_a_classifier_the_turn_is_not_sure_and_can_be_made_later() -> None:
    page = text_page(width=620, height=877)
    prepared = prepare(_raster(np.ascontiguousarray(np.rot90(page, 2))), classify_turn=None)
    assert not prepared.sure_of_turn
    turned = prepared.turned(180)
    assert np.array_equal(turned.image, page)
    assert turned.sure_of_turn
    assert turned.geometry.rotation == 180
    assert turned.steps[-1] == "rotate 180"
    assert prepared.turned(0).sure_of_turn


def _marked(image: Image, at: tuple[int, int]) -> Image:
    """The page with a green square, that can be found again, around the pixel ``at``."""
    marked = image.copy()
    marked[at[1] - 6 : at[1] + 6, at[0] - 6 : at[0] + 6] = (0, 200, 0)
    return marked


def _found(image: Image) -> tuple[float, float]:
    """Middle of the green square, counted from the first pixel's corner."""
    green = (image[..., 1].astype(int) - image[..., 0] > 100) & (image[..., 2] < 120)
    rows, columns = np.nonzero(green)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


@pytest.mark.parametrize(("degrees", "turn"), list(product([-7.0, -0.6, 0.0, 3.0], [0, 90, 180, 270])))
def test_what_is_seen_in_the_prepared_image_is_there_on_the_page(degrees: float, turn: int) -> None:
    shown = np.ascontiguousarray(np.rot90(skewed(_marked(text_page(), (900, 300)), degrees), turn // 90))
    prepared = prepare(_raster(shown), classify_turn=lambda gray: Turn(turn, True))
    expected = tuple(coordinate * _SCALE for coordinate in _found(shown))
    x, y = _found(prepared.image)
    back = prepared.geometry.to_viewer(((x, y),) * 4)[0]
    assert back == pytest.approx(expected, abs=0.5)
    assert prepared.geometry.to_image(((expected[0], expected[1]),) * 4)[0] == pytest.approx((x, y), abs=1.0)
    assert prepared.geometry.image_size == prepared.image.shape[1::-1]


def test_a_skewed_page_comes_out_straight() -> None:
    prepared = prepare(_raster(skewed(text_page(), 8.0)), classify_turn=_upright)
    assert [step.split()[0] for step in prepared.steps] == ["deskew"]
    assert prepared.figures.skew == pytest.approx(8.0, abs=0.1)
    again = prepare(_raster(prepared.image), classify_turn=_upright)
    assert again.steps == ()
    assert abs(again.figures.skew) < 0.1


@pytest.mark.parametrize("degrees", [0.6, -5.0])
def test_a_page_askew_keeps_its_pixels_and_its_words_are_levelled(degrees: float) -> None:
    raster = _raster(skewed(text_page(), degrees))
    prepared = prepare(raster, classify_turn=_upright)
    assert prepared.steps == (f"level {degrees}",)
    assert prepared.image is raster.image
    # A row that runs downhill in the image is level on the flat page.
    fall = 1000 * np.tan(np.deg2rad(prepared.figures.skew))
    (_, left), (_, right), *_ = prepared.geometry.to_flat(((100, 400), (1100, 400 + fall), (0, 0), (0, 0)))
    assert left == pytest.approx(right, abs=0.01)


@pytest.mark.parametrize("degrees", [0.0, 0.6, 5.0, 8.0])
def test_the_flat_copy_shows_what_is_on_the_flat_page(degrees: float) -> None:
    page = text_page()
    page[960:1040] = 255
    page[999:1002, 200:1000] = 0
    prepared = prepare(_raster(skewed(page, degrees)), classify_turn=_upright)
    grey, scale = flat_copy(prepared, 1000)
    assert max(grey.shape) < 1150
    width, height = prepared.geometry.flat_size
    assert (grey.shape[1] * scale, grey.shape[0] * scale) == pytest.approx((width, height), abs=scale)
    rule = max(raster_rulings(grey, scale), key=lambda ruling: ruling.x1 - ruling.x0)
    assert rule.y0 == rule.y1
    assert rule.x1 - rule.x0 == pytest.approx(800 * _SCALE, rel=0.02)


def _photo(page: Image) -> tuple[Image, np.ndarray]:
    """The page on a dark table, seen from aside; and its corners in the photo's pixels."""
    import cv2

    height, width = page.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([[190, 160], [1330, 130], [1400, 1880], [150, 1830]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    photo = cv2.warpPerspective(page, matrix, (1550, 2050), borderValue=(90, 80, 70))
    return np.asarray(photo, np.uint8), seen


def test_a_photographed_page_is_cut_out_and_flattened() -> None:
    photo, corners = _photo(_marked(text_page(paper=235), (900, 300)))
    prepared = prepare(_raster(photo), classify_turn=_upright)
    assert prepared.steps[0] == "crop"
    assert not prepared.geometry.is_quarter_turn
    assert prepared.image.shape[1] / prepared.image.shape[0] == pytest.approx(1240 / 1754, abs=0.04)
    found = prepared.geometry.to_image(tuple((float(x) * _SCALE, float(y) * _SCALE) for x, y in corners))  # type: ignore[arg-type]
    assert found[0] == pytest.approx((0, 0), abs=15)
    assert found[2] == pytest.approx(prepared.geometry.image_size, abs=15)
    back = prepared.geometry.to_viewer((_found(prepared.image),) * 4)[0]
    assert back == pytest.approx(tuple(coordinate * _SCALE for coordinate in _found(photo)), abs=0.5)


def test_print_beside_a_bright_box_is_never_cut_off() -> None:
    page = np.full((1754, 1240, 3), 150, np.uint8)
    page[300:1400, 200:1040] = 255
    page[300:1400, 200:1040] = text_page(840, 1100)
    page[1450:1700] = np.minimum(page[1450:1700], text_page(1240, 250, rows=6))
    assert "crop" not in prepare(_raster(page), classify_turn=_upright).steps


def test_a_photographed_page_keeps_its_dark_head() -> None:
    page = text_page(paper=235)
    page[:240] = 255 - text_page(ink=0)[:240]
    photo, _ = _photo(np.minimum(page, 235))
    assert "crop" not in prepare(_raster(photo), classify_turn=_upright).steps


def test_turns_come_from_the_page_as_it_lies_straight() -> None:
    seen: list[np.ndarray] = []

    def classify(gray: np.ndarray) -> Turn:
        seen.append(gray)
        return Turn(0, True)

    prepare(_raster(skewed(text_page(), 8.0)), classify_turn=classify)
    prepare(_raster(text_page()), classify_turn=classify)
    assert max(seen[1].shape) <= 1000
    # Straight rows leave white bands across the page; skewed ones would leave none.
    for gray in seen:
        inked = (gray < 128).mean(axis=1)
        assert (inked[100:900] < 0.001).mean() > 0.2


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (3, 3), (200, 7)])
def test_odd_images_are_prepared_without_complaint(shape: tuple[int, int]) -> None:
    for level in (0, 128, 255):
        image = np.full((*shape, 3), level, np.uint8)
        prepared = prepare(_raster(image), classify_turn=_upright)
        assert prepared.image is image
    noise = np.random.default_rng(5).integers(0, 255, (*shape, 3)).astype(np.uint8)
    assert isinstance(prepare(_raster(noise), classify_turn=_upright), Prepared)


def test_the_map_is_small_and_picklable() -> None:
    prepared = prepare(_raster(skewed(text_page(), 4.0)), classify_turn=_upright)
    assert pickle.loads(pickle.dumps(prepared.geometry)) == prepared.geometry
    assert pickle.loads(pickle.dumps(prepared.figures)) == prepared.figures


def test_measuring_a_clean_page_is_cheap() -> None:
    raster = _raster(text_page(2480, 3508))
    prepare(raster, classify_turn=_upright)
    started = time.process_time()
    prepare(raster, classify_turn=_upright)
    # About 0.05 s; a loaded machine may take several times that, a quadratic loop takes minutes.
    assert time.process_time() - started < 1.0


def test_quarter_turns_are_matrices_that_undo_each_other() -> None:
    assert np.allclose(quarter_turn(270, 30, 20) @ quarter_turn(90, 20, 30), np.eye(3))
    with pytest.raises(KeyError):
        quarter_turn(45, 1, 1)
