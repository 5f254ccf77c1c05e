"""A small audit store whose answers are known by heart: five documents of two tenants, as the sink would write them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.insert import Inserter
from connectors.clickhouse.keys import number_key, vendor_key
from connectors.clickhouse.rows import (
    NO_HASH,
    CorrectionRow,
    DeadLetterRow,
    DecisionRow,
    DeliveryRow,
    DocumentRow,
    EventPlaceRow,
    EventRow,
    FieldRow,
    PageQualityRow,
    Place,
    Row,
    Rule,
)

OCTOBER = datetime(2026, 10, 5, 8, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 3, 8, tzinfo=UTC)
OCR, READER = "pp-ocrv6=6.0", "geometric=3.1.0"


def sha(document_id: str) -> str:
    """A file's hash."""
    return (document_id.replace("-", "").encode().hex() * 32)[:64]


def document(document_id: str, stage: str = "routed", revision: int = 1, **changed: Any) -> DocumentRow:
    """A row of ``documents``: an invoice of Muster GmbH over 119.00 EUR."""
    submitted = changed.pop("submitted_at", OCTOBER)
    vendor = changed.pop("vendor_name", "Muster GmbH")
    number = changed.pop("number", f"R-{document_id}")
    known = stage in ("routed", "resolved")
    row = DocumentRow(
        document_id=document_id,
        revision=revision,
        stage=stage,
        version=10 * revision,
        tenant="acme",
        content_uri="",
        content_sha256=sha(document_id),
        media_type="application/pdf",
        page_count=2,
        filename=f"{document_id}.pdf",
        metadata={"erp": "4711"},
        submitted_at=submitted,
        completed_at=submitted + timedelta(seconds=6) if known else None,
        document_type="invoice",
        type_confidence=0.99,
        schema_name="invoice_v1",
        schema_version="1.0.0",
        decision="straight_through" if known else "",
        vendor_name=vendor if known else "",
        vendor_key=vendor_key(vendor) if known else "",
        vendor_tax_key="de123456789" if known and vendor == "Muster GmbH" else "",
        number=number if known else "",
        number_key=number_key(number) if known else "",
        amount=Decimal("119.00") if known else None,
        currency="EUR" if known else "",
        issue_date=date(2026, 10, 1) if known else None,
        result_id=f"result-{document_id}-{revision}" if known else "",
        model_versions=(OCR, READER),
        topic="documents.results" if known else "documents.accepted",
        partition=1,
        offset=10 * revision,
        at=submitted + timedelta(seconds=6),
    )
    return replace(row, **changed)


def value(document_id: str, name: str, text: str, revision: int = 1, stage: str = "routed", **changed: Any) -> FieldRow:
    """A row of ``fields``: a passed value on page 1, 100 points wide."""
    number = Decimal(text) if name.endswith("amount") else None
    row = FieldRow(
        document_id=document_id,
        revision=revision,
        name=name,
        stage=stage,
        version=10 * revision,
        tenant="acme",
        document_type="invoice",
        submitted_at=OCTOBER,
        type="money" if number is not None else "identifier",
        value_text=text,
        value_decimal=number,
        raw_text=text.replace(".", ","),
        evidence_source="page",
        page=1,
        x0=400.0,
        y0=600.0,
        x1=500.0,
        y1=612.0,
        word_ids=(41, 42),
        more_evidence=(Place("page", 2, 50.0, 50.0, 90.0, 60.0, (7,), ""),),
        confidence=0.99,
        confidence_recognition=1.0,
        confidence_reader=0.9,
        confidence_validation=0.95,
        reader="geometric",
        reader_version="3.1.0",
        rules=(Rule("sum", "passed", "subtotal and tax give the total"),),
        review_state="passed",
        topic="documents.results",
        partition=1,
        offset=10 * revision,
        at=OCTOBER + timedelta(seconds=6),
    )
    return replace(row, **changed)


