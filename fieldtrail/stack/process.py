"""One supervised child process: started, watched, restarted with backoff, stopped for good."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from fieldtrail.stack import leash
from fieldtrail.stack.output import OutputLog


class ProcessState(StrEnum):
    """``failing``: it keeps dying, and is still being retried. ``restarting``: it died and waits for its next start."""

    STARTING = "starting"
    UP = "up"
    RESTARTING = "restarting"
    FAILING = "failing"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """Exponential backoff in seconds: ``first``, doubled per death in a row, at most ``cap``.

    A child that was up for ``reset_after`` starts anew; ``failing_after`` deaths in a row are called failing.
    """

    first: float = 0.2
    cap: float = 15.0
    reset_after: float = 30.0
    failing_after: int = 3

    def delay(self, deaths: int) -> float:
        """Seconds to wait before the start that follows the ``deaths``-th death in a row (from 1)."""
        return float(min(self.cap, self.first * 2 ** min(deaths - 1, 30)))


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to run. ``ready`` is asked until it says yes (it must return within a second or so and not raise);
    without it, a child counts as up after ``settle_s`` alive. ``grace_s``: from SIGTERM to SIGKILL."""

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    address: str | None = None
    ready: Callable[[], bool] | None = None
    ready_timeout_s: float = 60.0
    settle_s: float = 1.0
    grace_s: float = 20.0


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """A moment's picture of one child. ``since`` is Unix time of its latest start; ``problem`` says why it last ended,
    and ``last_lines`` what it wrote before, where it is not up."""

    name: str
    state: ProcessState
    log: Path
    address: str | None = None
    pid: int | None = None
    since: float | None = None
    restarts: int = 0
    problem: str | None = None
    last_lines: tuple[str, ...] = ()


class SupervisedProcess:
    """Keeps one child alive in a thread of its own.

    ``on_change`` is called from that thread with each new status, and must not raise. The thread that starts the
    child lives as long as the child, because the kernel's parent-death signal hangs on the thread, not the process.
    """

    def __init__(
        self,
        spec: ProcessSpec,
        on_change: Callable[[ProcessStatus], None] = lambda _status: None,
        policy: RestartPolicy = RestartPolicy(),
    ) -> None:
        self.spec = spec
        self._on_change = on_change
        self._policy = policy
        self._output = OutputLog(spec.log)
        self._changed = threading.Condition()
        self._status = ProcessStatus(spec.name, ProcessState.STOPPED, spec.log, spec.address)
        self._deaths = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"supervise-{spec.name}", daemon=True)

    @property
    def status(self) -> ProcessStatus:
        """The child as of now."""
        return self._status

    def start(self) -> None:
        """Start supervising; returns at once. A supervised process is started once in its life."""
        self._update(state=ProcessState.STARTING)
        self._thread.start()

    def request_stop(self) -> None:
        """Ask the child to end (SIGTERM) and never start it again; returns at once."""
        with self._changed:
            self._stopping.set()
            process = self._process
        if process is not None:
            process.terminate()

    def stop(self) -> None:
        """:meth:`request_stop`, wait for the grace period, then kill what is left. Returns once the child is gone."""
        self.request_stop()
        if self._thread.ident is None:
            return
        self._thread.join(self.spec.grace_s)
        if self._thread.is_alive():
            self._kill_group()
            self._thread.join()

    def kill(self) -> int:
        """SIGKILL the child, as a chaos test does, and return its pid once the death was noticed.

        Raises ``RuntimeError`` where no child runs.
        """
        with self._changed:
            process, deaths = self._process, self._deaths
            if process is None:
                raise RuntimeError(f"{self.spec.name} is not running")
            process.kill()
            self._changed.wait_for(lambda: self._deaths > deaths)
            return process.pid

    def wait_until(self, condition: Callable[[ProcessStatus], bool], timeout_s: float) -> bool:
        """Wait until the status meets ``condition``; ``False`` if it did not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self._status), timeout_s)

    def _run(self) -> None:
        deaths_in_a_row = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            problem = self._live_once(still_failing=deaths_in_a_row >= self._policy.failing_after)
            if self._stopping.is_set():
                break
            deaths_in_a_row = 1 if time.monotonic() - started >= self._policy.reset_after else deaths_in_a_row + 1
            failing = deaths_in_a_row >= self._policy.failing_after
            self._update(
                state=ProcessState.FAILING if failing else ProcessState.RESTARTING,
                pid=None,
                restarts=self._status.restarts + 1,
                problem=problem,
                last_lines=self._output.tail(),
                died=True,
            )
            self._stopping.wait(self._policy.delay(deaths_in_a_row))
        self._update(state=ProcessState.STOPPED, pid=None, died=True)

    def _live_once(self, still_failing: bool) -> str:
        """One life of the child, from start to end; returns how it ended, in words."""
        try:
            process = self._spawn()
        except OSError as error:
            return f"cannot be started: {error}"
        if process is None:
            return "stopped before it was started"
        pump = threading.Thread(
            target=self._output.pump, args=(process.stdout,), name=f"log-{self.spec.name}", daemon=True
        )
        pump.start()
        self._update(
            state=ProcessState.FAILING if still_failing else ProcessState.STARTING, pid=process.pid, since=time.time()
        )
        overdue = not self._wait_ready(process)
        code = process.wait()
        self._kill_group()  # what the child itself had started
        pump.join(timeout=5)  # the pipe closes with its last writer; one that left the group must not hold us up
        with self._changed:
            self._process = None
        if overdue:
            return f"was not ready within {self.spec.ready_timeout_s:.0f} s"
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        command = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *self.spec.command]
        with self._changed:  # so that a stop either prevents the start or finds the child
            if self._stopping.is_set():
                return None
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **self.spec.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a terminal's Ctrl-C is for the supervisor, which stops its children in order
            )
            return self._process

    def _wait_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait until the child is up, has died or is being stopped; ``False`` if it took too long and was killed."""
        begin = time.monotonic()
        while process.poll() is None and not self._stopping.is_set():
            alive_s = time.monotonic() - begin
            if self.spec.ready() if self.spec.ready else alive_s >= self.spec.settle_s:
                self._update(state=ProcessState.UP)
                return True
            if alive_s > self.spec.ready_timeout_s:
                self._kill_group()
                return False
            self._stopping.wait(0.05)
        return True

    def _kill_group(self) -> None:
        with self._changed:
            process = self._process
        if process is not None:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return  # everyone in it is gone, which is what is wanted

    def _update(self, *, died: bool = False, **changes: object) -> None:
        with self._changed:
            self._status = replace(self._status, **changes)  # type: ignore[arg-type]
            self._deaths += died
            self._on_change(self._status)  # before anyone who waits hears of it, so that the state file is as new
            self._changed.notify_all()
