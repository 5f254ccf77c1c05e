"""What the classifiers are trained on: reworded, worn and broken pages are still whole pages."""

from random import Random

import pytest

from fieldtrail.training.breaking import break_pages
from fieldtrail.training.rewording import reword, wear
from processors.classification.types import DocumentType
from processors.document import Page
from tests.unit.processors.geometric.page_builder import GERMAN_INVOICE, page

INVOICE = page(GERMAN_INVOICE)


def is_sound(made: Page) -> bool:
    """Ids are places, and every line's words are there."""
    used = [index for line in made.lines for index in line.words]
    return [word.id for word in made.words] == list(range(len(made.words))) and set(used) <= set(range(len(made.words)))


@pytest.mark.parametrize("seed", range(8))
def test_the_same_seed_makes_the_same_sound_page(seed: int) -> None:
    for document_type in DocumentType:
        made = reword(INVOICE, document_type, Random(seed), 0.5)
        assert is_sound(made)
        assert made == reword(INVOICE, document_type, Random(seed), 0.5)
    worn = wear(INVOICE, Random(seed))
    assert is_sound(worn)
    assert worn == wear(INVOICE, Random(seed))
    assert worn.width / worn.height == pytest.approx(INVOICE.width / INVOICE.height)


def test_lines_of_numbers_stay() -> None:
    made = reword(INVOICE, "invoice", Random(1), 1.0)
    numbers = {text for text in INVOICE.text.split("\n") if sum(map(str.isdigit, text)) > 0.5 * len(text)}
    assert numbers
    assert numbers <= set(made.text.split("\n"))


@pytest.mark.parametrize("seed", range(8))
def test_a_broken_page_deals_out_every_word(seed: int) -> None:
    parts = break_pages(INVOICE, Random(seed))
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert all(is_sound(part) for part in parts)
    printed = {word.text for part in parts for word in part.words}
    assert {word.text for word in INVOICE.words} <= printed
    assert all(0 <= word.box.y0 <= part.height for part in parts for word in part.words)
