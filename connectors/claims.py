"""Claims: which submission owns a document id, and which document owns a content. Operational SQL (DESIGN §6).

A claim is made once and never changes, so asking again after a crash gives the same answer: that is what makes
duplicate detection safe under at-least-once delivery.
"""

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from sqlalchemy import Column, MetaData, String, Table, create_engine, event, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from connectors.errors import UnavailableError

DEPENDENCY = "database"
CONNECT_TIMEOUT_S = 10
_TABLES_LOCK = 0x6669656C64747261  # any fixed number that is ours: "fieldtra" in ASCII

_metadata = MetaData()

_submissions = Table(
    "submission_claims",
    _metadata,
    Column("document_id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("source", String, nullable=False),
)

_contents = Table(
    "content_claims",
    _metadata,
    Column("tenant", String, primary_key=True),
    Column("sha256", String, primary_key=True),
    Column("schema_name", String, primary_key=True),
    Column("document_id", String, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Submission:
    """Who claimed a document id: the tenant, the content, and the Kafka record (``source``) that it came in."""

    document_id: str
    tenant: str
    sha256: str
    source: str


class Claims:
    """The claim tables in SQLite or PostgreSQL, made at first use. Thread-safe; calls block.

    All calls raise ``UnavailableError`` where the database does not answer, and ``ValueError`` for a text that it
    cannot hold (with PostgreSQL, one with a NUL or of some kilobytes), which is no reason to wait.
    """

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine = _engine(self._url)
        self._ready = False
        # SQLite has one writer at a time, and others wait for it in sleeps of up to 100 ms; waiting here costs nothing.
        # Workers beside this one still meet in the database.
        self._one_writer: AbstractContextManager[object] = Lock() if self._is_sqlite else nullcontext()

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    def claim_submission(self, submission: Submission) -> Submission:
        """Claims ``submission.document_id``; the first claim wins. Returns the claim that stands."""
        values = {name: getattr(submission, name) for name in Submission.__slots__}
        row = self._claim(_submissions, values)
        return Submission(**{name: row[name] for name in Submission.__slots__})

    def claim_content(self, tenant: str, sha256: str, schema_name: str, document_id: str) -> str:
        """Claims a content for a document; the first claim wins. Returns the document that owns it."""
        values = {"tenant": tenant, "sha256": sha256, "schema_name": schema_name, "document_id": document_id}
        return self._claim(_contents, values)["document_id"]

    def close(self) -> None:
        """Closes the connections."""
        self._engine.dispose()

    def _claim(self, table: Table, values: dict[str, str]) -> dict[str, str]:
        try:
            if not self._ready:
                self._make_tables()
                self._ready = True
            with self._one_writer, self._engine.begin() as connection:
                _insert_first(connection, table, values)
                keys = [column == values[column.name] for column in table.primary_key.columns]
                return dict(connection.execute(select(table).where(*keys)).mappings().one())
        except (SQLAlchemyError, OSError) as error:
            if _is_about_the_values(error):
                raise ValueError(f"the database cannot hold this: {error.__cause__}") from error
            self._ready = False  # the database may come back as another one, without the tables
            raise UnavailableError(DEPENDENCY, str(error.__cause__ or error)) from error

    def _make_tables(self) -> None:
        if self._is_sqlite and self._url.database:
            _prepare_file(self._engine, Path(self._url.database))
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # There, two workers that start together can both find a table missing, and one then fails to make it.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TABLES_LOCK})
            for table in _metadata.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))


def _insert_first(connection: Connection, table: Table, values: dict[str, str]) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(table).values(**values).on_conflict_do_nothing())


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
