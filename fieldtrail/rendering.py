"""Documents as people and machines read them: fields with value, page, box, confidence; and JSON of any record."""

import re
from collections.abc import Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from processors.errors import ERROR_HELP
from processors.fields import EvidenceSource, Field, LineItem, ReviewState, canonical_text

_MARKS = {
    ReviewState.PASSED: Text("✓", "green"),
    ReviewState.SECOND_LOOK: Text("?", "yellow"),
    ReviewState.PERSON: Text("✗", "red"),
    ReviewState.NOT_ROUTED: Text(" "),
}

_HELP: dict[str, str] = {code.value: sentence for code, sentence in ERROR_HELP.items()}

_BLANK = re.compile(r"[\t\n\v\f\r\u2028\u2029]+")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, which a terminal would obey, and changes of direction, which show an amount other than it is."""

_PIPE_WIDTH = 120
"""Columns where the output is no terminal: wide enough for most values on one line."""


def console() -> Console:
    """Where commands print for people. Text is shown as it is: no emoji codes, no guessing at what to colour."""
    made = Console(highlight=False, emoji=False)
    return made if made.is_terminal else Console(highlight=False, emoji=False, width=_PIPE_WIDTH)


def printable(text: str) -> str:
    """``text``, which may come from a document or a stranger, as one line that does nothing to a terminal."""
    return _UNSAFE.sub("\ufffd", _BLANK.sub(" ", text))


def help_for(code: str) -> str:
    """What an error code means and what to do, in a sentence; empty for a code that this version does not know."""
    return _HELP.get(code, "")


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


# Cells are ``Text``: as plain strings, rich would take "[each]" in a value for markup and leave it out.


def _field_row(item: Field) -> tuple[Text, ...]:
    return _row(item, item.name, _value(item), place_of(item))


def _line_row(line: LineItem) -> tuple[Text, ...]:
    cells = {cell.name: _value(cell) for cell in line.cells}
    description = cells.pop("description", None)
    figures = Text("  ").join(Text.assemble(name, " ", value) for name, value in cells.items())
    worst = min(line.cells, key=lambda cell: cell.confidence.value)
    shown = Text("\n").join(part for part in (description, figures) if part)
    return _row(worst, f"line {line.row}", shown, place_of(line.cells[0]))


def _value(item: Field) -> Text:
    """The value in plain notation; what was printed, marked, where that is none of the field's type."""
    value = canonical_text(item.value, item.type)
    if value is None:
        return Text.assemble((f"not a {item.type}:", "red"), " ", printable(item.raw_text))
    return Text(printable(value))


def _row(least_sure: Field, name: str, value: Text, place: tuple[str, str]) -> tuple[Text, ...]:
    page, box = place
    confidence = f"{least_sure.confidence.value:.2f}"
    return _MARKS[least_sure.review_state], Text(name), value, Text(page), Text(printable(box)), Text(confidence)
