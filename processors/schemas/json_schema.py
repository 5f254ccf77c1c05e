"""A schema as JSON Schema (draft 2020-12), for a language model to be held to and for consumers to check results."""

from typing import Any, Final

from processors.fields import MAX_DECIMALS, MAX_DIGITS, FieldType
from processors.schemas.model import LINE_ITEMS, ExtractionSchema, FieldSpec

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_WHOLE = MAX_DIGITS - MAX_DECIMALS
_FORMS: Final[dict[FieldType, dict[str, Any]]] = {
    FieldType.TEXT: {"minLength": 1},
    FieldType.IDENTIFIER: {"minLength": 1},
    FieldType.MONEY: {"pattern": rf"^-?[0-9]{{1,{_WHOLE}}}\.[0-9]{{2,{MAX_DECIMALS}}}$"},
    FieldType.NUMBER: {"pattern": rf"^-?[0-9]{{1,{_WHOLE}}}(\.[0-9]{{1,{MAX_DECIMALS}}})?$"},
    FieldType.RATE: {"pattern": rf"^-?[0-9]{{1,3}}(\.[0-9]{{1,{MAX_DECIMALS}}})?$"},
    FieldType.DATE: {"format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    FieldType.TIME: {"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
    FieldType.CURRENCY: {"pattern": "^[A-Z]{3}$"},
}
"""The notation of :func:`processors.fields.canonical_text`, by type. All are strings: a JSON number is a float."""

_NOTATION: Final[dict[FieldType, str]] = {
    FieldType.MONEY: "Decimal, at least two digits after the dot.",
    FieldType.NUMBER: "Decimal with a dot.",
    FieldType.RATE: "In percent: 19 for 19 %.",
    FieldType.DATE: "ISO 8601.",
    FieldType.TIME: "HH:MM, 24 hours.",
    FieldType.CURRENCY: "ISO 4217.",
}


def json_schema(schema: ExtractionSchema) -> dict[str, Any]:
    """The JSON Schema of one document's values: an object with a property for each field, and ``line_items``.

    Every property must be there, so that what is absent is said to be absent: ``null``, which fields that are not
    required may be, and all cells. Values are strings in the notation of :func:`processors.fields.canonical_text`.
    What JSON Schema cannot say of decimals in strings (least, most, sign) stands in the description.
    """
    properties: dict[str, Any] = {spec.name: _property(spec, nullable=not spec.required) for spec in schema.fields}
    if schema.columns:
        cells = {spec.name: _property(spec, nullable=True) for spec in schema.columns}
        properties[LINE_ITEMS] = {
            "type": "array",
            "description": "The rows, in printed order.",
            "items": _object(cells),
        }
    return {
        "$schema": DIALECT,
        "$id": f"urn:fieldtrail:schema:{schema.id}:{schema.version}",
        "title": schema.id,
        "description": schema.description,
        **_object(properties),
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _property(spec: FieldSpec, *, nullable: bool) -> dict[str, Any]:
    limits = spec.constraints
    said = (spec.description, _NOTATION.get(spec.type, ""), _sentence(limits.sentence()))
    form: dict[str, Any] = {"type": ["string", "null"] if nullable else "string", **_FORMS[spec.type]}
    if limits.pattern is not None:
        form["pattern"] = f"^(?:{limits.pattern})$"
    if limits.max_length is not None:
        form["maxLength"] = limits.max_length
    if limits.choices:
        form["enum"] = [*limits.choices, *([None] if nullable else [])]
    return {"description": " ".join(part for part in said if part), **form}


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""
