"""What is said about a page's quality."""

from dataclasses import replace

import pytest

from processors.document import PageQuality, Word
from processors.geometry import Box
from processors.recognition.preprocess.figures import PageFigures
from processors.recognition.quality import page_quality

_GOOD = PageFigures(300.0, 0.12345678, sharpness=25.0, contrast=0.9, handwriting=0.01, glyph_height=17.0, blur=0.6)


def _words(*confidences: float, text: str = "word") -> list[Word]:
    return [Word(index, text, Box(0, 0, 1, 1), confidence) for index, confidence in enumerate(confidences)]


def test_an_ordinary_page_is_not_hard() -> None:
    words = [*_words(0.9, 0.8), Word(2, "seven letters", Box(0, 0, 1, 1), 1.0)]
    assert page_quality(_GOOD, words) == PageQuality(
        dpi=300.0,
        sharpness=25.0,
        skew=0.1235,
        contrast=0.9,
        mean_confidence=round((4 * 0.9 + 4 * 0.8 + 13 * 1.0) / 21, 4),
        worst_confidence=0.8,
        handwriting=0.01,
        hard=(),
    )


def test_a_page_without_words_has_no_confidence() -> None:
    empty = page_quality(PageFigures(200.0, 0.0), [])
    assert (empty.mean_confidence, empty.worst_confidence, empty.sharpness, empty.hard) == (None, None, None, ())


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        (replace(_GOOD, glyph_height=3.0, blur=0.1), "low resolution"),
        (replace(_GOOD, blur=5.0), "blurred"),
        (replace(_GOOD, contrast=0.04), "faint print"),
        (replace(_GOOD, handwriting=0.5), "much handwriting"),
    ],
)
def test_each_fault_has_its_reason(figures: PageFigures, reason: str) -> None:
    assert page_quality(figures, _words(0.99)).hard == (reason,)


def test_many_unreadable_words_are_a_reason_and_a_few_are_not() -> None:
    assert page_quality(_GOOD, _words(*[0.9] * 8, 0.2, 0.3)).hard == ("unreadable words",)
    assert page_quality(_GOOD, _words(*[0.9] * 9, 0.2)).hard == ()
