"""Classification of a page by its words and where they stand."""

import math
import tomllib
from functools import cache
from pathlib import Path
from statistics import median
from typing import Final

from processors.classification.types import Classification, DocumentType
from processors.document import Line, Page
from processors.recognition.orientation import upright
from processors.values.text import fold

_LONGEST_PHRASE: Final = 6
_TITLE_ZONE: Final = 0.3
"""Share of the page from the top in which titles stand."""
_LARGEST_TYPE: Final = 2.0
_BASE: Final = 1.6
"""Score of *other*: what the words for a type must outweigh."""
_TEMPERATURE: Final = 1.3
"""Divides scores before the softmax; fitted so that of the pages at confidence c a share c is right."""
_MOST_PER_TYPE: Final = 14.0
_NARROW: Final = 1.9
_WIDEST_ROLL: Final = 320.0
"""Till rolls are 58 to 80 mm wide, and up to 112 mm (4.4 inches)."""
_RECEIPT_SHAPE: Final = 1.5
_FEW_WORDS: Final = 12
_ONE_HINT: Final = 0.7
"""A single hint may stand on anything."""
_SUREST_OTHER: Final = 0.6
"""That no known word is there says little."""


@cache
def _phrases() -> dict[str, tuple[tuple[DocumentType, float], ...]]:
    """Folded phrase to the types it speaks for, with weights."""
    table = tomllib.loads((Path(__file__).parent / "keywords.toml").read_text(encoding="utf-8"))
    phrases: dict[str, tuple[tuple[DocumentType, float], ...]] = {}
    for name, weights in table.items():
        for phrase, weight in weights.items():
            key = fold(phrase)
            phrases[key] = (*phrases.get(key, ()), (DocumentType(name), float(weight)))
    return phrases


def classify_text(page: Page) -> Classification:
    """The type of the document that ``page`` belongs to, from its words.

    Pass the first page of a document: titles at the top weigh most. A page whose words say little is *other* with a
    low confidence. Pure and deterministic; about a millisecond a page.
    """
    page = upright(page)
    found = _found_phrases(page)
    scores: dict[DocumentType, float] = {DocumentType.OTHER: _BASE}
    reasons: dict[DocumentType, list[tuple[float, str]]] = {}
    for phrase, (factor, printed) in found.items():
        for document_type, weight in _phrases()[phrase]:
            scores[document_type] = scores.get(document_type, 0.0) + weight * factor
            reasons.setdefault(document_type, []).append((weight * factor, printed))
    _weigh_shape(page, scores)
    best = max(scores, key=lambda document_type: scores[document_type])
    confidence = _softmax(scores, best)
    if best is DocumentType.OTHER:
        confidence = min(confidence, _SUREST_OTHER)
    elif len(page.words) < _FEW_WORDS or len(reasons.get(best, [])) < 2:
        confidence *= _ONE_HINT
    return Classification(best, round(confidence, 4), _reason(best, reasons.get(best, [])))


def _found_phrases(page: Page) -> dict[str, tuple[float, str]]:
    """Every known phrase on the page, once, at its weightiest place: the weight's factor, and the words as printed."""
    phrases = _phrases()
    heights = [word.box.height for word in page.words]
    usual = median(heights) if heights else 1.0
    found: dict[str, tuple[float, str]] = {}
    for line in page.lines:
        factor = _factor(page, line, usual)
        words = [page.words[index].text for index in line.words]
        keys = [fold(word) for word in words]
        for start in range(len(keys)):
            key = ""
            for stop in range(start + 1, min(start + _LONGEST_PHRASE, len(keys)) + 1):
                key += keys[stop - 1]
                if key in phrases and factor > found.get(key, (0.0, ""))[0]:
                    found[key] = (factor, " ".join(words[start:stop]))
    return found


def _factor(page: Page, line: Line, usual: float) -> float:
    """1 in running text; up to 3 for a short line in large type at the top."""
    size = min(_LARGEST_TYPE, max(1.0, line.box.height / usual)) if usual else 1.0
    top = 1.3 if line.box.y0 < _TITLE_ZONE * page.height else 1.0
    title = 1.15 if len(line.words) <= 4 else 0.85 if len(line.words) > 10 else 1.0
    return size * top * title


def _weigh_shape(page: Page, scores: dict[DocumentType, float]) -> None:
    """A narrow page with prices is a till receipt, whatever its heading: many are headed *Tax invoice*."""
    is_strip = page.height >= _NARROW * page.width or page.width <= _WIDEST_ROLL
    narrow = is_strip or (_text_width(page) < 0.5 * page.width and page.height > page.width)
    if narrow:
        scores[DocumentType.RECEIPT] = scores.get(DocumentType.RECEIPT, 0.0) + _RECEIPT_SHAPE
    receipt = scores.get(DocumentType.RECEIPT, 0.0)
    if narrow and receipt > 3.0 and DocumentType.INVOICE in scores:
        scores[DocumentType.INVOICE] *= 0.6
    credit = scores.get(DocumentType.CREDIT_NOTE, 0.0)
    if credit >= 4.0:
        # A credit note speaks of invoices all over; what it is called decides.
        scores[DocumentType.CREDIT_NOTE] = credit + 0.7 * scores.get(DocumentType.INVOICE, 0.0)
        scores[DocumentType.INVOICE] = 0.5 * scores.get(DocumentType.INVOICE, 0.0)


def _text_width(page: Page) -> float:
    if not page.lines:
        return page.width
    return max(line.box.x1 for line in page.lines) - min(line.box.x0 for line in page.lines)


def _softmax(scores: dict[DocumentType, float], best: DocumentType) -> float:
    capped = {name: min(score, _MOST_PER_TYPE) / _TEMPERATURE for name, score in scores.items()}
    top = max(capped.values())
    total = sum(math.exp(score - top) for score in capped.values())
    return min(0.99, math.exp(capped[best] - top) / total)


def _reason(best: DocumentType, found: list[tuple[float, str]]) -> str:
    if not found:
        return "no words that tell a document type" if best is DocumentType.OTHER else "the shape of the page"
    words = [printed for _, printed in sorted(found, key=lambda item: -item[0])[:4]]
    return "the words " + ", ".join(f'"{word}"' for word in words)
