"""What is written about a record that a stage gave up on: its dead letter, and the status that tells of it."""

from dataclasses import dataclass
from datetime import datetime

from streams.contracts import topics
from streams.contracts.records import DeadLetter, DocumentStatus
from streams.harness.outcomes import Dead, Outgoing
from streams.harness.stage import Identity, StageContext

LONGEST_TEXT = 2000
"""Characters of a message or an exception, so that the headers always fit beside the largest record."""


@dataclass(slots=True)
class Failures:
    """What has gone wrong with one record so far; waits for a dead dependency do not count."""

    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None

    def add(self, at: datetime) -> None:
        """Notes one more."""
        self.count += 1
        self.first_at = self.first_at or at
        self.last_at = at


def write_letter(
    dead: Dead, context: StageContext, identity: Identity | None, failures: Failures, trace_id: str | None
) -> DeadLetter:
    """The error part of the dead letter."""
    source, now = context.source, context.now()
    return DeadLetter(
        stage=context.stage,
        code=dead.code,
        message=_clean(dead.reason),
        exception=None if dead.exception is None else _clean(dead.exception),
        topic=source.topic,
        partition=source.partition,
        offset=source.offset,
        attempts=failures.count,
        first_failure_at=failures.first_at or now,
        last_failure_at=failures.last_at or now,
        document_id=identity.document_id if identity else None,
        tenant=identity.tenant if identity else None,
        revision=identity.revision if identity else None,
        trace_id=trace_id,
        replay_id=context.replay.id if context.replay else None,
        replay_count=context.replay.count if context.replay else 0,
        null_key=source.key is None and source.value is None,
    )


def failed_status(identity: Identity, letter: DeadLetter) -> Outgoing:
    """The status record that says that the document failed, and why."""
    status = DocumentStatus(
        document_id=identity.document_id,
        tenant=identity.tenant,
        revision=identity.revision,
        stage=letter.stage,
        state="failed",
        at=letter.last_failure_at,
        filename=identity.filename,
        error_code=letter.code,
        message=letter.message,
        parent_document_id=identity.parent_document_id,
        submitted_at=identity.submitted_at,
    )
    return Outgoing(topics.STATUS, identity.document_id, status)


def _clean(text: str) -> str:
    """Text as UTF-8 can carry it: a message may quote a document, and so hold anything."""
    return text.encode("utf-8", "replace").decode()[:LONGEST_TEXT]
