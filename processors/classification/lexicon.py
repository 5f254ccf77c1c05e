"""The curated words of ``keywords.toml``: which of them stand on a page, and how weightily."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Final

from processors.classification.types import DocumentType
from processors.document import Line, Page
from processors.values.text import fold

_LONGEST_PHRASE: Final = 6
_TITLE_ZONE: Final = 0.3
"""Share of the page from the top in which titles stand."""
_LARGEST_TYPE: Final = 2.0
_ALONE: Final = 1.25
"""What a phrase gains that is all of its line, as titles and labels are."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A known phrase at its weightiest place: ``factor`` is 1 in running text, up to about 4 in a title."""

    phrase: str
    printed: str
    factor: float


@cache
def phrases() -> dict[str, tuple[tuple[DocumentType, float], ...]]:
    """Folded phrase to the types that it speaks for, with weights."""
    table = tomllib.loads((Path(__file__).parent / "keywords.toml").read_text(encoding="utf-8"))
    known: dict[str, tuple[tuple[DocumentType, float], ...]] = {}
    for name, by_weight in table.items():
        for weight, listed in by_weight.items():
            for phrase in listed.split("|"):
                key = fold(phrase)
                known[key] = (*known.get(key, ()), (DocumentType(name), float(weight)))
    return known


def find_hits(page: Page, folded: list[list[str]]) -> list[Hit]:
    """Every known phrase on the upright ``page``, once; ``folded`` has the words of each of its lines."""
    known = phrases()
    heights = [word.box.height for word in page.words]
    usual = median(heights) if heights else 1.0
    found: dict[str, Hit] = {}
    for line, keys in zip(page.lines, folded, strict=True):
        factor = _factor(page, line, usual)
        for start in range(len(keys)):
            key = ""
            for stop in range(start + 1, min(start + _LONGEST_PHRASE, len(keys)) + 1):
                key += keys[stop - 1]
                if key in known:
                    alone = _ALONE if stop - start == len(keys) else 1.0
                    before = found.get(key)
                    if before is None or factor * alone > before.factor:
                        words = [page.words[index].text for index in line.words[start:stop]]
                        found[key] = Hit(key, " ".join(words), factor * alone)
    return list(found.values())


def _factor(page: Page, line: Line, usual: float) -> float:
    """1 in running text; up to 3 for a short line in large type at the top."""
    size = min(_LARGEST_TYPE, max(1.0, line.box.height / usual)) if usual else 1.0
    top = 1.3 if line.box.y0 < _TITLE_ZONE * page.height else 1.0
    title = 1.15 if len(line.words) <= 4 else 0.85 if len(line.words) > 10 else 1.0
    return size * top * title
