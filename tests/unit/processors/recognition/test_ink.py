"""What counts as print in a line image, and what of it is text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.recognition.ink import columns_with_ink, ink_mask, without_specks, without_upright_rules


def mask(*rows: str) -> np.ndarray:
    """A mask drawn in ``#`` and ``.``."""
    return np.array([[character == "#" for character in row] for row in rows], dtype=np.uint8)


def drawn(found: np.ndarray) -> list[str]:
    return ["".join("#" if pixel else "." for pixel in row) for row in found]


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ((0, 0, 0), (255, 255, 255)),
        ((255, 255, 255), (30, 30, 90)),
        ((200, 0, 0), (250, 250, 200)),
        ((90,) * 3, (160,) * 3),
    ],
)
def test_ink_differs_from_its_ground_in_any_colour(ink: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
    crop = np.full((12, 20, 3), ground, dtype=np.uint8)
    crop[3:9, 5:8] = ink
    expected = np.zeros((12, 20), dtype=np.uint8)
    expected[3:9, 5:8] = 1
    assert np.array_equal(ink_mask(crop), expected)


def test_faint_stains_on_paper_are_no_ink() -> None:
    crop = np.full((12, 20, 3), 250, dtype=np.uint8)
    crop[2:5, 2:5] = 230
    assert not ink_mask(crop).any()


def test_a_column_counts_by_its_middle_rows() -> None:
    rows = ["####", "#...", "..#.", "..#.", "..#.", "..#.", "..#.", "..#.", "..#.", "...#", "####", "####"]
    assert columns_with_ink(mask(*rows)).tolist() == [False, False, True, True]


def test_the_sides_of_a_cell_go_and_its_letters_stay() -> None:
    rows = ["#................#.."] * 2 + ["#.....##.##......#.."] * 12 + [".#................#."] * 2
    bare = ["...................."] * 2 + ["......##.##........."] * 12 + ["...................."] * 2
    assert drawn(without_upright_rules(mask(*rows))) == bare


def test_an_i_that_fills_a_tight_image_is_no_rule() -> None:
    letters = mask(*[".#..#.##.#..."] * 15)
    assert np.array_equal(without_upright_rules(letters), letters)


def test_a_dark_band_over_the_whole_height_is_no_rule() -> None:
    band = mask(*["..########.."] * 10)
    assert np.array_equal(without_upright_rules(band), band)


def test_single_and_double_pixels_are_dirt_and_dots_of_four_are_not() -> None:
    assert drawn(without_specks(mask("........", ".#..##..", "........", "......##", "......##"))) == [
        "........",
        "........",
        "........",
        "......##",
        "......##",
    ]


@given(st.integers(1, 40), st.integers(1, 40), st.randoms(use_true_random=False))
def test_images_of_any_size_have_a_mask_that_cleaning_only_lessens(height: int, width: int, random: object) -> None:
    rng = np.random.default_rng(random.getrandbits(32))  # type: ignore[attr-defined]
    crop = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    found = ink_mask(crop)
    assert found.shape == (height, width)
    assert set(np.unique(found)) <= {0, 1}
    assert (without_specks(found) <= found).all()
    assert (without_upright_rules(found) <= found).all()
