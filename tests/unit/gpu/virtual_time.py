"""An event loop whose clock jumps to the next timer instead of waiting for it, and a device that takes such time."""

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("everything waits, and no timer is left: a deadlock")
        self.now += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


class TimedDevice(Executor):
    """Runs what it is given on ``threads`` threads, in the order given. Each begins at once, and its result comes
    ``seconds`` of virtual time later."""

    def __init__(self, seconds: float, threads: int = 1) -> None:
        self._seconds = seconds
        self._free = threads
        self.given = 0
        """How often it was given something."""
        self._given: deque[tuple[Future[Any], Callable[[], Any]]] = deque()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        self.given += 1
        self._given.append((future, partial(fn, *args, **kwargs)))
        self._begin()
        return future

    def _begin(self) -> None:
        while self._free and self._given:
            future, work = self._given.popleft()
            if future.set_running_or_notify_cancel():
                self._free -= 1
                try:
                    end = partial(future.set_result, work())
                except Exception as error:
                    end = partial(future.set_exception, error)
                asyncio.get_running_loop().call_later(self._seconds, self._end, end)

    def _end(self, end: Callable[[], None]) -> None:
        self._free += 1
        self._begin()
        end()


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """``asyncio.run`` in virtual time, from 0.0 on."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
