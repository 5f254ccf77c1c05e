"""One hash chain per topic partition, in offset order.

The chain's content follows from the topic alone, so a record that is delivered twice, a rebalance, and two sinks at
once give the same links: nothing can fork it.
"""

import hashlib
import struct
from dataclasses import dataclass

from processors.audit.event import AuditEvent
from processors.audit.merkle import leaf_hash

NO_OFFSET = -1
"""The offset before a chain's first event."""

_GENESIS = b"fieldtrail.audit.chain.1\n"
_LINK_PREFIX = b"\x02"
"""RFC 6962 gives leaves the prefix 0 and nodes the prefix 1; a link can be mistaken for neither."""
_OFFSET = struct.Struct(">q")


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: the offset of its last event, and the hash there. The next event follows on it."""

    topic: str
    partition: int
    offset: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class ChainedEvent:
    """An event with its place in its chain.

    ``previous_offset`` is part of the hash: offsets that no event has (transaction markers, records that their topic
    had dropped before they were read) are told from events that somebody removed.
    """

    event: AuditEvent
    record_hash: bytes
    previous_offset: int
    previous_hash: bytes
    chain_hash: bytes

    @property
    def head(self) -> Head:
        """The chain's end after this event."""
        return Head(self.event.topic, self.event.partition, self.event.offset, self.chain_hash)

    @property
    def gap(self) -> int:
        """How many offsets lie between the event and the one before it."""
        return self.event.offset - self.previous_offset - 1


def genesis(topic: str, partition: int) -> Head:
    """The head of a chain without events: SHA-256 of a line of text, the topic, ``-`` and the partition."""
    name = f"{topic}-{partition}".encode()
    return Head(topic, partition, NO_OFFSET, hashlib.sha256(_GENESIS + name).digest())


def record_hash(event: AuditEvent) -> bytes:
    """SHA-256 of byte 0 and the event's canonical bytes."""
    return leaf_hash(event.canonical())


def link_hash(previous: Head, record: bytes) -> bytes:
    """SHA-256 of byte 2, the previous event's chain hash and offset (signed 64 bits, big-endian), and ``record``."""
    return hashlib.sha256(_LINK_PREFIX + previous.hash + _OFFSET.pack(previous.offset) + record).digest()


def extend(head: Head, event: AuditEvent) -> ChainedEvent:
    """``event`` as the next link after ``head``. ``ValueError`` where it is of another chain or not after it."""
    if (event.topic, event.partition) != (head.topic, head.partition):
        raise ValueError(f"an event of {event.topic}-{event.partition} cannot follow {head.topic}-{head.partition}")
    if event.offset <= head.offset:
        raise ValueError(f"offset {event.offset} of {event.topic}-{event.partition} cannot follow {head.offset}")
    record = record_hash(event)
    return ChainedEvent(event, record, head.offset, head.hash, link_hash(head, record))
