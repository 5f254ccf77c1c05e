"""Labelled values with their signals: what calibration learns from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from processors.calibration.model import CELLS
from processors.calibration.signals import Signals
from processors.evaluation.judging import judge_fields
from processors.evaluation.line_items import judge_line_items
from processors.evaluation.matching import match
from processors.evaluation.model import Prediction, Reading, TruthRow
from processors.evaluation.report import Verdict
from processors.fields import FieldType

_READ = (Verdict.EXACT, Verdict.CLOSE, Verdict.WRONG, Verdict.SPURIOUS)


@dataclass(frozen=True, slots=True)
class Value:
    """One labelled value that was read, in a document that was taken for a ``document_type``.

    ``name`` is a field's or a column's (``line_items.amount``).
    """

    document_type: str
    name: str
    type: FieldType
    reader_version: str
    signals: Signals
    right: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """The labelled values of one document. ``weight`` says how much they count in a fit.

    ``cluster`` is its vendor or template; documents of one are never learnt from and judged on at once. Made-up ones
    (``synthetic``) are learnt from only.
    """

    file: str
    cluster: str
    values: tuple[Value, ...]
    weight: float = 1.0
    synthetic: bool = False


def samples_of(rows: Sequence[TruthRow], predictions: Sequence[Prediction], synthetic_weight: float) -> list[Sample]:
    """A sample for each row of the truth, in order of file and pages; those of made-up documents weigh less.

    Values without signals (of a run that did not record them) are left out. Raises ``ValueError`` as
    :func:`processors.evaluation.matching.match` does.
    """
    matches, _ = match(rows, predictions)
    return [
        Sample(
            file=item.row.file,
            cluster=item.row.cluster,
            values=(*_fields(item.row, item.prediction), *_cells(item.row, item.prediction)),
            weight=synthetic_weight if item.row.synthetic else 1.0,
            synthetic=item.row.synthetic,
        )
        for item in matches
    ]


def _fields(row: TruthRow, prediction: Prediction) -> Iterator[Value]:
    for result in judge_fields(row, prediction):
        found = prediction.fields.get(result.name)
        if found is not None and found.reading is not None and result.verdict in _READ:
            yield _value(prediction, result.name, found.reading, result.verdict)


def _cells(row: TruthRow, prediction: Prediction) -> Iterable[Value]:
    judged = judge_line_items(row, prediction.line_items)
    for result in () if judged is None else judged.rows:
        if result.predicted_index is None:
            continue
        readings = prediction.line_items[result.predicted_index].readings
        for cell in result.cells:
            if cell.name in readings and cell.verdict in _READ:
                yield _value(prediction, CELLS + cell.name, readings[cell.name], cell.verdict)


def _value(prediction: Prediction, name: str, reading: Reading, verdict: Verdict) -> Value:
    document_type = prediction.document_type or ""
    return Value(document_type, name, reading.type, reading.version, reading.signals, verdict.is_right)
