"""Replays one stage from an offset, a time or a list of documents: each document gets a new revision (DESIGN §4).

The stage's own input records are sent to it again, with the next revision; earlier stages do not run, so a replay from
``extract`` on never runs OCR.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from processors.errors import ErrorCode
from streams.contracts import topics
from streams.contracts.codec import Codec, Undecodable
from streams.contracts.records import DocumentStatus, DocumentSubmitted, Record, ReplayLogged
from streams.contracts.topics import TopicPlan
from streams.harness.headers import Replay, read_error, read_replay, without_replay, without_work
from streams.harness.runner import utc_now
from streams.harness.stage import Inbound, StageContext
from streams.kafka import KafkaConnection
from streams.outbox import Outbox
from streams.scan import BEGINNING, Start, scan
from streams.stages.ingest import derive_document_id
from streams.status import read_statuses


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records to replay. No ``document_ids`` means all; ``limit`` counts documents that go again."""

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
    """What a replay did. ``scanned`` counts records looked at, ``unreadable`` those that break the contract,
    ``left_alone`` what was selected but must not be sent again (the method that replays says what that is), and
    ``erased`` names the documents that were selected and are erased, which never go again. With a limit, selected is
    what was come by until it was reached.
    """

    replay_id: str
    stage: str
    target_topic: str
    dry_run: bool
    scanned: int
    unreadable: int
    left_alone: int = 0
    replayed: tuple[Replayed, ...] = field(default=())
    erased: tuple[str, ...] = ()


