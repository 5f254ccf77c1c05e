"""Long images in pieces: nothing is lost, nothing is reported twice."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from processors.recognition.engine import Quad
from processors.recognition.pieces import Piece, pieces_of


def quad_at(x: float, y: float) -> Quad:
    return (x - 20, y - 5), (x + 20, y - 5), (x + 20, y + 5), (x - 20, y + 5)


def test_an_ordinary_page_and_receipt_are_one_piece() -> None:
    for height, width in ((3508, 2480), (2480, 3508), (2700, 700), (1, 1)):
        [piece] = pieces_of(height, width)
        assert piece.cut(np.zeros((height, width, 3), np.uint8)).shape == (height, width, 3)


def test_a_till_roll_is_cut_across_with_an_overlap() -> None:
    pieces = pieces_of(6300, 630)
    assert [(piece.start, piece.stop) for piece in pieces] == [(0, 1701), (1449, 3276), (3024, 4851), (4599, 6300)]
    assert pieces[1].cut(np.zeros((6300, 630, 3), np.uint8)).shape == (1827, 630, 3)
    assert pieces[1].moved(quad_at(100, 50)) == quad_at(100, 1499)


def test_a_strip_on_its_side_is_cut_the_other_way() -> None:
    pieces = pieces_of(300, 3000)
    assert len(pieces) == 4
    assert not pieces[0].down
    assert pieces[1].moved(quad_at(100, 50)) == quad_at(100 + pieces[1].start, 50)


@given(st.integers(1, 30000), st.integers(1, 3000), st.floats(0, 1), st.floats(0, 1))
def test_every_place_is_one_pieces_own_and_well_inside_what_it_looks_at(
    height: int, width: int, across: float, down: float
) -> None:
    place = quad_at(across * width, down * height)
    [owner] = [piece for piece in pieces_of(height, width) if piece.owns(place)]
    along, length, breadth = (down * height, height, width) if owner.down else (across * width, width, height)
    assert_inside(owner, along, length, breadth)


def assert_inside(piece: Piece, along: float, length: int, breadth: int) -> None:
    margin = 0.2 * breadth - 1
    assert piece.start <= max(0.0, along - margin) or piece.start == 0
    assert piece.stop >= min(length, along + margin) or piece.stop == length
