"""The report of an evaluation: what was right and wrong in each document, and every figure with its interval.

Made by :func:`processors.evaluation.scoring.score`. Its JSON has stable keys, the attributes' names; ``schema_version``
changes only when one of them changes its meaning or goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from pydantic import TypeAdapter, ValidationError

from processors.evaluation.model import PageRange, Segment, Status, Value
from processors.fields import FieldType
from processors.geometry import Box

SCHEMA_VERSION = 1


class ReportError(ValueError):
    """A file is no report of a version that this code reads. The message says why."""


class Verdict(StrEnum):
    """What became of one labelled value."""

    EXACT = "exact"
    """Predicted, and equal after typed normalisation."""
    CLOSE = "close"
    """An address: predicted, not equal letter by letter, but the same place (see ``docs/evaluation.md``)."""
    WRONG = "wrong"
    """Predicted, and another value."""
    MISSING = "missing"
    """There is one, and nothing was predicted."""
    SPURIOUS = "spurious"
    """Known to be absent, and a value was predicted."""
    ABSENT = "absent"
    """Known to be absent, and nothing was predicted."""

    @property
    def is_right(self) -> bool:
        """Whether a consumer got the truth, an absence included."""
        return self in {Verdict.EXACT, Verdict.CLOSE, Verdict.ABSENT}

    @property
    def is_false_value(self) -> bool:
        """Whether a consumer got a value that is not so: what must never pass unseen."""
        return self in {Verdict.WRONG, Verdict.SPURIOUS}


@dataclass(frozen=True, slots=True)
class FieldResult:
    """One labelled header field. ``anls`` (in [0, 1]) is set for texts that have a value.

    ``auto_passed``: a value went out that no person was asked to look at. ``confidence``, ``page`` and ``bbox`` are
    those of the prediction, ``None`` where there is none.
    """

    name: str
    type: FieldType
    verdict: Verdict
    truth: Value | None
    predicted: Value | None
    anls: float | None = None
    confidence: float | None = None
    auto_passed: bool = False
    page: int | None = None
    bbox: Box | None = None


@dataclass(frozen=True, slots=True)
class CellResult:
    """One labelled cell of a line item."""

    name: str
    verdict: Verdict
    truth: str | None
    predicted: str | None


@dataclass(frozen=True, slots=True)
class RowResult:
    """A true line item and the predicted one that it was matched with; indices from 0, ``None`` where there is none.

    ``exact``: both are there and every labelled cell is right.
    """

    truth_index: int | None
    predicted_index: int | None
    exact: bool
    cells: tuple[CellResult, ...]


@dataclass(frozen=True, slots=True)
class LineItemsResult:
    """The line items of one document."""

    truth_rows: int
    predicted_rows: int
    rows: tuple[RowResult, ...]


@dataclass(frozen=True, slots=True)
class SplitResult:
    """How one file was split. Boundaries are the first pages of segments but the first one's.

    ``segments_exact`` counts segments with the same pages and type; ``pages_typed`` pages with the right type.
    For a file that is no packet, ``truth`` is empty and only ``kept_whole`` says anything.
    """

    truth: tuple[Segment, ...]
    predicted: tuple[Segment, ...]
    true_boundaries: int
    predicted_boundaries: int
    common_boundaries: int
    pages: int
    pages_typed: int
    segments_exact: int
    kept_whole: bool

    @property
    def exact(self) -> bool:
        """Whether a packet was split into exactly its documents, each of the right type."""
        return self.segments_exact == len(self.truth) == len(self.predicted)


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """One row of the truth and what became of it.

    ``status`` is ``failed`` with the error ``not_predicted`` where no prediction was given for it. ``cluster`` is the
    unit that intervals resample. ``type_correct`` is ``None`` for a packet's own row. ``split`` is ``None`` for rows
    that are a part of a file.
    """

    file: str
    pages: PageRange | None
    document_type: str
    predicted_type: str | None
    type_correct: bool | None
    language: str
    source: str
    kind: str
    dpi_class: str
    cluster: str
    status: Status
    error: str | None
    fields: tuple[FieldResult, ...] = ()
    line_items: LineItemsResult | None = None
    split: SplitResult | None = None
    type_confidence: float | None = None
    seconds: float | None = None
    page_count: int | None = None
    note: str | None = None

    @property
    def false_values(self) -> int:
        """Header fields and cells with a value that is not so."""
        return sum(verdict.is_false_value for verdict in self._verdicts())

    @property
    def errors(self) -> int:
        """False values, missing ones and a wrong type: how bad the document is."""
        return sum(not verdict.is_right for verdict in self._verdicts()) + (self.type_correct is False)

    @property
    def silent_errors(self) -> int:
        """False values of header fields that no person was asked to look at."""
        return sum(item.auto_passed and item.verdict.is_false_value for item in self.fields)

    def _verdicts(self) -> list[Verdict]:
        rows = () if self.line_items is None else self.line_items.rows
        return [item.verdict for item in self.fields] + [cell.verdict for row in rows for cell in row.cells]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its interval. ``value`` is ``None`` where nothing was there to measure.

    ``total`` is how much was measured (documents, fields, cells, pages; see the metric), ``count`` how much of it has
    the property where the metric is a share. ``low`` and ``high`` are ``None`` where one cluster alone was measured
    and the metric is no share, so that nothing is known of its spread.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    count: float | None = None
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Predicted values with a confidence in ``[low, high)``, the last bin ``[low, 1]``."""

    low: float
    high: float
    count: int
    mean_confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """What passes at a threshold: its share of all predictions (``coverage``) and the share of false ones in it."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class FieldSummary:
    """One field, or one column of the line items, over the documents of a slice."""

    name: str
    type: FieldType
    counts: Mapping[Verdict, int]
    metrics: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Slice:
    """The figures over some of the documents. The metrics are described in ``processors.evaluation.metrics``.

    ``calibration`` and the risk-coverage curve are over predicted header fields; ``document_risk_coverage`` over
    documents, each as sure as the least sure of its fields and false where one of them is.
    """

    documents: int
    clusters: int
    metrics: Mapping[str, Estimate]
    fields: Mapping[str, FieldSummary]
    columns: Mapping[str, FieldSummary]
    calibration: tuple[CalibrationBin, ...]
    risk_coverage: tuple[RiskPoint, ...]
    document_risk_coverage: tuple[RiskPoint, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """How to score. ``resamples`` 0 leaves intervals out; ``level`` is their coverage; ``seed`` makes them repeatable.

    ``bins`` is the number of calibration bins.
    """

    resamples: int = 1000
    level: float = 0.95
    seed: int = 0
    bins: int = 10

    def __post_init__(self) -> None:
        if self.resamples < 0 or not 0 < self.level < 1 or self.bins < 1:
            raise ValueError(f"resamples >= 0, 0 < level < 1 and bins >= 1 do not hold for {self}")


@dataclass(frozen=True, slots=True)
class Report:
    """One evaluation.

    ``slices`` holds, by dimension (``type``, ``language``, ``source``, ``kind``, ``dpi``, ``type_and_quality``) and its
    value, the same figures over these documents alone; the dimension ``field`` holds those of one field over all
    documents. ``confusion`` counts documents by true and predicted type (``(none)`` where there is no prediction).
    ``failures`` counts documents by error code. ``unmatched`` names predictions that no row of the truth is about.
    ``run`` is whatever the caller records of the run: code version, models, configuration.
    """

    overall: Slice
    slices: Mapping[str, Mapping[str, Slice]]
    confusion: Mapping[str, Mapping[str, int]]
    failures: Mapping[str, int]
    documents: tuple[DocumentResult, ...]
    unmatched: tuple[str, ...]
    options: Options
    run: Mapping[str, object] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def worst_first(self) -> list[DocumentResult]:
        """The documents by silent errors, then false values, then all errors, most first; then by file."""
        return sorted(
            self.documents,
            key=lambda item: (-item.silent_errors, -item.false_values, -item.errors, item.file, item.pages or (0, 0)),
        )

    def to_json(self) -> dict[str, object]:
        """A JSON object that :meth:`from_json` reads back to an equal report."""
        data = _adapter().dump_python(self, mode="json")
        assert isinstance(data, dict), "a dataclass is dumped as a dictionary"
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "Report":
        """The report that :meth:`to_json` wrote. Raises :class:`ReportError` where it is none or of another version."""
        version = data.get("schema_version")
        if version != SCHEMA_VERSION:
            raise ReportError(f"schema_version must be {SCHEMA_VERSION}, not {version!r}")
        try:
            return _adapter().validate_python(data)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(str(part) for part in first["loc"])
            raise ReportError(f"{key}: {first['msg']}") from error


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)
