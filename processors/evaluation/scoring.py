"""Truth and predictions in, a report out."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from processors.evaluation.judging import judge_fields
from processors.evaluation.line_items import judge_line_items
from processors.evaluation.matching import Match, match
from processors.evaluation.model import Key, Prediction, Quality, Status, TruthRow, key_shown
from processors.evaluation.report import DocumentResult, Options, Report, Slice
from processors.evaluation.splitting import judge_split
from processors.evaluation.summary import SliceKey, summarise

NO_TYPE = "(none)"
"""Stands in the confusion for the type of a document that has no prediction."""
_UNNAMED_ERROR = "unknown"
_DPI_CLASSES = (150, 200, 300)
_GOOD_SCAN_DPI = 200


def score(
    rows: Sequence[TruthRow],
    predictions: Sequence[Prediction],
    options: Options | None = None,
    run: Mapping[str, object] | None = None,
) -> Report:
    """Scores every row of the truth; a row without a prediction counts as failed, never as left out.

    The order of rows and predictions does not matter. ``run`` is recorded as it is. Raises ``ValueError`` on two rows
    or two predictions with the same file and pages.
    """
    matches, unmatched = match(rows, predictions)
    documents = [_judge(item) for item in matches]
    return report(documents, options or Options(), unmatched, run or {})


def report(
    documents: Sequence[DocumentResult], options: Options, unmatched: Sequence[Key], run: Mapping[str, object]
) -> Report:
    """The report over judged documents, which must be in order of file and pages."""
    found = summarise(_groups(documents), options)
    slices: dict[str, dict[str, Slice]] = {}
    for dimension, value in sorted(found):
        slices.setdefault(dimension, {})[value] = found[dimension, value]
    return Report(
        overall=slices.pop("overall")["all"],
        slices=slices,
        confusion=_confusion(documents),
        failures=dict(sorted(Counter(item.error for item in documents if item.error is not None).items())),
        documents=tuple(documents),
        unmatched=tuple(key_shown(key) for key in unmatched),
        options=options,
        run=dict(run),
    )


def dpi_class(quality: Quality) -> str:
    """``text_layer``, else ``<150``, ``150-199``, ``200-299`` or ``>=300`` dots an inch, or ``unknown``."""
    if quality.has_text_layer:
        return "text_layer"
    if quality.dpi_estimate is None:
        return "unknown"
    low, middle, high = _DPI_CLASSES
    if quality.dpi_estimate < low:
        return f"<{low}"
    if quality.dpi_estimate < middle:
        return f"{low}-{middle - 1}"
    return f"{middle}-{high - 1}" if quality.dpi_estimate < high else f">={high}"


def _judge(item: Match) -> DocumentResult:
    row, prediction = item.row, item.prediction
    failed = prediction.status is Status.FAILED
    accepted = {row.document_type, *row.alternatives.get("document_type", ())}
    is_packet = row.segments is not None
    right = prediction.document_type in accepted and not failed
    return DocumentResult(
        file=row.file,
        pages=row.pages,
        document_type=row.document_type,
        predicted_type=None if failed else prediction.document_type,
        type_correct=None if is_packet else right,
        language=row.language,
        source=row.source,
        kind=row.quality.kind,
        dpi_class=dpi_class(row.quality),
        cluster=row.cluster,
        status=prediction.status,
        error=(prediction.error or _UNNAMED_ERROR) if failed else None,
        fields=judge_fields(row, prediction),
        line_items=judge_line_items(row, prediction.line_items),
        split=judge_split(row, item.file_line),
        type_confidence=prediction.type_confidence,
        seconds=prediction.seconds,
        page_count=_page_count(prediction),
        note=row.note,
    )


def _page_count(prediction: Prediction) -> int | None:
    if prediction.page_count is not None or prediction.pages is None:
        return prediction.page_count
    return prediction.pages[1] - prediction.pages[0] + 1


def _groups(documents: Sequence[DocumentResult]) -> dict[SliceKey, list[DocumentResult]]:
    groups: dict[SliceKey, list[DocumentResult]] = {("overall", "all"): list(documents)}
    for document in documents:
        for dimension, value in _dimensions(document).items():
            groups.setdefault((dimension, value), []).append(document)
        for name in sorted({item.name for item in document.fields}):
            groups.setdefault(("field", name), []).append(document)
    return groups


def _dimensions(document: DocumentResult) -> dict[str, str]:
    return {
        "type": document.document_type,
        "language": document.language,
        "source": document.source,
        "kind": document.kind,
        "dpi": document.dpi_class,
        "type_and_quality": f"{document.document_type}/{_quality(document)}",
    }


def _quality(document: DocumentResult) -> str:
    """The kind, and of scans whether they have 200 DPI and more, the line that accuracy goals are drawn at."""
    if document.kind != "scan" or document.dpi_class in {"text_layer", "unknown"}:
        return document.kind
    good = document.dpi_class in {"200-299", ">=300"}
    return f"scan {'>=' if good else '<'}{_GOOD_SCAN_DPI} dpi"


def _confusion(documents: Sequence[DocumentResult]) -> dict[str, dict[str, int]]:
    """Documents by true and predicted type. An accepted alternative stands on the diagonal."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for item in documents:
        if item.type_correct is not None:
            predicted = item.document_type if item.type_correct else item.predicted_type or NO_TYPE
            counts[item.document_type][predicted] += 1
    return {name: dict(sorted(row.items())) for name, row in sorted(counts.items())}
