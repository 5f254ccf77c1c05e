"""Labelled candidates: what the learned reader is trained and measured on."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from processors.document import Page
from processors.evaluation.compare import compare
from processors.evaluation.field_types import field_type
from processors.evaluation.judging import is_empty
from processors.evaluation.model import TruthRow, Value
from processors.fields import Field, canonical_text
from processors.reading.geometric.cite import cite
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.invoice import fields_of, study_invoice
from processors.reading.geometric.vocabulary import Vocabulary, label_vocabulary
from processors.reading.learned.found import KIND_OF
from processors.reading.learned.scene import Scene
from processors.recognition.structure.running import as_read
from processors.schemas import ExtractionSchema

_SAID = frozenset({"delivery_date", "customer_id"})
"""Fields that the truth of a generated document has wherever they are printed: without a label they are absent."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A document that was recognised, with its truth. ``origin`` says how: ``text``, ``ocr``, ``generated``."""

    row: TruthRow
    pages: Sequence[Page]
    origin: str


@dataclass(frozen=True, slots=True)
class FieldExample:
    """The candidates of one field in one document: rows without the words' score, and which are right.

    ``rules`` says of the rules' own value whether it is right (``None``: they read nothing), with their score;
    ``present`` says whether the field has a value at all.
    """

    right: NDArray[np.bool_]
    present: bool
    rules: bool | None
    rules_score: float


@dataclass(frozen=True, slots=True)
class Example:
    """One document as scored. ``pruned``: some labels were hidden from it, as another vendor's would be."""

    labelled: Labelled
    scene: Scene
    fields: dict[str, FieldExample]
    pruned: bool


def examples(
    documents: Iterable[Labelled], schemas: dict[str, ExtractionSchema], hidden: float = 0.0, seed: int = 0
) -> Iterator[Example]:
    """An example for each document; where ``hidden`` is not 0, that share of all known labels is unknown to it.

    The labels of the dictionary were collected on the development documents among others; hiding some shows the model,
    and the figures, what happens on documents whose labels nobody has collected.
    """
    for number, document in enumerate(documents):
        row = document.row
        pages = as_read(document.pages)
        words = _pruned(hidden, seed + number) if hidden else None
        study = study_invoice(DocumentView(pages, words, wide=False))
        scene = Scene(study)
        schema = schemas[row.document_type]
        ruled = {item.name: item for item in fields_of(study, schema).fields}
        fields = {
            name: _field(row, scene, schema, name, ruled.get(name))
            for name in KIND_OF
            if (name in row.fields or (row.synthetic and name in _SAID)) and schema.field(name) is not None
        }
        yield Example(document, scene, fields, hidden > 0)


def is_right(row: TruthRow, name: str, field: Field | None) -> bool:
    """Whether ``field`` is the truth of ``name``, as ``fieldtrail eval`` judges it."""
    value = None if field is None else canonical_text(field.value, field.type)
    accepted = [item for item in _accepted(row, name) if item is not None and not is_empty(item)]
    if value is None or not accepted:
        return False
    found = compare(accepted, value, row.document_type, name, field_type(row.document_type, name))
    return found.exact or found.close


def _field(row: TruthRow, scene: Scene, schema: ExtractionSchema, name: str, ruled: Field | None) -> FieldExample:
    spec = schema.field(name)
    assert spec is not None
    view = scene.study.view
    fields = [
        cite(spec, item.span, view.sheets[item.span.sheet], view.conventions, 0.5) for item in scene.group(name).found
    ]
    known: dict[object, bool] = {}
    right = []
    for field in fields:
        value = None if field is None else field.value
        if value not in known:
            known[value] = is_right(row, name, field)
        right.append(known[value])
    return FieldExample(
        np.array(right, np.bool_),
        any(item is not None and not is_empty(item) for item in _accepted(row, name)),
        None if ruled is None else is_right(row, name, ruled),
        0.0 if ruled is None or ruled.confidence.reader is None else ruled.confidence.reader,
    )


def _accepted(row: TruthRow, name: str) -> list[Value | None]:
    return [row.fields.get(name), *row.alternatives.get(name, ())]


def _pruned(share: float, seed: int) -> Vocabulary:
    whole = label_vocabulary()
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    meanings = {label: found for label, found in whole.meanings.items() if rng.random() >= share}
    slips = {slip: label for slip, label in whole.slips.items() if label in meanings}
    return replace(whole, meanings=meanings, slips=slips)
