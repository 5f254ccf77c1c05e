"""The local stack: one Kafka broker, a ClickHouse where wanted, and any number of workers, supervised together."""

import os
import sys
import threading
import time
import urllib.error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from fieldtrail.stack import broker, clickhouse, state
from fieldtrail.stack.errors import StackError
from fieldtrail.stack.java import find_java
from fieldtrail.stack.layout import Layout
from fieldtrail.stack.ports import DIRECT, HOST, PortBook
from fieldtrail.stack.process import ProcessSpec, ProcessState, ProcessStatus, RestartPolicy, SupervisedProcess

FIELDTRAIL = (sys.executable, "-m", "fieldtrail")
BROKER = "broker"
CLICKHOUSE = "clickhouse"
READY_PATH = "/ready"
"""What a worker answers with status 200 once it takes records."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One ``fieldtrail worker`` child running ``stages``. ``command`` replaces it, for tests of the stack itself;
    such a child counts as up once it has been alive for a second, and gets no HTTP port."""

    stages: str = "all"
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    grace_s: float = 35.0


@dataclass(frozen=True, slots=True)
class BrokerOptions:
    """``port`` 0 keeps the port of an earlier start, else takes ``preferred_port`` if free, else any free one."""

    libs: Path
    port: int = 0
    preferred_port: int = 0
    heap_mb: int = 512


