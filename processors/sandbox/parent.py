"""The parent's side of a sandbox: one thread that hands tasks to workers and watches over them."""

import contextlib
import os
import pickle
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

from processors.errors import ErrorCode
from processors.sandbox.protocol import EXITED, FORK, FRAME_HEADER, KILL, LAST, RECORD, Failure, SandboxClosedError

_READ_SIZE = 1 << 18
_MOST_FAILED_STARTS = 3
_NURSERY_END_S = 5.0
_START_AGAIN_S = 1.0
_BURIAL_S = 5.0
"""The nursery tells at once that a worker has ended; a task whose worker hung up never waits longer for that."""


@dataclass(slots=True, eq=False)
class Task:
    """A pickled call, its time limit in seconds, and where its pickled result goes.

    The future stays pending while the task runs, so that it can be cancelled at any time.
    """

    payload: bytes
    timeout: float
    future: "Future[bytes | Failure]"

    def finish(self, result: bytes | Failure) -> None:
        """Deliver the result; a task that was cancelled in the meantime wants none."""
        with contextlib.suppress(InvalidStateError):
            self.future.set_result(result)


@dataclass(slots=True, eq=False)
class _Worker:
    """A child as the parent knows it. ``pid`` is ``None`` until it has reported for work."""

    connection: socket.socket
    pid: int | None = None
    task: Task | None = None
    deadline: float = 0.0
    tasks_done: int = 0
    inbox: bytearray = field(default_factory=bytearray)
    outbox: memoryview = field(default_factory=lambda: memoryview(b""))


