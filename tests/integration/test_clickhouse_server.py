"""The embedded ClickHouse: who may ask it, how it ends, and what it keeps."""

import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.insert import Inserter
from connectors.clickhouse.migrate import migrate
from connectors.errors import UnavailableError
from fieldtrail.settings import resolve
from fieldtrail.stack import LocalStack, leash
from fieldtrail.stack import clickhouse as embedded
from fieldtrail.stack.clickhouse import ClickHouseFiles, ClickHouseOptions, smoke_test
from tests.support.audit_rows import field_row
from tests.support.clickhouse import ClickHouseServer, embedded_clickhouse
from tests.support.servers import eventually

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def own(tmp_path: Path) -> ClickHouseServer:
    """A server of this test's own, not started."""
    return embedded_clickhouse(tmp_path / "clickhouse")


def http(dsn: str, query: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    url = f"http://{dsn.rpartition('@')[2]}/{query}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_values_come_back_as_they_were_written(clickhouse: ClickHouse) -> None:
    assert smoke_test(clickhouse) == clickhouse.server_version()
    assert clickhouse.query(
        "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name LIKE 'smoke%'"
    ).rows == ((0,),)


def test_nobody_gets_in_without_the_password(own: ClickHouseServer, tmp_path: Path) -> None:
    assert own.server is not None
    with own.server:
        assert http(own.dsn, "ping") == (200, "Ok.\n")
        for query, headers in (
            ("?query=SELECT+1", {}),
            ("?query=SELECT+1&user=default", {}),
            ("?query=SELECT+1", {"X-ClickHouse-User": "default"}),
            ("?query=SELECT+1", {"Authorization": "Basic ZGVmYXVsdDo="}),  # default, no password
            ("play", {}),
        ):
            status, text = http(own.dsn, query, headers)
            assert status in (403, 404), (query, headers)
            assert text != "1\n"
        with pytest.raises(UnavailableError):
            ClickHouse(own.dsn.replace("fieldtrail:", "fieldtrail:x"), "default").query("SELECT 1")
        assert ClickHouse(own.dsn, "default").query("SELECT currentUser()").rows == (("fieldtrail",),)
    for path in (tmp_path / "clickhouse").iterdir():
        if path.suffix in (".xml", "") and path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_it_listens_on_the_loopback_interface_alone(own: ClickHouseServer) -> None:
    assert own.server is not None
    with own.server:
        listening = {c.laddr.ip for c in psutil.Process(own.server.pid).net_connections("inet") if c.status == "LISTEN"}
    assert listening == {"127.0.0.1"}


def test_the_password_stays_and_the_data_survive_sigterm_and_kill(own: ClickHouseServer, tmp_path: Path) -> None:
    assert own.server is not None
    password = ClickHouseFiles(tmp_path / "clickhouse").read_password()
    with own.server:
        store = ClickHouse(own.dsn)
        migrate(store)
        for round_ in range(3):
            ids = f"SELECT 't', toString({round_} * 1000 + number), 'begun' FROM numbers(1000)"
            store.command(f"INSERT INTO erasures (tenant, document_id, state) {ids}")
            if round_ == 1:
                own.server.stop()
            else:
                own.server.kill()
            with pytest.raises(UnavailableError):
                store.query("SELECT 1")
            embedded.prepare(tmp_path / "clickhouse", int(own.dsn.rpartition(":")[2]), ClickHouseOptions())
            own.server.start()
            assert store.query("SELECT count() FROM erasures FINAL").rows == (((round_ + 1) * 1000,),)
    assert ClickHouseFiles(tmp_path / "clickhouse").read_password() == password


def test_sigterm_ends_it_within_seconds_and_cleanly(own: ClickHouseServer) -> None:
    assert own.server is not None
    own.server.start()
    process = psutil.Process(own.server.pid)
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert time.monotonic() - begin < 10
    own.server.stop()


def test_a_second_server_on_the_same_folder_is_refused(own: ClickHouseServer, tmp_path: Path) -> None:
    assert own.server is not None
    with own.server:
        store = ClickHouse(own.dsn, "default")
        store.query("SELECT 1")
        command = embedded.prepare(tmp_path / "clickhouse", int(own.dsn.rpartition(":")[2]), ClickHouseOptions())
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 1
        assert "lock" in second.stderr.lower() or "already" in second.stderr.lower(), second.stderr
        assert store.query("SELECT 2").rows == ((2,),)


def test_it_dies_with_the_process_that_started_it(own: ClickHouseServer, tmp_path: Path) -> None:
    port = int(own.dsn.rpartition(":")[2])
    command = embedded.prepare(tmp_path / "clickhouse", port, ClickHouseOptions())
    starter = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-I', '-S', sys.argv[1], str(os.getpid()), *sys.argv[2:]])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(100)\n"
    )
    with subprocess.Popen([sys.executable, "-c", starter, leash.__file__, *command], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        eventually(lambda: embedded.answers(port), "the server is up")
        parent.kill()
    eventually(lambda: not psutil.pid_exists(pid), "the server is gone", 5.0)


def test_mutations_and_lightweight_deletes_run_in_its_small_pools(clickhouse: ClickHouse) -> None:
    clickhouse.command(
        "INSERT INTO erasures (tenant, document_id, state) SELECT 't', toString(number), 'begun' FROM numbers(100)"
    )
    clickhouse.command("ALTER TABLE erasures UPDATE reason = 'audit' WHERE 1 SETTINGS mutations_sync = 2")
    clickhouse.command("DELETE FROM erasures WHERE document_id = '7'")
    assert clickhouse.query("SELECT count(), uniqExact(reason), any(reason) FROM erasures FINAL").rows == (
        (99, 1, "audit"),
    )


def test_memory_is_bounded(own: ClickHouseServer) -> None:
    assert own.server is not None
    with own.server:
        found = dict(
            ClickHouse(own.dsn, "default").query("SELECT name, value FROM system.server_settings WHERE changed").rows
        )
        assert found["max_server_memory_usage"] == str(2048 * 1024 * 1024)
        assert found["background_pool_size"] == "2"


@pytest.mark.kafka
def test_the_local_stack_starts_it_makes_the_tables_and_starts_it_again(tmp_path: Path) -> None:
    told: list[str] = []
    with LocalStack(tmp_path, clickhouse_options=ClickHouseOptions(), progress=told.append) as stack:
        assert [process.name for process in stack.status()] == ["broker", "clickhouse"]
        assert any("migrations applied" in line for line in told)
        assert stack.client_environment()["CLICKHOUSE_DSN"] == stack.clickhouse_dsn
        found = resolve(environ={"FIELDTRAIL_DATA_DIR": str(tmp_path)}).clickhouse
        assert (found.dsn, found.database) == (stack.clickhouse_dsn, "fieldtrail")
        store = ClickHouse(stack.clickhouse_dsn or "")
        Inserter(store).insert([field_row()], "batch")
        stack.kill("clickhouse")
        stack.wait_until_up("clickhouse")
        assert Inserter(store).insert([field_row()], "batch").refused == ()
        assert store.query("SELECT count() FROM fields").rows == ((1,),)
        begin = time.monotonic()
    assert time.monotonic() - begin < 30
    assert not embedded.answers(int((stack.clickhouse_dsn or "").rpartition(":")[2]))
