"""The object store in S3, on a real server."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.errors import MissingError, UnavailableError
from connectors.objects import ObjectStore, open_store
from tests.support.servers import S3

pytestmark = pytest.mark.timeout(60)

KEY = "originals/ab/abcd"


@pytest.fixture
def store(s3: S3, bucket: str, tmp_path: Path) -> ObjectStore:
    return open_store(f"s3://{bucket}/some/prefix", tmp_path / "spool", s3_endpoint_url=s3.url, s3_region="us-east-1")


def keys(s3: S3, bucket: str) -> list[str]:
    return [item["Key"] for item in s3.client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_what_is_put_is_found_and_read(store: ObjectStore, s3: S3, bucket: str, tmp_path: Path) -> None:
    assert store.find(KEY) is None
    uri = store.put(KEY, b"\x00words")
    assert uri == f"s3://{bucket}/some/prefix/{KEY}"
    assert store.find(KEY) == uri
    assert store.get(uri) == b"\x00words"
    with store.local(uri) as path:
        assert path.read_bytes() == b"\x00words"
        assert path.is_relative_to(tmp_path / "spool")
    assert list((tmp_path / "spool").iterdir()) == [], "the local copy is gone"
    assert store.put(KEY, b"\x00words") == uri
    assert keys(s3, bucket) == [f"some/prefix/{KEY}"]


def test_what_is_stored_under_a_key_stays(store: ObjectStore) -> None:
    uri = store.put(KEY, b"first")
    assert store.put(KEY, b"second") == uri
    assert store.get(uri) == b"first"


def test_of_writers_at_the_same_time_one_wins_and_the_others_are_content(store: ObjectStore) -> None:
    contents = [bytes([number]) * 1000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        uris = set(pool.map(lambda content: store.put(KEY, content), contents))
    assert len(uris) == 1
    kept = store.get(uris.pop())
    assert kept in contents
    assert store.get(store.put(KEY, b"late")) == kept


def test_adopting_uploads_the_file(store: ObjectStore) -> None:
    spool = store.new_spool_file()
    content = bytes(range(256)) * 40_000  # above the size from which the upload goes in parts
    spool.write_bytes(content)
    uri = store.adopt(spool, KEY)
    with store.local(uri) as path:
        assert path.read_bytes() == content
    spool.unlink()


def test_the_whole_bucket_is_a_store_too(s3: S3, bucket: str, tmp_path: Path) -> None:
    store = open_store(f"s3://{bucket}", tmp_path, s3_endpoint_url=s3.url, s3_region="us-east-1")
    assert store.put(KEY, b"x") == f"s3://{bucket}/{KEY}"
    assert store.get(f"s3://{bucket}/{KEY}") == b"x"
    with pytest.raises(MissingError):
        store.get(f"s3://{bucket}/")


@pytest.mark.parametrize(
    "uri",
    [
        "s3://{bucket}/some/prefix/nothing/here",
        "s3://{bucket}/outside",
        "s3://otherbucket/some/prefix/originals/ab/abcd",
        "file:///etc/passwd",
        "",
    ],
)
def test_what_is_not_in_the_store_is_missing(store: ObjectStore, s3: S3, bucket: str, uri: str) -> None:
    s3.client.put_object(Bucket=bucket, Key="outside", Body=b"x")
    named = uri.replace("{bucket}", bucket)
    with pytest.raises(MissingError) as raised:
        store.get(named)
    assert raised.value.uri == named
    with pytest.raises(MissingError), store.local(named):
        pass


def test_a_store_without_its_bucket_is_unavailable(s3: S3, tmp_path: Path) -> None:
    """No record is to blame, so none may be dead-lettered for it."""
    store = open_store("s3://nobucket/p", tmp_path, s3_endpoint_url=s3.url, s3_region="us-east-1")
    spool = store.new_spool_file()
    for call in (
        lambda: store.put(KEY, b"x"),
        lambda: store.adopt(spool, KEY),
        lambda: store.get("s3://nobucket/p/key"),
        lambda: store.local("s3://nobucket/p/key").__enter__(),
    ):
        with pytest.raises(UnavailableError) as raised:
            call()
        assert raised.value.dependency == "object_store"


def test_a_store_that_turns_us_away_is_unavailable(
    s3: S3, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    store = open_store(f"s3://{bucket}", tmp_path, s3_endpoint_url=s3.url, s3_region="us-east-1")
    spool = store.new_spool_file()
    for call in (lambda: store.put(KEY, b"x"), lambda: store.adopt(spool, KEY), lambda: store.find(KEY)):
        with pytest.raises(UnavailableError, match="object_store"):
            call()


def test_a_server_that_is_down_is_unavailable_and_back_again(store: ObjectStore, s3: S3) -> None:
    uri = store.put(KEY, b"words")
    spool = store.new_spool_file()
    s3.server.stop()
    try:
        for call in (
            lambda: store.find(KEY),
            lambda: store.get(uri),
            lambda: store.put("other", b"x"),
            lambda: store.adopt(spool, "other"),
            lambda: store.local(uri).__enter__(),
        ):
            with pytest.raises(UnavailableError) as raised:
                call()
            assert raised.value.dependency == "object_store"
    finally:
        s3.server.start()
    assert store.get(uri) == b"words"


def test_what_is_removed_is_gone_and_removing_again_is_no_fault(store: ObjectStore, s3: S3, bucket: str) -> None:
    uri = store.put(KEY, b"x")
    for key in ("words/ab/abcd/2.a.gz", "words/ab/abcd/1.a.gz", "words/ab/abcde/1.a.gz"):
        store.put(key, b"x")
    assert store.key_of(uri) == KEY
    assert store.keys_below("words/ab/abcd") == ["words/ab/abcd/1.a.gz", "words/ab/abcd/2.a.gz"]
    assert [store.remove(KEY), store.remove(KEY), store.remove("words/ab/abcde/1.a.gz")] == [True, False, True]
    assert keys(s3, bucket) == ["some/prefix/words/ab/abcd/1.a.gz", "some/prefix/words/ab/abcd/2.a.gz"]
    with pytest.raises(MissingError):
        store.key_of("s3://other/originals/ab/abcd")
