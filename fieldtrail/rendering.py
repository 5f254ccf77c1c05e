"""Documents as people and machines read them: fields with value, page, box, confidence; and JSON of any record."""

from collections.abc import Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from rich.table import Table

from processors.fields import EvidenceSource, Field, LineItem, ReviewState, canonical_text

_MARKS = {
    ReviewState.PASSED: "[green]✓[/green]",
    ReviewState.SECOND_LOOK: "[yellow]?[/yellow]",
    ReviewState.PERSON: "[red]✗[/red]",
    ReviewState.NOT_ROUTED: " ",
}


def to_json(value: Any) -> Any:
    """``value`` (a record, a dataclass, or anything in one) as JSON's types.

    Field values are in fieldtrail's plain notation (ISO dates, decimal strings); times are ISO 8601 in UTC; bytes are
    told by their length.
    """
    if isinstance(value, Field):
        plain = {item.name: to_json(getattr(value, item.name)) for item in dataclass_fields(value)}
        return {**plain, "value": canonical_text(value.value, value.type)}
    if isinstance(value, BaseModel):
        return {name: to_json(getattr(value, name)) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_json(getattr(value, item.name)) for item in dataclass_fields(value)}
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(item) for item in value]
    if isinstance(value, bytes):
        return {"bytes": len(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def fields_table(fields: Sequence[Field], line_items: Sequence[LineItem]) -> Table:
    """Header fields, then one row per line item, each with its place and confidence."""
    table = Table(box=None, pad_edge=False, show_edge=False)
    for heading, justify in (
        ("", "left"),
        ("field", "left"),
        ("value", "left"),
        ("page", "right"),
        ("box (pt)", "left"),
        ("confidence", "right"),
    ):
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]  # a literal union
    for item in fields:
        table.add_row(*_field_row(item))
    for line in line_items:
        table.add_row(*_line_row(line))
    return table


def place_of(item: Field) -> tuple[str, str]:
    """Page and box of a field's first place on a page; an attachment's name where it is on none."""
    for evidence in item.evidence:
        if evidence.source is EvidenceSource.PAGE and evidence.box is not None:
            box = evidence.box
            return str(evidence.page), f"{box.x0:.0f},{box.y0:.0f} {box.x1:.0f},{box.y1:.0f}"
    reference = next((evidence.reference for evidence in item.evidence if evidence.reference), "")
    return "", reference.split("#")[0]


def _field_row(item: Field) -> tuple[str, ...]:
    page, box = place_of(item)
    value = canonical_text(item.value, item.type)
    shown = f"[red]not a {item.type}:[/red] {item.raw_text}" if value is None else value
    return _MARKS[item.review_state], item.name, shown, page, box, f"{item.confidence.value:.2f}"


def _line_row(line: LineItem) -> tuple[str, ...]:
    cells = {cell.name: canonical_text(cell.value, cell.type) or cell.raw_text for cell in line.cells}
    description = cells.pop("description", "")
    figures = "  ".join(f"{name} {value}" for name, value in cells.items())
    worst = min(line.cells, key=lambda cell: cell.confidence.value)
    page, box = place_of(line.cells[0])
    shown = "\n".join(part for part in (description, figures) if part)
    return _MARKS[worst.review_state], f"line {line.row}", shown, page, box, f"{worst.confidence.value:.2f}"
