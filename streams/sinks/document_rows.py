"""Rows of ``documents`` and ``page_quality``: what each stage's record says of a document's revision."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.clickhouse.keys import number_key, tax_key, vendor_key
from connectors.clickhouse.rows import DocumentRow, FailedRule, PageQualityRow
from processors.routing import AUDIT
from processors.validation import Finding
from streams.contracts.records import (
    Classification,
    Document,
    DocumentAccepted,
    DocumentClassified,
    DocumentExtracted,
    DocumentRecognized,
    DocumentResult,
    DocumentStatus,
    DocumentValidated,
    PageFailure,
    RecognizedPage,
    ReviewRequest,
    SchemaRef,
)
from streams.harness.stage import Inbound
from streams.sinks.facts import STRAIGHT_THROUGH, model_versions, within
from streams.sinks.readings import Readings, value_of

InPipeline = (
    DocumentAccepted | DocumentClassified | DocumentRecognized | DocumentExtracted | DocumentValidated | ReviewRequest
)
_NUMBERS = ("invoice_number", "receipt_number", "bill_of_lading_number", "policy_number", "document_number")
_AMOUNTS = ("total_amount", "amount_due")
_DATES = ("invoice_date", "purchase_date", "order_date", "issue_date", "statement_date", "pay_date", "effective_date")
_STAGE_OF = {
    DocumentAccepted: "accepted",
    DocumentClassified: "classified",
    DocumentRecognized: "recognized",
    DocumentExtracted: "extracted",
    DocumentValidated: "validated",
    ReviewRequest: "routed",
}


def place_of(inbound: Inbound) -> dict[str, Any]:
    """The columns that say which record a row comes from."""
    return {
        "topic": inbound.topic,
        "partition": inbound.partition,
        "offset": inbound.offset,
        "at": within(inbound.timestamp),
    }


def document_row(record: InPipeline, inbound: Inbound, read: Readings) -> DocumentRow:
    """The document after the stage that wrote ``record``, which ``read`` are the fields of."""
    pages: Sequence[RecognizedPage] = getattr(record, "recognized_pages", ())
    schema: SchemaRef | None = getattr(record, "extraction_schema", None)
    review = record if isinstance(record, ReviewRequest) else None
    return DocumentRow(
        **_identity(record.document),
        **_type(getattr(record, "classification", None), schema),
        **_parties_and_sums(read),
        stage=_STAGE_OF[type(record)],
        version=inbound.offset,
        size_bytes=record.document.size_bytes,
        decision="" if review is None else "review",
        reasons=() if review is None else review.reasons,
        review_required_fields=() if review is None else review.review_required_fields,
        review_id="" if review is None else review.review_id,
        missing_required=getattr(record, "missing_required", ()),
        failed_rules=_failed(getattr(record, "failed_rules", ())),
        notes=getattr(record, "notes", ()),
        model_versions=model_versions(pages, read.readers(), schema, record.trail),
        **place_of(inbound),
    )


def result_row(record: DocumentResult, inbound: Inbound, read: Readings) -> DocumentRow:
    """The document as its result has it: after the route, or after a person's decision."""
    return DocumentRow(
        document_id=record.document_id,
        revision=record.revision,
        stage="routed" if record.decision == STRAIGHT_THROUGH else "resolved",
        version=inbound.offset,
        tenant=record.tenant,
        parent_document_id=record.parent_document_id or "",
        first_page=0 if record.pages is None else record.pages.first,
        last_page=0 if record.pages is None else record.pages.last,
        content_uri=record.content_uri,
        content_sha256=record.content_sha256,
        media_type=record.media_type,
        page_count=record.page_count,
        filename=record.filename or "",
        metadata=record.metadata,
        submitted_at=record.submitted_at,
        completed_at=record.completed_at,
        **_type(record.classification, record.extraction_schema),
        **_parties_and_sums(read),
        decision=record.decision,
        notes=record.notes,
        result_id=record.result_id,
        supersedes=record.supersedes or "",
        model_versions=model_versions((), read.readers(), record.extraction_schema, record.trail),
        **place_of(inbound),
    )


def is_sample(record: ReviewRequest) -> bool:
    """Whether the request is only the sample of what went straight through: the result has the same, and stands."""
    return record.reasons == (AUDIT,)


