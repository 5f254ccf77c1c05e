"""One audit event: what is known of one Kafka record without saying what is in it, and its canonical bytes.

An event holds identities, figures and hashes, never values, so that erasing a document leaves the chains whole.
"""

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NO_HASH = bytes(32)
"""Stands for the hash of what is not there: a null key, a null value, an event without rows."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FORM = b"fieldtrail.audit.event.1\n"
_LENGTH = struct.Struct(">I")
_INT = struct.Struct(">q")
_FLOAT = struct.Struct(">d")
_ABSENT, _PRESENT = b"\x00", b"\x01"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One Kafka record as an event, identified by ``(topic, partition, offset)``.

    ``at``: the record's Kafka timestamp. ``kind``: which contract it follows. ``state``: what came of it, a decision
    or an error code. ``actor``: the person who did it. ``stage``, ``worker``, ``started``, ``seconds``: which stage's
    worker wrote it, when it began with the input, and how long it took until this record; empty or ``None`` for records
    from outside. ``input_topic``, ``input_partition``, ``input_offset``: the record that caused it, empty and 0 where
    none is known. ``model_versions``: what worked on the document, ``component=version``, sorted. ``revision`` is 0
    where the record names none. Hashes are SHA-256, 32 bytes, :data:`NO_HASH` where there is nothing to hash. Times are
    UTC, cut to milliseconds.
    """

    topic: str
    partition: int
    offset: int
    at: datetime
    kind: str
    stage: str
    state: str
    tenant: str
    document_id: str
    revision: int
    result_id: str
    actor: str
    worker: str
    started: datetime | None
    seconds: float | None
    input_topic: str
    input_partition: int
    input_offset: int
    model_versions: tuple[str, ...]
    trace_id: str
    replay_id: str
    value_bytes: int
    key_hash: bytes
    value_hash: bytes
    headers_hash: bytes
    rows_hash: bytes

    def canonical(self) -> bytes:
        """The bytes that are hashed: equal events give equal bytes, different events different ones.

        The fields in the order in which they are declared. Text: its length in bytes as unsigned 32 bits, then UTF-8.
        Whole numbers: signed 64 bits. Seconds: IEEE 754 double. Times: milliseconds since 1970 as a whole number. What
        may be absent has a byte 1 before it, or a byte 0 in its place. Lists: their length as unsigned 32 bits, then
        the items. Hashes: their 32 bytes. All big-endian, after the line ``fieldtrail.audit.event.1``.
        """
        return b"".join(
            (
                _FORM,
                _text(self.topic),
                _INT.pack(self.partition),
                _INT.pack(self.offset),
                _INT.pack(milliseconds(self.at)),
                _text(self.kind),
                _text(self.stage),
                _text(self.state),
                _text(self.tenant),
                _text(self.document_id),
                _INT.pack(self.revision),
                _text(self.result_id),
                _text(self.actor),
                _text(self.worker),
                _ABSENT if self.started is None else _PRESENT + _INT.pack(milliseconds(self.started)),
                _ABSENT if self.seconds is None else _PRESENT + _FLOAT.pack(self.seconds),
                _text(self.input_topic),
                _INT.pack(self.input_partition),
                _INT.pack(self.input_offset),
                _LENGTH.pack(len(self.model_versions)),
                *map(_text, self.model_versions),
                _text(self.trace_id),
                _text(self.replay_id),
                _INT.pack(self.value_bytes),
                self.key_hash,
                self.value_hash,
                self.headers_hash,
                self.rows_hash,
            )
        )


def content_hash(data: bytes | None) -> bytes:
    """SHA-256 of a key or a value; :data:`NO_HASH` for null."""
    return NO_HASH if data is None else hashlib.sha256(data).digest()


def headers_hash(headers: Iterable[tuple[str, bytes]]) -> bytes:
    """SHA-256 over all headers in order: name and value, each with its length in bytes (unsigned 32 bits) before it."""
    digest = hashlib.sha256()
    for name, value in headers:
        digest.update(_text(name))
        digest.update(_LENGTH.pack(len(value)))
        digest.update(value)
    return digest.digest()


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware time, rounded down. Exact: no float is involved."""
    return (moment - _EPOCH) // _MILLISECOND


def moment_of(millis: int) -> datetime:
    """The UTC time of ``millis`` milliseconds since 1970."""
    return _EPOCH + millis * _MILLISECOND


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return _LENGTH.pack(len(data)) + data
