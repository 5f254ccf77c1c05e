"""What the columns of the audit tables hold, checked before it is sent.

ClickHouse and its driver change silently what does not fit: decimals are cut, times beyond the range are clamped, an
unknown enum value may become 0. So every value is checked here. Whole columns are checked at once, mostly by built-ins,
and only where one fails is it looked at value by value.
"""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol

from processors.fields import MAX_DECIMALS, MAX_DIGITS, is_representable

_FIRST_MOMENT, _LAST_MOMENT = datetime(1900, 1, 1, tzinfo=UTC), datetime(2299, 12, 31, 23, 59, 59, 999999, UTC)
_FIRST_DATE32, _LAST_DATE32 = date(1900, 1, 1), date(2299, 12, 31)
_LARGEST_FLOAT32 = (2 - 2**-23) * 2.0**127
"""What is beyond it, the driver makes infinite."""
_FIRST_DATE, _LAST_DATE = date(1970, 1, 1), date(2149, 6, 6)


class Column(Protocol):
    """One kind of column."""

    def holds(self, values: Sequence[Any]) -> bool:
        """Whether all of ``values`` can be stored as they are. Never raises, whatever the values."""

    def problem(self, value: Any) -> str | None:
        """What is wrong with one value, without the value itself, which may be private; ``None`` where it fits."""


def _types(values: Iterable[Any]) -> set[type]:
    return set(map(type, values))


@dataclass(frozen=True, slots=True)
class Text:
    """A string that UTF-8 can hold. ``str`` subclasses (``StrEnum``) are strings too."""

    def holds(self, values: Sequence[Any]) -> bool:
        try:
            "".join(values).encode()
        except (TypeError, UnicodeEncodeError):
            return False
        return True

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return f"is {type(value).__name__}, not text"
        return None if self.holds((value,)) else "has characters that UTF-8 cannot hold"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a set of names, as an Enum column has them."""

    names: frozenset[str]

    def holds(self, values: Sequence[Any]) -> bool:
        try:
            return self.names.issuperset(values)
        except TypeError:  # unhashable
            return False

    def problem(self, value: Any) -> str | None:
        return None if self.holds((value,)) else f"is none of {', '.join(sorted(self.names))}"


def choice(*names: str) -> Choice:
    """A column of an Enum with these names."""
    return Choice(frozenset(names))


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer without sign, of ``bits``."""

    bits: int

    def holds(self, values: Sequence[Any]) -> bool:
        return _types(values) <= {int, bool} and min(values) >= 0 and max(values) < 1 << self.bits

    def problem(self, value: Any) -> str | None:
        return None if self.holds((value,)) else f"is no whole number from 0 to {(1 << self.bits) - 1}"


@dataclass(frozen=True, slots=True)
class Real:
    """A finite number, no further from zero than ``most``."""

    most: float = sys.float_info.max

    def holds(self, values: Sequence[Any]) -> bool:
        # Bounds alone would do, but for numbers that are none: what they are compared with is never less or more.
        if not _types(values) <= {float, int} or max(values) > self.most or min(values) < -self.most:
            return False
        return all(map(math.isfinite, values))

    def problem(self, value: Any) -> str | None:
        return None if self.holds((value,)) else f"is no finite number up to {self.most:.3g}"


@dataclass(frozen=True, slots=True)
class Exact:
    """A decimal of the contracts' size."""

    def holds(self, values: Sequence[Any]) -> bool:
        return _types(values) <= {Decimal} and all(map(is_representable, values))

    def problem(self, value: Any) -> str | None:
        if self.holds((value,)):
            return None
        return f"is no decimal of {MAX_DIGITS - MAX_DECIMALS} digits before the point and {MAX_DECIMALS} after it"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with a zone, within what the column can hold."""

    first: datetime = _FIRST_MOMENT
    last: datetime = _LAST_MOMENT

    def holds(self, values: Sequence[Any]) -> bool:
        if not _types(values) <= {datetime} or None in {value.tzinfo for value in values}:
            return False
        return bool(min(values) >= self.first and max(values) <= self.last)

    def problem(self, value: Any) -> str | None:
        if self.holds((value,)):
            return None
        return f"is no time with a zone from {self.first.year} to {self.last.year}"


@dataclass(frozen=True, slots=True)
class Day:
    """A date within what the column can hold; no ``datetime``."""

    first: date = _FIRST_DATE32
    last: date = _LAST_DATE32

    def holds(self, values: Sequence[Any]) -> bool:
        return _types(values) <= {date} and min(values) >= self.first and max(values) <= self.last

    def problem(self, value: Any) -> str | None:
        return None if self.holds((value,)) else f"is no date from {self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class Digest:
    """32 bytes."""

    def holds(self, values: Sequence[Any]) -> bool:
        return _types(values) <= {bytes} and set(map(len, values)) <= {32}

    def problem(self, value: Any) -> str | None:
        return None if self.holds((value,)) else "is not 32 bytes"


@dataclass(frozen=True, slots=True)
class Maybe:
    """``None``, or what ``column`` holds."""

    column: Column

    def holds(self, values: Sequence[Any]) -> bool:
        given = [value for value in values if value is not None]
        return not given or self.column.holds(given)

    def problem(self, value: Any) -> str | None:
        return None if value is None else self.column.problem(value)


@dataclass(frozen=True, slots=True)
class Many:
    """A tuple or list of what ``column`` holds."""

    column: Column

    def holds(self, values: Sequence[Any]) -> bool:
        if not _types(values) <= {tuple, list}:
            return False
        items = [item for value in values for item in value]
        return not items or self.column.holds(items)

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, tuple | list):
            return f"is {type(value).__name__}, not a list"
        return next((f"has an item that {said}" for item in value if (said := self.column.problem(item))), None)


@dataclass(frozen=True, slots=True)
class Parts:
    """A tuple with one part for each of ``columns``, in their order; a ``NamedTuple`` is one."""

    columns: tuple[Column, ...]

    def holds(self, values: Sequence[Any]) -> bool:
        if not all(isinstance(value, tuple) and len(value) == len(self.columns) for value in values):
            return False
        return all(column.holds(part) for column, part in zip(self.columns, zip(*values, strict=True), strict=True))

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, tuple) or len(value) != len(self.columns):
            return f"is no tuple of {len(self.columns)}"
        parts = zip(self.columns, value, strict=True)
        return next((f"has a part that {said}" for column, part in parts if (said := column.problem(part))), None)


@dataclass(frozen=True, slots=True)
class Texts:
    """A mapping of text to text."""

    def holds(self, values: Sequence[Any]) -> bool:
        if not all(isinstance(value, Mapping) for value in values):
            return False
        return Text().holds([text for value in values for pair in value.items() for text in pair])

    def problem(self, value: Any) -> str | None:
        return None if self.holds((value,)) else "is no mapping of text to text"


TEXT, TEXTS, EXACT, DIGEST = Text(), Texts(), Exact(), Digest()
REAL, REAL32 = Real(), Real(_LARGEST_FLOAT32)
FLAG, WHOLE16, WHOLE32, WHOLE64 = Whole(1), Whole(16), Whole(32), Whole(64)
MOMENT = Moment()
DATE32, DATE = Day(), Day(_FIRST_DATE, _LAST_DATE)
