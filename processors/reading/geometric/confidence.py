"""From a candidate's score to a probability that it is right."""

from decimal import Decimal

from processors.reading.geometric.pairing import Candidate

_PROVEN = 0.985
"""Sums that add up as printed are wrong only where the labels of two of them are swapped."""

_UNPROVEN_SUM = 0.92
"""A sum that nothing confirms may be a part that print calls a total; it never passes unseen."""
_SUREST = 0.97


def certainty(candidate: Candidate, *, proven: bool = False) -> float:
    """The probability in [0, 1] that the candidate is the field's value, before recognition's own doubts."""
    if proven:
        return max(_PROVEN, min(0.99, candidate.score))
    surest = _UNPROVEN_SUM if isinstance(candidate.value, Decimal) else _SUREST
    return max(0.05, min(surest, candidate.score))
