"""A question as a person asked it: its parts, each a query and the type of its rows, and what it was asked with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.errors import RefusedError
from connectors.clickhouse.questions.asking import EVERYTHING, Query, Scope, ask
from connectors.clickhouse.questions.documents import UnknownError
from connectors.errors import UnavailableError
from fieldtrail.errors import FieldtrailError
from fieldtrail.settings import Settings


class AuditError(FieldtrailError):
    """The audit store does not answer, or does not know what was asked for; the message says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table of an answer: its name, its query, and the dataclass of its rows."""

    name: str
    query: Query
    row_type: type


@dataclass(frozen=True, slots=True)
class Asking:
    """A question with everything that it was asked with. ``asked`` are its own parameters, as plain values."""

    question: str
    parts: tuple[Part, ...]
    scope: Scope = EVERYTHING
    asked: Mapping[str, Any] = field(default_factory=dict)

    def answers(self, client: ClickHouse) -> dict[str, list[Any]]:
        """The rows of every part, by its name. Raises as the client does."""
        return {part.name: ask(client, part.query, part.row_type) for part in self.parts}


def open_store(settings: Settings) -> ClickHouse:
    """The audit store. Raises :class:`AuditError` where the settings name none."""
    wanted = settings.clickhouse
    if wanted.dsn is None:
        raise AuditError(
            "there is no audit store: set CLICKHOUSE_DSN, or start the local stack with 'fieldtrail up', which has one"
        )
    return ClickHouse(wanted.dsn, wanted.database)


@contextmanager
def audit_store(settings: Settings) -> Iterator[ClickHouse]:
    """The audit store for as long as the context lasts; what goes wrong with it becomes an :class:`AuditError`."""
    client = open_store(settings)
    try:
        yield client
    except UnknownError as error:
        raise AuditError(str(error)) from error
    except UnavailableError as error:
        raise AuditError(f"{error.dependency} does not answer: {error.reason}") from error
    except RefusedError as error:
        raise AuditError(str(error)) from error
    finally:
        client.close()


def utc_now() -> datetime:
    """The time, as ClickHouse and Avro keep it: to the millisecond."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
