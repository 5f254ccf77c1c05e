"""What each document adds to each metric that is a quotient of sums: a count and a total.

All metrics but the calibration errors and the areas under risk-coverage curves are such quotients, so that resampling
documents is a product of matrices.
"""

from collections import Counter
from collections.abc import Iterable

from processors.evaluation.compare import FUZZY_THRESHOLD
from processors.evaluation.model import Status
from processors.evaluation.report import CellResult, DocumentResult, FieldResult, SplitResult, Verdict

Sums = dict[str, tuple[float, float]]
"""Count and total by metric."""

PRESENT = (Verdict.EXACT, Verdict.CLOSE, Verdict.WRONG, Verdict.MISSING)
"""The document has a value."""
PREDICTED = (Verdict.EXACT, Verdict.CLOSE, Verdict.WRONG, Verdict.SPURIOUS)
"""A value was predicted."""


def document_sums(document: DocumentResult) -> Sums:
    """What the document adds to every metric of documents, fields, line items and splits."""
    sums = field_sums(document.fields) | _routing_sums(document)
    if document.fields:
        sums["document_right"] = _flag(all(item.verdict.is_right for item in document.fields))
    if document.type_correct is not None:
        sums["type_accuracy"] = _flag(document.type_correct)
    if document.line_items is not None:
        sums |= _table_sums(document)
    if document.split is not None:
        sums |= _split_sums(document.split)
    if document.seconds is not None and document.page_count:
        sums["seconds_per_page"] = (document.seconds, float(document.page_count))
    return sums


def field_sums(results: Iterable[FieldResult]) -> Sums:
    """What these fields add to the metrics of fields."""
    items = list(results)
    counts = Counter(item.verdict for item in items)
    present = [item for item in items if item.verdict in PRESENT]
    fuzzy = sum(item.verdict is Verdict.EXACT or (item.anls or 0.0) >= FUZZY_THRESHOLD for item in present)
    likeness = [item.anls for item in present if item.anls is not None]
    passed = [item for item in items if item.auto_passed]
    sure = [(item.confidence, item.verdict.is_right) for item in items if item.confidence is not None]
    return {
        **_quality("field", counts),
        "field_exact": (counts[Verdict.EXACT], len(present)),
        "field_fuzzy": (fuzzy, len(present)),
        "field_anls": (sum(likeness), len(likeness)),
        "silent_error_rate": (sum(item.verdict.is_false_value for item in passed), len(passed)),
        "brier": (sum((confidence - right) ** 2 for confidence, right in sure), len(sure)),
    }


def cell_sums(cells: Iterable[CellResult]) -> Sums:
    """What these cells add to the metrics of cells."""
    return _quality("cell", Counter(cell.verdict for cell in cells))


def _quality(what: str, counts: Counter[Verdict]) -> Sums:
    present = sum(counts[verdict] for verdict in PRESENT)
    predicted = sum(counts[verdict] for verdict in PREDICTED)
    right = counts[Verdict.EXACT] + counts[Verdict.CLOSE]
    return {
        f"{what}_accuracy": (right + counts[Verdict.ABSENT], counts.total()),
        f"{what}_precision": (right, predicted),
        f"{what}_recall": (right, present),
        f"{what}_f1": _f1(right, predicted, present),
    }


def _f1(right: float, predicted: float, present: float) -> tuple[float, float]:
    """F1 = 2PR / (P + R) = right / mean(predicted, present): a quotient of sums like the others."""
    return right, (predicted + present) / 2


def _routing_sums(document: DocumentResult) -> Sums:
    sums: Sums = {"failure_rate": _flag(document.status is Status.FAILED)}
    if document.type_correct is not None:
        sums["straight_through_rate"] = _flag(document.status is Status.COMPLETED)
    if document.status is not Status.COMPLETED:
        return sums
    if document.fields:
        predicted = [item for item in document.fields if item.verdict in PREDICTED]
        false = sum(item.verdict.is_false_value for item in predicted)
        sums["silent_error_rate_completed"] = (false, len(predicted))
        sums["silent_error_documents"] = _flag(false > 0)
        missing = any(item.verdict is Verdict.MISSING for item in document.fields)
        sums["silent_missing_documents"] = _flag(missing)
    if document.line_items is not None:
        cells = [cell for row in document.line_items.rows for cell in row.cells if cell.verdict in PREDICTED]
        sums["silent_error_cells"] = (sum(cell.verdict.is_false_value for cell in cells), len(cells))
    return sums


def _table_sums(document: DocumentResult) -> Sums:
    table = document.line_items
    assert table is not None, "called for documents with labelled line items"
    exact = sum(row.exact for row in table.rows)
    return {
        **cell_sums(cell for row in table.rows for cell in row.cells),
        "row_precision": (exact, table.predicted_rows),
        "row_recall": (exact, table.truth_rows),
        "row_f1": _f1(exact, table.predicted_rows, table.truth_rows),
        "table_right": _flag(exact == table.truth_rows == table.predicted_rows),
    }


def _split_sums(split: SplitResult) -> Sums:
    if not split.truth:
        return {"kept_whole": _flag(split.kept_whole)}
    return {
        "boundary_precision": (split.common_boundaries, split.predicted_boundaries),
        "boundary_recall": (split.common_boundaries, split.true_boundaries),
        "boundary_f1": _f1(split.common_boundaries, split.predicted_boundaries, split.true_boundaries),
        "page_type_accuracy": (split.pages_typed, split.pages),
        "segment_recall": (split.segments_exact, len(split.truth)),
        "packet_right": _flag(split.exact),
    }


def _flag(value: bool) -> tuple[float, float]:
    return float(value), 1.0
