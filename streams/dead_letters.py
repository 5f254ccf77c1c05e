"""Reads dead letters, and sends them to their stage again once the cause is mended."""

import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from streams.contracts import topics
from streams.contracts.codec import Codec, Undecodable
from streams.contracts.records import DeadLetter, ReplayLogged
from streams.contracts.topics import AUDIT, LEARNING, STAGES, TopicPlan
from streams.harness.headers import (
    Headers,
    Replay,
    read_error,
    read_replay,
    without_errors,
    without_replay,
    without_work,
)
from streams.harness.runner import utc_now
from streams.harness.stage import Inbound
from streams.kafka import KafkaConnection
from streams.outbox import Outbox
from streams.replay import Barred, Replayed, ReplayReport, place
from streams.scan import read_one, scan

LOOK_ONLY = (*LEARNING, AUDIT)
"""Who writes dead letters of records that lie, well and delivered, on their topics; replaying these makes no sense."""

WRITERS = (*STAGES, *LOOK_ONLY)
"""Who writes dead letters."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter: its error, the record as it lies in the dead-letter topic, and whether it was replayed."""

    error: DeadLetter
    record: Inbound
    replayed: bool

    @property
    def place(self) -> str:
        """Its address, ``ingest.dlq-2@15``: what ``fieldtrail dlq show`` takes."""
        return place(self.record)

    @property
    def failed_again(self) -> bool:
        """Whether it is a replayed record that failed again."""
        return self.error.replay_count > 0

    @property
    def key(self) -> bytes | None:
        """The key of the original record."""
        return None if self.error.null_key else self.record.key


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which dead letters are meant; an empty filter means all. Times are UTC and bound the last failure."""

    stages: Collection[str] = ()
    codes: Collection[str] = ()
    document_ids: Collection[str] = ()
    places: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None

    def matches(self, letter: Letter) -> bool:
        """Whether ``letter`` is meant."""
        error = letter.error
        return (
            (not self.codes or error.code in self.codes)
            and (not self.document_ids or error.document_id in self.document_ids)
            and (not self.places or letter.place in self.places)
            and (self.since is None or error.last_failure_at >= self.since)
            and (self.until is None or error.last_failure_at < self.until)
        )


class DeadLetters:
    """The dead-letter topics of one cluster. ``barred`` is needed to replay."""

    def __init__(
        self, connection: KafkaConnection, plan: TopicPlan, codec: Codec, barred: Barred | None = None
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._codec = codec
        self._barred = barred

    def find(self, wanted: LetterFilter) -> Iterator[Letter]:
        """The dead letters that ``wanted`` means, stage by stage in the order of the pipeline; those of what reads its
        results (the stages that learn, the audit sink) come last. Raises ``ScanError``.
        """
        replayed = self._replayed_places()
        for stage in wanted.stages or WRITERS:
            for record in scan(self._connection, self._plan.name(topics.dead_letters(stage))):
                letter = _letter(record, replayed)
                if letter is not None and wanted.matches(letter):
                    yield letter

    def read(self, address: str) -> Letter | None:
        """The dead letter at ``topic-partition@offset``, or ``None``. Raises ``ValueError`` on a malformed address."""
        topic, partition, offset = parse_place(address)
        record = read_one(self._connection, topic, partition, offset)
        return None if record is None else _letter(record, self._replayed_places())

    def replay(
        self,
        wanted: LetterFilter,
        *,
        requested_by: str,
        dry_run: bool = False,
        limit: int | None = None,
        again: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> ReplayReport:
        """Sends the original records to their stages again, untouched but for headers that name the replay.

        Left alone, unless ``again``, are letters that were replayed before, and letters of records that failed again
        after a replay: so running this twice, or by the clock, never loops. Letters about documents that are erased are
        left alone whatever is asked; the report names these. Letters of :data:`LOOK_ONLY` are never sent: their records
        lie where they belong, and every other reader would get them twice. ``limit`` counts letters sent. Letters
        without their record, because it was too large to be written again, count as unreadable.

        Raises ``ScanError``, ``DeliveryError``, and ``UnavailableError`` where the operational database is away.
        """
        replay_id = uuid.uuid4().hex
        outbox = None if dry_run else Outbox(self._connection)
        log_topic = self._plan.name(topics.REPLAY_LOG)
        sent, erased = list[Replayed](), dict[str, None]()
        scanned = left_alone = unreadable = 0
        stages = [stage for stage in wanted.stages or STAGES if stage in STAGES]
        for letter in self.find(replace(wanted, stages=stages)) if stages else ():  # no stages would mean all
            if limit is not None and len(sent) >= limit:
                break
            scanned += 1
            if self._is_erased(letter):
                erased[letter.error.document_id or ""] = None
                continue
            if (letter.replayed or letter.failed_again) and not again:
                left_alone += 1
                continue
            if letter.error.value_omitted:
                unreadable += 1
                continue
            if outbox is not None:
                outbox.send(letter.error.topic, letter.key, letter.record.value, _headers(letter, replay_id))
                logged = self._log(letter, replay_id, requested_by)
                outbox.send(log_topic, letter.place.encode(), self._codec.encode(logged))
            sent.append(Replayed(letter.error.document_id, letter.error.revision, letter.place))
            progress(len(sent))
        if outbox is not None:
            outbox.flush()
        stage = ",".join(wanted.stages) or "all"
        return ReplayReport(replay_id, stage, "", dry_run, scanned, unreadable, left_alone, tuple(sent), tuple(erased))

    def _is_erased(self, letter: Letter) -> bool:
        document_id = letter.error.document_id
        assert self._barred is not None, "without what is erased, nothing is sent again"
        return document_id is not None and bool(self._barred.erased([document_id]))

    def _log(self, letter: Letter, replay_id: str, requested_by: str) -> ReplayLogged:
        return ReplayLogged(
            replay_id=replay_id,
            kind="dead_letter",
            stage=letter.error.stage,
            source_topic=letter.record.topic,
            source_partition=letter.record.partition,
            source_offset=letter.record.offset,
            target_topic=letter.error.topic,
            document_id=letter.error.document_id,
            revision=letter.error.revision,
            requested_by=requested_by,
            at=utc_now(),
        )

    def _replayed_places(self) -> set[str]:
        entries = (
            self._codec.decode(record.value, ReplayLogged)
            for record in scan(self._connection, self._plan.name(topics.REPLAY_LOG))
        )
        return {
            f"{entry.source_topic}-{entry.source_partition}@{entry.source_offset}"
            for entry in entries
            if not isinstance(entry, Undecodable) and entry.kind == "dead_letter"
        }


def parse_place(text: str) -> tuple[str, int, int]:
    """Topic, partition and offset of ``topic-partition@offset``. Raises ``ValueError``."""
    name, at, offset = text.rpartition("@")
    topic, dash, partition = name.rpartition("-")
    if not (at and dash and topic and partition.isdecimal() and offset.isdecimal()):
        raise ValueError(f"{text!r} is no address of a dead letter; one looks like ingest.dlq-2@15")
    return topic, int(partition), int(offset)


def _headers(letter: Letter, replay_id: str) -> Headers:
    """The original headers and those of this replay; a pass that began as a replay keeps its revision."""
    earlier = read_replay(letter.record.headers)
    revision = None if earlier is None else earlier.revision
    mark = Replay(replay_id, letter.error.replay_count + 1, revision, letter.error.document_id)
    return without_work(without_replay(without_errors(letter.record.headers))) + mark.headers()


def _letter(record: Inbound, replayed: Collection[str]) -> Letter | None:
    error = read_error(record.headers)
    return None if error is None else Letter(error, record, place(record) in replayed)
