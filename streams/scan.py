"""Reads stretches of topics without joining a group: what replay, ``dlq``, ``show`` and ``results`` are built on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka.partitioner import DefaultPartitioner
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as KafkaMessage

from streams.errors import StreamError
from streams.harness.headers import normalised
from streams.harness.stage import Inbound
from streams.kafka import KafkaConnection, make_reader

TIMEOUT_S = 20.0


class ScanError(StreamError):
    """The topic cannot be read: it does not exist, or the brokers do not answer."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin on each partition. At most one of ``offset`` and ``time`` (UTC) is set; neither is the beginning,
    ``end`` is the end. ``partition`` reads one partition only.
    """

    offset: int | None = None
    time: datetime | None = None
    partition: int | None = None
    end: bool = False


BEGINNING = Start()


class TopicReader:
    """Reads ``topics`` from ``start`` for as long as it is asked to. Use as a context manager; not thread-safe."""

    def __init__(self, connection: KafkaConnection, topics: Mapping[str, Start]) -> None:
        self._consumer = make_reader(connection)
        try:
            places = [place for topic, start in topics.items() for place in _places(self._consumer, topic, start)]
            self._consumer.assign(places)
        except BaseException:
            self._consumer.close()
            raise

    def __enter__(self) -> "TopicReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def poll(self, timeout_s: float) -> Inbound | None:
        """The next record, or ``None`` after ``timeout_s`` seconds without one. Raises :class:`ScanError`."""
        message = self._consumer.poll(timeout_s)
        if message is None:
            return None
        error = message.error()
        if error is None:
            return to_inbound(message)
        if error.code() == KafkaError._PARTITION_EOF or error.retriable():
            return None
        raise ScanError(error.str())


def scan(connection: KafkaConnection, topic: str, start: Start = BEGINNING) -> Iterator[Inbound]:
    """The records of ``topic`` from ``start`` to where its partitions ended when the scan began.

    Partition by partition, each in offset order. Raises :class:`ScanError`.
    """
    consumer = make_reader(connection)
    try:
        for place in _places(consumer, topic, start):
            yield from _scan_partition(consumer, place)
    except KafkaException as error:
        raise ScanError(f"{topic}: {error.args[0].str()}") from error
    finally:
        consumer.close()


def read_one(connection: KafkaConnection, topic: str, partition: int, offset: int) -> Inbound | None:
    """The record at exactly this place, or ``None`` where there is none (any more). Raises :class:`ScanError`."""
    start = Start(offset=offset, partition=partition)
    first = next(iter(scan(connection, topic, start)), None)
    return first if first is not None and first.offset == offset else None


def partition_of(connection: KafkaConnection, topic: str, key: str) -> int:
    """The partition that records keyed ``key`` are on (murmur2, as all our producers). Raises :class:`ScanError`."""
    consumer = make_reader(connection)
    try:
        partitions = _partitions(consumer, topic)
    finally:
        consumer.close()
    return int(DefaultPartitioner()(key.encode(), partitions, partitions))


def to_inbound(message: KafkaMessage) -> Inbound:
    """A confluent-kafka message as the harness's record."""
    _, millis = message.timestamp()
    return Inbound(
        topic=str(message.topic()),
        partition=int(message.partition() or 0),
        offset=int(message.offset() or 0),
        timestamp=datetime.fromtimestamp(millis / 1000, UTC),
        key=message.key(),
        value=message.value(),
        headers=normalised(message.headers() or ()),
    )


def _partitions(consumer: Consumer, topic: str) -> list[int]:
    try:
        metadata = consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic]
    except KafkaException as error:
        raise ScanError(f"the brokers do not answer: {error.args[0].str()}") from error
    if metadata.error is not None:
        raise ScanError(f"topic {topic} does not exist; create it with 'fieldtrail topics apply'")
    return sorted(metadata.partitions)


def _places(consumer: Consumer, topic: str, start: Start) -> list[TopicPartition]:
    partitions = [start.partition] if start.partition is not None else _partitions(consumer, topic)
    if start.time is not None:
        millis = int(start.time.timestamp() * 1000)
        asked = [TopicPartition(topic, partition, millis) for partition in partitions]
        found: list[TopicPartition] = consumer.offsets_for_times(asked, timeout=TIMEOUT_S)
        return found
    offset = OFFSET_END if start.end else OFFSET_BEGINNING if start.offset is None else start.offset
    if not start.end:
        return [TopicPartition(topic, partition, offset) for partition in partitions]
    # The end is pinned now: a record sent after this call is read, whenever the consumer gets to fetching.
    return [
        TopicPartition(
            topic, partition, consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=TIMEOUT_S)[1]
        )
        for partition in partitions
    ]


def _scan_partition(consumer: Consumer, place: TopicPartition) -> Iterator[Inbound]:
    low, high = consumer.get_watermark_offsets(TopicPartition(place.topic, place.partition), timeout=TIMEOUT_S)
    begin = high if place.offset == OFFSET_END else max(low, place.offset)
    if begin >= high:
        return
    consumer.assign([TopicPartition(place.topic, place.partition, begin)])
    while True:
        message = consumer.poll(TIMEOUT_S)
        if message is None:
            raise ScanError(f"{place.topic}-{place.partition}: no answer for {TIMEOUT_S:g} s")
        error = message.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                return
            if error.retriable():
                continue
            raise ScanError(f"{place.topic}-{place.partition}: {error.str()}")
        if message.offset() >= high:
            return
        yield to_inbound(message)
        if message.offset() == high - 1:
            return
