"""Every document rated by a calibration that knows no document of its cluster."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from processors.calibration.fit import fit
from processors.calibration.model import CELLS, Calibration
from processors.calibration.samples import Sample
from processors.calibration.thresholds import Outcome
from processors.evaluation.matching import match
from processors.evaluation.model import Prediction, TruthRow
from processors.fields import FieldType

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Fold:
    """A calibration fitted on the other folds, and the real documents of this one, as they were read.

    ``outcomes`` are their labelled values by type, rated by that calibration: header values, and cells for the types
    that no header value has.
    """

    calibration: Calibration
    predictions: tuple[Prediction, ...]
    outcomes: Mapping[FieldType, tuple[Outcome, ...]]


def folds_of(
    rows: Sequence[TruthRow], predictions: Sequence[Prediction], samples: Sequence[Sample], skip: frozenset[str]
) -> list[Fold]:
    """The folds; made-up documents are learnt from only. Documents that no row is about are left out."""
    matches, _ = match([row for row in rows if not row.synthetic], predictions)
    found = []
    for number in range(FOLDS):
        own_samples = [item for item in samples if fold_of(item.cluster) == number and not item.synthetic]
        own = {item.prediction.key: item.prediction for item in matches if fold_of(item.row.cluster) == number}
        others = [item for item in samples if fold_of(item.cluster) != number]
        calibration = fit(others, "", skip)
        found.append(Fold(calibration, tuple(own.values()), _outcomes(own_samples, calibration)))
    return found


def pooled(folds: Iterable[Fold]) -> dict[FieldType, list[Outcome]]:
    """The outcomes of several folds, by type."""
    found: dict[FieldType, list[Outcome]] = defaultdict(list)
    for fold in folds:
        for kind, outcomes in fold.outcomes.items():
            found[kind] += outcomes
    return dict(found)


def _outcomes(samples: Iterable[Sample], calibration: Calibration) -> dict[FieldType, tuple[Outcome, ...]]:
    fields: dict[FieldType, list[Outcome]] = defaultdict(list)
    cells: dict[FieldType, list[Outcome]] = defaultdict(list)
    for value in (value for sample in samples for value in sample.values):
        rate = calibration.probability(value.document_type, value.name, value.type, value.signals)
        if rate is not None:
            group = cells if value.name.startswith(CELLS) else fields
            group[value.type].append(Outcome(rate, value.right))
    return {kind: tuple(outcomes) for kind, outcomes in {**cells, **fields}.items()}


def fold_of(cluster: str) -> int:
    """Which fold a cluster is in, from 0: by a hash of its name, so that it does not hang on what else there is."""
    return int.from_bytes(hashlib.sha256(cluster.encode()).digest()[:8]) % FOLDS
