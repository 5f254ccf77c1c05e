"""Trains the boundary between a packet's documents: ``python -m fieldtrail.training.boundary --help``."""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from fieldtrail.training.breaking import break_pages
from fieldtrail.training.pages import labelled_pages
from fieldtrail.training.rewording import reword, wear
from processors.classification.boundary import TREES, PageFacts, Trees, page_facts, pair_figures, save_trees
from processors.classification.packet import is_barred
from processors.document import Page
from processors.errors import Refusal
from processors.intake import MediaType
from processors.recognition.text_layer import read_text_layer

FOLDS = 10
REAL_WEIGHT = 4.0
WITHIN_WEIGHT = 4.0
"""What a pair of pages of one document weighs beside one of two: a wrong split is worse than none."""
_BROKEN = 0.5
"""Share of one-page documents that are broken into several: generated documents seldom run on."""
_ONE_FORMAT = 0.7
"""Share of joined documents that get one page format, as one scanner or printer gives them."""
_CUT_ASKEW = 0.1
"""Share of neighbouring pages of one document that a scanner cuts to slightly different sizes."""
_MOST_PAGES = 6
_SHOWN = 0.5
_PARTNERS = 3
"""Documents that each document is joined to."""


@dataclass(frozen=True, slots=True)
class Papers:
    """A document's pages as facts."""

    group: str
    document_type: str
    real: bool
    facts: tuple[PageFacts, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pages that follow each other. ``groups`` are what a fold must keep out; ``splits`` is the truth; ``barred``
    says that packets are never split here.
    """

    groups: frozenset[str]
    real: bool
    splits: bool
    barred: bool
    name: str
    figures: list[float]


def generated_papers(count: int, seed: int) -> Iterator[Papers]:
    """``count`` generated documents, half of them reworded and worn."""
    from processors.synthesis import generate
    from processors.synthesis.kinds import KINDS

    kinds = list(KINDS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        for number in range(count):
            kind = kinds[number % len(kinds)]
            path.write_bytes(generate(seed, number, [kind], "born_digital").data)
            read = read_text_layer(path, MediaType.PDF, 1, _MOST_PAGES)
            assert not isinstance(read, Refusal), "a generated document opens"
            pages = [page for page in read if isinstance(page, Page) and page.words]
            rng = Random(f"{seed}/{number}/boundary")  # noqa: S311 - repeatable, not secret
            if rng.random() < 0.5:
                state = rng.getrandbits(32)  # one capture for all pages: they share a scanner
                pages = [wear(reword(page, kind, rng, 0.2), Random(state)) for page in pages]  # noqa: S311
            if len(pages) == 1 and rng.random() < _BROKEN:
                pages = break_pages(pages[0], rng)
            yield Papers(f"generated/{number}", kind, False, tuple(map(page_facts, pages)))


def pairs(papers: Sequence[Papers], seed: int) -> Iterator[Pair]:
    """Every pair within a document, and each document's last page with the first ones of some others: one of its own
    type, and of its own group where there is one.
    """
    rng = Random(seed)  # noqa: S311 - repeatable, not secret
    for one in papers:
        for before, after in pairwise(one.facts):
            if rng.random() < _CUT_ASKEW:
                after = replace(after, size=(before.size[0] * 1.03, before.size[1] * 0.98))
            yield Pair(
                frozenset({one.group}),
                one.real,
                False,
                is_barred(before, after),
                f"{one.group} {before.number}-{after.number}",
                pair_figures(before, after),
            )
        alike = [two for two in papers if two is not one and two.real == one.real]
        for chosen in (
            alike,
            [two for two in alike if two.document_type == one.document_type],
            [two for two in alike if two.group == one.group],
        ):
            for two in rng.sample(chosen, min(_PARTNERS, len(chosen))):
                groups = frozenset({one.group, two.group})
                before, after = one.facts[-1], two.facts[0]
                if rng.random() < _ONE_FORMAT:
                    after = replace(after, size=before.size, scanned=before.scanned)
                name = f"{one.group} and {two.group}"
                yield Pair(groups, one.real, True, is_barred(before, after), name, pair_figures(before, after))


def fit(samples: Sequence[Pair]) -> Trees:
    """Boosted trees. Deterministic."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    labels = np.array([pair.splits for pair in samples])
    weights = np.where(labels, 1.0, WITHIN_WEIGHT) * np.where([pair.real for pair in samples], REAL_WEIGHT, 1.0)
    model = HistGradientBoostingClassifier(
        max_iter=120, max_depth=4, learning_rate=0.08, min_samples_leaf=30, l2_regularization=5.0, random_state=0
    )
    model.fit(np.array([pair.figures for pair in samples]), labels, sample_weight=weights)
    return _plain(model)


def _plain(model: Any) -> Trees:
    """The model's trees as plain numbers, so that reading needs no scikit-learn."""
    roots: list[int] = []
    columns: dict[str, list[Any]] = {name: [] for name in ("feature", "threshold", "left", "right", "value")}
    for (predictor,) in model._predictors:
        start = len(columns["feature"])
        roots.append(start)
        for node in predictor.nodes:
            leaf = bool(node["is_leaf"])
            columns["feature"].append(-1 if leaf else int(node["feature_idx"]))
            columns["threshold"].append(0.0 if leaf else float(node["num_threshold"]))
            columns["left"].append(0 if leaf else start + int(node["left"]))
            columns["right"].append(0 if leaf else start + int(node["right"]))
            columns["value"].append(float(node["value"]) if leaf else 0.0)
    bias = float(np.ravel(model._baseline_prediction)[0])
    return Trees(bias, tuple(roots), *(tuple(column) for column in columns.values()))


def cross_validate(samples: Sequence[Pair], seed: int) -> tuple[list[Pair], npt.NDArray[Any]]:
    """The real pairs, and each one's probability by trees that saw none of its groups."""
    tested = [pair for pair in samples if pair.real]
    groups = sorted({group for pair in tested for group in pair.groups})
    Random(seed).shuffle(groups)  # noqa: S311 - repeatable, not secret
    found = np.full(len(tested), np.nan)
    for number in range(FOLDS):
        held = frozenset(groups[number::FOLDS])
        trees = fit([pair for pair in samples if not pair.groups & held])
        for row, pair in enumerate(tested):
            if pair.groups & held:
                found[row] = trees.probability(pair.figures)
    return tested, found


def table(tested: Sequence[Pair], found: npt.NDArray[Any]) -> list[dict[str, Any]]:
    """For some thresholds: splits inside documents (wrong), and boundaries found, less what packets bar."""
    truth = np.array([pair.splits for pair in tested])
    found = np.where([pair.barred for pair in tested], 0.0, found)
    return [
        {
            "threshold": threshold,
            "wrong": f"{int((found[~truth] >= threshold).sum())}/{int((~truth).sum())}",
            "found": f"{int((found[truth] >= threshold).sum())}/{int(truth.sum())}",
        }
        for threshold in (0.5, 0.7, 0.8, 0.9, 0.95, 0.97)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains, cross-validates on the real documents joined, and writes the trees; prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("data", type=Path, help="folder with truth.jsonl and documents/")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps the documents' recognised pages")
    parser.add_argument("--generated", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--out", type=Path, default=TREES)
    options = parser.parse_args(arguments)
    papers = [item for item in generated_papers(options.generated, options.seed) if item.facts]
    for document in labelled_pages(options.data, options.cache):
        facts = tuple(page_facts(page) for page in document.pages if page.words)
        if facts:
            papers.append(Papers(document.group, document.document_type, True, facts))
    samples = list(pairs(papers, options.seed))
    save_trees(options.out, fit(samples))
    tested, found = cross_validate(samples, options.seed)
    figures = {
        "pairs": len(samples),
        "real, out of fold": table(tested, found),
        "split inside": [
            f"{pair.name} ({found[row]:.2f})"
            for row, pair in enumerate(tested)
            if not pair.splits and not pair.barred and found[row] >= _SHOWN
        ],
        "sha256": hashlib.sha256(options.out.read_bytes()).hexdigest(),
    }
    print(json.dumps(figures, indent=2))  # noqa: T201 -- what the command is for


if __name__ == "__main__":
    main()
