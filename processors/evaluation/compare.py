"""Whether two values are the same after typed normalisation, and how near two texts are."""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist
from scipy.optimize import linear_sum_assignment

from processors.evaluation.field_types import column_type, is_address
from processors.evaluation.model import Value
from processors.fields import FieldType

ANLS_THRESHOLD = 0.5
"""Below this similarity a text counts nothing (the paper's tau)."""
FUZZY_THRESHOLD = 0.75
"""ANLS from which a text counts as near enough."""

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(:[0-5][0-9])?")
_DIGITS = re.compile(r"[0-9]+")
_SPACES = re.compile(r"\s+")
_NUMERIC = frozenset({FieldType.MONEY, FieldType.NUMBER, FieldType.RATE})


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a prediction stands to the truth. ``anls`` is ``None`` where the value is no text."""

    exact: bool
    close: bool
    anls: float | None


def compare(accepted: Iterable[Value], predicted: Value, document_type: str, name: str, kind: FieldType) -> Comparison:
    """``predicted`` against the truth and its alternatives: the best match counts. ``accepted`` must not be empty.

    ``close`` is set for addresses only: an ANLS of 0.75 or more and the same groups of digits, because another house
    number or post code is another place, however few letters differ.
    """
    truths = list(accepted)
    target = canonical(predicted, document_type, kind)
    exact = any(target in (canonical(truth, document_type, kind), _as_one_text(truth, kind)) for truth in truths)
    if not has_anls(truths, kind):
        return Comparison(exact, False, None)
    scores = [(anls(truth, predicted), _digit_groups(truth) == _digit_groups(predicted)) for truth in truths]
    close = is_address(name) and any(score >= FUZZY_THRESHOLD and digits for score, digits in scores)
    return Comparison(exact, close, max(score for score, _ in scores))


def has_anls(truths: Iterable[Value], kind: FieldType) -> bool:
    """Whether likeness says something of these values: texts and lists of texts, no records."""
    return kind is FieldType.TEXT and not any(isinstance(item, Mapping) for value in truths for item in value)


def canonical(value: Value, document_type: str, kind: FieldType) -> Hashable:
    """A key that is equal for equal values: typed for one text, a set for a list, a set of rows for records.

    The columns of records are typed by their names.
    """
    if isinstance(value, str):
        return canonical_text(value, kind)
    return frozenset(
        canonical_text(item, kind)
        if isinstance(item, str)
        else frozenset(
            (name, canonical_text(cell, column_type(document_type, name)))
            for name, cell in item.items()
            if cell is not None
        )
        for item in value
    )


def _as_one_text(value: Value, kind: FieldType) -> Hashable:
    """The key of a list of texts that is printed, and read, as one: ``Northwind Ltd, Contoso Inc.``"""
    texts = _texts(value)
    return canonical_text(" ".join(texts), kind) if texts and len(texts) == len(value) else None


def canonical_text(text: str, kind: FieldType) -> Hashable:
    """The key of one text. Text that is not in its type's notation is equal to the same text only.

    Numbers are equal as numbers, dates as dates, times to the minute; texts, identifiers and currencies after folding
    case, spaces and punctuation.
    """
    plain = text.strip()
    if kind in _NUMERIC:
        return Decimal(plain) if _NUMBER.fullmatch(plain) else plain
    if kind is FieldType.DATE:
        return _date(plain) or plain
    if kind is FieldType.TIME:
        match = _TIME.fullmatch(plain)
        return (int(match[1]), int(match[2])) if match else plain
    return fold(plain)


def fold(text: str) -> str:
    """``text`` in one case (Unicode case folding after NFKC) without spaces, punctuation and symbols.

    Letters keep their accents: a lost accent is a reading error. Text of signs alone keeps them.
    """
    # Signs go first: NFKC makes a space and a combining accent of a lone acute, which would land on the letter before.
    letters = unicodedata.normalize("NFKC", _letters(text)).casefold()
    return unicodedata.normalize("NFKC", _letters(letters)) or _SPACES.sub("", text)


def _letters(text: str) -> str:
    """Letters, digits and the marks on them (in Indic scripts vowels are marks)."""
    return "".join(char for char in text if unicodedata.category(char)[0] in "LMN")


def anls(truth: Value, predicted: Value) -> float:
    """Average normalised Levenshtein similarity in [0, 1], case and runs of spaces folded.

    Biten et al., "Scene Text Visual Question Answering" (ICCV 2019): 1 - distance / length of the longer text, and 0
    where that is below 0.5. Of lists, the mean over the best pairing, where what is left over counts 0 (as ANLS* does,
    Peer et al. 2024).
    """
    if isinstance(truth, str) and isinstance(predicted, str):
        return _text_anls(_lowered(truth), _lowered(predicted))
    left, right = _texts(truth), _texts(predicted)
    if not left or not right:
        return float(left == right)
    scores = likeness(left, right)
    rows, columns = linear_sum_assignment(scores, maximize=True)
    return float(scores[rows, columns].sum() / max(len(left), len(right)))


def _text_anls(truth: str, predicted: str) -> float:
    similarity = Levenshtein.normalized_similarity(truth, predicted)
    return similarity if similarity >= ANLS_THRESHOLD else 0.0


def _lowered(text: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()


def likeness(truths: Sequence[str], predictions: Sequence[str]) -> NDArray[np.float64]:
    """The ANLS of every pair as a matrix, a row for each truth; 0 where one of the two is empty."""
    left, right = [_lowered(text) for text in truths], [_lowered(text) for text in predictions]
    scores = cdist(left, right, scorer=Levenshtein.normalized_similarity, dtype=np.float64)
    scores[scores < ANLS_THRESHOLD] = 0.0
    scores[[not text for text in left], :] = 0.0
    scores[:, [not text for text in right]] = 0.0
    return scores


def _texts(value: Value) -> list[str]:
    items = (value,) if isinstance(value, str) else value
    return [item for item in items if isinstance(item, str)]


def _digit_groups(value: Value) -> list[str]:
    return sorted(group for text in _texts(value) for group in _DIGITS.findall(text))


def _date(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:  # the 31st of June
        return None
