"""Which records of the topics still hold values of a document, and until when: what an erasure cannot reach.

Kafka drops records by age, whole segments at a time, and no single record of a topic that is kept for ever.
"""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import ConfigResource, ResourceType

from streams.admin import TIMEOUT_S, ClusterError, admin_client
from streams.contracts.records import HeldRecord
from streams.kafka import KafkaConnection, make_reader

_SETTINGS = ("cleanup.policy", "retention.ms", "segment.ms", "max.compaction.lag.ms")


@dataclass(frozen=True, slots=True)
class Place:
    """A record: where it lies and the broker's time of it, UTC."""

    topic: str
    partition: int
    offset: int
    at: datetime


def still_held(connection: KafkaConnection, places: Iterable[Place], tombstone_at: datetime) -> tuple[HeldRecord, ...]:
    """Those of ``places`` that the brokers still have, each with when it is gone at the latest.

    Age counts from the newest record of a segment, and a segment is as old as ``segment.ms`` when it is closed: so a
    record may outlive its retention by that much. In a compacted topic it goes when the tombstone of ``tombstone_at``,
    which is the place that is named, has replaced what is before it. ``until`` is ``None`` where nothing
    bounds it. Raises :class:`ClusterError`.
    """
    named = list(places)
    if not named:
        return ()
    configs = _configs(connection, sorted({place.topic for place in named}))
    wanted = [place for place in named if place.topic in configs]
    with closing(make_reader(connection)) as reader:
        oldest = {spot: _oldest(reader, *spot) for spot in {(place.topic, place.partition) for place in wanted}}
    held = [place for place in wanted if place.offset >= oldest[place.topic, place.partition]]
    return tuple(
        HeldRecord(
            topic=place.topic,
            partition=place.partition,
            offset=place.offset,
            until=gone_at(configs[place.topic], place.at, tombstone_at),
        )
        for place in sorted(held, key=lambda place: (place.topic, place.partition, place.offset))
    )


def gone_at(config: Mapping[str, str], at: datetime, tombstone_at: datetime) -> datetime | None:
    """When a record of ``at`` is gone at the latest under a topic's configuration; ``None``: nothing bounds it."""
    if "compact" in config["cleanup.policy"]:
        lag = int(config["max.compaction.lag.ms"])
        return None if lag > _UNBOUNDED_MS else tombstone_at + timedelta(milliseconds=lag)
    retention = int(config["retention.ms"])
    return None if retention < 0 else at + timedelta(milliseconds=retention + int(config["segment.ms"]))


_UNBOUNDED_MS = 10 * 366 * 24 * 60 * 60 * 1000
"""Ten years; Kafka's default, "never", is 292 million years."""


def _configs(connection: KafkaConnection, topics: list[str]) -> dict[str, dict[str, str]]:
    """The configuration of those of ``topics`` that there are."""
    admin = admin_client(connection)
    try:
        there = set(admin.list_topics(timeout=TIMEOUT_S).topics)
        resources = [ConfigResource(ResourceType.TOPIC, topic) for topic in topics if topic in there]
        if not resources:
            return {}
        answers = admin.describe_configs(resources, request_timeout=TIMEOUT_S)
        return {
            resource.name: {name: str(future.result()[name].value) for name in _SETTINGS}
            for resource, future in answers.items()
        }
    except KafkaException as error:
        raise ClusterError(f"the brokers do not tell the topics' retention: {error.args[0].str()}") from error


def _oldest(reader: Consumer, topic: str, partition: int) -> int:
    try:
        low, _ = reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=TIMEOUT_S)
    except KafkaException as error:
        raise ClusterError(
            f"{topic}-{partition}: the brokers do not tell its oldest record: {error.args[0]}"
        ) from error
    return int(low)
