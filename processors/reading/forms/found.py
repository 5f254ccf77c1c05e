"""What a finder of this package returns, and how fields are made of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from processors.fields import Field, FieldType, FieldValue, LineItem
from processors.reading.geometric.cite import cite
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.view import Span
from processors.schemas import ExtractionSchema, FieldSpec

SURE = 0.78
"""The most for a value that nothing but its place speaks for: below every threshold that passes unseen."""
CHECKED = 0.95
"""For a value that check digits bear out."""

_FEWEST_CELLS = 2


@dataclass(frozen=True, slots=True)
class Found:
    """A field's words, and how likely they are it in [0, 1]. ``value`` where the words say it in a notation of their
    own, such as a machine-readable zone or a name without its blanks; else it is parsed from the words.
    """

    name: str
    span: Span
    certainty: float
    value: FieldValue | None = None


def to_fields(
    view: DocumentView, schema: ExtractionSchema, found: Iterable[Found], reader: str, version: str
) -> tuple[Field, ...]:
    """The best of each field in schema order; names that the schema lacks and words that do not parse are left out."""
    fields: dict[str, Field] = {}
    for item in sorted(found, key=lambda other: -other.certainty):
        spec = schema.field(item.name)
        if spec is None or item.name in fields:
            continue
        field = _field(view, spec, item)
        if field is None or field.value is None or spec.constraints.fault(field.value) is not None:
            continue
        fields[item.name] = replace(field, reader=reader, reader_version=version)
    return tuple(fields[spec.name] for spec in schema.fields if spec.name in fields)


def to_rows(
    view: DocumentView, schema: ExtractionSchema, rows: Iterable[Iterable[Found]], reader: str, version: str
) -> tuple[LineItem, ...]:
    """One line item for each row of two or more cells that parse; columns that the schema lacks are left out."""
    items: list[LineItem] = []
    for row in rows:
        cells = []
        for item in row:
            spec = schema.column(item.name)
            field = None if spec is None else _field(view, spec, item)
            if field is not None and field.value is not None:
                cells.append(replace(field, reader=reader, reader_version=version))
        if len(cells) >= _FEWEST_CELLS:
            items.append(LineItem(len(items) + 1, tuple(cells)))
    return tuple(items)


def _field(view: DocumentView, spec: FieldSpec, item: Found) -> Field | None:
    """The field that the words are; where the finder made the value, the words are cited as any text is."""
    sheet = view.sheets[item.span.sheet]
    if item.value is None:
        return cite(spec, item.span, sheet, view.conventions, item.certainty)
    field = cite(replace(spec, type=FieldType.TEXT), item.span, sheet, view.conventions, item.certainty)
    return None if field is None else replace(field, type=spec.type, value=item.value)
