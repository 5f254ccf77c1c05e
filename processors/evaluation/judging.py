"""The verdict on one labelled value."""

from collections.abc import Sequence

from processors.evaluation.compare import Comparison, compare, has_anls
from processors.evaluation.field_types import column_type, field_type
from processors.evaluation.model import PredictedField, Prediction, Status, TruthRow, Value
from processors.evaluation.report import FieldResult, Verdict

_NOTHING = Comparison(exact=False, close=False, anls=None)


def judge_fields(row: TruthRow, prediction: Prediction) -> tuple[FieldResult, ...]:
    """A result for every labelled header field, by name. What is not labelled is not judged."""
    return tuple(_judge_field(row, prediction, name) for name in sorted(row.fields))


def judge_cell(row: TruthRow, index: int, column: str, predicted: str | None) -> Verdict:
    """The verdict on a labelled cell of the line item at ``index`` (from 0) of ``row``."""
    assert row.line_items is not None, "only labelled line items have cells"
    accepted = (row.line_items[index][column], *row.alternatives.get(f"line_items.{index}.{column}", ()))
    kind = column_type(row.document_type, column)
    present = _present(accepted)
    if predicted is None or is_empty(predicted):
        return _without_prediction(accepted)
    comparison = compare(present, predicted, row.document_type, column, kind) if present else _NOTHING
    return _verdict(comparison, accepted)


def is_empty(value: Value | None) -> bool:
    """Whether ``value`` says nothing: ``None``, blanks, an empty list."""
    return value is None or not (value.strip() if isinstance(value, str) else value)


def _judge_field(row: TruthRow, prediction: Prediction, name: str) -> FieldResult:
    kind = field_type(row.document_type, name)
    truth = row.fields[name]
    accepted = (truth, *row.alternatives.get(name, ()))
    item = prediction.fields.get(name)
    present = _present(accepted)
    if item is None or is_empty(item.value):
        verdict = _without_prediction(accepted)
        anls = 0.0 if verdict is Verdict.MISSING and has_anls(present, kind) else None
        return FieldResult(name, kind, verdict, truth, None, anls)
    comparison = compare(present, item.value, row.document_type, name, kind) if present else _NOTHING
    return FieldResult(
        name=name,
        type=kind,
        verdict=_verdict(comparison, accepted),
        truth=truth,
        predicted=item.value,
        anls=comparison.anls,
        confidence=item.confidence,
        auto_passed=_passed_unseen(prediction, item),
        page=item.page,
        bbox=item.bbox,
    )


def _present(values: Sequence[Value | None]) -> list[Value]:
    return [value for value in values if value is not None and not is_empty(value)]


def _passed_unseen(prediction: Prediction, item: PredictedField) -> bool:
    """Everything in a straight-through document goes out unseen, whatever a field's own state is."""
    return prediction.status is Status.COMPLETED or item.auto_passed


def _without_prediction(accepted: Sequence[Value | None]) -> Verdict:
    return Verdict.ABSENT if any(is_empty(value) for value in accepted) else Verdict.MISSING


def _verdict(comparison: Comparison, accepted: Sequence[Value | None]) -> Verdict:
    if comparison.exact:
        return Verdict.EXACT
    if comparison.close:
        return Verdict.CLOSE
    return Verdict.SPURIOUS if all(is_empty(value) for value in accepted) else Verdict.WRONG
