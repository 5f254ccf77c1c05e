"""Which prediction is about which row of the truth."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from processors.evaluation.model import Key, PageRange, Prediction, Status, TruthRow, key_order, key_shown

NOT_PREDICTED = "not_predicted"
"""Error code of a row whose file has no prediction at all."""
NOT_SPLIT = "not_split"
"""Error code of a row that is a part of a file where no document of its own was predicted."""


@dataclass(frozen=True, slots=True)
class Match:
    """A row, the prediction of its document, and the line that says how its file was split.

    ``file_line`` is the packet's own line, else the file's only one; ``None`` where there is none.
    """

    row: TruthRow
    prediction: Prediction
    file_line: Prediction | None


def match(rows: Sequence[TruthRow], predictions: Sequence[Prediction]) -> tuple[list[Match], list[Key]]:
    """One match for each row, in order of file and pages, and the keys of predictions that no row is about.

    Documents of one file are paired one to one so that their common pages are most (intersection over union). A row
    without a partner gets a failed prediction: of the whole file where that failed, else ``not_split`` or
    ``not_predicted``. A packet's own row takes the packet's own line. Raises ``ValueError`` on two rows or two
    predictions with the same file and pages.
    """
    _unique("truth", (row.key for row in rows))
    _unique("predictions", (item.key for item in predictions))
    by_file: dict[str, list[Prediction]] = defaultdict(list)
    for item in sorted(predictions, key=lambda item: key_order(item.key)):
        by_file[item.file].append(item)
    rows_of: dict[str, list[TruthRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda item: key_order(item.key)):
        rows_of[row.file].append(row)
    matches: list[Match] = []
    used: set[Key] = set()
    for file, file_rows in rows_of.items():
        found = _match_file(file_rows, by_file.get(file, []))
        matches += found
        used |= {item.prediction.key for item in found} | {item.file_line.key for item in found if item.file_line}
    return matches, [item.key for items in by_file.values() for item in items if item.key not in used]


def _match_file(rows: Sequence[TruthRow], predictions: Sequence[Prediction]) -> list[Match]:
    packet = next((item for item in predictions if item.segments is not None), None)
    whole = next((item for item in predictions if item.pages is None), None)
    only = predictions[0] if len(predictions) == 1 else None
    file_line = packet or whole or only
    documents = [item for item in predictions if item is not packet] or list(predictions)
    last = _last_page(rows, predictions)
    parts = [row for row in rows if row.segments is None]
    overlap = np.array([[_overlap(row.pages, item.pages, last) for item in documents] for row in parts])
    partner: dict[Key, Prediction] = {}
    if overlap.size:
        for i, j in zip(*linear_sum_assignment(overlap, maximize=True), strict=True):
            if overlap[i, j] > 0:
                partner[parts[i].key] = documents[j]
    if file_line is not None:
        partner |= {row.key: file_line for row in rows if row.segments is not None}
    return [Match(row, partner.get(row.key) or _failed(row, file_line), file_line) for row in rows]


def _failed(row: TruthRow, file_line: Prediction | None) -> Prediction:
    if file_line is None:
        return Prediction(row.file, Status.FAILED, row.pages, error=NOT_PREDICTED)
    error = file_line.error if file_line.status is Status.FAILED else NOT_SPLIT
    return Prediction(row.file, Status.FAILED, row.pages, error=error)


def _overlap(left: PageRange | None, right: PageRange | None, last: int) -> float:
    """Common pages by all pages of both; ``None`` is the whole file up to ``last``."""
    a, b = left or (1, last), right or (1, last)
    common = min(a[1], b[1]) - max(a[0], b[0]) + 1
    return max(0, common) / (a[1] - a[0] + b[1] - b[0] + 2 - common) if common > 0 else 0.0


def _last_page(rows: Iterable[TruthRow], predictions: Iterable[Prediction]) -> int:
    pages = [1]
    for row in rows:
        pages += [] if row.pages is None else [row.pages[1]]
        pages += [segment.pages[1] for segment in row.segments or ()]
    for item in predictions:
        pages += [item.pages[1]] if item.pages is not None else [item.page_count or 1]
        pages += [segment.pages[1] for segment in item.segments or ()]
    return max(pages)


def _unique(what: str, keys: Iterable[Key]) -> None:
    seen: set[Key] = set()
    for key in keys:
        if key in seen:
            raise ValueError(f"{what}: {key_shown(key)} stands twice")
        seen.add(key)
