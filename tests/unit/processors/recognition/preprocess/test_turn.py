"""Which way up a page lies, by the network."""

import numpy as np
import pytest

from processors.recognition.preprocess.look import gray_of, small_copy
from processors.recognition.preprocess.turn import classify_turn
from processors.synthesis import invoice_stream
from processors.synthesis.degrade import rasterise

pytestmark = pytest.mark.ocr


@pytest.fixture(scope="module")
def pages() -> list[np.ndarray]:
    stream = invoice_stream(3)
    return [small_copy(rasterise(next(stream)[0], 100)[0]) for _ in range(5)]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_turn_that_brings_the_page_upright_is_found(pages: list[np.ndarray], turn: int) -> None:
    for page in pages:
        found = classify_turn(np.ascontiguousarray(np.rot90(page, turn // 90)))  # rot90 turns to the left
        assert (found.degrees, found.sure) == (turn, True)


def test_faint_print_is_seen(pages: list[np.ndarray]) -> None:
    faint = (250 - (255.0 - pages[0]) * (20 / 255)).astype(np.uint8)
    assert classify_turn(np.ascontiguousarray(np.rot90(faint, 2))).degrees == 180


def test_a_page_without_print_is_not_sure() -> None:
    assert not classify_turn(np.full((800, 600), 255, np.uint8)).sure
    assert not classify_turn(gray_of(np.zeros((1, 1, 3), np.uint8))).sure
