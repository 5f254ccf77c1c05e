"""Child processes that read pages for the benchmark, all processes of one engine at a time."""

import multiprocessing
import os
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from fieldtrail.benchmarks.engines import PageInput, Reader, Setup
from fieldtrail.benchmarks.metrics import Item

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Reading:
    """One page as read: seconds of wall clock per page with all processes busy, seconds of CPU per page, the items."""

    seconds: float
    cpu_seconds: float
    items: list[Item]


class Crew:
    """The processes of one engine, started and warmed up.

    Raises ``RuntimeError`` where the engine cannot be built.
    """

    def __init__(self, setup: Setup) -> None:
        context = multiprocessing.get_context("spawn")
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(setup.threads)))
        os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
        self._members: list[tuple[Connection, Any]] = []
        for _ in range(setup.processes):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, setup), daemon=True)
            process.start()
            there.close()
            self._members.append((here, process))
        for connection, _ in self._members:
            _receive(connection)

    def read(self, page: PageInput) -> Reading:
        """Gives ``page`` to all processes at once, so that every core works and none waits for another.

        The page is handed over before the clock starts. Raises ``RuntimeError`` where a process fails.
        """
        connections = [connection for connection, _ in self._members]
        for connection in connections:
            connection.send(page)
        for connection in connections:
            _receive(connection)
        start = time.perf_counter()
        for connection in connections:
            connection.send(None)
        used = [_receive(connection) for connection in connections]
        seconds = time.perf_counter() - start
        items = [_receive(connection) for connection in connections]
        return Reading(seconds / len(connections), sum(used) / len(connections), items[0])

    def close(self) -> None:
        """Ends the processes."""
        for connection, process in self._members:
            connection.close()
            process.join(5)
            if process.is_alive():
                process.terminate()


def _serve(connection: Connection, setup: Setup) -> None:
    """The child: builds its reader, then reads page after page until the parent hangs up."""
    try:
        import cv2

        cv2.setNumThreads(setup.threads)
        reader = setup.build(setup.options, setup.threads)
        connection.send(("ready", None))
        _read_pages(connection, reader)
    except EOFError:
        return
    except Exception as error:  # told to the parent, which raises it
        connection.send(("failed", f"{type(error).__name__}: {error}"))


def _read_pages(connection: Connection, reader: Reader) -> None:
    while True:
        page = connection.recv()
        connection.send(("got", None))
        connection.recv()
        before = _cpu_seconds()
        items = reader(page)
        connection.send(("done", _cpu_seconds() - before))
        connection.send(("items", items))


def _cpu_seconds() -> float:
    """CPU that this process and the programs it ran have used."""
    return sum(os.times()[:4])


def _receive(connection: Connection) -> Any:
    kind, value = connection.recv()
    if kind == "failed":
        raise RuntimeError(value)
    return value
