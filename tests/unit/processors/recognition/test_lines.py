"""The dialogue that reads a page: what is asked for, in which order, and what becomes of the answers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.recognition.engine import Character, OcrLine, Quad
from processors.recognition.lines import Answer, Detect, Dialogue, Effort, Models, Read, Request, answer_all, read_lines
from processors.recognition.second_look import wants_second_look
from processors.recognition.upright import Reading, read_upright, run_upright

IMAGE = np.full((100, 400, 3), 255, dtype=np.uint8)
IMAGE[::4] = 0  # ink in every column: no gaps, so no blanks


def quad(top: float, width: float = 200) -> Quad:
    return (10, top), (10 + width, top), (10 + width, top + 20), (10, top + 20)


def characters(text: str, probability: float = 0.99) -> list[Character]:
    """Evenly over a line image of 200 x 20 pixels, which takes 60 columns."""
    return [Character(char, (index + 0.5) * 60 / len(text), probability) for index, char in enumerate(text)]


def play(dialogue: Dialogue, answers: list[Answer]) -> tuple[list[Request], list[OcrLine]]:
    """The requests of a dialogue that is given ``answers`` in turn, and its result."""
    requests = [next(dialogue)]
    for answer in answers:
        try:
            requests.append(dialogue.send(answer))
        except StopIteration as stop:
            return requests, stop.value
    raise AssertionError("the dialogue wanted more answers")


def models_of(requests: list[Request]) -> list[str]:
    return [request.model if isinstance(request, Read) else "detect" for request in requests]


def test_lines_are_detected_then_read_and_empty_ones_left_out() -> None:
    quads = [quad(10), quad(40), quad(70)]
    requests, lines = play(read_lines(IMAGE, "small"), [quads, [characters("Rechnung"), [], characters("Betrag", 0.9)]])
    assert models_of(requests) == ["detect", "small"]
    assert isinstance(requests[0], Detect)
    assert isinstance(requests[1], Read)
    assert [crop.shape for crop in requests[1].crops] == [(20, 200, 3)] * 3
    assert [(line.text, line.quad) for line in lines] == [("Rechnung", quad(10)), ("Betrag", quad(70))]
    assert round(lines[1].confidence, 6) == 0.9


def test_the_cascade_reads_again_only_what_is_unsure_or_matters() -> None:
    quads = [quad(0), quad(20), quad(40), quad(60)]
    first = [characters("Beschreibung"), characters("Menge", 0.6), characters("120,00", 0.9), characters("Preis")]
    requests, lines = play(read_lines(IMAGE, "cascade"), [quads, first, [characters("Mengen"), characters("128,00")]])
    assert models_of(requests) == ["detect", "tiny", "small"]
    assert isinstance(requests[2], Read)
    assert len(requests[2].crops) == 2
    assert [line.text for line in lines] == ["Beschreibung", "Mengen", "128,00", "Preis"]


def test_a_sure_cascade_asks_no_second_time() -> None:
    requests, lines = play(read_lines(IMAGE, "cascade"), [[quad(0)], [characters("Beschreibung")]])
    assert models_of(requests) == ["detect", "tiny"]
    assert [line.text for line in lines] == ["Beschreibung"]


MANY = [quad(top) for top in range(0, 80, 4)]


def sizes_of(requests: list[Request]) -> list[tuple[str, int]]:
    return [(request.model, len(request.crops)) for request in requests if isinstance(request, Read)]


def test_where_the_tiny_model_is_unsure_of_most_of_a_sample_the_small_one_reads_the_page() -> None:
    unsure = [characters("Menge", 0.6)] * 6 + [characters("Menge")] * 2
    texts = [f"Zeile {index}" for index in range(18)]
    requests, lines = play(read_lines(IMAGE), [MANY, unsure, [characters(text) for text in texts]])
    assert sizes_of(requests) == [("tiny", 8), ("small", 18)]
    # Lines 1, 3, 6, 8, 11, 13, 16 and 18 were the sample; of these, the tiny model was sure of the last two.
    assert [line.text for line in lines] == [*texts[:16], "Menge", texts[16], "Menge", texts[17]]


def test_where_it_is_sure_of_enough_of_them_it_reads_the_others_too() -> None:
    some = [characters("Menge", 0.6)] * 5 + [characters("Menge")] * 3
    others = [characters("Preis")] * 11 + [characters("Preis", 0.6)]
    better = [characters("Mengen")] * 5 + [characters("Preise")]
    requests, lines = play(read_lines(IMAGE), [MANY, some, others, better])
    assert sizes_of(requests) == [("tiny", 8), ("tiny", 12), ("small", 6)]
    texts = [line.text for line in lines]
    assert [texts.count(text) for text in ("Mengen", "Menge", "Preis", "Preise")] == [5, 3, 11, 1]
    assert [index for index, text in enumerate(texts) if text.startswith("Menge")] == [1, 3, 6, 8, 11, 13, 16, 18]
    assert texts[19] == "Preise"


@given(st.integers(0, 60), st.integers(0, 2**60 - 1))
def test_every_line_is_read_whatever_the_sample_says(count: int, unsure: int) -> None:
    """By the tiny model or by the small one; where the tiny one was unsure, by the small one."""
    image = np.repeat(IMAGE, 4, axis=0)
    dialogue = read_lines(image)
    assert isinstance(next(dialogue), Detect)
    answer: Answer = [quad(5.0 * index) for index in range(count)]
    doubted = {5 * index for index in range(count) if unsure >> index & 1}
    asked = {"tiny": 0, "small": 0}
    while True:
        try:
            request = dialogue.send(answer)
        except StopIteration as stop:
            lines = stop.value
            break
        assert isinstance(request, Read)
        tops = range(asked["tiny"], asked["tiny"] + len(request.crops))
        sure = 0.6 if request.model == "tiny" and doubted.intersection(5 * top for top in tops) else 0.99
        asked[request.model] += len(request.crops)
        answer = [characters(request.model, sure)] * len(request.crops)
    assert len(lines) == count
    assert max(asked.values()) <= count <= sum(asked.values())
    assert sum(line.text == "small" for line in lines) == asked["small"]
    assert all(line.confidence > 0.9 for line in lines)


def test_a_page_without_lines_is_read_without_a_recogniser() -> None:
    requests, lines = play(read_lines(IMAGE, "cascade"), [[]])
    assert models_of(requests) == ["detect"]
    assert lines == []


def test_crops_of_one_colour_are_not_read() -> None:
    image = IMAGE.copy()
    image[40:60] = 250
    requests, lines = play(read_lines(image, "tiny"), [[quad(10), quad(40), quad(70)], [characters("a")] * 2])
    assert isinstance(requests[1], Read)
    assert len(requests[1].crops) == 2
    assert [line.quad for line in lines] == [quad(10), quad(70)]
    requests, lines = play(read_lines(image, "tiny"), [[quad(40)]])
    assert models_of(requests) == ["detect"]
    assert lines == []


def test_a_cheap_look_reads_the_longest_lines() -> None:
    quads = [quad(0, 50), quad(20, 300), quad(40, 120)]
    requests, _ = play(read_lines(IMAGE, "tiny", most_lines=2), [quads, [characters("a"), characters("b")]])
    assert isinstance(requests[1], Read)
    assert [crop.shape[1] for crop in requests[1].crops] == [300, 120]


INKED = IMAGE[10:30, 10:210]
"""A line image of 200 x 20 pixels without a gap."""


@pytest.mark.parametrize(("unsure", "wanted"), [("T", False), ("2", True), (",", True), (":", True)])
def test_only_what_figures_are_written_with_must_be_surer(unsure: str, wanted: bool) -> None:
    read = [replace(one, probability=0.92) if one.text == unsure else one for one in characters("Total: 12,50")]
    assert wants_second_look(read, INKED) is wanted


def test_gaps_between_letters_that_all_stand_apart_are_no_blanks() -> None:
    """Monospaced print has gaps as wide as the narrowest blanks of other print."""
    apart = np.full((20, 200, 3), 255, dtype=np.uint8)
    for start in range(4, 200, 20):
        apart[:, start : start + 12] = INKED[:, start : start + 12]
    read = [Character(text, 3.0 * (index + 0.5) * 2 - 0.5, 0.99) for index, text in enumerate("ABCDEFGHIJ")]
    assert not wants_second_look(read, apart)
    apart[:, 104:116] = 255  # "F" was never printed: there is a blank of three gaps' width
    assert wants_second_look([*read[:5], *read[6:]], apart)


def test_a_point_that_was_lost_between_digits_is_looked_for_whatever_the_usual_gap() -> None:
    apart = np.full((20, 200, 3), 255, dtype=np.uint8)
    for start in range(4, 200, 20):
        apart[:, start : start + 12] = INKED[:, start : start + 12]
    read = [Character(text, 3.0 * (index + 0.5) * 2 - 0.5, 0.99) for index, text in enumerate("8091234567")]
    assert wants_second_look(read, apart)


@pytest.mark.parametrize(
    ("text", "probability", "wanted"),
    [
        ("Rechnung", 0.91, False),
        ("Rechnung", 0.89, True),
        ("Total 12,50", 0.96, False),
        ("Total 12,50", 0.94, True),  # a figure must be surer than a word
        ("11", 0.999, True),  # short: the tiny model may have lost a digit
        ("Mio", 0.999, False),
        ("Betrag \u4e00", 0.999, True),  # a dash taken for a Chinese character
        ("", 1.0, True),  # the detector saw something
    ],
)
def test_doubtful_figures_and_words_want_a_second_look(text: str, probability: float, wanted: bool) -> None:
    assert wants_second_look(characters(text, probability), INKED) is wanted


def test_a_gap_that_was_not_read_as_a_blank_wants_a_second_look() -> None:
    gapped = INKED.copy()
    gapped[:, 100:105] = 255  # a quarter of the line's height, between "Nr." and "2024"
    read = [
        *(Character(c, 4.0 + 8 * i, 0.99) for i, c in enumerate("Nr.")),
        *(Character(c, 34.0 + 7 * i, 0.99) for i, c in enumerate("2024")),
    ]
    blank = Character(" ", 28.0, 0.99)
    assert wants_second_look(read, gapped)
    assert not wants_second_look([*read[:3], blank, *read[3:]], gapped)
    assert not wants_second_look(read, INKED)


class ScriptedDetector:
    """One line, or one on end where the image is taller than wide."""

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return height, width

    def detect(self, images: object) -> list[list[Quad]]:
        [image] = images  # type: ignore[misc]
        height, width = image.shape[:2]
        if height > width:
            return [[((30, 10), (30, 210), (10, 210), (10, 10))]]
        return [[quad(10)]]


class MarkedRecognizer:
    """Sure of itself only where the page's mark is in the top-left corner of the line, as when it is upright."""

    def __init__(self) -> None:
        self.read_count = 0

    def input_width(self, crop: object) -> int:
        return 64

    def read(self, crops: object) -> list[list[Character]]:
        self.read_count += 1
        return [characters("Gesamtbetrag", 0.99 if crop[2, 2, 0] == 7 else 0.6) for crop in crops]  # type: ignore[attr-defined]


