"""The local stack with a real broker: up, status, down, and what happens when something is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from fieldtrail.stack import LocalStack, ProcessState, StackError, Worker
from fieldtrail.stack.state import MARKER, end_strays

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

IDLE = Worker(command=(sys.executable, "-c", "import signal; signal.pause()"))


class Cli:
    """``fieldtrail`` commands on one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "FIELDTRAIL_"))
        }

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "fieldtrail", *arguments, "--data-dir", str(self.data_dir)]
        return subprocess.run(
            command,
            env=self._environment,
            cwd=self.data_dir.parent,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self("status", "--json").stdout)
        return document

    def broker(self) -> dict[str, Any]:
        process: dict[str, Any] = self.status()["processes"][0]
        assert process["name"] == "broker"
        return process


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """A fresh data directory; whatever a failed test left there is ended by the mark in its environment."""
    commands = Cli(tmp_path / "data")
    yield commands
    commands("down")
    end_strays(commands.data_dir)


def eventually(condition: Callable[[], bool], what: str, timeout_s: float = 40.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def create_topic(servers: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": servers})  # must outlive the call
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(20)


def produce(servers: str, topic: str, values: list[str]) -> None:
    producer = Producer({"bootstrap.servers": servers, "acks": "all"})
    for value in values:
        producer.produce(topic, value.encode())
    assert producer.flush(30) == 0


def consume(servers: str, topic: str, count: int) -> list[str]:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    try:
        return [message.value().decode() for message in consumer.consume(count, timeout=30)]
    finally:
        consumer.close()


def test_up_status_down(cli: Cli) -> None:
    started = cli("up", "--no-workers")
    assert started.returncode == 0, started.stderr
    assert "Apache Kafka answers after" in started.stdout
    assert f"logs   {cli.data_dir / 'logs'}" in started.stdout

    status = cli("status", "--json")
    assert status.returncode == 0
    document = json.loads(status.stdout)
    assert document["all_up"] is True
    broker, clickhouse = document["processes"]
    assert (broker["name"], broker["state"], broker["restarts"]) == ("broker", "up", 0)
    assert (clickhouse["name"], clickhouse["state"], clickhouse["restarts"]) == ("clickhouse", "up", 0)
    assert broker["address"] == document["bootstrap_servers"]
    assert psutil.Process(broker["pid"]).environ()[MARKER] == str(cli.data_dir)
    assert broker["rss_bytes"] > 50_000_000
    assert "Kafka Server started" in Path(broker["log"]).read_text()
    for process in (broker, clickhouse):
        listening = {c.laddr.ip for c in psutil.Process(process["pid"]).net_connections("tcp") if c.status == "LISTEN"}
        assert {ip.removeprefix("::ffff:") for ip in listening} == {"127.0.0.1"}

    again = cli("up", "--no-workers", "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["supervisor_pid"] == document["supervisor_pid"]

    doctor = json.loads(cli("doctor", "--json").stdout)
    assert {c["name"]: c["level"] for c in doctor["checks"]}["broker"] == "ok"
    origins = {s["name"]: s["origin"] for s in doctor["settings"]}
    assert origins["kafka.bootstrap_servers"] == f"local stack in {cli.data_dir}"

    assert cli("down").returncode == 0
    assert is_gone(broker["pid"])
    assert is_gone(clickhouse["pid"])
    assert is_gone(document["supervisor_pid"])
    assert cli("status").returncode == 1
    assert cli("down").returncode == 0


def test_a_killed_supervisor_takes_its_children_along_and_up_recovers_with_the_data(
    cli: Cli, topic_prefix: str
) -> None:
    assert cli("up", "--no-workers").returncode == 0
    before = cli.status()
    servers, topic = before["bootstrap_servers"], f"{topic_prefix}kept"
    create_topic(servers, topic)
    produce(servers, topic, ["a", "b"])

    os.kill(before["supervisor_pid"], signal.SIGKILL)
    eventually(lambda: is_gone(before["processes"][0]["pid"]), "the broker ends with its supervisor")
    after = cli("status", "--json")
    assert after.returncode == 1
    assert json.loads(after.stdout)["running"] is False

    assert cli("up", "--no-workers").returncode == 0
    recovered = cli.status()
    assert recovered["all_up"] is True
    assert recovered["bootstrap_servers"] == servers, "the address stays"
    assert consume(servers, topic, 2) == ["a", "b"]


def test_a_killed_broker_is_started_again_with_its_records(stack: LocalStack, topic_prefix: str) -> None:
    topic = f"{topic_prefix}kept"
    create_topic(stack.bootstrap_servers, topic)
    produce(stack.bootstrap_servers, topic, ["a", "b", "c"])
    restarts = stack.status()[0].restarts

    begin = time.monotonic()
    pid = stack.kill("broker")
    assert time.monotonic() - begin < 2, "noticed at once"
    stack.wait_until_up("broker")

    (broker,) = stack.status()
    assert broker.state is ProcessState.UP
    assert broker.pid != pid
    assert broker.restarts == restarts + 1
    assert broker.problem == "killed by SIGKILL"
    assert consume(stack.bootstrap_servers, topic, 3) == ["a", "b", "c"]
    produce(stack.bootstrap_servers, topic, ["d"])


def test_a_stack_in_process_starts_workers_after_its_topics_and_stops_them_first(tmp_path: Path) -> None:
    said: list[str] = []
    with LocalStack(
        tmp_path, [IDLE, IDLE], prepare=lambda servers: said.append(servers), progress=said.append
    ) as stack:
        assert [process.name for process in stack.status()] == ["broker", "worker-0", "worker-1"]
        assert said.index(stack.bootstrap_servers) < said.index("starting worker-0 (stages: all)")
        first = stack.status()[1].pid
        assert stack.kill("worker-0") == first
        stack.wait_until_up("worker-0")
        assert "worker-0 killed by SIGKILL; starting it again" in said
        pids = [process.pid for process in stack.status()]
        environment = psutil.Process(pids[1]).environ()
        assert environment["KAFKA_BOOTSTRAP_SERVERS"] == stack.bootstrap_servers
        with pytest.raises(StackError, match="already runs"):
            LocalStack(tmp_path).start()
    assert all(pid is not None and is_gone(pid) for pid in pids)
    assert {process.state for process in stack.status()} == {ProcessState.STOPPED}


def test_a_worker_that_cannot_start_ends_the_start_with_its_last_words(tmp_path: Path) -> None:
    broken = Worker(command=(sys.executable, "-c", "raise SystemExit('no such stage')"))
    stack = LocalStack(tmp_path, [broken])
    with pytest.raises(StackError, match=r"worker-0 ended with exit code 1; its log is (?s:.*)no such stage"):
        stack.start()
    assert {process.state for process in stack.status()} == {ProcessState.STOPPED}
