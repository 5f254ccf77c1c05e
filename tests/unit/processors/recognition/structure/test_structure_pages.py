"""Reading order, running headers and footers, and what holds for any page."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.document import BlockKind, Flat, Page, PageSource, Word
from processors.geometry import Box, union
from processors.recognition.layout import arrange
from processors.recognition.orientation import turn_box
from processors.recognition.structure.margins import mark, repeated_lines
from processors.recognition.structure.page import structure, without
from processors.recognition.structure.rulings import Ruling, pdf_rulings
from tests.support.tables import FAMILIES, columns_page, noisy, printed_page, running_pages


@pytest.mark.parametrize("seed", range(30))
def test_columns_of_text_are_read_one_after_the_other(seed: int) -> None:
    truth = columns_page(seed)
    page = structure(printed_page(truth.pdf))
    assert [word.text for word in page.words] == truth.words
    assert page.tables == ()


def test_columns_of_rough_boxes_are_read_one_after_the_other() -> None:
    right = 0
    for seed in range(20):
        truth = columns_page(seed)
        page = structure(noisy(printed_page(truth.pdf), seed))
        right += "".join(word.text for word in page.words) == "".join(truth.words)
    assert right >= 19


def _marked(pages: list[Page]) -> list[Page]:
    return [mark(page, repeated) for page, repeated in zip(pages, repeated_lines(pages), strict=True)]


@pytest.mark.parametrize("count", [2, 3, 7])
def test_what_pages_repeat_is_header_and_footer(count: int) -> None:
    pdf, headers, footers = running_pages(5, count)
    pages = _marked([structure(printed_page(pdf, number)) for number in range(1, count + 1)])
    for page, header, footer in zip(pages, headers, footers, strict=True):
        texts = {
            kind: [
                page.line_text(page.lines[line]) for block in page.blocks if block.kind is kind for line in block.lines
            ]
            for kind in (BlockKind.HEADER, BlockKind.FOOTER)
        }
        assert texts == {BlockKind.HEADER: [header], BlockKind.FOOTER: [footer]}


def test_text_that_one_page_has_alone_is_no_header() -> None:
    pdf, _, _ = running_pages(5, 1)
    other, _, _ = running_pages(6, 1)
    pages = _marked([structure(printed_page(pdf)), structure(printed_page(other))])
    assert all(block.kind is not BlockKind.HEADER for page in pages for block in page.blocks)


def test_without_headers_the_words_keep_their_ids() -> None:
    pdf, headers, footers = running_pages(5, 2)
    page = _marked([structure(printed_page(pdf, number)) for number in (1, 2)])[0]
    left = without(page, frozenset({BlockKind.HEADER, BlockKind.FOOTER}))
    assert left.words == page.words
    assert headers[0] not in left.text
    assert footers[0] not in left.text
    assert [index for block in left.blocks for index in block.lines] == list(range(len(left.lines)))
    assert left.text == "\n".join(
        page.line_text(page.lines[line])
        for block in page.blocks
        if block.kind is BlockKind.TEXT
        for line in block.lines
    )


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_page_on_its_side_has_the_tables_of_the_upright_one(rotation: int) -> None:
    import pymupdf

    truth = FAMILIES["spanning_ruled"](2)
    straight = printed_page(truth.pdf)
    with pymupdf.open(stream=truth.pdf) as document:
        rulings = pdf_rulings(document[0])
    found = structure(straight, rulings)
    back = (360 - rotation) % 360

    def turned(box: Box) -> Box:
        box = turn_box(box, straight.width, straight.height, back)
        return Box(round(box.x0, 2), round(box.y0, 2), round(box.x1, 2), round(box.y1, 2))

    size = (straight.width, straight.height) if rotation == 180 else (straight.height, straight.width)
    lying = replace(
        straight,
        width=size[0],
        height=size[1],
        words=tuple(replace(word, box=turned(word.box)) for word in straight.words),
        rotation=rotation,
    )
    boxes = [turned(Box(line.x0, line.y0, line.x1, line.y1)) for line in rulings]
    again = structure(lying, [Ruling(box.x0, box.y0, box.x1, box.y1) for box in boxes])
    assert [word.text for word in again.words] == [word.text for word in found.words]
    cells, others = found.tables[0].cells, again.tables[0].cells
    assert [replace(cell, box=Box(0, 0, 0, 0)) for cell in cells] == [
        replace(cell, box=Box(0, 0, 0, 0)) for cell in others
    ]
    for cell, other in zip(cells, others, strict=True):
        expected = turned(cell.box)
        assert other.box.x0 == pytest.approx(expected.x0, abs=0.05)
        assert other.box.y1 == pytest.approx(expected.y1, abs=0.05)


def test_boxes_of_cells_come_back_from_a_flattened_page() -> None:
    straight = printed_page(FAMILIES["ruled"](3).pdf)
    shifted = tuple(
        replace(word, box=Box(word.box.x0 + 7, word.box.y0 - 3, word.box.x1 + 7, word.box.y1 - 3))
        for word in straight.words
    )
    flat = Flat(straight.width, straight.height, tuple(word.box for word in straight.words))
    found = structure(replace(straight, words=shifted, flat=flat))
    plain = structure(straight)
    assert [word.text for word in found.words] == [word.text for word in plain.words]
    assert found.flat is not None
    assert [word.box for word in plain.words] == list(found.flat.boxes)
    for cell, other in zip(plain.tables[0].cells, found.tables[0].cells, strict=True):
        assert other.box.x0 - cell.box.x0 == pytest.approx(7, abs=0.02)
        assert other.box.y0 - cell.box.y0 == pytest.approx(-3, abs=0.02)


def test_a_page_without_words_keeps_its_figures() -> None:
    page = Page(1, 600, 800, PageSource.OCR, "test", (), (), ())
    assert [block.kind for block in structure(page, (), [Box(0, 0, 10, 10)]).blocks] == [BlockKind.FIGURE]


# Quarter points add and subtract exactly in floating point, so that moving a page changes no comparison.
_quarters = st.integers(0, 1600).map(lambda value: value / 4)
_sizes = st.integers(4, 120).map(lambda value: value / 4)
_texts = st.sampled_from(["a", "Total:", "12.50", "7", "1,234.00", "name", "page 3", "12.01.2024", "EUR"])
_columns = st.sampled_from([10.0, 60.0, 61.0, 140.0, 220.0])
_rows = st.integers(0, 12).map(lambda row: 13.0 * row)
_words = st.lists(
    st.builds(
        lambda text, x, y, width, height: Word(0, text, Box(x, y, x + width, y + height), 1.0),
        _texts,
        _columns | _quarters,
        _rows | _quarters,
        _sizes,
        st.just(10.0) | _sizes,
    ),
    max_size=50,
)
_lines = st.lists(
    st.one_of(
        st.builds(
            lambda x, y, length: Ruling(x, y, x + length, y), _columns | _quarters, _rows, _sizes.map(lambda s: s * 10)
        ),
        st.builds(
            lambda x, y, length: Ruling(x, y, x, y + length), _columns, _rows | _quarters, _sizes.map(lambda s: s * 10)
        ),
    ),
    max_size=12,
)


def _page(words: list[Word]) -> Page:
    layout = arrange(words)
    return Page(1, 600, 600, PageSource.OCR, "test", layout.words, layout.lines, layout.blocks)


@given(_words, _lines)
def test_words_lines_blocks_and_cells_fit_together(words: list[Word], rulings: list[Ruling]) -> None:
    page = structure(_page(words), rulings, [Box(0, 0, 50, 50)])
    assert sorted((word.text, word.box.x0, word.box.y0) for word in page.words) == sorted(
        (word.text, word.box.x0, word.box.y0) for word in words
    )
    assert [word.id for word in page.words] == list(range(len(words)))
    assert [index for line in page.lines for index in line.words] == list(range(len(words)))
    assert [index for block in page.blocks for index in block.lines] == list(range(len(page.lines)))
    for line in page.lines:
        assert line.box == union(page.words[index].box for index in line.words)
    tables = [block for block in page.blocks if block.kind is BlockKind.TABLE]
    assert len(tables) == len(page.tables)
    for block, table in zip(tables, page.tables, strict=True):
        inside = [word for line in block.lines for word in page.lines[line].words]
        assert [word for cell in table.cells for word in cell.words] == inside
        places = [
            (row, column)
            for cell in table.cells
            for row in range(cell.row, cell.row + cell.row_span)
            for column in range(cell.column, cell.column + cell.column_span)
        ]
        assert len(places) == len(set(places))
        assert set(places) <= {(row, column) for row in range(table.rows) for column in range(table.columns)}


@given(_words, _lines, st.integers(-400, 400), st.integers(-400, 400))
def test_moving_the_page_changes_no_table_and_no_order(
    words: list[Word], rulings: list[Ruling], dx: int, dy: int
) -> None:
    first, second = (_in_the_middle(words, rulings, *by) for by in ((0, 0), (dx, dy)))
    assert [word.text for word in first.words] == [word.text for word in second.words]
    assert [(cell.row, cell.column, cell.words) for table in first.tables for cell in table.cells] == [
        (cell.row, cell.column, cell.words) for table in second.tables for cell in table.cells
    ]


def _in_the_middle(words: list[Word], rulings: list[Ruling], dx: int, dy: int) -> Page:
    """The structure of a page so high that nothing stands in its margins."""
    dy += 50_000
    moved = [
        replace(word, box=Box(word.box.x0 + dx, word.box.y0 + dy, word.box.x1 + dx, word.box.y1 + dy)) for word in words
    ]
    lines = [Ruling(line.x0 + dx, line.y0 + dy, line.x1 + dx, line.y1 + dy) for line in rulings]
    return structure(replace(_page(moved), height=100_000), lines)


@given(_words, _lines)
def test_the_same_page_gives_the_same_structure_twice(words: list[Word], rulings: list[Ruling]) -> None:
    once = structure(_page(words), rulings)
    assert structure(_page(words), rulings) == once
