"""Intervals by resampling clusters of documents.

Documents of one vendor or template stand and fall together, so whole clusters are drawn with replacement (cluster
bootstrap: Cameron, Gelbach and Miller 2008; Saravanan et al. 2020 for grouped evaluation sets), and a figure's
interval holds the middle ``level`` of what the resamples give. Two things that this alone gets wrong are mended:

- Where few errors or none were seen, resampling cannot invent any: 0 errors in 60 would get the interval [0, 0].
  The interval of a share is therefore made wide enough to hold the exact binomial one (Clopper and Pearson 1934).
- An interval that would not hold the figure itself (a calibration error is biased upwards under resampling) is widened
  to it.

So an interval errs on the wide side, never because few documents were seen or because they are alike.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from processors.evaluation.report import Options

Array = NDArray[np.float64]

_CHUNK = 2_000
"""Figures resampled at once: 1000 resamples of 2000 figures are 16 MB."""


class Resamples:
    """How often each cluster was drawn, for every resample. The same draws serve all figures."""

    def __init__(self, clusters: Sequence[str], options: Options) -> None:
        """``clusters`` names each document's cluster."""
        self.names = sorted(set(clusters))
        self._number = {name: index for index, name in enumerate(self.names)}
        count = len(self.names)
        random = np.random.Generator(np.random.PCG64(options.seed))
        draws = options.resamples if count else 0
        self.weights: Array = (
            random.multinomial(count, np.full(count, 1 / count), size=draws).astype(np.float64)
            if draws
            else np.zeros((0, count))
        )
        self.level = options.level

    def index(self, cluster: str) -> int:
        """The row of ``cluster`` in tables of sums by cluster."""
        return self._number[cluster]

    def quotients(self, counts: Array, totals: Array) -> Array:
        """The resampled figures (resamples x figures) from sums by cluster (clusters x figures); NaN without total."""
        return _divide(self.weights @ counts, self.weights @ totals)

    def with_all(self, counts: Array, totals: Array) -> Array:
        """One quotient over everything, then over each resample, from its sums by cluster; NaN without total."""
        return np.append(
            _divide(counts.sum(keepdims=True), totals.sum(keepdims=True)),
            self.quotients(counts[:, None], totals[:, None])[:, 0],
        )

    def intervals(self, counts: Array, totals: Array, is_share: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Low and high end for quotients of sums by cluster (clusters x figures); NaN where nothing is known.

        Nothing is known without resamples, without anything measured, or of what is no share in a single cluster.
        """
        low, high = np.full(counts.shape[1], np.nan), np.full(counts.shape[1], np.nan)
        if not len(self.weights):
            return low, high
        for start in range(0, counts.shape[1], _CHUNK):
            part = slice(start, start + _CHUNK)
            draws = self.quotients(counts[:, part], totals[:, part])
            low[part], high[part] = percentiles(draws, self.level)
        count, total = counts.sum(axis=0), totals.sum(axis=0)
        low, high = _hold(_divide(count, total), low, high)
        alone = (totals > 0).sum(axis=0) < 2
        low[alone & ~is_share] = high[alone & ~is_share] = np.nan
        exact_low, exact_high = clopper_pearson(count, total, self.level)
        return np.where(is_share, np.fmin(low, exact_low), low), np.where(is_share, np.fmax(high, exact_high), high)

    def interval(self, value: float, draws: Array, clusters: int) -> tuple[float | None, float | None]:
        """Low and high end of one figure that is no quotient, from its resampled values; NaN is left out."""
        if clusters < 2 or not np.isfinite(draws).any():
            return None, None
        low, high = percentiles(draws[:, None], self.level)
        return float(min(low[0], value)), float(max(high[0], value))


def percentiles(draws: Array, level: float) -> tuple[Array, Array]:
    """The middle ``level`` of each column of ``draws``, NaN left out, interpolated between neighbours."""
    ordered = np.sort(draws, axis=0)  # NaN goes to the end
    valid = np.isfinite(ordered).sum(axis=0)
    return _at(ordered, valid, (1 - level) / 2), _at(ordered, valid, (1 + level) / 2)


def clopper_pearson(count: Array, total: Array, level: float) -> tuple[Array, Array]:
    """The exact binomial interval of ``count`` in ``total``; NaN where the total is 0. Neither needs to be whole."""
    tail = (1 - level) / 2
    some = total > 0
    rest = np.where(some, total - count, 1.0)
    low = np.where(count > 0, betaincinv(np.maximum(count, 1e-9), rest + 1, tail), 0.0)
    high = np.where(rest > 0, betaincinv(count + 1, np.maximum(rest, 1e-9), 1 - tail), 1.0)
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def _at(ordered: Array, valid: NDArray[np.int_], share: float) -> Array:
    place = share * np.maximum(valid - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(valid - 1, 0))
    columns = np.arange(ordered.shape[1])
    left, right = ordered[below, columns], ordered[above, columns]
    return np.where(valid > 0, left + (place - below) * (right - left), np.nan)


def _hold(value: Array, low: Array, high: Array) -> tuple[Array, Array]:
    return np.minimum(low, value), np.maximum(high, value)


def _divide(count: Array, total: Array) -> Array:
    quotient: Array = np.divide(count, total, out=np.full(np.shape(count), np.nan), where=total > 0)
    return quotient
