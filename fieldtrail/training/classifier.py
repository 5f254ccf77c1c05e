"""Trains the classifier by words: ``python -m fieldtrail.training.classifier --help``."""

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from fieldtrail.training.pages import (
    GENERATED,
    Sample,
    generated_samples,
    labelled_pages,
    labelled_samples,
    receipt_samples,
)
from processors.classification.features import TITLE_BUCKETS, TYPES, WORD_BUCKETS
from processors.classification.model import (
    TITLE_SCALE,
    WEIGHTS,
    WORD_SCALE,
    Weights,
    probabilities,
    save_weights,
    standardised,
)
from processors.evaluation.calibration import Scored, calibration_error, equal_width_bins

Array = npt.NDArray[Any]

VERSION = "1.0.0"
FOLDS = 10
REAL_WEIGHT = 6.0
"""What a real page weighs beside a generated one."""
MOST_BALANCE = 6.0
"""Rare types weigh more, by the square root of how rare they are, and at most this much."""
REGULARISATION = 1.0
_TEMPERATURES = np.arange(1.0, 2.01, 0.05)
"""Never below 1: documents of other sources are less like these than a fold is like the others."""


def train(samples: Sequence[Sample], version: str = VERSION) -> Weights:
    """Weights fitted to ``samples``, not yet calibrated (temperature 1). Deterministic."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    dense = np.array([sample.features.dense for sample in samples], np.float32)
    generated = np.array([sample.group == GENERATED for sample in samples])
    mean, spread = dense[generated].mean(axis=0), dense[generated].std(axis=0) + 0.05
    inputs = sparse.hstack([sparse.csr_matrix(standardised(dense, mean, spread)), _terms(samples)]).tocsr()
    labels = np.array([TYPES.index(sample.document_type) for sample in samples])
    model = LogisticRegression(C=REGULARISATION, max_iter=300, tol=1e-4)
    model.fit(inputs, labels, sample_weight=_weights(samples, labels))
    if len(model.classes_) != len(TYPES):
        raise ValueError("the samples lack some document types")
    table = model.coef_.astype(np.float32)
    figures, words = dense.shape[1], dense.shape[1] + WORD_BUCKETS
    bias = model.intercept_.astype(np.float32)
    return Weights(table[:, :figures], table[:, figures:words], table[:, words:], bias, mean, spread, 1.0, version)


def _terms(samples: Sequence[Sample]) -> Any:
    from scipy import sparse

    rows, columns, values = [], [], []
    for row, sample in enumerate(samples):
        for offset, scale, terms in (
            (0, WORD_SCALE, sample.features.words),
            (WORD_BUCKETS, TITLE_SCALE, sample.features.titles),
        ):
            rows += [row] * len(terms)
            columns += [offset + bucket for bucket in terms]
            values += [scale * value for value in terms.values()]
    shape = len(samples), WORD_BUCKETS + TITLE_BUCKETS
    return sparse.csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)


def _weights(samples: Sequence[Sample], labels: Array) -> Array:
    own = np.array([sample.weight * (REAL_WEIGHT if sample.file else 1.0) for sample in samples])
    totals = np.bincount(labels, own, len(TYPES))
    balanced = own * np.minimum(np.sqrt(totals.max() / np.maximum(totals, 1e-9))[labels], MOST_BALANCE)
    normed: Array = balanced / balanced.mean()
    return normed


def cross_validate(samples: Sequence[Sample], seed: int) -> tuple[list[Sample], Array]:
    """The first pages of real documents, and for each the probabilities by weights that saw nothing of its group."""
    tested = [sample for sample in samples if sample.file and sample.number == 1]
    groups = sorted({sample.group for sample in tested})
    Random(seed).shuffle(groups)  # noqa: S311 - repeatable, not secret
    fold = {group: index % FOLDS for index, group in enumerate(groups)}
    found = np.zeros((len(tested), len(TYPES)))
    for number in range(FOLDS):
        weights = train([sample for sample in samples if fold.get(sample.group) != number])
        for row, sample in enumerate(tested):
            if fold[sample.group] == number:
                found[row] = probabilities(sample.features, weights)
    return tested, found


def fit_temperature(tested: Sequence[Sample], found: Array) -> float:
    """The temperature (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017) that makes the probabilities
    likeliest, with types weighed alike: receipts are half of the documents.
    """
    labels = np.array([TYPES.index(sample.document_type) for sample in tested])
    weights = 1 / np.sqrt(np.bincount(labels, minlength=len(TYPES))[labels])
    logits = np.log(np.maximum(found, 1e-12))
    losses = []
    for temperature in _TEMPERATURES:
        scaled = logits / temperature
        likely = scaled[np.arange(len(labels)), labels] - np.log(np.exp(scaled).sum(axis=1))
        losses.append(-(weights * likely).sum())
    return round(float(_TEMPERATURES[int(np.argmin(losses))]), 2)


def report(tested: Sequence[Sample], found: Array, temperature: float) -> dict[str, Any]:
    """Accuracy with 95 % intervals (Wilson), the mean over types, calibration error, and every mistake."""
    shares = np.power(np.maximum(found, 1e-12), 1 / temperature)
    shares /= shares.sum(axis=1, keepdims=True)
    labels = np.array([TYPES.index(sample.document_type) for sample in tested])
    best, sure = shares.argmax(axis=1), shares.max(axis=1)
    right = best == labels
    by_type = {
        str(TYPES[index]): f"{int(right[labels == index].sum())}/{int((labels == index).sum())}"
        for index in np.unique(labels)
    }
    return {
        "documents": len(tested),
        "accuracy": round(float(right.mean()), 4),
        "interval": _wilson(int(right.sum()), len(tested)),
        "macro": round(float(np.mean([right[labels == index].mean() for index in np.unique(labels)])), 4),
        "by_type": by_type,
        "expected_calibration_error": round(_calibration_error(sure, right), 4),
        "right_at_least_0.6": round(float((sure[right] >= 0.6).mean()), 4),
        "wrong_at_least_0.6": int((sure[~right] >= 0.6).sum()),
        "mistakes": [
            f"{sample.file}: {sample.document_type}, read as {TYPES[best[row]]} ({sure[row]:.2f})"
            for row, sample in enumerate(tested)
            if not right[row]
        ],
    }


def _wilson(right: int, count: int) -> tuple[float, float]:
    z, share = 1.96, right / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))) / (1 + z * z / count)
    return round(middle - half, 4), round(middle + half, 4)


def _calibration_error(sure: Array, right: Array) -> float:
    items = Scored(sure.astype(np.float64), right.astype(np.float64), np.zeros(len(sure), np.int64))
    return float(calibration_error(items, equal_width_bins(items.confidence, 10), np.ones((1, 1)))[0])


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains, cross-validates on the real documents, and writes the weights; prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("data", type=Path, help="folder with truth.jsonl and documents/")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps the documents' recognised pages")
    parser.add_argument("--generated", type=int, default=3000, help="generated documents to train on")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the weights go")
    options = parser.parse_args(arguments)
    samples = list(generated_samples(options.generated, options.seed))
    samples += receipt_samples(options.data / "sroie_text_train.jsonl", options.seed)
    samples += labelled_samples(labelled_pages(options.data, options.cache))
    tested, found = cross_validate(samples, options.seed)
    temperature = fit_temperature(tested, found)
    weights = replace(train(samples), temperature=temperature)
    save_weights(options.out, weights)
    figures = report(tested, found, temperature)
    figures |= {"samples": len(samples), "temperature": temperature, "version": VERSION}
    figures["sha256"] = hashlib.sha256(options.out.read_bytes()).hexdigest()
    print(json.dumps(figures, indent=2))  # noqa: T201 -- what the command is for


if __name__ == "__main__":
    main()
