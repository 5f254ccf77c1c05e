"""The type of a field: its schema's, else what its name says."""

import re
from functools import cache

from processors.fields import FieldType
from processors.schemas import load_schemas, schema_for

_BY_NAME: tuple[tuple[FieldType, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (FieldType.CURRENCY, r"currency"),
        (FieldType.TIME, r".*_time|time"),
        (FieldType.DATE, r".*_date|date|date_.*|period_(start|end)|(effective|valid)_(from|to|until)"),
        (
            FieldType.IDENTIFIER,
            r".*_(id|number|ssn|ein|registration|phone|email|reference|code|year|zip)|"
            r"iban|bic|sku|mrz|purchase_order|bank_account|phone|email|code",
        ),
        (FieldType.RATE, r".*_(rate|percent)|rate"),
        (FieldType.NUMBER, r".*_count|count|quantity|.*_quantity|.*_weight|weight|hours|.*_hours"),
        (
            FieldType.MONEY,
            r".*_(amount|total|balance|tax|wages|income|tips|premium|value|price|fee|benefits|salary|pay|payments)|"
            r"total_.*|(sub)?total|amount|balance|wages|tip|discount|refund|price|.*_excess(_.*)?|amount_due|"
            r"taxable_.*|allocated_.*|nonqualified_plans|gross_pay|net_pay|fee|deductions|.*_deductions",
        ),
    )
)
"""Names in the manner of the canonical ones, for fields that no schema has. The first that fits decides."""


@cache
def field_type(document_type: str, name: str) -> FieldType:
    """The type of a header field: from the document type's schema, else any schema's field of that name, else by name.

    A name that says nothing is text.
    """
    schema = schema_for(document_type)
    spec = None if schema is None else schema.field(name)
    if spec is not None:
        return spec.type
    elsewhere = {spec.type for other in load_schemas().values() if (spec := other.field(name)) is not None}
    return elsewhere.pop() if len(elsewhere) == 1 else _named(name)


@cache
def column_type(document_type: str, name: str) -> FieldType:
    """The type of a line-item column, found in the same way."""
    schema = schema_for(document_type)
    spec = None if schema is None else schema.column(name)
    if spec is not None:
        return spec.type
    elsewhere = {spec.type for other in load_schemas().values() if (spec := other.column(name)) is not None}
    return elsewhere.pop() if len(elsewhere) == 1 else _named(name)


def is_address(name: str) -> bool:
    """Whether the field is a postal address, which is printed in more ways than one."""
    return name == "address" or name.endswith("_address")


def _named(name: str) -> FieldType:
    return next((kind for kind, pattern in _BY_NAME if pattern.fullmatch(name)), FieldType.TEXT)
