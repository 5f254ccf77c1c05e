"""Fetching what a submission's URI names: what may be read, and what each refusal says."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import UnavailableError
from connectors.fetch import Fetcher, FetchPolicy
from processors.errors import ErrorCode, Refusal

LIMIT = 1000


def no_s3() -> Any:
    raise AssertionError("no s3: URI was given")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def fetch(tmp_path: Path, inbox: Path) -> Callable[[str], Refusal | bytes]:
    """Fetches a URI: the bytes, or the refusal."""
    fetcher = Fetcher(FetchPolicy(folders=(inbox,), max_bytes=LIMIT), no_s3)
    target = tmp_path / "target"

    def call(uri: str) -> Refusal | bytes:
        refusal = fetcher.fetch(uri, target)
        return target.read_bytes() if refusal is None else refusal

    return call


def code(answer: Refusal | bytes) -> ErrorCode:
    assert isinstance(answer, Refusal), answer
    return answer.code


@pytest.mark.parametrize("name", ["a.pdf", "Rechnung März #1?.pdf", "100%.pdf", "a%20b.pdf", "\udcff.pdf"])
def test_a_file_below_an_allowed_folder(fetch: Callable[[str], Any], inbox: Path, name: str) -> None:
    path = inbox / "2026" / name
    path.parent.mkdir()
    path.write_bytes(b"%PDF-1.7")
    assert fetch(path.as_uri()) == b"%PDF-1.7"
    assert fetch(path.as_uri().replace("file://", "file://localhost")) == b"%PDF-1.7"


def test_a_link_counts_as_what_it_points_to(fetch: Callable[[str], Any], inbox: Path, tmp_path: Path) -> None:
    (inbox / "a.pdf").write_bytes(b"inside")
    (inbox / "inner").symlink_to("a.pdf")
    (tmp_path / "secret").write_bytes(b"secret")
    (inbox / "escape").symlink_to(tmp_path / "secret")
    (inbox / "out").symlink_to(tmp_path)
    (tmp_path / "door").symlink_to(inbox)
    assert fetch((inbox / "inner").as_uri()) == b"inside"
    assert fetch((tmp_path / "door" / "a.pdf").as_uri()) == b"inside"
    for uri in ((inbox / "escape").as_uri(), (inbox / "out" / "secret").as_uri()):
        assert code(fetch(uri)) is ErrorCode.FETCH_REFUSED


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd",
        "file://{inbox}/../secret",
        "file://{inbox}/%2e%2e/secret",
        "file://{inbox}-other/a.pdf",
        "file://otherhost{inbox}/a.pdf",
        "http://127.0.0.1/a.pdf",
        "https://example.org/a.pdf",
        "ftp://example.org/a.pdf",
        "data:application/pdf;base64,AAAA",
        "a.pdf",
        "",
    ],
)
def test_what_may_not_be_read(fetch: Callable[[str], Any], inbox: Path, tmp_path: Path, uri: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (inbox / "a.pdf").write_bytes(b"x")
    (tmp_path / "inbox-other").mkdir()
    (tmp_path / "inbox-other" / "a.pdf").write_bytes(b"x")
    assert code(fetch(uri.replace("{inbox}", str(inbox)))) is ErrorCode.FETCH_REFUSED


@pytest.mark.parametrize(
    "tail", ["missing.pdf", "", "a.pdf/below", "loop", "pipe", "x" * 300, "a%00b", "a.pdf?x=1", "a.pdf#2", "a\n.pdf"]
)
def test_what_is_not_there_is_refused_and_never_waited_for(fetch: Callable[[str], Any], inbox: Path, tail: str) -> None:
    (inbox / "a.pdf").write_bytes(b"x")
    (inbox / "loop").symlink_to("loop")
    os.mkfifo(inbox / "pipe")
    assert code(fetch(f"{inbox.as_uri()}/{tail}")) is ErrorCode.FETCH_FAILED


def test_a_file_that_may_not_be_read(fetch: Callable[[str], Any], inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    (inbox / "a.pdf").write_bytes(b"x")
    monkeypatch.setattr("connectors.fetch.os.open", denied)
    answer = fetch((inbox / "a.pdf").as_uri())
    assert code(answer) is ErrorCode.FETCH_FAILED
    assert "may not read" in answer.message


def test_a_disk_that_fails_is_unavailable(
    fetch: Callable[[str], Any], inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(5, "Input/output error")

    (inbox / "a.pdf").write_bytes(b"x")
    monkeypatch.setattr("connectors.fetch.os.open", broken)
    with pytest.raises(UnavailableError) as raised:
        fetch((inbox / "a.pdf").as_uri())
    assert raised.value.dependency == "file_source"


def test_the_limit(fetch: Callable[[str], Any], inbox: Path) -> None:
    (inbox / "fits").write_bytes(b"x" * LIMIT)
    (inbox / "large").write_bytes(b"x" * (LIMIT + 1))
    assert fetch((inbox / "fits").as_uri()) == b"x" * LIMIT
    answer = fetch((inbox / "large").as_uri())
    assert code(answer) is ErrorCode.TOO_LARGE
    assert "1,001 bytes; the limit is 1,000" in answer.message


def test_a_long_uri_is_cut_in_the_message(fetch: Callable[[str], Any]) -> None:
    assert len(fetch("http://" + "x" * 1_000_000).message) < 500
    assert len(fetch("s3://" + "x" * 1_000_000).message) < 500


@given(uri=st.text(max_size=80) | st.text(max_size=80).map("file://".__add__))
def test_whatever_the_uri_says_it_is_refused(uri: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    fetcher = Fetcher(FetchPolicy(folders=(Path("/nowhere/at/all"),)), no_s3)
    refusal = fetcher.fetch(uri, Path("/nowhere/target"))
    assert refusal is not None
    assert refusal.code in {ErrorCode.FETCH_REFUSED, ErrorCode.FETCH_FAILED}


class FakeS3:
    """Answers one ``get_object``: with ``content``, or with an error. ``size`` is what the answer claims."""

    def __init__(self, content: bytes = b"", error: Exception | None = None, size: int | None = None) -> None:
        self.asked: list[tuple[str, str]] = []
        self._content, self._error, self._size = content, error, size

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803  boto3's names
        self.asked.append((Bucket, Key))
        if self._error is not None:
            raise self._error
        size = len(self._content) if self._size is None else self._size
        return {"Body": io.BytesIO(self._content), "ContentLength": size}


def fetch_from(s3: FakeS3, uri: str, target: Path) -> Refusal | None:
    return Fetcher(FetchPolicy(buckets=("inbox",), max_bytes=LIMIT), lambda: s3).fetch(uri, target)


def client_error(status: int, name: str) -> ClientError:
    return ClientError({"Error": {"Code": name}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject")


def test_an_object_by_its_key_as_it_is(tmp_path: Path) -> None:
    s3 = FakeS3(b"%PDF")
    assert fetch_from(s3, "s3://inbox/2026/a #1?%20.pdf", tmp_path / "t") is None
    assert s3.asked == [("inbox", "2026/a #1?%20.pdf")]
    assert (tmp_path / "t").read_bytes() == b"%PDF"


@pytest.mark.parametrize("uri", ["s3://other/a.pdf", "s3:///a.pdf", "s3://inbox.evil/a.pdf", "s3://user@inbox/a.pdf"])
def test_other_buckets_are_not_asked(tmp_path: Path, uri: str) -> None:
    s3 = FakeS3(b"x")
    assert code(fetch_from(s3, uri, tmp_path / "t") or b"") is ErrorCode.FETCH_REFUSED
    assert s3.asked == []


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (404, "NoSuchKey"),
        (404, "NoSuchBucket"),
        (403, "AccessDenied"),
        (403, "InvalidObjectState"),
        (400, "KeyTooLongError"),
        (400, "InvalidRequest"),
        (405, "MethodNotAllowed"),
    ],
)
def test_an_object_that_s3_will_not_give_is_refused(tmp_path: Path, status: int, name: str) -> None:
    refusal = fetch_from(FakeS3(error=client_error(status, name)), "s3://inbox/a.pdf", tmp_path / "t")
    assert code(refusal or b"") is ErrorCode.FETCH_FAILED


@pytest.mark.parametrize(
    "error",
    [
        client_error(500, "InternalError"),
        client_error(503, "SlowDown"),
        client_error(429, "TooManyRequests"),
        client_error(400, "ExpiredToken"),
        client_error(403, "InvalidAccessKeyId"),
        client_error(403, "RequestTimeTooSkewed"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_an_s3_that_does_not_answer_is_unavailable(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(UnavailableError) as raised:
        fetch_from(FakeS3(error=error), "s3://inbox/a.pdf", tmp_path / "t")
    assert raised.value.dependency == "s3_source"


def test_no_key_is_refused_without_asking(tmp_path: Path) -> None:
    for uri in ("s3://inbox", "s3://inbox/"):
        s3 = FakeS3()
        assert code(fetch_from(s3, uri, tmp_path / "t") or b"") is ErrorCode.FETCH_FAILED
        assert s3.asked == []


def test_an_object_above_the_limit_even_if_it_says_otherwise(tmp_path: Path) -> None:
    for s3 in (FakeS3(b"", size=LIMIT + 1), FakeS3(b"x" * (LIMIT + 1), size=10)):
        assert code(fetch_from(s3, "s3://inbox/a", tmp_path / "t") or b"") is ErrorCode.TOO_LARGE
