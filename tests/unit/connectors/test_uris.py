"""What file: and s3: URIs name."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.uris import local_path, s3_location

# Anything but "/" and NUL may be a file's name; the lone surrogates are how Python holds names that are no UTF-8.
NAMES = st.text(
    st.characters(exclude_characters="/\x00", exclude_categories=["Cs"]) | st.sampled_from("%?#;&= \udc80\udcff"),
    min_size=1,
    max_size=40,
).filter(lambda name: name not in {".", ".."})


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_every_path_comes_back_from_its_uri(names: list[str]) -> None:
    path = Path("/", *names)
    assert local_path(path.as_uri()) == path


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_an_s3_key_is_taken_as_it_is(key: str) -> None:
    assert s3_location(f"s3://inbox/{key}") == ("inbox", key)


@given(st.text(max_size=60))
def test_whatever_comes_is_a_path_or_a_value_error(text: str) -> None:
    for uri in (text, f"file://{text}"):
        with contextlib.suppress(ValueError):
            assert local_path(uri).is_absolute()


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("file:inbox/a.pdf", "absolute path"),
        ("http:///inbox/a.pdf", "absolute path"),
        ("/inbox/a.pdf", "absolute path"),
        ("file:///inbox/a.pdf?download=1", "%3F"),
        ("file:///inbox/a#1.pdf", "%23"),
        ("file:///inbox/a%00.pdf", "NUL"),
        ("file:///in\nbox/a.pdf", "control characters"),
        ("file://[::1/a.pdf", "no URI"),
    ],
)
def test_what_names_no_local_path(uri: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        local_path(uri)


@pytest.mark.parametrize("uri", ["s3:inbox/a.pdf", "http://inbox/a.pdf", "inbox/a.pdf", ""])
def test_what_names_no_object(uri: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/key"):
        s3_location(uri)


def test_bucket_and_key() -> None:
    assert s3_location("s3://inbox/2026/März #1?.pdf") == ("inbox", "2026/März #1?.pdf")
    assert s3_location("S3://inbox//a%20b") == ("inbox", "/a%20b")
    assert s3_location("s3://inbox") == ("inbox", "")
