"""Label places: off values, off ink, near."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from processors.annotate.placing import Ink, leader, overlaps, place
from processors.geometry import Box

BLANK = Ink(np.full((800, 600), 255, np.uint8), 600, 800)


def test_ink_share() -> None:
    grey = np.full((400, 300), 255, np.uint8)  # half a pixel a point
    grey[50:100, 50:100] = 0
    ink = Ink(grey, 600, 800)
    assert ink.share(Box(110, 110, 190, 190)) == 1.0
    assert ink.share(Box(300, 300, 350, 320)) == 0.0
    assert 0.45 < ink.share(Box(100, 100, 300, 198)) < 0.55
    assert ink.share(Box(580, 10, 620, 20)) == 1.0


def test_blank_page_puts_it_right_above() -> None:
    spot = place(Box(100, 100, 150, 110), 40, 8, [Box(100, 100, 150, 110)], BLANK)
    assert (spot.distance, spot.box) == (0, Box(100, 91.2, 140, 99.2))


def test_beside_is_left_or_right() -> None:
    spot = place(Box(100, 100, 150, 110), 40, 8, [], BLANK, beside=True)
    assert spot.box == Box(59.2, 101, 99.2, 109)


def test_row_as_wide_as_the_page_is_labelled_on_the_page() -> None:
    strip = Ink(np.full((600, 226), 255, np.uint8), 226, 600)
    row = Box(10, 100, 216, 112)
    spot = place(row, 24, 8, [row], strip, beside=True)
    assert strip.holds(spot.box)
    assert not overlaps(spot.box, row)


def test_printed_surroundings_push_it_away() -> None:
    grey = np.full((800, 600), 255, np.uint8)
    grey[60:150, :] = 0
    spot = place(Box(100, 100, 150, 110), 40, 8, [], Ink(grey, 600, 800))
    assert spot.distance > 0
    assert Ink(grey, 600, 800).share(spot.box) == 0


def test_leader_is_the_shortest_line() -> None:
    assert leader(Box(0, 0, 10, 10), Box(30, 2, 40, 8)) == (10, 5, 30, 5)
    assert leader(Box(0, 0, 10, 10), Box(20, 30, 40, 40)) == (10, 10, 20, 30)


COORDINATE = st.integers(min_value=60, max_value=500)


@given(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=6))
def test_no_label_over_a_value_while_there_is_room(corners: list[tuple[int, int]]) -> None:
    """Six small values cannot fill all places around one of them."""
    values = [Box(x, y, x + 30, y + 9) for x, y in corners]
    for value in values:
        spot = place(value, 45, 8, values, BLANK)
        assert not any(overlaps(spot.box, other) for other in values)
        assert spot.box.x0 >= 0
        assert spot.box.y0 >= 0
