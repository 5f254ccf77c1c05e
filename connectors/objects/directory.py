"""The object store as a directory: one machine, or a shared file system."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from connectors.errors import MissingError, UnavailableError
from connectors.objects.base import DEPENDENCY
from connectors.objects.spool import remove_older
from connectors.uris import local_path

_NOTHING_THERE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP}


class DirectoryStore:
    """Files below ``root``, written whole or not at all: a temporary file, then a rename.

    Originals are on the disk (fsync of file and folder) when :meth:`adopt` returns.
    """

    quick_reads = True

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._incoming = self._root / "incoming"

    def new_spool_file(self) -> Path:
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._incoming)
        except OSError as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error
        os.close(handle)
        return Path(name)

    def remove_stale_spool_files(self, older_than_s: float) -> None:
        remove_older(self._incoming, older_than_s)

    def adopt(self, path: Path, key: str) -> str:
        target = self._target(key)
        try:
            if not target.exists():
                _make_folder(target.parent)
                _sync(path)
                path.replace(target)
                _sync(target.parent)
        except OSError as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error
        return target.as_uri()

    def put(self, key: str, data: bytes) -> str:
        if (known := self.find(key)) is not None:
            return known
        target, path = self._target(key), self.new_spool_file()
        try:
            path.write_bytes(data)
            target.parent.mkdir(parents=True, exist_ok=True)
            _keep_first(path, target)
        except OSError as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error
        finally:
            path.unlink(missing_ok=True)
        return target.as_uri()

    def find(self, key: str) -> str | None:
        target = self._target(key)
        try:
            return target.as_uri() if _is_whole(target) else None
        except OSError as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error

    def get(self, uri: str) -> bytes:
        with self._open(uri) as file:
            return file.read()

    @contextmanager
    def local(self, uri: str) -> Iterator[Path]:
        self._open(uri).close()
        yield self._path(uri)

    def key_of(self, uri: str) -> str:
        return self._path(uri).relative_to(self._root).as_posix()

    def keys_below(self, folder: str) -> list[str]:
        start = self._target(folder)
        try:
            return sorted(path.relative_to(self._root).as_posix() for path in start.rglob("*") if path.is_file())
        except OSError as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error

    def remove(self, key: str) -> bool:
        target = self._target(key)
        try:
            target.unlink()
            _sync(target.parent)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error
        return True

    def _open(self, uri: str) -> BinaryIO:
        """The file behind ``uri``; a symbolic link counts as missing, since the store makes none."""
        path = self._path(uri)
        try:
            return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
        except OSError as error:
            raise _unreadable(uri, error) from error

    def _target(self, key: str) -> Path:
        target = _normal(self._root / key)
        if not target.is_relative_to(self._root):
            raise ValueError(f"key {key!r} leaves the store")
        return target

    def _path(self, uri: str) -> Path:
        """The file behind ``uri``. URIs come from records, so one that points out of the store counts as missing."""
        try:
            path = _normal(local_path(uri))
        except ValueError:
            raise MissingError(uri) from None
        if not path.is_relative_to(self._root):
            raise MissingError(uri)
        return path


def _normal(path: Path) -> Path:
    """``path`` without ``..``. To follow links would cost more than to read the file; :meth:`_open` bars them."""
    return Path(os.path.normpath(path))


def _unreadable(uri: str, error: OSError) -> MissingError | UnavailableError:
    return MissingError(uri) if error.errno in _NOTHING_THERE else UnavailableError(DEPENDENCY, str(error))


def _make_folder(folder: Path) -> None:
    """Makes ``folder`` and those above it, each on the disk before anything is put into it."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(path: Path) -> None:
    """Returns when the content of a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_whole(path: Path) -> bool:
    """A file may come out of a power cut with its name and none of its bytes; nothing that is stored is empty."""
    return path.is_file() and path.stat().st_size > 0


def _keep_first(path: Path, target: Path) -> None:
    """Gives the file the name ``target`` unless another worker's has it by now, which then stays."""
    try:
        target.hardlink_to(path)
    except FileExistsError:
        if not _is_whole(target):
            path.replace(target)
    except OSError:  # a file system without hard links
        path.replace(target)
