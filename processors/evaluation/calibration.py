"""Whether a confidence means what it says, and what a threshold buys.

Expected calibration error: Naeini et al. 2015, Guo et al. 2017; with bins of equal count: Nixon et al. 2019. Brier
1950. Risk-coverage curve and the area under it: El-Yaniv and Wiener 2010, Geifman et al. 2019.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processors.evaluation.report import CalibrationBin, RiskPoint

Array = NDArray[np.float64]

_CHUNK = 4_000_000
"""Numbers held at once while resampling a curve: 32 MB."""
_POINTS = 100
"""Points of a curve in a report; more cannot be seen."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Predicted values: how sure, whether right, and which cluster (a row of the resamples' weights) they are from."""

    confidence: Array
    right: Array
    cluster: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.confidence)


def equal_width_bins(confidence: Array, bins: int) -> NDArray[np.int64]:
    """The number of each value's bin, from 0, when [0, 1] is cut into ``bins`` of one width."""
    return np.minimum((confidence * bins).astype(np.int64), bins - 1)


def equal_mass_bins(confidence: Array, bins: int) -> NDArray[np.int64]:
    """The number of each value's bin when every bin holds about as many values. Equal confidences share a bin."""
    edges = np.unique(np.quantile(confidence, np.linspace(0, 1, bins + 1)[1:-1])) if len(confidence) else np.zeros(0)
    return np.searchsorted(edges, confidence, side="right").astype(np.int64)


def calibration_bins(items: Scored, bins: int) -> tuple[CalibrationBin, ...]:
    """The reliability diagram: mean confidence and share of right values by bins of equal width."""
    number = equal_width_bins(items.confidence, bins)
    found = []
    for index in range(bins):
        inside = number == index
        some = bool(inside.any())
        found.append(
            CalibrationBin(
                low=index / bins,
                high=(index + 1) / bins,
                count=int(inside.sum()),
                mean_confidence=float(items.confidence[inside].mean()) if some else None,
                accuracy=float(items.right[inside].mean()) if some else None,
            )
        )
    return tuple(found)


def calibration_error(items: Scored, number: NDArray[np.int64], weights: Array) -> Array:
    """The expected calibration error for each row of ``weights`` (resamples x clusters), bins numbered by ``number``.

    The gap between mean confidence and share of right values, by bin, weighted by the bin's values. NaN where a
    resample holds no value.
    """
    bins = int(number.max()) + 1 if len(items) else 1
    gaps, counts = np.zeros((weights.shape[1], bins)), np.zeros((weights.shape[1], bins))
    np.add.at(gaps, (items.cluster, number), items.confidence - items.right)
    np.add.at(counts, (items.cluster, number), 1.0)
    total = (weights @ counts).sum(axis=1)
    error = np.abs(weights @ gaps).sum(axis=1)
    mean: Array = np.divide(error, total, out=np.full(len(weights), np.nan), where=total > 0)
    return mean


def area_under_risk(items: Scored, weights: Array) -> Array:
    """The area under the risk-coverage curve for each row of ``weights`` (resamples x clusters). Lower is better.

    The mean, over the values from the surest on, of the share of false ones among all that are at least as sure; equal
    confidences enter together, so that their order does not matter. NaN where a resample holds no value.
    """
    if not len(items):
        return np.full(len(weights), np.nan)
    order, ends = _descending(items.confidence)
    false = 1 - items.right[order]
    cluster = items.cluster[order]
    areas = []
    step = max(1, _CHUNK // len(items))
    for start in range(0, len(weights), step):
        weight = weights[start : start + step][:, cluster]
        passed = np.cumsum(weight, axis=1)[:, ends]
        wrong = np.cumsum(weight * false, axis=1)[:, ends]
        risk = np.divide(wrong, passed, out=np.zeros_like(wrong), where=passed > 0)
        total = passed[:, -1]
        area = (np.diff(passed, axis=1, prepend=0.0) * risk).sum(axis=1)
        areas.append(np.divide(area, total, out=np.full(len(total), np.nan), where=total > 0))
    return np.concatenate(areas) if areas else np.zeros(0)


def risk_coverage(items: Scored) -> tuple[RiskPoint, ...]:
    """The curve, from the highest threshold down: one point for a confidence that occurs, about a hundred at most."""
    if not len(items):
        return ()
    order, ends = _descending(items.confidence)
    false = np.cumsum(1 - items.right[order])[ends]
    passed = ends + 1
    coverage = passed / len(items)
    # The last confidence in each hundredth of coverage stands for it; the first and the last point always stay.
    place = np.floor(coverage * _POINTS)
    keep = np.append(place[1:] != place[:-1], True)
    keep[0] = True
    thresholds = items.confidence[order][ends]
    return tuple(
        RiskPoint(float(thresholds[i]), float(coverage[i]), float(false[i] / passed[i])) for i in np.flatnonzero(keep)
    )


def _descending(confidence: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places from the surest on, and the last place of each run of equal confidences."""
    order = np.argsort(-confidence, kind="stable")
    ordered = confidence[order]
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    return order, ends
