"""Replays one stage from an offset, a time or a list of documents: each document gets a new revision (DESIGN §4).

The stage's own input records are sent to it again, with the next revision; earlier stages do not run, so a replay from
``extract`` on never runs OCR.
"""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from confluent_kafka import Producer

from streams.contracts import topics
from streams.contracts.codec import Codec, Undecodable
from streams.contracts.records import DocumentStatus, DocumentSubmitted, Record, ReplayLogged
from streams.contracts.topics import TopicPlan
from streams.errors import StreamError
from streams.harness.headers import Replay, read_replay, without_replay
from streams.harness.runner import utc_now
from streams.harness.stage import Inbound, StageContext
from streams.kafka import KafkaConnection, make_producer
from streams.scan import BEGINNING, Start, scan
from streams.stages.ingest import derive_document_id
from streams.status import read_statuses

FLUSH_S = 30.0


class ReplayError(StreamError):
    """The brokers did not take everything; the message says how much is missing. Running it again is safe."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records to replay. No ``document_ids`` means all; ``limit`` counts documents."""

    start: Start = BEGINNING
    document_ids: Collection[str] = ()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """One record that was, or in a dry run would be, sent again. ``revision`` is the new one."""

    document_id: str | None
    revision: int | None
    source: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay did. ``scanned`` counts records looked at, ``unreadable`` those that break the contract."""

    replay_id: str
    stage: str
    target_topic: str
    dry_run: bool
    scanned: int
    unreadable: int
    replayed: tuple[Replayed, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Chosen:
    partition: int
    offset: int
    revision: int


class StageReplayer:
    """Replays stages on one cluster."""

    def __init__(self, connection: KafkaConnection, plan: TopicPlan, codec: Codec) -> None:
        self._connection = connection
        self._plan = plan
        self._codec = codec

    def replay(
        self,
        stage: str,
        selection: Selection,
        *,
        requested_by: str,
        dry_run: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> ReplayReport:
        """Sends each selected document's newest record to ``stage`` again, as its next revision.

        ``progress`` is called with the count of records sent. Reads only to where the topic ended at the start.
        Raises ``KeyError`` for an unknown stage, ``ScanError`` and :class:`ReplayError`.
        """
        source = topics.INPUTS[stage]
        name = self._plan.name(source)
        chosen, scanned, unreadable = self._choose(stage, name, selection)
        sender = _Sender(self._connection, self._plan, self._codec, stage, name, requested_by, dry_run)
        revisions = self._revisions(chosen)
        for inbound in scan(self._connection, name, selection.start) if chosen else ():
            record = self._codec.decode(inbound.value, _record_type(stage))
            if isinstance(record, Undecodable):
                continue
            document_id = _document_id(record, stage, inbound)
            choice = chosen.get(document_id)
            if choice is None or (choice.partition, choice.offset) != (inbound.partition, inbound.offset):
                continue
            known = revisions.get(document_id)
            revision = max(choice.revision, known.revision if known else 0) + 1
            sender.send(inbound, record, document_id, revision)
            progress(len(sender.sent))
        sender.finish()
        return ReplayReport(sender.replay_id, stage, name, dry_run, scanned, unreadable, tuple(sender.sent))

    def _choose(self, stage: str, name: str, selection: Selection) -> tuple[dict[str, _Chosen], int, int]:
        """The newest record of each selected document: only its place is kept, so that any stretch fits in memory."""
        chosen: dict[str, _Chosen] = {}
        scanned = unreadable = 0
        wanted = set(selection.document_ids)
        for inbound in scan(self._connection, name, selection.start):
            scanned += 1
            record = self._codec.decode(inbound.value, _record_type(stage))
            if isinstance(record, Undecodable):
                unreadable += 1
                continue
            document_id = _document_id(record, stage, inbound)
            if wanted and document_id not in wanted:
                continue
            if document_id not in chosen and selection.limit is not None and len(chosen) >= selection.limit:
                continue
            revision = _revision(record, inbound)
            if document_id not in chosen or revision >= chosen[document_id].revision:
                chosen[document_id] = _Chosen(inbound.partition, inbound.offset, revision)
        return chosen, scanned, unreadable

    def _revisions(self, chosen: Collection[str]) -> dict[str, DocumentStatus]:
        if len(chosen) == 1:
            return read_statuses(self._connection, self._plan, self._codec, next(iter(chosen)))
        return read_statuses(self._connection, self._plan, self._codec) if chosen else {}


class _Sender:
    """Sends records again and logs each on ``replay.log``; only counts in a dry run."""

    def __init__(
        self,
        connection: KafkaConnection,
        plan: TopicPlan,
        codec: Codec,
        stage: str,
        target: str,
        requested_by: str,
        dry_run: bool,
    ) -> None:
        self.replay_id = uuid.uuid4().hex
        self.sent: list[Replayed] = []
        self._log_topic = plan.name(topics.REPLAY_LOG)
        self._codec = codec
        self._stage = stage
        self._target = target
        self._requested_by = requested_by
        self._producer: Producer | None = None if dry_run else make_producer(connection)

    def send(self, inbound: Inbound, record: Record, document_id: str, revision: int) -> None:
        self.sent.append(Replayed(document_id, revision, place(inbound)))
        if self._producer is None:
            return
        earlier = read_replay(inbound.headers)
        mark = Replay(self.replay_id, (earlier.count if earlier else 0) + 1, revision, document_id)
        headers = list(without_replay(inbound.headers) + mark.headers())
        value = self._codec.encode(_with_revision(record, revision))
        produce(self._producer, self._target, inbound.key, value, headers)
        logged = ReplayLogged(
            replay_id=self.replay_id,
            kind="stage",
            stage=self._stage,
            source_topic=inbound.topic,
            source_partition=inbound.partition,
            source_offset=inbound.offset,
            target_topic=self._target,
            document_id=document_id,
            revision=revision,
            requested_by=self._requested_by,
            at=utc_now(),
        )
        produce(self._producer, self._log_topic, document_id.encode(), self._codec.encode(logged), [])

    def finish(self) -> None:
        if self._producer is not None:
            flush(self._producer)


def produce(
    producer: Producer, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    """Queues one record, waiting while the client's queue is full."""
    while True:
        try:
            producer.produce(topic, value=value, key=key, headers=headers)
        except BufferError:
            producer.poll(0.5)
        else:
            producer.poll(0)
            return


