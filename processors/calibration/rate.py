"""Predictions rated anew, and routed anew: what a calibration and thresholds would have made of them."""

from collections.abc import Callable
from dataclasses import replace

from processors.calibration.model import CELLS, Calibration
from processors.calibration.signals import Check
from processors.evaluation.model import PredictedRow, Prediction, Reading, Status
from processors.fields import FieldType

_BROKEN = (Check.FAILED, Check.DISPUTED)
"""What never passes unseen, however sure."""

Straight = Callable[[str, FieldType], float]
"""The confidence from which a value passes, by name (``line_items.amount`` for a column) and type."""


def rerated(prediction: Prediction, calibration: Calibration) -> Prediction:
    """The prediction with the confidences that ``calibration`` gives; those of readers it does not know stay."""
    fields = {
        name: replace(item, confidence=_rate(calibration, prediction, name, item.reading, item.confidence))
        for name, item in prediction.fields.items()
    }
    rows = tuple(
        replace(row, confidence=min(_cells(prediction, row, calibration).values(), default=row.confidence))
        for row in prediction.line_items
    )
    return replace(prediction, fields=fields, line_items=rows)


def rerouted(
    prediction: Prediction, calibration: Calibration, straight: Straight, needed: frozenset[str]
) -> Prediction:
    """The prediction as the router would hand it on with this calibration and these thresholds.

    It must come from a run in which nothing was held for a low confidence (``fieldtrail calibrate`` makes such), so
    that a document in review is there for another reason, which stays. ``needed`` names what a document is held for;
    of the others, a straight-through document leaves out what is below its threshold.
    """
    rated = rerated(prediction, calibration)
    sure = {name: _passes(name, item.reading, item.confidence, straight) for name, item in rated.fields.items()}
    cells = [
        {
            name: _passes(CELLS + name, row.readings.get(name), confidence, straight)
            for name, confidence in _cells(prediction, row, calibration).items()
        }
        for row in rated.line_items
    ]
    unsure = {name for name, passed in sure.items() if not passed}
    unsure |= {CELLS + name for row in cells for name, passed in row.items() if not passed}
    if prediction.status is Status.COMPLETED and not unsure & needed:
        kept = {name: replace(item, auto_passed=True) for name, item in rated.fields.items() if sure[name]}
        rows = [_kept(row, passed) for row, passed in zip(rated.line_items, cells, strict=True)]
        return replace(rated, fields=kept, line_items=tuple(row for row in rows if row.cells))
    shown = {name: replace(item, auto_passed=sure[name]) for name, item in rated.fields.items()}
    status = Status.FAILED if prediction.status is Status.FAILED else Status.REVIEW
    return replace(rated, fields=shown, status=status)


def _rate(
    calibration: Calibration, prediction: Prediction, name: str, reading: Reading | None, confidence: float
) -> float:
    if reading is None:
        return confidence
    found = calibration.probability(prediction.document_type or "", name, reading.type, reading.signals)
    return confidence if found is None else round(found, 4)


def _cells(prediction: Prediction, row: PredictedRow, calibration: Calibration) -> dict[str, float]:
    """The cells' confidences; the row's own, which is the least of them, where a cell's signals are not known."""
    return {
        name: _rate(calibration, prediction, CELLS + name, row.readings.get(name), row.confidence) for name in row.cells
    }


def _passes(name: str, reading: Reading | None, confidence: float, straight: Straight) -> bool:
    if reading is None:
        return True
    return reading.signals.check not in _BROKEN and confidence >= straight(name, reading.type)


def _kept(row: PredictedRow, passed: dict[str, bool]) -> PredictedRow:
    return replace(row, cells={name: cell for name, cell in row.cells.items() if passed[name]})
