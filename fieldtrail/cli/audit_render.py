"""Answers of the audit store as people read them: a table per part, and a story in the order in which it happened."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fieldtrail.cli.operations import counted
from fieldtrail.rendering import printable

if TYPE_CHECKING:
    from connectors.clickhouse.questions.documents import DocumentRevision
    from connectors.clickhouse.questions.story import Delivery, ErasureProof, Reading, Step

_RIGHT = (int, float, Decimal)
_FOLDED = 44
"""Cells longer than this may be folded: more than an id, a file name or two times have."""
_SHORT = 12
"""Digits of a hash that people compare by eye; ``--json`` has them all."""


def print_answers(console: Console, answers: Mapping[str, Sequence[Any]], empty: str) -> None:
    """A table for each part that has rows, under its name where there are several; ``empty`` where none has any.

    What does not fit the console as a table is told line by line instead.
    """
    told = {name: rows for name, rows in answers.items() if rows}
    if not told:
        console.print(empty)
    for name, rows in told.items():
        if len(answers) > 1:
            console.print(Text(f"\n{name}", "bold"))
        columns = _columns(rows)
        if _width(columns) <= console.width:
            console.print(_table(rows, columns))
        else:
            _print_records(console, rows)


def _columns(rows: Sequence[Any]) -> dict[str, list[str]]:
    """The cells of each column by its heading, less the columns that are empty in all rows."""
    names = [item.name for item in fields(rows[0])]
    columns = {name: [cell(getattr(row, name)) for row in rows] for name in names}
    return {name: cells for name, cells in columns.items() if any(cells)}


def _width(columns: Mapping[str, Sequence[str]]) -> int:
    """How wide a table must be to be readable: headings break at words, long cells anywhere."""
    widest = (
        max(*map(len, name.split("_")), *(min(len(text), _FOLDED) for text in cells)) for name, cells in columns.items()
    )
    return sum(width + 2 for width in widest)


def _table(rows: Sequence[Any], columns: Mapping[str, Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    for name, cells in columns.items():
        right = all(isinstance(getattr(row, name), _RIGHT) for row in rows)
        least = max(min(len(text), _FOLDED) for text in cells)
        heading = name.replace("_", " ")
        table.add_column(heading, justify="right" if right else "left", overflow="fold", min_width=least)
    for line in zip(*columns.values(), strict=True):
        table.add_row(*map(Text, line))
    return table


def _print_records(console: Console, rows: Sequence[Any]) -> None:
    """Each row as lines of name and value, an empty line between rows."""
    for number, row in enumerate(rows):
        if number:
            console.print()
        values = [(item.name.replace("_", " "), getattr(row, item.name)) for item in fields(row)]
        _print_pairs(console, [(name, cell(value)) for name, value in values if value not in (None, "", ())])


def cell(value: Any) -> str:
    """A value on one line: times in UTC to the second, numbers without needless digits, lists by commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, datetime):
        return f"{value:%F %T}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple):
        return _box(value) if _is_box(value) else ", ".join(map(cell, value))
    return printable(str(value))


def _is_box(value: tuple[Any, ...]) -> bool:
    return len(value) == 4 and all(isinstance(item, float) for item in value)


def _box(box: Sequence[float]) -> str:
    x0, y0, x1, y1 = box
    return f"{x0:.0f},{y0:.0f} {x1:.0f},{y1:.0f}"


def print_story(console: Console, document_id: str, path: str, answers: Mapping[str, Sequence[Any]]) -> None:
    """The story of one value: the file, the way it went, the value at each stage, people, deliveries."""
    revisions: Sequence[DocumentRevision] = answers["revisions"]
    _print_file(console, document_id, path, revisions)
    _heading(console, "The way it went")
    _print_steps(console, answers["steps"])
    _heading(console, f"The value {path}")
    for reading in answers["readings"]:
        _print_reading(console, reading)
    for page in answers["pages"]:
        how = f"{page.source} by {page.engine}" + (f", {page.dpi:.0f} DPI" if page.dpi else "")
        console.print(
            Text(f"  page {page.page} (revision {page.revision}) was read by {how}: {printable(page.reason)}")
        )
    if answers["changes"] or answers["decisions"]:
        _heading(console, "People")
        _print_people(console, answers)
    _heading(console, "Deliveries")
    _print_deliveries(console, answers["deliveries"])
    for erasure in answers["erasures"]:
        _print_erasure(console, erasure)


def _heading(console: Console, text: str) -> None:
    console.print(Text(f"\n{printable(text)}", "bold"))