class LocalStack:
    """Starts and supervises the stack of one data directory; use it as a context manager.

    A child that dies is restarted; all of them end with this process, however it ends. ``prepare`` is called with
    the bootstrap servers once the servers answer and before the workers start (it creates the topics); what it raises
    ends the start. ``clickhouse_options`` adds a ClickHouse, with the audit trail's tables made. ``progress`` is told
    what is going on, one line at a time, also from other threads. One instance is started once.
    """

    def __init__(
        self,
        data_dir: Path,
        workers: Sequence[Worker] = (),
        *,
        options: BrokerOptions | None = None,
        clickhouse_options: clickhouse.ClickHouseOptions | None = None,
        prepare: Callable[[str], None] | None = None,
        progress: Callable[[str], None] = lambda _line: None,
        start_timeout_s: float = 90.0,
        restart: RestartPolicy = RestartPolicy(),  # noqa: B008  frozen
    ) -> None:
        self.layout = Layout(data_dir.resolve())
        self._workers = tuple(workers)
        self._options = options or BrokerOptions(default_kafka_libs())
        self._clickhouse_options = clickhouse_options
        self._prepare = prepare
        self._progress = progress
        self._start_timeout_s = start_timeout_s
        self._restart = restart
        self._lock = state.SupervisorLock(self.layout.lock)
        self._writing = threading.Lock()
        self._processes: list[SupervisedProcess] = []
        self._bootstrap_servers: str | None = None
        self._clickhouse_dsn: str | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def bootstrap_servers(self) -> str:
        """``host:port`` of the broker. Raises :class:`StackError` before :meth:`start`."""
        if self._bootstrap_servers is None:
            raise StackError("the stack was not started")
        return self._bootstrap_servers

    @property
    def clickhouse_dsn(self) -> str | None:
        """The DSN of the stack's ClickHouse, password and all; ``None`` where it has none."""
        return self._clickhouse_dsn

    @property
    def data_dir(self) -> Path:
        """The data directory, absolute."""
        return self.layout.data_dir

    def start(self) -> None:
        """Start everything and return once all of it is up.

        Raises :class:`StackError` where that cannot be done (no Java, a taken port, another supervisor, a child that
        keeps dying); then nothing is left running.
        """
        self._lock.acquire()
        try:
            for pid in state.end_strays(self.data_dir):
                self._progress(f"ended process {pid}, left behind by an earlier run")
            if self._clickhouse_options is not None:
                self._launch_clickhouse(self._clickhouse_options)
            self._start_broker()
            if self._clickhouse_options is not None:
                self._finish_clickhouse(self._clickhouse_options)
            if self._prepare is not None:
                self._prepare(self.bootstrap_servers)
            self._start_workers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the workers (they drain), then the servers; kill what does not end in its grace period. Idempotent."""
        workers = [process for process in self._processes if process.spec.name not in (BROKER, CLICKHOUSE)]
        for process in workers:
            process.request_stop()
        for process in workers + [process for process in self._processes if process not in workers]:
            process.stop()
        self._lock.release()

    def status(self) -> tuple[ProcessStatus, ...]:
        """Every process as of now, the broker first."""
        ordered = sorted(self._processes, key=lambda process: process.spec.name != BROKER)
        return tuple(process.status for process in ordered)

    def kill(self, name: str) -> int:
        """SIGKILL the process ``name`` (``broker``, ``worker-0``); its pid, once the supervisor noticed the death."""
        return self._process(name).kill()

    def wait_until_up(self, name: str, timeout_s: float = 60.0) -> None:
        """Wait until the process ``name`` is up. Raises :class:`StackError`, with its last output, if it is not."""
        process = self._process(name)
        process.wait_until(lambda now: now.state in (ProcessState.UP, ProcessState.FAILING), timeout_s)
        if process.status.state is not ProcessState.UP:
            raise StackError(_complaint(process.status))

    def _process(self, name: str) -> SupervisedProcess:
        for process in self._processes:
            if process.spec.name == name:
                return process
        raise StackError(f"the stack has no process {name!r}; it has {', '.join(p.spec.name for p in self._processes)}")

    def _start_broker(self) -> None:
        java = find_java()
        ports = PortBook(self.layout.ports)
        port, controller_port = self._broker_port(ports), ports.choose("controller")
        begin = time.monotonic()
        self._progress(f"starting Apache Kafka on {HOST}:{port} (Java {java.major})")
        command = broker.prepare(
            java, self._options.libs, self.layout.kafka, port, controller_port, self._options.heap_mb
        )
        self._bootstrap_servers = f"{HOST}:{port}"
        self._add(
            ProcessSpec(
                name=BROKER,
                command=command,
                log=self.layout.log(BROKER),
                environment={state.MARKER: str(self.data_dir)},
                address=self._bootstrap_servers,
                ready=lambda: broker.answers(f"{HOST}:{port}"),
            )
        )
        self.wait_until_up(BROKER, self._start_timeout_s)
        self._progress(f"Apache Kafka answers after {time.monotonic() - begin:.1f} s")

    def _launch_clickhouse(self, options: clickhouse.ClickHouseOptions) -> None:
        """Starts ClickHouse and does not wait: it is up long before the broker is."""
        port = PortBook(self.layout.ports).choose(CLICKHOUSE)
        self._progress(f"starting ClickHouse on {HOST}:{port}")
        command = clickhouse.prepare(self.layout.clickhouse, port, options)
        self._clickhouse_dsn = clickhouse.dsn_of(self.layout.clickhouse, port)
        self._add(
            ProcessSpec(
                name=CLICKHOUSE,
                command=command,
                log=self.layout.log(CLICKHOUSE),
                environment={state.MARKER: str(self.data_dir)},
                address=f"http://{HOST}:{port}",
                ready=lambda: clickhouse.answers(port),
            )
        )

    def _finish_clickhouse(self, options: clickhouse.ClickHouseOptions) -> None:
        """Waits until it is up, and makes its tables. Raises :class:`StackError`."""
        self.wait_until_up(CLICKHOUSE, self._start_timeout_s)
        assert self._clickhouse_dsn is not None, "it was launched"
        self._progress(clickhouse.make_ready(self._clickhouse_dsn, options.database))

    def _broker_port(self, ports: PortBook) -> int:
        wanted = self._options.port or ports.kept(BROKER)
        if wanted:
            return ports.insist(BROKER, wanted)
        return ports.choose(BROKER, self._options.preferred_port)

    def _start_workers(self) -> None:
        ports = PortBook(self.layout.ports)
        names = [f"worker-{number}" for number in range(len(self._workers))]
        for name, worker in zip(names, self._workers, strict=True):
            self._progress(f"starting {name} (stages: {worker.stages})")
            self._add(self._worker_spec(name, worker, ports))
        for name in names:
            self.wait_until_up(name, self._start_timeout_s)

    def _worker_spec(self, name: str, worker: Worker, ports: PortBook) -> ProcessSpec:
        environment = {**self.client_environment(), **worker.environment, state.MARKER: str(self.data_dir)}
        if worker.command:
            return ProcessSpec(name, worker.command, self.layout.log(name), environment, grace_s=worker.grace_s)
        port = ports.choose(name)
        environment["FIELDTRAIL_WORKER_HTTP_PORT"] = str(port)
        return ProcessSpec(
            name=name,
            command=(*FIELDTRAIL, "worker", "--stages", worker.stages),
            log=self.layout.log(name),
            environment=environment,
            address=f"http://{HOST}:{port}",
            ready=lambda: _answers_ok(f"http://{HOST}:{port}{READY_PATH}"),
            grace_s=worker.grace_s,
        )

    def client_environment(self) -> dict[str, str]:
        """Environment variables that point a fieldtrail process at this stack, whatever the caller's own point at."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
            "FIELDTRAIL_DATA_DIR": str(self.data_dir),
            "PYTHONUNBUFFERED": "1",
            **({"CLICKHOUSE_DSN": self._clickhouse_dsn} if self._clickhouse_dsn else {}),
        }

    def _add(self, spec: ProcessSpec) -> None:
        process = SupervisedProcess(spec, self._changed, self._restart)
        self._processes.append(process)
        process.start()

    def _changed(self, now: ProcessStatus) -> None:
        """Called from the supervising threads. A full disk must not end them: it is told, and supervision goes on."""
        if now.pid is None and now.state in (ProcessState.RESTARTING, ProcessState.FAILING):
            self._progress(f"{now.name} {now.problem}; starting it again")
        try:
            with self._writing:
                state.write_state(self.layout.state, os.getpid(), self._bootstrap_servers, self.status())
        except OSError as error:
            self._progress(f"{self.layout.state} cannot be written: {error.strerror}")


def default_kafka_libs() -> Path:
    """Where the settings say Kafka's jars are."""
    from fieldtrail.settings import resolve

    return resolve().stack.kafka_libs


def _answers_ok(url: str) -> bool:
    try:
        with DIRECT.open(url, timeout=1.0) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _complaint(process: ProcessStatus) -> str:
    lines = "".join(f"\n    {line}" for line in process.last_lines)
    return f"{process.name} {process.problem or 'is not ready yet'}; its log is {process.log}{lines and ':' + lines}"
