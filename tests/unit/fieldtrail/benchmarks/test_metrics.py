"""Values counted by hand."""

import numpy as np
import pytest

from fieldtrail.benchmarks.documents import Sheet, TruthWord
from fieldtrail.benchmarks.metrics import Item, Score, count_edits, distance, normalise, score, shown_box
from processors.geometry import Box

SAME = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def word(text: str, x0: float, y0: float, x1: float, y1: float) -> TruthWord:
    return TruthWord(text, Box(x0, y0, x1, y1))


def item(text: str, x0: float, y0: float, x1: float, y1: float) -> Item:
    return Item(text, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))


TOTAL = (word("Total", 10, 10, 40, 20), word("12.50", 200, 10, 230, 20), word("EUR", 10, 30, 30, 40))


def sheet(words: tuple[TruthWord, ...] = TOTAL, **more: object) -> Sheet:
    options = {"to_shown": SAME, **more}
    return Sheet("a", "b", "en", np.zeros((1, 1, 3), np.uint8), 72.0, words=words, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "edits"),
    [
        ("", "", 0),
        ("abc", "abc", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("kitten", "sitting", 3),
        ("12.50", "1250", 1),
        ("1l", "l1", 2),
        ("flaw", "lawn", 2),
    ],
)
def test_distance_counts_single_edits(first: str, second: str, edits: int) -> None:
    assert distance(first, second) == edits


def test_normalising_folds_what_looks_alike_and_drops_blanks() -> None:
    assert normalise("\u201eNetto\u201c \u2013 2\u00a0\u00d7 \uff11\ufb01") == '"Netto"-2x1fi'


def test_a_right_reading_has_no_errors_in_whatever_order_it_comes() -> None:
    items = [item("EUR", 10, 30, 30, 40), item("12.50", 200, 10, 230, 20), item("Total", 10, 10, 40, 20)]
    assert score(sheet(), items) == Score(characters=13, edits=0, words=3, placed=3)


def test_a_line_read_as_one_counts_as_well_as_its_words_but_is_no_placed_word() -> None:
    items = [item("Total 12.50", 10, 10, 230, 20), item("EUR", 10, 30, 30, 40)]
    assert score(sheet(), items) == Score(characters=13, edits=0, words=3, placed=1)


def test_missing_wrong_and_invented_characters_all_count() -> None:
    items = [item("Totol", 10, 10, 40, 20), item("EUR", 10, 30, 30, 40), item("logo", 10, 200, 40, 210)]
    # One replaced, five of 12.50 missing, four where nothing is printed.
    assert count_edits(TOTAL, items, SAME) == (13, 10)


def test_text_on_the_wrong_row_is_missing_there_and_too_much_here() -> None:
    items = [item("Total", 10, 10, 40, 20), item("12.50", 0, 30, 9, 40), item("EUR", 10, 30, 30, 40)]
    # Five missing above; below, five before EUR.
    assert count_edits(TOTAL, items, SAME) == (13, 10)


def test_columns_that_are_not_level_keep_their_own_rows() -> None:
    words = (word("left", 10, 10, 40, 20), word("right", 200, 16, 240, 26))
    items = [item("right", 200, 16, 240, 26), item("left", 10, 10, 40, 20)]
    assert count_edits(words, items, SAME) == (9, 0)


def test_nothing_read_is_all_wrong_and_no_truth_has_no_rate() -> None:
    assert score(sheet(), []).error_rate == 1.0
    assert score(sheet(()), []).error_rate is None
    assert Score().placed_share is None
    assert Score().found_share is None
    assert Score().inked_share is None


@pytest.mark.parametrize(("shift", "placed"), [(2.9, 1), (3.1, 0)])
def test_a_word_is_placed_when_all_four_edges_are_within_the_tolerance(shift: float, placed: int) -> None:
    only = (word("Total", 10, 10, 40, 20),)
    assert score(sheet(only), [item("Total", 10, 10, 40, 20 + shift)]).placed == placed
    assert score(sheet(only), [item("Total", 10 - shift, 10, 40, 20)]).placed == placed


def test_boxes_are_compared_with_the_fonts_height_and_with_the_ink() -> None:
    # 20 points high print in a font whose box is 28 points high.
    only = (TruthWord("Total", Box(10, 10, 80, 38), Box(10, 16, 80, 32)),)
    high, low, between = (item("Total", 10, y0, 80, y1) for y0, y1 in ((10, 38), (16, 32), (13, 35)))
    assert [(one.placed, one.inked) for one in (score(sheet(only), [box]) for box in (high, low, between))] == [
        (1, 0),
        (0, 1),
        (1, 1),
    ]
    both = score(sheet(only), [high]) + score(sheet(only), [low])
    assert (both.placed_share, both.inked_share) == (0.5, 0.5)


def test_a_page_upside_down_is_compared_where_it_lies() -> None:
    # On a page of 300 x 100 points, a place (x, y) comes to lie at (300 - x, 100 - y).
    turned = np.array([[-1.0, 0.0, 300.0], [0.0, -1.0, 100.0]])
    items = [item("12.50", 70, 80, 100, 90), item("Total", 260, 80, 290, 90), item("EUR", 270, 60, 290, 70)]
    assert score(sheet(to_shown=turned), items) == Score(characters=13, edits=0, words=3, placed=3)


def test_a_turned_box_is_the_box_around_its_corners() -> None:
    quarter = np.array([[0.0, -1.0, 100.0], [1.0, 0.0, 0.0]])  # clockwise, of a page 100 points high
    assert shown_box(Box(10, 20, 40, 30), quarter) == Box(70, 10, 80, 40)


def test_long_lines_of_a_skewed_page_find_their_rows() -> None:
    turn = np.radians(5.0)
    skew = np.array([[np.cos(turn), -np.sin(turn), 50.0], [np.sin(turn), np.cos(turn), 0.0]])
    words = tuple(word("x" * 40, 10, y, 490, y + 10) for y in range(10, 200, 12))
    items = []
    for one in words:
        box = one.box
        corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
        mapped = [tuple(float(value) for value in skew[:, :2] @ corner + skew[:, 2]) for corner in corners]
        items.append(Item(one.text, tuple(mapped)))  # type: ignore[arg-type]
    assert count_edits(words, items, skew) == (640, 0)


def test_case_is_ignored_only_where_labels_do_not_keep_it() -> None:
    only = (word("TOTAL", 10, 10, 40, 20),)
    assert score(sheet(only), [item("Total", 10, 10, 40, 20)]).edits == 4
    assert score(sheet(only, ignore_case=True), [item("Total", 10, 10, 40, 20)]).edits == 0


def test_values_are_found_whatever_their_punctuation() -> None:
    receipt = sheet((), values=("24.23", "ALDI", "missing"))
    assert score(receipt, [item("Aldi Summe EUR 24,23", 0, 0, 1, 1)]) == Score(values=3, found=2)


def test_a_value_over_two_columns_is_found_by_its_words() -> None:
    receipt = sheet((), values=("Main Street 5, Springfield", "Main Road"))
    items = [item("Main Street 5", 0, 0, 1, 1), item("Till 3", 2, 0, 3, 1), item("Springfield", 0, 1, 1, 2)]
    assert score(receipt, items).found == 1


def test_scores_add_up() -> None:
    both = Score(10, 1, 4, 2, 3, 1) + Score(10, 0, 4, 4, 1, 1)
    assert (both.error_rate, both.placed_share, both.found_share) == (0.05, 0.75, 0.5)