def read_turned(turn: int, *, sure: bool, effort: Effort = "tiny") -> tuple[Reading, int]:
    marked = np.full((120, 400, 3), 255, dtype=np.uint8)
    marked[::4] = 0
    marked[10:14, 10:14] = 7
    recognizer = MarkedRecognizer()
    models = Models(ScriptedDetector(), {"tiny": recognizer, "small": recognizer}, "scripted")
    image = np.ascontiguousarray(np.rot90(marked, -turn // 90))
    return run_upright(image, models, effort, sure=sure), recognizer.read_count


def test_the_turn_that_reads_best_is_found() -> None:
    # The mark is where the upright line begins, so a page shown turned by t needs a turn of 360 - t.
    assert {turn: read_turned(turn, sure=False)[0].turn for turn in (0, 90, 180, 270)} == {
        0: 0,
        90: 270,
        180: 180,
        270: 90,
    }


def test_a_page_that_reads_well_is_read_once() -> None:
    assert read_turned(0, sure=False)[1] == 1


def test_a_sure_page_is_not_doubted() -> None:
    reading, count = read_turned(180, sure=True)
    assert (reading.turn, count) == (0, 1)


def test_a_dialogue_without_doubt_returns_its_lines() -> None:
    models = Models(ScriptedDetector(), {"tiny": MarkedRecognizer()}, "scripted")
    reading = answer_all(read_upright(IMAGE, "tiny", sure=True), models)
    assert [line.text for line in reading.lines] == ["Gesamtbetrag"]
