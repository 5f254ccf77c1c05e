"""Dead letters of the audit sink: records that it could not read, or of which the store takes not every row."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from connectors.clickhouse.rows import RowRefused
from processors.errors import ErrorCode
from streams.contracts import topics
from streams.contracts.records import DeadLetter
from streams.contracts.topics import MAX_RECORD_BYTES, TopicPlan
from streams.harness.burial import LONGEST_TEXT
from streams.harness.headers import Headers, error_headers, read_replay
from streams.sinks.mapping import Mapped

logger = logging.getLogger(__name__)

HEADER_ROOM_BYTES = 64 * 1024


class Sender(Protocol):
    """Sends records: :class:`streams.outbox.Outbox` does."""

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        """Queues one record. Raises ``DeliveryError``."""

    def flush(self) -> None:
        """Returns when the brokers have every record. Raises ``DeliveryError``."""


class Letters:
    """Writes to ``audit.dlq`` in the manner of the stages: key, value, headers as they were, and the error beside."""

    def __init__(self, outbox: Sender, plan: TopicPlan) -> None:
        self._outbox = outbox
        self._topic = plan.name(topics.AUDIT_DEAD_LETTERS)

    def bury(self, mapped: Mapped, refused: Sequence[RowRefused], now: datetime) -> bool:
        """Queues one letter for ``mapped``: it could not be read, or ``refused`` rows of it are not stored.

        Returns false for a letter of our own, which is only logged: one about it could be next, and so on for ever.
        Raises ``DeliveryError``.
        """
        inbound = mapped.inbound
        letter = write_letter(mapped, refused, now)
        place = f"{inbound.topic}-{inbound.partition}@{inbound.offset}"
        logger.warning("dead letter: %s %s: %s", letter.code, place, letter.message)
        if inbound.topic == self._topic:
            return False
        key, value = inbound.key, inbound.value
        headers = inbound.headers + error_headers(letter)
        size = len(value or b"") + len(key or b"") + sum(len(name) + len(text) for name, text in headers)
        if size > MAX_RECORD_BYTES - HEADER_ROOM_BYTES:
            value, headers = None, error_headers(letter.model_copy(update={"value_omitted": True}))
            key = key or b""
        if letter.null_key:
            key = b""  # Kafka clients refuse a record that has neither key nor value
        self._outbox.send(self._topic, key, value, headers)
        return True

    def flush(self) -> None:
        """Returns when the brokers have all letters. Raises ``DeliveryError``."""
        self._outbox.flush()


def write_letter(mapped: Mapped, refused: Sequence[RowRefused], now: datetime) -> DeadLetter:
    """The error part of the letter for ``mapped``."""
    inbound, event, problem = mapped.inbound, mapped.event(), mapped.problem
    if problem is None:
        named = "; ".join(f"{item.row.TABLE}: {item.reason}" for item in refused)
        code, message = ErrorCode.UNSTORABLE, f"{len(refused)} of the record's rows cannot be stored. {named}"
    else:
        code, message = problem.code, problem.message
    replay = read_replay(inbound.headers)
    return DeadLetter(
        stage=topics.AUDIT,
        code=code,
        message=message.encode("utf-8", "replace").decode()[:LONGEST_TEXT],
        topic=inbound.topic,
        partition=inbound.partition,
        offset=inbound.offset,
        attempts=1,
        first_failure_at=now,
        last_failure_at=now,
        document_id=event.document_id or None,
        tenant=event.tenant or None,
        revision=event.revision or None,
        trace_id=event.trace_id or None,
        replay_id=event.replay_id or None,
        replay_count=0 if replay is None else replay.count,
        null_key=inbound.key is None and inbound.value is None,
    )
