"""Erasure: the values, words and originals of documents are removed everywhere, and the proof that they existed stays.

Each document has a journal in the operational database. It is begun in a transaction that excludes legal holds; then
the steps below run, each safe to repeat; whoever is killed in between is followed by a ``fieldtrail erase --resume``
(or the next ``erase`` or ``retention apply``) that goes on. The order is one in which nothing comes back: first the
id is barred, so that no replay takes the document in again, then originals and words go, without which no stage can
read it again.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from connectors.claims import Claims
from connectors.clickhouse import erase as rows
from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.erase import RecordPlace, Subject
from connectors.objects import ObjectStore
from connectors.retention import Erasure, Hold, Retention
from connectors.vendor_memory import VendorMemory
from fieldtrail.audit.asking import utc_now
from fieldtrail.audit.objects import ObjectFinder, ObjectPlan
from fieldtrail.audit.proofs import SPARED, Publisher, proof_of
from streams.contracts.records import ErasureLogged

T = TypeVar("T")

_AT_A_TIME = 200
"""Documents whose rows one mutation blanks: a mutation rewrites whole parts, however few rows it means."""

REQUEST, RETENTION = "request", "retention"
"""Why a document is erased: somebody asked, or its time was over."""


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants something erased, and why."""

    by: str
    reason: str
    cause: str = REQUEST


@dataclass(frozen=True, slots=True)
class Held:
    """A document that is not erased, because these holds forbid it."""

    document_id: str
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What erasing a document would do now: objects, rows by table, records that topics hold, holds that forbid it."""

    subject: Subject
    objects: ObjectPlan
    rows: dict[str, int]
    records: tuple[RecordPlace, ...]
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run: the proofs of what is erased, and what holds forbade."""

    erased: tuple[ErasureLogged, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that has something of a document."""

    objects: ObjectStore
    audit: ClickHouse
    claims: Claims
    memory: VendorMemory
    retention: Retention
    publisher: Publisher


class Eraser:
    """Erases documents. All calls block, and raise ``UnavailableError``, ``RefusedError`` and ``StreamError`` as the
    stores do; what was begun then is in the journal, and :meth:`resume` ends it.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._finder = ObjectFinder(stores.objects, stores.audit, stores.claims, self._erased)

    def preview(self, subjects: Iterable[Subject]) -> list[Preview]:
        """What :meth:`erase` would do, changing nothing."""
        stores = self._stores
        named = list(subjects)
        left = rows.values_left(stores.audit, [subject.document_id for subject in named])
        return [
            Preview(
                subject,
                self._finder.plan(subject),
                left.get(subject.document_id, {}),
                tuple(rows.record_places(stores.audit, subject.document_id)),
                tuple(stores.retention.holds_on(subject.tenant, subject.document_id, subject.packet)),
            )
            for subject in named
        ]

    def erase(self, subjects: Iterable[Subject], order: Order) -> Outcome:
        """Erases documents, or resumes where that had begun. Erasing what is erased removes what came back since."""
        erased, held = list[ErasureLogged](), list[Held]()
        for some in _batches(list(subjects)):
            begun = []
            for subject in some:
                journal = self._begin(subject, order)
                if isinstance(journal, Erasure):
                    begun.append(journal)
                else:
                    held.append(Held(subject.document_id, journal))
            erased += self._run(begun)
        return Outcome(tuple(erased), tuple(held))

    def resume(self) -> Outcome:
        """Ends every erasure that was begun and not ended."""
        erased = list[ErasureLogged]()
        for some in _batches(self._stores.retention.erasures(unfinished=True)):
            erased += self._run(some)
        return Outcome(tuple(erased), ())

    def _begin(self, subject: Subject, order: Order) -> Erasure | tuple[Hold, ...]:
        plan = {**asdict(subject), "submitted_at": subject.submitted_at.isoformat()}
        return self._stores.retention.begin_erasure(
            subject.document_id,
            subject.tenant,
            cause=order.cause,
            reason=order.reason,
            by=order.by,
            now=utc_now(),
            plan=plan,
        )

    def _run(self, journals: Sequence[Erasure]) -> list[ErasureLogged]:
        """The steps of some erasures, in step with each other."""
        if not journals:
            return []
        barred = [self._bar(journal) for journal in journals]
        self._stores.publisher.announce(barred)
        cleared = [self._remove_objects(journal) for journal in barred]
        blanked = self._blank_rows(cleared)
        removed = [self._note(journal, "removed", {"at": utc_now().isoformat()}) for journal in blanked]
        held = self._publish_tombstones(removed)
        proofs = [proof_of(journal) for journal in held]
        self._stores.publisher.publish(proofs)
        for journal in held:
            self._stores.retention.finish_erasure(journal.erasure_id, utc_now())
        return proofs

    def _bar(self, journal: Erasure) -> Erasure:
        self._stores.claims.erase(journal.document_id)
        self._stores.memory.forget_document(journal.tenant, journal.document_id)
        return self._note(journal, "claims", True)

    def _remove_objects(self, journal: Erasure) -> Erasure:
        """While it is looked who needs the content and it is removed, nobody can claim it anew. Whoever is killed in
        between leaves that so, until the erasure is resumed.
        """
        claims, sha256 = self._stores.claims, journal.plan["content_sha256"]
        if sha256:
            claims.begin_removal(sha256, journal.document_id)
        try:
            return self._remove_unneeded(journal)
        finally:
            claims.end_removal(journal.document_id)

    def _remove_unneeded(self, journal: Erasure) -> Erasure:
        """The plan is written down before anything goes: of a key that is gone nobody could tell that it was there.

        The content is free since the erasure began, so by the time that it is resumed, what was to go may belong to
        another document; that stays.
        """
        now = self._finder.plan(subject_of(journal))
        if "objects" not in journal.done:
            journal = self._note(journal, "objects", asdict(now))
        needed = dict(now.keep)
        for key in journal.done["objects"]["remove"]:
            if key in needed:
                journal = self._note(journal, f"{SPARED}{key}", needed[key])
            else:
                self._stores.objects.remove(key)
        return journal

    def _blank_rows(self, journals: Sequence[Erasure]) -> list[Erasure]:
        ids = [journal.document_id for journal in journals]
        left = rows.values_left(self._stores.audit, ids)
        noted = [self._note(journal, "rows", left.get(journal.document_id, {})) for journal in journals]
        rows.blank(self._stores.audit, ids)
        return noted

    def _publish_tombstones(self, journals: Sequence[Erasure]) -> list[Erasure]:
        places = {
            journal.document_id: rows.record_places(self._stores.audit, journal.document_id) for journal in journals
        }
        held = self._stores.publisher.tombstones(places, utc_now())
        return [self._note(journal, "held", held[journal.document_id]) for journal in journals]

    def _note(self, journal: Erasure, step: str, outcome: Any) -> Erasure:
        return self._stores.retention.step_done(journal.erasure_id, step, outcome)

    def _erased(self, documents: Collection[str]) -> set[str]:
        return {document for document in documents if self._stores.retention.erasures(document)}


def subject_of(journal: Erasure) -> Subject:
    """The document of a journal, as it was when the erasure began."""
    plan = journal.plan
    times = {"submitted_at": datetime.fromisoformat(plan["submitted_at"])}
    return Subject(**{"packet": "", **plan, **times, "content_uris": tuple(plan["content_uris"])})


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + _AT_A_TIME] for start in range(0, len(items), _AT_A_TIME))
