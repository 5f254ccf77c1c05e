"""What is known about a stack from outside its supervisor: the lock, the state file, and processes left behind."""

import fcntl
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from fieldtrail.stack.errors import StackError
from fieldtrail.stack.layout import Layout
from fieldtrail.stack.process import ProcessState, ProcessStatus

MARKER = "FIELDTRAIL_STACK"
"""Environment variable of every child, and of what they start: the data directory of the stack they belong to."""


@dataclass(frozen=True, slots=True)
class StackStatus:
    """A moment's picture of the stack of one data directory. ``running``: a supervisor holds the lock."""

    running: bool
    supervisor_pid: int | None
    bootstrap_servers: str | None
    processes: tuple[ProcessStatus, ...]

    @property
    def all_up(self) -> bool:
        """Whether the supervisor runs and each of its processes is up."""
        return self.running and bool(self.processes) and all(p.state is ProcessState.UP for p in self.processes)


class SupervisorLock:
    """An advisory lock (``flock``) that one supervisor per data directory holds; the kernel frees it at its death.

    The file says who: the pid and, as pids come again, when that process was born.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock and write our pid into it. Raises :class:`StackError` where another process holds it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+", encoding="utf-8")
        deadline = time.monotonic() + 0.5  # a `status` that is just looking holds it for microseconds
        while not _try_lock(file):
            if time.monotonic() > deadline:
                file.close()
                raise StackError(
                    f"a stack already runs in {self._path.parents[1]} (pid {lock_holder(self._path)}); "
                    "see `fieldtrail status`, or stop it with `fieldtrail down`"
                )
            time.sleep(0.02)
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()} {psutil.Process().create_time()}")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back; does nothing where it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_holder(path: Path) -> int | None:
    """The pid of the supervisor that holds the lock at ``path``, or ``None`` where nobody does."""
    try:
        with path.open("r", encoding="utf-8") as file:
            while not _try_lock(file):
                file.seek(0)
                pid, _, born = file.read().partition(" ")
                if pid.isdigit() and _is_alive(int(pid), born):
                    return int(pid)
                time.sleep(0.02)  # it has the lock, and is just about to write who it is
            return None
    except FileNotFoundError:
        return None


def _is_alive(pid: int, born: str) -> bool:
    """Whether ``pid`` is still the process that was born then, and not another that got its number."""
    try:
        return str(psutil.Process(pid).create_time()) == born
    except psutil.NoSuchProcess:
        return False


def is_running(pid: int) -> bool:
    """Whether there is a process ``pid`` that has not ended; one whose parent has not asked after it yet has."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def write_state(
    path: Path, supervisor_pid: int, bootstrap_servers: str | None, processes: Sequence[ProcessStatus]
) -> None:
    """Replace the state file in one step, so that a reader never sees half of it."""
    document = {
        "supervisor_pid": supervisor_pid,
        "bootstrap_servers": bootstrap_servers,
        "processes": [process_json(process) for process in processes],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(document, indent=1), encoding="utf-8")
    fresh.replace(path)


def read_status(data_dir: Path) -> StackStatus:
    """The stack of ``data_dir`` as of now; what is not running is told as stopped, whatever the file says."""
    layout = Layout(data_dir)
    holder = lock_holder(layout.lock)
    try:
        document = json.loads(layout.state.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return StackStatus(holder is not None, holder, None, ())
    if holder is None:
        document["processes"] = [{**p, "state": "stopped", "pid": None, "since": None} for p in document["processes"]]
    return StackStatus(
        running=holder is not None,
        supervisor_pid=holder,
        bootstrap_servers=document["bootstrap_servers"],
        processes=tuple(_process_from_json(item) for item in document["processes"]),
    )


def process_json(process: ProcessStatus) -> dict[str, Any]:
    """A process's status as JSON types."""
    return {
        "name": process.name,
        "state": process.state.value,
        "pid": process.pid,
        "since": process.since,
        "restarts": process.restarts,
        "address": process.address,
        "log": str(process.log),
        "problem": process.problem,
        "last_lines": list(process.last_lines),
    }


def _process_from_json(item: dict[str, Any]) -> ProcessStatus:
    return ProcessStatus(
        **{
            **item,
            "state": ProcessState(item["state"]),
            "log": Path(item["log"]),
            "last_lines": tuple(item["last_lines"]),
        }
    )


def memory_bytes(pid: int) -> int | None:
    """Resident memory of a process and all that it started, in bytes; ``None`` where it is gone."""
    try:
        process = psutil.Process(pid)
        return sum(_resident(member) for member in [process, *process.children(recursive=True)])
    except psutil.NoSuchProcess:
        return None


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def end_strays(data_dir: Path) -> list[int]:
    """Kill what an earlier stack of ``data_dir`` left running, and return the pids.

    Found by :data:`MARKER` in their environment, so that a pid that now belongs to another program is never touched.
    Call it only while no supervisor runs, or as the supervisor.
    """
    strays = [process for process in psutil.process_iter() if _belongs(process, str(data_dir))]
    for process in strays:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(strays, timeout=10)
    return [process.pid for process in strays]


def _belongs(process: psutil.Process, data_dir: str) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(MARKER) == data_dir
    except (psutil.Error, OSError):  # ended meanwhile, or another user's: not ours
        return False
