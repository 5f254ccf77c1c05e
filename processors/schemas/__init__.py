"""Extraction schemas: which fields a document type has, as versioned data in ``packaged/`` and in a user's folder."""

from processors.schemas.constraints import Constraints, Sign
from processors.schemas.loader import Schemas, load_schemas, read_schema_file, schema_for, schema_named
from processors.schemas.model import ExtractionSchema, FieldSpec, Labels, RuleName, Threshold
from processors.schemas.parse import Overlay, parse_schema, shared_column_labels, shared_labels
from processors.schemas.problems import SchemaError

__all__ = [
    "Constraints",
    "ExtractionSchema",
    "FieldSpec",
    "Labels",
    "Overlay",
    "RuleName",
    "SchemaError",
    "Schemas",
    "Sign",
    "Threshold",
    "load_schemas",
    "parse_schema",
    "read_schema_file",
    "schema_for",
    "schema_named",
    "shared_column_labels",
    "shared_labels",
]
