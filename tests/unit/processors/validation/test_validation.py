from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.fields import Evidence, EvidenceSource, Extraction, Field, FieldType, LineItem, RuleStatus
from processors.geometry import Box
from processors.routing import Thresholds
from processors.validation import Validated, validate
from processors.validation.confidence import UNCONFIRMED_AMOUNT_CAP
from tests.unit.processors.validation.validation_builders import INVOICE, Paper, money

TOTALS = money(subtotal="100.00", tax_amount="19.00", total_amount="119.00")


def one(field: Field, paper: Paper) -> Validated:
    return validate(Extraction((field,)), [paper.page], INVOICE)


def kept(validated: Validated, name: str) -> Field:
    field = validated.extraction.field(name)
    assert field is not None
    return field


def test_standing_evidence_is_kept() -> None:
    paper = Paper()
    field = kept(one(paper.field("vendor_name", "Lange GmbH"), paper), "vendor_name")
    assert {rule.rule: rule.status for rule in field.rules}["grounded"] is RuleStatus.PASSED


def _with(field: Field, **changes: object) -> Field:
    return replace(field, evidence=(replace(field.evidence[0], **changes),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"page": 2},
        {"page": 0},
        {"page": None},
        {"word_ids": ()},
        {"word_ids": (0, 99)},
        {"word_ids": (-2, -1)},
        {"word_ids": (0,)},
        {"word_ids": (1, 0)},
        {"box": None},
        {"box": Box(0, 0, 5, 5)},
        {"source": EvidenceSource.ATTACHMENT},
    ],
)
def test_evidence_that_does_not_stand_drops_the_field(changes: dict[str, object]) -> None:
    paper = Paper()
    validated = one(_with(paper.field("vendor_name", "Lange GmbH"), **changes), paper)
    assert validated.extraction.fields == ()
    assert validated.extraction.notes == ("vendor_name: dropped, because nothing on the document bears it out",)
    assert "vendor_name" in validated.missing_required


def test_a_field_without_evidence_is_dropped() -> None:
    paper = Paper()
    assert one(replace(paper.field("vendor_name", "Lange"), evidence=()), paper).extraction.fields == ()


def test_words_that_read_otherwise_do_not_bear_a_value_out() -> None:
    paper = Paper()
    field = replace(paper.field("total_amount", Decimal("10.00")), raw_text="70.00", value=Decimal("70.00"))
    assert one(field, paper).extraction.fields == ()


def test_a_false_citation_beside_an_attachment_fails_the_field_but_keeps_it() -> None:
    paper = Paper()
    field = paper.field("total_amount", Decimal("10.00"))
    attached = Evidence(EvidenceSource.ATTACHMENT, reference="x.xml#/a")
    validated = one(replace(_with(field, page=9), evidence=(attached, replace(field.evidence[0], page=9))), paper)
    total = kept(validated, "total_amount")
    assert total.evidence == (attached,)
    assert total.confidence.value <= 0.40


def test_evidence_over_two_places_reads_as_one() -> None:
    paper = Paper()
    first, second = paper.write("Lange"), paper.write("Straße 5")
    field = replace(paper.field("vendor_address", "Lange Straße 5"), evidence=(first, second))
    assert kept(one(field, paper), "vendor_address").evidence == (first, second)


@given(st.lists(st.integers(-50, 50), max_size=4), st.integers(-2, 3))
def test_no_word_ids_fool_the_grounding(ids: list[int], page: int) -> None:
    paper = Paper()
    field = paper.field("vendor_name", "Lange GmbH")
    validated = one(_with(field, word_ids=tuple(ids), page=page), paper)
    assert bool(validated.extraction.fields) == (ids == [0, 1] and page == 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("total_amount", Decimal("NaN")),
        ("total_amount", "10"),
        ("invoice_date", "1 May"),
        ("vendor_name", ""),
        ("currency", Decimal(1)),
    ],
)
def test_a_value_that_its_type_forbids_is_taken_away(name: str, value: object) -> None:
    paper = Paper()
    field = paper.field(name, value, "x")  # type: ignore[arg-type]
    validated = one(field, paper)
    assert kept(validated, name).value is None
    assert kept(validated, name).confidence.value == 0.0
    assert name in validated.missing_required


def test_required_fields_that_are_missing_are_named() -> None:
    paper = Paper()
    validated = validate(paper.extraction({"vendor_name": "Lange", **TOTALS}), [paper.page], INVOICE)
    assert validated.missing_required == ("invoice_number", "invoice_date", "currency")


def test_clean_text_keeps_the_readers_score() -> None:
    paper = Paper()
    field = kept(one(paper.field("vendor_name", "Lange", reader=0.91), paper), "vendor_name")
    assert (field.confidence.value, field.confidence.recognition, field.confidence.reader) == (0.91, 1.0, 0.91)
    assert field.confidence.validation is None


def total_of(header: dict[str, object], *, recognition: float, reader: float = 0.99) -> float:
    paper = Paper(confidence=recognition)
    extraction = paper.extraction(header, reader=reader)  # type: ignore[arg-type]
    return kept(validate(extraction, [paper.page], INVOICE), "total_amount").confidence.value


@given(st.floats(0, 1), st.floats(0, 1))
def test_an_amount_that_fails_its_arithmetic_is_for_a_person(recognition: float, reader: float) -> None:
    wrong = {**TOTALS, "total_amount": Decimal("179.00")}
    assert total_of(wrong, recognition=recognition, reader=reader) <= 0.40


@given(st.floats(0, 0.979), st.floats(0, 1))
def test_a_weak_character_passes_only_with_arithmetic(recognition: float, reader: float) -> None:
    alone = total_of({"total_amount": Decimal("119.00")}, recognition=recognition, reader=reader)
    assert alone <= 0.95
    assert total_of(TOTALS, recognition=recognition, reader=reader) >= alone


