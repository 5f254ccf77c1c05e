"""The way between a prepared image and the page: there and back for every combination of steps."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.geometry import Box
from processors.recognition.engine import Quad
from processors.recognition.orientation import turn_box, turned_size
from processors.recognition.preprocess.page_map import PageMap, flattened, rotation_about
from processors.recognition.preprocess.photo import flattening

_SCALE = (0.36, 0.35)  # points per pixel; pixels of a scan may be slightly oblong
_PIXELS = (1653, 2339)
_VIEWER = (_PIXELS[0] * _SCALE[0], _PIXELS[1] * _SCALE[1])
_turns = st.sampled_from([0, 90, 180, 270])
_shares = st.floats(0.0, 1.0)
_wobble = st.floats(0.0, 0.12)


def _quad(box: Box) -> Quad:
    return (box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)


def _made(page: Quad | None, skew: float, first: int, second: int, level: float = 0.0) -> PageMap:
    """A map of all the steps, in the order in which pages are prepared, then turned once more."""
    if level:
        return _made(page, skew, 0, 0).levelled(level).turned(first).turned(second)
    matrix, size = (np.eye(3), _PIXELS) if page is None else flattening(page)
    if skew:
        turning, size = rotation_about(-skew, *size)
        matrix = turning @ matrix
    if page is None and not skew:
        return PageMap(0, _VIEWER, _PIXELS, _SCALE).turned(first).turned(second)
    return flattened(_VIEWER, _SCALE, matrix, size).turned(first).turned(second)


_pages = st.none() | st.tuples(*[st.tuples(_wobble, _wobble)] * 4).map(
    lambda inset: (
        (inset[0][0] * _PIXELS[0], inset[0][1] * _PIXELS[1]),
        ((1 - inset[1][0]) * _PIXELS[0], inset[1][1] * _PIXELS[1]),
        ((1 - inset[2][0]) * _PIXELS[0], (1 - inset[2][1]) * _PIXELS[1]),
        (inset[3][0] * _PIXELS[0], (1 - inset[3][1]) * _PIXELS[1]),
    )
)


@given(_pages, st.just(0.0) | st.floats(-15, 15), _turns, _turns, _shares, _shares, st.sampled_from([0.0, 0.7, -0.4]))
def test_from_the_viewer_to_the_image_and_back(
    page: Quad | None, skew: float, first: int, second: int, x: float, y: float, level: float
) -> None:
    made = _made(page, skew, first, second, level)
    shown = _quad(Box(0.9 * x * _VIEWER[0], 0.9 * y * _VIEWER[1], 0.9 * x * _VIEWER[0] + 40, 0.9 * y * _VIEWER[1] + 10))
    back = made.to_viewer(made.to_image(shown))
    assert np.allclose(back, shown, atol=1e-3)  # points; a point is 1/72 inch
    copy = pickle.loads(pickle.dumps(made))
    assert copy == made
    assert len(pickle.dumps(made)) < 1000


@given(_pages, st.floats(-15, 15), _turns)
def test_the_corners_of_the_image_are_those_of_the_flat_page(page: Quad | None, skew: float, turn: int) -> None:
    made = _made(page, skew, turn, 0)
    width, height = made.image_size
    corner = made.to_flat(_quad(Box(0, 0, width, height)))[2]
    assert corner == pytest.approx(made.flat_size, abs=0.5)


@given(_turns, _turns, _shares, _shares)
def test_quarter_turns_are_those_of_pages(first: int, second: int, x: float, y: float) -> None:
    made = _made(None, 0.0, first, second)
    turn = (first + second) % 360
    assert made.is_quarter_turn
    assert made.rotation == turn
    assert made.flat_size == turned_size(*_VIEWER, turn)
    box = Box(x * 500, y * 700, x * 500 + 30, y * 700 + 12)
    flat = made.to_flat(made.to_image(_quad(box)))
    expected = turn_box(box, *_VIEWER, turn)
    assert min(point[0] for point in flat) == pytest.approx(expected.x0, abs=1e-6)
    assert max(point[1] for point in flat) == pytest.approx(expected.y1, abs=1e-6)


def test_a_skewed_page_lies_flat_on_a_larger_canvas() -> None:
    made = _made(None, 5.0, 0, 0)
    assert not made.is_quarter_turn
    assert made.rotation == 0
    assert made.image_size[0] > _PIXELS[0]
    assert made.image_size[1] > _PIXELS[1]
    # What runs downhill by 5 degrees on the page runs level on the flat one.
    slope = np.tan(np.deg2rad(5.0))
    start, _, _, end = made.to_image(((100, 100), (0, 0), (0, 0), (300, 100 + 200 * slope * _SCALE[1] / _SCALE[0])))
    assert start[1] == pytest.approx(end[1], abs=0.01)


def test_turning_a_flattened_page_keeps_every_point_in_place() -> None:
    straight = _made(((50, 60), (1600, 20), (1500, 2300), (90, 2200)), 3.0, 0, 0)
    turned = straight.turned(90)
    quad = _quad(Box(200, 300, 260, 312))
    (x, y), *_ = straight.to_image(quad)
    (turned_x, turned_y), *_ = turned.to_image(quad)
    assert (turned_x, turned_y) == pytest.approx((straight.image_size[1] - y, x), abs=1e-6)
    assert turned.rotation == 90
    again = turned.turned(270)
    assert again.rotation == 0
    assert again.flattening == pytest.approx(straight.flattening, abs=1e-9)


@given(_turns, _turns, st.floats(-1, 1).filter(bool), _shares, _shares)
def test_a_levelled_page_lies_as_if_it_had_been_warped(
    first: int, second: int, skew: float, x: float, y: float
) -> None:
    levelled, warped = (_made(None, *how) for how in ((0.0, first, second, skew), (skew, first, second, 0.0)))
    assert not levelled.is_quarter_turn
    assert levelled.rotation == warped.rotation
    assert levelled.flat_size == pytest.approx(warped.flat_size, abs=1e-6)
    shown = _quad(Box(x * 500, y * 700, x * 500 + 30, y * 700 + 12))
    places = [np.array(made.to_flat(made.to_image(shown))) for made in (levelled, warped)]
    assert np.allclose(*places, atol=1e-6)
    assert levelled.image_size == turned_size(*_PIXELS, (first + second) % 180)
