"""Batches of rows into ClickHouse, so that writing a batch again changes nothing.

Three things make that so. A batch carries a deduplication token, by which the server drops one that it has seen (of
each table it remembers the last 1,000). A row's sort key is its identity, so one that comes in another batch replaces
itself. And nothing in a row depends on when it is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.errors import DEPENDENCY, RefusedError
from connectors.clickhouse.rows import COLUMNS, Row, RowRefused, transposed, unfit
from connectors.errors import UnavailableError

_ABOUT_ROWS = frozenset(
    {
        0,  # the driver could not put a value into its column
        6,  # CANNOT_PARSE_TEXT
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        33,  # CANNOT_READ_ALL_DATA
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        128,  # TOO_LARGE_ARRAY_SIZE
        131,  # TOO_LARGE_STRING_SIZE
        190,  # SIZES_OF_ARRAYS_DONT_MATCH
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        407,  # DECIMAL_OVERFLOW
        469,  # VIOLATED_CONSTRAINT
        691,  # UNKNOWN_ELEMENT_OF_ENUM
    }
)
"""Refusals that a row can be to blame for. Any other is about the statement, so that each row would meet it alike."""

_SETTINGS = {
    "insert_deduplicate": 1,
    # A partition is a month, and a producer may stamp what it likes: no batch may be too colourful to be written.
    "throw_on_max_partitions_per_insert_block": 0,
}


@dataclass(frozen=True, slots=True)
class Inserted:
    """What became of a batch: ``written`` rows are stored now or were before; ``refused`` ones never can be."""

    written: int
    refused: tuple[RowRefused, ...]


class Inserter:
    """Writes rows through one client. Threads may share it."""

    def __init__(self, store: ClickHouse) -> None:
        self._store = store
        self._types: dict[type[Row], tuple[str, ...]] = {}

    def insert(self, rows: Sequence[Row], token: str) -> Inserted:
        """Writes ``rows`` of any kinds, a table after the other. When it returns, what could be written is.

        ``token`` names the batch: the same for the same rows in the same order, another for any other (the offsets that
        they come from, say). A row that cannot be stored is left out and told of, and does not hold up the others.

        Raises ``UnavailableError`` where the server does not answer (part of the batch may be written; write it again),
        and ``RefusedError`` where it refuses for a reason that no row is to blame for.
        """
        by_kind: dict[type[Row], list[Row]] = {}
        for row in rows:
            by_kind.setdefault(type(row), []).append(row)
        written, left_out = 0, list[RowRefused]()
        for kind, batch in by_kind.items():
            done = self._insert_kind(kind, batch, f"{token}/{kind.TABLE}")
            written += done.written
            left_out += done.refused
        return Inserted(written, tuple(left_out))

    def _insert_kind(self, kind: type[Row], rows: Sequence[Row], token: str) -> Inserted:
        values = transposed(rows)
        bad = unfit(rows, values)
        if bad:
            left_out = {id(item.row) for item in bad}
            rows = [row for row in rows if id(row) not in left_out]
            values = transposed(rows) if rows else []
        done = self._insert_all(kind, rows, values, token) if rows else Inserted(0, ())
        return Inserted(done.written, bad + done.refused)

    def _insert_all(self, kind: type[Row], rows: Sequence[Row], values: list[list[Any]], token: str) -> Inserted:
        """Writes ``rows``; where the server refuses them, each half of them, down to the rows that are to blame."""
        try:
            self._store.insert(
                kind.TABLE,
                tuple(COLUMNS[kind]),
                self._column_types(kind),
                values,
                {"insert_deduplication_token": token, **_SETTINGS},
            )
        except RefusedError as error:
            if error.code not in _ABOUT_ROWS:
                raise
            if len(rows) == 1:
                return Inserted(0, (RowRefused(rows[0], error.reason),))
            middle = len(rows) // 2
            first = self._insert_all(kind, rows[:middle], [column[:middle] for column in values], f"{token}.0")
            second = self._insert_all(kind, rows[middle:], [column[middle:] for column in values], f"{token}.1")
            return Inserted(first.written + second.written, first.refused + second.refused)
        return Inserted(len(rows), ())

    def _column_types(self, kind: type[Row]) -> tuple[str, ...]:
        """The columns' types as the server has them, asked for once."""
        if kind not in self._types:
            found = _types_of(self._store, kind.TABLE)
            missing = [name for name in COLUMNS[kind] if name not in found]
            if missing:
                raise UnavailableError(
                    DEPENDENCY,
                    f"table {kind.TABLE} lacks {', '.join(missing)}; `fieldtrail audit migrate` adds what is missing",
                )
            self._types[kind] = tuple(found[name] for name in COLUMNS[kind])
        return self._types[kind]


def _types_of(store: ClickHouse, table: str) -> Mapping[str, str]:
    answer = store.query(
        "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String}",
        {"database": store.database, "table": table},
    )
    return {str(name): str(kind) for name, kind in answer.rows}
