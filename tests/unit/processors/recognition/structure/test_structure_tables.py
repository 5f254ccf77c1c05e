"""Tables with known cells: found, with their rows, columns, spans and headings."""

from functools import cache
from typing import Any

import pymupdf
import pytest

from processors.document import BlockKind, Page, PageSource, Word
from processors.geometry import Box
from processors.recognition.layout import arrange
from processors.recognition.structure.page import structure
from processors.recognition.structure.raster import raster_rulings
from processors.recognition.structure.rulings import Ruling, pdf_rulings
from tests.support.tables import FAMILIES, PageTruth, cell_score, f1, noisy, printed_page

SEEDS = range(8)
RULED = ("ruled", "boxed", "spanning_ruled", "text_ruled")


@cache
def _drawn(family: str, seed: int) -> tuple[PageTruth, Page, tuple[Ruling, ...]]:
    truth = FAMILIES[family](seed)
    with pymupdf.open(stream=truth.pdf) as document:
        return truth, printed_page(truth.pdf), tuple(pdf_rulings(document[0]))


@pytest.mark.parametrize("family", FAMILIES)
def test_cells_spans_and_headings_of_printed_tables(family: str) -> None:
    scores = []
    for seed in SEEDS:
        truth, page, rulings = _drawn(family, seed)
        scores.append(cell_score(structure(page, rulings), truth, spans=True))
    assert f1(scores) >= (0.99 if family in RULED else 0.95)


@pytest.mark.parametrize("family", FAMILIES)
def test_cells_where_boxes_are_rough_and_words_merged(family: str) -> None:
    scores = []
    for seed in SEEDS:
        truth, page, rulings = _drawn(family, seed)
        scores.append(cell_score(structure(noisy(page, seed), rulings), truth))
    assert f1(scores) >= (0.97 if family in RULED else 0.92)


@pytest.mark.parametrize("family", ["ruled", "spanning_ruled", "row_rules"])
def test_rulings_of_a_raster_do_as_well_as_the_drawn_ones(family: str) -> None:
    import numpy as np

    truth, page, _ = _drawn(family, 1)
    with pymupdf.open(stream=truth.pdf) as document:
        pixels: Any = document[0].get_pixmap(dpi=150)
    image = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width, 3)
    cells = len(truth.tables[0])
    assert cell_score(structure(page, raster_rulings(image, 72 / 150)), truth, spans=True) == (cells, cells, cells)


def _page(*words: tuple[str, float, float, float]) -> Page:
    """A page of words (text, x, y, width), 10 points high."""
    layout = arrange([Word(0, text, Box(x, y, x + width, y + 10), 1.0) for text, x, y, width in words])
    return Page(1, 600, 800, PageSource.TEXT_LAYER, "test", layout.words, layout.lines, layout.blocks)


def test_labels_with_values_beside_an_address_are_no_table() -> None:
    page = _page(
        *(("Street", 50, 100 + 12 * row, 60) for row in range(4)),
        *((f"Label{row}:", 300, 100 + 12 * row, 40) for row in range(4)),
        *((f"{row}23.45", 400, 100 + 12 * row, 40) for row in range(4)),
    )
    assert structure(page).tables == ()


def test_text_in_two_columns_is_no_table() -> None:
    lines = [
        (word, x + 40 * place, 100 + 12 * row, 37)
        for row in range(8)
        for x in (50, 320)
        for place, word in enumerate(("goods", "shall", "remain", "ours", "until", "paid"))
    ]
    found = structure(_page(*lines))
    assert found.tables == ()
    assert [len(block.lines) for block in found.blocks] == [8, 8]


