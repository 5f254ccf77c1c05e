"""One ClickHouse server for one machine, out of the ``chdb`` wheel: its files, its command, its smoke test.

The wheel holds ClickHouse as a library that can be made to listen (:mod:`fieldtrail.stack.clickhouse_server` does). It
lacks what one machine does not need: replication, SQL users, BACKUP, query_log, Kafka tables.
"""

import base64
import hashlib
import importlib.util
import secrets
import sys
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from fieldtrail.settings import CLICKHOUSE_PASSWORD_FILE, CLICKHOUSE_USER, embedded_clickhouse_dsn
from fieldtrail.stack.errors import StackError
from fieldtrail.stack.ports import DIRECT, HOST, PortBook
from fieldtrail.stack.process import ProcessSpec, ProcessState, SupervisedProcess

if TYPE_CHECKING:
    from connectors.clickhouse.client import ClickHouse

INSTALL_HINT = "install it: `pip install 'fieldtrail[embedded]'`, or name a server of your own: CLICKHOUSE_DSN"
_CPU_FLAG = "avx2"


@dataclass(frozen=True, slots=True)
class ClickHouseOptions:
    """``memory_mb``: the most that the server may take, in MiB. ``threads``: the most for one query. ``database``: the
    one with the tables."""

    memory_mb: int = 2048
    threads: int = 2
    database: str = "fieldtrail"


@dataclass(frozen=True, slots=True)
class ClickHouseFiles:
    """The server's folder: configuration is written anew at each start, password and data stay."""

    folder: Path

    @property
    def config(self) -> Path:
        """``config.xml``. It holds the password in one form or another, as do the two below: mode 0600."""
        return self.folder / "config.xml"

    @property
    def users(self) -> Path:
        """``users.xml``."""
        return self.folder / "users.xml"

    @property
    def password(self) -> Path:
        """The generated password, in plain text."""
        return self.folder / CLICKHOUSE_PASSWORD_FILE.name

    def read_password(self) -> str:
        """The generated password."""
        return self.password.read_text(encoding="utf-8").strip()

    @property
    def data(self) -> Path:
        """ClickHouse's own folder."""
        return self.folder / "data"


def why_impossible() -> str | None:
    """Why the embedded server cannot run here and what to do, or ``None`` where it can. Takes milliseconds."""
    if importlib.util.find_spec("chdb") is None:
        return f"the embedded ClickHouse (chdb-core) is not installed; {INSTALL_HINT}"
    if not _has_cpu_flag(_CPU_FLAG):
        return (
            "this CPU has no AVX2, which the embedded ClickHouse needs; "
            "name a ClickHouse on another machine: CLICKHOUSE_DSN, or do without: FIELDTRAIL_STACK_CLICKHOUSE=off"
        )
    return None


