"""Labels that are not in the notation of the truth format, or that say nothing: warnings for whoever labels."""

from collections.abc import Iterable, Iterator

from processors.evaluation.compare import canonical_text
from processors.evaluation.field_types import column_type, field_type
from processors.evaluation.model import TruthRow, Value, key_shown
from processors.fields import FieldType

_EXPECTED = {
    FieldType.MONEY: "a decimal string as 1234.50",
    FieldType.NUMBER: "a decimal string as 1234.5",
    FieldType.RATE: "a decimal string as 7.7",
    FieldType.DATE: "an ISO date as 2026-01-31",
    FieldType.TIME: "a time as 13:05",
}


def notation_problems(rows: Iterable[TruthRow]) -> tuple[str, ...]:
    """A sentence for each label that its field's type cannot be read from, and each alternative to nothing labelled.

    They are warnings, not errors: the former equals the same text only (and the types of fields that no schema has are
    guessed by name), the latter counts for nothing.
    """
    return tuple(problem for row in rows for problem in _problems(row))


def _problems(row: TruthRow) -> Iterator[str]:
    place = key_shown(row.key)
    for name in row.alternatives:
        if not _is_labelled(row, name):
            yield f"{place}: alternatives.{name} is not a labelled field, document_type or line_items.N.column"
    for name, value in row.fields.items():
        for text in _texts(value, *row.alternatives.get(name, ())):
            yield from _problem(f"{place}: fields.{name}", text, field_type(row.document_type, name))
    for index, item in enumerate(row.line_items or ()):
        for column, cell in item.items():
            path = f"line_items.{index}.{column}"
            for text in _texts(cell, *row.alternatives.get(path, ())):
                yield from _problem(f"{place}: {path}", text, column_type(row.document_type, column))


def _is_labelled(row: TruthRow, name: str) -> bool:
    if name == "document_type" or name in row.fields:
        return True
    table, _, rest = name.partition(".")
    index, _, column = rest.partition(".")
    rows = row.line_items or ()
    return table == "line_items" and index.isdecimal() and int(index) < len(rows) and column in rows[int(index)]


def _problem(place: str, text: str, kind: FieldType) -> Iterator[str]:
    expected = _EXPECTED.get(kind)
    if expected is not None and isinstance(canonical_text(text, kind), str):
        yield f"{place}: {text!r} should be {expected}"


def _texts(*values: Value | None) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif value is not None:
            yield from (item for item in value if isinstance(item, str))
