"""Rows of the audit tables with ordinary values, any of which a test may change."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.clickhouse.rows import NO_HASH, DecisionRow, DocumentRow, EventRow, FieldRow, Rule

NOW = datetime(2026, 11, 20, 12, 30, 15, 123000, tzinfo=UTC)
SHA256 = "ab" * 32


def document_row(**changes: Any) -> DocumentRow:
    """An invoice that went straight through."""
    values: dict[str, Any] = {
        "document_id": "doc-1",
        "revision": 1,
        "stage": "routed",
        "version": 7,
        "tenant": "acme",
        "content_uri": "file:///objects/originals/ab",
        "content_sha256": SHA256,
        "media_type": "application/pdf",
        "page_count": 2,
        "filename": "invoice.pdf",
        "metadata": {},
        "submitted_at": NOW,
        "document_type": "invoice",
        "decision": "straight_through",
        "vendor_name": "Müller & Söhne GmbH",
        "vendor_key": "muller sohne gmbh",
        "number": "INV-0042",
        "number_key": "inv0042",
        "amount": Decimal("119.00"),
        "currency": "EUR",
        "result_id": "result-1",
        "model_versions": ("reader=geometric@2", "ocr=text-layer"),
        "topic": "documents.results",
        "partition": 1,
        "offset": 7,
        "at": NOW,
    }
    return DocumentRow(**(values | changes))


def field_row(**changes: Any) -> FieldRow:
    """The total amount of that invoice."""
    values: dict[str, Any] = {
        "document_id": "doc-1",
        "revision": 1,
        "name": "total_amount",
        "stage": "routed",
        "version": 7,
        "tenant": "acme",
        "document_type": "invoice",
        "submitted_at": NOW,
        "type": "money",
        "value_text": "119.00",
        "value_decimal": Decimal("119.00"),
        "raw_text": "119,00 €",
        "evidence_source": "page",
        "page": 2,
        "x0": 400.5,
        "y0": 700.25,
        "x1": 450.0,
        "y1": 712.0,
        "word_ids": (210, 211),
        "confidence": 0.98,
        "confidence_recognition": 1.0,
        "confidence_reader": 0.97,
        "confidence_validation": 1.0,
        "reader": "geometric",
        "reader_version": "2+2026.1",
        "rules": (Rule("total_is_net_plus_tax", "passed", ""),),
        "review_state": "passed",
        "topic": "documents.results",
        "partition": 1,
        "offset": 7,
        "at": NOW,
    }
    return FieldRow(**(values | changes))


def event_row(**changes: Any) -> EventRow:
    """The result's record as an event."""
    values: dict[str, Any] = {
        "topic": "documents.results",
        "partition": 1,
        "offset": 7,
        "at": NOW,
        "day": NOW.date(),
        "tenant": "acme",
        "document_id": "doc-1",
        "revision": 1,
        "kind": "document_result",
        "stage": "route",
        "value_bytes": 2048,
        "key_hash": NO_HASH,
        "value_hash": NO_HASH,
        "headers_hash": NO_HASH,
        "record_hash": NO_HASH,
        "previous_hash": NO_HASH,
        "chain_hash": NO_HASH,
    }
    return EventRow(**(values | changes))


def decision_row(**changes: Any) -> DecisionRow:
    """A reviewer's decision about that invoice."""
    values: dict[str, Any] = {
        "document_id": "doc-1",
        "revision": 1,
        "decision_id": "decision-1",
        "version": 3,
        "tenant": "acme",
        "review_id": "review-1",
        "reviewer": "ada",
        "decision": "corrected",
        "decided_at": NOW,
        "topic": "review.decisions",
        "partition": 0,
        "offset": 3,
        "at": NOW,
    }
    return DecisionRow(**(values | changes))
