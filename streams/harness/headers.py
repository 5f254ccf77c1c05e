"""Kafka record headers that fieldtrail reads and writes, and what they carry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from streams.contracts.records import DeadLetter, DocumentResult

Headers = tuple[tuple[str, bytes], ...]
"""Headers in order; names may repeat."""

TRACEPARENT = "traceparent"
ERROR_PREFIX = "fieldtrail.errors."
REPLAY_ID = "fieldtrail.replay.id"
REPLAY_COUNT = "fieldtrail.replay.count"
REPLAY_REVISION = "fieldtrail.replay.revision"
REPLAY_DOCUMENT = "fieldtrail.replay.document"
_REPLAY_PREFIX = "fieldtrail.replay."


@dataclass(frozen=True, slots=True)
class Replay:
    """Says that a record is a replay: which run sent it and how often it was sent again, counting this time.

    ``revision`` and ``document_id`` are set where a stage is replayed as a new revision.
    """

    id: str
    count: int
    revision: int | None = None
    document_id: str | None = None

    def headers(self) -> Headers:
        """The headers that carry it."""
        pairs = [(REPLAY_ID, self.id.encode()), (REPLAY_COUNT, str(self.count).encode())]
        if self.revision is not None:
            pairs.append((REPLAY_REVISION, str(self.revision).encode()))
        if self.document_id is not None:
            pairs.append((REPLAY_DOCUMENT, self.document_id.encode()))
        return tuple(pairs)


def last(headers: Headers, name: str) -> str | None:
    """The last header called ``name`` as text; undecodable bytes are replaced."""
    values = [value for key, value in headers if key == name]
    return values[-1].decode("utf-8", "replace") if values else None


def read_replay(headers: Headers) -> Replay | None:
    """The replay that sent a record, or ``None``. Malformed numbers count as absent: headers are not trusted."""
    replay_id = last(headers, REPLAY_ID)
    if replay_id is None:
        return None
    count, revision = last(headers, REPLAY_COUNT) or "", last(headers, REPLAY_REVISION) or ""
    return Replay(
        replay_id,
        int(count) if count.isdecimal() else 1,
        int(revision) if revision.isdecimal() else None,
        last(headers, REPLAY_DOCUMENT),
    )


def without_replay(headers: Headers) -> Headers:
    """``headers`` less those of an earlier replay."""
    return tuple(pair for pair in headers if not pair[0].startswith(_REPLAY_PREFIX))


def without_errors(headers: Headers) -> Headers:
    """A dead letter's original headers."""
    return tuple(pair for pair in headers if not pair[0].startswith(ERROR_PREFIX))


def error_headers(letter: DeadLetter) -> Headers:
    """``letter`` as headers: one per field, ``fieldtrail.errors.<field>``, text in UTF-8, times in ISO 8601."""
    values = letter.model_dump(exclude_none=True)
    return tuple((ERROR_PREFIX + name, _text(value).encode()) for name, value in values.items())


def read_error(headers: Headers) -> DeadLetter | None:
    """The error that a dead letter's headers tell, or ``None`` where they are not fieldtrail's."""
    values = {
        name.removeprefix(ERROR_PREFIX): value.decode("utf-8", "replace")
        for name, value in headers
        if name.startswith(ERROR_PREFIX)
    }
    try:
        return DeadLetter.model_validate(values)
    except ValueError:
        return None


def cloudevent_headers(result: DocumentResult, source: str) -> Headers:
    """CloudEvents 1.0, Kafka protocol binding, binary mode."""
    values = {
        "ce_specversion": "1.0",
        "ce_id": result.result_id,
        "ce_source": source,
        "ce_type": "io.fieldtrail.document.result.v1",
        "ce_subject": result.document_id,
        "ce_time": _text(result.completed_at),
        "content-type": "application/avro",
    }
    return tuple((name, value.encode()) for name, value in values.items())


def normalised(headers: Iterable[tuple[str, bytes | None]]) -> Headers:
    """Headers as they come from a client, null values as empty bytes."""
    return tuple((name, value or b"") for name, value in headers)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
