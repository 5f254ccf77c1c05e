"""Quarter turns of boxes and pages, and the choice of the turn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.document import PageSource
from processors.geometry import Box
from processors.recognition.engine import OcrLine, OcrWord
from processors.recognition.orientation import find_turn, turn_box, turned_size, upright
from processors.recognition.pages import FoundWord, build_page

_rotations = st.sampled_from([0, 90, 180, 270])
_hundredths = st.integers(0, 50_000).map(lambda value: value / 100)


@given(_hundredths, _hundredths, _hundredths, _hundredths, _rotations)
def test_turning_there_and_back_gives_the_box(x: float, y: float, width: float, height: float, rotation: int) -> None:
    box = Box(x, y, x + width, y + height)
    turned = turn_box(box, 1100, 1200, rotation)
    back = turn_box(turned, *turned_size(1100, 1200, rotation), (360 - rotation) % 360)
    assert (back.x0, back.y0, back.x1, back.y1) == pytest.approx((box.x0, box.y0, box.x1, box.y1), abs=1e-6)
    assert turned.x0 <= turned.x1
    assert turned.y0 <= turned.y1


def test_a_quarter_turn_clockwise_takes_the_top_left_to_the_top_right() -> None:
    assert turn_box(Box(10, 20, 40, 30), 200, 300, 90) == Box(270, 10, 280, 40)
    assert turn_box(Box(10, 20, 40, 30), 200, 300, 180) == Box(160, 270, 190, 280)
    assert turn_box(Box(10, 20, 40, 30), 200, 300, 270) == Box(20, 160, 30, 190)


def test_another_angle_is_an_error() -> None:
    with pytest.raises(ValueError, match="not by 45"):
        turn_box(Box(0, 0, 1, 1), 10, 10, 45)


def test_words_of_a_turned_page_are_in_reading_order_and_keep_their_ids_upright() -> None:
    # Text that runs up the page (as after a turn to the left): "one two" is the left column, "three" right of it.
    found = [
        FoundWord("three", Box(120, 300, 132, 330), 0.5),
        FoundWord("two", Box(100, 250, 112, 270), 0.75),
        FoundWord("one", Box(100, 274, 112, 294), 1.0),
    ]
    page = build_page(1, (200, 400), PageSource.OCR, "engine", found, rotation=90)
    assert [word.text for word in page.words] == ["one", "two", "three"]
    assert page.words[0].box == Box(100, 274, 112, 294)
    assert page.text.split("\n")[0] == "one two"
    turned = upright(page)
    assert (turned.width, turned.height, turned.rotation) == (400, 200, 0)
    assert turned.words[0].box == Box(106, 100, 126, 112)
    assert turned.words[0].box.x1 < turned.words[1].box.x0
    assert [word.id for word in turned.words] == [0, 1, 2]
    assert upright(turned) is turned


class _Engine:
    """Reads with full confidence where the one marked pixel is at the top-left, else badly."""

    name, version = "fake", "1"

    def recognize(self, image: np.ndarray, most_lines: int | None = None) -> list[OcrLine]:
        return [_line(0.98 if image[0, 0, 0] else 0.6)]


def _line(confidence: float, on_end: bool = False, text: str = "a line of some text") -> OcrLine:
    quad = ((0, 0), (0, 100), (-10, 100), (-10, 0)) if on_end else ((0, 0), (100, 0), (100, 10), (0, 10))
    return OcrLine((OcrWord(text, quad, confidence),), quad, confidence)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_turn_with_the_best_reading_wins(turn: int) -> None:
    image = np.zeros((40, 30, 3), dtype=np.uint8)
    image[0, 0] = 255
    shown = np.rot90(image, turn // 90)  # np.rot90 turns to the left, and ``turn`` to the right undoes it
    assert find_turn(_Engine(), shown, [_line(0.6, on_end=turn in (90, 270))]) == turn


def test_a_well_read_page_and_an_empty_one_are_not_tried_again() -> None:
    class Untouchable(_Engine):
        def recognize(self, image: np.ndarray, most_lines: int | None = None) -> list[OcrLine]:
            raise AssertionError("no further look was needed")

    image = np.zeros((40, 30, 3), dtype=np.uint8)
    assert find_turn(Untouchable(), image, [_line(0.95)]) == 0
    assert find_turn(Untouchable(), image, []) == 0
    assert find_turn(Untouchable(), image, [_line(0.3, text="7")]) == 0
