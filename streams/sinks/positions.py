"""Where the sink reads on: after the head of each chain, whatever offset its group has committed.

So offsets and chains cannot disagree, and a commit that was lost costs nothing. A topic without a chain goes on from
the committed offset.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, OFFSET_STORED, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from connectors.clickhouse.client import ClickHouse
from processors.audit.chain import Head
from streams.sinks.chains import Chain, read_heads

BROKER_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Positions:
    """``places`` to read from, the ``heads`` that chains have, and by partition (``topic-0``) why it cannot be read."""

    places: tuple[TopicPartition, ...]
    heads: Mapping[Chain, Head]
    faults: Mapping[str, str]


def find_positions(
    admin: AdminClient, store: ClickHouse, assigned: Iterable[Chain], not_chained: frozenset[str]
) -> Positions:
    """Where to begin on each assigned partition.

    A chain whose head lies beyond its partition's end belongs to another topic of the same name: the topic was made
    anew, or another cluster is meant. Nothing can be appended to it then, and nothing may silently be left out of it.
    Raises ``UnavailableError`` and ``RefusedError`` as the store does, ``KafkaException`` where no broker answers.
    """
    chains = sorted(assigned)
    heads = read_heads(store, [chain for chain in chains if chain[0] not in not_chained])
    ends = read_ends(admin, heads)
    places, faults = list[TopicPartition](), dict[str, str]()
    for topic, partition in chains:
        head = heads.get((topic, partition))
        if head is None:
            begin = OFFSET_STORED if topic in not_chained else OFFSET_BEGINNING
            places.append(TopicPartition(topic, partition, begin))
            continue
        end = ends[topic, partition]
        if head.offset >= end:
            faults[f"{topic}-{partition}"] = (
                f"its chain ends at offset {head.offset}, but the topic ends before offset {end}: it was made anew, or "
                "this is another cluster. Give the audit trail another database (clickhouse.database)."
            )
        else:
            places.append(TopicPartition(topic, partition, head.offset + 1))
    return Positions(tuple(places), heads, faults)


def read_ends(admin: AdminClient, chains: Iterable[Chain]) -> dict[Chain, int]:
    """Where each partition ends now: the offset after its last record. One request to each broker.

    Raises ``KafkaException`` where no broker answers, or there is no such partition.
    """
    asked = {TopicPartition(*chain): OffsetSpec.latest() for chain in chains}
    if not asked:
        return {}
    found = admin.list_offsets(asked, request_timeout=BROKER_TIMEOUT_S)
    return {(place.topic, place.partition): answer.result().offset for place, answer in found.items()}
