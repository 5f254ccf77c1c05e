"""Types by content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.intake import MediaType, sniff


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"%PDF-1.7\n", MediaType.PDF),
        (b"\xef\xbb\xbf%PDF-1.4", MediaType.PDF),
        (b"x" * 1019 + b"%PDF-", MediaType.PDF),
        (b"x" * 1020 + b"%PDF-", None),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", MediaType.PNG),
        (b"\x89PNG\n", None),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", MediaType.JPEG),
        (b"II*\0\x08\0\0\0", MediaType.TIFF),
        (b"MM\0*\0\0\0\x08", MediaType.TIFF),
        (b"II+\0\x08\0\0\0", MediaType.TIFF),
        (b"PK\x03\x04", MediaType.PACKET),
        (b"PK\x05\x06", MediaType.PACKET),
        (b"RIFF\x10\0\0\0WEBPVP8 ", MediaType.WEBP),
        (b"RIFF\x10\0\0\0WAVEfmt ", None),
        (b"BM" + bytes(12) + b"\x28\0\0\0", MediaType.BMP),
        (b"BM is how this text begins", None),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", MediaType.HEIF),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", MediaType.HEIF),
        (b"\0\0\0\x14ftypMiPr\0\0\0\0heic", MediaType.HEIF),
        (b"\0\0\0\x14ftypavif\0\0\0\0mif1", None),
        (b"\0\0\0\x14ftypisom\0\0\0\0mp41", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None),
        (b"GIF89a", None),
        (b"<?xml version='1.0'?>", None),
        (b"", None),
    ],
)
def test_known_beginnings(head: bytes, expected: MediaType | None) -> None:
    assert sniff(head) is expected


@given(st.binary(max_size=2000))
def test_any_bytes_give_an_answer(head: bytes) -> None:
    assert sniff(head) in (None, *MediaType)