def _has_cpu_flag(flag: str, cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the CPU has ``flag``; true where the machine does not say (macOS, ARM: there are wheels of their own)."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    flags = next((line for line in text.splitlines() if line.startswith("flags")), None)
    return flags is None or flag in flags.split()


def prepare(folder: Path, port: int, options: ClickHouseOptions) -> tuple[str, ...]:
    """Write the configuration, make a password where there is none, and return the server's command.

    Raises :class:`StackError` where the server cannot run on this machine.
    """
    problem = why_impossible()
    if problem is not None:
        raise StackError(problem)
    files = ClickHouseFiles(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not files.password.exists():
        _write_secret(files.password, secrets.token_urlsafe(24))
    password = files.read_password()
    _write_secret(files.config, config_xml(port, password, options))
    _write_secret(files.users, users_xml(password, options))
    return (sys.executable, "-m", "fieldtrail.stack.clickhouse_server", str(folder), str(port))


def _write_secret(path: Path, text: str) -> None:
    """Writes ``text`` so that only this user may ever read it, also while it is being written."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def config_xml(port: int, password: str, options: ClickHouseOptions) -> str:
    """``config.xml``: the loopback interface, little memory, few threads in the background.

    The library itself logs in as ``default`` without a password, which can therefore not be closed. So that nobody else
    does over HTTP, the only handler besides ``/ping`` is one that asks for our own ``Authorization`` header.
    """
    return f"""\
<clickhouse>
  <listen_host>{HOST}</listen_host>
  <http_port>{port}</http_port>
  <users_config>users.xml</users_config>
  <timezone>UTC</timezone>
  <http_handlers>
    <rule><url>/ping</url><handler><type>ping</type></handler></rule>
    <rule>
      <headers><Authorization>{authorization(password)}</Authorization></headers>
      <handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler>
    </rule>
  </http_handlers>
  <keep_alive_timeout>30</keep_alive_timeout>
  <shutdown_wait_unfinished>2</shutdown_wait_unfinished>
  <max_concurrent_queries>64</max_concurrent_queries>
  <max_server_memory_usage>{options.memory_mb * 1024 * 1024}</max_server_memory_usage>
  <mark_cache_size>{options.memory_mb * 1024 * 1024 // 16}</mark_cache_size>
  <index_mark_cache_size>{options.memory_mb * 1024 * 1024 // 64}</index_mark_cache_size>
  <max_thread_pool_size>256</max_thread_pool_size>
  <background_pool_size>2</background_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <background_buffer_flush_schedule_pool_size>1</background_buffer_flush_schedule_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <background_message_broker_schedule_pool_size>1</background_message_broker_schedule_pool_size>
  <background_distributed_schedule_pool_size>1</background_distributed_schedule_pool_size>
  <merge_tree>
    <!-- The defaults are for a pool of 16; with them a small pool would never mutate. -->
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
</clickhouse>
"""


def users_xml(password: str, options: ClickHouseOptions) -> str:
    """``users.xml``: our user, and the library's own, which may only keep the server alive."""
    digest = hashlib.sha256(password.encode()).hexdigest()
    return f"""\
<clickhouse>
  <profiles>
    <default>
      <max_threads>{options.threads}</max_threads>
      <max_memory_usage>{options.memory_mb * 1024 * 1024 // 2}</max_memory_usage>
      <log_queries>0</log_queries>
    </default>
  </profiles>
  <quotas><default></default></quotas>
  <users>
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT SELECT ON system.numbers</query>
      </grants>
    </default>
    <{CLICKHOUSE_USER}>
      <password_sha256_hex>{digest}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </{CLICKHOUSE_USER}>
  </users>
</clickhouse>
"""


def authorization(password: str) -> str:
    """The ``Authorization`` header of our user."""
    return f"Basic {base64.b64encode(f'{CLICKHOUSE_USER}:{password}'.encode()).decode()}"


def answers(port: int) -> bool:
    """Whether a ClickHouse answers on ``port`` of the loopback interface now."""
    try:
        with DIRECT.open(f"http://{HOST}:{port}/ping", timeout=1.0) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def dsn_of(folder: Path, port: int) -> str:
    """The DSN of the server in ``folder``, password and all."""
    return embedded_clickhouse_dsn(ClickHouseFiles(folder).read_password(), port)


@contextmanager
def temporary_server(folder: Path, options: ClickHouseOptions, timeout_s: float = 60.0) -> Iterator[str]:
    """The DSN of a server in ``folder`` that lasts as long as the context. Raises :class:`StackError`."""
    port = PortBook(folder / "ports.json").choose("clickhouse")
    command = prepare(folder, port, options)
    process = SupervisedProcess(ProcessSpec("clickhouse", command, folder / "log", ready=lambda: answers(port)))
    process.start()
    try:
        if not process.wait_until(lambda now: now.state is ProcessState.UP, timeout_s):
            raise StackError(f"ClickHouse did not start: {' '.join(process.status.last_lines)}")
        yield dsn_of(folder, port)
    finally:
        process.stop()


def make_ready(dsn: str, database: str) -> str:
    """Tries the server out and brings its tables up to date; returns what was done, in words.

    Raises :class:`StackError` where it does not answer, does not keep values, or has tables that do not fit.
    """
    from connectors.clickhouse.client import ClickHouse
    from connectors.clickhouse.errors import RefusedError
    from connectors.clickhouse.migrate import MigrationError, migrate
    from connectors.errors import UnavailableError

    server = ClickHouse(dsn, database)
    try:
        version = smoke_test(server)
        applied = migrate(server)
    except (UnavailableError, RefusedError, MigrationError) as error:
        raise StackError(f"the embedded ClickHouse cannot be used: {error}") from error
    finally:
        server.close()
    return f"ClickHouse {version} answers" + (f"; migrations applied: {len(applied)}" if applied else "")


def smoke_test(server: "ClickHouse") -> str:
    """Writes and reads back a decimal and a time, which another build could get wrong. Returns the server's version.

    Raises :class:`StackError` where what comes back differs, and what :class:`ClickHouse` raises.
    """
    table = f"smoke_{secrets.token_hex(8)}"
    amount, moment = Decimal("-12345678901234567890.123456789012"), datetime(2026, 1, 31, 23, 59, 59, 999000, UTC)
    types = ("Decimal(38, 12)", "DateTime64(3, 'UTC')")
    server.command(f"CREATE DATABASE IF NOT EXISTS {server.database}", use_database=False)
    server.command(f"CREATE TABLE {table} (amount {types[0]}, moment {types[1]}) ENGINE = MergeTree ORDER BY moment")
    try:
        server.insert(table, ("amount", "moment"), types, ([amount], [moment]))
        found = server.query(f"SELECT amount, moment FROM {table}").rows  # noqa: S608 (a name of our own)
    finally:
        server.command(f"DROP TABLE {table}")
    if found != ((amount, moment),):
        raise StackError(f"the embedded ClickHouse does not keep values: {(amount, moment)} came back as {found}")
    return server.server_version()
