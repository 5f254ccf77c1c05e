"""The processes behind :class:`processors.sandbox.Sandbox`: one nursery, and the workers it forks.

The nursery imports the preloaded modules once, stays single-threaded, and forks a worker for every socket that the
parent sends it. A worker serves one task after the other on its socket. When the parent dies, however it dies, the
nursery sees its control socket close and ends; the kernel then ends the workers.

What a worker writes to its standard error goes to a pipe that nobody reads while a task runs, so that no file can fill
the log: libtiff writes a line for each damaged row of a scan. Its beginning is passed on when the task, or the worker,
has ended.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import pickle
import resource
import selectors
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

from processors.errors import ErrorCode
from processors.sandbox.protocol import (
    EXITED,
    FORK,
    KILL,
    LAST,
    MORE,
    RECORD,
    Failure,
    describe,
    is_out_of_memory,
    receive_exactly,
    receive_frame,
    send_frame,
)

_PR_SET_PDEATHSIG = 1

_MOST_SAID = 2000
"""Bytes of a task's complaints that are passed on."""
_PIPE_READ = 1 << 16


class _Forked(NamedTuple):
    """What a worker is born with: its socket, the pipe of its standard error, and the nursery's own."""

    connection: socket.socket
    said: int
    stderr: int


def main() -> None:
    """Runs as ``python -m processors.sandbox.child FD``, with FD the nursery's end of the control socket."""
    # Ctrl-C reaches the whole terminal group, and a service manager's SIGTERM the whole unit; the parent decides what
    # they mean for running tasks.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = receive_frame(control)
    if settings is None:
        return
    path, preload, memory_mb = pickle.loads(settings)  # noqa: S301 - from our own parent
    sys.path[:] = path
    for module in preload:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # the collector would otherwise touch, and so copy, the pages shared with the workers
    worker = _serve_nursery(control)
    if worker is not None:
        control.close()
        _serve_tasks(worker, memory_mb)


def _serve_nursery(control: socket.socket) -> _Forked | None:
    """Fork, kill and report until the parent is gone. Returns in each forked worker, and ``None`` in the end."""
    wake_read, wake_write = socket.socketpair()
    wake_read.setblocking(False)
    wake_write.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write.fileno(), warn_on_full_buffer=False)
    children: dict[int, int] = {}  # the pipes of their standard errors, by pid
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(wake_read, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if wake_read in ready:
                wake_read.recv(4096)
                _report_exits(control, children)
            if control not in ready:
                continue
            data, descriptors, _, _ = socket.recv_fds(control, RECORD.size, 1)
            if not data:
                signal.set_wakeup_fd(-1)  # workers still end, and nobody listens any more
                return None
            operation, pid, _ = RECORD.unpack(data + receive_exactly(control, RECORD.size - len(data)))
            if operation == KILL and pid in children:
                os.kill(pid, signal.SIGKILL)
            elif operation == FORK:
                forked = _fork()
                if forked is None:
                    os.close(descriptors[0])  # which tells the parent that no worker will come
                    continue
                pid, said, saying = forked
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    wake_read.close()
                    wake_write.close()
                    for other in children.values():
                        os.close(other)
                    return _Forked(socket.socket(fileno=descriptors[0]), said, _muffled(said, saying))
                os.close(descriptors[0])
                os.close(saying)
                children[pid] = said


def _fork() -> tuple[int, int, int] | None:
    """What ``os.fork`` returns, and both ends of a pipe; ``None`` where the machine has no more of them to give, which
    is no reason to end the workers that there are.
    """
    ends: tuple[int, ...] = ()
    try:
        said, saying = ends = os.pipe()
        return os.fork(), said, saying
    except OSError as error:
        for end in ends:
            os.close(end)
        os.write(2, f"no process can be made: {error.strerror}\n".encode())
        return None


def _muffled(said: int, saying: int) -> int:
    """Puts the pipe in the place of this process's standard error; what no longer fits in is lost. Returns the old."""
    stderr = os.dup(2)
    os.set_blocking(said, False)
    os.set_blocking(saying, False)
    os.dup2(saying, 2)
    os.close(saying)
    return stderr


def _pass_on(said: int, stderr: int) -> None:
    """Writes the beginning of what the pipe holds to ``stderr``, empties it, and says how much was left out."""
    data = b""
    with contextlib.suppress(BlockingIOError):
        while part := os.read(said, _PIPE_READ):
            data += part
    if len(data) > _MOST_SAID:
        left_out = f"[{len(data) - _MOST_SAID} bytes and more left out]\n"
        data = data[:_MOST_SAID] + b"\n" + left_out.encode()
    with contextlib.suppress(OSError):  # who started us may have closed it
        while data:
            data = data[os.write(stderr, data) :]


def _report_exits(control: socket.socket, children: dict[int, int]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        if (said := children.pop(pid, None)) is None:
            continue  # a process that an imported module had started
        _pass_on(said, 2)
        os.close(said)
        control.sendall(RECORD.pack(EXITED, pid, os.waitstatus_to_exitcode(status)))


def _serve_tasks(forked: _Forked, memory_mb: int) -> None:
    """A worker's life: say who it is, then a result for every task, until the parent closes the socket."""
    connection = forked.connection
    _die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    send_frame(connection, struct.pack("=i", os.getpid()))
    while (task := receive_frame(connection)) is not None:
        result = _perform(task)
        _pass_on(forked.said, forked.stderr)
        send_frame(connection, result)
        if result[:1] == LAST:
            return


def _die_with_parent() -> None:
    """Have the kernel kill this process when the nursery dies (Linux; elsewhere it ends after its running task)."""
    if sys.platform != "linux":
        return
    nursery = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != nursery:  # it died before the call
        os._exit(1)


def _perform(task: bytes) -> bytes:
    """The pickled result of the pickled call, a :class:`Failure` where it raised; ``MORE`` or ``LAST`` before it."""
    try:
        function: Callable[..., Any]
        function, arguments = pickle.loads(task)  # noqa: S301 - from our own parent
        return MORE + pickle.dumps(function(*arguments), protocol=pickle.HIGHEST_PROTOCOL)
    except BaseException as error:  # a task may raise anything, and the worker goes on
        detail = traceback.format_exc()
        if is_out_of_memory(error):
            failure = Failure(ErrorCode.OUT_OF_MEMORY, "The document needs more memory than one may take.", detail)
        else:
            failure = Failure(ErrorCode.INTERNAL, describe(error), detail)
    # Outside the handler: the traceback no longer holds what the failed call had allocated.
    flag = LAST if failure.code is ErrorCode.OUT_OF_MEMORY else MORE
    return flag + pickle.dumps(failure, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main()
