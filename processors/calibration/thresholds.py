"""Thresholds from an accuracy target: the least confidence from which the documents show that it is met.

Not the share of wrong values itself has to meet the target, but its upper confidence bound (Clopper-Pearson). Each
threshold is one test; so that trying many does not find one by luck, they are tried from the surest down, and the first
that fails ends the search (fixed-sequence testing; Angelopoulos et al., "Learn then Test", 2021).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from processors.calibration.bounds import least_errorless, upper_bound
from processors.fields import FieldType

_STEPS = tuple(round(0.999 - 0.001 * step, 3) for step in range(500))
"""Thresholds that are tried, from the surest down to 0.5."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One labelled value out of fold: its confidence and whether it is right."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a target comes to for one type: of ``total`` values, ``passed`` are at ``straight`` or above, ``wrong`` of
    these are wrong, and ``bound`` is the most that may be wrong behind that.

    ``straight`` is ``None`` where no threshold meets the target; the figures are then those of the best one, and
    ``wanted`` is how many values without an error it would take.
    """

    type: FieldType
    target: float
    straight: float | None
    total: int
    passed: int
    wrong: int
    bound: float
    wanted: int


def choose(kind: FieldType, outcomes: Sequence[Outcome], target: float, level: float) -> Chosen:
    """The lowest threshold that meets ``target`` (the share of passed values that may be wrong) at ``level``."""
    wanted = least_errorless(target, level)
    chosen: Chosen | None = None
    best: Chosen | None = None
    for step in _STEPS:
        passing = [item for item in outcomes if item.confidence >= step]
        wrong = sum(not item.right for item in passing)
        bound = upper_bound(wrong, len(passing), level)
        tried = Chosen(kind, target, step, len(outcomes), len(passing), wrong, bound, wanted)
        if best is None or bound < best.bound:
            best = tried
        if len(passing) < wanted:  # too few to show it even without an error
            continue
        if bound > target:
            break
        chosen = tried
    if chosen is not None:
        return chosen
    assert best is not None, "there are steps"
    return Chosen(kind, target, None, best.total, best.passed, best.wrong, best.bound, wanted)


def expected(outcomes: Iterable[float], target: float) -> float | None:
    """The lowest threshold at which the confidences themselves promise ``target``; ``None`` where none does.

    What the calibration says, without proof: for where documents are too few to show it.
    """
    found: float | None = None
    total = wrong = 0.0
    for confidence in sorted(outcomes, reverse=True):
        total, wrong = total + 1, wrong + 1 - confidence
        if wrong / total <= target:
            found = confidence
    return found
