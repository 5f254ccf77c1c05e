"""Encoded pages decode to equal ones, and equal pages have equal bytes."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.document import Page, PageSource
from processors.geometry import Box
from processors.recognition.pages import FoundWord, build_page
from processors.recognition.words_file import decode_page, encode_page

_coordinates = st.floats(0, 5000, allow_nan=False)
_found = st.lists(
    st.builds(
        lambda text, x, y, width, height, confidence: FoundWord(text, Box(x, y, x + width, y + height), confidence),
        st.text(min_size=1, max_size=12),
        _coordinates,
        _coordinates,
        st.floats(0, 300),
        st.floats(0, 60),
        st.floats(0, 1),
    ),
    max_size=30,
)


@given(_found, st.integers(1, 5000), _coordinates, _coordinates, st.sampled_from([0, 90, 180, 270]))
def test_round_trip_is_exact(found: list[FoundWord], number: int, width: float, height: float, rotation: int) -> None:
    page = build_page(number, (width, height), PageSource.OCR, "engine/1", found, rotation)
    data = encode_page(page)
    assert decode_page(data) == page
    assert encode_page(decode_page(data)) == data


def _page() -> Page:
    words = [FoundWord("Total", Box(10, 20.123, 40, 30), 0.98765), FoundWord("12,50 €", Box(50, 20, 80, 30), 1.0)]
    return build_page(3, (595.276, 841.89), PageSource.TEXT_LAYER, "pymupdf/1.28.2", words)


def test_the_content_is_plain_json_that_says_what_it_is() -> None:
    content = json.loads(gzip.decompress(encode_page(_page())))
    assert content["format"] == "fieldtrail.words"
    assert content["version"] == 1
    assert content["number"] == 3
    assert content["size"] == [59528, 84189]
    assert content["words"]["text"] == ["Total", "12,50 €"]
    assert content["words"]["y0"] == [2012, 2000]
    assert content["words"]["confidence"] == [9876, 10000] or content["words"]["confidence"] == [9877, 10000]


def test_the_bytes_hold_no_time_stamp() -> None:
    assert encode_page(_page())[4:8] == b"\0\0\0\0"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain",
        gzip.compress(b"{}"),
        gzip.compress(b'{"format":"fieldtrail.words","version":2}'),
        gzip.compress(b"[1]"),
        gzip.compress(b"{"),
        gzip.compress(b'{"format":"fieldtrail.words","version":1}')[:-9],
        gzip.compress(b"\xff\xfe"),
    ],
)
def test_other_bytes_are_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_page(data)
