"""How questions are put: a statement with bound parameters, and rows that become frozen dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from connectors.clickhouse.client import ClickHouse
from processors.fields import FieldType, plain_decimal

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Query:
    """One question as the server gets it. ``parameters`` are bound by the server (``{name:String}``), never pasted in.

    ``name`` is the question's, as the command line has it.
    """

    name: str
    statement: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which documents are meant: of one tenant, and from ``since`` on and before ``until`` (aware times)."""

    tenant: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError(f"the time ends ({self.until:%F %T}) before it begins ({self.since:%F %T})")

    def where(self, column: str, *, as_date: bool = False) -> str:
        """Conditions on the time in ``column`` and the tenant, to be put behind a ``WHERE``.

        ``as_date``: the column holds UTC days; a day counts where any of it lies within.
        """
        kind = "Date" if as_date else "DateTime64(3, 'UTC')"
        parts = [] if self.tenant is None else ["tenant = {tenant:String}"]
        if self.since is not None:
            parts.append(f"{column} >= {{since:{kind}}}")
        if self.until is not None:
            parts.append(f"{column} {'<=' if as_date else '<'} {{until:{kind}}}")
        return " AND ".join(parts) or "1"

    def parameters(self, *, as_date: bool = False) -> dict[str, str]:
        """What :meth:`where` refers to."""
        values = {"tenant": self.tenant}
        for name, moment in (("since", self.since), ("until", self.until)):
            values[name] = None if moment is None else _day(moment) if as_date else as_parameter(moment)
        return {name: value for name, value in values.items() if value is not None}


EVERYTHING = Scope()

INDEX_DECIDES = "SETTINGS use_skip_indexes_if_final_exact_mode = 0"
"""For the end of a statement with ``FINAL`` whose skip index is on a column that all versions of a row have alike (the
document, the file's hash): then the server need not look for other versions of what the index found.
"""


def as_parameter(moment: datetime) -> str:
    """A time as ``DateTime64(3, 'UTC')`` takes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def ask(client: ClickHouse, query: Query, row_type: type[Row]) -> list[Row]:
    """The answer, one ``row_type`` per row: a dataclass with the statement's columns, in their order.

    Arrays become tuples. (Of an empty answer the server does not say the columns.) Raises ``UnavailableError`` and
    ``RefusedError`` as the client does.
    """
    answer = client.query(query.statement, query.parameters)
    names = tuple(item.name for item in fields(row_type))  # type: ignore[arg-type]  # dataclasses only
    assert answer.columns in (names, ()), f"{query.name}: {answer.columns} are not {names}"
    return [row_type(*map(_frozen, row)) for row in answer.rows]


def _frozen(value: Any) -> Any:
    if isinstance(value, Decimal):  # all decimals of answers are amounts; the server pads them to the column's scale
        return plain_decimal(value, FieldType.MONEY)
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def month_of(text: str) -> tuple[datetime, datetime]:
    """The first moment of the month ``2026-10`` and of the next one, UTC. Raises ``ValueError``."""
    return _month(date.fromisoformat(f"{text}-01"))


def last_month() -> tuple[datetime, datetime]:
    """The same of the month before this one."""
    return _month(datetime.now(UTC).date().replace(day=1) - timedelta(days=1))


def _month(day: date) -> tuple[datetime, datetime]:
    first = datetime(day.year, day.month, 1, tzinfo=UTC)
    return first, datetime(day.year + day.month // 12, day.month % 12 + 1, 1, tzinfo=UTC)
