"""Two runs, read from their reports and compared."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fieldtrail.errors import FieldtrailError
from fieldtrail.evaluation import figures
from fieldtrail.rendering import printable
from processors.evaluation.compare_runs import (
    Direction,
    FieldChange,
    MetricChange,
    RunComparison,
    ValueChange,
    compare_runs,
)
from processors.evaluation.report import Report, ReportError

MOST_DOCUMENTS = 10
_ROW = re.compile(r"\[\d+\]")
_MINUTES = frozenset({"started_at", "seconds", "read", "interrupted", "documents", "configuration.resumed"})
"""Of the run's record: what always differs, and says nothing about what was changed."""
_TONES = {Direction.BETTER: "green", Direction.WORSE: "red", Direction.UNCLEAR: "dim"}


class ReportFileError(FieldtrailError):
    """A file is no report. The message says which, and why."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs: its report's file name, and the record of the run."""

    name: str
    run: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from ``before`` to ``after``. ``settings`` are the keys of the records that differ, both values."""

    before: Side
    after: Side
    changes: RunComparison
    settings: tuple[tuple[str, str, str], ...]

    def to_json(self) -> dict[str, object]:
        """A JSON object with the keys ``before``, ``after`` (a name and the run's record), ``settings`` and
        ``changes``.
        """
        return {
            "before": {"name": self.before.name, "run": self.before.run},
            "after": {"name": self.after.name, "run": self.after.run},
            "settings": [{"name": name, "before": old, "after": new} for name, old, new in self.settings],
            "changes": self.changes.to_json(),
        }


def compare_files(before: Path, after: Path) -> Comparison:
    """Compares two reports. Raises :class:`ReportFileError` where a file is none."""
    old, new = _load(before), _load(after)
    settings = tuple(_differences(dict(flat(old.run)), dict(flat(new.run))))
    return Comparison(Side(before.name, old.run), Side(after.name, new.run), compare_runs(old, new), settings)


def has_worse(changes: RunComparison) -> bool:
    """Whether any figure or field got worse beyond chance. How long it took is left out: machines differ."""
    directions = [item.direction for item in changes.metrics if item.name != "seconds_per_page"]
    return Direction.WORSE in [*directions, *(item.direction for item in changes.fields)]


def shown_metrics(changes: RunComparison) -> list[MetricChange]:
    """The headline figures, and others that changed beyond chance."""
    headlines = {name for name, _ in figures.HEADLINES}
    return [item for item in changes.metrics if item.name in headlines or item.direction is not Direction.UNCLEAR]


def shown_fields(changes: RunComparison) -> list[FieldChange]:
    """The fields in which any value changed, those that lost most first."""
    moved = [item for item in changes.fields if item.fixed or item.broken]
    return sorted(moved, key=lambda item: (item.fixed - item.broken, item.name))


def print_comparison(comparison: Comparison, out: Console) -> None:
    """Figures before and after, fields and documents that changed, and what was set otherwise."""
    changes = comparison.changes
    out.print(f"{changes.common} documents in both runs")
    for name, only in ((comparison.before.name, changes.only_before), (comparison.after.name, changes.only_after)):
        if only:
            out.print(f"[yellow]{len(only)} only in {escape(name)}: left out[/yellow]")
    if changes.relabelled:
        out.print(f"[yellow]{len(changes.relabelled)} values have another truth now: left out[/yellow]")
    for setting, old, new in comparison.settings:
        out.print(f"[dim]{escape(setting)}[/dim]  {escape(printable(old))} → {escape(printable(new))}")
    out.print(_metrics(changes))
    if shown_fields(changes):
        out.print(_fields(shown_fields(changes)))
    for document in changes.documents[:MOST_DOCUMENTS]:
        broken = f"  [red]broken: {escape(_names(document.broken))}[/red]" if document.broken else ""
        fixed = f"  [green]fixed: {escape(_names(document.fixed))}[/green]" if document.fixed else ""
        out.print(f"  {escape(printable(document.file))}{broken}{fixed}")
    if len(changes.documents) > MOST_DOCUMENTS:
        out.print(f"  [dim]and {len(changes.documents) - MOST_DOCUMENTS} more documents[/dim]")


def _names(changes: Sequence[ValueChange]) -> str:
    """The values that changed; cells of a column are counted."""
    counts = Counter(_ROW.sub("", item.name) for item in changes)
    return ", ".join(name if count == 1 else f"{count} {name}" for name, count in counts.items())


def _metrics(changes: RunComparison) -> Table:
    table = _table("figure", "before", "after", "difference", f"{changes.options.level * 100:g} % interval", "")
    for item in shown_metrics(changes):
        tone = _TONES[item.direction]
        table.add_row(
            item.name,
            figures.number(item.name, item.before),
            figures.number(item.name, item.after),
            f"[{tone}]{figures.difference(item.name, item.difference)}[/{tone}]",
            f"{figures.difference(item.name, item.low)} to {figures.difference(item.name, item.high)}",
            f"[{tone}]{item.direction}[/{tone}]",
        )
    return table


def _fields(fields: list[FieldChange]) -> Table:
    table = _table("\nfield", "\nvalues", "\nright before", "\nafter", "\nfixed", "\nbroken", "\np", "\n")
    for item in fields:
        tone = _TONES[item.direction]
        counts = (item.values, item.right_before, item.right_after, item.fixed, item.broken)
        table.add_row(item.name, *map(str, counts), f"{item.p_adjusted:.3f}", f"[{tone}]{item.direction}[/{tone}]")
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column(headings[0])
    for heading in headings[1:]:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _load(path: Path) -> Report:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ReportError("must be a JSON object")
        return Report.from_json(data)
    except (OSError, ValueError) as error:
        raise ReportFileError(f"{path} is no report of 'fieldtrail eval --json': {error}") from error


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, "-"), after.get(name, "-")
        if old != new and name not in _MINUTES:
            yield name, old, new


def flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of nested mappings under dotted names, as text."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value if isinstance(value, str) else json.dumps(value)
