"""Untrusted documents are parsed in child processes with limits on time and memory; this runs them.

Each worker has a socket of its own, so that one which is killed, at whatever moment, harms no other: with a pipe
shared by all workers, as ready-made pools have it, a worker killed while it writes its result stalls the whole pool.

The limits guard against accidents and exhaustion. They do not confine code: a parser that a document has taken over
acts with the rights of the user who runs it, so production runs workers in containers of their own.
"""

import asyncio
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from processors.sandbox.parent import Dispatcher, Task
from processors.sandbox.protocol import Failure

T = TypeVar("T")

DEFAULT_MEMORY_MB = 2048
"""Address space of a child that parses; OCR children need 4096."""


class Sandbox:
    """A pool of at most ``workers`` child processes, each with ``memory_mb`` of address space.

    Nothing is started before the first task; then one child after the other, as tasks wait. ``preload`` names
    modules that the children share, imported once. A child ends after ``max_tasks`` tasks, which bounds leaks.
    Usable from any thread; the object belongs to the process that made it.
    """

    def __init__(
        self,
        workers: int,
        memory_mb: int = DEFAULT_MEMORY_MB,
        preload: tuple[str, ...] = (),
        name: str = "sandbox",
        max_tasks: int = 500,
    ) -> None:
        if workers < 1:
            raise ValueError("a sandbox needs at least one worker")
        self._dispatcher = Dispatcher(workers, memory_mb, preload, name, max_tasks)
        self._lock = threading.Lock()
        self._started = False

    async def run(self, fn: Callable[..., T], *args: Any, timeout: float) -> T | Failure:  # noqa: ASYNC109 - not a wait's
        """``fn(*args)`` in a child, or why there is no result. ``timeout`` is in seconds, without waiting for a child.

        ``fn`` must be importable by name in the child, arguments and result picklable (else this raises, or gives
        ``internal``). Cancelling the awaiting task kills the work. After :meth:`close`, raises
        :class:`SandboxClosedError`.
        """
        future = self._submit(fn, args, timeout)
        return cast("T | Failure", _result(await asyncio.wrap_future(future)))

    def run_blocking(self, fn: Callable[..., T], *args: Any, timeout: float) -> T | Failure:
        """As :meth:`run`, for callers without an event loop."""
        future = self._submit(fn, args, timeout)
        try:
            return cast("T | Failure", _result(future.result()))
        finally:
            future.cancel()  # only where the wait was interrupted, as by Ctrl-C

    def close(self, drain_s: float = 0.0) -> None:
        """Take no more tasks, give the running and waiting ones ``drain_s`` seconds, then kill and cancel the rest.

        Blocks until all children are gone. Closing again does nothing.
        """
        self._dispatcher.close(drain_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _submit(self, fn: Callable[..., Any], args: tuple[Any, ...], timeout: float) -> "Future[bytes | Failure]":
        payload = pickle.dumps((fn, args), protocol=pickle.HIGHEST_PROTOCOL)
        with self._lock:
            if not self._started:
                self._dispatcher.start()
                self._started = True
        future: Future[bytes | Failure] = Future()
        self._dispatcher.submit(Task(payload, timeout, future))
        return future


def _result(result: bytes | Failure) -> Any:
    return result if isinstance(result, Failure) else pickle.loads(result)  # noqa: S301 - from our own child
