"""Inclusion proofs as a file that anybody can check, with nothing but the file and a root that he trusts.

The file has each event of a document in full, its link in the chain, and the path of hashes from there to its day's
root (RFC 6962). Checked offline, it shows that these events, in this order, were sealed by those roots; that a root
is the genuine one shows by comparing it with a copy of the topic ``audit.roots``.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fieldtrail.errors import FieldtrailError
from processors.audit.chain import ChainedEvent, Head, link_hash, record_hash
from processors.audit.event import AuditEvent
from processors.audit.merkle import root_of_proof
from processors.audit.roots import event_leaf

FORMAT = "fieldtrail.proof"
_VERSION = 1
_TIMES = {"at", "started"}


class ProofFileError(FieldtrailError):
    """The file is no proof that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class EventProof:
    """An event, and the way to its day's root: its leaf's index in a tree of ``size``, and the siblings' hashes."""

    link: ChainedEvent
    day: date
    root: bytes
    index: int
    size: int
    path: tuple[bytes, ...]

    @property
    def place(self) -> str:
        """The event: topic/partition/offset."""
        event = self.link.event
        return f"{event.topic}/{event.partition}/{event.offset}"

    def fault(self, trusted: Mapping[date, bytes] | None = None) -> str | None:
        """What is wrong with the proof; ``None`` where it holds. ``trusted``: roots by day that the checker knows."""
        link = self.link
        previous = Head(link.event.topic, link.event.partition, link.previous_offset, link.previous_hash)
        if record_hash(link.event) != link.record_hash:
            return "the event was altered: it does not have its hash"
        if link_hash(previous, link.record_hash) != link.chain_hash:
            return "the event does not follow in its chain as it says"
        if root_of_proof(event_leaf(link), self.index, self.size, self.path) != self.root:
            return f"the path does not lead to the root of {self.day}"
        if trusted is not None and trusted.get(self.day) != self.root:
            return f"the root of {self.day} is not the trusted one"
        return None


def write(path: Path, document_id: str, proofs: Sequence[EventProof]) -> None:
    """Writes the proofs of a document's events."""
    values = {
        "format": FORMAT,
        "version": _VERSION,
        "document_id": document_id,
        "roots": {proof.day.isoformat(): proof.root.hex() for proof in proofs},
        "events": [_to_json(proof) for proof in proofs],
    }
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> tuple[str, list[EventProof]]:
    """The document and the proofs in a file. Raises :class:`ProofFileError`."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if (values["format"], values["version"]) != (FORMAT, _VERSION):
            raise ProofFileError(f"{path} is no proof of this version")
        proofs = [_from_json(item) for item in values["events"]]
        if not proofs:
            raise ProofFileError(f"{path} proves nothing: it has no events")
        return str(values["document_id"]), proofs
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error, RecursionError) as error:
        raise ProofFileError(f"{path} cannot be read as a proof: {type(error).__name__}: {error}") from error


def _to_json(proof: EventProof) -> dict[str, Any]:
    link = proof.link
    return {
        "event": {item.name: _plain(getattr(link.event, item.name)) for item in fields(link.event)},
        "record_hash": link.record_hash.hex(),
        "previous_offset": link.previous_offset,
        "previous_hash": link.previous_hash.hex(),
        "chain_hash": link.chain_hash.hex(),
        "day": proof.day.isoformat(),
        "root": proof.root.hex(),
        "index": proof.index,
        "size": proof.size,
        "path": [digest.hex() for digest in proof.path],
    }


def _from_json(values: Mapping[str, Any]) -> EventProof:
    event = AuditEvent(**{name: _typed(name, value) for name, value in values["event"].items()})
    link = ChainedEvent(
        event,
        bytes.fromhex(values["record_hash"]),
        int(values["previous_offset"]),
        bytes.fromhex(values["previous_hash"]),
        bytes.fromhex(values["chain_hash"]),
    )
    # A value of a wrong type shows here, as a file that cannot be read, and not later.
    link_hash(Head(event.topic, event.partition, link.previous_offset, link.previous_hash), record_hash(event))
    path = tuple(bytes.fromhex(digest) for digest in values["path"])
    day, root = date.fromisoformat(values["day"]), bytes.fromhex(values["root"])
    return EventProof(link, day, root, int(values["index"]), int(values["size"]), path)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _typed(name: str, value: Any) -> Any:
    """A value of an event by its field's name: hashes are hexadecimal, times ISO 8601."""
    if name.endswith("_hash"):
        return bytes.fromhex(value)
    if name in _TIMES and value is not None:
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value
