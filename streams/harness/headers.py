"""Kafka record headers that fieldtrail reads and writes, and what they carry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

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
WORKER = "fieldtrail.worker"
STARTED = "fieldtrail.started"
SECONDS = "fieldtrail.seconds"
INPUT = "fieldtrail.input"
MOST_SECONDS = 1e9
"""Longer than any record was ever worked on."""
_MOST_PLACE_DIGITS = 18
"""Of a partition or an offset: as many as a signed 64-bit number holds."""
_WORK_NAMES = frozenset({WORKER, STARTED, SECONDS, INPUT})
_FIRST_FIELD = next(iter(DeadLetter.model_fields))
_MOST_DIGITS = 6
"""Of a replay's count or revision: far more than anyone reaches, far less than an Avro ``int`` holds."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Says that a record is a replay, and of which run.

    ``count`` is how often this pass over the document was sent again as a dead letter, this time included: 0 where a
    stage is replayed as a new ``revision``, since that pass has not failed yet. ``document_id`` names the document
    where the record itself may not.
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


@dataclass(frozen=True, slots=True)
class Work:
    """How a record came to be: which worker began when (UTC) with which record, and how many seconds it took until it
    produced this one. The audit trail keeps it; nothing else rests on it.
    """

    worker: str
    started: datetime
    seconds: float
    topic: str
    partition: int
    offset: int

    def headers(self) -> Headers:
        """The headers that carry it."""
        source = f"{self.topic}/{self.partition}/{self.offset}"
        values = {
            WORKER: self.worker,
            STARTED: _text(self.started),
            SECONDS: f"{self.seconds:.6f}",
            INPUT: source,
        }
        return tuple((name, value.encode()) for name, value in values.items())

    def error_headers(self) -> Headers:
        """The same for a dead letter, which keeps the headers of the record that failed as they were."""
        return tuple(
            (ERROR_PREFIX + name.removeprefix("fieldtrail."), value) for name, value in self.headers() if name != INPUT
        )


def last(headers: Headers, name: str) -> str | None:
    """The last header called ``name`` as text; undecodable bytes are replaced."""
    values = [value for key, value in headers if key == name]
    return values[-1].decode("utf-8", "replace") if values else None


def read_replay(headers: Headers) -> Replay | None:
    """The replay that sent a record, or ``None``. Malformed numbers count as absent: headers are not trusted."""
    replay_id = last(headers, REPLAY_ID)
    if replay_id is None:
        return None
    count = _number(last(headers, REPLAY_COUNT))
    return Replay(
        replay_id,
        1 if count is None else count,
        _number(last(headers, REPLAY_REVISION)) or None,  # revisions count from 1
        last(headers, REPLAY_DOCUMENT) or None,
    )


def without_replay(headers: Headers) -> Headers:
    """``headers`` less those of an earlier replay."""
    return tuple(pair for pair in headers if not pair[0].startswith(_REPLAY_PREFIX))


def without_work(headers: Headers) -> Headers:
    """``headers`` less those that say how the record came to be, which do not hold for a record that is sent again."""
    return tuple(pair for pair in headers if pair[0] not in _WORK_NAMES)


def without_errors(headers: Headers) -> Headers:
    """A dead letter's original headers."""
    return tuple(pair for pair in headers if not pair[0].startswith(ERROR_PREFIX))


def error_headers(letter: DeadLetter) -> Headers:
    """``letter`` as headers: one per field, ``fieldtrail.errors.<field>``, text in UTF-8, times in ISO 8601."""
    values = letter.model_dump(exclude_none=True)
    return tuple((ERROR_PREFIX + name, _text(value).encode("utf-8", "replace")) for name, value in values.items())


def read_work(headers: Headers) -> Work | None:
    """How a record came to be, or ``None`` where its headers do not say or are malformed: headers are not trusted."""
    return _work(last(headers, name) for name in (WORKER, STARTED, SECONDS, INPUT))


def read_error_work(headers: Headers, error: DeadLetter) -> Work | None:
    """The same of a dead letter, whose ``error`` says which record failed."""
    source = f"{error.topic}/{error.partition}/{error.offset}"
    names = (WORKER, STARTED, SECONDS)
    return _work((*(last(headers, ERROR_PREFIX + name.removeprefix("fieldtrail.")) for name in names), source))


def _work(texts: Iterable[str | None]) -> Work | None:
    worker, started, seconds, source = texts
    if worker is None or started is None or seconds is None or source is None:
        return None
    topic, _, place = source.partition("/")
    partition, _, offset = place.partition("/")
    try:
        begun, duration = datetime.fromisoformat(started), float(seconds)
        if begun.tzinfo is None or not 0 <= duration < MOST_SECONDS:
            return None
        return Work(worker, begun.astimezone(UTC), duration, topic, _place_number(partition), _place_number(offset))
    except (ValueError, OverflowError):
        return None


def _place_number(text: str) -> int:
    """A partition or an offset. Raises ``ValueError`` for what can be neither."""
    if not text.isdecimal() or len(text) > _MOST_PLACE_DIGITS:
        raise ValueError(text)
    return int(text)


def read_error(headers: Headers) -> DeadLetter | None:
    """The error that a dead letter's headers tell, or ``None`` where they are not fieldtrail's.

    Of several errors (a dead letter that somebody sent again by hand, headers and all) the last one counts. Headers
    that this version does not know are passed over.
    """
    values: dict[str, str] = {}
    for name, value in headers:
        field = name.removeprefix(ERROR_PREFIX)
        if not name.startswith(ERROR_PREFIX) or field not in DeadLetter.model_fields:
            continue
        if field == _FIRST_FIELD:
            values.clear()  # every error begins with it: what came before belongs to an earlier one
        values[field] = value.decode("utf-8", "replace")
    try:
        return DeadLetter.model_validate(values)
    except (ValueError, OverflowError):  # OverflowError: a time beyond the year 9999 in UTC
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


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
