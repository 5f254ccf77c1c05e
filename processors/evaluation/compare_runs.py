"""Two evaluations of the same truth: what got better, what got worse, and whether that can be chance.

The documents are the same in both, so all tests are paired. Per field, McNemar's exact test (1947; a binomial test on
the values that only one run got right), with Holm's correction (1979) because many fields are tested at once. It takes
values for independent; the difference's interval, from resampling whole clusters in both runs alike, does not. A change
is called better or worse where both agree.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from pydantic import TypeAdapter
from scipy.special import bdtr

from processors.evaluation.bootstrap import Array, Resamples
from processors.evaluation.confidences import confidence_draws, field_values, scored_documents, scored_fields
from processors.evaluation.metrics import METRIC, METRICS
from processors.evaluation.model import Key, PageRange, Value, key_order, key_shown
from processors.evaluation.pairing import Values, by_key, relabelled_between, values_of, without
from processors.evaluation.report import DocumentResult, Options, Report, Verdict
from processors.evaluation.sums import document_sums


class Direction(StrEnum):
    """Which way a figure went, beyond what chance explains."""

    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class MetricChange:
    """A figure over the common documents in both runs; the interval is that of the difference after - before."""

    name: str
    before: float
    after: float
    low: float | None
    high: float | None
    direction: Direction

    @property
    def difference(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field (``line_items.amount`` for a column) over the values labelled in both runs.

    ``fixed`` were right only after, ``broken`` only before. ``p_value`` is McNemar's exact one, ``p_adjusted`` Holm's.
    The interval is that of the difference in accuracy, after - before.
    """

    name: str
    values: int
    right_before: int
    right_after: int
    fixed: int
    broken: int
    p_value: float
    p_adjusted: float
    low: float | None
    high: float | None
    direction: Direction


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that only one of the runs got right."""

    name: str
    before: Verdict
    after: Verdict
    truth: Value | None
    predicted_before: Value | None
    predicted_after: Value | None


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """A document with at least one value that only one of the runs got right."""

    file: str
    pages: PageRange | None
    fixed: tuple[ValueChange, ...]
    broken: tuple[ValueChange, ...]


@dataclass(frozen=True, slots=True)
class RunComparison:
    """What changed between two runs over their common documents.

    ``documents``: those with most values lost on balance first. ``relabelled`` names values whose truth differs
    between the reports; they are left out of everything here. ``only_before`` and ``only_after`` name documents of one
    report alone.
    """

    metrics: tuple[MetricChange, ...]
    fields: tuple[FieldChange, ...]
    documents: tuple[DocumentChange, ...]
    common: int
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    relabelled: tuple[str, ...]
    options: Options

    def to_json(self) -> dict[str, object]:
        """A JSON object whose keys are the attributes' names."""
        data = TypeAdapter(RunComparison).dump_python(self, mode="json")
        assert isinstance(data, dict), "a dataclass is dumped as a dictionary"
        return data


def compare_runs(before: Report, after: Report, options: Options | None = None) -> RunComparison:
    """Compares two reports on the same or overlapping truth; without ``options``, with those of ``after``."""
    how = options or after.options
    old, new = by_key(before.documents), by_key(after.documents)
    common = sorted(old.keys() & new.keys(), key=key_order)
    relabelled: list[str] = []
    values: list[tuple[Values, Values]] = []
    pairs: list[tuple[DocumentResult, DocumentResult]] = []
    for key in common:
        changed = relabelled_between(old[key], new[key])
        relabelled += [f"{key_shown(key)}: {name}" for name in sorted(changed)]
        pairs.append((without(old[key], changed), without(new[key], changed)))
        values.append((values_of(pairs[-1][0]), values_of(pairs[-1][1])))
    resamples = Resamples([after.cluster for _, after in pairs], how)
    changes = [_document_change(key, *both) for key, both in zip(common, values, strict=True)]
    return RunComparison(
        metrics=_metric_changes(pairs, resamples, how),
        fields=_field_changes(values, [after.cluster for _, after in pairs], resamples, how),
        documents=tuple(
            sorted(
                (change for change in changes if change.fixed or change.broken),
                key=lambda item: (
                    len(item.fixed) - len(item.broken),
                    -len(item.broken),
                    key_order((item.file, item.pages)),
                ),
            )
        ),
        common=len(common),
        only_before=tuple(map(key_shown, sorted(old.keys() - new.keys(), key=key_order))),
        only_after=tuple(map(key_shown, sorted(new.keys() - old.keys(), key=key_order))),
        relabelled=tuple(relabelled),
        options=how,
    )


