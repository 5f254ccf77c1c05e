"""The rows of the audit tables, one class a table, and the check that a row can be stored as it is.

Attributes are columns; what each means is said in ``migrations/0001_tables.sql`` (a test holds the two together). Empty
text, 0 and an empty tuple stand for "none", except where ``None`` is allowed. Times have a zone and are cut to
milliseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, get_args, get_type_hints

from connectors.clickhouse import columns as c
from connectors.clickhouse.cells import NO_HASH, ChainEnd, FailedRule, Place, Row, Rule
from connectors.clickhouse.document_rows import (
    STAGES,
    CorrectionRow,
    DecisionRow,
    DocumentRow,
    FieldRow,
    PageQualityRow,
)
from connectors.clickhouse.trail_rows import (
    DeadLetterRow,
    DeliveryRow,
    ErasureRow,
    EventPlaceRow,
    EventRow,
    MerkleRootRow,
)

__all__ = [
    "COLUMNS",
    "NO_HASH",
    "ROWS",
    "STAGES",
    "ChainEnd",
    "CorrectionRow",
    "DeadLetterRow",
    "DecisionRow",
    "DeliveryRow",
    "DocumentRow",
    "ErasureRow",
    "EventPlaceRow",
    "EventRow",
    "FailedRule",
    "FieldRow",
    "MerkleRootRow",
    "PageQualityRow",
    "Place",
    "Row",
    "RowRefused",
    "Rule",
    "refused",
    "transposed",
    "unfit",
]

ROWS: tuple[type[Row], ...] = (
    DocumentRow,
    FieldRow,
    EventRow,
    EventPlaceRow,
    DecisionRow,
    CorrectionRow,
    DeadLetterRow,
    DeliveryRow,
    PageQualityRow,
    MerkleRootRow,
    ErasureRow,
)


@dataclass(frozen=True, slots=True)
class RowRefused:
    """A row that cannot be stored as it is. ``reason`` names the column and says why, without the value."""

    row: Row
    reason: str


def _columns(kind: type[Row]) -> Mapping[str, c.Column]:
    hints = get_type_hints(kind, include_extras=True)
    return {item.name: get_args(hints[item.name])[-1] for item in fields(kind)}  # type: ignore[arg-type]


COLUMNS: Mapping[type[Row], Mapping[str, c.Column]] = {kind: _columns(kind) for kind in ROWS}
"""The columns of each kind of row, in the order of its attributes."""


def transposed(rows: Sequence[Row]) -> list[list[Any]]:
    """``rows``, all of one kind, as one list of values per column. There must be at least one row."""
    return [list(map(attrgetter(name), rows)) for name in COLUMNS[type(rows[0])]]


def refused(rows: Sequence[Row]) -> tuple[RowRefused, ...]:
    """Those of ``rows``, all of one kind, that cannot be stored as they are, in their order. Never raises."""
    return unfit(rows, transposed(rows)) if rows else ()


def unfit(rows: Sequence[Row], values: Sequence[Sequence[Any]]) -> tuple[RowRefused, ...]:
    """:func:`refused` for rows whose columns, ``values``, are at hand."""
    found: dict[int, str] = {}
    for (name, column), cells in zip(COLUMNS[type(rows[0])].items(), values, strict=True):
        if column.holds(cells):
            continue
        for index, cell in enumerate(cells):
            said = column.problem(cell)
            if said is not None:
                found.setdefault(index, f"{name} {said}")
    return tuple(RowRefused(rows[index], found[index]) for index in sorted(found))
