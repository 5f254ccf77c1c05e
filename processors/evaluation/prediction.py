"""Predictions as JSON lines, one per document read, so that anybody's scorer can check ours.

The format is documented in ``docs/evaluation.md``.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from processors.calibration.signals import Check, Signals
from processors.evaluation.model import PredictedField, PredictedRow, Prediction, Reading, Segment, Status, Value
from processors.fields import FieldType
from processors.geometry import Box

__all__ = ["PredictedField", "PredictedRow", "Prediction", "PredictionError", "Status", "parse_prediction", "to_json"]

_ROW_KEYS = frozenset({"confidence", "source", "signals"})
"""Keys of a line item that are no columns."""


class PredictionError(ValueError):
    """A prediction is not in the format. The message names the key and what is expected."""


Probability = Annotated[float, Field(ge=0, le=1)]
_Record = dict[str, str | None]
_Pages = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class _Source(BaseModel):
    page: int | None = None
    bbox: tuple[float, float, float, float] | None = None


class _Signals(BaseModel):
    type: FieldType
    reader: str
    reader_version: str
    score: Probability
    recognition: Probability
    check: Check


class _Field(BaseModel):
    value: str | list[str] | list[_Record] | None
    confidence: Probability
    source: _Source | None = None
    auto_passed: bool | None = None
    signals: _Signals | None = None


class _RowMark(BaseModel):
    confidence: Probability
    source: _Source | None = None
    signals: dict[str, _Signals] = {}


class _Segment(BaseModel):
    pages: _Pages
    document_type: str


class _Prediction(BaseModel):
    file: Annotated[str, Field(min_length=1)]
    status: Status
    pages: _Pages | None = None
    document_type: str | None = None
    type_confidence: Probability | None = None
    fields: dict[str, _Field] = {}
    line_items: list[dict[str, object]] = []
    review_required_fields: list[str] = []
    segments: list[_Segment] | None = None
    error: str | None = None
    seconds: Annotated[float, Field(ge=0)] | None = None
    page_count: Annotated[int, Field(ge=0)] | None = None


_CELLS = TypeAdapter(dict[str, str | None])


def to_json(prediction: Prediction) -> dict[str, object]:
    """The JSON object of one line; :func:`parse_prediction` reads it back to an equal value."""
    row: dict[str, object] = {
        "file": prediction.file,
        "pages": None if prediction.pages is None else list(prediction.pages),
        "status": prediction.status.value,
        "document_type": prediction.document_type,
        "type_confidence": prediction.type_confidence,
        "fields": {name: _field_json(item) for name, item in prediction.fields.items()},
        "line_items": [_row_json(item) for item in prediction.line_items],
        "review_required_fields": list(prediction.review_required_fields),
        "error": prediction.error,
        "seconds": prediction.seconds,
        "page_count": prediction.page_count,
    }
    if prediction.segments is not None:
        row["segments"] = [
            {"pages": list(segment.pages), "document_type": segment.document_type} for segment in prediction.segments
        ]
    return row


def parse_prediction(data: Mapping[str, object]) -> Prediction:
    """One line's JSON object as a value; unknown keys are ignored. Raises :class:`PredictionError`.

    A field or cell that is null was not read. Where ``auto_passed`` is missing, a field passed unseen unless
    ``review_required_fields`` names it or the document failed.
    """
    try:
        row = _Prediction.model_validate(data)
        rows = tuple(_row(item) for item in row.line_items)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise PredictionError(f"{key}: {first['msg']}, not {first['input']!r}") from error
    unseen = row.status is not Status.FAILED
    return Prediction(
        file=row.file,
        status=row.status,
        pages=row.pages,
        document_type=row.document_type,
        type_confidence=row.type_confidence,
        fields={
            name: _field(item, default_passed=unseen and name not in row.review_required_fields)
            for name, item in row.fields.items()
            if item.value is not None
        },
        line_items=rows,
        review_required_fields=tuple(row.review_required_fields),
        segments=None
        if row.segments is None
        else tuple(Segment(segment.pages, segment.document_type) for segment in row.segments),
        error=row.error,
        seconds=row.seconds,
        page_count=row.page_count,
    )


def _row_json(item: PredictedRow) -> dict[str, object]:
    row = {**item.cells, "confidence": item.confidence, "source": _source_json(item.page, item.bbox)}
    signals = {name: _signals_json(reading) for name, reading in item.readings.items()}
    return {**row, "signals": signals} if signals else row


def _field_json(item: PredictedField) -> dict[str, object]:
    field: dict[str, object] = {
        "value": _value_json(item.value),
        "confidence": item.confidence,
        "source": _source_json(item.page, item.bbox),
        "auto_passed": item.auto_passed,
    }
    return field if item.reading is None else {**field, "signals": _signals_json(item.reading)}


def _signals_json(item: Reading) -> dict[str, object]:
    signals = item.signals
    return {
        "type": item.type.value,
        "reader": signals.reader,
        "reader_version": item.version,
        "score": signals.score,
        "recognition": signals.recognition,
        "check": signals.check.value,
    }


def _reading(item: _Signals) -> Reading:
    return Reading(item.type, item.reader_version, Signals(item.reader, item.score, item.recognition, item.check))


def _value_json(value: Value) -> object:
    if isinstance(value, str):
        return value
    return [item if isinstance(item, str) else dict(item) for item in value]


def _source_json(page: int | None, bbox: Box | None) -> dict[str, object]:
    return {"page": page, "bbox": None if bbox is None else [bbox.x0, bbox.y0, bbox.x1, bbox.y1]}


def _field(item: _Field, *, default_passed: bool) -> PredictedField:
    assert item.value is not None, "fields without a value are left out by the caller"
    source = item.source or _Source()
    return PredictedField(
        value=_value(item.value),
        confidence=item.confidence,
        page=source.page,
        bbox=None if source.bbox is None else Box(*source.bbox),
        auto_passed=default_passed if item.auto_passed is None else item.auto_passed,
        reading=None if item.signals is None else _reading(item.signals),
    )


def _value(value: str | list[str] | list[_Record]) -> Value:
    if isinstance(value, str):
        return value
    records = tuple(item for item in value if not isinstance(item, str))
    return records or tuple(item for item in value if isinstance(item, str))


def _row(item: Mapping[str, object]) -> PredictedRow:
    mark = _RowMark.model_validate(item)
    cells = _CELLS.validate_python({name: value for name, value in item.items() if name not in _ROW_KEYS})
    source = mark.source or _Source()
    return PredictedRow(
        cells={name: value for name, value in cells.items() if value is not None},
        confidence=mark.confidence,
        page=source.page,
        bbox=None if source.bbox is None else Box(*source.bbox),
        readings={name: _reading(signals) for name, signals in mark.signals.items()},
    )
