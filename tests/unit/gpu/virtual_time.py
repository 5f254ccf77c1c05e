"""An event loop whose clock jumps to the next timer instead of waiting for it, and a device that takes such time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
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
    """Runs what it is given at once, and gives the result ``seconds(…)`` of virtual time later."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()

        def finish() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except Exception as error:
                    future.set_exception(error)

        asyncio.get_running_loop().call_later(self._seconds, finish)
        return future


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """``asyncio.run`` in virtual time, from 0.0 on."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
