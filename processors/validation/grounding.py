"""Grounding: a value stands only on words that are really there and really read so.

Not a rule that a schema may leave out: what cannot be cited cannot be returned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from processors.document import Page
from processors.fields import Evidence, EvidenceSource, Extraction, Field, LineItem
from processors.geometry import Box, union
from processors.validation.findings import Finding, cell_name, failed, passed

GROUNDED: Final = "grounded"
_SLACK = 1.5
"""Points that a box may differ from its words' boxes, for rounding."""


def ground(extraction: Extraction, pages: Sequence[Page]) -> tuple[Extraction, list[Finding]]:
    """The extraction without evidence that does not stand, and without fields that have none left (with a note).

    ``PAGE`` evidence stands where the page exists, every word id is one of its words, the box is the words' box, and
    the words read as the field's raw text, spaces aside. ``ATTACHMENT`` evidence stands where it names an element.
    """
    numbered = {page.number: page for page in pages}
    findings: list[Finding] = []
    notes: list[str] = []

    def keep(field: Field, name: str) -> Field | None:
        evidence = _standing(field, numbered)
        if not evidence:
            notes.append(f"{name}: dropped, because nothing on the document bears it out")
            return None
        if len(evidence) < len(field.evidence):
            findings.append(failed(GROUNDED, "Words that it cites are not there, or read otherwise.", name))
        else:
            findings.append(passed(GROUNDED, "The words that it cites are there.", name))
        return replace(field, evidence=evidence)

    fields = tuple(kept for field in extraction.fields if (kept := keep(field, field.name)) is not None)
    items = [
        LineItem(
            item.row,
            tuple(kept for cell in item.cells if (kept := keep(cell, cell_name(item.row, cell.name))) is not None),
        )
        for item in extraction.line_items
    ]
    lines = tuple(item for item in items if item.cells)
    return Extraction(fields, lines, (*extraction.notes, *notes)), findings


def _standing(field: Field, pages: Mapping[int, Page]) -> tuple[Evidence, ...]:
    texts = {index: _words_text(item, pages) for index, item in enumerate(field.evidence) if _is_page(item)}
    raw = _compact(field.raw_text)
    together = _compact("".join(text for text in texts.values() if text is not None))
    whole = bool(raw) and None not in texts.values() and together == raw

    def stands(index: int, item: Evidence) -> bool:
        if not _is_page(item):
            return bool(item.reference)
        text = texts[index]
        return bool(raw) and text is not None and (whole or _compact(text) == raw)

    return tuple(item for index, item in enumerate(field.evidence) if stands(index, item))


def _is_page(evidence: Evidence) -> bool:
    return evidence.source is EvidenceSource.PAGE


def _words_text(evidence: Evidence, pages: Mapping[int, Page]) -> str | None:
    """The cited words as one text; ``None`` where page, words or box are not what they should be."""
    page = pages.get(evidence.page) if evidence.page is not None else None
    if page is None or evidence.box is None or not evidence.word_ids:
        return None
    if any(not 0 <= word < len(page.words) for word in evidence.word_ids):
        return None
    words = [page.words[word] for word in evidence.word_ids]
    if not _same_box(evidence.box, union(word.box for word in words)):
        return None
    return " ".join(word.text for word in words)


def _same_box(one: Box, other: Box) -> bool:
    pairs = ((one.x0, other.x0), (one.y0, other.y0), (one.x1, other.x1), (one.y1, other.y1))
    return all(abs(a - b) <= _SLACK for a, b in pairs)


def _compact(text: str) -> str:
    return "".join(text.split())
