"""How a file was split into documents."""

from collections.abc import Sequence

from processors.evaluation.model import Prediction, Segment, Status, TruthRow
from processors.evaluation.report import SplitResult


def judge_split(row: TruthRow, file_line: Prediction | None) -> SplitResult | None:
    """The split of the row's file; ``None`` for a row that is a part of one, or of a single document that failed.

    ``file_line`` is the prediction of the whole file. A packet for which it names no segments was left whole.
    """
    if row.pages is not None:
        return None
    failed = file_line is None or file_line.status is Status.FAILED
    predicted = () if file_line is None else file_line.segments or ()
    if row.segments is None:
        return None if failed else _of_one_document(predicted)
    if not predicted and file_line is not None and not failed:
        last = row.segments[-1].pages[1]
        predicted = (Segment((1, last), file_line.document_type or ""),)
    return _of_packet(row.segments, predicted)


def _of_one_document(predicted: Sequence[Segment]) -> SplitResult:
    return SplitResult((), tuple(predicted), 0, 0, 0, 0, 0, 0, kept_whole=len(predicted) <= 1)


def _of_packet(truth: Sequence[Segment], predicted: Sequence[Segment]) -> SplitResult:
    true_starts, predicted_starts = _boundaries(truth), _boundaries(predicted)
    types, predicted_types = _page_types(truth), _page_types(predicted)
    return SplitResult(
        truth=tuple(truth),
        predicted=tuple(predicted),
        true_boundaries=len(true_starts),
        predicted_boundaries=len(predicted_starts),
        common_boundaries=len(true_starts & predicted_starts),
        pages=len(types),
        pages_typed=sum(predicted_types.get(page) == name for page, name in types.items()),
        segments_exact=len(set(truth) & set(predicted)),
        kept_whole=len(predicted) <= 1,
    )


def _boundaries(segments: Sequence[Segment]) -> set[int]:
    """First pages of all segments but the first: where one document ends and another begins."""
    return set(sorted(segment.pages[0] for segment in segments)[1:])


def _page_types(segments: Sequence[Segment]) -> dict[int, str]:
    return {
        page: segment.document_type for segment in segments for page in range(segment.pages[0], segment.pages[1] + 1)
    }
