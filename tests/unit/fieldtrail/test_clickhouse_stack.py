"""The embedded ClickHouse's files and settings, and what the doctor says of it; a real one is in tests/integration."""

import json
import stat
import threading
import xml.etree.ElementTree as ET
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fieldtrail import doctor
from fieldtrail.doctor import Level
from fieldtrail.settings import Settings, SettingsError, resolve
from fieldtrail.stack import StackError, clickhouse, local, supervisor
from fieldtrail.stack.clickhouse import ClickHouseFiles, ClickHouseOptions, config_xml, users_xml

OPTIONS = ClickHouseOptions(memory_mb=1024, threads=2)


@pytest.fixture(autouse=True)
def _able(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that could run it, whatever this one is."""
    monkeypatch.setattr(clickhouse, "why_impossible", lambda: None)
    monkeypatch.setattr(supervisor, "why_impossible", lambda: None)
    monkeypatch.setattr(doctor, "why_impossible", lambda: None)
    monkeypatch.setattr(doctor, "LOOK_S", 0.2)
    monkeypatch.chdir(tmp_path)


def cpuinfo(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    return path


def test_it_listens_on_the_loopback_interface_with_bounded_memory() -> None:
    config = ET.fromstring(config_xml(9123, "s3cret", OPTIONS))
    assert [item.text for item in config.findall("listen_host")] == ["127.0.0.1"]
    assert config.findtext("http_port") == "9123"
    assert config.find("tcp_port") is None
    assert config.findtext("max_server_memory_usage") == str(1024**3)
    assert config.findtext("timezone") == "UTC"


def test_every_handler_but_ping_asks_for_the_authorization() -> None:
    rules = ET.fromstring(config_xml(9123, "s3cret", OPTIONS)).findall("http_handlers/rule")
    assert [rule.findtext("url") for rule in rules] == ["/ping", None]
    assert rules[1].findtext("headers/Authorization") == "Basic ZmllbGR0cmFpbDpzM2NyZXQ="


def test_the_librarys_own_user_may_nearly_nothing_and_ours_needs_the_password() -> None:
    users = ET.fromstring(users_xml("s3cret", OPTIONS)).find("users")
    assert users is not None
    assert [item.text for item in users.findall("default/grants/query")] == [
        "GRANT SYSTEM LISTEN ON *.*",
        "GRANT SELECT ON system.numbers",
    ]
    assert users.find("fieldtrail/password") is None
    assert len(users.findtext("fieldtrail/password_sha256_hex") or "") == 64
    assert "s3cret" not in users_xml("s3cret", OPTIONS)


def test_the_password_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    files = ClickHouseFiles(tmp_path / "clickhouse")
    command = clickhouse.prepare(files.folder, 9123, OPTIONS)
    assert command[1:] == ("-m", "fieldtrail.stack.clickhouse_server", str(files.folder), "9123")
    password = files.read_password()
    assert len(password) >= 32
    assert not any(password in part for part in command)
    clickhouse.prepare(files.folder, 9124, OPTIONS)
    assert files.read_password() == password
    for path in (files.password, files.config, files.users):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "9124" in files.config.read_text()


def test_a_cpu_without_avx2_is_told_from_one_that_does_not_say(tmp_path: Path) -> None:
    assert clickhouse._has_cpu_flag("avx2", cpuinfo(tmp_path, "processor: 0\nflags\t\t: fpu avx avx2 bmi1\n"))
    assert not clickhouse._has_cpu_flag("avx2", cpuinfo(tmp_path, "flags\t\t: fpu avx avx2x\n"))
    assert clickhouse._has_cpu_flag("avx2", cpuinfo(tmp_path, "Features : fp asimd\n"))
    assert clickhouse._has_cpu_flag("avx2", tmp_path / "missing")


def test_the_local_servers_are_not_asked_for_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pong(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with HTTPServer(("127.0.0.1", 0), Pong) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        found = clickhouse.answers(server.server_port), local._answers_ok(f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()
        thread.join()
    assert found == (True, True)


# Settings


def local_stack(data_dir: Path, port: int = 9123, password: str = "pass word") -> None:
    for path, text in (
        (data_dir / "stack" / "ports.json", json.dumps({"broker": 9092, "clickhouse": port})),
        (data_dir / "clickhouse" / "password", f"{password}\n"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def settings(data_dir: Path, **environ: str) -> Settings:
    return resolve(environ={"FIELDTRAIL_DATA_DIR": str(data_dir), **environ})


def test_the_local_stacks_server_is_found_by_itself(tmp_path: Path) -> None:
    assert settings(tmp_path).clickhouse.dsn is None
    local_stack(tmp_path, password="abc-_1")
    found = settings(tmp_path)
    assert found.clickhouse.dsn == "http://fieldtrail:abc-_1@127.0.0.1:9123"
    assert found.origin("clickhouse.dsn") == f"local stack in {tmp_path}"
    assert "abc-_1" not in repr(found)


def test_a_server_that_is_named_or_turned_off_wins_over_the_local_one(tmp_path: Path) -> None:
    local_stack(tmp_path)
    assert settings(tmp_path, CLICKHOUSE_DSN="https://a:b@ch:8443").clickhouse.dsn == "https://a:b@ch:8443"
    assert settings(tmp_path, FIELDTRAIL_STACK_CLICKHOUSE="off").clickhouse.dsn is None


def test_a_stack_without_clickhouse_names_none(tmp_path: Path) -> None:
    local_stack(tmp_path)
    (tmp_path / "stack" / "ports.json").write_text('{"broker": 9092}')
    assert settings(tmp_path).clickhouse.dsn is None


@pytest.mark.parametrize("name", ["1st", "a-b", "a b", "a;DROP", ""])
def test_a_database_is_a_plain_name(tmp_path: Path, name: str) -> None:
    if not name:
        assert settings(tmp_path, FIELDTRAIL_CLICKHOUSE_DATABASE=name).clickhouse.database == "fieldtrail"
        return
    with pytest.raises(SettingsError, match="FIELDTRAIL_CLICKHOUSE_DATABASE"):
        settings(tmp_path, FIELDTRAIL_CLICKHOUSE_DATABASE=name)


# Whether the stack has one


def options_of(data_dir: Path, **environ: str) -> tuple[ClickHouseOptions | None, list[str]]:
    told: list[str] = []
    return supervisor._clickhouse_options(settings(data_dir, **environ), told.append), told


def test_the_stack_has_one_unless_another_is_named_or_it_is_off(tmp_path: Path) -> None:
    assert options_of(tmp_path) == (ClickHouseOptions(2048, database="fieldtrail"), [])
    assert options_of(tmp_path, FIELDTRAIL_STACK_CLICKHOUSE_MEMORY_MB="700")[0] == ClickHouseOptions(700)
    assert options_of(tmp_path, CLICKHOUSE_DSN="http://ch:8123") == (None, [])
    assert options_of(tmp_path, CLICKHOUSE_DSN="http://ch:8123", FIELDTRAIL_STACK_CLICKHOUSE="on")[0] is not None
    assert options_of(tmp_path, FIELDTRAIL_STACK_CLICKHOUSE="off") == (None, [])
    local_stack(tmp_path)
    assert options_of(tmp_path)[0] is not None, "its own server of an earlier start is none that is named"


def test_where_it_cannot_run_the_stack_says_so_or_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "why_impossible", lambda: "this CPU has no AVX2; do without")
    assert options_of(tmp_path) == (None, ["no audit trail: this CPU has no AVX2; do without"])
    with pytest.raises(StackError, match="AVX2"):
        options_of(tmp_path, FIELDTRAIL_STACK_CLICKHOUSE="on")


# The doctor


def test_the_doctor_tells_a_server_that_is_away_from_one_that_is_not_there(tmp_path: Path) -> None:
    assert doctor._clickhouse(settings(tmp_path)).remedy == "start the local stack: `fieldtrail up`"
    off = doctor._clickhouse(settings(tmp_path, FIELDTRAIL_STACK_CLICKHOUSE="off"))
    assert (off.level, off.found) == (Level.WARN, "off: no audit trail")
    named = doctor._clickhouse(settings(tmp_path, CLICKHOUSE_DSN="http://ada:secret@127.0.0.1:9"))
    assert (named.level, named.found) == (Level.FAIL, "127.0.0.1:9: Connection refused")
    local_stack(tmp_path, port=9)
    assert doctor._clickhouse(settings(tmp_path)).level is Level.WARN


def test_the_doctor_says_why_the_local_stack_can_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "why_impossible", lambda: "this CPU has no AVX2, which it needs; name another: CLICKHOUSE_DSN"
    )
    found = doctor._clickhouse(settings(tmp_path))
    assert (found.level, found.found) == (Level.WARN, "no audit trail: this CPU has no AVX2, which it needs")
    assert found.remedy == "name another: CLICKHOUSE_DSN"
