"""Which parts of a page are pictures of text."""

from itertools import combinations

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.geometry import Box
from processors.recognition.text_layer.drawing import Rendering, read_drawing
from processors.recognition.text_layer.images import MOST_REGIONS, find_regions, merge_regions


def _picture(width: float, height: float, lines: list[str], size: float = 12) -> pymupdf.Pixmap:
    paper = pymupdf.open().new_page(width=width, height=height)
    for row, line in enumerate(lines):
        paper.insert_text((6, 20 + 1.5 * size * row), line, fontsize=size)
    return paper.get_pixmap(dpi=150)


def _page(*pictures: tuple[pymupdf.Rect, pymupdf.Pixmap]) -> pymupdf.Page:
    page = pymupdf.open().new_page(width=595, height=842)
    for place, pixmap in pictures:
        page.insert_image(place, pixmap=pixmap)
    return page


def _regions(page: pymupdf.Page, words: list[Box] | None = None, lost: list[Box] | None = None) -> list[Box]:
    drawing = read_drawing(page)
    return find_regions(words or [], lost or [], drawing, Rendering(page, drawing))


def test_a_region_is_trimmed_to_the_ink() -> None:
    table = _picture(300, 200, ["Position  Amount", "Repair  12.00", "Travel  30.00"])
    [region] = _regions(_page((pymupdf.Rect(100, 300, 400, 500), table)))
    assert region.x0 == pytest.approx(106 - 4, abs=2)
    assert region.y0 == pytest.approx(320 - 9 - 4, abs=3)
    assert region.y1 == pytest.approx(320 + 36 + 3 + 4, abs=3)
    assert region.x1 < 230


def test_a_page_wide_picture_with_head_and_foot_is_two_regions() -> None:
    paper = pymupdf.open().new_page(width=595, height=842)
    paper.insert_text((72, 60), "Muster und Sohn GmbH", fontsize=18)
    paper.insert_text((72, 800), "IBAN DE89 3704 0044 0532 0130 00", fontsize=8)
    head, foot = _regions(_page((paper.rect, paper.get_pixmap(dpi=150))))
    assert head.y1 < 80
    assert foot.y0 > 780


def test_pictures_without_text_cost_nothing() -> None:
    plain = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 60, 60))
    plain.clear_with(180)
    icon = _picture(20, 10, ["AB"], size=6)
    page = _page((pymupdf.Rect(100, 100, 300, 300), plain), (pymupdf.Rect(400, 100, 420, 110), icon))
    assert _regions(page) == []


def test_text_printed_over_a_picture_is_not_read_twice() -> None:
    plain = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 60, 60))
    plain.clear_with(240)
    page = _page((pymupdf.Rect(60, 60, 400, 200), plain))
    page.insert_text((72, 100), "Printed over a tinted picture", fontsize=14)
    words = [Box(*word[:4]) for word in page.get_text("words")]
    assert _regions(page, words) == []
    assert len(_regions(page)) == 1


def test_a_code_of_squares_is_left_out() -> None:
    side = 33
    pixels = bytearray()
    state = 1
    for _ in range(side * side):
        state = (1103515245 * state + 12345) % 2**31
        pixels.append(255 if state >> 16 & 1 else 0)
    code = pymupdf.Pixmap(pymupdf.csGRAY, side, side, bytes(pixels), False)
    assert _regions(_page((pymupdf.Rect(100, 100, 200, 200), code))) == []


def test_a_square_of_text_is_no_code() -> None:
    lines = ["net amount 100", "tax at 19 % 19", "total sum 119", "paid on 3 May", "by bank order", "thank you all"]
    page = _page((pymupdf.Rect(100, 100, 200, 200), _picture(100, 100, lines, size=10)))
    assert len(_regions(page)) == 1


def test_a_picture_in_strips_is_one() -> None:
    words = [Box(72, 700, 100, 712)]
    strips = [(pymupdf.Rect(100, 100 + 10 * i, 300, 110 + 10 * i), _picture(200, 10, [])) for i in range(3)]
    page = _page(*strips)
    page.insert_text((110, 122), "Muster und Sohn GmbH", fontsize=16)
    [region] = _regions(page, words)
    assert region.height > 12


def test_lost_words_are_regions_without_any_picture() -> None:
    assert _regions(_page(), lost=[Box(100, 100, 130, 112)]) == [Box(96, 96, 134, 116)]


_boxes = st.builds(
    lambda x, y, width, height: Box(x, y, x + width, y + height),
    *[st.integers(0, 500)] * 2,
    *[st.integers(1, 80)] * 2,
)


@given(st.lists(_boxes, max_size=25))
def test_merged_regions_hold_all_do_not_overlap_and_are_few(boxes: list[Box]) -> None:
    merged = merge_regions(boxes)
    assert len(merged) <= MOST_REGIONS
    for box in boxes:
        assert any(m.x0 <= box.x0 and m.y0 <= box.y0 and m.x1 >= box.x1 and m.y1 >= box.y1 for m in merged)
    for first, second in combinations(merged, 2):
        assert first.horizontal_overlap(second) * first.vertical_overlap(second) == 0
