"""Rows of ``decisions``, ``corrections``, ``deliveries``, ``dead_letters``, ``merkle_roots`` and ``erasures``."""

from typing import Any

from connectors.clickhouse.keys import cell_place, value_columns
from connectors.clickhouse.rows import (
    NO_HASH,
    ChainEnd,
    CorrectionRow,
    DeadLetterRow,
    DecisionRow,
    DeliveryRow,
    ErasureRow,
    MerkleRootRow,
)
from processors.fields import FieldType, FieldValue
from streams.contracts import topics
from streams.contracts.records import (
    AuditRoot,
    Correction,
    DeadLetter,
    DocumentFeedback,
    DocumentResult,
    ErasureLogged,
    HeldRecord,
    ReviewDecision,
)
from streams.harness.stage import Inbound
from streams.sinks.document_rows import place_of
from streams.sinks.facts import within

FIRST_STANDS = 2**63
"""A root's version counts down from here, so that of several roots of one day the first in the topic stands."""


def decision_row(record: ReviewDecision, inbound: Inbound) -> DecisionRow:
    """What a person decided."""
    return DecisionRow(
        document_id=record.document_id,
        revision=record.revision,
        decision_id=record.decision_id,
        version=inbound.offset,
        tenant=record.tenant,
        review_id=record.review_id,
        reviewer=record.reviewer,
        decision=record.decision,
        decided_at=record.decided_at,
        seconds=record.seconds,
        reason=record.reason or "",
        corrected_fields=tuple(item.name for item in record.corrections),
        **place_of(inbound),
    )


def corrections_of_decision(record: ReviewDecision, inbound: Inbound) -> list[CorrectionRow]:
    """What a person changed, without what was there before: that comes with the feedback."""
    return [
        CorrectionRow(
            document_id=record.document_id,
            revision=record.revision,
            decided_at=record.decided_at,
            reviewer=record.reviewer,
            version=1,
            tenant=record.tenant,
            **_after(correction, None),
            **place_of(inbound),
        )
        for correction in record.corrections
    ]


def correction_row(record: DocumentFeedback, inbound: Inbound) -> CorrectionRow:
    """What a person changed, and what the system had read."""
    predicted = record.predicted
    before: dict[str, Any] = {}
    if predicted is not None:
        text, number, day = value_columns(predicted.value, predicted.type)
        before = {
            "type": predicted.type.value,
            "before_text": text,
            "before_decimal": number,
            "before_date": day,
            "before_raw_text": predicted.raw_text,
            "before_confidence": predicted.confidence.value,
            "before_reader": predicted.reader,
            "before_reader_version": predicted.reader_version,
            "before_review_state": predicted.review_state.value,
        }
    return CorrectionRow(
        document_id=record.document_id,
        revision=record.revision,
        decided_at=record.decided_at,
        reviewer=record.reviewer,
        version=2,
        tenant=record.tenant,
        document_type=record.document_type,
        **before,
        **_after(record.correction, None if predicted is None else predicted.type),
        **place_of(inbound),
    )


def _after(correction: Correction, kind: FieldType | None) -> dict[str, Any]:
    row_number, name = cell_place(correction.name)
    text, number, day = value_columns(correction.value, kind or _kind_of(correction.value))
    return {
        "row_number": row_number,
        "name": name,
        "after_text": text,
        "after_decimal": number,
        "after_date": day,
        "comment": correction.comment or "",
    }


def _kind_of(value: FieldValue | None) -> FieldType:
    """A type with which the plain notation of ``value`` is exact; a decision does not say the field's own."""
    return FieldType.NUMBER if value is not None and not isinstance(value, str) else FieldType.TEXT


def delivery_row(record: DocumentResult, inbound: Inbound, sha256: bytes) -> DeliveryRow:
    """What whoever reads the results was sent. ``sha256`` is that of the record's value."""
    return DeliveryRow(
        document_id=record.document_id,
        revision=record.revision,
        channel="kafka",
        delivery_id=f"{inbound.topic}/{inbound.partition}/{inbound.offset}",
        version=inbound.offset,
        tenant=record.tenant,
        result_id=record.result_id,
        supersedes=record.supersedes or "",
        target=inbound.topic,
        partition=inbound.partition,
        offset=inbound.offset,
        at=within(inbound.timestamp),
        state="delivered",
        payload_sha256=sha256.hex(),
    )


def letter_row(record: DeadLetter, inbound: Inbound) -> DeadLetterRow:
    """What a stage gave up on."""
    return DeadLetterRow(
        letter_topic=inbound.topic,
        letter_partition=inbound.partition,
        letter_offset=inbound.offset,
        stage=record.stage,
        code=record.code,
        message=record.message,
        exception=record.exception or "",
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        attempts=record.attempts,
        first_failure_at=record.first_failure_at,
        last_failure_at=record.last_failure_at,
        document_id=record.document_id or "",
        tenant=record.tenant or "",
        revision=record.revision or 0,
        trace_id=record.trace_id or "",
        replay_id=record.replay_id or "",
        replay_count=record.replay_count,
        at=within(inbound.timestamp),
    )


def root_row(record: AuditRoot, inbound: Inbound) -> MerkleRootRow:
    """The root of a day, as it was published. Raises ``ValueError`` where a hash in it is none."""
    return MerkleRootRow(
        day=record.day,
        version=FIRST_STANDS - inbound.offset,
        root=bytes.fromhex(record.root),
        leaves=record.events,
        previous_root=NO_HASH if record.previous_root is None else bytes.fromhex(record.previous_root),
        chains=tuple(
            ChainEnd(
                item.topic,
                item.partition,
                item.after_offset + 1,
                item.last_offset,
                item.events,
                bytes.fromhex(item.head_hash),
            )
            for item in record.stretches
        ),
        closed_at=record.closed_at,
        topic=inbound.topic,
        partition=inbound.partition,
        offset=inbound.offset,
    )


def erasure_row(record: ErasureLogged, inbound: Inbound) -> ErasureRow:
    """The proof that a document was erased. It stands over the row that says that it was begun, whose version is 0."""
    return ErasureRow(
        erasure_id=record.erasure_id,
        document_id=record.document_id,
        version=inbound.offset + 1,
        tenant=record.tenant,
        state="done",
        cause=record.cause,
        requested_by=record.requested_by,
        reason=record.reason,
        begun_at=record.requested_at,
        updated_at=record.finished_at,
        content_sha256=record.content_sha256 or "",
        removed=removed_lines(record),
        kept=kept_lines(record),
        **place_of(inbound),
    )


def removed_lines(proof: ErasureLogged) -> tuple[str, ...]:
    """What an erasure removed, for people."""
    blanked = [f"{table}: {count} rows blanked" for table, count in sorted(proof.rows_blanked.items())]
    claims = "claims: the content is free again, the id is barred for ever"
    return (*proof.objects_removed, *blanked, claims, f"{topics.STATUS.name}: tombstone")


def kept_lines(proof: ErasureLogged) -> tuple[str, ...]:
    """What stays after an erasure, for people."""
    objects = [f"{key}: another document needs it, or it lies in another store" for key in proof.objects_kept]
    return (*objects, *map(_held_line, proof.still_held))


def _held_line(record: HeldRecord) -> str:
    until = "for ever" if record.until is None else f"until {record.until:%F %T} UTC"
    return f"{record.topic}-{record.partition}@{record.offset}: Kafka keeps it {until}"
