"""Records to bytes and back, in Confluent wire format: magic byte 0, 4-byte big-endian schema id, Avro binary.

Source: Confluent Platform, "Schema Registry Serializer and Deserializer", section "Wire format".
"""

import io
import json
import struct
from dataclasses import dataclass
from typing import Any, TypeVar

import fastavro
from pydantic import ValidationError

from processors.errors import ErrorCode
from streams.contracts.records import Record
from streams.contracts.registry import Registry, UnknownSchemaError, latest

_MAGIC = 0
_HEADER = struct.Struct(">bI")

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Why bytes are not a record: a stable code (``undecodable`` or ``unknown_schema_id``) and a sentence."""

    code: ErrorCode
    message: str


class Codec:
    """Encodes and decodes records. Every record is written with the newest version of its schema; older and newer
    writers are read by Avro's schema resolution into ours. Not bound to an event loop; safe to share.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._parsed_writers: dict[int, Any] = {}
        self._parsed_readers: dict[str, Any] = {}

    def encode(self, record: Record) -> bytes:
        """The record's wire bytes. May raise ``RegistryUnavailableError`` with a remote registry."""
        schema_id = self._registry.id_for(record.SCHEMA)
        buffer = io.BytesIO()
        buffer.write(_HEADER.pack(_MAGIC, schema_id))
        fastavro.schemaless_writer(buffer, self._reader_schema(record.SCHEMA), record.model_dump())
        return buffer.getvalue()

    def decode(self, data: bytes | None, record_type: type[R]) -> R | Undecodable:
        """The record in ``data``, or why there is none. Bad bytes never raise.

        May raise ``RegistryUnavailableError`` with a remote registry, which says nothing about the bytes.
        """
        values = self.decode_values(data, record_type)
        return values if isinstance(values, Undecodable) else validated(values, record_type)

    def decode_values(self, data: bytes | None, record_type: type[Record]) -> dict[str, Any] | Undecodable:
        """The record in ``data`` as Avro gives it, not yet :func:`validated`; raises as :meth:`decode` does."""
        if data is None:
            return Undecodable(ErrorCode.UNDECODABLE, "The record has no value.")
        if len(data) < _HEADER.size:
            return Undecodable(ErrorCode.UNDECODABLE, f"The record has {len(data)} bytes; Avro's header alone has 5.")
        magic, schema_id = _HEADER.unpack_from(data)
        if magic != _MAGIC:
            return Undecodable(
                ErrorCode.UNDECODABLE,
                f"The record begins with byte {data[0]:#04x}; Confluent wire format begins with 0x00.",
            )
        try:
            writer = self._writer_schema(schema_id)
        except UnknownSchemaError:
            return Undecodable(
                ErrorCode.UNKNOWN_SCHEMA_ID, f"The record names schema id {schema_id}, which the registry lacks."
            )
        return self._read(data, writer, record_type)

    def _read(self, data: bytes, writer: Any, record_type: type[Record]) -> dict[str, Any] | Undecodable:
        buffer = io.BytesIO(data)
        buffer.seek(_HEADER.size)
        try:
            values: Any = fastavro.schemaless_reader(buffer, writer, self._reader_schema(record_type.SCHEMA))
        except Exception as error:  # fastavro raises many types on malformed bytes; all of them mean just that
            return _unreadable(error, record_type)
        if buffer.read(1):
            return Undecodable(ErrorCode.UNDECODABLE, "Bytes follow the end of the Avro body.")
        return values if isinstance(values, dict) else _unreadable(TypeError("not a record"), record_type)

    def _reader_schema(self, record_schema: str) -> Any:
        if record_schema not in self._parsed_readers:
            self._parsed_readers[record_schema] = fastavro.parse_schema(json.loads(latest(record_schema).text))
        return self._parsed_readers[record_schema]

    def _writer_schema(self, schema_id: int) -> Any:
        if schema_id not in self._parsed_writers:
            self._parsed_writers[schema_id] = fastavro.parse_schema(self._registry.schema_for(schema_id))
        return self._parsed_writers[schema_id]


def validated(values: dict[str, Any], record_type: type[R]) -> R | Undecodable:
    """What Avro gave as the record that it is, or why it breaks its contract. Never raises."""
    try:
        return record_type.model_validate(values)
    except ValidationError as error:
        return Undecodable(ErrorCode.UNDECODABLE, f"The record breaks its contract: {_first_fault(error)}")
    except Exception as error:  # values that no validator was written for
        return _unreadable(error, record_type)


def _unreadable(error: Exception, record_type: type[Record]) -> Undecodable:
    reason = f"{type(error).__name__}: {error}".strip().rstrip(":")
    return Undecodable(ErrorCode.UNDECODABLE, f"The Avro body cannot be read as {record_type.__name__}: {reason[:300]}")


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])
