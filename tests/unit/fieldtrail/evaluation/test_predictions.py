"""What the pipeline read, as the scorer takes it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from fieldtrail.client import Final
from fieldtrail.evaluation.predictions import of_final, of_local, of_packet, of_refusal
from fieldtrail.local import LocalDocument
from processors.classification import Classification, DocumentType
from processors.errors import ErrorCode, Refusal
from processors.evaluation.model import PredictedField, PredictedRow, Prediction, Segment, Status
from processors.fields import (
    Confidence,
    Evidence,
    EvidenceSource,
    Extraction,
    Field,
    FieldType,
    FieldValue,
    LineItem,
)
from processors.geometry import Box
from processors.intake import Intake, MediaType
from processors.routing import Route, RouteDecision
from streams.contracts.records import DocumentResult, DocumentStatus, PageRange, ReviewRequest
from tests.support.examples import EXAMPLES

RESULT = next(item for item in EXAMPLES if isinstance(item, DocumentResult))
REVIEW = next(item for item in EXAMPLES if isinstance(item, ReviewRequest))
STATUS = next(item for item in EXAMPLES if isinstance(item, DocumentStatus))


def field(name: str, kind: FieldType, value: FieldValue | None, confidence: float, *places: Evidence) -> Field:
    return Field(name, kind, value, "raw", places, Confidence(confidence), "geometric", "1")


def on_page(page: int, *box: float) -> Evidence:
    return Evidence(EvidenceSource.PAGE, page, Box(*box))


ATTACHED = Evidence(EvidenceSource.ATTACHMENT, reference="factur-x.xml#/x")
INTAKE = Intake(MediaType.PDF, 3, 1000, "ab", None)
EXTRACTION = Extraction(
    fields=(
        field(
            "total_amount",
            FieldType.MONEY,
            Decimal("4500"),
            0.97,
            on_page(2, 10, 10, 20, 20),
            on_page(2, 30, 8, 40, 20),
        ),
        field("invoice_date", FieldType.DATE, date(2026, 1, 30), 0.99, ATTACHED),
        field("vendor_name", FieldType.TEXT, "ACME", 0.6, ATTACHED, on_page(1, 1, 2, 3, 4)),
        field("due_date", FieldType.DATE, None, 0.0, on_page(1, 1, 2, 3, 4)),
    ),
    line_items=(
        LineItem(
            1,
            (
                field("description", FieldType.TEXT, "Bolt", 0.9, on_page(1, 10, 50, 60, 60)),
                field("quantity", FieldType.NUMBER, Decimal("2.50"), 0.7, on_page(1, 70, 48, 80, 60)),
                field("unit", FieldType.TEXT, None, 0.0),
            ),
        ),
    ),
)


def document(decision: RouteDecision, unsettled: tuple[str, ...] = ()) -> LocalDocument:
    return LocalDocument(
        Path("x.pdf"),
        INTAKE,
        Classification(DocumentType.INVOICE, 0.93, "says so"),
        (),
        (),
        Route(decision, (), EXTRACTION, unsettled),
    )


def test_a_document_for_a_person_says_which_values_pass_unseen() -> None:
    made = of_local("a/x.pdf", document(RouteDecision.REVIEW, ("vendor_name", "due_date")), 1.23456)
    assert made == Prediction(
        file="a/x.pdf",
        status=Status.REVIEW,
        document_type="invoice",
        type_confidence=0.93,
        fields={
            "total_amount": PredictedField("4500.00", 0.97, 2, Box(10, 8, 40, 20), auto_passed=True),
            "invoice_date": PredictedField("2026-01-30", 0.99, auto_passed=True),
            "vendor_name": PredictedField("ACME", 0.6, 1, Box(1, 2, 3, 4), auto_passed=False),
        },
        line_items=(PredictedRow({"description": "Bolt", "quantity": "2.5"}, 0.7, 1, Box(10, 48, 80, 60)),),
        review_required_fields=("vendor_name", "due_date"),
        seconds=1.235,
        page_count=3,
    )


def test_a_packet_has_a_line_of_its_own_and_one_for_each_document() -> None:
    straight, held = document(RouteDecision.STRAIGHT_THROUGH), document(RouteDecision.REVIEW)
    whole, first, second = of_packet("x.pdf", [replace(straight, part=(1, 2)), replace(held, part=(3, 3))], 2.0)
    assert whole.segments == (Segment((1, 2), "invoice"), Segment((3, 3), "invoice"))
    assert (whole.pages, whole.status, whole.seconds, whole.page_count) == (None, Status.REVIEW, 2.0, 3)
    assert (first.pages, first.status, first.seconds) == ((1, 2), Status.COMPLETED, None)
    assert (second.pages, second.status) == ((3, 3), Status.REVIEW)
    assert of_packet("x.pdf", [straight], 2.0) == [of_local("x.pdf", straight, 2.0)]


def test_every_value_of_a_straight_through_document_passes_unseen() -> None:
    made = of_local("x.pdf", document(RouteDecision.STRAIGHT_THROUGH), 1.0)
    assert made.status is Status.COMPLETED
    assert {name: item.auto_passed for name, item in made.fields.items()} == {
        "total_amount": True,
        "invoice_date": True,
        "vendor_name": True,
    }


def test_a_refusal_is_a_failure_by_its_code() -> None:
    made = of_refusal("x.pdf", Refusal(ErrorCode.CORRUPT, "No page can be opened."), 0.5)
    assert made == Prediction("x.pdf", Status.FAILED, error="corrupt", seconds=0.5)


def test_a_result_of_the_pipeline_is_the_same() -> None:
    result = RESULT.model_copy(update={"fields": EXTRACTION.fields, "line_items": EXTRACTION.line_items})
    made = of_final("x.pdf", Final("d", "completed", STATUS, result=result), 2.0)
    here = of_local("x.pdf", document(RouteDecision.STRAIGHT_THROUGH), 2.0)
    assert (made.status, made.fields, made.line_items) == (Status.COMPLETED, here.fields, here.line_items)
    assert (made.document_type, made.page_count) == (result.classification.document_type, result.page_count)
    part = result.model_copy(update={"pages": PageRange(first=2, last=3)})
    assert of_final("x.pdf", Final("d", "completed", STATUS, result=part), 2.0).pages == (2, 3)


def test_a_review_request_of_the_pipeline_is_the_same() -> None:
    review = REVIEW.model_copy(
        update={"fields": EXTRACTION.fields, "line_items": (), "review_required_fields": ("vendor_name",)}
    )
    made = of_final("x.pdf", Final("d", "review", STATUS, review=review), 2.0)
    assert made.status is Status.REVIEW
    assert made.fields == of_local("x.pdf", document(RouteDecision.REVIEW, ("vendor_name",)), 2.0).fields
    assert made.review_required_fields == ("vendor_name",)


def test_a_dead_letter_is_a_failure_by_its_code() -> None:
    status = STATUS.model_copy(update={"error_code": "encrypted"})
    made = of_final("x.pdf", Final("d", "failed", status), 2.0)
    assert (made.status, made.error, made.seconds) == (Status.FAILED, "encrypted", 2.0)
