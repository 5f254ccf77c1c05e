"""The sink's Kafka consumer: a member of a group that begins where it is told, and commits when it is told."""

from collections.abc import Callable
from datetime import UTC, datetime

from confluent_kafka import Consumer, KafkaError, Message

from processors.audit.event import moment_of
from streams.contracts.topics import MAX_LETTER_BYTES
from streams.harness.headers import normalised
from streams.harness.stage import Inbound
from streams.kafka import KafkaConnection, client_log

MAX_POLL_INTERVAL_MS = 3_600_000
QUEUED_KIB = 16 * 1024
"""What is fetched ahead: enough for one largest record, little beside the memory of a batch."""


def make_consumer(
    connection: KafkaConnection, group: str, session_timeout_s: float, broker_says: Callable[[KafkaError], None]
) -> Consumer:
    """A consumer for ``group``, which its broker misses after ``session_timeout_s`` seconds of silence.

    ``broker_says`` is called, from within a call of the consumer, with errors that belong to no record: that no broker
    answers, above all. What it raises, that call raises.
    """
    return Consumer(
        {
            **connection.confluent_config(),
            "group.id": group,
            "client.id": "fieldtrail-audit",
            "error_cb": broker_says,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": int(session_timeout_s * 1000),
            "heartbeat.interval.ms": int(session_timeout_s * 1000 / 3),
            "max.poll.interval.ms": MAX_POLL_INTERVAL_MS,
            "fetch.message.max.bytes": MAX_LETTER_BYTES,
            "queued.max.messages.kbytes": QUEUED_KIB,
            "topic.metadata.refresh.interval.ms": 30_000,
        },
        logger=client_log(),
    )


def inbound_of(message: Message) -> Inbound:
    """A message as the harness's record; a time that no calendar has counts as the beginning of 1970."""
    _, millis = message.timestamp()
    try:
        timestamp = moment_of(int(millis))
    except OverflowError:  # producers may set any
        timestamp = datetime.fromtimestamp(0, UTC)
    return Inbound(
        topic=str(message.topic()),
        partition=int(message.partition() or 0),
        offset=int(message.offset() or 0),
        timestamp=timestamp,
        key=message.key(),
        value=message.value(),
        headers=normalised(message.headers() or ()),
    )
