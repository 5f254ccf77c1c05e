"""Claims: which submission owns a document id, and which document owns a content. Operational SQL (DESIGN §6).

A claim is made once and never changes, so asking again after a crash gives the same answer: that is what makes
duplicate detection safe under at-least-once delivery. Only an erasure gives a content free again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, MetaData, String, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from connectors.operational import Database

ERASED = "erased"
"""Stands for the hash in the submission claim of an erased document: no content has it, so that nothing, a replay
included, can be taken in under that id again."""

_AT_A_TIME = 500
"""Ids in one statement; SQLite takes some thousands."""

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

_removals = Table(
    "content_removals",
    _metadata,
    Column("sha256", String, primary_key=True),
    Column("document_id", String, primary_key=True),
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
        mine = _submissions.c.document_id == submission.document_id
        with self._database.transaction() as connection:
            _insert_first(connection, _submissions, values)
            return Submission(*connection.execute(select(_submissions).where(mine)).one())

    def claim_content(self, tenant: str, sha256: str, schema_name: str, document_id: str) -> str | None:
        """Claims a content for a document; the first claim wins. Returns the document that owns it.

        ``None`` where nobody owns it and an erasure is removing it: what was stored of it may be gone in a moment, so
        it is to be stored and claimed again.
        """
        values = {"tenant": tenant, "sha256": sha256, "schema_name": schema_name, "document_id": document_id}
        mine = [_contents.c[name] == values[name] for name in ("tenant", "sha256", "schema_name")]
        with self._database.transaction(alone=True) as connection:
            owner = connection.execute(select(_contents.c.document_id).where(*mine)).scalar()
            if owner is not None:
                return str(owner)
            if connection.execute(select(_removals).where(_removals.c.sha256 == sha256)).first() is not None:
                return None
            connection.execute(insert(_contents).values(**values))
            return document_id

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

    def erased(self, document_ids: Iterable[str]) -> frozenset[str]:
        """Those of ``document_ids`` that are erased, or whose erasure has barred them already. An id that the database
        cannot hold was never barred.
        """
        named, found = list(document_ids), set[str]()
        for start in range(0, len(named), _AT_A_TIME):
            some = named[start : start + _AT_A_TIME]
            try:
                found |= self._erased(some)
            except ValueError:
                found |= set[str]() if len(some) == 1 else {one for one in some if self.erased([one])}
        return frozenset(found)

    def begin_removal(self, sha256: str, document_id: str) -> None:
        """Lets nobody claim this content while an erasure of ``document_id`` looks who needs it, and removes it."""
        with self._database.transaction(alone=True) as connection:
            _insert_first(connection, _removals, {"sha256": sha256, "document_id": document_id})

    def end_removal(self, document_id: str) -> None:
        """What the erasure had to remove is gone: its content may be claimed again. Safe to repeat."""
        with self._database.transaction(alone=True) as connection:
            connection.execute(delete(_removals).where(_removals.c.document_id == document_id))

    def close(self) -> None:
        """Closes the connections."""
        self._database.close()

    def _erased(self, document_ids: Sequence[str]) -> set[str]:
        mine = _submissions.c.document_id.in_(document_ids)
        wanted = select(_submissions.c.document_id).where(mine, _submissions.c.sha256 == ERASED)
        with self._database.transaction() as connection:
            return set(connection.execute(wanted).scalars())


def _insert_first(connection: Connection, table: Table, values: dict[str, str]) -> None:
    upsert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(upsert(table).values(**values).on_conflict_do_nothing())
