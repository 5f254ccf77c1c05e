"""Schema ids: from the registry file in ``avro/``, or from a Confluent-compatible schema registry.

Both give the same two answers: the id to write a record with, and the schema that an id on the wire stands for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import fastavro
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from streams.errors import StreamError

AvroSchema = dict[str, Any]

TIMEOUT_S = 3.0
"""How long a registry may take for one answer. Work stands still meanwhile; trying again is the harness's business."""
_SCHEMA_NOT_FOUND = 40403
"""Confluent Schema Registry API, "GET /schemas/ids/{id}". A bare 404 says that the URL is wrong, not the id."""


class UnknownSchemaError(Exception):
    """The registry has no Avro schema of this id. ``schema_id`` is the id on the wire."""

    def __init__(self, schema_id: int) -> None:
        super().__init__(f"the registry has no Avro schema with id {schema_id}")
        self.schema_id = schema_id


class RegistryUnavailableError(StreamError):
    """The schema registry cannot be reached; trying again later may help."""


@dataclass(frozen=True, slots=True)
class RegisteredSchema:
    """One line of the registry file: a schema version under a subject, with its id for ever."""

    id: int
    subject: str
    version: int
    file: str
    text: str

    @property
    def folder(self) -> str:
        """The record's folder in ``avro/``; equals ``Record.SCHEMA``."""
        return self.file.split("/")[0]


class Registry(Protocol):
    """Where schema ids come from. Safe to call from any thread; answers are cached."""

    def id_for(self, record_schema: str) -> int:
        """The id to write records of ``record_schema`` (a folder of ``avro/``) with."""

    def schema_for(self, schema_id: int) -> AvroSchema:
        """The schema behind ``schema_id``.

        Raises :class:`UnknownSchemaError`, or :class:`RegistryUnavailableError` where the registry is remote.
        """


@cache
def contracts_folder() -> Path:
    """The ``avro/`` folder: beside the packages in a checkout, inside this package in an installed wheel."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "avro", package.parent / "avro"):
        if (folder / "registry.json").is_file():
            return folder
    raise FileNotFoundError("the avro/ contracts are missing from this installation of fieldtrail")


@cache
def registered_schemas() -> tuple[RegisteredSchema, ...]:
    """The registry file's lines, in id order."""
    folder = contracts_folder()
    lines = json.loads((folder / "registry.json").read_text())["schemas"]
    return tuple(RegisteredSchema(**line, text=(folder / line["file"]).read_text()) for line in lines)


def latest(record_schema: str) -> RegisteredSchema:
    """The newest version of ``record_schema``. Raises ``KeyError`` where there is none."""
    versions = [line for line in registered_schemas() if line.folder == record_schema]
    if not versions:
        raise KeyError(record_schema)
    return max(versions, key=lambda line: line.version)


class FileRegistry:
    """Stable ids without a server, from ``avro/registry.json``."""

    def __init__(self) -> None:
        self._schemas: Mapping[int, AvroSchema] = {line.id: json.loads(line.text) for line in registered_schemas()}

    def id_for(self, record_schema: str) -> int:
        return latest(record_schema).id

    def schema_for(self, schema_id: int) -> AvroSchema:
        try:
            return self._schemas[schema_id]
        except KeyError:
            raise UnknownSchemaError(schema_id) from None


class RemoteRegistry:
    """A Confluent-compatible schema registry. Our schemas are registered at first use, under ``<topic>-value``.

    ``config`` is confluent-kafka's ``SchemaRegistryClient`` configuration (``url``, ``basic.auth.user.info``, …).
    Unless it says otherwise, a call takes :data:`TIMEOUT_S` at most and is made once.
    """

    def __init__(self, config: Mapping[str, object]) -> None:
        self._client = SchemaRegistryClient({"timeout": TIMEOUT_S, "max.retries": 0, **config})
        self._ids: dict[str, int] = {}
        self._schemas: dict[int, AvroSchema] = {}

    def id_for(self, record_schema: str) -> int:
        if record_schema not in self._ids:
            line = latest(record_schema)
            try:
                self._ids[record_schema] = self._client.register_schema(line.subject, Schema(line.text, "AVRO"))
            except Exception as error:
                raise RegistryUnavailableError(f"cannot register {line.subject}: {error}") from error
        return self._ids[record_schema]

    def schema_for(self, schema_id: int) -> AvroSchema:
        if schema_id not in self._schemas:
            self._schemas[schema_id] = self._fetch(schema_id)
        return self._schemas[schema_id]

    def _fetch(self, schema_id: int) -> AvroSchema:
        try:
            found = self._client.get_schema(schema_id)
        except SchemaRegistryError as error:
            if error.error_code == _SCHEMA_NOT_FOUND:
                raise UnknownSchemaError(schema_id) from None
            raise RegistryUnavailableError(str(error)) from error
        except Exception as error:
            raise RegistryUnavailableError(str(error)) from error
        if found.schema_type != "AVRO":
            raise UnknownSchemaError(schema_id)
        try:
            schema: AvroSchema = json.loads(found.schema_str or "")
            fastavro.parse_schema(schema)  # one that refers to schemas of other subjects cannot be read alone
        except (ValueError, TypeError, KeyError, fastavro.schema.SchemaParseException):
            raise UnknownSchemaError(schema_id) from None
        return schema
