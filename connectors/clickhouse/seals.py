"""The hash of a row, by which its event vouches for it, and the name under which the event lists it.

A row's hash covers every column, in two steps: ``values_hash`` covers the columns that an erasure blanks, with a salt
that only the bytes of the record give; the row's hash covers that and all other columns. So once a document is erased,
what stays of its rows is still vouched for, and the values cannot be guessed (docs/audit.md).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from connectors.clickhouse.blanks import BLANKS, SALT
from connectors.clickhouse.cells import NO_HASH
from connectors.clickhouse.rows import COLUMNS, ROWS, EventPlaceRow, EventRow, Row
from processors.audit.event import milliseconds
from processors.audit.rows import row_hash

VALUES_HASH = "values_hash"


@dataclass(frozen=True, slots=True)
class _Form:
    """How one kind of row is hashed and named: its values (none where nothing is blanked), what stays, and its key."""

    table: str
    values: Callable[[Row], Sequence[Any]] | None
    kept: Callable[[Row], Sequence[Any]]
    key: Callable[[Row], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Seal:
    """What vouches for a row: ``key`` names it among those of its document's revision, ``hash`` is its hash."""

    key: str
    hash: bytes


def seal(row: Row, salt: bytes) -> Seal:
    """Gives ``row``, which nobody else has yet, its salt and its values' hash, and returns its seal."""
    form = _FORMS[type(row)]
    if form.values is not None:
        # Another row of forty columns, only to fill two, would double the sink's work.
        object.__setattr__(row, SALT, salt)
        object.__setattr__(row, VALUES_HASH, row_hash(salt, form.values(row)))
    return seal_of(row)


def seal_of(row: Row) -> Seal:
    """The seal of a stored ``row``, from its columns; those that an erasure blanks count by ``values_hash`` alone."""
    form = _FORMS[type(row)]
    inner = NO_HASH if form.values is None else getattr(row, VALUES_HASH)
    return Seal(key_of(row), row_hash(inner, (form.table, *form.kept(row))))


def has_its_values(row: Row) -> bool:
    """Whether the columns that an erasure blanks give the row's ``values_hash``; true for kinds that have none."""
    form = _FORMS[type(row)]
    return form.values is None or row_hash(getattr(row, SALT), form.values(row)) == getattr(row, VALUES_HASH)


def key_of(row: Row) -> str:
    """Table and key, such as ``fields/routed/0/total_amount``."""
    form = _FORMS[type(row)]
    return "/".join((form.table, *map(_text, form.key(row))))


def _text(part: Any) -> str:
    return str(milliseconds(part)) if isinstance(part, datetime) else str(part)


def _form_of(kind: type[Row]) -> _Form:
    blank = [name for name in COLUMNS[kind] if name in BLANKS.get(kind, {}) and name != SALT]
    kept = [name for name in COLUMNS[kind] if name not in {*blank, SALT, VALUES_HASH}]
    return _Form(kind.TABLE, _values_of(blank) if blank else None, _values_of(kept), _values_of(kind.KEY))


def _values_of(names: Sequence[str]) -> Callable[[Row], Sequence[Any]]:
    """All of ``names`` of a row, in one call; ``attrgetter`` of a single name gives no tuple."""
    if len(names) == 1:
        [name] = names
        return lambda row: (getattr(row, name),)
    return attrgetter(*names)


SEALED: tuple[type[Row], ...] = tuple(kind for kind in ROWS if kind not in (EventRow, EventPlaceRow))
"""The kinds of rows that events vouch for: all but the events themselves, whose chains do, and where those are."""

_FORMS: Mapping[type[Row], _Form] = {kind: _form_of(kind) for kind in SEALED}
