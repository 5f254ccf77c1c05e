"""Real servers as child processes of the tests, and workers that use them. Each is ended by its own pid."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from connectors.objects.s3 import s3_client
from fieldtrail.client import Fieldtrail, Final
from fieldtrail.settings import Settings, resolve
from fieldtrail.stack import leash
from fieldtrail.stack.java import find_java
from fieldtrail.wiring import connection, make_codec, topic_plan
from processors.fields import FieldType
from streams.admin import apply
from streams.dead_letters import DeadLetters, Letter, LetterFilter

HOST = "127.0.0.1"
LENIENT = "{ pass = 0.5, second_look = 0.4 }"
LOCAL = Path(__file__).resolve().parents[2] / ".local"
VERSITYGW = LOCAL / "bin" / "versitygw"
APICURIO = LOCAL / "registry" / "apicurio-registry-app-2.6.13.Final-runner.jar"


def eventually(condition: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    """Asks until ``condition`` holds. Raises ``AssertionError`` that says ``what`` did not come."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def answers_ok(url: str) -> bool:
    """Whether ``url`` answers with status 200."""
    try:
        with urllib.request.urlopen(url, timeout=2.0) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class Server:
    """One server process. ``ready`` is asked until it says yes; what the process writes is in ``log``."""

    def __init__(
        self, command: Sequence[str], log: Path, ready: Callable[[], bool], environment: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        self._command = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *command]
        self._ready = ready
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, timeout_s: float = 60.0) -> None:
        """Starts the process and returns once it is ready. Raises ``AssertionError`` with its last words if it ends."""
        self.launch()
        try:
            eventually(lambda: self._is_up(), f"{self._command[5]} is ready; see {self.log}", timeout_s)
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Starts the process and does not wait."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def stop(self) -> None:
        """Ends the process: SIGTERM, and SIGKILL where that is not enough. Safe to repeat."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """Ends the process by SIGKILL, as a power cut would."""
        assert self._process is not None, "it is not running"
        self._process.kill()
        self._process.wait()
        self._process = None

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None, "it is not running"
        return self._process.pid

    def said(self, text: str) -> bool:
        """Whether ``text`` is in the log."""
        return text in self.log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def _is_up(self) -> bool:
        assert self.is_running, f"it ended: {self.log.read_text(errors='replace')[-2000:]}"
        return self._ready()


@dataclass(frozen=True, slots=True)
class S3:
    """An S3 server that the tests may stop and start. ``client`` may do everything."""

    server: Server
    url: str
    environment: Mapping[str, str]
    client: Any


@contextmanager
def s3_server(folder: Path) -> Iterator[S3]:
    """versitygw with its objects below ``folder``. Sets the credentials in this process's environment meanwhile."""
    if not VERSITYGW.is_file():
        pytest.skip("versitygw is not in .local/bin: `make servers` builds it where Go is installed")
    keys = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests-secret"}
    port = free_port()
    url = f"http://{HOST}:{port}"
    for name in ("data", "sidecar"):
        (folder / name).mkdir(parents=True)
    command = [str(VERSITYGW), "--port", f"{HOST}:{port}", "--health", "/health", "--quiet", "posix"]
    command += ["--sidecar", str(folder / "sidecar"), str(folder / "data")]
    environment = {"ROOT_ACCESS_KEY": keys["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_KEY": keys["AWS_SECRET_ACCESS_KEY"]}
    server = Server(command, folder / "versitygw.log", lambda: answers_ok(f"{url}/health"), environment)
    with pytest.MonkeyPatch.context() as patch, server:
        for name, value in keys.items():
            patch.setenv(name, value)
        yield S3(server, url, {**keys, "AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1"}, s3_client(url, "us-east-1"))


@dataclass(frozen=True, slots=True)
class SchemaRegistry:
    """A schema registry of Confluent's API that the tests may stop and start."""

    server: Server
    url: str


@contextmanager
def schema_registry(folder: Path) -> Iterator[SchemaRegistry]:
    """Apicurio Registry, keeping its schemas in a file below ``folder``."""
    if not APICURIO.is_file():
        pytest.skip(f"{APICURIO.name} is not in .local/registry: `make servers` fetches it")
    port = free_port()
    url = f"http://{HOST}:{port}/apis/ccompat/v7"
    properties = {
        "quarkus.http.host": HOST,
        "quarkus.http.port": port,
        "quarkus.log.level": "WARN",
        "quarkus.datasource.jdbc.url": f"jdbc:h2:file:{folder / 'registry'}",
    }
    command = [str(find_java().path), "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    command += [f"-D{name}={value}" for name, value in properties.items()]
    with Server(
        [*command, "-jar", str(APICURIO)], folder / "registry.log", lambda: answers_ok(f"{url}/subjects")
    ) as server:
        yield SchemaRegistry(server, url)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A worker with every stage on topics of its own, and the settings of a client that talks to it."""

    worker: Server
    settings: Settings
    http: str

    def send(self, **submission: Any) -> Final:
        """Submits one document and waits for its end."""
        with Fieldtrail(self.settings) as client, client.watch() as watch:
            document_id = client.submit(**submission)
            client.flush()
            return next(watch.wait([document_id], 60.0))

    def dead_letters(self) -> list[Letter]:
        """All dead letters so far."""
        settings = self.settings
        letters = DeadLetters(connection(settings), topic_plan(settings), make_codec(settings))
        return list(letters.find(LetterFilter()))

    def health(self) -> str:
        """What the worker's health page says."""
        try:
            with urllib.request.urlopen(f"{self.http}/ready", timeout=5.0) as answer:
                text: str = answer.read().decode()
        except urllib.error.HTTPError as error:
            text = error.read().decode()
        return text


@contextmanager
def pipeline(folder: Path, environment: Mapping[str, str], stages: str = "all") -> Iterator[Pipeline]:
    """A running worker. ``environment`` names the brokers and whatever else differs from the defaults."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    # These tests are about the way, not the reading: whatever was read exactly goes straight through.
    config = folder / "fieldtrail.toml"
    config.write_text("[route.thresholds.types]\n" + "".join(f"{kind} = {LENIENT}\n" for kind in FieldType))
    own = {
        "FIELDTRAIL_CONFIG": str(config),
        "FIELDTRAIL_DATA_DIR": str(folder),
        "FIELDTRAIL_TOPICS_PARTITIONS": "2",
        "FIELDTRAIL_WORKER_HTTP_PORT": str(port),
        "FIELDTRAIL_WORKER_PARSE_PROCESSES": "1",
        **environment,
    }
    settings = resolve(environ=own)
    apply(connection(settings), topic_plan(settings))
    http = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", "fieldtrail", "worker", "--stages", stages]
    with Server(command, folder / "worker.log", lambda: answers_ok(f"{http}/ready"), own) as worker:
        yield Pipeline(worker, settings, http)


def cli(environment: Mapping[str, str], *arguments: str, timeout_s: float = 90.0) -> subprocess.CompletedProcess[str]:
    """A ``fieldtrail`` command, with nothing of this process's own KAFKA_ and FIELDTRAIL_ settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "FIELDTRAIL_"))}
    return subprocess.run(
        [sys.executable, "-m", "fieldtrail", *arguments],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def need(program: str) -> str:
    """The path of ``program``; skips the test by name without it."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not on the PATH")
    return found
