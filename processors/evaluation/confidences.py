"""The metrics of confidence that are no quotients of sums, over documents and their resamples."""

from collections.abc import Iterable, Sequence

import numpy as np

from processors.evaluation.bootstrap import Array, Resamples
from processors.evaluation.calibration import (
    Scored,
    area_under_risk,
    calibration_error,
    equal_mass_bins,
    equal_width_bins,
)
from processors.evaluation.report import DocumentResult, FieldResult

Judged = tuple[FieldResult, str]
"""A field's result and the cluster of its document."""


def scored_fields(values: Iterable[Judged], resamples: Resamples) -> Scored:
    """The predicted values among ``values``."""
    return _scored(
        (item.confidence, item.verdict.is_right, resamples.index(cluster))
        for item, cluster in values
        if item.confidence is not None
    )


def scored_documents(documents: Iterable[DocumentResult], resamples: Resamples) -> Scored:
    """Documents as sure as their least sure labelled value, right where none is false; others are left out."""
    rows = []
    for document in documents:
        sure = [item.confidence for item in document.fields if item.confidence is not None]
        if sure:
            right = not any(item.verdict.is_false_value for item in document.fields)
            rows.append((min(sure), right, resamples.index(document.cluster)))
    return _scored(rows)


def field_values(documents: Iterable[DocumentResult], name: str | None = None) -> list[Judged]:
    """All labelled values of the documents, or those of the field called ``name``."""
    return [
        (item, document.cluster)
        for document in documents
        for item in document.fields
        if name is None or item.name == name
    ]


def confidence_draws(
    values: Scored, documents: Scored | None, resamples: Resamples, bins: int
) -> dict[str, tuple[Scored, Array]]:
    """By metric, what was measured and its figure: first over the documents as they are, then over each resample.

    ``documents`` ``None`` leaves the metric of documents out. NaN where a resample holds nothing.
    """
    as_they_are = np.ones((1, len(resamples.names)))
    weights = np.vstack([as_they_are, resamples.weights])
    width = equal_width_bins(values.confidence, bins)
    mass = equal_mass_bins(values.confidence, bins)
    draws = {
        "ece": (values, calibration_error(values, width, weights)),
        "ece_equal_mass": (values, calibration_error(values, mass, weights)),
        "aurc": (values, area_under_risk(values, weights)),
    }
    if documents is not None:
        draws["document_aurc"] = (documents, area_under_risk(documents, weights))
    return draws


def _scored(rows: Iterable[tuple[float, bool, int]]) -> Scored:
    items: Sequence[tuple[float, bool, int]] = list(rows)
    return Scored(
        confidence=np.array([row[0] for row in items], dtype=np.float64),
        right=np.array([row[1] for row in items], dtype=np.float64),
        cluster=np.array([row[2] for row in items], dtype=np.int64),
    )
