"""Quarter turns of boxes and pages, and pages that lie flat."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.document import Block, BlockKind, Cell, Flat, Page, PageSource, Table, Word
from processors.geometry import Box
from processors.recognition.layout import arrange
from processors.recognition.orientation import arrange_flat, turn_box, turned_size, upright
from processors.recognition.pages import FoundWord, build_page

_rotations = st.sampled_from([0, 90, 180, 270])
_hundredths = st.integers(0, 50_000).map(lambda value: value / 100)


@given(_hundredths, _hundredths, _hundredths, _hundredths, _rotations)
def test_turning_there_and_back_gives_the_box(x: float, y: float, width: float, height: float, rotation: int) -> None:
    box = Box(x, y, x + width, y + height)
    turned = turn_box(box, 1100, 1200, rotation)
    back = turn_box(turned, *turned_size(1100, 1200, rotation), (360 - rotation) % 360)
    assert (back.x0, back.y0, back.x1, back.y1) == pytest.approx((box.x0, box.y0, box.x1, box.y1), abs=1e-6)
    assert turned.x0 <= turned.x1
    assert turned.y0 <= turned.y1


def test_a_quarter_turn_clockwise_takes_the_top_left_to_the_top_right() -> None:
    assert turn_box(Box(10, 20, 40, 30), 200, 300, 90) == Box(270, 10, 280, 40)
    assert turn_box(Box(10, 20, 40, 30), 200, 300, 180) == Box(160, 270, 190, 280)
    assert turn_box(Box(10, 20, 40, 30), 200, 300, 270) == Box(20, 160, 30, 190)


def test_another_angle_is_an_error() -> None:
    with pytest.raises(ValueError, match="not by 45"):
        turn_box(Box(0, 0, 1, 1), 10, 10, 45)


def test_words_of_a_turned_page_are_in_reading_order_and_keep_their_ids_upright() -> None:
    # Text that runs up the page (as after a turn to the left): "one two" is the left column, "three" right of it.
    found = [
        FoundWord("three", Box(120, 300, 132, 330), 0.5),
        FoundWord("two", Box(100, 250, 112, 270), 0.75),
        FoundWord("one", Box(100, 274, 112, 294), 1.0),
    ]
    page = build_page(1, (200, 400), PageSource.OCR, "engine", found, rotation=90)
    assert [word.text for word in page.words] == ["one", "two", "three"]
    assert page.words[0].box == Box(100, 274, 112, 294)
    assert page.text.split("\n")[0] == "one two"
    turned = upright(page)
    assert (turned.width, turned.height, turned.rotation) == (400, 200, 0)
    assert turned.words[0].box == Box(106, 100, 126, 112)
    assert turned.words[0].box.x1 < turned.words[1].box.x0
    assert [word.id for word in turned.words] == [0, 1, 2]
    assert upright(turned) is turned


_SKEW = math.radians(12)
_FLAT = [
    Box(50 + 55 * column, 100 + 14 * row, 100 + 55 * column, 110 + 14 * row) for row in range(3) for column in (0, 1)
]


def _as_shown(box: Box) -> Box:
    """The box around ``box`` on a page that lies askew by 12 degrees clockwise."""
    corners = [(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
    xs = [x * math.cos(_SKEW) - y * math.sin(_SKEW) + 100 for x, y in corners]
    ys = [x * math.sin(_SKEW) + y * math.cos(_SKEW) for x, y in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _skewed_words() -> list[Word]:
    return [Word(index, f"w{index}", _as_shown(box), 0.9) for index, box in enumerate(_FLAT)]


def test_lines_of_a_skewed_page_are_found_where_it_lies_flat() -> None:
    words = _skewed_words()
    shuffled = [4, 1, 5, 0, 3, 2]
    layout, boxes = arrange_flat([words[index] for index in shuffled], [_FLAT[index] for index in shuffled])
    expected = arrange([replace(word, box=box) for word, box in zip(words, _FLAT, strict=True)])
    assert [word.text for word in layout.words] == [word.text for word in expected.words]
    assert [word.id for word in layout.words] == [0, 1, 2, 3, 4, 5]
    assert [line.words for line in layout.lines] == [line.words for line in expected.lines]
    assert list(boxes) == [word.box for word in expected.words]
    first = layout.lines[0]
    assert first.box.x0 == min(layout.words[index].box.x0 for index in first.words)
    assert layout.blocks[0].box.y1 == max(word.box.y1 for word in layout.words)
    with pytest.raises(ValueError, match="shorter"):
        arrange_flat(words, _FLAT[:3])


def _flat_page() -> Page:
    layout, boxes = arrange_flat(_skewed_words(), _FLAT)
    figure = Block((), _as_shown(Box(200, 300, 240, 330)), BlockKind.FIGURE)
    cells = (Cell(0, 0, (0, 1), _as_shown(Box(40, 95, 170, 112))), Cell(1, 0, (), _as_shown(Box(40, 112, 170, 130))))
    table = Table(2, 1, cells, _as_shown(Box(40, 95, 170, 130)))
    blocks = (*layout.blocks, figure)
    flat = Flat(500.0, 600.0, boxes)
    return Page(1, 620, 700, PageSource.OCR, "e", layout.words, layout.lines, blocks, 0, tables=(table,), flat=flat)


def test_an_upright_flat_page_has_the_flat_size_and_boxes() -> None:
    page = _flat_page()
    assert page.flat is not None
    turned = upright(page)
    assert (turned.width, turned.height, turned.rotation, turned.flat) == (500.0, 600.0, 0, None)
    assert tuple(word.box for word in turned.words) == page.flat.boxes
    assert [word.id for word in turned.words] == [word.id for word in page.words]
    for line in turned.lines:
        assert line.box.y0 == min(turned.words[index].box.y0 for index in line.words)
    assert turned.tables[0].cells[0].box == Box(50, 100, 155, 110)
    assert upright(turned) is turned


def test_what_has_no_words_goes_where_the_words_go() -> None:
    turned = upright(_flat_page())
    figure, empty = turned.blocks[-1].box, turned.tables[0].cells[1].box
    assert (figure.center_x, figure.center_y) == pytest.approx((220, 315), abs=0.1)
    assert (empty.center_x, empty.center_y) == pytest.approx((105, 121), abs=0.1)


def test_tables_turn_with_their_page() -> None:
    word = Word(0, "x", Box(100, 274, 112, 294), 1.0)
    table = Table(1, 1, (Cell(0, 0, (0,), Box(100, 270, 112, 300)),), Box(100, 270, 112, 300))
    page = replace(build_page(1, (200, 400), PageSource.OCR, "e", [FoundWord("x", word.box, 1.0)], 90), tables=(table,))
    assert upright(page).tables[0].box == Box(100, 100, 130, 112)
    assert upright(page).tables[0].cells[0].box == Box(100, 100, 130, 112)
