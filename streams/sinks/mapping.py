"""One record on any topic, as rows and as an event: the same bytes give the same rows, whoever maps them and when.

Every row gets a seal (:mod:`connectors.clickhouse.seals`), and the event has a hash over the seals of its rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.clickhouse.rows import Row
from connectors.clickhouse.seals import Seal, seal
from processors.audit.event import AuditEvent, content_hash
from processors.audit.rows import row_salt, rows_hash
from processors.errors import ErrorCode
from streams.contracts import topics
from streams.contracts.codec import Codec, Undecodable, validated
from streams.contracts.records import (
    AuditRoot,
    DeadLetter,
    DocumentAccepted,
    DocumentClassified,
    DocumentExtracted,
    DocumentFeedback,
    DocumentRecognized,
    DocumentResult,
    DocumentStatus,
    DocumentValidated,
    ErasureLogged,
    Record,
    ReviewDecision,
    ReviewRequest,
)
from streams.contracts.topics import TOPICS, Topic, TopicPlan
from streams.harness.headers import read_error
from streams.harness.stage import Inbound
from streams.sinks.document_rows import document_row, duplicate_row, is_sample, page_rows, result_row
from streams.sinks.facts import event_of
from streams.sinks.field_rows import extracted_rows, result_rows, review_rows
from streams.sinks.other_rows import (
    correction_row,
    corrections_of_decision,
    decision_row,
    delivery_row,
    erasure_row,
    letter_row,
    root_row,
)
from streams.sinks.readings import Readings

NOT_CHAINED = frozenset({topics.STATUS.name})
"""A compacted topic loses records as it pleases, so a chain over it could not be made again. What its records tell is
in other topics' records too, but for duplicates, whose rows come from here.
"""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A record with its rows and their ``seals``, in the same order. Its fields are in ``read``, not in ``record``."""

    inbound: Inbound
    topic: Topic
    record: Record | Undecodable
    read: Readings
    rows: tuple[Row, ...]
    seals: tuple[Seal, ...] = ()

    @property
    def chained(self) -> bool:
        """Whether the record is an event of a chain."""
        return self.topic.name not in NOT_CHAINED

    @property
    def problem(self) -> Undecodable | None:
        """Why the record could not be read, if so. A record on a dead-letter topic is one that could not be before."""
        return self.record if isinstance(self.record, Undecodable) else None

    def event(self, refused: frozenset[int] = frozenset()) -> AuditEvent:
        """The record's event. ``refused`` has the ``id()`` of rows that are not stored, and so are not vouched for."""
        listed = rows_hash((item.key, item.hash) for item in self.sealed(refused))
        return event_of(self.inbound, self.topic, self.record, self.read.readers(), listed)

    def sealed(self, refused: frozenset[int] = frozenset()) -> list[Seal]:
        """The seals of the rows that are stored."""
        if not refused:
            return list(self.seals)
        return [item for row, item in zip(self.rows, self.seals, strict=True) if id(row) not in refused]