def flush(producer: Producer) -> None:
    """Waits until the brokers have everything. Raises :class:`ReplayError` otherwise."""
    left = producer.flush(FLUSH_S)
    if left:
        raise ReplayError(f"{left} records were not acknowledged within {FLUSH_S:g} s; run the replay again")


def place(inbound: Inbound) -> str:
    """A record's place as people write it: ``topic-partition@offset``."""
    return f"{inbound.topic}-{inbound.partition}@{inbound.offset}"


def _record_type(stage: str) -> type[Record]:
    record = topics.INPUTS[stage].record
    assert record is not None, "every stage reads a topic with a contract"
    return record


def _document_id(record: Record, stage: str, inbound: Inbound) -> str:
    if not isinstance(record, DocumentSubmitted):
        return str(record.document.document_id)  # type: ignore[attr-defined]  # every later record carries a document
    replay = read_replay(inbound.headers)
    if replay is not None and replay.document_id is not None:
        return replay.document_id
    return derive_document_id(record, StageContext(stage, "", inbound, replay, utc_now))


def _revision(record: Record, inbound: Inbound) -> int:
    if isinstance(record, DocumentSubmitted):
        replay = read_replay(inbound.headers)
        return replay.revision if replay is not None and replay.revision is not None else 1
    return int(record.document.revision)  # type: ignore[attr-defined]  # every later record carries a document


def _with_revision(record: Record, revision: int) -> Record:
    """The record as the given pass; a submission carries its revision in the headers only."""
    if isinstance(record, DocumentSubmitted):
        return record
    document = record.document  # type: ignore[attr-defined]  # every later record carries a document
    return record.model_copy(update={"document": document.model_copy(update={"revision": revision})})
