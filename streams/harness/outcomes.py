"""What a stage answers for one record. Expected failures are values (DESIGN §3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from processors.errors import ErrorCode, Refusal
from streams.contracts.records import Record
from streams.contracts.topics import Topic


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to produce. Records of one document share its id as key, so they stay in order."""

    topic: Topic
    key: str
    record: Record
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Emit:
    """Produce these in this order, each acknowledged before the next is sent; then acknowledge the input.

    A status that says "going on" comes before the output that lets the next stage begin, and one that says "done"
    after the result: so no reader sees an older state last, or a result announced before it is there.
    """

    records: tuple[Outgoing, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing to do (a duplicate, an outdated revision): acknowledge. ``records`` may tell so (a status)."""

    reason: str
    records: tuple[Outgoing, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """A passing fault: try again with backoff.

    With ``dependency``, something outside is down: the stage pauses until it answers again, and the tries do not
    count. Without, the record is dead after the policy's tries, with ``code``.
    """

    reason: str
    code: ErrorCode = ErrorCode.RETRIES_EXHAUSTED
    after_s: float | None = None
    dependency: str | None = None


@dataclass(frozen=True, slots=True)
class Dead:
    """A permanent fault: dead letter now. ``exception`` is for defects, and is never shown as the reason."""

    code: ErrorCode
    reason: str
    exception: str | None = None

    @classmethod
    def refused(cls, refusal: Refusal) -> "Dead":
        """A processor's refusal as an outcome."""
        return cls(refusal.code, refusal.message)


Outcome = Emit | Skip | Retry | Dead
