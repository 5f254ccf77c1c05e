"""Extraction schemas: which fields a document type has, as versioned data beside this module."""

from processors.schemas.loader import SchemaError, load_schemas, parse_schema, schema_for, schema_named
from processors.schemas.model import ExtractionSchema, FieldSpec, RuleName

__all__ = [
    "ExtractionSchema",
    "FieldSpec",
    "RuleName",
    "SchemaError",
    "load_schemas",
    "parse_schema",
    "schema_for",
    "schema_named",
]
