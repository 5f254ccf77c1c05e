"""The fields and line items of a record as Avro gave them: plain dictionaries.

Making typed fields of them takes as long as all else that the sink does with a row, and the rows are checked anyway,
column by column. Their names and types are those of the schema (``avro/document_result/v1.avsc``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from processors.fields import FieldType, FieldValue, plain_decimal

RawField = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Readings:
    """Header ``fields``, and ``lines`` with their ``row`` and ``cells``."""

    fields: Sequence[RawField] = ()
    lines: Sequence[Mapping[str, Any]] = ()

    def numbered(self) -> Iterator[tuple[int, RawField]]:
        """All fields and cells with their row: 0 for header fields."""
        for field in self.fields:
            yield 0, field
        for line in self.lines:
            for cell in line["cells"]:
                yield line["row"], cell

    def readers(self) -> frozenset[str]:
        """What read them, as ``reader=version``."""
        found = {(item["reader"], item["reader_version"]) for _, item in self.numbered()}
        return frozenset(f"{reader}={version}" for reader, version in found)


def value_of(field: RawField) -> FieldValue | None:
    """The field's value; a decimal without the zeros that the wire padded it with."""
    value: FieldValue | None = field["value"]
    return plain_decimal(value, FieldType(field["type"])) if isinstance(value, Decimal) else value
