"""A page as numbers: what the classifier by words looks at.

Three groups: how strongly the curated words speak for each type, figures of the layout, and the words themselves,
hashed (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009), those of titles apart.
"""

import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final

from processors.classification.figures import NAMES, figures
from processors.classification.lexicon import Hit, find_hits, phrases
from processors.classification.types import DocumentType
from processors.document import Page
from processors.recognition.orientation import upright
from processors.values.text import fold

TYPES: Final = tuple(DocumentType)
"""The order of types in every vector."""
WORD_BUCKETS: Final = 4096
TITLE_BUCKETS: Final = 2048
DENSE: Final = 4 * len(TYPES) + len(NAMES)
_MOST_WORDS: Final = 700
"""Words of a page that are hashed; a type shows itself long before."""
_TITLE_LINES: Final = 12
_TITLE_WORDS: Final = 6
_LARGE: Final = 1.35


@dataclass(frozen=True, slots=True)
class PageFeatures:
    """One page. ``dense`` has :data:`DENSE` numbers; ``words`` and ``titles`` are bucket to value, each of length 1
    or empty. ``hits`` are the curated phrases found, for the reason.
    """

    dense: tuple[float, ...]
    words: dict[int, float]
    titles: dict[int, float]
    hits: tuple[Hit, ...]


def page_features(page: Page) -> PageFeatures:
    """The features of ``page``. Pure and deterministic; about a millisecond for a page of 300 words."""
    page = upright(page)
    folded = [[fold(page.words[index].text) for index in line.words] for line in page.lines]
    hits = find_hits(page, folded)
    dense = (*_lexicon_scores(hits), *figures(page, folded))
    return PageFeatures(
        dense=dense,
        words=_hashed(_terms(folded), WORD_BUCKETS),
        titles=_hashed(_title_terms(page, folded), TITLE_BUCKETS),
        hits=tuple(hits),
    )


def _lexicon_scores(hits: Iterable[Hit]) -> list[float]:
    """For each type: how much speaks for it, the strongest phrase, how many there are, and its share of the whole."""
    known = phrases()
    total, best, count = [0.0] * len(TYPES), [0.0] * len(TYPES), [0] * len(TYPES)
    for hit in hits:
        for document_type, weight in known[hit.phrase]:
            index, value = _INDEX[document_type], weight * hit.factor
            total[index] += value
            best[index] = max(best[index], value)
            count[index] += 1
    everything = sum(total) + 3.0  # three: so that a single hint is no certainty
    return [
        *(math.log1p(value) for value in total),
        *(value / 4 for value in best),
        *(math.log1p(value) for value in count),
        *(value / everything for value in total),
    ]


_INDEX: Final = {name: index for index, name in enumerate(TYPES)}


def _terms(folded: Iterable[list[str]]) -> Iterator[str]:
    """Words and pairs of neighbours of a line. Numbers are left out: they tell documents apart, not types."""
    left = _MOST_WORDS
    for line in folded:
        before = ""
        for key in line:
            if len(key) < 2 or not key.isalpha():
                before = ""
                continue
            yield key
            if before:
                yield f"{before} {key}"
            before = key
            left -= 1
            if left <= 0:
                return


def _title_terms(page: Page, folded: list[list[str]]) -> Iterator[str]:
    """Terms of short lines that stand at the top or in large type."""
    if not page.lines:
        return iter(())
    usual = median(line.box.height for line in page.lines)
    top = sorted(range(len(page.lines)), key=lambda index: page.lines[index].box.y0)[:_TITLE_LINES]
    large = [index for index, line in enumerate(page.lines) if line.box.height > _LARGE * usual]
    chosen = dict.fromkeys([*top, *large[:_TITLE_LINES]])
    return _terms([folded[index] for index in chosen if len(folded[index]) <= _TITLE_WORDS])


def _hashed(terms: Iterable[str], buckets: int) -> dict[int, float]:
    """Each bucket that a term falls into, once, so that long pages are not louder than short ones."""
    found = {zlib.crc32(term.encode()) % buckets for term in terms}
    return dict.fromkeys(found, 1 / math.sqrt(len(found))) if found else {}
