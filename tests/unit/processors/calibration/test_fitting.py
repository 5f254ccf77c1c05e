"""What a fit learns, what thresholds it takes to meet a target, and what documents come to."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.calibration.bounds import least_errorless, lower_bound, upper_bound
from processors.calibration.crossval import FOLDS, fold_of, folds_of
from processors.calibration.fit import fit
from processors.calibration.model import CELLS
from processors.calibration.rate import rerouted
from processors.calibration.samples import Sample, Value, samples_of
from processors.calibration.signals import Check, Signals
from processors.calibration.thresholds import Outcome, choose, expected
from processors.calibration.tradeoff import NOTHING_PASSES, Targets, curve, report_at
from processors.evaluation.model import PredictedField, PredictedRow, Prediction, Reading, Status, TruthRow
from processors.evaluation.report import Options
from processors.fields import FieldType

MUST: dict[str | None, frozenset[str]] = {"invoice": frozenset({"total_amount", CELLS + "amount"})}


def value(right: bool, name: str = "total_amount", score: float = 0.9, check: Check = Check.HELD) -> Value:
    kind = FieldType.TEXT if name.endswith("_name") else FieldType.MONEY
    return Value("invoice", name, kind, "1+old", Signals("geometric", score, 1.0, check), right)


def drawn(count: int, truth: dict[float, float], name: str, seed: int = 1) -> list[Sample]:
    """Documents with one value each; ``truth`` gives the share of right ones by score."""
    random = Random(seed)
    scores = sorted(truth)
    found = []
    for number in range(count):
        score = scores[number % len(scores)]
        own = value(random.random() < truth[score], name, score, Check.UNTESTED)
        found.append(Sample(f"{name}-{number}.pdf", f"vendor {number % 40}", (own,)))
    return found


def test_a_fit_learns_what_scores_are_worth_by_name() -> None:
    samples = drawn(800, {0.3: 0.50, 0.9: 0.80}, "vendor_name") + drawn(800, {0.3: 0.90, 0.9: 0.98}, "customer_name", 2)
    calibration = fit(samples, "test")
    assert calibration.readers["geometric"].version == "1", "without the calibration that rated it before"

    def rated(name: str, score: float) -> float:
        found = calibration.probability(
            "invoice", name, FieldType.TEXT, Signals("geometric", score, 1.0, Check.UNTESTED)
        )
        assert found is not None
        return found

    assert rated("vendor_name", 0.3) == pytest.approx(0.50, abs=0.06)
    assert rated("vendor_name", 0.9) == pytest.approx(0.80, abs=0.06)
    assert rated("customer_name", 0.9) == pytest.approx(0.98, abs=0.03)
    assert rated("customer_name", 0.9) > rated("another_name", 0.9) > rated("vendor_name", 0.9), "in between: its type"


def test_a_fit_does_not_hang_on_order_and_leaves_out_what_it_is_told_to() -> None:
    samples = drawn(60, {0.3: 0.5, 0.9: 0.9}, "vendor_name")
    assert fit(samples, "x") == fit(samples[::-1], "x")
    assert fit(samples, "x", frozenset({"geometric"})).readers == {}


def test_made_up_documents_weigh_less() -> None:
    real = drawn(200, {0.9: 0.95}, "vendor_name")
    made_up = [replace(item, file="s" + item.file, weight=0.1) for item in drawn(200, {0.9: 0.1}, "vendor_name", 3)]
    said = Signals("geometric", 0.9, 1.0, Check.UNTESTED)
    light = fit([*real, *made_up], "x").probability("invoice", "vendor_name", FieldType.TEXT, said)
    heavy = fit([*real, *(replace(item, weight=1.0) for item in made_up)], "x")
    assert light is not None
    assert light > 0.8 > (heavy.probability("invoice", "vendor_name", FieldType.TEXT, said) or 0)


def test_the_cap_on_amounts_that_nothing_confirms_grows_with_the_evidence() -> None:
    few = fit([Sample(f"{n}", "v", (value(True, check=Check.UNTESTED),)) for n in range(10)], "x")
    many = fit([Sample(f"{n}", "v", (value(True, check=Check.UNTESTED),)) for n in range(1000)], "x")
    assert few.caps[Check.UNTESTED] == pytest.approx(0.7411, abs=1e-4)  # 0.05 ** (1 / 10)
    assert many.caps[Check.UNTESTED] == pytest.approx(0.9970, abs=1e-4)


def test_bounds_are_clopper_and_pearsons() -> None:
    assert upper_bound(0, 598, 0.95) == pytest.approx(0.005, abs=1e-5)
    assert upper_bound(5, 100, 0.95) == pytest.approx(0.1023, abs=1e-4)
    assert lower_bound(95, 100, 0.95) == pytest.approx(0.8977, abs=1e-4)
    assert (upper_bound(0, 0, 0.95), upper_bound(3, 3, 0.95)) == (1.0, 1.0)
    assert [least_errorless(rate, 0.95) for rate in (0.05, 0.01, 0.005)] == [59, 299, 598]


def test_a_threshold_is_chosen_by_the_bound_and_not_by_the_share() -> None:
    sure = [Outcome(0.99, True)] * 400
    unsure = [Outcome(0.80, True)] * 95 + [Outcome(0.80, False)] * 5
    chosen = choose(FieldType.MONEY, [*sure, *unsure], 0.01, 0.95)
    assert chosen.straight is not None
    assert 0.80 < chosen.straight <= 0.99
    assert (chosen.passed, chosen.wrong, chosen.total) == (400, 0, 500)
    assert chosen.bound == pytest.approx(upper_bound(0, 400, 0.95))
    assert choose(FieldType.MONEY, [*sure, *unsure], 0.03, 0.95).straight == 0.5


def test_too_little_data_says_so() -> None:
    chosen = choose(FieldType.MONEY, [Outcome(0.99, True)] * 100, 0.005, 0.95)
    assert chosen.straight is None
    assert (chosen.passed, chosen.wrong, chosen.wanted) == (100, 0, 598)
    assert chosen.bound == pytest.approx(0.0295, abs=1e-4)
    nothing = choose(FieldType.MONEY, [], 0.005, 0.95)
    assert (nothing.straight, nothing.bound) == (None, 1.0)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60), st.floats(0.01, 0.5))
def test_a_stricter_target_never_lowers_a_threshold(pairs: list[tuple[float, bool]], target: float) -> None:
    outcomes = [Outcome(*pair) for pair in pairs] * 20
    strict, loose = (choose(FieldType.DATE, outcomes, share, 0.95).straight for share in (target / 2, target))
    assert strict is None or (loose is not None and loose <= strict)


def test_what_the_confidences_promise() -> None:
    assert expected([0.99, 0.95, 0.90], 0.031) == 0.95
    assert expected([0.90], 0.03) is None


# --- documents -------------------------------------------------------------------------------------------------------


def read(
    total: float, name: float, amount: float, status: Status = Status.COMPLETED, file: str = "a.pdf"
) -> Prediction:
    """A prediction whose reader scores are such that :data:`PLAIN` gives them back as probabilities."""

    def reading(kind: FieldType, score: float) -> Reading:
        return Reading(kind, "1", Signals("other", score, 1.0, Check.HELD))

    return Prediction(
        file,
        status,
        document_type="invoice",
        fields={
            "total_amount": PredictedField("10.00", total, reading=reading(FieldType.MONEY, total)),
            "vendor_name": PredictedField("ACME", name, reading=reading(FieldType.TEXT, name)),
        },
        line_items=(PredictedRow({"amount": "10.00"}, amount, readings={"amount": reading(FieldType.MONEY, amount)}),),
    )


def routed(prediction: Prediction) -> Prediction:
    return rerouted(prediction, fit([], "none"), lambda _name, _kind: 0.9, MUST["invoice"])


def test_a_document_is_routed_as_the_router_would() -> None:
    through = routed(read(0.9, 0.9, 0.9))
    assert (through.status, set(through.fields)) == (Status.COMPLETED, {"total_amount", "vendor_name"})
    without = routed(read(0.9, 0.89, 0.9))
    assert (without.status, set(without.fields)) == (Status.COMPLETED, {"total_amount"}), "left out"
    for held in (read(0.89, 0.9, 0.9), read(0.9, 0.9, 0.89), read(0.9, 0.9, 0.9, Status.REVIEW)):
        assert routed(held).status is Status.REVIEW
    shown = routed(read(0.89, 0.9, 0.9))
    assert [item.auto_passed for item in shown.fields.values()] == [False, True]
    assert routed(Prediction("a.pdf", Status.FAILED, error="corrupt")).status is Status.FAILED


def test_what_a_rule_failed_on_is_never_routed_through() -> None:
    item = read(1.0, 1.0, 1.0)
    field = item.fields["total_amount"]
    assert field.reading is not None
    for check in (Check.FAILED, Check.DISPUTED):
        reading = replace(field.reading, signals=replace(field.reading.signals, check=check))
        broken = replace(item, fields={**item.fields, "total_amount": replace(field, reading=reading)})
        assert routed(broken).status is Status.REVIEW


def labelled(count: int) -> tuple[list[TruthRow], list[Prediction]]:
    """Half of the documents have a weak score and a wrong vendor; every tenth is made up."""
    rows, predictions = [], []
    for number in range(count):
        good = number % 2 == 0
        file = f"{number}.pdf"
        fields = {"total_amount": "10.00", "vendor_name": "ACME" if good else "Other"}
        rows.append(TruthRow(file, "invoice", fields=fields, group=f"g{number // 4}", synthetic=number % 10 == 0))
        item = read(0.97, 0.95 if good else 0.3, 0.97, file=file)
        known = {
            name: replace(field, reading=replace(field.reading, signals=replace(field.reading.signals, reader="own")))
            for name, field in item.fields.items()
            if field.reading is not None
        }
        predictions.append(replace(item, fields=known))
    return rows, predictions


def test_folds_keep_groups_apart_and_made_up_documents_out() -> None:
    rows, predictions = labelled(200)
    samples = samples_of(rows, predictions, 0.1)
    assert {item.weight for item in samples} == {0.1, 1.0}
    folds = folds_of(rows, predictions, samples, frozenset())
    assert len(folds) == FOLDS
    by_file = {row.file: row for row in rows}
    for number, fold in enumerate(folds):
        assert all(fold_of(by_file[item.file].cluster) == number for item in fold.predictions)
        assert not any(by_file[item.file].synthetic for item in fold.predictions)
    assert sum(len(fold.predictions) for fold in folds) == 180
    assert sum(len(fold.outcomes[FieldType.TEXT]) for fold in folds) == 180


def test_calibrated_documents_pass_without_what_is_false() -> None:
    rows, predictions = labelled(400)
    folds = folds_of(rows, predictions, samples_of(rows, predictions, 0.1), frozenset())
    targets = Targets({}, 0.05, 0.95)
    report = report_at(folds, rows, targets, MUST, Options(resamples=50))
    metrics = report.overall.metrics
    assert metrics["straight_through_rate"].value == 1.0
    assert metrics["silent_error_rate"].value == 0.0
    assert metrics["silent_missing_documents"].value == pytest.approx(200 / 360, abs=0.01), "left out, every other one"
    assert (metrics["ece"].value or 0) < 0.05
    points = curve(folds, rows, MUST)
    assert [point.straight_through for point in points] == sorted(
        (point.straight_through for point in points), reverse=True
    )
    assert points[0].silent_errors == 0.0


def test_without_proof_nothing_passes_unless_the_calibration_is_trusted() -> None:
    rows, predictions = labelled(40)
    folds = folds_of(rows, predictions, samples_of(rows, predictions, 0.1), frozenset())

    def through(trust: bool) -> float | None:
        targets = Targets({}, 0.10, 0.999, trust=trust)
        report = report_at(folds, rows, targets, MUST, Options(resamples=0))
        return report.overall.metrics["straight_through_rate"].value

    assert NOTHING_PASSES == 1.0
    assert through(trust=False) == 0.0
    assert (through(trust=True) or 0) > 0.5
