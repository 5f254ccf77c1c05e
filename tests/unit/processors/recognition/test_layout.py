"""Words to lines to blocks: reading order on small pages, and properties on any page."""

from hypothesis import given
from hypothesis import strategies as st

from processors.document import Word
from processors.geometry import Box, union
from processors.recognition.layout import Layout, arrange


def _word(text: str, x: float, y: float, width: float | None = None, height: float = 12) -> Word:
    return Word(0, text, Box(x, y, x + (width or 6 * len(text)), y + height), 1.0)


def _texts(layout: Layout) -> list[list[str]]:
    """Per block, its lines as text."""
    return [
        [" ".join(layout.words[word].text for word in layout.lines[line].words) for line in block.lines]
        for block in layout.blocks
    ]


def test_words_in_any_order_become_lines_from_left_to_right() -> None:
    layout = arrange([_word("world", 40, 10), _word("line", 46, 26), _word("hello", 6, 10), _word("second", 6, 26)])
    assert _texts(layout) == [["hello world", "second line"]]
    assert [word.id for word in layout.words] == [0, 1, 2, 3]
    assert [word.text for word in layout.words] == ["hello", "world", "second", "line"]


def test_a_wide_gap_parts_a_label_from_its_value() -> None:
    layout = arrange([_word("Total", 300, 10), _word("due", 334, 10), _word("119.00", 480, 10)])
    assert _texts(layout) == [["Total due"], ["119.00"]]


def test_two_blanks_of_a_monospaced_receipt_part_columns_and_one_does_not() -> None:
    # 6 points a character: one blank is a gap of 6 points, two blanks are one of 12, at a height of 12.
    layout = arrange([_word("2", 0, 0), _word("COFFEE", 12, 0), _word("4.20", 60, 0)])
    assert _texts(layout) == [["2 COFFEE"], ["4.20"]]


def test_columns_of_text_are_read_one_after_the_other() -> None:
    left = [_word(f"left{row}", 0, 14 * row) for row in range(3)]
    right = [_word(f"right{row}", 200, 14 * row) for row in range(3)]
    assert _texts(arrange([*right, *left])) == [["left0", "left1", "left2"], ["right0", "right1", "right2"]]


def test_a_heading_and_a_gap_begin_blocks() -> None:
    words = [
        _word("INVOICE", 0, 0, height=30),
        _word("first", 0, 34),
        _word("second", 0, 48),
        _word("after", 0, 100),
    ]
    assert _texts(arrange(words)) == [["INVOICE"], ["first", "second"], ["after"]]


def test_a_line_that_climbs_across_the_page_stays_one_line() -> None:
    # A photo turned by about 2 degrees: the last word is a whole line higher than the first.
    words = [_word("words", 36 * step, 40 - 1.3 * step) for step in range(12)]
    assert _texts(arrange(words)) == [[" ".join(["words"] * 12)]]


def test_an_amount_in_large_print_stands_on_its_labels_line() -> None:
    layout = arrange([_word("EUR", 0, 5, height=9), _word("119,00", 22, 0, height=16)])
    assert _texts(layout) == [["EUR 119,00"]]


def test_no_words() -> None:
    assert arrange([]) == Layout((), (), ())


# Quarter points add and subtract exactly in floating point, so that moving words changes no comparison.
_quarters = st.integers(0, 3200).map(lambda value: value / 4)
_sizes = st.integers(1, 200).map(lambda value: value / 4)
_words = st.lists(
    st.builds(
        lambda text, x, y, width, height: Word(0, text, Box(x, y, x + width, y + height), 1.0),
        st.text(min_size=1, max_size=5),
        _quarters,
        _quarters,
        _sizes,
        _sizes,
    ),
    max_size=40,
)


@given(_words)
def test_every_word_is_in_one_line_and_every_line_in_one_block(words: list[Word]) -> None:
    layout = arrange(words)
    assert sorted((word.text, word.box.x0, word.box.y0) for word in layout.words) == sorted(
        (word.text, word.box.x0, word.box.y0) for word in words
    )
    assert [word.id for word in layout.words] == list(range(len(words)))
    assert [index for line in layout.lines for index in line.words] == list(range(len(words)))
    assert [index for block in layout.blocks for index in block.lines] == list(range(len(layout.lines)))
    for line in layout.lines:
        assert line.box == union(layout.words[index].box for index in line.words)
    for block in layout.blocks:
        assert block.box == union(layout.lines[index].box for index in block.lines)


@given(_words, st.integers(-400, 400), st.integers(-400, 400))
def test_moving_the_page_changes_no_grouping(words: list[Word], dx: int, dy: int) -> None:
    moved = [
        Word(0, word.text, Box(word.box.x0 + dx, word.box.y0 + dy, word.box.x1 + dx, word.box.y1 + dy), 1.0)
        for word in words
    ]
    first, second = arrange(words), arrange(moved)
    assert [line.words for line in first.lines] == [line.words for line in second.lines]
    assert [block.lines for block in first.blocks] == [block.lines for block in second.blocks]
    assert [word.text for word in first.words] == [word.text for word in second.words]
