"""A machine that has no more processes to give while the file exists that the environment names."""

import errno
import os
from pathlib import Path

CROWDED = "TEST_SANDBOX_CROWDED"
_fork = os.fork


def _fork_if_there_is_room() -> int:
    if Path(os.environ[CROWDED]).exists():
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
    return _fork()


os.fork = _fork_if_there_is_room