def event(document_id: str, topic: str, offset: int, stage: str, seconds: float, **changed: Any) -> EventRow:
    """A row of ``events``; its hashes are none that could be verified."""
    at = changed.pop("at", OCTOBER + timedelta(seconds=offset / 10))
    row = EventRow(
        topic=topic,
        partition=1,
        offset=offset,
        at=at,
        day=at.date(),
        tenant="acme",
        document_id=document_id,
        revision=1,
        kind=topic.replace("documents.", "document_"),
        stage=stage,
        started=at - timedelta(seconds=seconds),
        seconds=seconds,
        worker="worker-1",
        input_topic="documents.submitted",
        input_partition=1,
        input_offset=offset,
        model_versions=(OCR,),
        value_bytes=1000,
        key_hash=NO_HASH,
        value_hash=bytes([offset % 256]) * 32,
        headers_hash=NO_HASH,
        record_hash=NO_HASH,
        previous_hash=NO_HASH,
        chain_hash=bytes([offset % 256]) * 32,
    )
    return replace(row, **changed)


def page(document_id: str, number: int, revision: int = 1, **changed: Any) -> PageQualityRow:
    """A row of ``page_quality``."""
    row = PageQualityRow(
        document_id=document_id,
        revision=revision,
        page=number,
        version=5 * revision,
        tenant="acme",
        submitted_at=OCTOBER,
        source="ocr",
        reason="the page is a scan",
        engine=OCR,
        word_count=120,
        min_confidence=0.8,
        dpi=300.0,
        topic="documents.recognized",
        partition=1,
        offset=5 * revision,
        at=OCTOBER + timedelta(seconds=3),
    )
    return replace(row, **changed)


def _straight_through() -> list[Row]:
    """doc-1: went through, was replayed with a better reader, and both results were delivered."""
    first = [document("doc-1"), page("doc-1", 1), page("doc-1", 2)]
    second = [document("doc-1", revision=2, amount=Decimal("191.00"), supersedes="result-doc-1-1")]
    values = [
        value("doc-1", "total_amount", "119.00", stage="extracted", review_state="not_routed", rules=()),
        value("doc-1", "total_amount", "119.00", confidence=0.96),
        value("doc-1", "invoice_number", "R-1"),
        value("doc-1", "amount", "100.00", row_number=3, page=2, x0=10.0, x1=60.0, more_evidence=()),
        value("doc-1", "total_amount", "191.00", revision=2, reader="vllm", reader_version="7b.1"),
        value("doc-1", "invoice_number", "R-1", revision=2),
    ]
    events = [
        event("doc-1", "documents.accepted", 1, "ingest", 0.1),
        event("doc-1", "documents.recognized", 2, "recognize", 2.0),
        event("doc-1", "documents.results", 10, "route", 0.01, state="straight_through"),
    ]
    deliveries = [delivery("doc-1", 1, 10), delivery("doc-1", 2, 20, supersedes="result-doc-1-1")]
    return [*first, *second, *values, *events, *deliveries]


def delivery(document_id: str, revision: int, offset: int, **changed: Any) -> DeliveryRow:
    """A row of ``deliveries``."""
    row = DeliveryRow(
        document_id=document_id,
        revision=revision,
        channel="kafka",
        delivery_id=f"documents.results/1/{offset}",
        version=offset,
        tenant="acme",
        result_id=f"result-{document_id}-{revision}",
        target="documents.results",
        partition=1,
        offset=offset,
        at=OCTOBER + timedelta(seconds=offset),
        state="delivered",
        payload_sha256="ab" * 32,
    )
    return replace(row, **changed)


def _reviewed() -> list[Row]:
    """doc-2: went to anna, who corrected the total and a cell."""
    reasons = ("total_amount is unsure (0.61; it passes from 0.97).",)
    went = document("doc-2", decision="review", reasons=reasons, review_required_fields=("total_amount",), result_id="")
    asked = event(
        "doc-2", "documents.review", 10, "route", 0.01, kind="review_request", input_topic="documents.validated"
    )
    came = document("doc-2", "resolved", decision="corrected", amount=Decimal("191.00"))
    values = [
        value(
            "doc-2",
            "total_amount",
            "119.00",
            confidence=0.61,
            review_state="person",
            rules=(Rule("sum", "failed", "110.00 and 19.00 give 129.00"),),
            topic="documents.review",
        ),
        value("doc-2", "invoice_number", "R-doc-2"),
        value("doc-2", "total_amount", "191.00", stage="resolved", reader="person", reader_version="anna"),
    ]
    return [went, asked, came, *values, decision("doc-2", "corrected", ("total_amount",)), *corrections("doc-2")]


