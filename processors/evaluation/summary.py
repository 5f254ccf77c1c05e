"""Figures over documents: one slice, with its fields and columns."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from processors.evaluation.bootstrap import Array, Resamples
from processors.evaluation.calibration import Scored, calibration_bins, risk_coverage
from processors.evaluation.confidences import (
    Judged,
    confidence_draws,
    field_values,
    scored_documents,
    scored_fields,
)
from processors.evaluation.field_types import column_type
from processors.evaluation.metrics import METRIC, METRICS
from processors.evaluation.report import (
    CellResult,
    DocumentResult,
    Estimate,
    FieldSummary,
    Options,
    Slice,
    Verdict,
)
from processors.evaluation.sums import Sums, cell_sums, document_sums, field_sums
from processors.fields import FieldType

SliceKey = tuple[str, str]
"""Dimension and value."""

Place = tuple[str, ...]
"""Where an estimate belongs: the slice, then ``metrics``, ``fields`` and a field, or ``columns`` and a column."""


@dataclass
class Table:
    """Counts and totals of many quotients, by cluster, so that all of them are resampled in one product."""

    resamples: Resamples
    _places: dict[tuple[Place, str], int] = field(default_factory=dict)
    _counts: list[Array] = field(default_factory=list)
    _totals: list[Array] = field(default_factory=list)

    def add(self, place: Place, cluster: str, sums: Sums) -> None:
        """Adds one document's sums to the quotients of ``place``."""
        row = self.resamples.index(cluster)
        for metric, (count, total) in sums.items():
            column = self._places.setdefault((place, metric), len(self._counts))
            if column == len(self._counts):
                self._counts.append(np.zeros(len(self.resamples.names)))
                self._totals.append(np.zeros(len(self.resamples.names)))
            self._counts[column][row] += count
            self._totals[column][row] += total

    def estimates(self) -> dict[Place, dict[str, Estimate]]:
        """All quotients with their intervals, by place and metric."""
        if not self._places:
            return {}
        counts, totals = np.stack(self._counts, axis=1), np.stack(self._totals, axis=1)
        is_share = np.array([METRIC[metric].is_share for _, metric in self._places])
        low, high = self.resamples.intervals(counts, totals, is_share)
        count, total = counts.sum(axis=0), totals.sum(axis=0)
        found: dict[Place, dict[str, Estimate]] = defaultdict(dict)
        for (place, metric), i in self._places.items():
            value = float(count[i] / total[i]) if total[i] > 0 else None
            shown = float(count[i]) if is_share[i] else None
            found[place][metric] = Estimate(value, _number(low[i]), _number(high[i]), shown, float(total[i]))
        return found


def summarise(groups: Mapping[SliceKey, Sequence[DocumentResult]], options: Options) -> dict[SliceKey, Slice]:
    """The slice of every group of documents, all on the same resamples.

    Of the dimension ``field`` only the figures of that field are taken.
    """
    documents = {id(item): item for group in groups.values() for item in group}.values()
    resamples = Resamples([item.cluster for item in documents], options)
    table = Table(resamples)
    for place, group in groups.items():
        for document in group:
            _add_document(table, place, document)
    estimates = table.estimates()
    return {place: _slice(place, group, estimates, resamples, options) for place, group in groups.items()}


def _add_document(table: Table, place: SliceKey, document: DocumentResult) -> None:
    if place[0] == "field":
        table.add(place, document.cluster, field_sums(item for item, _ in field_values([document], place[1])))
        return
    table.add(place, document.cluster, document_sums(document))
    for item in document.fields:
        table.add((*place, "fields", item.name), document.cluster, field_sums([item]))
    for column, cells in _columns(document).items():
        table.add((*place, "columns", column), document.cluster, cell_sums(cells))


def _slice(
    place: SliceKey,
    group: Sequence[DocumentResult],
    estimates: Mapping[Place, Mapping[str, Estimate]],
    resamples: Resamples,
    options: Options,
) -> Slice:
    is_field = place[0] == "field"
    values = field_values(group, place[1] if is_field else None)
    scored = scored_fields(values, resamples)
    of_documents = scored_documents(() if is_field else group, resamples)
    draws = confidence_draws(scored, None if is_field else of_documents, resamples, options.bins)
    metrics = {
        **estimates.get(place, {}),
        **{metric: _estimate(drawn, items, resamples) for metric, (items, drawn) in draws.items()},
    }
    return Slice(
        documents=len(group),
        clusters=len({document.cluster for document in group}),
        metrics={metric.name: metrics[metric.name] for metric in METRICS if metric.name in metrics},
        fields={} if is_field else _field_summaries(place, values, estimates),
        columns={} if is_field else _column_summaries(place, group, estimates),
        calibration=calibration_bins(scored, options.bins),
        risk_coverage=risk_coverage(scored),
        document_risk_coverage=risk_coverage(of_documents),
    )


def _estimate(draws: Array, items: Scored, resamples: Resamples) -> Estimate:
    if not len(items):
        return Estimate(None)
    value = float(draws[0])
    low, high = resamples.interval(value, draws[1:], len(set(items.cluster.tolist())))
    return Estimate(value, low, high, None, float(len(items)))


def _field_summaries(
    place: SliceKey, values: Iterable[Judged], estimates: Mapping[Place, Mapping[str, Estimate]]
) -> dict[str, FieldSummary]:
    counts: dict[str, Counter[Verdict]] = defaultdict(Counter)
    types: dict[str, FieldType] = {}
    for item, _ in values:
        counts[item.name][item.verdict] += 1
        types.setdefault(item.name, item.type)
    return {
        name: FieldSummary(name, types[name], _all(counts[name]), estimates[(*place, "fields", name)])
        for name in sorted(counts)
    }


def _column_summaries(
    place: SliceKey, group: Iterable[DocumentResult], estimates: Mapping[Place, Mapping[str, Estimate]]
) -> dict[str, FieldSummary]:
    counts: dict[str, Counter[Verdict]] = defaultdict(Counter)
    types: dict[str, FieldType] = {}
    for document in group:
        for name, cells in _columns(document).items():
            counts[name].update(cell.verdict for cell in cells)
            types.setdefault(name, column_type(document.document_type, name))
    return {
        name: FieldSummary(name, types[name], _all(counts[name]), estimates[(*place, "columns", name)])
        for name in sorted(counts)
    }


def _all(counts: Counter[Verdict]) -> dict[Verdict, int]:
    return {verdict: counts[verdict] for verdict in Verdict}


def _columns(document: DocumentResult) -> dict[str, list[CellResult]]:
    found: dict[str, list[CellResult]] = defaultdict(list)
    for row in () if document.line_items is None else document.line_items.rows:
        for cell in row.cells:
            found[cell.name].append(cell)
    return found


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
