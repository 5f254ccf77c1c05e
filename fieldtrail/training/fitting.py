"""Fitting the learned reader's weights. The same examples make the same weights, on one thread."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fieldtrail.training.examples import Example
from processors.reading.learned.columns import columns
from processors.reading.learned.forest import Floats, forest_of
from processors.reading.learned.found import KIND_OF, Kind
from processors.reading.learned.model import FieldModel, Model, WordScorer
from processors.reading.learned.words import BUCKETS

_PARTS = 3
"""Parts into which documents are dealt, so that the trees see words' scores of documents not learnt from."""
_FEWEST = 8
_MONOTONE = {"rule_offer": 1, "rule_same": 1, "strong": 1, "text": 1, "rule_other": -1}
"""What can only speak for a candidate, or only against it."""
_TREES = {
    "objective": "binary", "num_leaves": 15, "learning_rate": 0.06, "min_data_in_leaf": 20, "feature_fraction": 0.6,
    "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0, "max_bin": 127, "seed": 1, "deterministic": True,
    "force_row_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip
_ROUNDS = 120
_LEAST = {
    Kind.AMOUNT: 0.4, Kind.DATE: 0.2, Kind.IDENTIFIER: 0.2, Kind.TAX_ID: 0.25, Kind.NAME: 0.08, Kind.ADDRESS: 0.12,
}  # fmt: skip
"""Probability from which a candidate is a value. No amount is better than a wrong one; of a name, a person who settles
it wants to see the likeliest, and its low confidence keeps it from passing unseen."""
_PREFER = {
    Kind.AMOUNT: 1.0, Kind.DATE: 1.0, Kind.IDENTIFIER: 1.0, Kind.TAX_ID: 1.0, Kind.NAME: 1.5, Kind.ADDRESS: 1.5,
}  # fmt: skip
"""How much likelier, in log-odds, another candidate must be than what the rules choose."""


@dataclass(frozen=True, slots=True)
class _Table:
    rows: Floats
    hashed: list[tuple[int, ...]]
    right: NDArray[np.int64]
    parts: NDArray[np.int64]


def fit(examples: Sequence[Example], version: str) -> Model:
    """The weights of every field that the examples have enough right candidates of."""
    fields = {}
    for name in KIND_OF:
        table = _gather(examples, name)
        if table is not None and table.right.sum() >= _FEWEST:
            fields[name] = _fit_field(name, table)
    return Model(version, fields)


def _gather(examples: Sequence[Example], name: str) -> _Table | None:
    rows, hashed, right, parts = [], [], [], []
    for example in examples:
        labelled = example.fields.get(name)
        if labelled is None or not len(labelled.right):
            continue
        group = example.scene.group(name)
        count = len(group.found)
        generated = example.labelled.row.synthetic
        rows.append(example.scene.rows(name, np.zeros(count, np.float32)))
        hashed += group.hashed
        right.append(labelled.right)
        dealt = example.labelled.row.file if generated else example.labelled.row.cluster
        parts.append(np.full(count, int(hashlib.sha256(dealt.encode()).hexdigest(), 16) % _PARTS))
    if not rows:
        return None
    return _Table(
        np.concatenate(rows),
        hashed,
        np.concatenate(right).astype(np.int64),
        np.concatenate(parts),
    )


def _fit_field(name: str, table: _Table) -> FieldModel:
    import lightgbm

    names = columns(KIND_OF[name])
    rows = table.rows.copy()
    rows[:, names.index("text")] = np.round(_text_out_of_part(table), 5)
    params = {**_TREES, "monotone_constraints": [_MONOTONE.get(column, 0) for column in names]}
    data = lightgbm.Dataset(rows, table.right)
    booster = lightgbm.train(params, data, num_boost_round=_ROUNDS)
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    everything = np.ones(len(table.right), np.bool_)
    return FieldModel(_word_scorer(table, everything), forest_of(trees), _LEAST[KIND_OF[name]], _PREFER[KIND_OF[name]])


def _text_out_of_part(table: _Table) -> Floats:
    """What the words say of each candidate, by a scorer fitted on the other parts."""
    found = np.zeros(len(table.right), np.float32)
    for part in range(_PARTS):
        inside = table.parts == part
        if inside.any() and table.right[~inside].any():
            scorer = _word_scorer(table, ~inside)
            found[inside] = scorer.log_odds([words for words, own in zip(table.hashed, inside, strict=True) if own])
    return found


def _word_scorer(table: _Table, use: NDArray[np.bool_]) -> WordScorer:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=0.5, solver="liblinear", max_iter=50, random_state=0)
    fitted.fit(_sparse(table.hashed)[use], table.right[use])
    weights = fitted.coef_[0].astype(np.float16).astype(np.float32)
    return WordScorer(float(fitted.intercept_[0]), weights)


def _sparse(hashed: Sequence[tuple[int, ...]]) -> Any:
    from scipy.sparse import csr_matrix

    ends = np.cumsum([0, *map(len, hashed)])
    indices = np.fromiter((bucket for found in hashed for bucket in found), np.int64, ends[-1])
    return csr_matrix((np.ones(len(indices), np.float32), indices, ends), shape=(len(hashed), BUCKETS))
