"""What the schema demands of single values: pattern, limits, sign, choices (:class:`processors.schemas.Constraints`).

Not a rule that a schema may leave out: it holds for the fields that state demands.
"""

from collections.abc import Iterator
from typing import Final

from processors.schemas import FieldSpec
from processors.validation.findings import Context, Finding, cell_name, failed, passed

SCHEMA_DEMANDS: Final = "schema_demands"


def schema_demands(context: Context) -> Iterator[Finding]:
    """Every value that its field's schema states demands on meets them, or fails with what it does not meet."""
    for name, spec in _specs(context):
        field = context.fields.get(name)
        if field is None or field.value is None or not spec.constraints:
            continue
        fault = spec.constraints.fault(field.value)
        if fault is None:
            yield passed(SCHEMA_DEMANDS, "The value is as the schema demands.", name)
        else:
            yield failed(SCHEMA_DEMANDS, f"{field.value} {fault}, as the schema demands.", name)


def _specs(context: Context) -> Iterator[tuple[str, FieldSpec]]:
    for spec in context.schema.fields:
        yield spec.name, spec
    for row in context.rows:
        for spec in context.schema.columns:
            yield cell_name(row, spec.name), spec
