"""Schema ids: from the registry file in ``avro/``, or from a Confluent-compatible schema registry.

Both give the same two answers: the id to write a record with, and the schema that an id on the wire stands for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

AvroSchema = dict[str, Any]


class UnknownSchemaError(Exception):
    """The registry does not know this schema id. ``schema_id`` is the id on the wire."""

    def __init__(self, schema_id: int) -> None:
        super().__init__(f"schema id {schema_id} is not known to the registry")
        self.schema_id = schema_id


class RegistryUnavailableError(Exception):
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
    """

    def __init__(self, config: Mapping[str, object]) -> None:
        self._client = SchemaRegistryClient(dict(config))
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
            text = self._client.get_schema(schema_id).schema_str
        except SchemaRegistryError as error:
            if error.http_status_code == 404:
                raise UnknownSchemaError(schema_id) from None
            raise RegistryUnavailableError(str(error)) from error
        except Exception as error:
            raise RegistryUnavailableError(str(error)) from error
        schema: AvroSchema = json.loads(text or "{}")
        return schema
