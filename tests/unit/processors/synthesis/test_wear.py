"""Captures: creases, desks and files are what was asked, and a seed repeats."""

from random import Random

import numpy as np
import pymupdf
import pytest

from processors.synthesis.canvas import Canvas
from processors.synthesis.degrade import Damage
from processors.synthesis.wear import Capture, capture, choose_photo, choose_scan, folded, on_desk


def pdf(pages: int = 1) -> bytes:
    canvas = Canvas(200, 300)
    canvas.text(20, 40, "printed")
    for _ in range(pages - 1):
        canvas.begin_page()
    return canvas.finish().pdf


def white() -> np.ndarray:
    return np.full((600, 400, 3), 255, np.uint8)


def test_creases_lie_across_at_equal_distances() -> None:
    rows = folded(white(), 2, 1).mean(axis=(1, 2))
    assert rows.min() < 240
    assert {round(int(np.argmin(rows[:300])) / 20), round((300 + int(np.argmin(rows[300:]))) / 20)} == {10, 20}
    assert rows[0] == rows[100] == 255


def test_a_page_on_a_desk_keeps_its_middle_and_shows_the_desk_around() -> None:
    image = on_desk(white(), 2.0, 3)
    height, width = image.shape[:2]
    assert height > 600
    assert width > 400
    assert image[height // 2, width // 2].min() == 255
    corners = (image[0, 0], image[0, -1], image[-1, 0], image[-1, -1])
    assert max(int(corner.max()) for corner in corners) < 240
    assert (image.min(axis=2) > 250).mean() == pytest.approx(600 * 400 / (height * width), abs=0.12)


@pytest.mark.parametrize(("container", "media"), [("jpeg", "image/jpeg"), ("png", "image/png"), ("fax", "image/tiff")])
def test_containers(container: str, media: str) -> None:
    how = Capture(100, False, Damage(), 0, False, 70, container)
    assert capture(pdf(), how, 1).media == media


def test_a_copier_sends_all_pages_in_their_size_without_text() -> None:
    how = Capture(100, True, Damage(blur=0.5), 1, False, 70, "pdf")
    with pymupdf.open(stream=capture(pdf(3), how, 1).data) as document:
        assert document.page_count == 3
        assert not document[0].get_text()
        assert document[0].rect.width == pytest.approx(200, abs=1)


def test_same_seed_same_bytes() -> None:
    how = choose_photo(Random(4), 1)
    assert capture(pdf(), how, 5) == capture(pdf(), how, 5)
    assert capture(pdf(), how, 5) != capture(pdf(), how, 6)


def test_choices_suit_the_pages() -> None:
    several = [choose_scan(Random(seed), 3) for seed in range(60)]
    assert {how.container for how in several} == {"pdf", "fax"}
    assert all(not how.color for how in several if how.container in ("png", "fax"))
    assert {how.dpi for how in several} >= {100, 200, 300}
    assert all(how.desk and how.color for how in (choose_photo(Random(seed), 1) for seed in range(20)))
