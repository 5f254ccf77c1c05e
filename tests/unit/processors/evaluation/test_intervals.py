"""Resampling, calibration and risk-coverage, against figures worked out by hand or by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.evaluation.bootstrap import Resamples, clopper_pearson, percentiles
from processors.evaluation.calibration import (
    Scored,
    area_under_risk,
    calibration_bins,
    calibration_error,
    equal_mass_bins,
    equal_width_bins,
    risk_coverage,
)
from processors.evaluation.report import Options, RiskPoint

ONE = np.ones((1, 1))


def scored(*pairs: tuple[float, bool], clusters: list[int] | None = None) -> Scored:
    return Scored(
        np.array([confidence for confidence, _ in pairs], dtype=np.float64),
        np.array([right for _, right in pairs], dtype=np.float64),
        np.array(clusters or [0] * len(pairs), dtype=np.int64),
    )


def interval(counts: list[float], totals: list[float], *, share: bool = True) -> tuple[float, float]:
    resamples = Resamples([f"c{index:02}" for index in range(len(counts))], Options())
    low, high = resamples.intervals(np.array(counts)[:, None], np.array(totals)[:, None], np.array([share]))
    return float(low[0]), float(high[0])


def test_the_exact_binomial_interval_is_the_textbook_one() -> None:
    low, high = clopper_pearson(np.array([0.0, 10.0, 5.0]), np.array([10.0, 10.0, 10.0]), 0.95)
    assert low == pytest.approx([0.0, 0.6915, 0.1871], abs=1e-4)
    assert high == pytest.approx([0.3085, 1.0, 0.8129], abs=1e-4)


def test_no_error_in_sixty_is_no_proof_of_none() -> None:
    low, high = interval([0.0] * 60, [1.0] * 60)
    assert (low, high) == (0.0, pytest.approx(0.0596, abs=1e-4))


def test_documents_that_are_alike_count_for_less() -> None:
    alone = interval([0.0, 1.0] * 20, [1.0] * 40)
    alike = interval([0.0, 10.0] * 2, [10.0] * 4)  # the same 20 of 40, in four clusters
    assert alike[1] - alike[0] > 2 * (alone[1] - alone[0])


def test_one_cluster_says_nothing_of_a_mean() -> None:
    assert np.isnan(interval([5.0], [2.0], share=False)).all()
    assert not np.isnan(interval([1.0], [2.0], share=True)).any()


def test_without_resamples_there_are_no_intervals() -> None:
    resamples = Resamples(["a", "b"], Options(resamples=0))
    low, high = resamples.intervals(np.ones((2, 1)), np.ones((2, 1)), np.array([True]))
    assert np.isnan([low, high]).all()


def test_the_same_seed_gives_the_same_resamples_whatever_the_order() -> None:
    left, right = Resamples(["b", "a", "c", "a"], Options(seed=3)), Resamples(["a", "b", "c"], Options(seed=3))
    assert left.names == right.names == ["a", "b", "c"]
    assert (left.weights == right.weights).all()
    assert (left.weights.sum(axis=1) == 3).all()
    assert (Resamples(["a", "b", "c"], Options(seed=4)).weights != left.weights).any()


def test_percentiles_are_numpys_with_nan_left_out() -> None:
    draws = np.random.default_rng(0).random((101, 3))
    draws[::7, 1] = np.nan
    draws[:, 2] = np.nan
    low, high = percentiles(draws, 0.9)
    assert low[:2] == pytest.approx(np.nanquantile(draws[:, :2], 0.05, axis=0))
    assert high[:2] == pytest.approx(np.nanquantile(draws[:, :2], 0.95, axis=0))
    assert np.isnan([low[2], high[2]]).all()


SUMS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8)


@settings(max_examples=60)
@given(SUMS, st.booleans())
def test_an_interval_holds_the_figure(sums: list[tuple[int, int]], share: bool) -> None:
    counts = [float(min(count, total)) for count, total in sums]
    totals = [float(total) for _, total in sums]
    low, high = interval(counts, totals, share=share)
    if sum(totals) and not np.isnan(low):
        value = sum(counts) / sum(totals)
        assert low <= value <= high
        assert low >= 0.0
        assert not share or high <= 1.0


ITEMS = scored((0.95, True), (0.95, False), (0.65, True), (0.05, False))


def test_the_reliability_diagram() -> None:
    bins = calibration_bins(ITEMS, 10)
    assert [(item.count, item.mean_confidence, item.accuracy) for item in bins if item.count] == [
        (1, 0.05, 0.0),
        (1, 0.65, 1.0),
        (2, 0.95, 0.5),
    ]
    assert calibration_bins(scored((1.0, True)), 10)[-1].count == 1


def test_the_calibration_error_is_the_mean_gap() -> None:
    error = calibration_error(ITEMS, equal_width_bins(ITEMS.confidence, 10), ONE)
    assert error == pytest.approx([(0.05 + 0.35 + 2 * 0.45) / 4])


def test_a_calibration_error_over_a_resample_is_that_of_the_resample() -> None:
    items = scored((0.9, True), (0.9, False), (0.4, True), clusters=[0, 1, 1])
    again = scored((0.9, False), (0.4, True), (0.9, False), (0.4, True))  # cluster 1 twice
    number = equal_width_bins(items.confidence, 10)
    (error,) = calibration_error(items, number, np.array([[0.0, 2.0]]))
    assert error == pytest.approx(calibration_error(again, equal_width_bins(again.confidence, 10), ONE)[0])


def test_bins_of_equal_count_look_into_a_crowded_end() -> None:
    items = scored(*[(0.91, False)] * 5, *[(0.99, True)] * 5)
    wide = calibration_error(items, equal_width_bins(items.confidence, 10), ONE)
    close = calibration_error(items, equal_mass_bins(items.confidence, 10), ONE)
    assert wide == pytest.approx([0.45])  # one bin: 0.95 sure, half right
    assert close == pytest.approx([0.46])  # 0.91 sure and never right, 0.99 sure and always


def test_the_risk_coverage_curve_passes_the_surest_first() -> None:
    assert risk_coverage(ITEMS) == (
        RiskPoint(0.95, 0.5, 0.5),
        RiskPoint(0.65, 0.75, pytest.approx(1 / 3)),
        RiskPoint(0.05, 1.0, 0.5),
    )
    assert area_under_risk(ITEMS, ONE) == pytest.approx([(2 * 0.5 + 1 / 3 + 0.5) / 4])


def test_a_curve_has_about_a_hundred_points() -> None:
    items = scored(*[(index / 5000, index % 50 > 0) for index in range(5000)])
    curve = risk_coverage(items)
    assert 100 <= len(curve) <= 102
    assert curve[-1].coverage == 1.0
    assert curve[-1].risk == pytest.approx(0.02)


def test_nothing_measured_is_nothing() -> None:
    nothing = scored()
    assert risk_coverage(nothing) == ()
    assert np.isnan(area_under_risk(nothing, ONE)).all()
    assert np.isnan(calibration_error(nothing, equal_mass_bins(nothing.confidence, 10), ONE)).all()


PAIRS = st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.5, 0.95, 1.0]), st.booleans()), min_size=1, max_size=30)


@given(PAIRS, st.randoms())
def test_the_order_of_values_does_not_matter(pairs: list[tuple[float, bool]], random: object) -> None:
    mixed = list(pairs)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    left, right = scored(*pairs), scored(*mixed)
    assert risk_coverage(left) == risk_coverage(right)
    assert area_under_risk(left, ONE) == pytest.approx(area_under_risk(right, ONE))


@given(PAIRS, st.integers(1, 4))
def test_drawing_everything_k_times_changes_nothing(pairs: list[tuple[float, bool]], times: int) -> None:
    items = scored(*pairs)
    number = equal_width_bins(items.confidence, 10)
    weights = np.array([[1.0], [float(times)]])
    assert np.ptp(area_under_risk(items, weights)) == pytest.approx(0)
    assert np.ptp(calibration_error(items, number, weights)) == pytest.approx(0)
