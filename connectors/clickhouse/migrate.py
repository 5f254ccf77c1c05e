"""Makes and changes the tables: numbered SQL files, applied in order, each recorded with its checksum.

A migration may use three placeholders: ``${database}``, ``${on_cluster}`` and ``${replacing}`` (the engine's name,
replicated where there is a cluster). A statement ends with ``;`` at the end of a line; a line that begins with ``--``
is a comment.

ClickHouse has no transactions and no locks for this, so every statement must be one that may run again (``IF NOT
EXISTS``, ``CREATE OR REPLACE VIEW``). Then two appliers at once do no harm: whoever is second finds everything done,
and both write the same record. A migration that broke off half-way has no record, and simply runs again. A file that
was changed after it was applied is refused, because nobody could say what the tables look like.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from string import Template

from connectors.clickhouse.client import ClickHouse

_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")

_RECORDS = """\
CREATE TABLE IF NOT EXISTS ${database}.schema_migrations ${on_cluster}
(
    number     UInt32 COMMENT 'Migrations are applied in this order.',
    name       String COMMENT 'File of the migration.',
    checksum   String COMMENT 'SHA-256 of the file, in hexadecimal.',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When it was applied.'
)
ENGINE = ${replacing}
ORDER BY number
COMMENT 'Migrations that were applied to this database.'
"""


class MigrationError(Exception):
    """The database's migrations and ours contradict each other. The message says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: ``number`` orders it, ``checksum`` is the SHA-256 of ``text`` in hexadecimal."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class MigrationState:
    """A migration, and whether this database has it."""

    migration: Migration
    applied: bool


def migrations() -> tuple[Migration, ...]:
    """All migrations, in order. Raises ``MigrationError`` where two files have one number, or a name is none."""
    found: dict[int, Migration] = {}
    for file in (resources.files("connectors.clickhouse") / "migrations").iterdir():
        match = _NAME.fullmatch(file.name)
        if match is None:
            raise MigrationError(f"{file.name} is no migration: they are called 0001_what_it_does.sql")
        number = int(match["number"])
        if number in found:
            raise MigrationError(f"{file.name} and {found[number].name} have the same number")
        found[number] = Migration(number, file.name, file.read_text(encoding="utf-8"))
    return tuple(found[number] for number in sorted(found))


def pending(store: ClickHouse, known: Sequence[Migration] | None = None) -> tuple[MigrationState, ...]:
    """Every migration and whether ``store`` has it; changes nothing.

    Raises ``MigrationError`` for a database that is newer than this program or was made by other files, and what
    :class:`ClickHouse` raises.
    """
    known = migrations() if known is None else known
    recorded = _recorded(store)
    for number, (name, checksum) in sorted(recorded.items()):
        ours = next((migration for migration in known if migration.number == number), None)
        if ours is None:
            raise MigrationError(
                f"{store.database} has {name}, which this version does not know; use a newer fieldtrail"
            )
        if ours.checksum != checksum:
            raise MigrationError(
                f"{ours.name} was changed after it was applied to {store.database}; undo that, and add a new migration"
            )
    return tuple(MigrationState(migration, migration.number in recorded) for migration in known)


def migrate(
    store: ClickHouse,
    cluster: str | None = None,
    known: Sequence[Migration] | None = None,
    progress: Callable[[str], None] = lambda _name: None,
) -> tuple[str, ...]:
    """Makes the database where there is none and applies what it lacks; returns the names of what was applied.

    ``cluster``: make everything on all servers of that cluster, with replicated engines (paths and replica names from
    the servers' own ``default_replica_path`` and macros). Raises what :func:`pending` raises, before anything changes.
    """
    words = {
        "database": store.database,
        "on_cluster": f"ON CLUSTER {cluster}" if cluster else "",
        "replacing": "ReplicatedReplacingMergeTree" if cluster else "ReplacingMergeTree",
    }
    store.command(
        Template("CREATE DATABASE IF NOT EXISTS ${database} ${on_cluster}").substitute(words), use_database=False
    )
    store.command(Template(_RECORDS).substitute(words))
    todo = [state.migration for state in pending(store, known) if not state.applied]
    for migration in todo:
        progress(migration.name)
        for statement in statements(Template(migration.text).substitute(words)):
            store.command(statement)
        store.command(
            "INSERT INTO schema_migrations (number, name, checksum) "
            "VALUES ({number:UInt32}, {name:String}, {checksum:String})",
            {"number": migration.number, "name": migration.name, "checksum": migration.checksum},
        )
    return tuple(migration.name for migration in todo)


def statements(text: str) -> tuple[str, ...]:
    """The statements of a file, without comments."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    parts = re.split(r";[ \t]*(?:\n|\Z)", "\n".join(lines))
    return tuple(part.strip() for part in parts if part.strip())


def _recorded(store: ClickHouse) -> dict[int, tuple[str, str]]:
    """What the database says of itself, by number: name and checksum. Empty where it has no such table."""
    if not store.has_table("schema_migrations"):
        return {}
    rows = store.query(
        "SELECT number, argMax(name, applied_at), argMax(checksum, applied_at) FROM schema_migrations GROUP BY number"
    ).rows
    return {int(number): (str(name), str(checksum)) for number, name, checksum in rows}
