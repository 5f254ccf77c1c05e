"""From a likelihood map to quads, with a network that paints what it is told."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.recognition.detector import DbDetector
from processors.recognition.engine import Quad


def detector(*cores: tuple[float, float, float, float, float], likelihood: float = 0.9) -> DbDetector:
    """Sees the same line cores (centre x, centre y, width, height, degrees; pixels of its input) in every image."""

    def network(batch: np.ndarray) -> np.ndarray:
        maps = np.zeros((len(batch), 1, *batch.shape[2:]), dtype=np.float32)
        for x, y, width, height, degrees in cores:
            corners = cv2.boxPoints(((x, y), (width, height), degrees))
            for one in maps:
                cv2.fillPoly(one[0], [np.rint(corners).astype(np.int32)], likelihood)
        return maps

    return DbDetector(network)


def page(height: int = 400, width: int = 600) -> np.ndarray:
    return np.full((height, width, 3), 255, dtype=np.uint8)


def box_of(quad: Quad) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    return min(xs), min(ys), max(xs), max(ys)


def test_a_core_grows_by_its_area_over_its_outline() -> None:
    [[quad]] = detector((200, 100, 160, 20, 0)).detect([page()])
    grown = 160 * 20 * 1.4 / (2 * (160 + 20))
    assert box_of(quad) == pytest.approx((120 - grown, 90 - grown, 280 + grown, 110 + grown), abs=2)
    assert quad[0] == pytest.approx((120 - grown, 90 - grown), abs=2)
    assert quad[2] == pytest.approx((280 + grown, 110 + grown), abs=2)


def test_lines_come_top_to_bottom_for_each_image() -> None:
    seen = detector((200, 300, 160, 20, 0), (200, 60, 160, 20, 0), (450, 60, 100, 20, 0))
    found = seen.detect([page(), page()])
    assert found[0] == found[1]
    assert [round(quad[0][1]) for quad in found[0]] == sorted(round(quad[0][1]) for quad in found[0])
    assert [quad[0][0] < 300 for quad in found[0]] == [True, False, True]


def test_what_is_unlikely_or_tiny_is_no_line() -> None:
    assert detector((200, 100, 160, 20, 0), likelihood=0.3).detect([page()]) == [[]]
    assert detector((200, 100, 2, 1, 0)).detect([page()]) == [[]]


def test_a_line_on_end_runs_downwards() -> None:
    [[quad]] = detector((200, 150, 20, 160, 0)).detect([page()])
    (x0, y0), (x1, y1) = quad[0], quad[1]
    assert abs(x0 - x1) < 2
    assert y1 - y0 > 160
    assert x0 > 200, "its upper edge is on the right, as for text turned clockwise"


def test_a_large_image_is_looked_at_small_and_its_quads_are_its_own() -> None:
    large = page(3508, 2480)
    seen = detector((200, 100, 160, 20, 0))
    height, width = seen.input_size(3508, 2480)
    assert (height, width) == (1088, 768)
    [[quad]] = seen.detect([large])
    scale = min(1088 / 3508, 768 / 2480)
    assert sum(x for x, _ in quad) / 4 == pytest.approx(200 / scale, abs=4)
    assert sum(y for _, y in quad) / 4 == pytest.approx(100 / scale, abs=4)


def test_the_network_sees_normalised_colours_in_opencvs_order_and_black_padding() -> None:
    seen: list[np.ndarray] = []

    def network(batch: np.ndarray) -> np.ndarray:
        seen.append(batch.copy())
        return np.zeros((len(batch), 1, *batch.shape[2:]), dtype=np.float32)

    image = np.zeros((64, 100, 3), dtype=np.uint8)
    image[:] = (255, 0, 51)  # red, green, blue
    DbDetector(network).detect([image])
    [[planes]] = [seen[0]]
    assert planes.shape == (3, *DbDetector(network).input_size(64, 100))
    assert planes[:, 10, 10] == pytest.approx([(0.2 - 0.485) / 0.229, -0.456 / 0.224, (1 - 0.406) / 0.225], abs=1e-4)
    assert planes[:, 10, 110].tolist() == [0, 0, 0]


@given(st.floats(100, 500), st.floats(80, 320), st.floats(60, 180), st.floats(10, 24), st.floats(-14, 14))
def test_a_quad_goes_clockwise_from_its_top_left_along_the_text(
    x: float, y: float, width: float, height: float, degrees: float
) -> None:
    [[quad]] = detector((x, y, width, height, degrees)).detect([page()])
    along = (quad[1][0] - quad[0][0], quad[1][1] - quad[0][1])
    down = (quad[3][0] - quad[0][0], quad[3][1] - quad[0][1])
    assert along[0] * down[1] - along[1] * down[0] > 0
    if math.hypot(*along) > 60:  # else it may have been cut by the page's edge
        assert math.degrees(math.atan2(along[1], along[0])) == pytest.approx(degrees, abs=4)
