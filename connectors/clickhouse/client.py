"""One ClickHouse server by DSN: queries, commands, columnar inserts.

The same for the embedded server and any other. Times come back with their zone, which is UTC throughout.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from connectors.clickhouse.errors import RefusedError, as_error
from connectors.errors import UnavailableError

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
    from urllib3 import PoolManager

T = TypeVar("T")

DEFAULT_DATABASE = "fieldtrail"
CONNECT_TIMEOUT_S = 5
ANSWER_TIMEOUT_S = 60
STREAM_CHUNK_BYTES = 1 << 20
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_SETTINGS = {
    # A row never moves to another partition (0001_tables.sql), so FINAL may look at each month by itself. Without this,
    # it would not skip the months that a question leaves out.
    "do_not_merge_across_partitions_select_final": 1,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's rows, and what it cost: rows and bytes that the server read for it, and its own seconds."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    rows_read: int
    bytes_read: int
    seconds: float

    def mappings(self) -> Iterator[dict[str, Any]]:
        """The rows as dictionaries by column."""
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))


class ClickHouse:
    """Queries on one database. Connects at the first call; calls block, and threads may share it.

    ``dsn``: ``http://user:password@host:8123`` or ``https://…``; ``clickhouse://…`` and ``clickhouses://…`` are other
    spellings of the two. A database in its path is ignored: ``database`` is the one.

    All calls raise ``UnavailableError`` where the server does not answer, is overloaded, or lets nobody in, and
    ``RefusedError`` for a statement or rows that it will never take. Parameters are bound by the server
    (``{name:String}`` in the statement), never pasted into it.
    """

    def __init__(
        self,
        dsn: str,
        database: str = DEFAULT_DATABASE,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self.database = database
        self._dsn = dsn
        self._connect_timeout_s = connect_timeout_s
        self._answer_timeout_s = answer_timeout_s
        self._connecting = Lock()
        self._connected: Client | None = None
        self._direct: PoolManager | None = None

    def __repr__(self) -> str:
        return f"ClickHouse({self.address!r}, {self.database!r})"

    @property
    def address(self) -> str:
        """Host and port, without user and password."""
        return urlsplit(self._dsn).netloc.rpartition("@")[2]

    def query(
        self,
        statement: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Answer:
        """The rows of a ``SELECT``, all at once."""

        def ask(client: "Client") -> Answer:
            result = client.query(statement, parameters=_bound(parameters), settings=_bound(settings))
            summary = result.summary
            return Answer(
                columns=tuple(result.column_names),
                rows=tuple(tuple(row) for row in result.result_rows),
                rows_read=int(summary.get("read_rows", 0)),
                bytes_read=int(summary.get("read_bytes", 0)),
                seconds=int(summary.get("elapsed_ns", 0)) / 1e9,
            )

        return self._call(ask)

    def command(
        self,
        statement: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        *,
        use_database: bool = True,
    ) -> None:
        """Runs DDL, ``ALTER``, ``DELETE`` or ``SYSTEM``. ``use_database``: false where there may be no database yet."""
        self._call(
            lambda client: client.command(
                statement, parameters=_bound(parameters), settings=_bound(settings), use_database=use_database
            )
        )

    def has_table(self, table: str) -> bool:
        """Whether the database has ``table``; ``False`` where there is no such database either."""
        statement = "SELECT count() FROM system.tables WHERE database = {database:String} AND name = {table:String}"
        found = {"database": self.database, "table": table}
        return self._call(lambda client: client.command(statement, parameters=found, use_database=False)) == 1

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        types: Sequence[str],
        data: Sequence[Sequence[Any]],
        settings: Mapping[str, Any] | None = None,
    ) -> int:
        """Inserts ``data``, one sequence of values per column. Returns the rows written: 0 where the server had seen
        them.

        ``types`` are ClickHouse's names of the columns' types. Raises ``RefusedError`` with code 0 for a value that
        does not fit its column.
        """

        def send(client: "Client") -> int:
            summary = client.insert(
                table,
                data,
                column_names=columns,
                column_type_names=types,
                database=self.database,
                column_oriented=True,
                settings=_bound(settings),
            )
            return int(summary.summary.get("written_rows", 0))

        return self._call(send)

    @contextmanager
    def stream(
        self, statement: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> Iterator[Iterator[bytes]]:
        """The answer to a ``SELECT … FORMAT …`` in chunks of bytes.

        The server completes it first (on its disk, where it is large), so that what comes is whole: over HTTP, an error
        halfway would look like the end of the data.
        """
        settings = {"wait_end_of_query": 1, **(settings or {})}
        source = self._call(
            lambda client: client.raw_stream(statement, parameters=_bound(parameters), settings=settings)
        )
        with source as file:
            yield iter(lambda: self._guarded(lambda: bytes(file.read(STREAM_CHUNK_BYTES))), b"")

    def ping(self) -> bool:
        """Whether the server answers this user now, with or without the database."""
        try:
            self.command("SELECT 1", use_database=False)
        except (UnavailableError, RefusedError):
            return False
        return True

    def server_version(self) -> str:
        """The server's version, such as ``26.9.2.1``."""
        return self._call(lambda client: str(client.server_version))

    def close(self) -> None:
        """Closes the connections. Safe to repeat."""
        with self._connecting:
            if self._connected is not None:
                self._connected.close()
                if self._direct is not None:
                    self._direct.clear()
                self._connected = self._direct = None

    def _call(self, call: "Callable[[Client], T]") -> T:
        return self._guarded(lambda: call(self._client()))

    def _guarded(self, call: Callable[[], T]) -> T:
        from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, Error
        from urllib3.exceptions import HTTPError

        try:
            return call()
        except DataError as error:
            if error.code is None:  # the client's own: a value that does not fit its column
                raise RefusedError(0, str(error)) from error
            raise as_error(error.code, _first_line(error)) from error
        except (ClickHouseError, HTTPError, OSError) as error:
            code = error.code if isinstance(error, Error) else None
            raise as_error(code, _first_line(error)) from error

    def _client(self) -> "Client":
        with self._connecting:
            if self._connected is None:
                self._connected = self._connect()
            return self._connected

    def _connect(self) -> "Client":
        import clickhouse_connect
        from clickhouse_connect.driver.httputil import get_pool_manager

        logging.getLogger("clickhouse_connect").setLevel(logging.ERROR)  # what it warns of, it raises as well
        parts = urlsplit(self._dsn)
        # A proxy that the environment names cannot reach our own machine; it would only learn the password.
        direct = get_pool_manager() if parts.hostname in _LOOPBACK else None
        client = clickhouse_connect.get_client(
            dsn=parts._replace(path="").geturl(),
            interface="https" if parts.scheme in ("https", "clickhouses") else "http",
            connect_timeout=max(1, round(self._connect_timeout_s)),  # the driver takes whole seconds
            send_receive_timeout=self._answer_timeout_s,
            autogenerate_session_id=False,  # a session would allow one query at a time
            dedicated_pool=direct is None,
            pool_mgr=direct,
            tz_mode="aware",
            query_retries=0,  # trying again is the caller's business
            client_name="fieldtrail",
            settings=_SETTINGS,
        )
        self._direct = direct
        client.database = self.database  # only now: the driver uses it while it connects, and it may not exist yet
        return client


def _bound(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else dict(values)


_SERVER_SAID = re.compile(r"DB::Exception: (?P<reason>.*?)(?: \(version [^()]*(?:\([^()]*\))?\))?(?: \(for url .*)?$")


def _first_line(error: Exception) -> str:
    """The server's own sentence where there is one, else why none came."""
    line = next(iter(str(error).strip().splitlines()), type(error).__name__)
    said = _SERVER_SAID.search(line)
    if said:
        return said["reason"]
    if "There is no handle" in line:
        return "it lets nobody in with this user and password"  # so does the embedded server say it
    innermost: BaseException = error
    while innermost.__cause__ or innermost.__context__:
        innermost = innermost.__cause__ or innermost.__context__ or innermost
    return (innermost.strerror or str(innermost)) if isinstance(innermost, OSError) else line
