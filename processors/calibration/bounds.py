"""Exact binomial bounds (Clopper and Pearson 1934): what a count says of the rate behind it."""


def upper_bound(count: float, total: float, level: float) -> float:
    """The largest rate that ``count`` of ``total`` leaves possible at one-sided ``level``; 1 where nothing was seen.

    Counts need not be whole (weights).
    """
    from scipy.stats import beta

    return 1.0 if count >= total else float(beta.ppf(level, count + 1, total - count))


def lower_bound(count: float, total: float, level: float) -> float:
    """The least rate that ``count`` of ``total`` leaves possible at one-sided ``level``; 0 where nothing was seen."""
    return 1 - upper_bound(total - count, total, level)


def least_errorless(rate: float, level: float) -> int:
    """How many values without an error it takes to show at ``level`` that no more than ``rate`` are wrong."""
    import math

    return math.ceil(math.log(1 - level) / math.log(1 - rate))
