"""What the sandbox tests run in children: importable by name, and nothing else imported."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

calls = 0


def add(first: int, second: int) -> int:
    return first + second


def count_calls() -> int:
    global calls
    calls += 1
    return calls


def littered() -> int:
    import sandbox_littering

    return sandbox_littering.left_behind.pid


def process_id() -> int:
    return os.getpid()


def modules() -> set[str]:
    return set(sys.modules)


def sleep_and_tell(started: str, seconds: float) -> str:
    Path(started).write_text(str(os.getpid()))
    time.sleep(seconds)
    return "slept"


def spin_in_c(started: str) -> None:
    """Holds the interpreter lock for ever, as a parser that hangs in C does: no Python signal handler runs."""
    Path(started).write_text(str(os.getpid()))
    ctypes.PyDLL(None).sleep(3600)


def echo(data: bytes) -> bytes:
    return data


def zeros(length: int) -> bytes:
    return bytes(length)


def raise_error(message: str) -> None:
    raise KeyError(message)


def leave(code: int) -> None:
    os._exit(code)


def stop_interpreter() -> None:
    raise SystemExit(3)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def result_without_pickle() -> object:
    return lambda: None


def send_to_all(number: int) -> str:
    """Also to the process that this one was forked from."""
    os.kill(os.getppid(), number)
    os.kill(os.getpid(), number)
    return "still here"


def open_pdf_page_count(path: str) -> int:
    import pymupdf

    with pymupdf.open(path) as document:
        return int(document.page_count)


def complain(lines: int) -> int:
    """Writes to standard error as a C library does, and never minds whether that worked."""
    for number in range(lines):
        with contextlib.suppress(BlockingIOError):
            os.write(2, b"row %06d is damaged\n" % number)
    return lines


def complain_and_leave() -> None:
    complain(1)
    os.abort()
