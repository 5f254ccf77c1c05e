"""What a sandbox's parent and children say to each other, and the failures they name."""

import socket
import struct
from dataclasses import dataclass

from processors.errors import ErrorCode

RECORD = struct.Struct("=cii")
"""On the control socket: an operation, a process id, and an exit code (negative: the signal that ended it)."""
FORK, KILL, EXITED = b"F", b"K", b"X"

FRAME_HEADER = struct.Struct("=Q")
"""On a worker's socket, before each message: its length in bytes."""
MORE, LAST = b"\0", b"\1"
"""First byte of a result: whether the worker takes more tasks, or ends because its memory ran out."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task gave no result.

    ``code`` is ``timeout``, ``out_of_memory``, ``worker_crashed`` or ``internal`` (the function raised); ``detail``
    is the traceback in the child, for logs and never for users. ``by_machine``: no child could be started, so the
    fault lies with the machine and not with the task.
    """

    code: ErrorCode
    message: str
    detail: str = ""
    by_machine: bool = False


class SandboxClosedError(RuntimeError):
    """The sandbox takes no more tasks: it was closed, or the thread that runs it ended."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that memory ran out: Python's own, MuPDF's failed malloc, OpenCV's, onnxruntime's."""
    if isinstance(error, MemoryError):
        return True
    text = str(error)
    return any(mark in text for mark in ("malloc", "Failed to allocate", "bad allocation", "bad_alloc"))


def describe(error: BaseException) -> str:
    """Type and message, in at most 500 characters."""
    return f"{type(error).__name__}: {error}"[:500]


def send_frame(connection: socket.socket, message: bytes) -> None:
    """One message, whole."""
    connection.sendall(FRAME_HEADER.pack(len(message)))
    connection.sendall(message)


def receive_frame(connection: socket.socket) -> bytes | None:
    """The next message, or ``None`` where the other side has closed."""
    header = receive_exactly(connection, FRAME_HEADER.size)
    if not header:
        return None
    [length] = FRAME_HEADER.unpack(header)
    return receive_exactly(connection, length)


def receive_exactly(connection: socket.socket, length: int) -> bytes:
    """``length`` bytes, or none where the other side has closed before the first."""
    data = bytearray()
    while len(data) < length:
        part = connection.recv(min(length - len(data), 1 << 20))
        if not part:
            if data:
                raise EOFError("the connection closed within a message")
            break
        data += part
    return bytes(data)
