"""Claims: which submission owns a document id, and which document owns a content. Operational SQL (DESIGN §6).

A claim is made once and never changes, so asking again after a crash gives the same answer: that is what makes
duplicate detection safe under at-least-once delivery. Only an erasure gives a content free again.
"""

from dataclasses import dataclass

from sqlalchemy import Column, MetaData, String, Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from connectors.operational import Database

ERASED = "erased"
"""Stands for the hash in the submission claim of an erased document: no content has it, so that nothing, a replay
included, can be taken in under that id again."""

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
        self._database = Database(url, _metadata)

    def claim_submission(self, submission: Submission) -> Submission:
        """Claims ``submission.document_id``; the first claim wins. Returns the claim that stands."""
        values = {name: getattr(submission, name) for name in Submission.__slots__}
        row = self._claim(_submissions, values)
        return Submission(**{name: row[name] for name in Submission.__slots__})

    def claim_content(self, tenant: str, sha256: str, schema_name: str, document_id: str) -> str:
        """Claims a content for a document; the first claim wins. Returns the document that owns it."""
        values = {"tenant": tenant, "sha256": sha256, "schema_name": schema_name, "document_id": document_id}
        return self._claim(_contents, values)["document_id"]

    def find(self, document_id: str) -> Submission | None:
        """The claim on a document id, or ``None``."""
        with self._database.transaction() as connection:
            row = connection.execute(select(_submissions).where(_submissions.c.document_id == document_id)).first()
        return None if row is None else Submission(*row)

    def owners_of(self, sha256: str) -> frozenset[str]:
        """The documents that own a content, of whatever tenant."""
        wanted = select(_contents.c.document_id).where(_contents.c.sha256 == sha256)
        with self._database.transaction() as connection:
            return frozenset(connection.execute(wanted).scalars())

    def erase(self, document_id: str) -> None:
        """Gives the document's content free, and bars its id for ever (:data:`ERASED`). Safe to repeat.

        The id of a submission that failed before it was claimed is barred too: taken in later, the document would live
        and pass for an erased one.
        """
        with self._database.transaction() as connection:
            connection.execute(delete(_contents).where(_contents.c.document_id == document_id))
            mine = _submissions.c.document_id == document_id
            nobody = {"document_id": document_id, "tenant": "", "sha256": ERASED, "source": ""}
            _insert_first(connection, _submissions, nobody)
            connection.execute(update(_submissions).where(mine).values(sha256=ERASED))

    def close(self) -> None:
        """Closes the connections."""
        self._database.close()

    def _claim(self, table: Table, values: dict[str, str]) -> dict[str, str]:
        with self._database.transaction() as connection:
            _insert_first(connection, table, values)
            keys = [column == values[column.name] for column in table.primary_key.columns]
            return dict(connection.execute(select(table).where(*keys)).mappings().one())


def _insert_first(connection: Connection, table: Table, values: dict[str, str]) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(table).values(**values).on_conflict_do_nothing())
