"""The supervisor as a process of its own: in the foreground, detached, and stopped from outside."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from logging.handlers import RotatingFileHandler
from types import FrameType

from fieldtrail.settings import Settings
from fieldtrail.settings_table import DEFAULT_BROKER_PORT
from fieldtrail.stack import state
from fieldtrail.stack.clickhouse import ClickHouseOptions, why_impossible
from fieldtrail.stack.errors import StackError
from fieldtrail.stack.layout import Layout
from fieldtrail.stack.local import FIELDTRAIL, BrokerOptions, LocalStack, Worker
from streams.contracts.topics import AUDIT

SUPERVISOR_LOG = "supervisor"
STOP_TIMEOUT_S = 90.0
"""More than the grace periods of workers and broker together."""


def build_stack(settings: Settings, stages: Sequence[str], progress: Callable[[str], None]) -> LocalStack:
    """The stack that ``settings`` describe, with a worker per entry of ``stages`` (``all``, ``recognize,extract``)."""
    environment = {"FIELDTRAIL_CONFIG": str(settings.config_file)} if settings.config_file else {}
    layout = Layout(settings.data_dir)

    def tell(line: str) -> None:
        log.info(line)
        progress(line)

    log = _supervisor_log(layout)
    clickhouse_options = _clickhouse_options(settings, tell)
    has_store = clickhouse_options is not None or _is_named(settings)
    sinks = [AUDIT] if settings.audit.enabled and has_store and stages and AUDIT not in stages else []
    stack = LocalStack(
        settings.data_dir,
        [Worker(stages=each, environment=environment) for each in (*stages, *sinks)],
        options=BrokerOptions(
            libs=settings.stack.kafka_libs,
            port=settings.stack.broker_port,
            preferred_port=DEFAULT_BROKER_PORT,
            heap_mb=settings.stack.broker_heap_mb,
        ),
        clickhouse_options=clickhouse_options,
        prepare=lambda _servers: apply_topics(stack, tell) if stages else None,
        progress=tell,
    )
    return stack


def _clickhouse_options(settings: Settings, progress: Callable[[str], None]) -> ClickHouseOptions | None:
    """What the stack's ClickHouse may take; ``None`` where it is not to have one. Raises :class:`StackError`."""
    wanted = settings.stack.clickhouse
    if wanted == "off" or (wanted == "auto" and _is_named(settings)):
        return None
    problem = why_impossible()
    if problem is None:
        return ClickHouseOptions(settings.stack.clickhouse_memory_mb, database=settings.clickhouse.database)
    if wanted == "on":
        raise StackError(problem)
    progress(f"no audit trail: {problem}")
    return None


def _is_named(settings: Settings) -> bool:
    """Whether the settings name a ClickHouse that is not the stack's own."""
    return settings.origin("clickhouse.dsn").startswith(("flag", "environment", "file"))


def apply_topics(stack: LocalStack, progress: Callable[[str], None]) -> None:
    """Create the topics on the stack's broker. Raises :class:`StackError` with what the command said if it fails."""
    progress("creating the topics")
    command = [*FIELDTRAIL, "topics", "apply"]
    environment = {**os.environ, **stack.client_environment()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise StackError(f"the topics could not be created: {said[-1] if said else f'exit code {done.returncode}'}")


def run_foreground(stack: LocalStack, on_ready: Callable[[], object]) -> None:
    """Run ``stack`` until SIGTERM or SIGINT, then stop it in order; a second SIGINT does not wait for that.

    Raises :class:`StackError` where the stack cannot be started.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    with contextlib.suppress(_Interrupted), stack:
        on_ready()
        threading.Event().wait()


class _Interrupted(BaseException):
    """Like ``KeyboardInterrupt``: no error, it only unwinds."""


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise _Interrupted


def start_detached(settings: Settings, stages: Sequence[str], progress: Callable[[str], None]) -> None:
    """Start a supervisor that outlives this process, and return once its stack is up.

    Raises :class:`StackError` with the supervisor's own words where it cannot; then nothing is left running.
    """
    layout = Layout(settings.data_dir)
    layout.logs.mkdir(parents=True, exist_ok=True)
    read_end, write_end = os.pipe()
    command = [*FIELDTRAIL, "up", "--foreground", "--ready-fd", str(write_end), "--data-dir", str(settings.data_dir)]
    command += [part for each in stages for part in ("--worker", each)] if stages else ["--no-workers"]
    environment = {**os.environ, **({"FIELDTRAIL_CONFIG": str(settings.config_file)} if settings.config_file else {})}
    with layout.log("supervisor.crash").open("wb") as crash:
        child = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=crash,
            stderr=crash,
            pass_fds=(write_end,),
            start_new_session=True,
        )
    os.close(write_end)
    try:
        _follow_start(read_end, progress, layout)
    except BaseException:
        child.terminate()  # an interrupted `up` leaves nothing half started
        child.wait()
        raise


def _follow_start(read_end: int, progress: Callable[[str], None], layout: Layout) -> None:
    with os.fdopen(read_end, encoding="utf-8") as pipe:
        for message in map(json.loads, pipe):
            if "ready" in message:
                return
            if "error" in message:
                raise StackError(message["error"])
            progress(message["line"])
    raise StackError(f"the supervisor ended before the stack was up; see {layout.log('supervisor.crash')}")


@contextlib.contextmanager
def announcing(ready_fd: int) -> Iterator[Callable[[dict[str, object]], None]]:
    """The other end of :func:`start_detached`: a function that sends it one message. Nobody listening is no error."""
    with os.fdopen(ready_fd, "w", encoding="utf-8") as pipe:

        def send(message: dict[str, object]) -> None:
            with contextlib.suppress(BrokenPipeError):
                pipe.write(json.dumps(message) + "\n")
                pipe.flush()

        yield send


def stop_detached(settings: Settings) -> bool:
    """Stop the supervisor of the data directory and all it runs; ``False`` where none ran. Ends strays either way."""
    layout = Layout(settings.data_dir)
    pid = state.lock_holder(layout.lock)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        # Its lock is free a moment before it is gone itself; a caller may remove its directory at once.
        while state.lock_holder(layout.lock) == pid or state.is_running(pid):
            if time.monotonic() > deadline:
                with contextlib.suppress(ProcessLookupError):  # it ended just now
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
    state.end_strays(layout.data_dir)
    return pid is not None


def _supervisor_log(layout: Layout) -> logging.Logger:
    layout.logs.mkdir(parents=True, exist_ok=True)
    log = logging.Logger("fieldtrail.supervisor")  # not in the logging tree: it belongs to this data directory alone
    handler = RotatingFileHandler(layout.log(SUPERVISOR_LOG), maxBytes=10 * 1024 * 1024, backupCount=3, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    return log
