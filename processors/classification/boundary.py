"""Whether a new document begins with a page: figures of two neighbouring pages, and a probability.

Gradient-boosted trees, trained by ``python -m fieldtrail.training.boundary`` and kept in ``boundary.npz``; how well
they do is in ``docs/classification.md``.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
import numpy.typing as npt

from processors.classification.features import DENSE, PageFeatures, page_features
from processors.classification.figures import NAMES as PAGE_FIGURES
from processors.classification.lexicon import phrases
from processors.classification.model import Array, packaged_weights, probabilities
from processors.document import Line, Page, PageSource
from processors.recognition.orientation import upright
from processors.values.text import fold

_OF: Final = r"(?:/|of|von|de|di|van|sur|aus|out of)"
_LABELLED: Final = re.compile(
    rf"\b(?:page|seite|p[aá]gina|blatt|pag|pg|p)\b\.?[\s:]*(?:n[o°º]\.?\s*)?(\d{{1,3}})(?:\s*{_OF}\s*(\d{{1,3}}))?(?!\d)",
    re.IGNORECASE,
)
_BARE: Final = re.compile(rf"^\W*(\d{{1,3}})\s*{_OF}\s*(\d{{1,3}})\W*$", re.IGNORECASE)
_CARRIED: Final = re.compile(
    r"carried forward|brought forward|continued|[uü]bertrag|fortsetzung|report [aà]|suite|suma y sigue|"
    r"a riportare|riporto|transport(?:eren)?|vervolg|transporte|a transportar|continua",
    re.IGNORECASE,
)
_ANNEX: Final = re.compile(
    r"(?:general )?(?:terms (?:and|&) conditions|terms of (?:sale|business|delivery|payment|trade))|conditions of sale|"
    r"allgemeine.{0,30}(?:bedingungen|agb)|\bAGB\b|(?:liefer|zahlungs|verkaufs|einkaufs)\S*.{0,12}bedingungen|"
    r"conditions g[eé]n[eé]rales|condiciones (?:generales|de venta)|condizioni (?:generali|di vendita)|"
    r"(?:algemene|leverings|verkoop)\S*\s*voorwaarden|condi[cç][oõ]es (?:gerais|de venda)|"
    r"remittance advice|payment slip|zahlschein|[uü]berweisungstr[aä]ger|bulletin de versement|acceptgiro",
    re.IGNORECASE,
)
"""What pages are headed that are printed behind a document, and belong to it."""
_HEADING: Final = 0.3
"""Share of the page's height in which headings stand."""
_MARGIN: Final = 0.15
"""Share of the page's height at its top and bottom where letterheads, footers and page numbers stand."""
_HEADING_WORDS: Final = 8
_IDENTIFIER: Final = 5
"""Characters that a number or code has at least that may tell documents apart."""
_STRONG_TITLE: Final = 4.0

NAMES: Final = (
    "restarts", "continues", "numbered_later", "after_last", "before_last", "same_type", "types_differ", "sure_of_type",
    "title", "same_title", "same_words", "same_top", "same_bottom", "same_identifiers", "own_identifiers", "same_size",
    "same_source", "type_size", "ends_low", "few_words_before", "few_words", "carried",
    "type_after", "type_before", "top_repeated", "bottom_repeated", "words_repeated", "titles_repeated", "identifiers",
    "new_titles", "words_after", "words_before",
    *(f"after_{name}" for name in PAGE_FIGURES),
)  # fmt: skip
"""What :func:`pair_figures` gives, in order."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What splitting knows of one page. ``index`` and ``total`` are the printed page number, where one is.

    ``line_height`` is in thousandths of the page's height, ``lowest`` (where its text ends) in shares of it; ``annex``
    says that it is headed as what is printed behind a document.
    """

    number: int
    words: int
    size: tuple[float, float]
    scanned: bool
    features: PageFeatures
    types: Array
    index: int | None
    total: int | None
    titles: frozenset[str]
    title: float
    top: frozenset[str]
    bottom: frozenset[str]
    identifiers: frozenset[str]
    line_height: float
    lowest: float
    carried: bool
    annex: bool


