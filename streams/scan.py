"""Reads stretches of topics without joining a group: what replay, ``dlq``, ``show`` and ``results`` are built on."""

from collections.abc import Iterator, Mapping
from contextlib import closing
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
    """Reads ``topics`` from their starts for as long as it is asked to. Use as a context manager; not thread-safe.

    Raises :class:`ScanError` where a topic cannot be read.
    """

    def __init__(self, connection: KafkaConnection, topics: Mapping[str, Start]) -> None:
        self._consumer = make_reader(connection)
        self._floors: dict[tuple[str, int], int] = {}
        try:
            for topic, start in topics.items():
                for place in _places(self._consumer, topic, start):
                    self._floors[topic, place.partition] = place.offset
            self._consumer.assign([self._begin(topic, partition) for topic, partition in self._floors])
        except KafkaException as error:
            self._consumer.close()
            raise ScanError(_reason(error)) from error
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
            inbound = to_inbound(message)
            return inbound if inbound.offset >= self._floors[inbound.topic, inbound.partition] else None
        if error.code() == KafkaError._PARTITION_EOF or error.retriable():
            return None
        raise ScanError(error.str())

    def _begin(self, topic: str, partition: int) -> TopicPartition:
        """Where to fetch from: not beyond the end, which would make the client begin anew at the oldest record."""
        floor = self._floors[topic, partition]
        if floor <= 0:  # the first record, or librdkafka's name for the beginning
            return TopicPartition(topic, partition, floor)
        return TopicPartition(topic, partition, min(floor, _watermarks(self._consumer, topic, partition)[1]))


def scan(connection: KafkaConnection, topic: str, start: Start = BEGINNING) -> Iterator[Inbound]:
    """The records of ``topic`` from ``start`` to where its partitions ended when the first record was asked for.

    Partition by partition, each in offset order. Raises :class:`ScanError`.
    """
    try:
        with closing(make_reader(connection)) as consumer:
            stretches = [_stretch(consumer, place) for place in _places(consumer, topic, start)]
        for partition, begin, end in stretches:
            if begin < end:
                # A consumer of its own: one that has just read another partition waits out its long poll there first.
                with closing(make_reader(connection)) as consumer:
                    yield from _read_stretch(consumer, TopicPartition(topic, partition, begin), end)
    except KafkaException as error:
        raise ScanError(f"{topic}: {_reason(error)}") from error


def read_one(connection: KafkaConnection, topic: str, partition: int, offset: int) -> Inbound | None:
    """The record at exactly this place, or ``None`` where there is none (any more). Raises :class:`ScanError`."""
    start = Start(offset=offset, partition=partition)
    first = next(iter(scan(connection, topic, start)), None)
    return first if first is not None and first.offset == offset else None


def partition_of(connection: KafkaConnection, topic: str, key: str) -> int:
    """The partition that records keyed ``key`` are on (murmur2, as all our producers). Raises :class:`ScanError`."""
    with closing(make_reader(connection)) as consumer:
        partitions = _partitions(consumer, topic)
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
        raise ScanError(f"the brokers do not answer: {_reason(error)}") from error
    if metadata.error is not None:
        raise ScanError(f"topic {topic} does not exist; create it with 'fieldtrail topics apply'")
    return sorted(metadata.partitions)


def _reason(error: KafkaException) -> str:
    cause = error.args[0]
    return str(cause.str() if isinstance(cause, KafkaError) else cause)


def _places(consumer: Consumer, topic: str, start: Start) -> list[TopicPartition]:
    partitions = _partitions(consumer, topic)
    if start.partition is not None:
        if start.partition not in partitions:
            raise ScanError(f"topic {topic} has no partition {start.partition}; it has 0 to {partitions[-1]}")
        partitions = [start.partition]
    if start.time is None and not start.end:
        offset = OFFSET_BEGINNING if start.offset is None else start.offset
        return [TopicPartition(topic, partition, offset) for partition in partitions]
    # Ends are pinned now: a record sent after this call is read, whenever the consumer gets to fetching.
    ends = [TopicPartition(topic, partition, _watermarks(consumer, topic, partition)[1]) for partition in partitions]
    if start.time is None:
        return ends
    millis = max(0, int(start.time.timestamp() * 1000))  # Kafka gives negative times meanings of its own
    asked = [TopicPartition(topic, partition, millis) for partition in partitions]
    found = consumer.offsets_for_times(asked, timeout=TIMEOUT_S)
    return [end if place.offset == OFFSET_END else place for place, end in zip(found, ends, strict=True)]


def _watermarks(consumer: Consumer, topic: str, partition: int) -> tuple[int, int]:
    """The offsets of the oldest record, and of the next one to come."""
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=TIMEOUT_S)
    return low, high


def _stretch(consumer: Consumer, place: TopicPartition) -> tuple[int, int, int]:
    """Partition, first offset to read and the offset to stop before."""
    low, high = _watermarks(consumer, place.topic, place.partition)
    return place.partition, max(low, place.offset), high


def _read_stretch(consumer: Consumer, place: TopicPartition, end: int) -> Iterator[Inbound]:
    consumer.assign([place])
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
        if message.offset() >= end:
            return
        yield to_inbound(message)
        if message.offset() == end - 1:
            return
