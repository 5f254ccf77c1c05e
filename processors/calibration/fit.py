"""Fits curves to labelled values: penalised logistic regression, every field drawn towards its type, types towards all.

The more values a field has, the less its parent counts (hierarchical shrinkage; Gelman and Hill 2007, ch. 12). The
bounds of the parameters keep every curve monotone in every signal. Deterministic.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from processors.calibration.model import CELLS, SURE_RECOGNITION, Calibration, Curve, Curves, ReaderCurves, log_odds
from processors.calibration.samples import Sample, Value
from processors.calibration.signals import Check, Signals
from processors.fields import FieldType

Array = NDArray[np.float64]

_START = Curve(0.0, 0.7, 0.5, 0.3, 0.3, 1.0, 1.0, 2.0)
"""Where there are no values at all: what readers' scores were meant to say, and rules speak for or against them."""
_LOOSE, _TIGHT = 1.0, 8.0
"""Pull of the parent (precision of a normal prior): on the curve of all values, and on types and fields."""
_LEAST_VALUES = 12.0
"""A type or field with fewer (weighted) values has no curve of its own."""
_LEVEL = 0.95
"""Of the bound that caps unconfirmed amounts."""
_CAPPED = (Check.UNTESTED, Check.HELD)

Labelled = tuple[Value, float]
"""A labelled value and its weight."""


def fit(samples: Iterable[Sample], version: str, skip: frozenset[str] = frozenset()) -> Calibration:
    """The calibration of every reader that read a labelled value, but for those that ``skip`` names.

    The order of ``samples`` does not matter. Where several versions of a reader were at work, the last one's is named.
    """
    by_reader: dict[str, list[Labelled]] = defaultdict(list)
    for sample in sorted(samples, key=lambda item: item.file):
        for value in sample.values:
            if value.signals.reader not in skip:
                by_reader[value.signals.reader].append((value, sample.weight))
    readers = {name: _reader(by_reader[name]) for name in sorted(by_reader)}
    return Calibration(version, readers, _caps(item for name in sorted(by_reader) for item in by_reader[name]))


def _reader(labelled: Sequence[Labelled]) -> ReaderCurves:
    version = max(value.reader_version.partition("+")[0] for value, _ in labelled)
    fields = [item for item in labelled if not item[0].name.startswith(CELLS)]
    cells = [item for item in labelled if item[0].name.startswith(CELLS)]
    return ReaderCurves(version, _curves(fields), _curves(cells) if cells else None)


def _curves(labelled: Sequence[Labelled]) -> Curves:
    every = _fit_curve(labelled, _START, _LOOSE)
    types: dict[FieldType, Curve] = {}
    names: dict[str, Curve] = {}
    documents: dict[str, dict[str, Curve]] = {}
    for kind in sorted({value.type for value, _ in labelled}):
        of_type = [item for item in labelled if item[0].type is kind]
        if _total(of_type) < _LEAST_VALUES:
            continue
        types[kind] = _fit_curve(of_type, every, _TIGHT)
        for name in sorted({value.name for value, _ in of_type}):
            of_name = [item for item in of_type if item[0].name == name]
            if _total(of_name) < _LEAST_VALUES:
                continue
            plain = name.removeprefix(CELLS)
            names[plain] = _fit_curve(of_name, types[kind], _TIGHT)
            for document_type in sorted({value.document_type for value, _ in of_name}):
                own = [item for item in of_name if item[0].document_type == document_type]
                if len(own) < len(of_name) and _total(own) >= _LEAST_VALUES:
                    documents.setdefault(document_type, {})[plain] = _fit_curve(own, names[plain], _TIGHT)
    return Curves(every, types, names, documents)


def _total(labelled: Iterable[Labelled]) -> float:
    return sum(weight for _, weight in labelled)


def _fit_curve(labelled: Sequence[Labelled], parent: Curve, pull: float) -> Curve:
    from scipy.optimize import minimize

    rows = np.array([_row(value.signals) for value, _ in labelled], dtype=np.float64).reshape(-1, 8)
    right = np.array([value.right for value, _ in labelled], dtype=np.float64)
    weight = np.array([weight for _, weight in labelled], dtype=np.float64)
    start = _vector(parent)

    def loss(theta: Array) -> tuple[float, Array]:
        logits = rows @ theta
        expected = 1 / (1 + np.exp(-logits))
        cost = float(weight @ (np.logaddexp(0, logits) - right * logits) + pull / 2 * ((theta - start) ** 2).sum())
        return cost, rows.T @ (weight * (expected - right)) + pull * (theta - start)

    bounds = [(None, None), *[(0.0, None)] * 7]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
    return Curve(*(round(float(number), 4) + 0.0 for number in found.x))


def _vector(curve: Curve) -> Array:
    parts = (curve.base, curve.score, curve.recognition, curve.recognised)
    return np.array([*parts, curve.held, curve.confirmed, curve.disputed, curve.failed], dtype=np.float64)


def _row(signals: Signals) -> list[float]:
    """What each of a curve's parameters is multiplied with; the counterpart of :meth:`Curve.probability`."""
    check = signals.check
    weak = SURE_RECOGNITION - log_odds(signals.recognition) if signals.recognised else 0.0
    return [
        1.0,
        log_odds(signals.score),
        -weak,
        -float(signals.recognised),
        float(check in (Check.HELD, Check.CONFIRMED)),
        float(check is Check.CONFIRMED),
        -float(check in (Check.DISPUTED, Check.FAILED)),
        -float(check is Check.FAILED),
    ]


def _caps(labelled: Iterable[Labelled]) -> dict[Check, float]:
    """For amounts that nothing confirms: the lower bound of the share of right ones, by check."""
    from processors.calibration.bounds import lower_bound

    counts: dict[Check, list[float]] = {check: [0.0, 0.0] for check in _CAPPED}
    for value, weight in labelled:
        if value.type is FieldType.MONEY and value.signals.check in counts:
            counts[value.signals.check][0] += weight * value.right
            counts[value.signals.check][1] += weight
    return {check: round(lower_bound(right, total, _LEVEL), 4) for check, (right, total) in counts.items()}
