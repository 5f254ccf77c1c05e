"""The object store as a directory: one machine, or a shared file system."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from connectors.errors import MissingError, UnavailableError
from connectors.objects.base import DEPENDENCY


class DirectoryStore:
    """Files below ``root``, written whole or not at all (temporary file, fsync, rename)."""

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

    def adopt(self, path: Path, key: str) -> str:
        target = self._target(key)
        try:
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                with path.open("rb") as file:
                    os.fsync(file.fileno())
                path.replace(target)
        except OSError as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error
        return target.as_uri()

    def put(self, key: str, data: bytes) -> str:
        target = self._target(key)
        if target.exists():
            return target.as_uri()
        path = self.new_spool_file()
        try:
            path.write_bytes(data)
            return self.adopt(path, key)
        except OSError as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error
        finally:
            path.unlink(missing_ok=True)

    def find(self, key: str) -> str | None:
        target = self._target(key)
        return target.as_uri() if target.is_file() else None

    def get(self, uri: str) -> bytes:
        path = self._path(uri)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise MissingError(uri) from None
        except OSError as error:
            raise UnavailableError(DEPENDENCY, str(error)) from error

    @contextmanager
    def local(self, uri: str) -> Iterator[Path]:
        path = self._path(uri)
        if not path.is_file():
            raise MissingError(uri)
        yield path

    def _target(self, key: str) -> Path:
        target = (self._root / key).resolve()
        if not target.is_relative_to(self._root):
            raise ValueError(f"key {key!r} leaves the store")
        return target

    def _path(self, uri: str) -> Path:
        """The file behind ``uri``. URIs come from records, so one that points out of the store counts as missing."""
        parts = urlsplit(uri)
        path = Path(unquote(parts.path)).resolve()
        if parts.scheme != "file" or not path.is_relative_to(self._root):
            raise MissingError(uri)
        return path