def _print_file(console: Console, document_id: str, path: str, revisions: "Sequence[DocumentRevision]") -> None:
    latest = revisions[-1]
    console.print(Text(f"{printable(document_id)}  {printable(path)}", "bold"))
    rows = [
        (
            "file",
            f"{printable(latest.filename or '(no name)')}, {latest.media_type}, {counted(latest.page_count, 'page')}",
        ),
        ("sha256", latest.content_sha256),
        ("submitted", f"{cell(latest.submitted_at)} UTC, tenant {printable(latest.tenant)}"),
        ("type", f"{latest.document_type}, schema {latest.schema_name} {latest.schema_version}"),
        ("decision", f"{latest.decision or '(none yet)'}, revision {latest.revision} of {len(revisions)}"),
        *(("because", printable(reason)) for reason in latest.reasons),
        *(("packet", part) for part in [printable(latest.parent_document_id)] if part),
    ]
    _print_pairs(console, rows)


def _print_pairs(console: Console, rows: Sequence[tuple[str, str]]) -> None:
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        console.print(Text(f"  {name:<{width}}  {value}"), soft_wrap=True)


def _print_steps(console: Console, steps: "Sequence[Step]") -> None:
    """Two lines for each record: what happened and where it lies; what caused it, and what worked on it."""
    for step in steps:
        what = " ".join(part for part in (step.stage, step.kind, step.state, step.actor) if part)
        revision = f", revision {step.revision}" if step.revision > 1 else ""
        console.print(Text(printable(f"  {cell(step.at)}  {what}{revision}: {step.place}")))
        took = "" if step.seconds is None else f"{step.seconds:.3f} s on {step.worker}"
        more = (
            f"from {step.input}" if step.input else "",
            took,
            f"with {', '.join(step.model_versions)}" if step.model_versions else "",
            f"replay {step.replay_id}" if step.replay_id else "",
            f"chain {step.chain_hash[:_SHORT]}",
        )
        console.print(Text(printable(f"{'':23}{'; '.join(part for part in more if part)}")), soft_wrap=True)
    if not steps:
        console.print(Text("  none"))


def _print_reading(console: Console, reading: "Reading") -> None:
    value = "(none)" if reading.value is None else printable(reading.value)
    head = Text(f"  revision {reading.revision}, {reading.stage}: ")
    console.print(head.append(value, "bold"))
    where = f"page {reading.page} at {_box(reading.box)}" if reading.source == "page" else printable(reading.reference)
    signals = [
        f"{name} {signal:.2f}"
        for name, signal in (
            ("recognition", reading.confidence_recognition),
            ("reader", reading.confidence_reader),
            ("validation", reading.confidence_validation),
        )
        if signal is not None
    ]
    rows = [
        ("as printed", repr(printable(reading.raw_text))),
        ("where", where or "(nowhere)"),
        ("read by", f"{reading.reader} {reading.reader_version}"),
        ("confidence", f"{reading.confidence:.3f}" + (f" ({', '.join(signals)})" if signals else "")),
        ("route", reading.review_state),
        *(("rule", f"{name}: {outcome} {printable(message)}".rstrip()) for name, outcome, message in reading.rules),
        ("record", reading.place),
    ]
    _print_pairs(console, [(f"  {name}", value) for name, value in rows])


def _print_people(console: Console, answers: Mapping[str, Sequence[Any]]) -> None:
    for decision in answers["decisions"]:
        what = f"{decision.decision} revision {decision.revision}"
        why = f": {printable(decision.reason)}" if decision.reason else ""
        console.print(
            Text(f"  {cell(decision.decided_at)}  {printable(decision.reviewer)} {what}{why} ({decision.place})")
        )
    for change in answers["changes"]:
        by = "" if change.change is None else f" ({change.change:+f})"
        before, after = (("nothing" if item is None else printable(item)) for item in (change.before, change.after))
        comment = f": {printable(change.comment)}" if change.comment else ""
        line = f"  {cell(change.decided_at)}  {printable(change.reviewer)} changed {before} to {after}{by}{comment}"
        console.print(Text(line))


def _print_deliveries(console: Console, deliveries: "Sequence[Delivery]") -> None:
    for delivery in deliveries:
        what = f"revision {delivery.revision} {delivery.state} by {delivery.channel}: {delivery.place}"
        console.print(Text(printable(f"  {cell(delivery.at)}  {what}, result {delivery.result_id}")))
    if not deliveries:
        console.print(Text("  none"))


def _print_erasure(console: Console, erasure: "ErasureProof") -> None:
    _heading(console, "Erased")
    rows = [
        ("by", f"{printable(erasure.requested_by)}, {cell(erasure.begun_at)} UTC ({erasure.cause}, {erasure.state})"),
        ("why", printable(erasure.reason)),
        *(("removed", printable(item)) for item in erasure.removed),
        *(("kept", printable(item)) for item in erasure.kept),
    ]
    _print_pairs(console, rows)
