"""The operational SQL database (DESIGN §6): how its SQLite file or PostgreSQL is opened, and its failures."""

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from threading import Lock

from sqlalchemy import MetaData, create_engine, event, text
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from connectors.errors import UnavailableError

DEPENDENCY = "database"
CONNECT_TIMEOUT_S = 10
_OUR_LOCK = 0x6669656C64747261  # any fixed number that is ours: "fieldtra" in ASCII


class Database:
    """Some tables of the operational database, made at first use. Thread-safe; calls block."""

    def __init__(self, url: str, tables: MetaData) -> None:
        self._url = make_url(url)
        self._tables = tables
        self._engine = _engine(self._url)
        self._ready = False
        self._one_writer: AbstractContextManager[object] = _writer(url) if self._is_sqlite else nullcontext()

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    @contextmanager
    def transaction(self, *, alone: bool = False) -> Iterator[Connection]:
        """A transaction, committed when the context ends well. ``alone``: no other such one runs at the same time, in
        any process, so that what it reads still holds when it writes.

        Raises ``UnavailableError`` where the database does not answer, and ``ValueError`` for a text that it cannot
        hold (with PostgreSQL, one with a NUL or of some kilobytes), which is no reason to wait.
        """
        try:
            if not self._ready:
                self._make_tables()
                self._ready = True
            with self._one_writer, self._engine.begin() as connection:
                if alone:
                    _lock(connection)
                yield connection
        except (SQLAlchemyError, OSError) as error:
            if _is_about_the_values(error):
                raise ValueError(f"the database cannot hold this: {error.__cause__}") from error
            self._ready = False  # the database may come back as another one, without the tables
            raise UnavailableError(DEPENDENCY, str(error.__cause__ or error)) from error

    def close(self) -> None:
        """Closes the connections."""
        self._engine.dispose()

    def _make_tables(self) -> None:
        if self._is_sqlite and self._url.database:
            _prepare_file(self._engine, Path(self._url.database))
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # There, two workers that start together can both find a table missing, and one then fails to make it.
                _lock(connection)
            for table in self._tables.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))


@cache
def _writer(_url: str) -> AbstractContextManager[object]:
    """The lock that all tables of one SQLite file share in this process.

    SQLite has one writer at a time, and others wait for it in sleeps of up to 100 ms; waiting here costs nothing.
    Workers beside this one still meet in the database.
    """
    return Lock()


def _lock(connection: Connection) -> None:
    """Makes the transaction the only one with this lock, until it ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _OUR_LOCK})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _is_about_the_values(error: Exception) -> bool:
    """Data errors, and SQLSTATE class 54, "program limit exceeded", which is how an index refuses a key too long."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, DataError) or state.startswith("54")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        patience = {"connect_timeout": CONNECT_TIMEOUT_S} if url.get_driver_name().startswith("psycopg") else {}
        return create_engine(url, pool_pre_ping=True, connect_args=patience)
    engine = create_engine(url, connect_args={"timeout": 30})
    event.listen(engine, "connect", _sync_at_checkpoints)
    return engine


def _prepare_file(engine: Engine, path: Path) -> None:
    """Puts a database file into WAL mode, which lets several workers share it and which the file remembers.

    One at a time: to change the mode, SQLite takes its read lock up to a write lock, and where two do so together one
    fails at once, whatever its timeout, because waiting would be a deadlock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path.with_name(f"{path.name}.setup")), engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Holds an advisory lock on the file ``lock``; the kernel frees it at the process's death."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sync_at_checkpoints(connection: object, _record: object) -> None:
    """With WAL, synchronous=NORMAL keeps the file whole through kills and power cuts, at one sync per checkpoint."""
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a DBAPI connection, which SQLAlchemy types as Any
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
