"""How a page looks: strip by strip the same as all at once, and no more strips than are looked at."""

from typing import Any

import numpy as np
import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.geometry import Box
from processors.recognition.text_layer.drawing import Rendering, read_drawing


def _page(*pictures: pymupdf.Rect, rotation: int = 0) -> Any:
    page = pymupdf.open().new_page(width=595, height=842)
    for row in range(30):
        page.draw_rect((60, 60 + 24 * row, 500, 80 + 24 * row), fill=(0.1 * (row % 9), 0.5, 0.7), color=None)
        page.insert_text((72, 75 + 24 * row), f"Row {row} of text on a coloured bar", fontsize=9)
    noise = np.random.default_rng(1).integers(0, 256, (157, 211, 3), np.uint8)
    pixmap = pymupdf.Pixmap(pymupdf.csRGB, 211, 157, noise.tobytes(), False)
    for place in pictures:
        page.insert_image(place, pixmap=pixmap, keep_proportion=False)
    page.set_rotation(rotation)
    return page


def _whole(page: Any, scale: float, colorspace: Any) -> Any:
    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=colorspace, alpha=False)
    return np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, pixmap.n)


_PAGES = [
    _page(),
    _page(rotation=90),
    _page(pymupdf.Rect(300, 133, 520, 401), pymupdf.Rect(20, 390, 111, 600), rotation=270),
    _page(pymupdf.Rect(-50, 700, 420, 900)),
]


@settings(max_examples=60, deadline=None)
@given(
    page=st.sampled_from(_PAGES),
    boxes=st.lists(
        st.builds(
            lambda x, y, width, height: Box(x, y, x + width, y + height),
            st.floats(-20, 600),
            st.floats(-20, 860),
            st.floats(0, 400),
            st.floats(0, 200),
        ),
        min_size=1,
        max_size=5,
    ),
)
def test_a_part_is_the_same_as_that_part_of_the_whole(page: Any, boxes: list[Box]) -> None:
    rendering = Rendering(page, read_drawing(page))
    rendering.look_at(boxes[:2])
    gray = _whole(page, rendering.scale, pymupdf.csGRAY)[:, :, 0]
    color = _whole(page, rendering.scale, pymupdf.csRGB)
    for box in boxes:
        window = rendering.window(box)
        assert np.array_equal(rendering.gray(window), gray[window])
        assert np.array_equal(rendering.rgb(window), color[window])


class _CountingList:
    """A display list that remembers which rows it was asked for."""

    def __init__(self, display_list: Any) -> None:
        self._display_list = display_list
        self.rect = display_list.rect
        self.rows: list[tuple[int, int]] = []

    def get_pixmap(self, **options: Any) -> Any:
        pixmap = self._display_list.get_pixmap(**options)
        self.rows.append((pixmap.y, pixmap.y + pixmap.height))
        return pixmap


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> tuple[Rendering, _CountingList]:
    """A page of 827 x 1170 pixels with a picture from row 600 to 700, and what is rendered of it."""
    page = _page(pymupdf.Rect(100, 432.5, 300, 503.5))
    rendering = Rendering(page, read_drawing(page))
    counting = _CountingList(page.get_displaylist())
    monkeypatch.setitem(rendering.__dict__, "_display_list", counting)
    return rendering, counting


def test_only_what_is_looked_at_is_rendered_and_only_once(counted: tuple[Rendering, _CountingList]) -> None:
    rendering, counting = counted
    points = 72 / 100
    rendering.look_at([Box(10, 10 * points, 90, 40 * points), Box(10, 70 * points, 90, 120 * points)])
    assert counting.rows == [(0, 128)], "strips that touch, in one go"
    rendering.gray(rendering.window(Box(300, 100 * points, 500, 250 * points)))
    rendering.gray(rendering.window(Box(300, 0, 500, 250 * points)))
    assert counting.rows == [(0, 128), (128, 256)]


def test_a_picture_is_rendered_whole(counted: tuple[Rendering, _CountingList]) -> None:
    """MuPDF scales the part of an image that it needs, which comes out a little different."""
    rendering, counting = counted
    rendering.gray(rendering.window(Box(10, 650 * 0.72, 20, 660 * 0.72)))
    assert counting.rows == [(576, 704)]


def test_nothing_is_rendered_beyond_the_page(counted: tuple[Rendering, _CountingList]) -> None:
    rendering, counting = counted
    assert rendering.gray(rendering.window(Box(10, 900, 50, 950))).size == 0
    assert counting.rows == []
    assert rendering.gray(rendering.window(Box(10, 835, 50, 950))).shape == (11, 56)
    assert counting.rows == [(1152, 1170)]
