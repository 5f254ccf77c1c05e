from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.fields import (
    Confidence,
    Evidence,
    EvidenceSource,
    Extraction,
    Field,
    FieldType,
    LineItem,
    ReviewState,
    RuleResult,
    RuleStatus,
)
from processors.routing import Route, RouteDecision, Thresholds, audited, route
from processors.schemas import Threshold, schema_for
from processors.validation import Finding, Validated
from processors.validation.findings import failed, untested

INVOICE = schema_for("invoice")
REQUIRED = ("vendor_name", "invoice_number", "invoice_date", "currency", "total_amount")


def field(name: str, kind: FieldType, confidence: float, value: Decimal | str | None = "x") -> Field:
    evidence = (Evidence(EvidenceSource.ATTACHMENT, reference="x.xml#/a"),)
    return Field(name, kind, value, "raw", evidence, Confidence(confidence), "test", "1")


SURE = (
    field("vendor_name", FieldType.TEXT, 0.90),
    field("invoice_number", FieldType.IDENTIFIER, 0.90),
    field("invoice_date", FieldType.DATE, 0.90),
    field("currency", FieldType.CURRENCY, 0.90),
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
    ("kind", "confidence", "state"),
    [
        (FieldType.MONEY, 0.95, ReviewState.PASSED),
        (FieldType.MONEY, 0.9499, ReviewState.SECOND_LOOK),
        (FieldType.MONEY, 0.6999, ReviewState.PERSON),
        (FieldType.DATE, 0.85, ReviewState.PASSED),
        (FieldType.IDENTIFIER, 0.84, ReviewState.SECOND_LOOK),
        (FieldType.TEXT, 0.89, ReviewState.SECOND_LOOK),
        (FieldType.TEXT, 0.49, ReviewState.PERSON),
    ],
)
def test_states_and_what_they_mean_for_what_a_document_may_do_without(
    kind: FieldType, confidence: float, state: ReviewState
) -> None:
    extra = field("extra", kind, confidence)
    held = routed(extra, missing=("total_amount",))
    shown = held.extraction.field("extra")
    assert shown is not None
    assert shown.review_state is state
    passes = state is ReviewState.PASSED
    assert ("extra" in held.review_required_fields) == (not passes), "who looks anyway settles what is unsure too"
    through = routed(extra)
    assert through.decision is RouteDecision.STRAIGHT_THROUGH
    assert (through.extraction.field("extra") is not None) == passes
    note = f"extra: left out, because it is unsure ({confidence:.2f})"
    assert through.extraction.notes == (() if passes else (note,))


def test_what_a_rule_failed_on_never_passes() -> None:
    broken = RuleResult("due_date_not_before_invoice_date", RuleStatus.FAILED, "Due before it was issued.")
    due = replace(field("due_date", FieldType.DATE, 1.0), rules=(broken,))
    assert routed(due).extraction.field("due_date") is None
    result = routed(replace(SURE[4], rules=(broken,)))
    assert result.reasons == ("total_amount did not pass a rule.",)
    assert result.review_required_fields == ("total_amount",)


def test_a_required_text_below_its_threshold_is_reviewed() -> None:
    result = routed(field("vendor_name", FieldType.TEXT, 0.89))
    assert result.reasons == ("vendor_name is unsure (0.89; it passes from 0.90).",)


def test_a_missing_required_field_is_reviewed() -> None:
    result = routed(missing=("total_amount",))
    assert result.decision is RouteDecision.REVIEW
    assert result.reasons == ("total_amount is required and was not found.",)
    assert result.review_required_fields == ("total_amount",)


def test_line_items_count_and_are_named_by_row() -> None:
    rows = tuple(LineItem(row, (field("amount", FieldType.MONEY, 1 - row / 50, Decimal(row)),)) for row in (1, 2, 3))
    result = routed(lines=rows)
    assert result.review_required_fields == ("line_items[3].amount",)
    assert result.reasons == ("line_items[3].amount is unsure (0.94; it passes from 0.95).",)


def test_unsure_cells_that_are_not_required_are_left_out() -> None:
    amount, sku = field("amount", FieldType.MONEY, 0.99, Decimal(1)), field("sku", FieldType.IDENTIFIER, 0.5)
    result = routed(lines=(LineItem(1, (sku, amount)), LineItem(2, (sku,))))
    assert result.decision is RouteDecision.STRAIGHT_THROUGH
    assert [[cell.name for cell in line.cells] for line in result.extraction.line_items] == [["amount"]]
    assert result.extraction.notes == ("line_items.sku: left out of 2 rows, because it is unsure",)


def test_lines_that_do_not_add_up_hold_where_they_are_required_and_are_left_out_where_not() -> None:
    lines = (LineItem(1, (field("amount", FieldType.MONEY, 0.99, Decimal(1)),)),)
    sums = failed("lines_sum_to_total", "The 1 line amounts sum to 1, but total_amount is 2.", "line_items[1].amount")
    assert routed(lines=lines, findings=(sums,)).review_required_fields == ("line_items[1].amount",)
    assert INVOICE is not None
    columns = tuple(replace(spec, required=False) for spec in INVOICE.columns)
    validated = Validated(Extraction(SURE, lines), (), (sums,))
    result = route(validated, replace(INVOICE, columns=columns), "invoice", 0.99, Thresholds())
    assert result.decision is RouteDecision.STRAIGHT_THROUGH
    assert result.extraction.line_items == ()
    assert "do not add up" in result.extraction.notes[0]


@given(st.text(max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_audit_holds_a_smaller_one(document_id: str, share: float, larger: float) -> None:
    assert not audited(document_id, share) or audited(document_id, max(share, larger))
    assert not audited(document_id, 0.0)
    assert audited(document_id, 1.0)


def test_the_audited_share_is_what_was_asked_for() -> None:
    drawn = sum(audited(f"document-{number}", 0.1) for number in range(5000))
    assert 430 < drawn < 570


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
    result = routed(field("invoice_date", FieldType.DATE, 0.99, None))
    issued = result.extraction.field("invoice_date")
    assert issued is not None
    assert issued.review_state is ReviewState.PERSON
    assert result.reasons == ("invoice_date: 'raw' is no date.",)


def test_an_unsure_type_is_reviewed() -> None:
    assert routed(type_confidence=0.59).reasons == ("The document type invoice is unsure (0.59).",)


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
    assert thresholds.of("due_date", FieldType.DATE) == Threshold(0.85, 0.70)
    assert routed(thresholds=thresholds).review_required_fields == ("total_amount",)


def test_thresholds_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="second_look <= straight"):
        Threshold(0.5, 0.7)


def test_what_is_left_out_says_which_rule_it_fails() -> None:
    iban = replace(
        field("iban", FieldType.IDENTIFIER, 0.40),
        rules=(RuleResult("iban_checksum", RuleStatus.FAILED, "DE00 is no IBAN."),),
    )
    result = routed(iban)
    assert result.decision is RouteDecision.STRAIGHT_THROUGH
    assert result.extraction.field("iban") is None
    assert result.extraction.notes == ("iban: left out, because it fails iban_checksum: DE00 is no IBAN.",)


def test_a_document_of_which_nothing_passes_is_reviewed() -> None:
    assert INVOICE is not None
    undemanding = replace(INVOICE, fields=tuple(replace(spec, required=False) for spec in INVOICE.fields))
    unsure = Validated(Extraction((field("iban", FieldType.IDENTIFIER, 0.5),)), (), ())
    result = route(unsure, undemanding, "invoice", 0.99, Thresholds())
    assert result.decision is RouteDecision.REVIEW
    assert result.reasons == ("No field of it passed.",)
