"""Classification of a page by its words and where they stand."""

from typing import Final

from processors.classification.features import TYPES, PageFeatures, page_features
from processors.classification.lexicon import phrases
from processors.classification.model import packaged_weights, probabilities
from processors.classification.prototypes import UserTypes, nearest_type
from processors.classification.types import Classification, DocumentType
from processors.document import Page

_FEW_WORDS: Final = 5
_UNSURE: Final = 0.5
"""The most that a page of a few words can be: what it was trained on has more."""
_SUREST: Final = 0.995
_LEAST: Final = 0.4
"""A type less likely than this is none: unknown is an honest answer."""


def classify_text(page: Page, types: UserTypes = ()) -> Classification:
    """The type of the document that ``page`` belongs to, from its words and their layout.

    Pass the first page of a document: titles at the top weigh most. The confidence is calibrated: of pages at *c* a
    share *c* is of that type. The user's own ``types`` are asked first. Pure and deterministic; a millisecond or two.
    """
    if not page.words:
        return Classification(DocumentType.OTHER, 0.1, "the page has no words")
    return classify_features(page_features(page), len(page.words), types)


def classify_features(found: PageFeatures, words: int, types: UserTypes = ()) -> Classification:
    """As :func:`classify_text`, for a page of ``words`` words whose features are at hand."""
    if (taught := nearest_type(found, types)) is not None:
        return taught
    shares = probabilities(found, packaged_weights())
    index = int(shares.argmax())
    if shares[index] < _LEAST:
        index = TYPES.index(DocumentType.OTHER)
    confidence = min(_SUREST, float(shares[index]))
    if words < _FEW_WORDS:
        confidence = min(confidence, _UNSURE)
    return Classification(TYPES[index], round(confidence, 4), _reason(TYPES[index], found))


def _reason(best: DocumentType, found: PageFeatures) -> str:
    """The weightiest phrases that speak for ``best``, as printed."""
    known = phrases()
    spoken = [
        (weight * hit.factor, hit.printed)
        for hit in found.hits
        for document_type, weight in known[hit.phrase]
        if document_type is best
    ]
    if not spoken:
        return "the layout of the page and its words as a whole"
    strongest = sorted(spoken, key=lambda item: -item[0])[:4]
    return "the words " + ", ".join(f'"{printed}"' for _, printed in strongest)
