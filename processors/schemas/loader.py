"""Reads the packaged TOML files into :class:`ExtractionSchema` and finds the one for a document type."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from processors.fields import FieldType
from processors.schemas.model import ExtractionSchema, FieldSpec, RuleName

_KEYS = {"name", "version", "description", "document_types", "rules", "fields", "columns"}
_FIELD_KEYS = {"name", "type", "required", "description"}


class SchemaError(ValueError):
    """A schema file is wrong. The message names the file, the place in it and what is expected."""


@cache
def load_schemas() -> dict[str, ExtractionSchema]:
    """All packaged schemas by id (``invoice_v1``), read once per process. Do not change the returned dictionary.

    Raises :class:`SchemaError` on a file with a mistake, or on two files that claim the same id, or the same
    document type under different names.
    """
    schemas: dict[str, ExtractionSchema] = {}
    owner: dict[str, str] = {}
    for entry in sorted(files(__package__).iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".toml"):
            continue
        schema = parse_schema(entry.read_text(encoding="utf-8"), entry.name)
        if entry.name != f"{schema.id}.toml":
            raise SchemaError(f"{entry.name}: holds {schema.id}, so it must be called {schema.id}.toml")
        for document_type in schema.document_types:
            if owner.setdefault(document_type, schema.name) != schema.name:
                raise SchemaError(f"{entry.name}: document type {document_type!r} already belongs to another schema")
        schemas[schema.id] = schema
    return schemas


def schema_named(name: str) -> ExtractionSchema | None:
    """The schema with this id (``invoice_v1``), or the newest version of this name (``invoice``), or ``None``."""
    schemas = load_schemas()
    return schemas.get(name) or _newest(schema for schema in schemas.values() if schema.name == name)


def schema_for(document_type: str) -> ExtractionSchema | None:
    """The newest schema for a document type, or ``None`` where the type has none yet."""
    return _newest(schema for schema in load_schemas().values() if document_type in schema.document_types)


def parse_schema(text: str, source: str) -> ExtractionSchema:
    """One schema from TOML text; ``source`` names it in errors. Raises :class:`SchemaError` on any mistake."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SchemaError(f"{source}: not TOML: {error}") from error
    _only_known(data, _KEYS, source)
    version = data.get("version")
    if not isinstance(version, int) or version < 1:
        raise SchemaError(f"{source}: version must be a whole number from 1, not {version!r}")
    return ExtractionSchema(
        name=_string(data, "name", source),
        version=version,
        description=_string(data, "description", source),
        document_types=_strings(data, "document_types", source),
        fields=_specs(data, "fields", source),
        columns=_specs(data, "columns", source),
        rules=_rules(_strings(data, "rules", source), source),
    )


def _newest(schemas: Iterable[ExtractionSchema]) -> ExtractionSchema | None:
    return max(schemas, key=lambda schema: schema.version, default=None)


def _only_known(data: Mapping[str, object], known: set[str], place: str) -> None:
    unknown = sorted(set(data) - known)
    if unknown:
        raise SchemaError(f"{place}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _string(data: Mapping[str, object], key: str, place: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise SchemaError(f"{place}: {key} must be a text that is not empty, not {value!r}")
    return value


def _strings(data: Mapping[str, object], key: str, place: str) -> tuple[str, ...]:
    value = data.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise SchemaError(f"{place}: {key} must be a list of texts, not {value!r}")
    if len(set(value)) != len(value):
        raise SchemaError(f"{place}: {key} names something twice")
    return tuple(value)


def _rules(names: tuple[str, ...], place: str) -> tuple[RuleName, ...]:
    try:
        return tuple(RuleName(name) for name in names)
    except ValueError as error:
        raise SchemaError(f"{place}: {error}; known are {', '.join(RuleName)}") from error


def _specs(data: Mapping[str, object], key: str, source: str) -> tuple[FieldSpec, ...]:
    entries = data.get(key)
    if not isinstance(entries, list) or not entries:
        raise SchemaError(f"{source}: [[{key}]] is missing")
    specs = tuple(_spec(entry, f"{source}: [[{key}]] number {index}") for index, entry in enumerate(entries, 1))
    names = [spec.name for spec in specs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SchemaError(f"{source}: [[{key}]] has {twice!r} twice")
    return specs


def _spec(entry: object, place: str) -> FieldSpec:
    if not isinstance(entry, dict):
        raise SchemaError(f"{place}: must be a table, not {entry!r}")
    _only_known(entry, _FIELD_KEYS, place)
    required = entry.get("required", False)
    if not isinstance(required, bool):
        raise SchemaError(f"{place}: required must be true or false, not {required!r}")
    kind = _string(entry, "type", place)
    if kind not in set(FieldType):
        raise SchemaError(f"{place}: type {kind!r} is not one of {', '.join(FieldType)}")
    return FieldSpec(_string(entry, "name", place), FieldType(kind), required, _string(entry, "description", place))
