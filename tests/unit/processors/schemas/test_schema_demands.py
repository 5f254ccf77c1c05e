"""What a schema demands of values reaches validation, and its thresholds reach the route."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from processors.fields import Confidence, FieldValue, ReviewState, RuleStatus
from processors.routing import RouteDecision, Thresholds, route
from processors.schemas import Constraints, ExtractionSchema, Sign, Threshold, load_schemas
from processors.validation import Validated, validate
from tests.unit.processors.validation.validation_builders import Paper, money

INVOICE = load_schemas()["invoice_v1"]


@pytest.mark.parametrize(
    ("constraints", "value", "fault"),
    [
        (Constraints(), "anything", None),
        (Constraints(pattern="[A-Z]{2}"), "AB", None),
        (Constraints(pattern="[A-Z]{2}"), "ABC", "has not the form [A-Z]{2}"),
        (Constraints(choices=("M", "F")), "F", None),
        (Constraints(choices=("M", "F")), "f", "is none of M, F"),
        (Constraints(max_length=3), "abcd", "has more than 3 characters"),
        (Constraints(minimum=Decimal(1), maximum=Decimal(5)), Decimal("0.99"), "is below 1"),
        (Constraints(minimum=Decimal(1), maximum=Decimal(5)), Decimal(5), None),
        (Constraints(minimum=Decimal(1), maximum=Decimal(5)), Decimal("5.01"), "is above 5"),
        (Constraints(minimum=date(1990, 1, 1)), date(1989, 12, 31), "is below 1990-01-01"),
        (Constraints(sign=Sign.POSITIVE), Decimal("-0.01"), "is not positive"),
        (Constraints(sign=Sign.POSITIVE), Decimal(0), None),
        (Constraints(sign=Sign.NEGATIVE), Decimal(1), "is not negative"),
    ],
)
def test_demands(constraints: Constraints, value: FieldValue, fault: str | None) -> None:
    assert constraints.fault(value) == fault


def strict(**constraints: Constraints) -> ExtractionSchema:
    def changed(spec):  # type: ignore[no-untyped-def]
        return replace(spec, constraints=constraints.get(spec.name, spec.constraints))

    return replace(INVOICE, fields=tuple(map(changed, INVOICE.fields)), columns=tuple(map(changed, INVOICE.columns)))


def test_validation_holds_values_to_them() -> None:
    paper = Paper()
    extraction = paper.extraction(
        {"invoice_number": "A1", "purchase_order": "PO-77"}, [money(quantity="-1"), money(quantity="2")]
    )
    schema = strict(
        invoice_number=Constraints(pattern="[0-9]+"),
        purchase_order=Constraints(max_length=8),
        quantity=Constraints(sign=Sign.POSITIVE),
    )
    checked = validate(extraction, [paper.page], schema)
    failed = {finding.fields: finding.message for finding in checked.failed_rules}
    assert failed == {
        ("invoice_number",): "A1 has not the form [0-9]+, as the schema demands.",
        ("line_items[1].quantity",): "-1 is not positive, as the schema demands.",
    }
    number, order = checked.extraction.fields
    assert number.confidence.value <= 0.40
    assert order.confidence.value == pytest.approx(0.99), "what is met does not raise"
    assert [rule.status for rule in order.rules if rule.rule == "schema_demands"] == [RuleStatus.PASSED]


def test_the_routes_thresholds_come_from_settings_then_the_schema_then_the_type() -> None:
    paper = Paper()
    extraction = paper.extraction({"purchase_order": "PO-77"})
    unsure = replace(extraction.fields[0], confidence=Confidence(0.6))
    validated = Validated(replace(extraction, fields=(unsure,)), (), ())
    own = [
        replace(spec, threshold=Threshold(0.5, 0.3)) if spec.name == "purchase_order" else spec
        for spec in INVOICE.fields
    ]
    schema = replace(INVOICE, fields=tuple(replace(spec, required=spec.name == "purchase_order") for spec in own))
    without = replace(schema, fields=tuple(replace(spec, threshold=None) for spec in schema.fields))

    def decided(schema: ExtractionSchema, thresholds: Thresholds) -> tuple[RouteDecision, ReviewState]:
        result = route(validated, schema, "invoice", 0.99, thresholds)
        return result.decision, result.extraction.fields[0].review_state

    through = (RouteDecision.STRAIGHT_THROUGH, ReviewState.PASSED)
    person = (RouteDecision.REVIEW, ReviewState.PERSON)
    assert decided(without, Thresholds()) == person
    assert decided(schema, Thresholds()) == through
    assert decided(schema, Thresholds(by_type={unsure.type: Threshold(0.99, 0.98)})) == through
    assert decided(schema, Thresholds(by_field={"purchase_order": Threshold(0.99, 0.98)})) == person
    assert Thresholds().with_schema(None) == Thresholds()
