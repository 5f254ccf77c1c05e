"""Routing: straight through, or to a person, and which fields the person should look at."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from processors.fields import Extraction, Field, FieldType, LineItem, ReviewState, RuleStatus
from processors.schemas import ExtractionSchema, Threshold
from processors.schemas.model import LINE_ITEMS
from processors.validation import Validated
from processors.validation.findings import Finding, cell_name, named_fields
from processors.validation.registry import ARITHMETIC

_ROW = re.compile(r"\[\d+\]")
_MOST_NAMED = 10
"""Sentences of one kind; a long table that does not add up would otherwise have one for each row."""


class RouteDecision(StrEnum):
    """Where a document goes after validation."""

    STRAIGHT_THROUGH = "straight_through"
    REVIEW = "review"


_ORDINARY = Threshold(0.85, 0.70)
_BY_TYPE: Mapping[FieldType, Threshold] = MappingProxyType(
    {FieldType.MONEY: Threshold(0.95, 0.70), FieldType.TEXT: Threshold(0.90, 0.50)}
)
"""From the packaged calibration's out-of-fold figures, which docs/calibration.md states."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds by field, else by type, else the router's own: 0.85 and 0.70, amounts 0.95, texts 0.90 and 0.50.

    ``by_type`` and ``by_field`` hold only what differs. ``by_field`` takes header names (``total_amount``) and
    columns of all rows (``line_items.amount``). ``document_type`` is the least confidence in the classification.
    """

    by_type: Mapping[FieldType, Threshold] = field(default_factory=dict)
    by_field: Mapping[str, Threshold] = field(default_factory=dict)
    document_type: float = 0.60

    def of(self, name: str, kind: FieldType) -> Threshold:
        """The threshold for a field or cell (``line_items[3].amount``) of this type."""
        return self.by_field.get(_column(name)) or self.by_type.get(kind) or _BY_TYPE.get(kind, _ORDINARY)

    def with_schema(self, schema: ExtractionSchema | None) -> "Thresholds":
        """These, and for fields that ``by_field`` does not name, those that the schema states."""
        if schema is None or not schema.thresholds:
            return self
        return replace(self, by_field={**schema.thresholds, **self.by_field})


@dataclass(frozen=True, slots=True)
class Route:
    """The decision, a sentence for each reason (many of one kind are counted), and every field with its review state.

    ``review_required_fields`` are the fields and cells (``line_items[3].amount``) that a person must settle, missing
    ones included: what holds the document, and what is unsure besides. Empty for a straight-through document, whose
    ``extraction`` has only what passed; its notes name what was left out.
    """

    decision: RouteDecision
    reasons: tuple[str, ...]
    extraction: Extraction
    review_required_fields: tuple[str, ...]


AUDIT = "audit"
"""The only reason of a review request for a document that went straight through and is looked at afterwards."""


def audited(document_id: str, share: float) -> bool:
    """Whether a straight-through document is in the audited ``share``: by a hash of its id, so that a replay agrees."""
    drawn = int.from_bytes(hashlib.sha256(f"audit {document_id}".encode()).digest()[:8])
    return drawn < share * 2**64


def needed(schema: ExtractionSchema) -> frozenset[str]:
    """What a document is held for where it is unsure: required fields, and required columns (``line_items.amount``)."""
    columns = (f"{LINE_ITEMS}.{spec.name}" for spec in schema.columns if spec.required)
    return frozenset((*schema.required, *columns))


def route(
    validated: Validated,
    schema: ExtractionSchema | None,
    document_type: str,
    type_confidence: float,
    thresholds: Thresholds,
    unread_pages: Iterable[int] = (),
) -> Route:
    """Straight through only where nothing speaks against it.

    A document is reviewed where its type has no schema or is unsure, what the schema requires (line-item columns
    included) is missing or below its threshold, amounts that it prints once do not add up, or a page could not be
    read. Anything else that is below its threshold, or that a rule failed on, does not hold a document: it is left
    out, because nothing is better than a wrong value. Line items that do not add up are left out as a whole, unless the
    schema requires their amounts. The schema's own thresholds hold where ``thresholds`` has none for the field.
    """
    thresholds = thresholds.with_schema(schema)
    extraction = _with_states(validated.extraction, thresholds)
    must = frozenset() if schema is None else needed(schema)
    unsure = [(name, item) for name, item in named_fields(extraction) if item.review_state is not ReviewState.PASSED]
    held = [(name, item) for name, item in unsure if _column(name) in must]
    sums = [finding for finding in validated.failed_rules if finding.rule in ARITHMETIC and _holds(finding, must)]
    reasons = [f"Page {number} could not be read." for number in unread_pages]
    if schema is None:
        reasons.append(f"No extraction schema for documents of type {document_type} yet.")
    if type_confidence < thresholds.document_type:
        reasons.append(f"The document type {document_type} is unsure ({type_confidence:.2f}).")
    reasons += [f"{name} is required and was not found." for name in validated.missing_required]
    reasons += _some([_unsure_reason(name, item, thresholds) for name, item in held], "more fields are unsure.")
    reasons += _some([f"{finding.rule}: {finding.message}" for finding in sums], "more amounts do not add up.")
    if not reasons and not any(item.review_state is ReviewState.PASSED for item in extraction.fields):
        reasons.append("No field of it passed.")
    if not reasons:
        return Route(RouteDecision.STRAIGHT_THROUGH, (), _without_unsure(extraction, validated.failed_rules), ())
    blamed = [name for finding in sums for name in finding.fields]
    fields = (*validated.missing_required, *(name for name, _ in (*held, *unsure)), *blamed)
    return Route(RouteDecision.REVIEW, tuple(dict.fromkeys(reasons)), extraction, tuple(dict.fromkeys(fields)))


def _column(name: str) -> str:
    """``line_items[3].amount`` as its column is named everywhere: ``line_items.amount``."""
    return _ROW.sub("", name)


def _holds(finding: Finding, must: frozenset[str]) -> bool:
    """Whether amounts that do not add up hold the document: any but cells that it may do without."""
    return any(_column(name) in must or _column(name) == name for name in finding.fields)


def _some(sentences: list[str], more: str) -> list[str]:
    rest = len(sentences) - _MOST_NAMED
    return sentences if rest <= 0 else [*sentences[:_MOST_NAMED], f"{rest} {more}"]


def _without_unsure(extraction: Extraction, failed: Iterable[Finding]) -> Extraction:
    """The extraction with what passed only, and a note on the rest."""
    left_out = [
        f"{item.name}: left out, because {_doubt(item)}"
        for item in extraction.fields
        if item.review_state is not ReviewState.PASSED
    ]
    fields = tuple(item for item in extraction.fields if item.review_state is ReviewState.PASSED)
    disputed = [finding for finding in failed if finding.rule in ARITHMETIC]
    if disputed and extraction.line_items:
        left_out.append(f"{LINE_ITEMS}: left out, because they do not add up: {disputed[0].message}")
        return replace(extraction, fields=fields, line_items=(), notes=(*extraction.notes, *left_out))
    lines = []
    unsure: Counter[str] = Counter()
    for line in extraction.line_items:
        cells = tuple(cell for cell in line.cells if cell.review_state is ReviewState.PASSED)
        unsure.update(cell.name for cell in line.cells if cell.review_state is not ReviewState.PASSED)
        lines += [replace(line, cells=cells)] if cells else []
    left_out += [f"{LINE_ITEMS}.{name}: left out of {rows} rows, because it is unsure" for name, rows in unsure.items()]
    return replace(extraction, fields=fields, line_items=tuple(lines), notes=(*extraction.notes, *left_out))


def _doubt(item: Field) -> str:
    """Why a value did not pass, for a note."""
    broken = next((result for result in item.rules if result.status is RuleStatus.FAILED), None)
    if broken is not None:
        return f"it fails {broken.rule}: {broken.message}"
    return f"it is unsure ({item.confidence.value:.2f})"


def _with_states(extraction: Extraction, thresholds: Thresholds) -> Extraction:
    def routed(name: str, item: Field) -> Field:
        return replace(item, review_state=_state(item, thresholds.of(name, item.type)))

    return replace(
        extraction,
        fields=tuple(routed(item.name, item) for item in extraction.fields),
        line_items=tuple(
            LineItem(line.row, tuple(routed(cell_name(line.row, cell.name), cell) for cell in line.cells))
            for line in extraction.line_items
        ),
    )


def _state(item: Field, threshold: Threshold) -> ReviewState:
    if item.value is None or item.confidence.value < threshold.second_look:
        return ReviewState.PERSON
    broken = any(result.status is RuleStatus.FAILED for result in item.rules)
    passes = item.confidence.value >= threshold.straight and not broken
    return ReviewState.PASSED if passes else ReviewState.SECOND_LOOK


def _unsure_reason(name: str, item: Field, thresholds: Thresholds) -> str:
    if item.value is None:
        return f"{name}: {item.raw_text!r} is no {item.type}."
    least = thresholds.of(name, item.type).straight
    if item.confidence.value >= least:
        return f"{name} did not pass a rule."
    return f"{name} is unsure ({item.confidence.value:.2f}; it passes from {least:.2f})."
