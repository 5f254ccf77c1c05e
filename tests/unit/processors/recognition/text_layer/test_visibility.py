"""What no person sees on a page must not become a value, and what one sees must not be lost."""

from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from processors.document import Page
from processors.intake.media import MediaType
from processors.recognition.text_layer import read_text_layer

_TEXT = [f"Line {row} of an ordinary invoice with words enough" for row in range(12)]
_WHITE, _BLUE = (1, 1, 1), (0, 0, 0.5)
_BAND = pymupdf.Rect(60, 685, 300, 705)
_PLACE = (72, 700)


def _words(tmp_path: Path, draw: Callable[[pymupdf.Page], object]) -> list[str]:
    """The words that are read of a page beyond its ordinary text."""
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    for row, line in enumerate(_TEXT):
        page.insert_text((72, 100 + 20 * row), line, fontsize=11)
    draw(page)
    document.save(tmp_path / "a.pdf")
    pages = read_text_layer(tmp_path / "a.pdf", MediaType.PDF, 1, 1)
    assert isinstance(pages, list)
    [read] = pages
    assert isinstance(read, Page)
    assert read.text.split("\n")[: len(_TEXT)] == _TEXT
    return [word.text for word in read.words[len(" ".join(_TEXT).split()) :]]


def _band(page: pymupdf.Page, color: tuple[float, float, float], **options: object) -> None:
    page.draw_rect(_BAND, fill=color, color=None, **options)


def _hide_white(page: pymupdf.Page) -> None:
    page.insert_text(_PLACE, "Total 999.99", color=_WHITE)


def _hide_almost_white(page: pymupdf.Page) -> None:
    page.insert_text(_PLACE, "Total 999.99", color=(0.97, 0.97, 0.97))


def _hide_white_behind_a_rule(page: pymupdf.Page) -> None:
    _hide_white(page)
    page.draw_line((60, 696), (300, 696))


def _hide_blue_on_blue(page: pymupdf.Page) -> None:
    _band(page, _BLUE)
    page.insert_text(_PLACE, "Total 999.99", color=_BLUE)


def _hide_by_opacity(page: pymupdf.Page) -> None:
    page.insert_text(_PLACE, "Total 999.99", fill_opacity=0.02)


def _hide_under_white(page: pymupdf.Page) -> None:
    page.insert_text(_PLACE, "Total 999.99")
    _band(page, _WHITE)


def _hide_under_black(page: pymupdf.Page) -> None:
    page.insert_text(_PLACE, "Total 999.99")
    _band(page, (0, 0, 0))


def _hide_by_clipping(page: pymupdf.Page) -> None:
    page.insert_text(_PLACE, "Total 999.99")
    xref = page.get_contents()[-1]
    document = page.parent
    document.update_stream(xref, b"q 0 800 5 5 re W n " + document.xref_stream(xref) + b" Q")


def _hide_off_the_crop_box(page: pymupdf.Page) -> None:
    page.insert_text((72, 835), "Total 999.99")
    page.set_cropbox(pymupdf.Rect(0, 0, 595, 800))


@pytest.mark.parametrize(
    "hide",
    [
        _hide_white,
        _hide_almost_white,
        _hide_white_behind_a_rule,
        _hide_blue_on_blue,
        _hide_by_opacity,
        _hide_under_white,
        _hide_under_black,
        _hide_by_clipping,
        _hide_off_the_crop_box,
    ],
)
def test_hidden_text_is_not_read(tmp_path: Path, hide: Callable[[pymupdf.Page], object]) -> None:
    assert _words(tmp_path, hide) == []


def _show_white_on_blue(page: pymupdf.Page) -> None:
    _band(page, _BLUE)
    page.insert_text(_PLACE, "Total 12.00", color=_WHITE)


def _show_light_gray(page: pymupdf.Page) -> None:
    page.insert_text(_PLACE, "Total 12.00", color=(0.8, 0.8, 0.8), fontsize=7)


def _show_red_on_green_of_one_lightness(page: pymupdf.Page) -> None:
    _band(page, (0, 0.5, 0))
    page.insert_text(_PLACE, "Total 12.00", color=(1, 0, 0))


def _show_under_glass(page: pymupdf.Page) -> None:
    page.insert_text(_PLACE, "Total 12.00")
    _band(page, (1, 1, 0), fill_opacity=0.4)


def _show_under_a_highlighter(page: pymupdf.Page) -> None:
    page.insert_text(_PLACE, "Total 12.00")
    page.add_highlight_annot(_BAND)


def _show_on_a_tinted_page(page: pymupdf.Page) -> None:
    page.draw_rect(page.rect, fill=(0.9, 0.9, 0.85), color=None, overlay=False)
    page.insert_text(_PLACE, "Total 12.00", fontsize=6)


def _show_as_outline(page: pymupdf.Page) -> None:
    page.insert_text(_PLACE, "Total 12.00", render_mode=1)


def _show_over_retouched_text(page: pymupdf.Page) -> None:
    """As editors change an amount: the old one is whited out, the new one printed in its place."""
    page.insert_text(_PLACE, "Total 99.00")
    _band(page, _WHITE)
    page.insert_text(_PLACE, "Total 12.00")


@pytest.mark.parametrize(
    "show",
    [
        _show_white_on_blue,
        _show_light_gray,
        _show_red_on_green_of_one_lightness,
        _show_under_glass,
        _show_under_a_highlighter,
        _show_on_a_tinted_page,
        _show_as_outline,
        _show_over_retouched_text,
    ],
)
def test_visible_text_is_read(tmp_path: Path, show: Callable[[pymupdf.Page], object]) -> None:
    assert _words(tmp_path, show) == ["Total", "12.00"]


def test_marks_of_one_stroke_are_seen(tmp_path: Path) -> None:
    def draw(page: pymupdf.Page) -> None:
        page.draw_rect(page.rect, fill=(0.95, 0.95, 0.9), color=None, overlay=False)
        for step, mark in enumerate(["-5", "1", "|", "I", ".", "-"]):
            page.insert_text((72 + 30 * step, 700), mark, fontsize=8)

    assert _words(tmp_path, draw) == ["-5", "1", "|", "I", ".", "-"]


def test_a_word_is_cut_where_a_part_of_it_is_hidden(tmp_path: Path) -> None:
    """One euro for a person must not be a thousand for a machine."""

    def draw(page: pymupdf.Page) -> None:
        page.insert_text((72, 700), "1")
        page.insert_text((72 + pymupdf.get_text_length("1", fontsize=11), 700), "000", color=_WHITE)

    assert _words(tmp_path, draw) == ["1"]


def test_text_under_an_opaque_picture_is_not_read_though_the_picture_has_ink(tmp_path: Path) -> None:
    document = pymupdf.open()
    pasted = pymupdf.open().new_page(width=240, height=20)
    pasted.insert_text((12, 15), "Total 12.00")
    page = document.new_page(width=595, height=842)
    for row, line in enumerate(_TEXT):
        page.insert_text((72, 100 + 20 * row), line, fontsize=11)
    page.insert_text(_PLACE, "Total 999.99")
    page.insert_image(_BAND, pixmap=pasted.get_pixmap(dpi=150))
    document.save(tmp_path / "a.pdf")
    pages = read_text_layer(tmp_path / "a.pdf", MediaType.PDF, 1, 1)
    assert isinstance(pages, list)
    [read] = pages
    assert not isinstance(read, Page)
    text, regions = read.text, read.regions  # type: ignore[union-attr]
    assert text is not None
    assert text.text.split("\n") == _TEXT
    assert len(regions) == 1
    assert regions[0].y0 < 695 < regions[0].y1