def page_facts(page: Page) -> PageFacts:
    """The facts of ``page``; empty ones for a page without words. Pure; about two milliseconds."""
    features = page_features(page)
    page = upright(page)
    titles = _titles(features)
    index, total = page_number(page)
    keys = [fold(word.text) for word in page.words]
    edges = page.height * _MARGIN, page.height * (1 - _MARGIN)
    lines = list(page.lines)
    outer = [page.line_text(line) for line in lines if line.box.y1 < 2 * edges[0] or line.box.y0 > edges[1]]
    return PageFacts(
        number=page.number,
        words=len(page.words),
        size=(page.width, page.height),
        scanned=page.source is PageSource.OCR,
        features=features,
        types=probabilities(features, packaged_weights()),
        index=index,
        total=total,
        titles=frozenset(titles),
        title=max(titles.values(), default=0.0),
        top=frozenset(key for key, word in zip(keys, page.words, strict=True) if word.box.y1 < edges[0] and key),
        bottom=frozenset(key for key, word in zip(keys, page.words, strict=True) if word.box.y0 > edges[1] and key),
        identifiers=frozenset(key for key in keys if len(key) >= _IDENTIFIER and any(map(str.isdigit, key))),
        line_height=median(line.box.height for line in lines) / max(1.0, page.height) * 1000 if lines else 0.0,
        lowest=max((line.box.y1 for line in lines), default=0.0) / max(1.0, page.height),
        carried=any(_CARRIED.search(text) for text in outer),
        annex=any(
            len(line.words) <= _HEADING_WORDS and _ANNEX.search(page.line_text(line))
            for line in lines
            if line.box.y0 < page.height * _HEADING
        ),
    )


def _titles(features: PageFeatures) -> dict[str, float]:
    """Phrases that name a document's kind in a title's place, with their strength."""
    known = phrases()
    return {
        hit.phrase: strength
        for hit in features.hits
        if (strength := hit.factor * max(weight for _, weight in known[hit.phrase])) >= _STRONG_TITLE
        and hit.factor > 1.2
    }


def page_number(page: Page) -> tuple[int | None, int | None]:
    """The printed page number and count: ``(2, 3)`` for *Page 2 of 3*, ``(2, None)`` for *Page 2*.

    In English, German, French, Spanish, Italian, Dutch and Portuguese. One with a count wins; *2/3* alone counts in
    the margins only.
    """
    found: tuple[int | None, int | None] = (None, None)
    for line in page.lines:
        match = _number_on(page, line)
        if match is None:
            continue
        index, total = int(match[1]), int(match[2]) if match[2] else None
        if index == 0 or (total is not None and not index <= total):
            continue
        if total is not None:
            return index, total
        if found[0] is None:
            found = index, None
    return found


def _number_on(page: Page, line: Line) -> re.Match[str] | None:
    text = page.line_text(line)
    in_margin = line.box.y1 < page.height * _MARGIN or line.box.y0 > page.height * (1 - _MARGIN)
    labelled = _LABELLED.search(text)
    if labelled is not None and (labelled[2] or in_margin or len(line.words) <= 3):
        return labelled
    return _BARE.match(text) if in_margin else None


