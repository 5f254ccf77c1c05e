"""Sheets: text fits its place whole, and the truth is what was printed."""

import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.synthesis import entries, trade_sums
from processors.synthesis.boxes import Cell, Filling, box_row
from processors.synthesis.sheet import SANS, Entry, Sheet, Theme, Value
from processors.synthesis.tables import Column, Ruling, table

TEXTS = st.text("abcdefgh ÄÖÜß€,.-12345", min_size=1, max_size=60).map(lambda text: " ".join(text.split()) or "x")


def sheet() -> Sheet:
    return Sheet((400.0, 300.0), Theme(family=SANS, size=10, margin=40))


def printed(paper: Sheet) -> str:
    with pymupdf.open(stream=paper.canvas.finish().pdf) as pdf:
        return " ".join(" ".join(page.get_text() for page in pdf).split())


def test_a_line_too_long_is_set_smaller_and_whole() -> None:
    paper = sheet()
    box = paper.line(40, 40, "A name that is far too long for its column", 80)
    assert box.width == pytest.approx(80, abs=0.5)
    assert printed(paper) == "A name that is far too long for its column"


def test_a_block_wraps_and_says_where_it_ends() -> None:
    paper = sheet()
    bottom = paper.block(40, 40, 60, "one two three four five six")
    rows = paper.rows("one two three four five six", 60)
    assert rows > 2
    assert bottom == pytest.approx(40 + rows * paper.line_height())


def test_a_word_wider_than_its_block_is_set_smaller() -> None:
    paper = sheet()
    paper.block(40, 40, 90, Value("Donaudampfschifffahrtsgesellschaft", "vendor_name"))
    (place,) = paper.canvas.finish().placements
    assert place.box.width <= 90.5
    assert place.text == "Donaudampfschifffahrtsgesellschaft"


def test_truth_is_recorded_with_the_print() -> None:
    paper = sheet()
    paper.line(40, 40, Value("1.234,50 €", "total_amount", "1234.50"))
    paper.block(40, 60, 200, Value("Am Markt 1\n80331 München", "vendor_address"))
    assert paper.truth == {"total_amount": "1234.50", "vendor_address": "Am Markt 1, 80331 München"}


def test_the_second_print_of_a_value_is_not_labelled_again() -> None:
    paper = sheet()
    for y in (40, 60):
        paper.line(40, y, Value("Kranich AG", "vendor_name"))
    assert len(paper.canvas.finish().placements) == 1


def test_a_field_with_two_truths_is_a_defect() -> None:
    paper = sheet()
    paper.note("currency", "EUR")
    with pytest.raises(ValueError, match="currency is 'EUR' and 'USD'"):
        paper.note("currency", "USD")


def test_room_begins_a_page_only_where_it_must() -> None:
    paper = sheet()
    assert paper.room(200, 50) == 200
    assert paper.room(230, 50) == paper.top
    assert paper.canvas.page_count == 2


@pytest.mark.parametrize("style", [*entries.NARROW, *entries.WIDE], ids=lambda style: style.__name__)
@given(pairs=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=7))
@settings(max_examples=12, deadline=None)
def test_every_style_prints_all_labels_and_values(style: entries.Printer, pairs: list[tuple[str, str]]) -> None:
    paper = Sheet((700.0, 2000.0), Theme(family=SANS, size=9, margin=40))
    found = [Entry(label, Value(value, f"field{index}")) for index, (label, value) in enumerate(pairs)]
    bottom = style(paper, found, 40, 40, 300)
    text = "".join(printed(paper).split())
    for label, value in pairs:
        assert "".join(label.split()) in text
        assert "".join(value.split()) in text
    places = paper.canvas.finish().placements
    assert {place.field for place in places} == {f"field{index}" for index in range(len(pairs))}
    assert all(place.box.y0 >= 40 and place.box.y1 <= bottom + 6 for place in places)
    assert all(place.box.x0 >= 39 and place.box.x1 <= 341 for place in places)


@pytest.mark.parametrize("style", trade_sums.STYLES.values(), ids=trade_sums.STYLES)
def test_totals_print_every_amount_within_their_width(style: trade_sums.Totals) -> None:
    paper = Sheet("a4", Theme(family=SANS, size=9, margin=40))
    found = [Entry(f"Sum {index}", Value(f"{index}.000,00 €", f"sum{index}"), index == 3) for index in range(4)]
    style(paper, found, 320, 555, 100)
    places = paper.canvas.finish().placements
    assert [place.text for place in places] == [f"{index}.000,00 €" for index in range(4)]
    assert all(place.box.x1 <= 556 for place in places)


def test_a_table_goes_on_over_the_page_with_its_heading() -> None:
    paper = sheet()
    rows = [[f"item {number}", f"{number},00"] for number in range(40)]
    table(paper, [Column("Item", 3), Column("Amount", 1)], rows, 40, 360, 40, Ruling("filled", "grid"))
    with pymupdf.open(stream=paper.canvas.finish().pdf) as pdf:
        texts = [page.get_text() for page in pdf]
    assert len(texts) >= 2
    assert all("Amount" in text for text in texts)
    assert [f"item {number}\n" in "".join(texts) for number in range(40)] == [True] * 40


def test_boxes_of_a_row_end_together() -> None:
    paper = sheet()
    cells = [Cell("Name", Value("A B C D E F G H I J K L M", "name")), Cell("Amount", "1.00", amount=True)]
    bottom = box_row(paper, cells, 40, 160, 40, Filling(SANS, 9))
    (place, *_rest) = paper.canvas.finish().placements
    assert bottom > 40 + 3 * 9
    assert place.box.y1 < bottom
