"""The height of words' boxes, from what is printed: against the boxes that PyMuPDF gives the same text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.recognition.font_box import font_edges
from processors.recognition.ink import ink_mask

_DPI = 200
_SCALE = _DPI / 72


def printed(parts: list[tuple[str, float]], font: str = "helv") -> tuple[np.ndarray, list[tuple[float, ...]]]:
    """An image of one line of (text, font size) and, in its pixels, each word's box in the text layer.

    The image is cut as a detector cuts it: room above, and nothing below the baseline of the first word but 2 points.
    """
    import pymupdf

    with pymupdf.open() as document:
        page = document.new_page(width=600, height=100)
        x = 20.0
        for text, size in parts:
            page.insert_text((x, 60), text, fontname=font, fontsize=size)
            x += pymupdf.get_text_length(text + " ", font, size)
        words = page.get_text("words")
        largest = max(size for _, size in parts)
        clip = pymupdf.Rect(14, 60 - 0.95 * largest, x + 4, 62)
        pixels = page.get_pixmap(dpi=_DPI, clip=clip, colorspace=pymupdf.csRGB)
        image = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width, 3)
    left, top = pixels.x, pixels.y
    return image, [
        (x0 * _SCALE - left, y0 * _SCALE - top, x1 * _SCALE - left, y1 * _SCALE - top) for x0, y0, x1, y1, *_ in words
    ]


def farthest(parts: list[tuple[str, float]], font: str = "helv") -> float:
    """How far, in points, the upper and lower edges are from the text layer's at most."""
    image, boxes = printed(parts, font)
    texts = [word for text, _ in parts for word in text.split()]
    places = [(text, int(box[0]), int(box[2]) + 1) for text, box in zip(texts, boxes, strict=True)]
    edges = font_edges(ink_mask(image), places)
    return max(
        max(abs(top - box[1]), abs(bottom - box[3])) / _SCALE for (top, bottom), box in zip(edges, boxes, strict=True)
    )


@pytest.mark.parametrize("font", ["helv", "hebo", "heit", "tiro", "tibo", "cour"])
@pytest.mark.parametrize(
    "text", ["Rechnung 1.234,50", "FACTUUR", "Größe Árbol", "Payable by Friday", "2026-05-01", "Échéance"]
)
def test_a_line_is_as_high_as_its_font_whatever_letters_it_has(text: str, font: str) -> None:
    assert farthest([(text, 9.0)], font) < 2.0
    assert farthest([(text, 24.0)], font) < (6.0 if font == "cour" else 4.0)


def test_a_title_and_the_small_print_on_its_line_have_boxes_of_their_own() -> None:
    assert farthest([("INVOICE", 20.0), ("Invoice", 10.0), ("No", 10.0), ("R-192719", 10.0)]) < 3.0


def test_dashes_and_an_empty_image_tell_nothing() -> None:
    image, boxes = printed([("---", 12.0)])
    whole = (0.0, float(len(image)))
    assert font_edges(ink_mask(image), [("---", int(boxes[0][0]), int(boxes[0][2]))]) == [whole]
    assert font_edges(np.zeros((20, 50), dtype=np.uint8), [("Total", 0, 40)]) == [(0.0, 20.0)]
    assert font_edges(np.zeros((20, 50), dtype=np.uint8), []) == []


def test_an_underline_and_the_line_above_are_not_of_the_text() -> None:
    rows = np.zeros((40, 100), dtype=np.uint8)
    rows[12:26, 10:90:3] = 1  # capitals of 14 rows, so a font size of 20
    plain = font_edges(rows, [("TOTAL", 10, 90)])
    rows[0:3, 20:60:2] = 1  # descenders of the line above
    rows[29:31, 10:90] = 1  # a rule below
    assert font_edges(rows, [("TOTAL", 10, 90)]) == plain
    assert plain == [pytest.approx((6.6, 31.0))]


def test_descenders_do_not_move_the_baseline() -> None:
    rows = np.zeros((40, 100), dtype=np.uint8)
    rows[12:26, 10:90:2] = 1
    rows[26:30, 10:90:20] = 1
    assert font_edges(rows, [("Payment", 10, 90)]) == [pytest.approx((6.6, 31.0))]


_texts = st.text(st.characters(codec="utf-8", exclude_categories=["Zs", "Cc"]), min_size=1, max_size=8)


@given(
    st.integers(1, 60), st.lists(st.tuples(_texts, st.integers(0, 50), st.integers(1, 30)), max_size=5), st.integers()
)
def test_any_ink_under_any_text_gives_a_box_around_the_middle_of_the_line(
    height: int, words: list[tuple[str, int, int]], seed: int
) -> None:
    rows = (np.random.default_rng(abs(seed)).random((height, 80)) < 0.3).astype(np.uint8)
    places = [(text, start, start + width) for text, start, width in words]
    edges = font_edges(rows, places)
    assert len(edges) == len(words)
    for top, bottom in edges:
        assert -1.5 * height <= top < bottom <= 2 * height
