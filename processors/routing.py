"""Routing: straight through, or to a person, and which fields the person should look at."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from processors.fields import Extraction, Field, FieldType, LineItem, ReviewState
from processors.schemas import ExtractionSchema, Threshold
from processors.validation import Validated
from processors.validation.findings import cell_name, named_fields
from processors.validation.registry import ARITHMETIC

_ROW = re.compile(r"\[\d+\]")
_MUST_BE_SURE = frozenset({FieldType.MONEY, FieldType.DATE, FieldType.IDENTIFIER, FieldType.CURRENCY})
"""Types whose values nobody re-reads later; one that is unsure sends the document to a person."""

_MOST_NAMED = 10
"""Sentences of one kind; a long table that does not add up would otherwise have one for each row."""


class RouteDecision(StrEnum):
    """Where a document goes after validation."""

    STRAIGHT_THROUGH = "straight_through"
    REVIEW = "review"


_ORDINARY = Threshold(0.95, 0.70)
_BY_TYPE: Mapping[FieldType, Threshold] = MappingProxyType({FieldType.TEXT: Threshold(0.80, 0.50)})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds by field, else by type, else the router's own: 0.95 and 0.70, for texts 0.80 and 0.50.

    ``by_type`` and ``by_field`` hold only what differs. ``by_field`` takes header names (``total_amount``) and
    columns of all rows (``line_items.amount``). ``document_type`` is the least confidence in the classification.
    """

    by_type: Mapping[FieldType, Threshold] = field(default_factory=dict)
    by_field: Mapping[str, Threshold] = field(default_factory=dict)
    document_type: float = 0.70

    def of(self, name: str, kind: FieldType) -> Threshold:
        """The threshold for a field or cell (``line_items[3].amount``) of this type."""
        return self.by_field.get(_ROW.sub("", name)) or self.by_type.get(kind) or _BY_TYPE.get(kind, _ORDINARY)

    def with_schema(self, schema: ExtractionSchema | None) -> "Thresholds":
        """These, and for fields that ``by_field`` does not name, those that the schema states."""
        if schema is None or not schema.thresholds:
            return self
        return replace(self, by_field={**schema.thresholds, **self.by_field})


@dataclass(frozen=True, slots=True)
class Route:
    """The decision, a sentence for each reason (many of one kind are counted), and every field with its review state.

    ``review_required_fields`` are the fields and cells (``line_items[3].amount``) that a person must settle, missing
    ones included; empty for a straight-through document.
    """

    decision: RouteDecision
    reasons: tuple[str, ...]
    extraction: Extraction
    review_required_fields: tuple[str, ...]


def route(
    validated: Validated,
    schema: ExtractionSchema | None,
    document_type: str,
    type_confidence: float,
    thresholds: Thresholds,
    unread_pages: Iterable[int] = (),
) -> Route:
    """Straight through only where nothing speaks against it.

    A document is reviewed where its type has no schema or is unsure, a required field is missing or below its
    threshold, any money, date, identifier or currency (line items included) is below its threshold, an
    arithmetic rule failed, or a page could not be read. The schema's own thresholds hold where ``thresholds`` has
    none for the field.
    """
    thresholds = thresholds.with_schema(schema)
    extraction = _with_states(validated.extraction, thresholds)
    reasons: list[str] = []
    fields: list[str] = []
    reasons += [f"Page {number} could not be read." for number in unread_pages]
    if schema is None:
        reasons.append(f"No extraction schema for documents of type {document_type} yet.")
    if type_confidence < thresholds.document_type:
        reasons.append(f"The document type {document_type} is unsure ({type_confidence:.2f}).")
    for name in validated.missing_required:
        reasons.append(f"{name} is required and was not found.")
        fields.append(name)
    unsure = _unsure(extraction, () if schema is None else schema.required)
    reasons += [_unsure_reason(name, item, thresholds) for name, item in unsure[:_MOST_NAMED]]
    if len(unsure) > _MOST_NAMED:
        reasons.append(f"{len(unsure) - _MOST_NAMED} more fields are unsure.")
    fields += [name for name, _ in unsure]
    sums = [finding for finding in validated.failed_rules if finding.rule in ARITHMETIC]
    reasons += [f"{finding.rule}: {finding.message}" for finding in sums[:_MOST_NAMED]]
    if len(sums) > _MOST_NAMED:
        reasons.append(f"{len(sums) - _MOST_NAMED} more amounts do not add up.")
    fields += [name for finding in sums for name in finding.fields]
    decision = RouteDecision.REVIEW if reasons else RouteDecision.STRAIGHT_THROUGH
    return Route(decision, tuple(dict.fromkeys(reasons)), extraction, tuple(dict.fromkeys(fields)))


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
    return ReviewState.PASSED if item.confidence.value >= threshold.straight else ReviewState.SECOND_LOOK


def _unsure(extraction: Extraction, required: Iterable[str]) -> list[tuple[str, Field]]:
    needed = set(required)
    return [
        (name, item)
        for name, item in named_fields(extraction)
        if item.review_state is not ReviewState.PASSED and (name in needed or item.type in _MUST_BE_SURE)
    ]


def _unsure_reason(name: str, item: Field, thresholds: Thresholds) -> str:
    if item.value is None:
        return f"{name}: {item.raw_text!r} is no {item.type}."
    least = thresholds.of(name, item.type).straight
    return f"{name} is unsure ({item.confidence.value:.2f}; it passes from {least:.2f})."