class Dispatcher:
    """Owns the nursery and its workers; everything below ``_serve`` runs in, and belongs to, one thread."""

    def __init__(self, workers: int, memory_mb: int, preload: tuple[str, ...], name: str, max_tasks: int) -> None:
        self._most_workers = workers
        self._preload = preload
        self._memory_mb = memory_mb
        self._max_tasks = max_tasks
        self._submitted: deque[Task] = deque()
        self._closing_at: float | None = None
        self._has_ended = False
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_write.setblocking(False)
        self._thread = threading.Thread(target=self._serve, name=f"sandbox-{name}", daemon=True)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._waiting: deque[Task] = deque()
        self._workers: list[_Worker] = []
        # Tasks of workers that hung up, until their exit code is known, or until then.
        self._dying: dict[int, tuple[Task, float]] = {}
        self._failed_starts = 0
        self._start_again_at = 0.0
        self._nursery: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._records = bytearray()

    # Called from any thread.

    def start(self) -> None:
        """Start the thread; children come with the first task."""
        self._thread.start()

    def submit(self, task: Task) -> None:
        """Queue a task. Raises ``RuntimeError`` after :meth:`close`."""
        if self._closing_at is not None:
            raise SandboxClosedError("the sandbox is closed")
        task.future.add_done_callback(self._wake_if_cancelled)
        self._submitted.append(task)
        self._wake()
        if self._has_ended:  # between the question above and here, so nobody may have seen the task
            task.future.cancel()

    def close(self, drain_s: float) -> None:
        """See :meth:`processors.sandbox.Sandbox.close`."""
        if self._closing_at is None:
            self._closing_at = time.monotonic() + drain_s
        if self._thread.is_alive():
            self._wake()
            self._thread.join()

    def _wake(self) -> None:
        # A full buffer means that the thread is awake anyway; a closed one that it has ended.
        with contextlib.suppress(BlockingIOError, OSError):
            self._wake_write.send(b"\0")

    def _wake_if_cancelled(self, future: "Future[bytes | Failure]") -> None:
        if future.cancelled():
            self._wake()

    # The dispatcher's thread.

    def _serve(self) -> None:
        try:
            while not self._is_finished():
                self._assign()
                for key, events in self._selector.select(self._time_to_wait()):
                    self._handle(key, events)
                self._stop_cancelled_and_late()
        finally:
            self._shut_down()

    def _is_finished(self) -> bool:
        if self._closing_at is None:
            return False
        idle = not (self._submitted or self._waiting or self._dying or any(worker.task for worker in self._workers))
        return idle or time.monotonic() >= self._closing_at

    def _time_to_wait(self) -> float | None:
        times = [worker.deadline for worker in self._workers if worker.task]
        times += [until for _, until in self._dying.values()]
        if self._waiting and self._start_again_at > time.monotonic():
            times.append(self._start_again_at)
        if self._closing_at is not None:
            times.append(self._closing_at)
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _handle(self, key: selectors.SelectorKey, events: int) -> None:
        if key.fileobj is self._wake_read:
            self._wake_read.recv(4096)
        elif key.fileobj is self._control:
            self._hear_nursery()
        else:
            worker: _Worker = key.data
            if worker in self._workers and events & selectors.EVENT_WRITE:
                self._send(worker)
            if worker in self._workers and events & selectors.EVENT_READ:
                self._hear(worker)

    def _assign(self) -> None:
        """Give waiting tasks to idle workers, and start workers for the rest, up to the most there may be."""
        while self._submitted:
            self._waiting.append(self._submitted.popleft())
        idle = [worker for worker in self._workers if worker.pid is not None and worker.task is None]
        while self._waiting and (idle or self._waiting[0].future.cancelled()):
            task = self._waiting.popleft()
            if task.future.cancelled():
                continue
            worker = idle.pop()
            worker.task, worker.deadline = task, time.monotonic() + task.timeout
            worker.outbox = memoryview(FRAME_HEADER.pack(len(task.payload)) + task.payload)
            self._send(worker)
        if time.monotonic() < self._start_again_at:
            return
        starting = sum(1 for worker in self._workers if worker.pid is None)
        for _ in range(min(len(self._waiting) - starting, self._most_workers - len(self._workers))):
            self._start_worker()

    def _start_worker(self) -> None:
        if self._control is None:
            try:
                self._start_nursery()
            except OSError as error:  # out of processes, memory or descriptors
                self._forget_nursery()
                self._fail_waiting(f"no process can be made: {error.strerror}")
                return
        assert self._control is not None
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [RECORD.pack(FORK, 0, 0)], [theirs.fileno()])
            except OSError:
                ours.close()  # the nursery is gone; its closed socket says so to _hear_nursery
                return
        ours.setblocking(False)
        worker = _Worker(ours)
        self._workers.append(worker)
        self._selector.register(ours, selectors.EVENT_READ, worker)

    def _start_nursery(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ}  # its threads would not survive the forks
            self._nursery = subprocess.Popen(
                [sys.executable, "-P", "-m", "processors.sandbox.child", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=environment,
            )
        settings = pickle.dumps((sys.path, self._preload, self._memory_mb))
        self._control.sendall(FRAME_HEADER.pack(len(settings)) + settings)
        self._records.clear()
        self._selector.register(self._control, selectors.EVENT_READ)

    def _forget_nursery(self) -> None:
        """Undo a start that failed on its way."""
        if self._nursery is not None:
            self._nursery.kill()
            self._nursery.wait()
            self._nursery = None
        if self._control is not None:
            self._control.close()
            self._control = None

    def _send(self, worker: _Worker) -> None:
        """Send what the worker's socket takes, and the rest when it takes more."""
        try:
            while worker.outbox:
                worker.outbox = worker.outbox[worker.connection.send(worker.outbox) :]
        except BlockingIOError:
            self._selector.modify(worker.connection, selectors.EVENT_READ | selectors.EVENT_WRITE, worker)
        except OSError:
            self._hang_up(worker)
        else:
            self._selector.modify(worker.connection, selectors.EVENT_READ, worker)

    def _hear(self, worker: _Worker) -> bool:
        """Read some of what a worker sent: first its process id, then results. ``False`` where there is no more."""
        try:
            data = worker.connection.recv(_READ_SIZE)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._hang_up(worker)
            return False
        worker.inbox += data
        self._take_message(worker)
        return True

    def _take_message(self, worker: _Worker) -> None:
        """Act on the message in the worker's inbox, once it is whole; a worker never sends two unasked."""
        if len(worker.inbox) < FRAME_HEADER.size:
            return
        end = FRAME_HEADER.size + FRAME_HEADER.unpack_from(worker.inbox)[0]
        if len(worker.inbox) < end:
            return
        message = bytes(memoryview(worker.inbox)[FRAME_HEADER.size : end])
        worker.inbox = bytearray()
        if worker.pid is None:
            [worker.pid] = struct.unpack("=i", message)
            self._failed_starts = 0
            return
        task, worker.task = worker.task, None
        worker.tasks_done += 1
        if message[:1] == LAST or worker.tasks_done >= self._max_tasks:
            self._drop(worker)
        if task is not None:
            task.finish(message[1:])

    def _hang_up(self, worker: _Worker) -> None:
        """A worker's socket closed: it died, or is about to. What it died of comes from the nursery."""
        self._drop(worker)
        if worker.pid is None:
            self._failed_starts += 1
            if any(other.pid is not None for other in self._workers):  # who serve what waits, meanwhile
                self._start_again_at = time.monotonic() + _START_AGAIN_S
            elif self._failed_starts >= _MOST_FAILED_STARTS:
                self._fail_waiting(
                    "its processes end before they begin; is memory_mb too small for the preloaded modules?"
                )
        elif worker.task is not None:
            self._dying[worker.pid] = (worker.task, time.monotonic() + _BURIAL_S)
            self._order_kill(worker.pid)

    def _hear_nursery(self) -> None:
        assert self._control is not None
        try:
            data = self._control.recv(_READ_SIZE)
        except OSError:
            data = b""
        if not data:
            self._lose_nursery()
            return
        self._records += data
        while len(self._records) >= RECORD.size:
            operation, pid, code = RECORD.unpack_from(self._records)
            del self._records[: RECORD.size]
            if operation == EXITED:
                self._bury(pid, code)

    def _bury(self, pid: int, code: int) -> None:
        """A worker has ended. A result that it sent just before counts, and so does that it was ever there: no task
        must go to one whose death was told before its beginning was heard.
        """
        for worker in [worker for worker in self._workers if worker.pid is None]:
            self._hear(worker)
        for worker in self._workers:
            if worker.pid == pid:
                # The loop ends with the socket's end, where _hang_up moves the task to the dying ones.
                while worker.task is not None and self._hear(worker):
                    pass
                if worker in self._workers:
                    self._drop(worker)
                break
        self._finish_dying(pid, _cause(code))

    def _finish_dying(self, pid: int, how: str) -> None:
        task, _ = self._dying.pop(pid, (None, 0.0))
        if task is not None:
            task.finish(Failure(ErrorCode.WORKER_CRASHED, f"The process that read the document {how}."))

    def _lose_nursery(self) -> None:
        """The nursery is dead, and its children with it. It is started again for the next task."""
        assert self._control is not None
        assert self._nursery is not None
        self._selector.unregister(self._control)
        self._control.close()
        self._control = None
        code = self._nursery.wait()
        never_worked = all(worker.pid is None for worker in self._workers) and not self._dying
        lost = [worker.task for worker in self._workers if worker.task is not None]
        lost += [task for task, _ in self._dying.values()]
        for worker in list(self._workers):
            self._drop(worker)
        self._dying.clear()
        for task in lost:
            task.finish(Failure(ErrorCode.WORKER_CRASHED, f"The process that starts workers {_cause(code)}."))
        if never_worked:
            self._fail_waiting(f"the process that starts workers {_cause(code)}")

    def _fail_waiting(self, why: str) -> None:
        """No worker can be started: waiting tasks fail, rather than wait for ever. Later tasks try again."""
        self._failed_starts = 0
        while self._waiting:
            self._waiting.popleft().finish(
                Failure(ErrorCode.INTERNAL, f"The sandbox cannot start: {why}.", by_machine=True)
            )

    def _stop_cancelled_and_late(self) -> None:
        now = time.monotonic()
        for worker in list(self._workers):
            task = worker.task
            if task is None or not (task.future.cancelled() or worker.deadline <= now):
                continue
            self._drop(worker)
            assert worker.pid is not None
            self._order_kill(worker.pid)
            task.finish(Failure(ErrorCode.TIMEOUT, f"The document took longer than {task.timeout:g} s."))
        for pid in [pid for pid, (_, until) in self._dying.items() if until <= now]:
            self._finish_dying(pid, "closed its connection")

    def _drop(self, worker: _Worker) -> None:
        """Forget a worker; an idle one ends when its socket closes."""
        self._workers.remove(worker)
        self._selector.unregister(worker.connection)
        worker.connection.close()

    def _order_kill(self, pid: int) -> None:
        """Through the nursery, which knows whether the process id is still its child's."""
        if self._control is not None:
            with contextlib.suppress(OSError):  # where the nursery is gone, so are its children
                self._control.sendall(RECORD.pack(KILL, pid, 0))

    def _shut_down(self) -> None:
        """Kill what still runs, cancel what still waits, and end the nursery. Nothing can be submitted any more."""
        self._closing_at = self._closing_at or time.monotonic()
        self._has_ended = True
        tasks = [*self._submitted, *self._waiting, *(task for task, _ in self._dying.values())]
        for worker in list(self._workers):
            self._drop(worker)
            if worker.task is not None and worker.pid is not None:
                tasks.append(worker.task)
                self._order_kill(worker.pid)
        if self._control is not None:
            self._selector.unregister(self._control)
            self._control.close()
        if self._nursery is not None:
            try:
                self._nursery.wait(_NURSERY_END_S)
            except subprocess.TimeoutExpired:
                self._nursery.kill()
                self._nursery.wait()
        for task in tasks:
            task.future.cancel()
        self._selector.close()
        self._wake_read.close()
        self._wake_write.close()


def _cause(code: int) -> str:
    """An exit code in words; negative ones are signals."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", as the kernel does when memory runs out" if -code == signal.SIGKILL else ""
    return f"was ended by {name}{hint}"
