"""The metrics of a report: one list of names, each with what it measures and which way is better.

A *value* is a labelled header field of one document. *Right* is exact, or close for an address. Shares have an exact
binomial part in their interval (see :mod:`processors.evaluation.bootstrap`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """``is_share``: ``count`` of ``total`` things have a property, so the figure is a proportion."""

    name: str
    description: str
    higher_is_better: bool = True
    is_share: bool = True


METRICS: tuple[Metric, ...] = (
    # header fields
    Metric("field_accuracy", "Labelled values that are right, known absences included."),
    Metric("field_exact", "Values in the documents that were read exactly, after typed normalisation."),
    Metric(
        "field_fuzzy", "Values in the documents that were read exactly or, for texts, with an ANLS of 0.75 or more."
    ),
    Metric("field_precision", "Predicted values that are right."),
    Metric("field_recall", "Values in the documents that were read right."),
    Metric("field_f1", "Harmonic mean of field_precision and field_recall."),
    Metric("field_anls", "Mean ANLS of texts in the documents (Biten et al. 2019, threshold 0.5).", is_share=False),
    Metric("document_right", "Documents with labelled fields of which every one is right."),
    # line items
    Metric("cell_accuracy", "Labelled cells that are right, known absences included."),
    Metric("cell_precision", "Predicted cells that are right."),
    Metric("cell_recall", "Cells in the documents that were read right."),
    Metric("cell_f1", "Harmonic mean of cell_precision and cell_recall."),
    Metric("row_precision", "Predicted line items of which every labelled cell is right."),
    Metric("row_recall", "Line items in the documents that were read with every labelled cell right."),
    Metric("row_f1", "Harmonic mean of row_precision and row_recall."),
    Metric("table_right", "Documents with labelled line items whose table is right, row by row, no row too many."),
    # type and packets
    Metric("type_accuracy", "Documents of the right type."),
    Metric("boundary_precision", "Predicted boundaries inside packets that are there."),
    Metric("boundary_recall", "Boundaries inside packets that were found."),
    Metric("boundary_f1", "Harmonic mean of boundary_precision and boundary_recall."),
    Metric("page_type_accuracy", "Pages of packets with the right type."),
    Metric("segment_recall", "Documents inside packets found with exactly their pages and type."),
    Metric("packet_right", "Packets split into exactly their documents, each of the right type."),
    Metric("kept_whole", "Files with one document that were not split."),
    # routing
    Metric("straight_through_rate", "Documents that went through without a person."),
    Metric("silent_error_rate", "Auto-passed values that are false.", higher_is_better=False),
    Metric(
        "silent_error_rate_completed",
        "Values of straight-through documents that are false.",
        higher_is_better=False,
    ),
    Metric(
        "silent_error_documents",
        "Straight-through documents with at least one false value.",
        higher_is_better=False,
    ),
    Metric(
        "silent_missing_documents",
        "Straight-through documents in which a labelled value was not found.",
        higher_is_better=False,
    ),
    Metric(
        "silent_error_cells",
        "Predicted cells of straight-through documents that are false.",
        higher_is_better=False,
    ),
    Metric("failure_rate", "Documents that failed.", higher_is_better=False),
    # confidence
    Metric("ece", "Expected calibration error of values, bins of equal width.", higher_is_better=False, is_share=False),
    Metric(
        "ece_equal_mass",
        "Expected calibration error of values, bins of equal count.",
        higher_is_better=False,
        is_share=False,
    ),
    Metric("brier", "Brier score of values: mean squared gap to right (1) or not (0).", False, is_share=False),
    Metric("aurc", "Area under the risk-coverage curve of values.", higher_is_better=False, is_share=False),
    Metric("document_aurc", "Area under the risk-coverage curve of documents.", higher_is_better=False, is_share=False),
    # speed
    Metric("seconds_per_page", "Seconds spent on a document per page of it.", higher_is_better=False, is_share=False),
)

METRIC: dict[str, Metric] = {metric.name: metric for metric in METRICS}
"""The metrics by name."""
