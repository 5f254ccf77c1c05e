"""Line items: the true rows against the predicted ones, paired so that most cells agree."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from processors.evaluation.compare import canonical_text, likeness
from processors.evaluation.field_types import column_type
from processors.evaluation.judging import is_empty, judge_cell
from processors.evaluation.model import PredictedRow, Record, TruthRow
from processors.evaluation.report import CellResult, LineItemsResult, RowResult, Verdict
from processors.fields import FieldType


def judge_line_items(row: TruthRow, predicted: Sequence[PredictedRow]) -> LineItemsResult | None:
    """The verdict on every labelled cell; ``None`` where the rows are not labelled.

    Rows are paired one to one by the Hungarian method (Kuhn 1955) so that the number of exact cells is the greatest
    possible, then the number of exact rows, then the likeness of texts. A predicted row that no true one is like is
    spurious in every column that the table's truth labels; a true row without a partner is missing.
    """
    if row.line_items is None:
        return None
    partner = dict(_pairs(row, predicted))
    rows = [_judge_row(row, index, partner.get(index), predicted) for index in range(len(row.line_items))]
    labelled = sorted({column for item in row.line_items for column in item})
    left_over = sorted(set(range(len(predicted))) - set(partner.values()))
    rows += [_spurious(index, predicted[index].cells, labelled) for index in left_over]
    return LineItemsResult(len(row.line_items), len(predicted), tuple(rows))


def _judge_row(row: TruthRow, index: int, partner: int | None, predicted: Sequence[PredictedRow]) -> RowResult:
    assert row.line_items is not None, "called for labelled line items only"
    found: Mapping[str, str] = {} if partner is None else predicted[partner].cells
    cells = tuple(
        CellResult(name, judge_cell(row, index, name, found.get(name)), truth, _shown(found.get(name)))
        for name, truth in row.line_items[index].items()
    )
    exact = partner is not None and all(cell.verdict.is_right for cell in cells)
    return RowResult(index, partner, exact, cells)


def _spurious(index: int, found: Mapping[str, str], labelled: Sequence[str]) -> RowResult:
    cells = tuple(
        CellResult(name, Verdict.SPURIOUS, None, found[name])
        for name in labelled
        if name in found and not is_empty(found[name])
    )
    return RowResult(None, index, False, cells)


def _shown(text: str | None) -> str | None:
    return None if is_empty(text) else text


def _pairs(row: TruthRow, predicted: Sequence[PredictedRow]) -> list[tuple[int, int]]:
    """Indices of true and predicted rows that belong together; rows that have nothing in common are not paired."""
    truths = row.line_items or ()
    if not truths or not predicted:
        return []
    exact, whole, alike = _agreement(row, truths, predicted)
    # Exact cells are whole numbers, so the lesser aims together must stay below 1 over a whole table.
    lesser = 1.0 / (2 * (min(exact.shape) + 1))
    least = lesser / (2 * (min(exact.shape) + 1) * max(1.0, alike.max()))
    gain = exact + lesser * whole + least * alike
    left, right = linear_sum_assignment(gain, maximize=True)
    return [(int(i), int(j)) for i, j in zip(left, right, strict=True) if gain[i, j] > 0]


def _agreement(
    row: TruthRow, truths: Sequence[Record], predicted: Sequence[PredictedRow]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """For each pair of rows: cells that are exact, whether the whole row is, and the summed likeness of texts."""
    exact = np.zeros((len(truths), len(predicted)))
    differs = np.zeros(exact.shape, dtype=np.bool_)
    alike = np.zeros(exact.shape)
    for column in sorted({name for item in truths for name in item}):
        kind = column_type(row.document_type, column)
        codes: dict[Hashable, int] = {_EMPTY: 0}
        found = np.array([_code(codes, item.cells.get(column), kind) for item in predicted])
        for i, truth in enumerate(truths):
            if column in truth:
                values = (truth[column], *row.alternatives.get(f"line_items.{i}.{column}", ()))
                accepted = [_code(codes, value if isinstance(value, str) else None, kind) for value in values]
                right = np.isin(found, accepted)
                exact[i] += right & (found != codes[_EMPTY])
                differs[i] |= ~right
        if kind is FieldType.TEXT:
            alike += likeness([item.get(column) or "" for item in truths], [p.cells.get(column, "") for p in predicted])
    return exact, ~differs & (exact > 0), alike


_EMPTY = None
"""The key of a cell without a value."""


def _code(codes: dict[Hashable, int], text: str | None, kind: FieldType) -> int:
    """A small number for the cell's key, the same for equal cells; ``codes`` remembers them."""
    key = _EMPTY if text is None or is_empty(text) else canonical_text(text, kind)
    return codes.setdefault(key, len(codes))
