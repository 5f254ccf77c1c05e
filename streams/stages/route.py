"""route: straight through to the results, or to a person, with the reasons."""

from processors.fields import Extraction
from processors.routing import AUDIT, Route, RouteDecision, Thresholds, audited, route
from processors.schemas import ExtractionSchema, Schemas
from processors.validation import Validated
from streams.contracts import topics
from streams.contracts.records import DocumentResult, DocumentValidated, ReviewRequest
from streams.harness.headers import cloudevent_headers
from streams.harness.outcomes import Dead, Emit, Outcome, Outgoing
from streams.harness.stage import Identity, StageContext
from streams.stages.common import identity_of, schema_named, status
from streams.stages.ids import result_id, review_id

CLOUDEVENT_SOURCE = "/fieldtrail/route"


class RouteStage:
    """``documents.validated`` → ``documents.results`` or ``documents.review``.

    Of what goes straight through, a sampled ``audit_share`` goes to both: the result is out, and the request's only
    reason is ``audit``. A person then tells how many errors pass unseen; the document's state stays ``completed``.
    """

    name = "route"

    def __init__(self, thresholds: Thresholds, schemas: Schemas, audit_share: float = 0.0) -> None:
        self._audit_share = audit_share
        self._schemas = schemas
        self._thresholds = thresholds

    def identity(self, record: DocumentValidated, context: StageContext) -> Identity:
        return identity_of(record.document)

    async def process(self, record: DocumentValidated, context: StageContext) -> Outcome:
        reference = record.extraction_schema
        schema = None if reference is None else schema_named(self._schemas, reference.name)
        if isinstance(schema, Dead):
            return schema
        routed = self._route(record, schema)
        if routed.decision is RouteDecision.REVIEW:
            return _send_to_review(record, routed, context)
        finished = _finish(record, routed, context)
        if audited(record.document.document_id, self._audit_share):
            request = _review_request(record, routed, (AUDIT,), context)
            return Emit((*finished.records, Outgoing(topics.REVIEW, record.document.document_id, request)))
        return finished

    def _route(self, record: DocumentValidated, schema: ExtractionSchema | None) -> Route:
        return route(
            Validated(
                Extraction(record.fields, record.line_items, record.notes),
                missing_required=record.missing_required,
                failed_rules=record.failed_rules,
            ),
            schema,
            document_type=record.classification.document_type,
            type_confidence=record.classification.confidence,
            thresholds=self._thresholds,
            unread_pages=tuple(page.number for page in record.failed_pages),
        )


def _finish(record: DocumentValidated, routed: Route, context: StageContext) -> Emit:
    document, revision = record.document, record.document.revision
    result = DocumentResult(
        result_id=result_id(document.document_id, revision),
        document_id=document.document_id,
        tenant=document.tenant,
        revision=revision,
        supersedes=result_id(document.document_id, revision - 1) if revision > 1 else None,
        parent_document_id=document.parent_document_id,
        pages=document.pages,
        decision=routed.decision,
        classification=record.classification,
        extraction_schema=record.extraction_schema,
        fields=routed.extraction.fields,
        line_items=routed.extraction.line_items,
        notes=routed.extraction.notes,
        filename=document.filename,
        content_uri=document.content_uri,
        content_sha256=document.content_sha256,
        media_type=document.media_type,
        page_count=document.page_count,
        metadata=document.metadata,
        submitted_at=document.submitted_at,
        completed_at=context.now(),
        trail=(*record.trail, context.hop()),
    )
    headers = {name: value.decode() for name, value in cloudevent_headers(result, CLOUDEVENT_SOURCE)}
    done = status(
        identity_of(document),
        context,
        "completed",
        document_type=record.classification.document_type,
        result_id=result.result_id,
    )
    return Emit((Outgoing(topics.RESULTS, document.document_id, result, headers), done))


def _review_request(
    record: DocumentValidated, routed: Route, reasons: tuple[str, ...], context: StageContext
) -> ReviewRequest:
    document = record.document
    return ReviewRequest(
        review_id=review_id(document.document_id, document.revision),
        document=document,
        classification=record.classification,
        extraction_schema=record.extraction_schema,
        recognized_pages=record.recognized_pages,
        failed_pages=record.failed_pages,
        fields=routed.extraction.fields,
        line_items=routed.extraction.line_items,
        reasons=reasons,
        review_required_fields=routed.review_required_fields,
        notes=routed.extraction.notes,
        created_at=context.now(),
        trail=(*record.trail, context.hop()),
    )


def _send_to_review(record: DocumentValidated, routed: Route, context: StageContext) -> Emit:
    document = record.document
    request = _review_request(record, routed, routed.reasons, context)
    waiting = status(
        identity_of(document),
        context,
        "review",
        document_type=record.classification.document_type,
        message="; ".join(routed.reasons),
    )
    return Emit((Outgoing(topics.REVIEW, document.document_id, request), waiting))