def test_a_description_that_wraps_is_one_cell() -> None:
    found = structure(
        _page(
            ("Item", 50, 100, 30),
            ("Qty", 300, 100, 20),
            ("Price", 400, 100, 30),
            ("Bracket", 50, 120, 50),
            ("2", 310, 120, 10),
            ("10.00", 400, 120, 30),
            ("galvanised", 50, 131, 50),
            ("Cable", 50, 147, 40),
            ("3", 310, 147, 10),
            ("20.00", 400, 147, 30),
        )
    )
    (table,) = found.tables
    assert (table.rows, table.columns) == (3, 3)
    texts = {(cell.row, cell.column): cell.words for cell in table.cells}
    assert [found.words[index].text for index in texts[1, 0]] == ["Bracket", "galvanised"]
    assert [cell.heading for cell in table.cells] == [True] * 3 + [False] * 6


def test_a_logo_half_under_the_words_of_its_cell_is_a_line_of_its_own() -> None:
    lines = [Ruling(95, y, 300, y) for y in (95, 150, 170)] + [Ruling(x, 95, x, 170) for x in (95, 200, 300)]
    printed = [
        ("Street", Box(100, 100, 142, 114)),
        ("Ideal", Box(121.5, 108, 166, 136)),
        *((text, Box(x, 155, x + 30, 165)) for text, x in (("Bread", 100), ("1.79", 250))),
    ]
    layout = arrange([Word(0, text, box, 1.0) for text, box in printed])
    page = Page(1, 600, 800, PageSource.OCR, "test", layout.words, layout.lines, layout.blocks)
    found = structure(page, lines)
    assert len(found.tables) == 1
    assert {found.line_text(line) for line in found.lines} == {"Ideal", "Street", "Bread", "1.79"}


def test_a_line_that_is_missing_joins_two_cells() -> None:
    lines = [Ruling(100, y, 300, y) for y in (100, 120, 140)]
    lines += [Ruling(100, 100, 100, 140), Ruling(300, 100, 300, 140), Ruling(200, 120, 200, 140)]
    page = _page(("Both", 180, 105, 40), ("left", 120, 125, 30), ("right", 220, 125, 30))
    (table,) = structure(page, lines).tables
    assert [(cell.row, cell.column, cell.column_span) for cell in table.cells] == [(0, 0, 2), (1, 0, 1), (1, 1, 1)]
    assert table.cells[0].box == Box(100, 100, 300, 120)


def test_words_on_both_sides_of_a_line_are_two_lines() -> None:
    page = _page(("left", 100, 100, 30), ("right", 134, 100, 30))
    assert len(structure(page).lines) == 1
    assert len(structure(page, [Ruling(132, 90, 132, 120)]).lines) == 2


def test_a_picture_is_a_figure_where_it_holds_no_text() -> None:
    page = _page(("text", 50, 100, 30))
    found = structure(page, (), [Box(50, 200, 150, 300), Box(40, 90, 100, 120)])
    assert [(block.kind, block.box) for block in found.blocks] == [
        (BlockKind.TEXT, Box(50, 100, 80, 110)),
        (BlockKind.FIGURE, Box(50, 200, 150, 300)),
    ]


def test_rulings_of_a_turned_page_lie_where_its_words_do() -> None:
    document = pymupdf.open()
    page = document.new_page(width=600, height=800)
    page.draw_line((100, 50), (100, 250))
    page.draw_rect((200, 300, 202, 400), color=None, fill=(0, 0, 0))
    page.draw_rect((300, 500, 400, 600), color=None, fill=(1, 1, 1))
    page.set_rotation(90)
    assert pdf_rulings(page) == [Ruling(550, 100, 750, 100), Ruling(400, 201, 500, 201)]


def test_a_drawing_of_very_many_paths_has_no_rulings() -> None:
    document = pymupdf.open()
    page = document.new_page()
    document.update_stream(_contents(document, page), b"10 10 m 200 10 l S\n" * 5000)
    assert pdf_rulings(page) == []


def _contents(document: Any, page: Any) -> int:
    page.insert_text((10, 10), "x")
    number: int = page.get_contents()[0]
    return number