class Mapper:
    """Maps the records of one cluster's topics."""

    def __init__(self, plan: TopicPlan, codec: Codec) -> None:
        self._codec = codec
        self._topics = {plan.name(topic): topic for topic in TOPICS}

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics' names on the cluster."""
        return tuple(self._topics)

    @property
    def chained(self) -> tuple[str, ...]:
        """Those of them, by their names on the cluster, whose records are events."""
        return tuple(name for name, topic in self._topics.items() if topic.name not in NOT_CHAINED)

    @property
    def not_chained(self) -> frozenset[str]:
        """Those of them, by their names on the cluster, whose records are no events."""
        return frozenset(name for name, topic in self._topics.items() if topic.name in NOT_CHAINED)

    def map(self, inbound: Inbound) -> Mapped:
        """``inbound`` with its rows. Raises ``RegistryUnavailableError`` with a remote registry, and nothing else."""
        topic = self._topics[inbound.topic]
        record, read = self._read(inbound, topic)
        if isinstance(record, Undecodable):
            return Mapped(inbound, topic, record, Readings(), ())
        try:
            rows, salt = _rows_of(record, inbound, read), row_salt(inbound.value or b"")
            seals = tuple([seal(row, salt) for row in rows])
        except (ValueError, KeyError, ArithmeticError) as error:  # what Avro can carry and the tables cannot
            reason = f"The record's values cannot be rows: {type(error).__name__}: {error}"[:500]
            return Mapped(inbound, topic, Undecodable(ErrorCode.UNDECODABLE, reason), Readings(), ())
        return Mapped(inbound, topic, record, read, rows, seals)

    def _read(self, inbound: Inbound, topic: Topic) -> tuple[Record | Undecodable, Readings]:
        if topic.record is None:
            return read_error(inbound.headers) or _NO_ERROR, Readings()
        values = self._codec.decode_values(inbound.value, topic.record)
        if isinstance(values, Undecodable):
            return values, Readings()
        if "line_items" not in values:
            return validated(values, topic.record), Readings()
        read = Readings(values["fields"], values["line_items"])
        return validated({**values, "fields": (), "line_items": ()}, topic.record), read


_NO_ERROR = Undecodable(
    ErrorCode.UNDECODABLE, "The record lies on a dead-letter topic, but its headers tell of no error."
)


def _rows_of(record: Record, inbound: Inbound, read: Readings) -> tuple[Row, ...]:
    make = _ROWS.get(type(record))
    return () if make is None else tuple(make(record, inbound, read))


def _document(record: Any, inbound: Inbound, read: Readings) -> list[Row]:
    return [document_row(record, inbound, read)]


def _recognized(record: DocumentRecognized, inbound: Inbound, read: Readings) -> list[Row]:
    return [document_row(record, inbound, read), *page_rows(record, inbound)]


def _extracted(record: DocumentExtracted, inbound: Inbound, read: Readings) -> list[Row]:
    return [document_row(record, inbound, read), *extracted_rows(record, inbound, read)]


def _review(record: ReviewRequest, inbound: Inbound, read: Readings) -> list[Row]:
    return [] if is_sample(record) else [document_row(record, inbound, read), *review_rows(record, inbound, read)]


def _result(record: DocumentResult, inbound: Inbound, read: Readings) -> list[Row]:
    sha256 = content_hash(inbound.value)
    return [
        result_row(record, inbound, read),
        delivery_row(record, inbound, sha256),
        *result_rows(record, inbound, read),
    ]


def _decision(record: ReviewDecision, inbound: Inbound, _: Readings) -> list[Row]:
    return [decision_row(record, inbound), *corrections_of_decision(record, inbound)]


def _feedback(record: DocumentFeedback, inbound: Inbound, _: Readings) -> list[Row]:
    return [correction_row(record, inbound)]


def _status(record: DocumentStatus, inbound: Inbound, _: Readings) -> list[Row]:
    return [duplicate_row(record, inbound)] if record.state == "duplicate" else []


def _letter(record: DeadLetter, inbound: Inbound, _: Readings) -> list[Row]:
    return [letter_row(record, inbound)]


def _root(record: AuditRoot, inbound: Inbound, _: Readings) -> list[Row]:
    return [root_row(record, inbound)]


def _erasure(record: ErasureLogged, inbound: Inbound, _: Readings) -> list[Row]:
    return [erasure_row(record, inbound)]


_ROWS: dict[type[Record], Callable[[Any, Inbound, Readings], list[Row]]] = {
    DocumentAccepted: _document,
    DocumentClassified: _document,
    DocumentRecognized: _recognized,
    DocumentExtracted: _extracted,
    DocumentValidated: _document,
    ReviewRequest: _review,
    DocumentResult: _result,
    ReviewDecision: _decision,
    DocumentFeedback: _feedback,
    DocumentStatus: _status,
    DeadLetter: _letter,
    AuditRoot: _root,
    ErasureLogged: _erasure,
}
"""The rows that each kind of record gives. Submissions and replays are events only."""
