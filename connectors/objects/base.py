"""What every object store promises."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

DEPENDENCY = "object_store"
"""The store's name as a dependency of the stages."""


class ObjectStore(Protocol):
    """Bytes under keys such as ``originals/ab/abcd…``. A key is written once, and what is stored under it stays.

    All calls block; call them from a thread, but for reads of a store with ``quick_reads``. They raise
    ``UnavailableError`` where the store does not answer.
    """

    quick_reads: bool
    """Whether :meth:`get`, :meth:`find` and :meth:`local` take microseconds: an event loop may wait for them."""

    def new_spool_file(self) -> Path:
        """An empty temporary file, on the filesystem from which :meth:`adopt` is cheapest. The caller removes it."""

    def remove_stale_spool_files(self, older_than_s: float) -> None:
        """Removes temporary files that a killed process left behind; younger ones may be in use by another."""

    def adopt(self, path: Path, key: str) -> str:
        """Stores the file at ``path`` under ``key``, which names its content, and returns its URI. The file may be gone
        afterwards.

        When it returns, the bytes survive a crash of the machine as far as the store can promise that.
        """

    def put(self, key: str, data: bytes) -> str:
        """Stores ``data``, which can be made again, under ``key`` and returns its URI. Survives a killed process.

        Where something is stored there already, that stays, whatever it is: others may have read it.
        """

    def find(self, key: str) -> str | None:
        """The URI under ``key``, or ``None`` where nothing is stored."""

    def get(self, uri: str) -> bytes:
        """The bytes at ``uri``. Raises ``MissingError``."""

    def local(self, uri: str) -> AbstractContextManager[Path]:
        """The bytes at ``uri`` as a local file, for as long as the context lasts. Raises ``MissingError``."""

    def key_of(self, uri: str) -> str:
        """The key that ``uri`` stands for. Raises ``MissingError`` for one that points out of the store."""

    def keys_below(self, folder: str) -> list[str]:
        """The keys that begin with ``folder`` and a slash, sorted."""

    def remove(self, key: str) -> bool:
        """Removes what is stored under ``key``, for good (erasure); whether there was anything. Safe to repeat.

        A bucket with versioning keeps old versions until its own rules drop them.
        """
