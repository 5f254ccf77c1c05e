"""Figures as people read them, in the terminal and on the page."""

from processors.evaluation.metrics import METRIC
from processors.evaluation.report import Estimate, FieldSummary, Slice

HEADLINES = (
    ("field_f1", "Fields, F1"),
    ("field_accuracy", "Fields right"),
    ("document_right", "Documents all right"),
    ("row_f1", "Line items, F1"),
    ("cell_f1", "Line-item cells, F1"),
    ("type_accuracy", "Document type"),
    ("packet_right", "Packets split right"),
    ("straight_through_rate", "Straight through"),
    ("silent_error_documents", "Straight through, false value"),
    ("silent_error_rate", "Passed values false"),
    ("ece", "Calibration error (ECE)"),
    ("failure_rate", "Failed"),
    ("seconds_per_page", "Seconds a page"),
)
"""The metrics that a run is judged by, with a name for people; those with nothing to measure are left out."""

SLICE_COLUMNS = (
    ("field_f1", "fields F1"),
    ("row_f1", "rows F1"),
    ("type_accuracy", "type"),
    ("straight_through_rate", "straight"),
    ("silent_error_documents", "silent errors"),
    ("seconds_per_page", "s/page"),
)
"""What is shown of each slice."""

DIMENSIONS = (
    ("type", "By document type"),
    ("type_and_quality", "By type and quality"),
    ("kind", "By kind of image"),
    ("dpi", "By resolution"),
    ("language", "By language"),
    ("source", "By source"),
)
"""The slices that are shown, with a heading."""


_NOTHING = Estimate(None)


def estimate(part: Slice | FieldSummary, metric: str) -> Estimate:
    """A figure of a slice or field; one without a value where nothing was there to measure."""
    return part.metrics.get(metric, _NOTHING)


def headlines(part: Slice) -> list[tuple[str, str, Estimate]]:
    """Metric, label and figure of the headlines that something was measured for."""
    found = [(metric, label, estimate(part, metric)) for metric, label in HEADLINES]
    return [item for item in found if item[2].value is not None]


def is_share(metric: str) -> bool:
    """Whether a metric is shown in per cent."""
    return METRIC[metric].is_share or metric == "field_anls"


def number(metric: str, value: float | None) -> str:
    """A value of ``metric``: shares in per cent, seconds and errors with three digits, a hyphen for none."""
    if value is None:
        return "-"
    if is_share(metric):
        return f"{value * 100:.1f} %"
    return f"{value:.2f}" if metric == "seconds_per_page" and value >= 1 else f"{value:.3f}"


def interval(metric: str, estimate: Estimate) -> str:
    """``93.1 to 96.0`` without the unit; empty where nothing is known of the spread."""
    if estimate.low is None or estimate.high is None:
        return ""
    if is_share(metric):
        return f"{estimate.low * 100:.1f} to {estimate.high * 100:.1f}"
    return f"{number(metric, estimate.low)} to {number(metric, estimate.high)}"


def support(metric: str, estimate: Estimate) -> str:
    """``117 of 121``, or how much was measured; empty for nothing, and for F1, whose parts are no counts of things."""
    if not estimate.total or metric.endswith("_f1"):
        return ""
    if estimate.count is None:
        return f"{estimate.total:g}"
    return f"{estimate.count:g} of {estimate.total:g}"


def difference(metric: str, value: float | None) -> str:
    """A difference between two values of ``metric``, with its sign: shares in percentage points."""
    if value is None:
        return "-"
    return f"{value * 100:+.1f} pp" if is_share(metric) else f"{value:+.3f}"
