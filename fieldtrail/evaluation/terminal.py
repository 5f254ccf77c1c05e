"""A report in the terminal: the figures that a run is judged by, and where the errors are."""

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fieldtrail.evaluation import figures
from fieldtrail.rendering import printable
from processors.evaluation.report import FieldSummary, Report, Slice, Verdict

MOST_FIELDS = 12
"""Fields shown, those with the most errors first."""
MOST_DOCUMENTS = 5
_LOUD = frozenset({"silent_error_documents", "silent_error_rate"})


def print_report(report: Report, out: Console) -> None:
    """Headline figures with intervals, then types, fields with errors, failures, and the worst documents."""
    out.print(_headlines(report))
    types = report.slices.get("type", {})
    if len(types) > 1:
        out.print(_slices(types))
    erring = [item for item in report.overall.fields.values() if _errors(item)]
    if erring:
        out.print(_fields(sorted(erring, key=lambda item: (-_errors(item), item.name))))
    for code, count in report.failures.items():
        out.print(f"[red]{count} failed: {escape(code)}[/red]")
    worst = [item for item in report.worst_first() if item.errors][:MOST_DOCUMENTS]
    if worst:
        out.print("\n[bold]worst documents[/bold]")
    for item in worst:
        silent = f"[red]{item.silent_errors} silent, [/red]" if item.silent_errors else ""
        out.print(f"  {escape(printable(item.file))}  {silent}{item.false_values} false, {item.errors} errors")


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, title_justify="left")
    table.add_column(headings[0])
    for heading in headings[1:]:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _headlines(report: Report) -> Table:
    level = f"{report.options.level * 100:g} % interval"
    table = _table(f"{report.overall.documents} documents", "", level, "of")
    for metric, label, estimate in figures.headlines(report.overall):
        value = figures.number(metric, estimate.value)
        style = "red" if metric in _LOUD and estimate.value else "bold"
        shown = f"[{style}]{value}[/{style}]"
        table.add_row(label, shown, figures.interval(metric, estimate), figures.support(metric, estimate))
    return table


def _slices(slices: Mapping[str, Slice]) -> Table:
    table = _table("\ntype", "\ndocuments", *(f"\n{label}" for _, label in figures.SLICE_COLUMNS))
    for name, part in sorted(slices.items(), key=lambda item: (-item[1].documents, item[0])):
        values = (figures.number(metric, figures.estimate(part, metric).value) for metric, _ in figures.SLICE_COLUMNS)
        table.add_row(name, str(part.documents), *values)
    return table


def _fields(summaries: list[FieldSummary]) -> Table:
    more = f" (of {len(summaries)} with errors)" if len(summaries) > MOST_FIELDS else ""
    table = _table(f"\nfield{more}", "\nF1", "\nright", "\nwrong", "\nmissing", "\nspurious")
    for item in summaries[:MOST_FIELDS]:
        counts = item.counts
        right = counts.get(Verdict.EXACT, 0) + counts.get(Verdict.CLOSE, 0)
        false = (counts.get(verdict, 0) for verdict in (Verdict.WRONG, Verdict.MISSING, Verdict.SPURIOUS))
        shown = figures.number("field_f1", figures.estimate(item, "field_f1").value)
        table.add_row(item.name, shown, str(right), *map(str, false))
    return table


def _errors(item: FieldSummary) -> int:
    return sum(count for verdict, count in item.counts.items() if not verdict.is_right)
