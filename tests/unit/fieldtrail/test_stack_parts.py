"""The parts of the local stack that need no broker: ports, lock, state, Java, Kafka's configuration."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fieldtrail.stack import BrokerOptions, LocalStack, ProcessState, ProcessStatus, StackError, read_status
from fieldtrail.stack.broker import prepare, server_properties
from fieldtrail.stack.java import Java, find_java, major_version
from fieldtrail.stack.layout import Layout
from fieldtrail.stack.ports import HOST, POOL, PortBook, is_free, is_open
from fieldtrail.stack.state import MARKER, SupervisorLock, end_strays, lock_holder, memory_bytes, write_state


@pytest.fixture
def taken_port() -> "object":
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_chosen_port_is_free_below_the_ephemeral_range_and_kept(tmp_path: Path) -> None:
    port = PortBook(tmp_path / "ports.json").choose("broker")
    assert port in POOL
    assert is_free(port)
    assert not is_open(port)
    assert PortBook(tmp_path / "ports.json").choose("broker") == port
    assert PortBook(tmp_path / "ports.json").choose("controller") != port


def test_a_preferred_port_is_taken_only_if_it_is_free(tmp_path: Path, taken_port: int) -> None:
    free = PortBook(tmp_path / "a.json").choose("x")
    assert PortBook(tmp_path / "b.json").choose("broker", preferred=free) == free
    assert PortBook(tmp_path / "c.json").choose("broker", preferred=taken_port) in POOL
    assert is_open(taken_port)


def test_a_taken_broker_port_is_an_error_that_says_what_to_change(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(StackError) as failure:
        PortBook(tmp_path / "ports.json").insist("broker", taken_port)
    assert f"port {taken_port} (broker) is taken by another program" in str(failure.value)
    assert "FIELDTRAIL_STACK_BROKER_PORT=" in str(failure.value)


def test_a_broken_port_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{")
    with pytest.raises(StackError, match=r"ports\.json cannot be read .* delete it"):
        PortBook(tmp_path / "ports.json")


def test_one_supervisor_per_data_directory(tmp_path: Path) -> None:
    path = Layout(tmp_path).lock
    assert lock_holder(path) is None
    first = SupervisorLock(path)
    first.acquire()
    assert lock_holder(path) == os.getpid()
    with pytest.raises(StackError, match=f"already runs in {tmp_path} .pid {os.getpid()}"):
        SupervisorLock(path).acquire()
    first.release()
    first.release()
    assert lock_holder(path) is None
    SupervisorLock(path).acquire()


def test_state_is_read_back_and_a_dead_supervisors_processes_are_stopped(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    up = ProcessStatus(
        "broker", ProcessState.UP, tmp_path / "b.log", "127.0.0.1:1", 42, 1.5, 2, "killed by SIGKILL", ("a",)
    )
    assert read_status(tmp_path).processes == ()
    lock = SupervisorLock(layout.lock)
    lock.acquire()
    write_state(layout.state, os.getpid(), "127.0.0.1:1", [up])
    running = read_status(tmp_path)
    assert (running.running, running.supervisor_pid, running.bootstrap_servers) == (True, os.getpid(), "127.0.0.1:1")
    assert running.processes == (up,)
    assert running.all_up
    lock.release()
    after = read_status(tmp_path)
    assert not after.running
    assert not after.all_up
    assert after.processes[0].state is ProcessState.STOPPED
    assert after.processes[0].pid is None


def test_strays_are_found_by_their_environment_and_others_are_left_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import signal; print(flush=True); signal.pause()"]
    environments = [{MARKER: str(tmp_path)}, {MARKER: str(tmp_path / "other")}]
    mine, other = (
        subprocess.Popen(command, env={**os.environ, **more}, stdout=subprocess.PIPE) for more in environments
    )
    try:
        for process in (mine, other):
            assert process.stdout is not None
            assert process.stdout.readline() == b"\n"
            process.stdout.close()
        assert end_strays(tmp_path) == [mine.pid]
        assert not psutil.pid_exists(mine.pid)
        assert other.poll() is None
    finally:
        for process in (mine, other):
            process.kill()
            process.wait()


def test_memory_of_a_process_counts_what_it_started() -> None:
    me = psutil.Process()
    assert (memory_bytes(me.pid) or 0) >= 10_000_000
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert memory_bytes(done.pid) is None


@pytest.mark.parametrize(
    ("said", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "25-ea" 2025-09-16', 25),
        ("command not found", None),
    ],
)
def test_java_versions(said: str, major: int | None) -> None:
    assert major_version(said) == major


def test_no_java_and_an_old_one_are_errors_that_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(StackError, match=r"there is no java in JAVA_HOME .*`apt-get install openjdk-17"):
        find_java()
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    with pytest.raises(StackError, match="is Java 11; install a Java runtime, 17 or newer"):
        find_java()
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.2\"' >&2\n")
    assert find_java() == Java(java, 21)


def test_the_broker_listens_on_the_loopback_interface_only() -> None:
    properties = dict(line.split("=", 1) for line in server_properties(Path("/d"), 1, 2).splitlines())
    assert properties["listeners"] == "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"
    assert properties["controller.quorum.bootstrap.servers"] == "127.0.0.1:2"
    assert properties["log.dirs"] == "/d"
    assert properties["auto.create.topics.enable"] == "false"
    assert properties["message.max.bytes"] == str(8 * 1024 * 1024)
    assert {value for name, value in properties.items() if name.endswith("replication.factor")} == {"1"}


def test_missing_jars_are_an_error_that_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"jars are not in .*; run `make kafka`"):
        prepare(Java(Path("java"), 17), tmp_path, tmp_path / "kafka", 1, 2, 512)


def test_a_start_that_fails_gives_the_lock_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    stack = LocalStack(tmp_path, options=BrokerOptions(tmp_path))
    with pytest.raises(StackError, match="there is no java"):
        stack.start()
    assert lock_holder(stack.layout.lock) is None
    with pytest.raises(StackError, match="the stack was not started"):
        _ = stack.bootstrap_servers
