"""The first worker dies right after it has said who it is: the kernel may end any process at any moment."""

import os
import sys
from pathlib import Path
from typing import Any

DIED = "TEST_SANDBOX_DIED"
_child: Any = sys.modules["__main__"]
_send_frame = _child.send_frame


def _send_and_die(connection: Any, message: bytes) -> None:
    _send_frame(connection, message)
    died = Path(os.environ[DIED])
    if not died.exists():
        died.touch()
        os._exit(9)


_child.send_frame = _send_and_die
