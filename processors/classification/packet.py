"""Packets: which pages of a file are one document, and of what type."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from processors.classification.boundary import PageFacts, boundary_probability, page_facts
from processors.classification.prototypes import UserTypes
from processors.classification.text import classify_features
from processors.classification.types import Classification, DocumentType, SplitMode
from processors.document import Page

LEAST_PROBABILITY: Final = 0.97
"""A file is split only where a boundary is at least this likely: a wrong split is worse than none."""
_SHORT: Final = frozenset(
    {
        DocumentType.INVOICE,
        DocumentType.RECEIPT,
        DocumentType.CREDIT_NOTE,
        DocumentType.PURCHASE_ORDER,
        DocumentType.BANK_STATEMENT,
        DocumentType.UTILITY_BILL,
        DocumentType.W2,
        DocumentType.PAY_STUB,
        DocumentType.BILL_OF_LADING,
        DocumentType.ID_CARD,
        DocumentType.LETTER,
    }
)
"""Types that come one after another in packets. Pages of the others (contracts, policies, returns) that follow pages of
their own type are taken for their continuation, whatever stands at their top, unless page numbers begin anew."""
_UNTITLED: Final = frozenset({DocumentType.RECEIPT, DocumentType.ID_CARD})
"""Types whose first pages often have no title."""
_EVIDENT: Final = 0.8
"""A page without a title begins a document where it is so surely of another type than the page before it."""
_FEWEST_WORDS: Final = 8
"""A page of fewer words begins nothing: it is a back, a separator or a stamp."""


@dataclass(frozen=True, slots=True)
class Part:
    """A document inside a file: its first and last page, and its type by its first page."""

    first: int
    last: int
    classification: Classification


def split_pages(pages: Sequence[Page], page_count: int, mode: SplitMode, types: UserTypes = ()) -> tuple[Part, ...]:
    """The documents that ``pages`` hold, in order; one part for an ordinary document.

    ``pages`` are those that could be read, in order, of a file of ``page_count``; the others go with the page before
    them. The parts cover the file from page 1 to its last without gaps. Raises ``ValueError`` on no pages.
    """
    if not pages:
        raise ValueError("there are no pages to split")
    facts = [page_facts(page) for page in pages]
    starts = _starts(facts, mode)
    parts = []
    for place, start in enumerate(starts):
        first = 1 if place == 0 else facts[start].number
        last = facts[starts[place + 1]].number - 1 if place + 1 < len(starts) else page_count
        parts.append(Part(first, last, classify_facts(facts[start], types)))
    return tuple(parts)


def classify_facts(facts: PageFacts, types: UserTypes = ()) -> Classification:
    """The type by one page's words; *other* where it has none."""
    if not facts.words:
        return Classification(DocumentType.OTHER, 0.1, "the page has no words")
    return classify_features(facts.features, facts.words, types)


def _starts(facts: Sequence[PageFacts], mode: SplitMode) -> list[int]:
    """Indexes of the pages that begin a document."""
    if mode is SplitMode.EVERY_PAGE:
        return list(range(len(facts)))
    starts = [0]
    if mode is SplitMode.WHOLE:
        return starts
    # An almost empty page says nothing of what follows it, so the last page that has words is looked at.
    before = facts[0]
    for index in range(1, len(facts)):
        after = facts[index]
        if after.words < _FEWEST_WORDS:
            continue
        if before.words >= _FEWEST_WORDS and begins_document(before, after):
            starts.append(index)
        before = after
    return starts


def begins_document(before: PageFacts, after: PageFacts) -> bool:
    """Whether a new document begins with ``after``, which follows ``before``."""
    return not is_barred(before, after) and boundary_probability(before, after) >= LEAST_PROBABILITY


def is_barred(before: PageFacts, after: PageFacts) -> bool:
    """Whether no new document can begin with ``after``, however new it looks: it is numbered as a later page, goes on
    with a document of a long type, is headed as the terms or the slip behind one, or shows nothing that a first page
    has.
    """
    if after.index is not None and after.index > 1:
        return True
    if after.index == 1 and before.index != 1:
        return False
    kind, known = classify_facts(after), classify_facts(before).document_type
    goes_on = kind.document_type == known
    if after.annex or (goes_on and kind.document_type not in _SHORT):
        return True
    evident = kind.document_type in _UNTITLED or (not goes_on and kind.confidence >= _EVIDENT)
    return not (after.titles or evident)