def duplicate_row(record: DocumentStatus, inbound: Inbound) -> DocumentRow:
    """A submission that was linked to an earlier document, which nothing but its status tells."""
    return DocumentRow(
        document_id=record.document_id,
        revision=record.revision,
        stage="accepted",
        version=inbound.offset,
        tenant=record.tenant,
        content_uri="",
        content_sha256="",
        media_type="",
        page_count=0,
        filename=record.filename or "",
        metadata={},
        submitted_at=record.submitted_at or record.at,
        decision="duplicate",
        duplicate_of=record.duplicate_of or "",
        **place_of(inbound),
    )


def page_rows(record: DocumentRecognized, inbound: Inbound) -> list[PageQualityRow]:
    """One row per page that was recognised or failed."""
    shared = {
        "document_id": record.document.document_id,
        "revision": record.document.revision,
        "version": inbound.offset,
        "tenant": record.document.tenant,
        "submitted_at": record.document.submitted_at,
        **place_of(inbound),
    }
    read = [_page_row(page, shared) for page in record.recognized_pages]
    return read + [_failed_page_row(page, shared) for page in record.failed_pages]


def _page_row(page: RecognizedPage, shared: dict[str, Any]) -> PageQualityRow:
    quality = page.quality
    return PageQualityRow(
        **shared,
        page=page.number,
        width=page.width,
        height=page.height,
        rotation=page.rotation,
        source=page.source,
        reason=page.reason,
        engine=page.engine,
        words_uri=page.words_uri,
        word_count=page.word_count,
        min_confidence=page.min_confidence,
        mean_confidence=page.mean_confidence,
        dpi=None if quality is None else quality.dpi,
        sharpness=None if quality is None else quality.sharpness,
        skew=None if quality is None else quality.skew,
        contrast=None if quality is None else quality.contrast,
        handwriting=None if quality is None else quality.handwriting,
        hard=() if quality is None else quality.hard,
    )


def _failed_page_row(page: PageFailure, shared: dict[str, Any]) -> PageQualityRow:
    return PageQualityRow(**shared, page=page.number, failure_code=page.code, failure_message=page.message)


def _identity(document: Document) -> dict[str, Any]:
    pages = document.pages
    return {
        "document_id": document.document_id,
        "revision": document.revision,
        "tenant": document.tenant,
        "parent_document_id": document.parent_document_id or "",
        "first_page": 0 if pages is None else pages.first,
        "last_page": 0 if pages is None else pages.last,
        "content_uri": document.content_uri,
        "content_sha256": document.content_sha256,
        "media_type": document.media_type,
        "page_count": document.page_count,
        "filename": document.filename or "",
        "requested_type": document.requested_type or "",
        "requested_schema": document.requested_schema or "",
        "metadata": document.metadata,
        "submitted_at": document.submitted_at,
    }


def _type(classification: Classification | None, schema: SchemaRef | None) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if classification is not None:
        columns |= {
            "document_type": classification.document_type,
            "type_confidence": classification.confidence,
            "type_basis": classification.basis,
            "type_reason": classification.reason,
        }
    if schema is not None:
        columns |= {"schema_name": schema.name, "schema_version": schema.version}
    return columns


def _parties_and_sums(read: Readings) -> dict[str, Any]:
    """Seller, number, total and date for the questions that compare documents.

    Schemas may give any type to a name, so a value counts only where it is of the column's type.
    """
    known = {field["name"]: value_of(field) for field in read.fields}
    vendor, tax_id = _text(known.get("vendor_name")), _text(known.get("vendor_tax_id"))
    number = next((text for name in _NUMBERS if (text := _text(known.get(name)))), "")
    amount = next((value for name in _AMOUNTS if isinstance(value := known.get(name), Decimal)), None)
    issued = next((value for name in _DATES if isinstance(value := known.get(name), date)), None)
    return {
        "vendor_name": vendor,
        "vendor_key": vendor_key(vendor),
        "vendor_tax_key": tax_key(tax_id),
        "number": number,
        "number_key": number_key(number),
        "amount": amount,
        "currency": _text(known.get("currency")),
        "issue_date": issued,
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _failed(findings: Iterable[Finding]) -> tuple[FailedRule, ...]:
    return tuple(FailedRule(item.rule, item.message, tuple(item.fields)) for item in findings)
