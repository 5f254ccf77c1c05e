"""The labelled values of one document in two runs, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from processors.evaluation.model import Key, Value
from processors.evaluation.report import DocumentResult, Verdict

TYPE_FIELD = "document_type"
"""The document type is compared like a field."""
_TABLE = "line_items"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled value in one run. ``name`` is the field's, or ``line_items.amount`` for a cell of any row."""

    name: str
    verdict: Verdict
    truth: Value | None
    predicted: Value | None


Values = dict[str, Labelled]
"""Labelled values of one document by a name that is unique in it: ``line_items[3].amount`` for a cell, rows from 1."""


def values_of(document: DocumentResult) -> Values:
    """All labelled values; a spurious row has no counterpart in the other run and is left out."""
    found = {item.name: Labelled(item.name, item.verdict, item.truth, item.predicted) for item in document.fields}
    if document.type_correct is not None:
        verdict = Verdict.EXACT if document.type_correct else Verdict.WRONG
        found[TYPE_FIELD] = Labelled(TYPE_FIELD, verdict, document.document_type, document.predicted_type)
    for row in () if document.line_items is None else document.line_items.rows:
        if row.truth_index is None:
            continue
        for cell in row.cells:
            name = f"{_TABLE}[{row.truth_index + 1}].{cell.name}"
            found[name] = Labelled(f"{_TABLE}.{cell.name}", cell.verdict, cell.truth, cell.predicted)
    return found


def relabelled_between(before: DocumentResult, after: DocumentResult) -> set[str]:
    """Names of values whose truth differs, or that one run's truth lacks; all cells count as one, ``line_items``."""
    old, new = values_of(before), values_of(after)
    names = old.keys() ^ new.keys()
    names |= {name for name in old.keys() & new.keys() if old[name].truth != new[name].truth}
    return {_TABLE if name.startswith(f"{_TABLE}[") else name for name in names}


def without(document: DocumentResult, names: set[str]) -> DocumentResult:
    """The document less the values that :func:`relabelled_between` named."""
    return replace(
        document,
        fields=tuple(item for item in document.fields if item.name not in names),
        line_items=None if _TABLE in names else document.line_items,
        type_correct=None if TYPE_FIELD in names else document.type_correct,
    )


def by_key(documents: Sequence[DocumentResult]) -> Mapping[Key, DocumentResult]:
    """The documents by file and pages."""
    return {(document.file, document.pages): document for document in documents}
