"""What a child process writes: kept in a rotated file, with the last lines at hand."""

from collections import deque
from pathlib import Path
from typing import IO

MAX_BYTES = 10 * 1024 * 1024
BACKUPS = 3
TAIL_LINES = 15


class OutputLog:
    """Append a child's output to ``path``; at ``max_bytes`` the file becomes ``path.1`` and so on, ``BACKUPS`` deep."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)

    def pump(self, stream: IO[bytes]) -> None:
        """Copy ``stream`` until its end. Where the file fails, the tail says so; the child is never blocked."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        out: IO[bytes] | None = None
        for line in stream:
            self._tail.append(line.decode("utf-8", "replace").rstrip())
            try:
                out = self._rotated(out)
                out.write(line)
            except OSError as error:
                self._tail.append(f"(log {self.path} cannot be written: {error.strerror})")
        if out is not None:
            out.close()

    def tail(self) -> tuple[str, ...]:
        """The last lines of the output, oldest first."""
        return tuple(self._tail)

    def _rotated(self, out: IO[bytes] | None) -> IO[bytes]:
        """The file to write to now; unbuffered, so that a reader sees each line at once."""
        if out is None:
            return self.path.open("ab", buffering=0)
        if out.tell() < self._max_bytes:
            return out
        out.close()
        for number in range(BACKUPS - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self.path.replace(self._numbered(1))
        return self.path.open("ab", buffering=0)

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
