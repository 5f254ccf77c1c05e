"""Batches of line images, and what comes back, with a network that writes its input's shade."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.recognition.recognizer import CtcRecognizer, batches_by_width

ALPHABET = ("", "a", "b", "c")


class Recorder:
    """Reads ``a`` from black lines, ``b`` from gray and ``c`` from white, at the first column; remembers batches."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        self.shapes.append(batch.shape)
        output = np.zeros((len(batch), batch.shape[3] // 8, len(ALPHABET)), dtype=np.float32)
        output[:, :, 0] = 0.9
        for index, tensor in enumerate(batch):
            output[index, 0] = [0.05, 0.0, 0.0, 0.0]
            output[index, 0, 1 + round(float(tensor[0, 24, 0]) + 1)] = 0.8
        return output


def line(width: int, shade: int, height: int = 24) -> np.ndarray:
    return np.full((height, width, 3), shade, dtype=np.uint8)


def test_answers_come_in_the_order_of_the_lines_whatever_their_widths() -> None:
    lines = [line(500, 0), line(40, 255), line(300, 128), line(41, 0)]
    read = CtcRecognizer(Recorder(), ALPHABET, 1).read(lines)
    assert ["".join(character.text for character in characters) for characters in read] == ["a", "c", "b", "a"]
    assert read[0][0].probability == pytest.approx(0.8)


def test_on_a_cpu_every_line_goes_alone_hardly_padded() -> None:
    network = Recorder()
    CtcRecognizer(network, ALPHABET, 1).read([line(100, 0), line(33, 0), line(2000, 0)])
    assert network.shapes == [(1, 3, 48, 128), (1, 3, 48, 256), (1, 3, 48, 3200)]


def test_a_batch_holds_lines_of_about_one_width_up_to_its_size() -> None:
    network = Recorder()
    CtcRecognizer(network, ALPHABET, 512).read([line(50, 0), line(60, 0), line(55, 0), line(100, 0), line(190, 0)])
    assert network.shapes == [(3, 3, 48, 128), (1, 3, 48, 256), (1, 3, 48, 384)]


def test_on_a_cpu_there_are_few_shapes() -> None:
    network = Recorder()
    lines = [line(60, 0)] * 7 + [line(150, 255)] * 3 + [line(400, 128)] * 2
    read = CtcRecognizer(network, ALPHABET, 640, (4, 2, 1)).read(lines)
    assert network.shapes == [
        *((count, 3, 48, 128) for count in (4, 2, 1)),
        *((count, 3, 48, 320) for count in (2, 1)),
        *((count, 3, 48, 832) for count in (1, 1)),
    ]
    assert "".join(characters[0].text for characters in read) == "aaaaaaacccbb"


@given(st.lists(st.sampled_from([64, 128, 192, 640, 3200]), max_size=40), st.integers(1, 4000))
def test_batches_of_few_sizes_hold_every_line_once(widths: list[int], pixels: int) -> None:
    batches = batches_by_width(widths, pixels, (4, 2, 1))
    assert sorted(index for batch in batches for index in batch) == list(range(len(widths)))
    for batch in batches:
        [width] = {widths[index] for index in batch}
        assert len(batch) in (1, 2, 4)
        assert len(batch) == 1 or len(batch) * width <= pixels


def test_no_lines_ask_nothing() -> None:
    network = Recorder()
    assert CtcRecognizer(network, ALPHABET, 512).read([]) == []
    assert network.shapes == []


@given(st.lists(st.tuples(st.integers(1, 900), st.sampled_from([0, 128, 255])), max_size=12), st.integers(1, 4000))
def test_no_line_is_lost_doubled_or_swapped(lines: list[tuple[int, int]], pixels: int) -> None:
    network = Recorder()
    read = CtcRecognizer(network, ALPHABET, pixels).read([line(width, shade) for width, shade in lines])
    expected = [{0: "a", 128: "b", 255: "c"}[shade] for _, shade in lines]
    assert ["".join(character.text for character in characters) for characters in read] == expected
    assert sum(shape[0] for shape in network.shapes) == len(lines)
    assert all(shape[0] == 1 or shape[0] * shape[3] <= pixels for shape in network.shapes)
