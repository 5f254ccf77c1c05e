"""The learned reader behind the seam of :mod:`processors.reading`."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from processors.fields import Extraction, Field, FieldValue
from processors.reading import ReadingInput
from processors.reading.geometric.cite import cite
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.invoice import fields_of, study_invoice
from processors.reading.learned.around import Around
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
_PLACES = 2
"""Places of one value among them: a total that is printed five times leaves room for the other amounts."""
_SPOKEN_FOR = 2.5
"""How much less a date is worth, in log-odds, that a label calls another date and none this one."""
_SURE_LABEL = 0.9
_OTHER_DATES = {
    "invoice_date": frozenset(
        {"due_date", "delivery_date", "other.date", "charge_total", "prepaid_amount", "purchase_order", "payment_terms"}
    ),
    "due_date": frozenset({"invoice_date", "delivery_date", "other.date"}),
}
"""What labels mean that stand before other dates: *Delivery 6 December*, *Paid 3 May*, *Your order of 1 March*."""
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
    owed = "invoice" in schema.document_types
    if not owed:
        options["amount_due"] = [option for option in options.get("amount_due", []) if _is_called_due(scene, option)]
    for name, option in decode(options, scene.study, owed=owed).items():
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
    best = best_places(scene.group(spec.name).found, scores)
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
        if spec.name in _OTHER_DATES and _is_spoken_for(scene.group(spec.name).around[index], spec.name):
            worth -= _SPOKEN_FOR
        field = _cited(scene, spec, found, probability)
        if field is not None:
            likely[field.value] = max(probability, likely.get(field.value, 0.0))
            tried.append((found, probability, worth))
    # Only one value is right: where several are likely, none of them is as likely as it looks alone.
    crowd = max(1.0, sum(likely.values()))
    return [Option(found, min(_SUREST, p / crowd), worth) for found, p, worth in tried if worth > -_ENOUGH]


def best_places(found: Sequence[Found], scores: Sequence[float]) -> list[int]:
    """The positions of the likeliest candidates, best first, each value at no more than :data:`_PLACES` places."""
    places: Counter[object] = Counter()
    best: list[int] = []
    for index in sorted(range(len(scores)), key=lambda index: -scores[index]):
        places[found[index].value] += 1
        if places[found[index].value] <= _PLACES:
            best.append(index)
        if len(best) == _TOP:
            break
    return best


def _is_spoken_for(around: Around, name: str) -> bool:
    """Whether a sure label calls a date another one (*Delivery date*), and none calls it ``name``."""
    meanings = {claim.meaning for claim in around.claims if claim.strength >= _SURE_LABEL}
    return name not in {claim.meaning for claim in around.claims} and bool(meanings & _OTHER_DATES[name])


def _is_called_due(scene: Scene, option: Option) -> bool:
    """Whether a label says of an amount that it is to be paid."""
    group = scene.group("amount_due")
    around = next(near for found, near in zip(group.found, group.around, strict=True) if found is option.found)
    return any(claim.meaning == "amount_due" for claim in around.claims)


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