def pair_figures(before: PageFacts, after: PageFacts) -> list[float]:
    """The figures :data:`NAMES` of two pages that follow each other, mostly in [0, 1]."""
    numbered = after.index is not None and after.index > 1
    follows = numbered and (before.index is None or after.index == before.index + 1)
    follows = follows and (before.total is None or after.total is None or before.total == after.total)
    same = float((before.types * after.types).sum())
    differ = int(before.types.argmax()) != int(after.types.argmax())
    small = max(1, min(len(before.identifiers), len(after.identifiers)))
    return [
        float(after.index == 1),
        float(follows),
        float(numbered and not follows),
        float(before.total is not None and before.index == before.total),
        float(before.total is not None and before.index != before.total and not numbered),
        same,
        min(float(before.types.max()), float(after.types.max())) if differ else 0.0,
        float(after.types.max()),
        min(2.0, after.title / 6),
        float(bool(before.titles & after.titles)),
        _cosine(before.features.words, after.features.words),
        _jaccard(before.top, after.top),
        _jaccard(before.bottom, after.bottom),
        min(1.0, math.log1p(len(before.identifiers & after.identifiers)) / 2),
        1 - len(before.identifiers & after.identifiers) / small if before.identifiers and after.identifiers else 0.5,
        float(all(abs(one - other) <= 0.01 * one for one, other in zip(before.size, after.size, strict=True))),
        float(before.scanned == after.scanned),
        min(1.0, abs(math.log(max(1.0, before.line_height) / max(1.0, after.line_height)))),
        before.lowest,
        float(before.words < 60),
        float(after.words < 60),
        float(before.carried or after.carried),
        *_repeats(before, after),
        *after.features.dense[DENSE - len(PAGE_FIGURES) :],
    ]


def _repeats(before: PageFacts, after: PageFacts) -> list[float]:
    """How much of the second page the first one has as well."""
    words = after.features.words
    return [
        float(after.types[int(before.types.argmax())]),
        float(before.types[int(after.types.argmax())]),
        len(after.top & (before.top | before.bottom)) / max(1, len(after.top)),
        len(after.bottom & before.bottom) / max(1, min(len(after.bottom), len(before.bottom))),
        sum(bucket in before.features.words for bucket in words) / max(1, len(words)),
        len(after.titles & before.titles) / max(1, len(after.titles)),
        float(min(5, len(before.identifiers & after.identifiers))),
        float(len(after.titles - before.titles)),
        math.log1p(after.words),
        math.log1p(before.words),
    ]


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _cosine(one: dict[int, float], other: dict[int, float]) -> float:
    return sum(value * other[bucket] for bucket, value in one.items() if bucket in other)


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted regression trees, node by node: a leaf's ``feature`` is -1 and its ``value`` is added to the score; else
    the way goes ``left`` where the figure is at most ``threshold``. ``roots`` are the trees' first nodes.
    """

    bias: float
    roots: tuple[int, ...]
    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]

    def probability(self, values: Sequence[float]) -> float:
        """The logistic function of the leaves' sum."""
        score = self.bias
        for root in self.roots:
            node = root
            while (feature := self.feature[node]) >= 0:
                node = self.left[node] if values[feature] <= self.threshold[node] else self.right[node]
            score += self.value[node]
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))


TREES: Final = Path(__file__).parent / "boundary.npz"


def save_trees(path: Path, trees: Trees) -> None:
    """Keeps ``trees`` at ``path``: the same trees give the same bytes."""
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "bias": np.array(trees.bias),
        "roots": np.array(trees.roots, np.int32),
        "feature": np.array(trees.feature, np.int16),
        "threshold": np.array(trees.threshold, np.float64),
        "left": np.array(trees.left, np.int32),
        "right": np.array(trees.right, np.int32),
        "value": np.array(trees.value, np.float32),
        "names": np.array(NAMES),
    }
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


@cache
def packaged_trees() -> Trees:
    """The trees in the package. Raises ``ValueError`` where they were trained for other figures."""
    with np.load(TREES, allow_pickle=False) as stored:
        if tuple(stored["names"].tolist()) != NAMES:
            raise ValueError(f"{TREES} was trained for other figures")
        bias = float(stored["bias"])
        names = "roots", "feature", "threshold", "left", "right", "value"
        return Trees(bias, *(tuple(stored[name].tolist()) for name in names))


def boundary_probability(before: PageFacts, after: PageFacts) -> float:
    """How likely a new document begins with ``after``, in [0, 1]."""
    return packaged_trees().probability(pair_figures(before, after))
