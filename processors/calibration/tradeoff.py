"""What thresholds buy: straight-through documents against silent errors, on documents that the fit did not see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from processors.calibration.crossval import Fold, pooled
from processors.calibration.rate import Straight, rerouted
from processors.calibration.thresholds import Chosen, Outcome, choose, expected
from processors.evaluation.model import TruthRow
from processors.evaluation.report import Options, Report
from processors.evaluation.scoring import score
from processors.fields import FieldType

NOTHING_PASSES = 1.0
CURVE = (0.5, 0.6, 0.7, 0.8, 0.85, 0.88, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)
"""Thresholds that the curve is drawn for."""

Outcomes = Mapping[FieldType, Sequence[Outcome]]
"""Labelled values of the real documents, by type, with their out-of-fold confidences."""

Needed = Mapping[str | None, frozenset[str]]
"""What documents of a type are held for, by document type."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The share of passed values that may be wrong, by type, and ``other`` for types it does not name.

    ``level`` is the confidence of the bound that must meet it. With ``trust``, where documents are too few to show a
    target, the calibration's own promise decides; else nothing of that type passes unseen.
    """

    by_type: Mapping[FieldType, float] = field(default_factory=dict)
    other: float = 0.01
    level: float = 0.95
    trust: bool = False

    def of(self, kind: FieldType) -> float:
        """The target of one type."""
        return self.by_type.get(kind, self.other)


@dataclass(frozen=True, slots=True)
class Point:
    """What one threshold for all types comes to, out of fold: ``wrong`` of the ``passed`` values of the
    straight-through documents are false.
    """

    threshold: float
    straight_through: float
    wrong: int
    passed: int

    @property
    def silent_errors(self) -> float | None:
        """The share of false values; ``None`` where nothing passed."""
        return self.wrong / self.passed if self.passed else None


def chosen(outcomes: Outcomes, targets: Targets) -> list[Chosen]:
    """The threshold of every type that has labelled values."""
    return [choose(kind, outcomes[kind], targets.of(kind), targets.level) for kind in sorted(outcomes)]


def thresholds_of(choices: Iterable[Chosen], outcomes: Outcomes, *, trust: bool) -> dict[FieldType, float]:
    """By type, the confidence from which values pass."""
    found: dict[FieldType, float] = {}
    for item in choices:
        promised = expected((value.confidence for value in outcomes[item.type]), item.target) if trust else None
        least = item.straight if item.straight is not None else promised
        found[item.type] = NOTHING_PASSES if least is None else least
    return found


def report_at(
    folds: Sequence[Fold], rows: Sequence[TruthRow], targets: Targets, needed: Needed, options: Options
) -> Report:
    """The evaluation of all real documents as they would be routed, each by a fit and thresholds of other folds."""
    straights = []
    for number in range(len(folds)):
        outcomes = pooled(fold for place, fold in enumerate(folds) if place != number)
        straights.append(thresholds_of(chosen(outcomes, targets), outcomes, trust=targets.trust))
    return _report(folds, rows, straights, needed, options)


def curve(folds: Sequence[Fold], rows: Sequence[TruthRow], needed: Needed) -> list[Point]:
    """A point for each of :data:`CURVE`."""
    found = []
    for threshold in CURVE:
        straight = dict.fromkeys(FieldType, threshold)
        overall = _report(folds, rows, [straight] * len(folds), needed, Options(resamples=0)).overall
        through = overall.metrics["straight_through_rate"].value or 0.0
        silent = overall.metrics.get("silent_error_rate_completed")
        wrong, passed = (0, 0) if silent is None else (int(silent.count or 0), int(silent.total))
        found.append(Point(threshold, through, wrong, passed))
    return found


def _report(
    folds: Sequence[Fold],
    rows: Sequence[TruthRow],
    thresholds: Sequence[Mapping[FieldType, float]],
    needed: Needed,
    options: Options,
) -> Report:
    routed = [
        rerouted(item, fold.calibration, _passing_from(own), needed.get(item.document_type, frozenset()))
        for fold, own in zip(folds, thresholds, strict=True)
        for item in fold.predictions
    ]
    files = {item.file for item in routed}
    return score([row for row in rows if not row.synthetic and row.file in files], routed, options)


def _passing_from(thresholds: Mapping[FieldType, float]) -> Straight:
    """A threshold for every name by its type; of types without one nothing passes."""
    return lambda _, kind: thresholds.get(kind, NOTHING_PASSES)
