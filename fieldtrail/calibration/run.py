"""One calibration, from labelled documents to the fitted numbers and what they buy."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fieldtrail.evaluation.evaluate import Request, Watcher, evaluate
from fieldtrail.settings import RouteSettings, Settings
from fieldtrail.settings_table import Threshold
from fieldtrail.wiring import make_schemas
from processors.calibration.crossval import folds_of, pooled
from processors.calibration.fit import fit
from processors.calibration.model import Calibration
from processors.calibration.samples import samples_of
from processors.calibration.thresholds import Chosen
from processors.calibration.tradeoff import Point, Targets, curve, report_at, thresholds_of
from processors.calibration.tradeoff import chosen as choose_all
from processors.evaluation.report import Options, Report
from processors.evaluation.truth import load_truth
from processors.fields import FieldType
from processors.routing import needed

UNFITTED = frozenset({"einvoice", "labelled", "forms", "letterhead"})
"""Readers that no labels can judge: the truth of an e-invoice is mostly the e-invoice."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A fit on all documents, and its figures out of fold: thresholds by type, what they come to, and the curve.

    ``thresholds`` and ``chosen`` are of all folds; ``report`` is what documents come to that neither the fit nor the
    thresholds have seen. ``values`` and ``documents`` count what was learnt from.
    """

    calibration: Calibration
    chosen: tuple[Chosen, ...]
    thresholds: Mapping[FieldType, float]
    report: Report
    curve: tuple[Point, ...]
    documents: int
    values: int


class StoppedError(RuntimeError):
    """The reading was stopped before its end. Nothing was fitted: a part of the documents tells another story."""


class NothingLabelledError(ValueError):
    """No document has a labelled value with its signals. The message says what to do."""


def calibrate(
    request: Request, settings: Settings, targets: Targets, synthetic_weight: float, version: str, watcher: Watcher
) -> Calibrated:
    """Reads the documents that ``request`` names with nothing held for a low confidence, and fits.

    Raises :class:`NothingLabelledError`, :class:`StoppedError` after Ctrl-C, and what
    :func:`fieldtrail.evaluation.evaluate.evaluate` does.
    """
    evaluation = evaluate(replace(request, scoring=Options(resamples=0)), nothing_held(settings), watcher)
    if evaluation.run.interrupted:
        raise StoppedError("stopped before every document was read; --predictions FILE --resume goes on from there")
    read = {item.file for item in evaluation.report.documents}
    rows = [row for row in load_truth(request.truth) if row.file in read]
    predictions = list(evaluation.predictions.values())
    samples = samples_of(rows, predictions, synthetic_weight)
    values = sum(len(item.values) for item in samples)
    if not values:
        raise NothingLabelledError("nothing that was read is labelled, or the predictions do not have their signals")
    folds = folds_of(rows, predictions, samples, UNFITTED)
    schemas = make_schemas(settings)
    must: dict[str | None, frozenset[str]] = {
        name: needed(schema) for schema in schemas.values() for name in schema.document_types
    }
    outcomes = pooled(folds)
    chosen = choose_all(outcomes, targets)
    return Calibrated(
        calibration=fit(samples, version, UNFITTED),
        chosen=tuple(chosen),
        thresholds=thresholds_of(chosen, outcomes, trust=targets.trust),
        report=report_at(folds, rows, targets, must, request.scoring),
        curve=tuple(curve(folds, rows, must)),
        documents=sum(bool(item.values) for item in samples),
        values=values,
    )


def nothing_held(settings: Settings) -> Settings:
    """The settings with thresholds that hold and leave out nothing, not even those of schemas, so that values are seen.

    Values that a rule failed on are still left out of documents that go straight through.
    """
    all_pass = Threshold(0.0, 0.0)
    schemas = make_schemas(settings).values()
    return replace(
        settings,
        route=RouteSettings(
            types={kind.value: all_pass for kind in FieldType},
            fields={name: all_pass for schema in schemas for name in schema.thresholds},
        ),
    )
