"""The ClickHouse that the tests use: the embedded server, or the one that CLICKHOUSE_DSN names.

``tests/integration/conftest.py`` brings the fixtures. Each test gets a database of its own on the session's one server.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.migrate import migrate
from fieldtrail.stack.clickhouse import ClickHouseOptions, answers, dsn_of, prepare, why_impossible
from tests.support.servers import Server, free_port


@dataclass(frozen=True, slots=True)
class ClickHouseServer:
    """A server that the tests may stop, kill and start again. ``server`` is ``None`` where it is not the tests' own."""

    dsn: str
    server: Server | None


def embedded_clickhouse(folder: Path, options: ClickHouseOptions | None = None) -> ClickHouseServer:
    """The embedded server with its data below ``folder``, not started yet. Skips the test where it cannot run."""
    problem = why_impossible()
    if problem is not None:
        pytest.skip(problem)
    port = free_port()
    command = prepare(folder, port, options or ClickHouseOptions())
    return ClickHouseServer(dsn_of(folder, port), Server(command, folder / "clickhouse.log", lambda: answers(port)))


@pytest.fixture(scope="session")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """One server for the session. Tests that stop it start it again before they end."""
    dsn = os.environ.get("CLICKHOUSE_DSN")
    if dsn:
        yield ClickHouseServer(dsn, None)
        return
    embedded = embedded_clickhouse(tmp_path_factory.mktemp("clickhouse"))
    assert embedded.server is not None
    with embedded.server:
        yield embedded


@pytest.fixture
def clickhouse(clickhouse_server: ClickHouseServer) -> Iterator[ClickHouse]:
    """A new database with all tables; dropped afterwards."""
    store = ClickHouse(clickhouse_server.dsn, f"test_{uuid.uuid4().hex[:12]}")
    migrate(store)
    yield store
    store.command(f"DROP DATABASE IF EXISTS {store.database}", use_database=False)
    store.close()
