"""What a reader sees of a document's pages, and above all what it still sees."""

from dataclasses import replace

import pytest

from processors.document import Block, BlockKind, Page, PageSource
from processors.geometry import Box
from processors.recognition.pages import FoundWord, build_page
from processors.recognition.structure.page import structure
from processors.recognition.structure.running import as_read
from tests.support.tables import printed_page, running_pages

WIDTH, HEIGHT = 595.0, 842.0
LETTERHEAD = "Muster GmbH, Hafenstr. 3, 20457 Hamburg"
BANK = "IBAN DE89 3704 0044 0532 0130 00"

Printed = tuple[str, float, float]
"""A line's text, and where it begins: x and y."""


def page_of(number: int, *lines: Printed) -> Page:
    found = []
    for text, x, y in lines:
        for word in text.split():
            found.append(FoundWord(word, Box(x, y, x + 5 * len(word), y + 10), 1.0))
            x += 5 * len(word) + 3
    return structure(build_page(number, (WIDTH, HEIGHT), PageSource.TEXT_LAYER, "test", found))


def texts(page: Page) -> list[str]:
    return [page.line_text(line) for line in page.lines]


def test_the_first_page_keeps_letterhead_and_bank_details_and_the_others_lose_them() -> None:
    first = page_of(1, (LETTERHEAD, 60, 40), ("Rechnung 4711", 60, 300), (BANK, 60, 800))
    second = page_of(2, (LETTERHEAD, 60, 40), ("Summe 120,00", 60, 300), (BANK, 60, 800))
    seen = as_read([first, second])
    assert texts(seen[0]) == texts(first) == [LETTERHEAD, "Rechnung 4711", BANK]
    assert texts(seen[1]) == ["Summe 120,00"]
    assert seen[1].words == second.words
    assert [index for block in seen[1].blocks for index in block.lines] == [0]


def test_a_line_whose_digits_differ_is_another_one() -> None:
    """The total of the last page may stand where the page before has its sum carried forward."""
    pages = [
        page_of(1, ("Lieferung im Mai", 60, 300), ("Total 100.00", 400, 760)),
        page_of(2, ("Lieferung im Juni", 60, 300), ("Total 250.00", 400, 760)),
    ]
    assert [texts(page) for page in as_read(pages)] == [texts(page) for page in pages]


def test_what_only_later_pages_repeat_stays() -> None:
    pages = [
        page_of(1, ("Offer", 60, 300)),
        *(page_of(number, ("Invoice no 7", 60, 40), (f"Item {number}", 60, 300)) for number in (2, 3)),
    ]
    assert [texts(page)[0] for page in as_read(pages)] == ["Offer", "Invoice no 7", "Invoice no 7"]


@pytest.mark.parametrize("text", ["Page {} of 3", "Seite {}", "{} / 3", "- {} -"])
def test_page_numbers_are_left_out_from_the_second_page_on(text: str) -> None:
    pages = [
        page_of(number, (f"Item {word}", 60, 300), (text.format(number), 500, 815))
        for number, word in ((1, "one"), (2, "two"), (3, "three"))
    ]
    assert [texts(page) for page in as_read(pages)] == [["Item one", text.format(1)], ["Item two"], ["Item three"]]


def test_the_heading_of_columns_stays_on_every_page() -> None:
    """Without it, rows that go on over the page would be columns of nothing."""
    heading = [("Description", 60, 120), ("Quantity", 300, 120), ("Amount", 480, 120)]
    pages = [
        page_of(number, (LETTERHEAD, 60, 40), *heading, (f"Lorem ipsum dolor {name}", 60, 400))
        for number, name in ((1, "sit"), (2, "amet"))
    ]
    seen = as_read(pages)
    assert {"Description", "Quantity", "Amount"} <= set(texts(seen[1]))
    assert LETTERHEAD not in texts(seen[1])


def test_figures_are_left_out_everywhere() -> None:
    page = page_of(1, ("Invoice", 60, 300))
    pictured = replace(page, blocks=(*page.blocks, Block((), Box(10, 10, 90, 60), BlockKind.FIGURE)))
    assert as_read([pictured]) == [page]


def test_a_document_of_one_page_is_as_it_is() -> None:
    page = page_of(1, (LETTERHEAD, 60, 40), ("7", 300, 820))
    assert as_read([page]) == [page]
    assert as_read([]) == []


@pytest.mark.parametrize("count", [2, 4, 8])
def test_every_line_is_still_seen_somewhere(count: int) -> None:
    pdf, _, _ = running_pages(5, count)
    pages = [structure(printed_page(pdf, number)) for number in range(1, count + 1)]
    seen = as_read(pages)
    assert sum(len(page.lines) for page in seen) < sum(len(page.lines) for page in pages)
    left = {text for page in seen for text in texts(page)}
    gone = {text for page in pages for text in texts(page)} - left
    assert all(any(char.isdigit() for char in text) and len(text) < 20 for text in gone), gone
