"""From CTC outputs to words: decoding, splitting, edges."""

import numpy as np
import pytest

from processors.recognition.crops import half_width, ink_profile
from processors.recognition.ctc import Character, decode, split_words

_ALPHABET = ["blank", "a", "b", " "]


def _probabilities(path: list[tuple[int, float]]) -> np.ndarray:
    output = np.zeros((len(path), len(_ALPHABET)), dtype=np.float32)
    for column, (character, probability) in enumerate(path):
        output[column] = (1 - probability) / (len(_ALPHABET) - 1)
        output[column, character] = probability
    return output


def test_repeats_merge_blanks_part_and_the_best_column_counts() -> None:
    decoded = decode(_probabilities([(0, 0.9), (1, 0.5), (1, 0.75), (0, 0.9), (1, 0.625), (2, 0.875)]), _ALPHABET)
    assert [character.text for character in decoded] == ["a", "a", "b"]
    assert [character.column for character in decoded] == [1.5, 4, 5]
    assert [character.probability for character in decoded] == pytest.approx([0.75, 0.625, 0.875])


def test_nothing_but_blanks_is_nothing() -> None:
    assert decode(_probabilities([(0, 0.9)] * 3), _ALPHABET) == []
    assert split_words([], 3, np.zeros(30, dtype=bool), 10) == []


def _characters(text: str, columns: list[float], probability: float = 0.9) -> list[Character]:
    return [Character(character, column, probability) for character, column in zip(text, columns, strict=True)]


def _ink(length: int, *stretches: tuple[int, int]) -> np.ndarray:
    ink = np.zeros(length, dtype=bool)
    for start, end in stretches:
        ink[start:end] = True
    return ink


def test_words_split_at_blanks_only_and_their_edges_follow_the_ink() -> None:
    characters = _characters("No.12 7", [1, 2, 3, 4, 5, 6.5, 8])
    [first, second] = split_words(characters, 10, _ink(100, (8, 58), (76, 92)), 20)
    assert (first.text, first.start, first.end) == ("No.12", 0.08, 0.58)
    assert (second.text, second.start, second.end) == ("7", 0.76, 0.92)


def test_a_words_confidence_is_its_least_certain_characters() -> None:
    characters = [Character("1", 1, 0.99), Character("8", 2, 0.4), Character(",", 3, 0.95)]
    [word] = split_words(characters, 10, _ink(100, (8, 40)), 20)
    assert word.probability == 0.4


def test_a_wide_gap_without_a_blank_still_parts_two_cells() -> None:
    characters = _characters("%2", [1, 8])
    assert [word.text for word in split_words(characters, 10, _ink(100, (8, 20), (80, 90)), 20)] == ["%", "2"]


def test_a_colon_is_parted_from_a_value_but_not_in_a_time() -> None:
    label = _characters("Nr:54", [1, 2, 3, 5, 6])
    assert [word.text for word in split_words(label, 10, _ink(100, (8, 36), (44, 70)), 20)] == ["Nr:", "54"]
    time = _characters("16:14", [1, 2, 3, 4, 5])
    assert [word.text for word in split_words(time, 10, _ink(100, (8, 36), (38, 60)), 20)] == ["16:14"]


def test_cents_in_print_of_double_width_stay_with_their_amount() -> None:
    wide = _characters("53.60", [1, 3, 4.5, 6.5, 8])
    assert [word.text for word in split_words(wide, 10, _ink(100, (8, 40), (43, 49), (61, 90)), 20)] == ["53.60"]
    apart = _characters("1.60", [1, 2, 6.5, 8])
    assert [word.text for word in split_words(apart, 10, _ink(100, (8, 20), (22, 26), (61, 90)), 20)] == ["1.", "60"]


def test_edges_without_any_ink_stay_within_the_line() -> None:
    words = split_words(_characters("a b", [0, 1, 2]), 3, _ink(30), 10)
    assert [word.text for word in words] == ["a", "b"]
    assert all(0 <= word.start < word.end <= 1 for word in words)


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0), (90, 200)])
def test_ink_is_what_differs_from_the_ground(ink: int, ground: int) -> None:
    crop = np.full((30, 50, 3), ground, dtype=np.uint8)
    crop[8:22, 10:20] = ink
    crop[0:2, :] = ink  # a rule above the text
    assert ink_profile(crop).nonzero()[0].tolist() == list(range(10, 20))


def test_full_width_forms_become_ascii_except_in_east_asian_text() -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in "12,50(EUR)")
    assert half_width(wide) == "12,50(EUR)"
    assert half_width("\u5408\u8a08" + wide) == "\u5408\u8a08" + wide
    assert half_width("Größe") == "Größe"
