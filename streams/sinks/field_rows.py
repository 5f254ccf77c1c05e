"""Rows of ``fields``: every header field and line-item cell of a record."""

from datetime import datetime
from typing import Any

from connectors.clickhouse.keys import value_columns
from connectors.clickhouse.rows import FieldRow, Place, Rule
from processors.fields import FieldType
from streams.contracts.records import DocumentExtracted, DocumentResult, ReviewRequest
from streams.harness.stage import Inbound
from streams.sinks.document_rows import place_of
from streams.sinks.facts import STRAIGHT_THROUGH
from streams.sinks.readings import RawField, Readings, value_of


def extracted_rows(record: DocumentExtracted, inbound: Inbound, read: Readings) -> list[FieldRow]:
    """The fields as the readers found them."""
    document = record.document
    shared = _shared(document.document_id, document.revision, document.tenant, document.submitted_at, inbound)
    shared |= {"stage": "extracted", "document_type": record.classification.document_type}
    return [_row(field, number, shared) for number, field in read.numbered()]


def review_rows(record: ReviewRequest, inbound: Inbound, read: Readings) -> list[FieldRow]:
    """The fields as the route sent them to a person."""
    document = record.document
    shared = _shared(document.document_id, document.revision, document.tenant, document.submitted_at, inbound)
    shared |= {"stage": "routed", "document_type": record.classification.document_type}
    return [_row(field, number, shared) for number, field in read.numbered()]


def result_rows(record: DocumentResult, inbound: Inbound, read: Readings) -> list[FieldRow]:
    """The fields as consumers got them: from the route, or from a person."""
    shared = _shared(record.document_id, record.revision, record.tenant, record.submitted_at, inbound)
    stage = "routed" if record.decision == STRAIGHT_THROUGH else "resolved"
    shared |= {"stage": stage, "document_type": record.classification.document_type}
    return [_row(field, number, shared) for number, field in read.numbered()]


def _shared(document_id: str, revision: int, tenant: str, submitted_at: datetime, inbound: Inbound) -> dict[str, Any]:
    return {
        "document_id": document_id,
        "revision": revision,
        "tenant": tenant,
        "submitted_at": submitted_at,
        "version": inbound.offset,
        **place_of(inbound),
    }


def _row(field: RawField, row_number: int, shared: dict[str, Any]) -> FieldRow:
    value, evidence, confidence = value_of(field), field["evidence"], field["confidence"]
    text, number, day = value_columns(value, FieldType(field["type"]))
    place = _place(evidence[0]) if evidence else _NOWHERE
    return FieldRow(
        **shared,
        row_number=row_number,
        name=field["name"],
        type=field["type"],
        value_text=text,
        value_decimal=number,
        value_date=day,
        raw_text=field["raw_text"],
        evidence_source=place.source,
        page=place.page,
        x0=place.x0,
        y0=place.y0,
        x1=place.x1,
        y1=place.y1,
        word_ids=place.word_ids,
        reference=place.reference,
        more_evidence=tuple(map(_place, evidence[1:])),
        confidence=confidence["value"],
        confidence_recognition=confidence["recognition"],
        confidence_reader=confidence["reader"],
        confidence_validation=confidence["validation"],
        reader=field["reader"],
        reader_version=field["reader_version"],
        rules=tuple([Rule(item["rule"], item["status"], item["message"]) for item in field["rules"]]),
        review_state=field["review_state"],
    )


_NOWHERE = Place()


def _place(evidence: dict[str, Any]) -> Place:
    box, page = evidence["box"], evidence["page"] or 0
    words, reference = tuple(evidence["word_ids"]), evidence["reference"] or ""
    if box is None:
        return Place(evidence["source"], page, 0.0, 0.0, 0.0, 0.0, words, reference)
    return Place(evidence["source"], page, box["x0"], box["y0"], box["x1"], box["y1"], words, reference)
