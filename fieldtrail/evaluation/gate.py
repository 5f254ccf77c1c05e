"""A gate: figures that a report must hold, from a file of them."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fieldtrail.errors import FieldtrailError
from processors.evaluation.metrics import METRIC, METRICS
from processors.evaluation.report import Report, Slice

OVERALL = "overall"


class GateError(FieldtrailError):
    """A gate's file cannot be used. The message names the file, the key and what is expected."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One figure to hold: the least value of a metric that should be high, the most of one that should be low.

    ``dimension`` and ``value`` name the slice (``type``, ``invoice``); all documents where both are ``None``.
    """

    metric: str
    bound: float
    dimension: str | None = None
    value: str | None = None

    @property
    def name(self) -> str:
        """As in the file: ``overall.field_f1``, ``type.invoice.field_f1``."""
        return f"{OVERALL if self.dimension is None else f'{self.dimension}.{self.value}'}.{self.metric}"


@dataclass(frozen=True, slots=True)
class Breach:
    """A bound that does not hold; ``measured`` is ``None`` where there was nothing to measure."""

    bound: Bound
    measured: float | None

    def __str__(self) -> str:
        sign = "at least" if METRIC[self.bound.metric].higher_is_better else "at most"
        found = "nothing to measure" if self.measured is None else f"{self.measured:.4f}"
        return f"{self.bound.name}: {found}; {sign} {self.bound.bound:g} is wanted"


def load_gate(path: Path) -> tuple[Bound, ...]:
    """The bounds in a TOML or (by its ending) JSON file: a table ``overall``, and tables ``DIMENSION.VALUE``.

    .. code-block:: toml

        [overall]
        field_f1 = 0.95
        silent_error_rate = 0.01   # a metric that should be low: at most

        [type.invoice]
        field_accuracy = 0.95

    Raises :class:`GateError`.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise GateError(f"{path}: {error}") from error
    if not isinstance(data, dict) or not data:
        raise GateError(f"{path}: must have a table of figures, such as [{OVERALL}]")
    return tuple(_bounds(path, data))


def breaches(report: Report, bounds: tuple[Bound, ...]) -> list[Breach]:
    """The bounds that ``report`` does not hold. A figure that nothing was measured for does not hold."""
    found = []
    for bound in bounds:
        part = _slice(report, bound)
        estimate = None if part is None else part.metrics.get(bound.metric)
        measured = None if estimate is None else estimate.value
        if measured is None or not _holds(bound, measured):
            found.append(Breach(bound, measured))
    return found


def _slice(report: Report, bound: Bound) -> Slice | None:
    if bound.dimension is None or bound.value is None:
        return report.overall
    return report.slices.get(bound.dimension, {}).get(bound.value)


def _holds(bound: Bound, measured: float) -> bool:
    return measured >= bound.bound if METRIC[bound.metric].higher_is_better else measured <= bound.bound


def _bounds(path: Path, data: Mapping[str, Any]) -> Iterator[Bound]:
    for dimension, table in data.items():
        if not isinstance(table, dict):
            raise GateError(f"{path}: {dimension}: must be a table of figures, not {table!r}")
        if dimension == OVERALL:
            yield from _table(path, table, None, None)
            continue
        for value, inner in table.items():
            if not isinstance(inner, dict):
                raise GateError(f"{path}: {dimension}.{value}: must be a table, such as [type.invoice]")
            yield from _table(path, inner, dimension, value)


def _table(path: Path, table: Mapping[str, Any], dimension: str | None, value: str | None) -> Iterator[Bound]:
    for name, bound in table.items():
        if name not in METRIC:
            near = get_close_matches(name, METRIC, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(m.name for m in METRICS)}"
            raise GateError(f"{path}: no metric is called {name!r}; {hint}")
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise GateError(f"{path}: {name}: must be a number, not {bound!r}")
        yield Bound(name, float(bound), dimension, value)
