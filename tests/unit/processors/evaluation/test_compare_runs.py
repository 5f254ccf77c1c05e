"""What changed between two runs, and whether it can be chance."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.evaluation.compare_runs import Direction, FieldChange, compare_runs, holm, mcnemar
from processors.evaluation.model import Prediction, TruthRow
from processors.evaluation.report import Options, Report, Verdict
from processors.evaluation.scoring import score
from tests.unit.processors.evaluation.examples import predicted, runs, truth

OPTIONS = Options(resamples=200)
TRUTHS = [
    truth(
        f"{index:02}.pdf",
        {"total_amount": "1.00", "invoice_number": "7"},
        group=f"g{index}",
        lines=[{"amount": "1.00"}],
    )
    for index in range(20)
]


def run(right_totals: int, *, right_numbers: int = 20, kind: str = "invoice") -> Report:
    """A run that reads the totals of the first documents right, and the numbers of the first ones."""
    predictions = [
        predicted(
            row.file,
            {
                "total_amount": "1.00" if index < right_totals else "2.00",
                "invoice_number": "7" if index < right_numbers else "8",
            },
            kind=kind,
            lines=[{"amount": "1.00"}],
        )
        for index, row in enumerate(TRUTHS)
    ]
    return score(TRUTHS, predictions, OPTIONS)


def field(fields: tuple[FieldChange, ...], name: str) -> FieldChange:
    return next(item for item in fields if item.name == name)


@pytest.mark.parametrize(
    ("fixed", "broken", "p_value"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (0, 6, 0.03125), (3, 3, 1.0), (10, 2, 0.038574)],
)
def test_mcnemar_is_the_exact_binomial_test(fixed: int, broken: int, p_value: float) -> None:
    assert mcnemar(fixed, broken) == pytest.approx(p_value, abs=1e-6)


def test_holm_is_that_of_the_paper() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_many_values_gained_are_better() -> None:
    found = compare_runs(run(5), run(20))
    total = field(found.fields, "total_amount")
    assert (total.values, total.right_before, total.right_after, total.fixed, total.broken) == (20, 5, 20, 15, 0)
    assert total.p_value == total.p_adjusted == pytest.approx(2 * 0.5**15)  # nothing else changed
    assert total.direction is Direction.BETTER
    assert total.low is not None
    assert total.high is not None
    assert 0 < total.low <= 0.75 <= total.high
    metrics = {item.name: item for item in found.metrics}
    assert metrics["field_recall"].direction is Direction.BETTER
    assert metrics["field_recall"].difference == pytest.approx(15 / 40)
    assert metrics["silent_error_rate"].direction is Direction.BETTER  # lower is better
    assert metrics["type_accuracy"].direction is Direction.UNCLEAR
    assert field(found.fields, "invoice_number").direction is Direction.UNCLEAR


def test_many_values_lost_are_worse() -> None:
    found = compare_runs(run(20), run(5))
    assert field(found.fields, "total_amount").direction is Direction.WORSE
    assert {item.name: item.direction for item in found.metrics}["silent_error_rate"] is Direction.WORSE


def test_a_few_may_be_chance() -> None:
    total = field(compare_runs(run(18), run(20)).fields, "total_amount")
    assert (total.fixed, total.p_value, total.direction) == (2, 0.5, Direction.UNCLEAR)


def test_fields_that_changed_are_corrected_for_their_number() -> None:
    found = compare_runs(run(14, right_numbers=14), run(20))
    total = field(found.fields, "total_amount")
    assert (total.p_value, total.p_adjusted) == (0.03125, 0.0625)
    assert total.direction is Direction.UNCLEAR


def test_the_type_and_cells_are_compared_like_fields() -> None:
    found = compare_runs(run(20, kind="other"), run(20))
    assert field(found.fields, "document_type").fixed == 20
    assert field(found.fields, "line_items.amount").values == 20


def test_documents_that_lost_most_come_first() -> None:
    found = compare_runs(run(10), run(11, right_numbers=19))
    assert [(item.file, len(item.fixed), len(item.broken)) for item in found.documents] == [
        ("19.pdf", 0, 1),
        ("10.pdf", 1, 0),
    ]
    (change,) = found.documents[0].broken
    assert (change.name, change.before, change.after) == ("invoice_number", Verdict.EXACT, Verdict.WRONG)
    assert (change.truth, change.predicted_before, change.predicted_after) == ("7", "7", "8")


def test_only_common_documents_and_labels_are_compared() -> None:
    before = score(
        [truth("a", {"tip": "1.00"}), truth("b")], [predicted("a", {"tip": "1.00"}), predicted("b")], OPTIONS
    )
    after = score([truth("a", {"tip": "2.00"}), truth("c")], [predicted("a", {"tip": "1.00"}), predicted("c")], OPTIONS)
    found = compare_runs(before, after)
    assert (found.common, found.only_before, found.only_after) == (1, ("b",), ("c",))
    assert found.relabelled == ("a: tip",)
    assert [item.name for item in found.fields] == ["document_type"]
    assert "field_recall" not in {item.name for item in found.metrics}


def test_nothing_in_common_is_no_comparison() -> None:
    nothing = score([], [], OPTIONS)
    found = compare_runs(nothing, run(3))
    assert (found.common, found.metrics, found.fields, found.documents) == (0, (), (), ())


def test_a_comparison_is_json() -> None:
    data = json.loads(json.dumps(compare_runs(run(5), run(20)).to_json(), allow_nan=False))
    assert data["common"] == 20
    assert data["fields"][0].keys() >= {"name", "p_value", "direction", "low", "high"}


@settings(max_examples=12, deadline=None)
@given(runs(), st.randoms())
def test_a_run_is_no_better_than_itself(both: tuple[list[TruthRow], list[Prediction]], random: object) -> None:
    truths, predictions = both
    before = score(truths, predictions, OPTIONS)
    random.shuffle(predictions)  # type: ignore[attr-defined]
    found = compare_runs(before, score(truths, predictions, OPTIONS))
    assert found.documents == found.relabelled == ()
    assert all(item.fixed == item.broken == 0 and item.p_value == 1.0 for item in found.fields)
    assert all(item.difference == 0 and item.direction is Direction.UNCLEAR for item in found.metrics)


@settings(max_examples=12, deadline=None)
@given(runs(), runs())
def test_turning_the_runs_round_turns_the_changes_round(
    both: tuple[list[TruthRow], list[Prediction]], other: tuple[list[TruthRow], list[Prediction]]
) -> None:
    truths, predictions = both
    first, second = score(truths, predictions, OPTIONS), score(truths, other[1], OPTIONS)
    there, back = compare_runs(first, second), compare_runs(second, first)
    for left, right in zip(there.fields, back.fields, strict=True):
        assert (left.fixed, left.broken, left.p_adjusted) == (right.broken, right.fixed, right.p_adjusted)
    for one, two in zip(there.metrics, back.metrics, strict=True):
        assert one.difference == pytest.approx(-two.difference)
        assert (one.low is None) == (two.low is None)
        if one.low is not None and one.high is not None and two.low is not None and two.high is not None:
            assert (one.low, one.high) == (pytest.approx(-two.high), pytest.approx(-two.low))
