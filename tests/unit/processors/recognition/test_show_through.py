"""Print of a sheet's other side: when it is whitened, and when faint print stays."""

import cv2
import numpy as np
import pytest

from processors.recognition.engine import Character, OcrLine, OcrWord, Quad
from processors.recognition.lines import Models
from processors.recognition.show_through import is_better, without_show_through
from processors.recognition.upright import run_upright

PAPER, PRINT, FAINT = 250, 70, 222
GIBBERISH = "etn u bn u"


def quad(top: int) -> Quad:
    return (20, top), (380, top), (380, top + 30), (20, top + 30)


def line(text: str, top: int, confidence: float) -> OcrLine:
    return OcrLine(tuple(OcrWord(word, quad(top), confidence) for word in text.split()), quad(top), confidence)


OWN = [line(f"Article number {row}", 40 * row + 10, 0.98) for row in range(8)]


def sheet(*extra: tuple[int, int]) -> np.ndarray:
    """Eight lines of print, and others at (top, grey level)."""
    image = np.full((600, 400), PAPER, dtype=np.uint8)
    for top, level in [(int(line.quad[0][1]), PRINT) for line in OWN] + list(extra):
        cv2.putText(image, "Article number", (25, top + 24), cv2.FONT_HERSHEY_SIMPLEX, 1.0, level, 2)
    return np.stack([image] * 3, axis=2)


def test_faint_gibberish_is_whitened_and_the_print_over_it_stays_dark() -> None:
    image = sheet((400, FAINT), (450, FAINT))
    image[40:55, 60:90][image[40:55, 60:90] == PAPER] = FAINT  # across the page's own print
    clean = without_show_through(image, [*OWN, line(GIBBERISH, 400, 0.83), line("im Sh n", 450, 0.6)])
    assert clean is not None
    assert clean.shape == image.shape
    assert clean[400:480].min() == 255
    assert np.all(clean[image == PRINT] < 90)
    assert np.all(clean[image == FAINT] == 255)


@pytest.mark.parametrize(
    ("text", "confidence", "level"),
    [
        ("Thank you for your visit", 0.97, FAINT),  # a grey caption
        ("Thank you for your visit", 0.8, FAINT),  # read well enough to stand for something
        (GIBBERISH, 0.83, PRINT),  # gibberish as dark as all print: a logo, handwriting
        (GIBBERISH, 0.83, 160),  # a pencil or a grey stamp
        ("x", 0.4, FAINT),  # of a mark or two nobody can tell
    ],
)
def test_faint_print_that_is_read_and_dark_gibberish_stay(text: str, confidence: float, level: int) -> None:
    assert without_show_through(sheet((400, level)), [*OWN, line(text, 400, confidence)]) is None


def test_a_faint_caption_stays_where_the_other_side_shows_through() -> None:
    image = sheet((380, FAINT), (440, FAINT), (500, FAINT))
    lines = [*OWN, line(GIBBERISH, 380, 0.6), line(GIBBERISH, 440, 0.6), line("Article number", 500, 0.96)]
    clean = without_show_through(image, lines)
    assert clean is not None
    assert clean[380:460].min() == 255
    assert np.array_equal(clean[500:528, 20:380], image[500:528, 20:380])


def test_light_grey_print_stays_where_the_other_side_shows_through() -> None:
    image = sheet((380, FAINT), (440, FAINT), (500, 190))
    lines = [*OWN, line(GIBBERISH, 380, 0.6), line(GIBBERISH, 440, 0.6), line("Article number", 500, 0.96)]
    clean = without_show_through(image, lines)
    assert clean is not None
    assert clean[380:460].min() == 255
    assert np.array_equal(clean[500:528, 20:380], image[500:528, 20:380])


def test_where_most_faint_lines_can_be_read_nothing_is_whitened() -> None:
    faint = [line("Article number", top, 0.96) for top in (380, 440)]
    image = sheet((380, FAINT), (440, FAINT), (500, FAINT))
    assert without_show_through(image, [*OWN, *faint, line(GIBBERISH, 500, 0.6)]) is None


def test_a_page_of_a_few_lines_or_hardly_any_contrast_is_left_alone() -> None:
    image = sheet((400, FAINT))
    assert without_show_through(image, [*OWN[:4], line(GIBBERISH, 400, 0.6)]) is None
    pale = np.maximum(image, 230)
    assert without_show_through(pale, [*OWN, line(GIBBERISH, 400, 0.6)]) is None
    assert without_show_through(image, []) is None


def test_a_second_reading_must_be_surer_and_lose_nothing_that_was_sure() -> None:
    first = [*OWN, line(GIBBERISH, 400, 0.6)]
    assert is_better(first, OWN)
    assert not is_better(first, OWN[:4])
    assert not is_better(OWN, OWN)


class _TwoReadings:
    """A detector and a recogniser: the other side's line is there only while the image has its grey."""

    def __init__(self) -> None:
        self.pages = 0

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return height, width

    def detect(self, images: list[np.ndarray]) -> list[list[Quad]]:
        self.pages += 1
        quads = [line.quad for line in OWN]
        return [[*quads, quad(400)] if np.any(image == FAINT) else quads for image in images]

    def input_width(self, crop: np.ndarray) -> int:
        return 64

    def read(self, crops: list[np.ndarray]) -> list[list[Character]]:
        texts = [(GIBBERISH, 0.83) if crop.min() > 200 else ("Article", 0.98) for crop in crops]
        return [[Character(letter, 4.0 * at, sure) for at, letter in enumerate(text)] for text, sure in texts]


@pytest.mark.parametrize(("extra", "readings"), [(((400, FAINT),), 2), ((), 1)])
def test_a_page_is_read_again_only_where_its_other_side_shows_through(
    extra: tuple[tuple[int, int], ...], readings: int
) -> None:
    both = _TwoReadings()
    reading = run_upright(sheet(*extra), Models(both, {"tiny": both, "small": both}, "scripted"), "tiny", sure=True)  # type: ignore[dict-item]
    assert both.pages == readings
    assert [line.text.replace(" ", "") for line in reading.lines] == ["Article"] * len(OWN)
