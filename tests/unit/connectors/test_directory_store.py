"""The object store in a directory."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.errors import MissingError, UnavailableError
from connectors.objects import DirectoryStore, open_store
from connectors.objects import directory as directory_module

KEY = "originals/ab/abcd"


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "objects")


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]


def test_what_is_put_is_found_and_read(store: DirectoryStore, tmp_path: Path) -> None:
    assert store.find(KEY) is None
    uri = store.put(KEY, b"\x00words")
    assert uri == (tmp_path / "objects" / KEY).as_uri()
    assert store.find(KEY) == uri
    assert store.get(uri) == b"\x00words"
    with store.local(uri) as path:
        assert path.read_bytes() == b"\x00words"
    assert files(tmp_path) == [tmp_path / "objects" / KEY], "no temporary file stays"


def test_putting_again_changes_nothing(store: DirectoryStore, tmp_path: Path) -> None:
    uri = store.put(KEY, b"first")
    before = (tmp_path / "objects" / KEY).stat()
    assert store.put(KEY, b"first") == uri
    assert store.put(KEY, b"second") == uri
    assert store.get(uri) == b"first"
    after = (tmp_path / "objects" / KEY).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_empty_file_that_a_power_cut_left_is_written_anew(store: DirectoryStore, tmp_path: Path) -> None:
    left = tmp_path / "objects" / KEY
    left.parent.mkdir(parents=True)
    left.touch()
    assert store.find(KEY) is None
    assert store.get(store.put(KEY, b"words")) == b"words"


def test_a_file_system_without_links_keeps_what_is_put(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert store.get(store.put(KEY, b"words")) == b"words"


def test_adopting_moves_the_file(store: DirectoryStore, tmp_path: Path) -> None:
    spool = store.new_spool_file()
    spool.write_bytes(b"%PDF")
    inode = spool.stat().st_ino
    uri = store.adopt(spool, KEY)
    assert not spool.exists()
    assert (tmp_path / "objects" / KEY).stat().st_ino == inode, "moved, not copied"
    assert store.get(uri) == b"%PDF"


def test_adopting_what_is_there_keeps_the_first(store: DirectoryStore) -> None:
    uri = store.put(KEY, b"first")
    spool = store.new_spool_file()
    spool.write_bytes(b"first")
    assert store.adopt(spool, KEY) == uri
    assert store.get(uri) == b"first"


def test_a_write_that_fails_leaves_nothing(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(directory_module, "_sync", full)
    spool = store.new_spool_file()
    with pytest.raises(UnavailableError, match=r"object_store: .*No space left"):
        store.adopt(spool, KEY)
    monkeypatch.setattr(Path, "write_bytes", lambda path, _: full(path))
    with pytest.raises(UnavailableError, match=r"object_store: .*No space left"):
        store.put(KEY, b"x" * 1000)
    assert store.find(KEY) is None
    assert files(tmp_path) == [spool]


def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_before_adopt_returns(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "objects"
    synced: list[tuple[Path, bool]] = []
    monkeypatch.setattr(directory_module, "_sync", lambda path: synced.append((path, (root / KEY).exists())))
    store.adopt(store.new_spool_file(), KEY)
    content = next(i for i, (path, named) in enumerate(synced) if path.parent == root / "incoming" and not named)
    name = next(i for i, (path, named) in enumerate(synced) if path == root / "originals/ab" and named)
    assert content < name
    assert (root / "originals", False) in synced, "so is the name of the new folder"


def test_many_writers_of_one_key(store: DirectoryStore, tmp_path: Path) -> None:
    barrier = threading.Barrier(8)
    uris: list[str] = []

    def write() -> None:
        barrier.wait()
        uris.append(store.put(KEY, b"same" * 10_000))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(uris) == 8
    assert len(set(uris)) == 1
    assert store.get(uris[0]) == b"same" * 10_000
    assert len(files(tmp_path)) == 1


def test_spool_files_are_new_empty_and_on_the_stores_own_filesystem(store: DirectoryStore, tmp_path: Path) -> None:
    first, second = store.new_spool_file(), store.new_spool_file()
    assert first != second
    assert first.read_bytes() == b""
    assert first.is_relative_to(tmp_path / "objects")


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd",
        "file://{root}/../secret",
        "file://{root}/%2e%2e/secret",
        "file://{root}/nothing/here",
        "file://{root}/originals",
        "file://{root}/link",
        "file://{root}/a%00b",
        "file://{root}/" + "x" * 300,
        "file://[",
        "s3://bucket/originals/ab/abcd",
        "originals/ab/abcd",
        "",
    ],
)
def test_what_is_not_in_the_store_is_missing(store: DirectoryStore, tmp_path: Path, uri: str) -> None:
    store.put(KEY, b"words")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "objects" / "link").symlink_to(tmp_path / "secret")
    named = uri.replace("{root}", str(tmp_path / "objects"))
    with pytest.raises(MissingError) as raised:
        store.get(named)
    assert raised.value.uri == named
    with pytest.raises(MissingError), store.local(named):
        pass


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "a/../../outside"])
def test_a_key_cannot_leave_the_store(store: DirectoryStore, key: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.put(key, b""),
        lambda: store.find(key),
        lambda: store.adopt(Path("x"), key),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="leaves the store"):
            call()


def test_a_store_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = DirectoryStore(tmp_path / "file" / "objects")
    calls: list[Callable[[], object]] = [store.new_spool_file, lambda: store.put(KEY, b"x")]
    for call in calls:
        with pytest.raises(UnavailableError) as raised:
            call()
        assert raised.value.dependency == "object_store"


def test_open_store_reads_the_url(tmp_path: Path) -> None:
    folder = tmp_path / "März 1#"
    store = open_store(folder.as_uri(), tmp_path)
    assert store.put(KEY, b"x") == (folder / KEY).as_uri()
    for url in ("ftp://host/folder", "file:relative", "s3:bucket", "s3:///prefix"):
        with pytest.raises(ValueError, match=r"expected file:///folder or s3://bucket/prefix|not s3://bucket"):
            open_store(url, tmp_path)


def test_what_is_removed_is_gone_and_removing_again_is_no_fault(store: DirectoryStore, tmp_path: Path) -> None:
    uri = store.put(KEY, b"words")
    assert store.key_of(uri) == KEY
    assert store.remove(KEY) is True
    assert store.find(KEY) is None
    assert files(tmp_path) == []
    assert store.remove(KEY) is False
    with pytest.raises(ValueError, match="leaves the store"):
        store.remove("../outside")
    with pytest.raises(MissingError):
        store.key_of("file:///etc/passwd")


def test_keys_are_listed_below_a_folder_only(store: DirectoryStore) -> None:
    for key in ("words/ab/abcd/2.a.gz", "words/ab/abcd/1.a.gz", "words/ab/abcde/1.a.gz", "originals/ab/abcd"):
        store.put(key, b"x")
    assert store.keys_below("words/ab/abcd") == ["words/ab/abcd/1.a.gz", "words/ab/abcd/2.a.gz"]
    assert store.keys_below("words/zz") == []
