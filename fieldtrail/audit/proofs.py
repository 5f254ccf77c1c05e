"""Tells of an erasure: a tombstone where Kafka can forget, and the proof in Kafka and in the audit store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from confluent_kafka import KafkaError, Message

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.erase import RecordPlace
from connectors.clickhouse.errors import RefusedError
from connectors.clickhouse.insert import Inserter
from connectors.clickhouse.rows import ErasureRow
from connectors.retention import Erasure
from fieldtrail.audit.held import Place, still_held
from streams.contracts import topics
from streams.contracts.codec import Codec
from streams.contracts.records import ErasureLogged, HeldRecord
from streams.contracts.topics import TopicPlan
from streams.kafka import KafkaConnection, make_producer
from streams.outbox import FLUSH_S, DeliveryError, Outbox

SPARED = "spared "
"""Begins the name of a journal's step: this key was to be removed, and another document needs it by now."""


class Publisher:
    """Writes to Kafka and to the ``erasures`` table. All may be written again: the same stands."""

    def __init__(self, connection: KafkaConnection, plan: TopicPlan, codec: Codec, client: ClickHouse) -> None:
        self._connection = connection
        self._plan = plan
        self._codec = codec
        self._client = client

    def announce(self, journals: Sequence[Erasure]) -> None:
        """Writes into the audit store that erasures have begun.

        Raises ``RefusedError`` where it cannot hold what is said of one (a reason that is no text, say).
        """
        rows = [_begun_row(journal) for journal in journals]
        refused = Inserter(self._client).insert(rows, "/".join(journal.erasure_id for journal in journals)).refused
        if refused:
            raise RefusedError(0, refused[0].reason)

    def tombstones(self, places: Mapping[str, Sequence[RecordPlace]], now: datetime) -> dict[str, list[dict[str, Any]]]:
        """Has compacted topics forget the documents, and tells by document what the brokers still hold, and until when.

        Raises ``StreamError`` where the brokers do not answer.
        """
        sent = self._send_tombstones(list(places), now)
        named = {document: [*map(_place, some), sent[document]] for document, some in places.items()}
        everywhere = still_held(self._connection, [place for some in named.values() for place in some], now)
        by_place = {(record.topic, record.partition, record.offset): record for record in everywhere}
        return {
            document: [
                by_place[key].model_dump(mode="json")
                for place in some
                if (key := (place.topic, place.partition, place.offset)) in by_place
            ]
            for document, some in named.items()
        }

    def _send_tombstones(self, documents: Sequence[str], now: datetime) -> dict[str, Place]:
        """Where each document's tombstone lies: what is before it in its partition may hold states of the document."""
        placed, refused = dict[str, Place](), list[str]()
        topic = self._plan.name(topics.STATUS)

        def note(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                refused.append(error.str())
            else:
                key = (message.key() or b"").decode()
                placed[key] = Place(topic, int(message.partition() or 0), int(message.offset() or 0), now)

        producer = make_producer(self._connection)
        for document_id in documents:
            producer.produce(topic, key=document_id.encode(), value=None, on_delivery=note)
        producer.flush(FLUSH_S)
        if len(placed) < len(set(documents)):
            raise DeliveryError(
                f"{topic} did not take the tombstones: {'; '.join(dict.fromkeys(refused)) or 'no answer'}"
            )
        return placed

    def publish(self, proofs: Sequence[ErasureLogged]) -> None:
        """Writes the proofs to ``audit.erasures``, from where the audit sink takes them into chains and tables."""
        outbox = Outbox(self._connection)
        for proof in proofs:
            outbox.send(self._plan.name(topics.ERASURES), proof.document_id.encode(), self._codec.encode(proof))
        outbox.flush()


def proof_of(journal: Erasure) -> ErasureLogged:
    """The proof of an erasure whose steps are done. It is the same each time: all in it stands in the journal."""
    objects = journal.done["objects"]
    spared = [key for key in objects["remove"] if f"{SPARED}{key}" in journal.done]
    return ErasureLogged(
        erasure_id=journal.erasure_id,
        document_id=journal.document_id,
        tenant=journal.tenant,
        content_sha256=journal.plan["content_sha256"] or None,
        cause=journal.cause,
        reason=journal.reason,
        requested_by=journal.requested_by,
        requested_at=journal.requested_at,
        finished_at=datetime.fromisoformat(journal.done["removed"]["at"]),
        objects_removed=tuple(key for key in objects["remove"] if key not in spared),
        objects_kept=(*(key for key, _ in objects["keep"]), *spared, *objects["outside"]),
        rows_blanked=dict(journal.done["rows"]),
        still_held=tuple(HeldRecord(**record) for record in journal.done["held"]),
    )


def _place(place: RecordPlace) -> Place:
    return Place(place.topic, place.partition, place.offset, place.at)


def _begun_row(journal: Erasure) -> ErasureRow:
    return ErasureRow(
        erasure_id=journal.erasure_id,
        document_id=journal.document_id,
        version=0,
        tenant=journal.tenant,
        state="begun",
        cause=journal.cause,
        requested_by=journal.requested_by,
        reason=journal.reason,
        begun_at=journal.requested_at,
        updated_at=journal.requested_at,
        content_sha256=journal.plan["content_sha256"],
        removed=(),
        kept=(),
        at=journal.requested_at,
    )
