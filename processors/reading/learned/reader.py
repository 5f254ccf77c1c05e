"""The learned reader behind the seam of :mod:`processors.reading`."""

import math
from dataclasses import replace

from processors.fields import Extraction, Field, FieldValue
from processors.reading import ReadingInput
from processors.reading.geometric.cite import cite
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.invoice import fields_of, study_invoice
from processors.reading.learned.columns import MEANINGS
from processors.reading.learned.decode import Option, decode
from processors.reading.learned.found import NAMED, Found, Kind
from processors.reading.learned.model import FieldModel, Model, packaged_model
from processors.reading.learned.scene import Scene
from processors.schemas import ExtractionSchema, FieldSpec

READER_NAME = "learned"
_TYPES = frozenset({"invoice", "credit_note"})
_DOUBTED = 0.02
"""Probability below which even what the rules choose is left out."""
_KEPT = 0.05
"""The least worth of what the rules choose and the model does not rule out."""
_SAYS_SO = 1.5
"""Worth of a name behind *Customer name*, which few of the documents trained on print: no department stands there."""
_TOP = 6
"""Candidates of a field that are tried, best first."""
_SUREST = 0.995
_ENOUGH = 2.0
"""How far below its threshold, in log-odds, a candidate may be that fits so well that it is chosen all the same."""


class LearnedReader:
    """Reads invoices and credit notes: header fields by trained scores, everything else by the rules.

    Pure and safe on any pages. A value of a scored field bears this reader's name and the score that it had; line
    items and the other fields are the rules' own and bear theirs.
    """

    def __init__(self, model: Model | None = None) -> None:
        """``model``: other weights than the packaged ones, such as a fold's."""
        self._model = model

    @property
    def name(self) -> str:
        return READER_NAME

    @property
    def version(self) -> str:
        return self._weights().version

    def _weights(self) -> Model:
        return self._model or packaged_model()

    def read(self, document: ReadingInput) -> Extraction | None:
        """The fields found; ``None`` for document types that it does not read and for pages without words."""
        if document.document_type not in _TYPES or not any(page.words for page in document.pages):
            return None
        scene = Scene(study_invoice(DocumentView(document.pages)))
        ruled = fields_of(scene.study, document.schema)
        chosen = choose(scene, self._weights(), document.schema)
        return replace(ruled, fields=_merged(ruled, chosen, document.schema, self._weights()))


def choose(scene: Scene, model: Model, schema: ExtractionSchema) -> dict[str, tuple[Field, Option]]:
    """The chosen value of each scored field that ``schema`` has, as the field it becomes."""
    options = {
        spec.name: _options(scene, spec, model.fields[spec.name]) for spec in schema.fields if spec.name in model.fields
    }
    chosen: dict[str, tuple[Field, Option]] = {}
    for name, option in decode(options, scene.study, owed="invoice" in schema.document_types).items():
        spec = schema.field(name)
        field = None if spec is None else _cited(scene, spec, option.found, option.probability)
        if field is not None:
            chosen[name] = field, option
    return chosen


def _cited(scene: Scene, spec: FieldSpec, found: Found, probability: float) -> Field | None:
    view = scene.study.view
    return cite(spec, found.span, view.sheets[found.span.sheet], view.conventions, probability)


def _options(scene: Scene, spec: FieldSpec, weights: FieldModel) -> list[Option]:
    """The likeliest candidates that are a value of the field, and what the rules choose."""
    scores = [float(score) for score in scene.scores(spec.name, weights)]
    ruled = scene.ruled(spec.name)
    best = sorted(range(len(scores)), key=lambda index: -scores[index])[:_TOP]
    likely: dict[FieldValue | None, float] = {}
    tried: list[tuple[Found, float, float]] = []
    for index in dict.fromkeys((*best, *ruled)):
        found = scene.group(spec.name).found[index]
        probability = 1 / (1 + math.exp(-scores[index]))
        worth = scores[index] - _log_odds(weights.least)
        if index in ruled and probability >= _DOUBTED:
            worth = max(_KEPT, worth + weights.prefer)
        if found.kind is Kind.NAME and {NAMED, *MEANINGS[spec.name]} <= found.sections:
            worth += _SAYS_SO
        field = _cited(scene, spec, found, probability)
        if field is not None:
            likely[field.value] = max(probability, likely.get(field.value, 0.0))
            tried.append((found, probability, worth))
    # Only one value is right: where several are likely, none of them is as likely as it looks alone.
    crowd = max(1.0, sum(likely.values()))
    return [Option(found, min(_SUREST, p / crowd), worth) for found, p, worth in tried if worth > -_ENOUGH]


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _merged(
    ruled: Extraction, chosen: dict[str, tuple[Field, Option]], schema: ExtractionSchema, model: Model
) -> tuple[Field, ...]:
    """The rules' fields with the scored ones in place of theirs, in the schema's order."""
    kept = {field.name: field for field in ruled.fields if field.name not in model.fields}
    own = {
        name: replace(field, reader=READER_NAME, reader_version=model.version) for name, (field, _) in chosen.items()
    }
    return tuple({**kept, **own}[spec.name] for spec in schema.fields if spec.name in kept or spec.name in own)
