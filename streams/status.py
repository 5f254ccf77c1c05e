"""Where documents stand: ``documents.status``, merged by revision and stage, not by arrival."""

import re
from collections.abc import Iterable

from streams.contracts import topics
from streams.contracts.codec import Codec, Undecodable
from streams.contracts.records import DocumentStatus
from streams.contracts.topics import STAGES, TopicPlan
from streams.kafka import KafkaConnection
from streams.scan import Start, partition_of, scan

FINAL_STATES = frozenset({"duplicate", "completed", "review", "failed", "split"})
"""States that a document stays in until somebody does something. Of a packet that was split, its documents go on."""


_CHILD = re.compile(r"\b([0-9a-f]{32}) \(\w+, pages? (\d+)(?: to (\d+))?\)")


def packet_parts(status: DocumentStatus) -> dict[str, tuple[int, int]]:
    """The documents that a packet was split into, in order, as its status names them: first and last page by id."""
    found = _CHILD.findall(status.message or "") if status.state == "split" else ()
    return {document_id: (int(first), int(last or first)) for document_id, first, last in found}


def packet_children(status: DocumentStatus) -> tuple[str, ...]:
    """The ids of the documents that a packet was split into, in order, as its status names them."""
    return tuple(packet_parts(status))


def supersedes(new: DocumentStatus, old: DocumentStatus) -> bool:
    """Whether ``new`` tells a later state than ``old``, whichever arrived first: by revision, stage, then time.

    Two different records never supersede each other both ways, so the merged state does not depend on arrival.
    """
    ranks = _rank(new), _rank(old)
    if ranks[0] == ranks[1]:
        return new.model_dump_json() >= old.model_dump_json()
    return ranks[0] > ranks[1]


def merge(statuses: Iterable[DocumentStatus]) -> dict[str, DocumentStatus]:
    """The state of each document, by id."""
    latest: dict[str, DocumentStatus] = {}
    for status in statuses:
        known = latest.get(status.document_id)
        if known is None or supersedes(status, known):
            latest[status.document_id] = status
    return latest


def read_statuses(
    connection: KafkaConnection, plan: TopicPlan, codec: Codec, document_id: str | None = None
) -> dict[str, DocumentStatus]:
    """The state of every document, or of one. Raises ``ScanError``."""
    topic = plan.name(topics.STATUS)
    start = Start() if document_id is None else Start(partition=partition_of(connection, topic, document_id))
    return merge(
        status
        for record in scan(connection, topic, start)
        if not isinstance(status := codec.decode(record.value, DocumentStatus), Undecodable)
        and document_id in (None, status.document_id)
    )


def _rank(status: DocumentStatus) -> tuple[int, int, float, bool]:
    stage = STAGES.index(status.stage) if status.stage in STAGES else len(STAGES)
    return status.revision, stage, status.at.timestamp(), status.state in FINAL_STATES
