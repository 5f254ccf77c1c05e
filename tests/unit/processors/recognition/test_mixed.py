"""A text layer and OCR of the regions beside it make one page: no word lost, none doubled."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.document import Page, PageQuality, PageSource, SourceDecision
from processors.geometry import Box
from processors.recognition.mixed import combine
from processors.recognition.pages import FoundWord, build_page

_SIZE = (600.0, 800.0)
_LEFT, _RIGHT = Box(0, 0, 300, 800), Box(300, 0, 600, 800)


def _read(source: PageSource, words: list[FoundWord], rotation: int = 0) -> Page:
    engine = "text/1" if source is PageSource.TEXT_LAYER else "ocr/2"
    return build_page(3, _SIZE, source, engine, words, rotation)


def _word(text: str, x: float, y: float, confidence: float = 1.0) -> FoundWord:
    return FoundWord(text, Box(x, y, x + 40, y + 10), confidence)


def test_words_of_the_regions_are_added_with_their_confidence() -> None:
    text = replace(
        _read(PageSource.TEXT_LAYER, [_word("Total", 350, 500), _word("12.00", 400, 500)]),
        decision=SourceDecision("a good text layer", (("words", 2.0),)),
    )
    recognized = _read(
        PageSource.OCR, [_word("Muster", 20, 20, 0.9), _word("12.80", 401, 501, 0.6), _word("stray", 500, 700, 0.8)]
    )
    recognized = replace(recognized, quality=PageQuality(dpi=300.0))
    page = combine(text, recognized, [Box(0, 0, 300, 100)])
    assert [(word.text, word.confidence) for word in page.words] == [("Muster", 0.9), ("Total", 1.0), ("12.00", 1.0)]
    assert (page.number, page.width, page.height) == (3, 600, 800)
    assert (page.source, page.engine) == (PageSource.MIXED, "text/1+ocr/2")
    assert page.decision == text.decision
    assert page.quality == PageQuality(dpi=300.0)
    steps = SourceDecision("a good text layer, and OCR beside it")
    assert combine(text, replace(recognized, decision=steps), ()).decision == steps


def test_without_regions_the_whole_page_is_added() -> None:
    text = _read(PageSource.TEXT_LAYER, [_word("Total", 350, 500)])
    recognized = _read(PageSource.OCR, [_word("Total", 352, 499, 0.9), _word("stray", 500, 700, 0.8)])
    assert [word.text for word in combine(text, recognized, ()).words] == ["Total", "stray"]


def test_a_watermark_across_the_page_hides_no_word() -> None:
    text = _read(PageSource.TEXT_LAYER, [FoundWord("COPY", Box(50, 50, 550, 750), 1.0)])
    recognized = _read(PageSource.OCR, [_word("Muster", 100, 100, 0.9)])
    assert {word.text for word in combine(text, recognized, [_LEFT]).words} == {"COPY", "Muster"}


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_text_layers_turn_wins_and_boxes_stay(rotation: int) -> None:
    text = _read(PageSource.TEXT_LAYER, [_word("Total", 350, 500)], rotation)
    recognized = _read(PageSource.OCR, [_word("Muster", 20, 20, 0.9)], (rotation + 90) % 360)
    page = combine(text, recognized, [_LEFT])
    assert page.rotation == rotation
    assert {word.text: word.box for word in page.words} == {
        "Total": Box(350, 500, 390, 510),
        "Muster": Box(20, 20, 60, 30),
    }


_places = st.tuples(st.integers(0, 13), st.integers(0, 38))
_words = st.lists(
    st.builds(
        lambda text, place, dx, dy, confidence: _word(text, 42 * place[0] + dx, 20 * place[1] + dy, confidence),
        st.text("abc123", min_size=1, max_size=3),
        _places,
        st.integers(-3, 3),
        st.integers(-3, 3),
        st.sampled_from([0.5, 0.75, 1.0]),
    ),
    max_size=20,
)


def _area(first: Box, second: Box) -> float:
    return first.horizontal_overlap(second) * first.vertical_overlap(second)


@given(_words, _words, st.sampled_from([(_LEFT,), (_RIGHT,), (_LEFT, _RIGHT), ()]), st.sampled_from([0, 90, 180, 270]))
def test_no_word_is_lost_or_doubled(
    known: list[FoundWord], read: list[FoundWord], regions: tuple[Box, ...], rotation: int
) -> None:
    text, recognized = _read(PageSource.TEXT_LAYER, known, rotation), _read(PageSource.OCR, read)
    page = combine(text, recognized, regions)
    assert [word.id for word in page.words] == list(range(len(page.words)))
    assert sorted(index for line in page.lines for index in line.words) == list(range(len(page.words)))
    of_text = Counter((word.text, word.box, word.confidence) for word in text.words)
    of_page = Counter((word.text, word.box, word.confidence) for word in page.words)
    of_ocr = Counter((word.text, word.box, word.confidence) for word in recognized.words)
    added = of_page - of_text
    assert of_text <= of_page
    assert added <= of_ocr
    for (_, box, _), count in of_ocr.items():
        inside = not regions or any(r.x0 <= box.center_x <= r.x1 and r.y0 <= box.center_y <= r.y1 for r in regions)
        free = all(_area(box, word.box) == 0 for word in text.words)
        if inside and free:
            assert of_page[_key(page, box)] >= 1
            assert sum(n for (_, other, _), n in added.items() if other == box) >= count
        if any(_area(box, word.box) > 0.5 * box.width * box.height for word in text.words):
            assert not any(other == box for _, other, _ in added)


def _key(page: Page, box: Box) -> tuple[str, Box, float]:
    return next((word.text, word.box, word.confidence) for word in page.words if word.box == box)
