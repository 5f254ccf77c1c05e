"""Verdicts on fields, line items and splits."""

import itertools
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.evaluation.judging import judge_fields
from processors.evaluation.line_items import judge_line_items
from processors.evaluation.model import PredictedField, PredictedRow, Prediction, Segment, Status
from processors.evaluation.report import LineItemsResult, Verdict
from processors.evaluation.splitting import judge_split
from tests.unit.processors.evaluation.examples import predicted, truth


def test_every_verdict() -> None:
    row = truth(
        fields={
            "total_amount": "12.00",
            "vendor_address": "1 Long Street, 8000 Town",
            "invoice_date": "2026-01-02",
            "invoice_number": "7",
            "due_date": None,
            "purchase_order": None,
        }
    )
    prediction = predicted(
        fields={
            "total_amount": "12",
            "vendor_address": "1 Lang Street, 8000 Town",
            "invoice_date": "2026-02-01",
            "due_date": "2026-03-01",
            "iban": "not labelled, so never counted",
        }
    )
    assert {item.name: item.verdict for item in judge_fields(row, prediction)} == {
        "total_amount": Verdict.EXACT,
        "vendor_address": Verdict.CLOSE,
        "invoice_date": Verdict.WRONG,
        "invoice_number": Verdict.MISSING,
        "due_date": Verdict.SPURIOUS,
        "purchase_order": Verdict.ABSENT,
    }


@pytest.mark.parametrize("nothing", ["", "  ", ()])
def test_an_empty_prediction_is_none(nothing: str | tuple[str, ...]) -> None:
    row = truth(fields={"vendor_name": "A", "due_date": None})
    found = judge_fields(row, predicted(fields={"vendor_name": nothing, "due_date": nothing}))
    assert [(item.verdict, item.predicted) for item in found] == [(Verdict.ABSENT, None), (Verdict.MISSING, None)]


def test_an_alternative_may_be_another_value_or_none() -> None:
    row = truth(
        fields={"due_date": None, "tip": "1.00", "subtotal": "5.00"},
        alternatives={"due_date": ("2026-01-31",), "tip": (None,), "subtotal": ("6.00",)},
    )
    right = judge_fields(row, predicted(fields={"due_date": "2026-01-31", "subtotal": "6.00"}))
    assert {item.name: item.verdict for item in right} == {
        "due_date": Verdict.EXACT,
        "subtotal": Verdict.EXACT,
        "tip": Verdict.ABSENT,
    }
    wrong = judge_fields(row, predicted(fields={"due_date": "2026-02-01", "tip": "2.00"}))
    assert {item.name: item.verdict for item in wrong} == {
        "due_date": Verdict.WRONG,
        "subtotal": Verdict.MISSING,
        "tip": Verdict.WRONG,
    }


def test_likeness_is_given_for_texts_that_are_there() -> None:
    row = truth(fields={"vendor_name": "abcd", "customer_name": "x", "customer_address": None, "total_amount": "1.00"})
    found = judge_fields(
        row, predicted(fields={"vendor_name": "abcx", "customer_address": "y", "total_amount": "2.00"})
    )
    assert {item.name: item.anls for item in found} == {
        "vendor_name": 0.75,
        "customer_name": 0.0,  # missing
        "customer_address": None,
        "total_amount": None,
    }


@pytest.mark.parametrize(
    ("status", "own", "passed"),
    [
        (Status.COMPLETED, False, True),  # everything in it goes out
        (Status.REVIEW, True, True),
        (Status.REVIEW, False, False),
    ],
)
def test_what_nobody_is_asked_to_look_at_has_passed(status: Status, own: bool, passed: bool) -> None:
    row = truth(fields={"total_amount": "1.00"})
    item = PredictedField("2.00", 0.4, auto_passed=own)
    (found,) = judge_fields(row, Prediction("a.pdf", status, fields={"total_amount": item}))
    assert (found.auto_passed, found.confidence) == (passed, 0.4)


def test_lists_are_compared_as_sets() -> None:
    row = truth(kind="contract", fields={"parties": ("Contoso Corp.", "AdventureWorks")})
    right = judge_fields(row, predicted(fields={"parties": ("ADVENTUREWORKS", "Contoso Corp")}))
    wrong = judge_fields(row, predicted(fields={"parties": ("Contoso Corp.",)}))
    assert (right[0].verdict, wrong[0].verdict, wrong[0].anls) == (Verdict.EXACT, Verdict.WRONG, 0.5)


LINES = ({"description": "Apple", "amount": "1.00"}, {"description": "Pear", "amount": "2.00"})


def table(lines: Sequence[Mapping[str, str | None]], found: list[dict[str, str]]) -> LineItemsResult:
    result = judge_line_items(truth(lines=lines), [PredictedRow(cells, 1.0) for cells in found])
    assert result is not None
    return result


def test_rows_are_paired_whatever_their_order() -> None:
    result = table(LINES, [{"description": "pear", "amount": "2"}, {"description": "apple", "amount": "1"}])
    assert [(row.truth_index, row.predicted_index, row.exact) for row in result.rows] == [(0, 1, True), (1, 0, True)]