def mcnemar(fixed: int, broken: int) -> float:
    """The exact two-sided p-value that as uneven a split as this, or worse, is chance."""
    return float(min(1.0, 2 * bdtr(min(fixed, broken), fixed + broken, 0.5))) if fixed + broken else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for their number (Holm 1979), in the order given."""
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def _metric_changes(
    pairs: Sequence[tuple[DocumentResult, DocumentResult]], resamples: Resamples, options: Options
) -> tuple[MetricChange, ...]:
    before = _draws([pair[0] for pair in pairs], resamples, options)
    after = _draws([pair[1] for pair in pairs], resamples, options)
    clusters = len(resamples.names)
    changes = []
    for metric in METRICS:
        if metric.name not in before or metric.name not in after:
            continue
        old, new = before[metric.name], after[metric.name]
        if np.isnan(old[0]) or np.isnan(new[0]):
            continue
        low, high = resamples.interval(float(new[0] - old[0]), new[1:] - old[1:], clusters)
        direction = _direction(low, high, METRIC[metric.name].higher_is_better)
        changes.append(MetricChange(metric.name, float(old[0]), float(new[0]), low, high, direction))
    return tuple(changes)


def _draws(documents: Sequence[DocumentResult], resamples: Resamples, options: Options) -> dict[str, Array]:
    """By metric, its figure over the documents as they are and then over each resample."""
    counts: dict[str, Array] = defaultdict(lambda: np.zeros(len(resamples.names)))
    totals: dict[str, Array] = defaultdict(lambda: np.zeros(len(resamples.names)))
    for document in documents:
        for name, (count, total) in document_sums(document).items():
            counts[name][resamples.index(document.cluster)] += count
            totals[name][resamples.index(document.cluster)] += total
    scored = scored_fields(field_values(documents), resamples)
    sure = confidence_draws(scored, scored_documents(documents, resamples), resamples, options.bins)
    quotients = {name: resamples.with_all(counts[name], totals[name]) for name in counts}
    return quotients | {name: draws for name, (_, draws) in sure.items()}


def _field_changes(
    values: Sequence[tuple[Values, Values]], clusters: Sequence[str], resamples: Resamples, options: Options
) -> tuple[FieldChange, ...]:
    pairs: dict[str, list[tuple[bool, bool, int]]] = defaultdict(list)
    for (before, after), cluster in zip(values, clusters, strict=True):
        for name in before.keys() & after.keys():
            right = before[name].verdict.is_right, after[name].verdict.is_right
            pairs[before[name].name].append((*right, resamples.index(cluster)))
    names = sorted(pairs)
    split = {name: Counter((before, after) for before, after, _ in pairs[name]) for name in names}
    p_values = {name: mcnemar(split[name][False, True], split[name][True, False]) for name in names}
    # Where both runs got the same values right there is nothing to test, so these do not count towards the correction.
    tested = [name for name in names if split[name][False, True] + split[name][True, False]]
    adjusted = dict(zip(tested, holm([p_values[name] for name in tested]), strict=True))
    changes = []
    for name in names:
        low, high = _difference(pairs[name], resamples)
        p_adjusted = adjusted.get(name, 1.0)
        is_sure = p_adjusted < 1 - options.level
        changes.append(
            FieldChange(
                name=name,
                values=len(pairs[name]),
                right_before=sum(before for before, _, _ in pairs[name]),
                right_after=sum(after for _, after, _ in pairs[name]),
                fixed=split[name][False, True],
                broken=split[name][True, False],
                p_value=p_values[name],
                p_adjusted=p_adjusted,
                low=low,
                high=high,
                direction=_direction(low, high, True) if is_sure else Direction.UNCLEAR,
            )
        )
    return tuple(changes)


def _difference(pairs: Sequence[tuple[bool, bool, int]], resamples: Resamples) -> tuple[float | None, float | None]:
    """The interval of the difference in accuracy."""
    gained, totals = np.zeros(len(resamples.names)), np.zeros(len(resamples.names))
    for before, after, cluster in pairs:
        gained[cluster] += after - before
        totals[cluster] += 1
    draws = resamples.with_all(gained, totals)
    return resamples.interval(float(draws[0]), draws[1:], int((totals > 0).sum()))


def _direction(low: float | None, high: float | None, higher_is_better: bool) -> Direction:
    if low is None or high is None or low <= 0 <= high:
        return Direction.UNCLEAR
    return Direction.BETTER if (low > 0) == higher_is_better else Direction.WORSE


def _document_change(key: Key, before: Values, after: Values) -> DocumentChange:
    file, pages = key
    changed = [
        ValueChange(
            name,
            before[name].verdict,
            after[name].verdict,
            after[name].truth,
            before[name].predicted,
            after[name].predicted,
        )
        for name in sorted(before.keys() & after.keys())
        if before[name].verdict.is_right != after[name].verdict.is_right
    ]
    return DocumentChange(
        file,
        pages,
        fixed=tuple(item for item in changed if item.after.is_right),
        broken=tuple(item for item in changed if not item.after.is_right),
    )