class Barred(Protocol):
    """Knows which documents are erased: :class:`connectors.claims.Claims` does."""

    def erased(self, document_ids: Iterable[str]) -> frozenset[str]:
        """Those of ``document_ids`` that are erased, or being erased. Raises ``UnavailableError``."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    partition: int
    offset: int
    revision: int


@dataclass(frozen=True, slots=True)
class _Picked:
    """What goes again, and what was passed over."""

    chosen: Mapping[str, _Chosen]
    erased: tuple[str, ...]
    duplicates: int


class _Search:
    """Finds the newest record of each selected document; only its place is kept, so any stretch fits in memory."""

    def __init__(self, selection: Selection, excluded: Collection[tuple[int, int]]) -> None:
        self.chosen: dict[str, _Chosen] = {}
        self.scanned = 0
        self.unreadable = 0
        self.conflicts = 0
        self._wanted = set(selection.document_ids)
        self._excluded = excluded

    def look_at(self, inbound: Inbound, record: Record | Undecodable, stage: str) -> None:
        self.scanned += 1
        if isinstance(record, Undecodable):
            self.unreadable += 1
            return
        document_id = _document_id(record, stage, inbound)
        if self._wanted and document_id not in self._wanted:
            return
        if (inbound.partition, inbound.offset) in self._excluded:
            self.conflicts += 1
            return
        before = self.chosen.get(document_id)
        revision = _revision(record, inbound)
        if before is None or revision >= before.revision:
            self.chosen[document_id] = _Chosen(inbound.partition, inbound.offset, revision)

    def pick(self, statuses: Mapping[str, DocumentStatus], barred: Barred, limit: int | None) -> _Picked:
        """The documents that go again, ``limit`` of them at most, in the order in which they were come by."""
        barred_ids = barred.erased(self.chosen)
        picked, erased, duplicates = dict[str, _Chosen](), list[str](), 0
        for document_id, choice in self.chosen.items():
            if len(picked) == limit:
                break
            known = statuses.get(document_id)
            if document_id in barred_ids:
                erased.append(document_id)
            elif known is not None and known.state == "duplicate":
                duplicates += 1
            else:
                picked[document_id] = choice
        return _Picked(picked, tuple(sorted(erased)), duplicates)


class StageReplayer:
    """Replays stages on one cluster."""

    def __init__(self, connection: KafkaConnection, plan: TopicPlan, codec: Codec, barred: Barred) -> None:
        self._connection = connection
        self._plan = plan
        self._codec = codec
        self._barred = barred

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

        Left alone are submissions that are linked to another document as duplicates, and those that were refused
        because their document id is another document's. Documents that are erased never go again, though Kafka may
        still hold their records; the report names them. ``progress`` is called with the count of records sent. Reads
        only to where the topic ended at the start. Raises ``KeyError`` for an unknown stage, ``ScanError``,
        :class:`DeliveryError`, and ``UnavailableError`` where the operational database does not answer.
        """
        source = topics.INPUTS[stage]
        name = self._plan.name(source)
        search = _Search(selection, self._conflicts() if source is topics.SUBMITTED else frozenset())
        for inbound in scan(self._connection, name, selection.start):
            search.look_at(inbound, self._codec.decode(inbound.value, _record_type(stage)), stage)
        statuses, logged = self._statuses(search.chosen), self._logged_revisions(search.chosen)
        picked = search.pick(statuses, self._barred, selection.limit)
        family = _family_revisions(statuses, logged)
        sender = _Sender(self._connection, self._plan, self._codec, stage, name, requested_by, dry_run)
        for inbound in scan(self._connection, name, selection.start) if picked.chosen else ():
            record = self._codec.decode(inbound.value, _record_type(stage))
            if isinstance(record, Undecodable):
                continue
            document_id = _document_id(record, stage, inbound)
            choice, known = picked.chosen.get(document_id), statuses.get(document_id)
            if choice is None or (choice.partition, choice.offset) != (inbound.partition, inbound.offset):
                continue
            highest = max(choice.revision, known.revision if known else 0, logged.get(document_id, 0))
            highest = max(highest, family.get(document_id, 0))
            sender.send(inbound, record, document_id, highest + 1)
            progress(len(sender.sent))
        sender.finish()
        return ReplayReport(
            sender.replay_id,
            stage,
            name,
            dry_run,
            search.scanned,
            search.unreadable,
            search.conflicts + picked.duplicates,
            tuple(sender.sent),
            picked.erased,
        )

    def _conflicts(self) -> frozenset[tuple[int, int]]:
        """Places of submissions that claimed another document's id: sent again, one would supersede that document."""
        errors = (read_error(i.headers) for i in scan(self._connection, self._plan.name(topics.dead_letters("ingest"))))
        return frozenset(
            (error.partition, error.offset)
            for error in errors
            if error is not None and error.code == ErrorCode.DOCUMENT_ID_CONFLICT
        )

    def _logged_revisions(self, chosen: Collection[str]) -> dict[str, int]:
        """The highest revision that a replay ever gave each document: its record may still wait for a stage, unseen
        by any status, and two passes must never share a revision.
        """
        revisions: dict[str, int] = {}
        for inbound in scan(self._connection, self._plan.name(topics.REPLAY_LOG)) if chosen else ():
            entry = self._codec.decode(inbound.value, ReplayLogged)
            if isinstance(entry, Undecodable) or entry.document_id is None or entry.kind != "stage":
                continue
            revisions[entry.document_id] = max(revisions.get(entry.document_id, 0), entry.revision or 0)
        return revisions

    def _statuses(self, chosen: Collection[str]) -> dict[str, DocumentStatus]:
        if len(chosen) == 1:
            alone = read_statuses(self._connection, self._plan, self._codec, next(iter(chosen)))
            if not any(_may_have_children(status) for status in alone.values()):
                return alone
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
        self._outbox: Outbox | None = None if dry_run else Outbox(connection)

    def send(self, inbound: Inbound, record: Record, document_id: str, revision: int) -> None:
        self.sent.append(Replayed(document_id, revision, place(inbound)))
        if self._outbox is None:
            return
        mark = Replay(self.replay_id, 0, revision, document_id).headers()
        headers = without_work(without_replay(inbound.headers)) + mark
        value = self._codec.encode(_with_revision(record, revision))
        self._outbox.send(self._target, inbound.key, value, headers)
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
        self._outbox.send(self._log_topic, document_id.encode(), self._codec.encode(logged))

    def finish(self) -> None:
        if self._outbox is not None:
            self._outbox.flush()


def _may_have_children(status: DocumentStatus) -> bool:
    """Whether a document may have been split. One that was may have failed since, or be whole in a later revision."""
    if status.parent_document_id is not None or status.state == "duplicate":
        return False
    return status.revision > 1 or status.state in {"split", "in_progress", "failed"}


def _family_revisions(statuses: Mapping[str, DocumentStatus], logged: Mapping[str, int]) -> dict[str, int]:
    """By packet, the highest revision of the documents that it was split into: they may have been replayed alone, and
    take the packet's revision when that is replayed. By each of these, the packet's last replay, for the same reason:
    it may not have come to the document yet.
    """
    highest: dict[str, int] = {}
    for status in statuses.values():
        parent = status.parent_document_id
        if parent is not None:
            revision = max(status.revision, logged.get(status.document_id, 0))
            highest[parent] = max(highest.get(parent, 0), revision)
            highest[status.document_id] = logged.get(parent, 0)
    return highest


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