def test_rows_that_were_not_labelled_are_not_judged() -> None:
    assert judge_line_items(truth(lines=None), [PredictedRow({"amount": "1.00"}, 1.0)]) is None


def test_a_wrong_cell_a_missing_row_and_a_row_too_many() -> None:
    result = table(
        (*LINES, {"description": "Fig", "amount": "3.00"}),
        [{"description": "Apple", "amount": "1.10"}, {"description": "Pear", "amount": "2.00"}, {"amount": "9.99"}],
    )
    verdicts = [(row.truth_index, row.predicted_index, [cell.verdict for cell in row.cells]) for row in result.rows]
    assert verdicts == [
        (0, 0, [Verdict.EXACT, Verdict.WRONG]),
        (1, 1, [Verdict.EXACT, Verdict.EXACT]),
        (2, None, [Verdict.MISSING, Verdict.MISSING]),
        (None, 2, [Verdict.SPURIOUS]),
    ]
    assert [row.exact for row in result.rows] == [False, True, False, False]


def test_likeness_pairs_rows_that_share_no_cell() -> None:
    result = table(LINES, [{"description": "Pearl", "amount": "7.00"}, {"description": "Apples", "amount": "8.00"}])
    assert [(row.truth_index, row.predicted_index) for row in result.rows] == [(0, 1), (1, 0)]


def test_columns_without_a_label_do_not_count() -> None:
    result = table(LINES[:1], [{"description": "Apple", "amount": "1.00", "sku": "4711"}])
    assert [cell.name for cell in result.rows[0].cells] == ["description", "amount"]
    assert result.rows[0].exact


def test_a_value_in_a_cell_known_to_be_empty_is_spurious() -> None:
    result = table(({"amount": "1.00", "sku": None},), [{"amount": "1.00", "sku": "4711"}])
    assert [cell.verdict for cell in result.rows[0].cells] == [Verdict.EXACT, Verdict.SPURIOUS]
    assert not result.rows[0].exact


def test_a_cell_may_have_alternatives() -> None:
    row = truth(lines=[{"amount": "1.00"}], alternatives={"line_items.0.amount": ("1.19",)})
    result = judge_line_items(row, [PredictedRow({"amount": "1.19"}, 1.0)])
    assert result is not None
    assert result.rows[0].exact


def test_no_rows_is_a_label_too() -> None:
    result = table((), [{"amount": "1.00"}])
    assert (result.truth_rows, result.predicted_rows, result.rows[0].cells) == (0, 1, ())


CELL = st.fixed_dictionaries({}, optional={"amount": st.sampled_from(["1.00", "2.00"]), "sku": st.sampled_from("ab")})


@settings(max_examples=60)
@given(st.lists(CELL, max_size=4), st.lists(CELL, max_size=4))
def test_no_other_pairing_has_more_exact_cells(lines: list[dict[str, str]], found: list[dict[str, str]]) -> None:
    result = table(lines, found)
    exact = sum(cell.verdict is Verdict.EXACT for row in result.rows for cell in row.cells)
    short, long = sorted((lines, found), key=len)
    best = max(
        sum(a.get(name) == b.get(name) is not None for a, b in zip(short, chosen, strict=True) for name in a)
        for chosen in itertools.permutations(long, len(short))
    )
    assert exact == best


PACKET = (Segment((1, 2), "invoice"), Segment((3, 3), "receipt"), Segment((4, 4), "invoice"))


def test_a_packet_split_in_part() -> None:
    line = predicted(segments=(Segment((1, 2), "invoice"), Segment((3, 4), "receipt")))
    split = judge_split(truth(segments=PACKET), line)
    assert split is not None
    assert (split.true_boundaries, split.predicted_boundaries, split.common_boundaries) == (2, 1, 1)
    assert (split.pages, split.pages_typed) == (4, 3)
    assert (split.segments_exact, split.exact, split.kept_whole) == (1, False, False)


def test_a_packet_split_right() -> None:
    split = judge_split(truth(segments=PACKET), predicted(segments=PACKET))
    assert split is not None
    assert split.exact


def test_a_packet_left_whole_is_one_segment_of_its_type() -> None:
    split = judge_split(truth(segments=PACKET), predicted(kind="invoice"))
    assert split is not None
    assert split.predicted == (Segment((1, 4), "invoice"),)
    assert (split.predicted_boundaries, split.pages_typed, split.kept_whole) == (0, 3, True)


def test_one_document_must_be_kept_whole() -> None:
    whole, torn = predicted(), predicted(segments=PACKET)
    results = [judge_split(truth(), line) for line in (whole, torn)]
    assert [item is not None and item.kept_whole for item in results] == [True, False]


def test_what_failed_or_is_a_part_was_not_split() -> None:
    assert judge_split(truth(), predicted(status=Status.FAILED)) is None
    assert judge_split(truth(pages=(2, 2)), predicted()) is None
    failed = judge_split(truth(segments=PACKET), predicted(status=Status.FAILED))
    assert failed is not None
    assert failed.predicted == ()
