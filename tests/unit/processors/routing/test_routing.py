from decimal import Decimal

import pytest

from processors.fields import Confidence, Evidence, EvidenceSource, Extraction, Field, FieldType, LineItem, ReviewState
from processors.routing import Route, RouteDecision, Threshold, Thresholds, route
from processors.schemas import schema_for
from processors.validation import Finding, Validated
from processors.validation.findings import failed, untested

INVOICE = schema_for("invoice")
REQUIRED = ("vendor_name", "invoice_number", "invoice_date", "currency", "total_amount")


def field(name: str, kind: FieldType, confidence: float, value: Decimal | str | None = "x") -> Field:
    evidence = (Evidence(EvidenceSource.ATTACHMENT, reference="x.xml#/a"),)
    return Field(name, kind, value, "raw", evidence, Confidence(confidence), "test", "1")


SURE = (
    field("vendor_name", FieldType.TEXT, 0.80),
    field("invoice_number", FieldType.IDENTIFIER, 0.95),
    field("invoice_date", FieldType.DATE, 0.95),
    field("currency", FieldType.CURRENCY, 0.95),
    field("total_amount", FieldType.MONEY, 0.95, Decimal(1)),
)


def routed(
    *more: Field,
    lines: tuple[LineItem, ...] = (),
    missing: tuple[str, ...] = (),
    findings: tuple[Finding, ...] = (),
    thresholds: Thresholds | None = None,
    type_confidence: float = 0.99,
) -> Route:
    names = {item.name for item in more}
    fields = (*(item for item in SURE if item.name not in names), *more)
    validated = Validated(Extraction(fields, lines), missing, findings)
    return route(validated, INVOICE, "invoice", type_confidence, thresholds or Thresholds())


def test_sure_documents_go_straight_through() -> None:
    result = routed()
    assert result.decision is RouteDecision.STRAIGHT_THROUGH
    assert result.reasons == ()
    assert result.review_required_fields == ()
    assert {item.review_state for item in result.extraction.fields} == {ReviewState.PASSED}


@pytest.mark.parametrize(
    ("kind", "confidence", "state", "reviewed"),
    [
        (FieldType.MONEY, 0.95, ReviewState.PASSED, False),
        (FieldType.MONEY, 0.9499, ReviewState.SECOND_LOOK, True),
        (FieldType.MONEY, 0.6999, ReviewState.PERSON, True),
        (FieldType.DATE, 0.94, ReviewState.SECOND_LOOK, True),
        (FieldType.IDENTIFIER, 0.94, ReviewState.SECOND_LOOK, True),
        (FieldType.CURRENCY, 0.94, ReviewState.SECOND_LOOK, True),
        (FieldType.TEXT, 0.79, ReviewState.SECOND_LOOK, False),
        (FieldType.TEXT, 0.49, ReviewState.PERSON, False),
        (FieldType.RATE, 0.94, ReviewState.SECOND_LOOK, False),
    ],
)
def test_states_and_what_they_mean_for_the_document(
    kind: FieldType, confidence: float, state: ReviewState, reviewed: bool
) -> None:
    result = routed(field("extra", kind, confidence))
    extra = result.extraction.field("extra")
    assert extra is not None
    assert extra.review_state is state
    assert (result.decision is RouteDecision.REVIEW) == reviewed
    assert result.review_required_fields == (("extra",) if reviewed else ())


def test_a_required_text_below_its_threshold_is_reviewed() -> None:
    result = routed(field("vendor_name", FieldType.TEXT, 0.79))
    assert result.reasons == ("vendor_name is unsure (0.79; it passes from 0.80).",)


def test_a_missing_required_field_is_reviewed() -> None:
    result = routed(missing=("total_amount",))
    assert result.decision is RouteDecision.REVIEW
    assert result.reasons == ("total_amount is required and was not found.",)
    assert result.review_required_fields == ("total_amount",)


def test_line_items_count_and_are_named_by_row() -> None:
    rows = tuple(LineItem(row, (field("amount", FieldType.MONEY, 0.99 - row / 50, Decimal(row)),)) for row in (1, 2, 3))
    result = routed(lines=rows)
    assert result.review_required_fields == ("line_items[3].amount",)
    assert result.reasons == ("line_items[3].amount is unsure (0.93; it passes from 0.95).",)


def test_many_unsure_cells_are_counted_but_all_named_as_fields() -> None:
    rows = tuple(LineItem(row, (field("amount", FieldType.MONEY, 0.5, Decimal(row)),)) for row in range(1, 31))
    result = routed(lines=rows)
    assert len(result.reasons) == 11
    assert result.reasons[-1] == "20 more fields are unsure."
    assert len(result.review_required_fields) == 30


def test_a_failed_sum_is_reviewed_however_sure_its_fields_are() -> None:
    sums = failed("lines_sum_to_total", "The 2 line amounts sum to 1, but subtotal is 2.", "subtotal")
    result = routed(findings=(sums,))
    assert result.decision is RouteDecision.REVIEW
    assert result.reasons == ("lines_sum_to_total: The 2 line amounts sum to 1, but subtotal is 2.",)
    assert result.review_required_fields == ("subtotal",)


def test_other_rules_speak_through_confidence_only() -> None:
    assert routed(findings=(untested("vat_id_format", "", "x"),)).decision is RouteDecision.STRAIGHT_THROUGH


def test_an_impossible_value_goes_to_a_person() -> None:
    result = routed(field("due_date", FieldType.DATE, 0.99, None))
    due = result.extraction.field("due_date")
    assert due is not None
    assert due.review_state is ReviewState.PERSON
    assert result.reasons == ("due_date: 'raw' is no date.",)


def test_an_unsure_type_is_reviewed() -> None:
    assert routed(type_confidence=0.69).reasons == ("The document type invoice is unsure (0.69).",)


def test_a_type_without_schema_is_reviewed() -> None:
    result = route(Validated(Extraction(), (), ()), None, "w2", 0.99, Thresholds())
    assert result.decision is RouteDecision.REVIEW
    assert result.reasons == ("No extraction schema for documents of type w2 yet.",)


def test_thresholds_by_field_outrank_those_by_type() -> None:
    thresholds = Thresholds(
        by_type={FieldType.MONEY: Threshold(0.90, 0.5)},
        by_field={"total_amount": Threshold(0.99, 0.5), "line_items.amount": Threshold(0.20, 0.1)},
    )
    assert thresholds.of("subtotal", FieldType.MONEY).straight == 0.90
    assert thresholds.of("total_amount", FieldType.MONEY).straight == 0.99
    assert thresholds.of("line_items[12].amount", FieldType.MONEY).straight == 0.20
    assert thresholds.of("due_date", FieldType.DATE) == Threshold(0.95, 0.70)
    assert routed(thresholds=thresholds).review_required_fields == ("total_amount",)


def test_thresholds_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="second_look <= straight"):
        Threshold(0.5, 0.7)