def decision(document_id: str, what: str, fields: tuple[str, ...] = (), **changed: Any) -> DecisionRow:
    """A row of ``decisions``."""
    row = DecisionRow(
        document_id=document_id,
        revision=1,
        decision_id=f"decision-{document_id}",
        version=7,
        tenant="acme",
        review_id=f"review-{document_id}",
        reviewer="anna",
        decision=what,
        decided_at=OCTOBER + timedelta(hours=1),
        seconds=30.0,
        reason="",
        corrected_fields=fields,
        topic="review.decisions",
        partition=1,
        offset=7,
        at=OCTOBER + timedelta(hours=1),
    )
    return replace(row, **changed)


def corrections(document_id: str, before: str = "119.00", after: str = "191.00") -> list[Row]:
    """The correction of a total, as the decision tells it and as the feedback does."""
    second = CorrectionRow(
        document_id=document_id,
        revision=1,
        name="total_amount",
        decided_at=OCTOBER + timedelta(hours=1),
        reviewer="anna",
        version=2,
        tenant="acme",
        document_type="invoice",
        type="money",
        before_text=before,
        before_decimal=Decimal(before),
        before_raw_text=before,
        before_confidence=0.61,
        before_reader="geometric",
        after_text=after,
        after_decimal=Decimal(after),
        comment="digits were swapped",
        topic="documents.feedback",
        partition=1,
        offset=8,
        at=OCTOBER + timedelta(hours=1),
    )
    first = replace(
        second, version=1, before_text=None, before_decimal=None, before_raw_text="", topic="review.decisions"
    )
    return [first, second]


def _sampled() -> list[Row]:
    """doc-3 and doc-4: delivered and looked at afterwards; of doc-4 the total was wrong. doc-6 nobody has looked at."""
    rows: list[Row] = []
    for document_id in ("doc-3", "doc-4", "doc-6"):
        rows.append(document(document_id, submitted_at=NOVEMBER, vendor_name="Beispiel AG"))
        offset = int(document_id[-1])
        rows.append(event(document_id, "documents.review", offset, "route", 0.1, kind="review_request", at=NOVEMBER))
        for name, text in (("total_amount", "119.00"), ("invoice_number", "X")):
            rows.append(value(document_id, name, text, submitted_at=NOVEMBER, confidence=0.98))
    rows += [decision("doc-3", "approved"), decision("doc-4", "corrected", ("total_amount",))]
    return [*rows, *corrections("doc-4", "119.00", "119.90")]


def _others() -> list[Row]:
    """doc-5 bills what doc-1 billed, in another file; of another tenant there is one more; two records failed."""
    again = document("doc-5", number="R doc-1", submitted_at=NOVEMBER, amount=Decimal("191.00"))
    other = document("other-1", tenant="other", number="R-doc-1")
    return [again, other, letter(1, "encrypted"), letter(2, "timeout"), letter(3, "timeout", replay_count=1)]


def letter(offset: int, code: str, **changed: Any) -> DeadLetterRow:
    """A row of ``dead_letters``."""
    row = DeadLetterRow(
        letter_topic="ingest.dlq",
        letter_partition=0,
        letter_offset=offset,
        stage="ingest",
        code=code,
        message="The PDF of Erika Muster asks for a password.",
        exception="ValueError: Erika Muster",
        topic="documents.submitted",
        partition=0,
        offset=offset,
        attempts=1,
        first_failure_at=OCTOBER,
        last_failure_at=OCTOBER,
        document_id=f"dead-{offset}",
        tenant="acme",
        revision=1,
        at=OCTOBER + timedelta(seconds=offset),
    )
    return replace(row, **changed)


def place_of_event(row: EventRow) -> EventPlaceRow:
    """Where the event is; that it gave no rows, since its hashes are none that could be verified."""
    place = {"topic": row.topic, "partition": row.partition, "offset": row.offset}
    return EventPlaceRow(document_id=row.document_id, at=row.at, **place)


def fill(store: ClickHouse) -> None:
    """Writes the world, every row of it through the sink's own inserter."""
    rows = [*_straight_through(), *_reviewed(), *_sampled(), *_others()]
    rows += [place_of_event(row) for row in rows if isinstance(row, EventRow)]
    done = Inserter(store).insert(rows, "world")
    assert done.refused == ()
    assert done.written == len(rows)