def test_an_amount_that_nothing_tests_does_not_pass() -> None:
    assert total_of({"total_amount": Decimal("119.00")}, recognition=1.0, reader=1.0) == UNCONFIRMED_AMOUNT_CAP
    assert Thresholds().of("total_amount", FieldType.MONEY).straight > UNCONFIRMED_AMOUNT_CAP


def test_an_amount_that_only_repeats_another_does_not_pass() -> None:
    repeated: dict[str, object] = {"total_amount": Decimal("119.00"), "amount_due": Decimal("119.00")}
    assert total_of(repeated, recognition=1.0, reader=1.0) == UNCONFIRMED_AMOUNT_CAP


def test_the_form_of_a_vat_id_speaks_for_it_but_not_for_its_characters() -> None:
    def sure(tax_id: str, recognition: float) -> float:
        paper = Paper(confidence=recognition)
        field = replace(paper.field("vendor_tax_id", tax_id, reader=0.90), reader="geometric")
        return kept(one(field, paper), "vendor_tax_id").confidence.value

    assert sure("DE123456789", 1.0) > sure("12-345", 1.0)
    assert sure("DE123456789", 0.5) < sure("DE123456789", 1.0)


def test_arithmetic_over_independent_figures_lifts_a_weak_character() -> None:
    assert total_of({"total_amount": Decimal("119.00")}, recognition=0.90) < 0.90
    assert total_of(TOTALS, recognition=0.90) > 0.95


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_confidence_grows_with_each_signal(recognition: float, reader: float, more: float) -> None:
    header = {"total_amount": Decimal("119.00")}
    base = total_of(header, recognition=recognition, reader=reader)
    assert 0 <= base <= 1
    assert total_of(header, recognition=max(recognition, more), reader=reader) >= base
    assert total_of(header, recognition=recognition, reader=max(reader, more)) >= base


def test_every_field_and_cell_carries_its_rules() -> None:
    paper = Paper()
    extraction = paper.extraction(TOTALS, [money(quantity="2", unit_price="50.00", amount="90.07")])
    validated = validate(extraction, [paper.page], INVOICE, date(2026, 1, 1))
    cell = validated.extraction.line_items[0].cell("amount")
    assert cell is not None
    failed = {rule.rule: rule.message for rule in cell.rules if rule.status is RuleStatus.FAILED}
    assert failed == {
        "quantity_times_price_is_amount": "2 times 50.00 makes 100, but the amount is 90.07.",
        "lines_sum_to_total": "The 1 line amounts sum to 90.07, but subtotal is 100.00.",
    }
    assert {finding.rule for finding in validated.failed_rules} == set(failed)
    assert kept(validated, "total_amount").confidence.value > 0.95


anything = st.decimals() | st.integers(-200, 200).map(Decimal) | st.just(Decimal("1E+900000")) | st.just(Decimal("-0"))
headers = st.dictionaries(st.sampled_from([spec.name for spec in INVOICE.fields]), anything | st.dates() | st.text())
rows = st.dictionaries(st.sampled_from([spec.name for spec in INVOICE.columns]), anything | st.text())


@given(headers, st.lists(rows, max_size=3), st.dates())
def test_no_values_make_it_raise(header: dict[str, object], lines: list[dict[str, object]], today: date) -> None:
    paper = Paper()
    extraction = paper.extraction({}, [])
    fields = tuple(paper.field(name, value, "x") for name, value in header.items())  # type: ignore[arg-type]
    items = tuple(
        LineItem(row, tuple(paper.field(name, value, "x") for name, value in line.items()))  # type: ignore[arg-type]
        for row, line in enumerate(lines, 1)
    )
    validated = validate(replace(extraction, fields=fields, line_items=items), [paper.page], INVOICE, today)
    assert all(0 <= field.confidence.value <= 1 for field in validated.extraction.fields)


def test_a_row_whose_cells_are_all_dropped_is_dropped() -> None:
    paper = Paper()
    cell = _with(paper.field("amount", Decimal("1.00")), page=7)
    validated = validate(Extraction((), (LineItem(1, (cell,)),)), [paper.page], INVOICE)
    assert validated.extraction.line_items == ()
    assert validated.extraction.notes[0].startswith("line_items[1].amount: dropped")


def test_nothing_in_nothing_out() -> None:
    validated = validate(Extraction(), [], INVOICE)
    assert validated.extraction == Extraction()
    assert validated.missing_required == INVOICE.required
    assert validated.failed_rules == ()


def test_a_type_that_the_schema_does_not_know_is_still_validated() -> None:
    paper = Paper()
    field = replace(paper.field("vendor_name", "12:30"), name="opening_time", type=FieldType.TIME)
    assert kept(one(field, paper), "opening_time").confidence.value == 0.99


def test_a_row_without_a_required_cell_is_missing_it() -> None:
    """Else it would escape the sum of the rows and the person at once."""
    paper = Paper()
    rows = [
        {"description": "Paper", "amount": Decimal("119.00")},
        {"description": "Ink", "unit_price": Decimal("999.00")},
    ]
    extraction = paper.extraction({"total_amount": Decimal("119.00")}, rows)
    assert "line_items[2].amount" in validate(extraction, [paper.page], INVOICE).missing_required
    assert "line_items[1].amount" not in validate(extraction, [paper.page], INVOICE).missing_required


def test_a_schema_that_is_for_no_type_validates_too() -> None:
    paper = Paper()
    extraction = paper.extraction({"total_amount": Decimal("119.00")})
    made = validate(extraction, [paper.page], replace(INVOICE, document_types=()))
    assert kept(made, "total_amount").value == Decimal("119.00")
