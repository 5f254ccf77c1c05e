"""Finds a label of each field on the pages and takes the value right of it or below it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from processors.fields import Extraction, Field, FieldType
from processors.reading import ReadingInput
from processors.reading.geometric.cite import cite
from processors.reading.geometric.currency_choice import read_currency
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.header import iban_candidates
from processors.reading.geometric.labels import Label
from processors.reading.geometric.pairing import Place, places
from processors.reading.geometric.vocabulary import Vocabulary, vocabulary_with
from processors.reading.labelled.boxes import amount_apart
from processors.reading.labelled.values import Reading, is_address, readings, value_in
from processors.schemas import ExtractionSchema, FieldSpec, Labels
from processors.values.text import fold

NAME = "labelled"
VERSION = "2"
_WEAK, _WEAK_DATE = 0.6, 0.68
_FOREIGN = 0.8
_LATER_PAGE = 0.97
_APART = 0.85
_RIVALLED = 0.8
"""Where another value scores nearly as well, one of the two is wrong."""
_NEARLY = 0.1
_SURE = 0.78
"""The most for a value that nothing but its label and type speaks for: below every threshold that passes unseen.

On the development documents of other types than invoices and receipts, 108 of 113 values at 0.55 and above were right.
"""
_LEAST = 0.4
"""A value less likely than this is left out; of those on the development documents, a quarter were right."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    order: int
    spec: FieldSpec
    reading: Reading
    score: float

    @property
    def words(self) -> frozenset[tuple[int, int]]:
        return frozenset((self.reading.span.sheet, token.id) for token in self.reading.span.tokens)


class LabelledReader:
    """Reads what a schema describes and no other reader knows: whole types, and fields that a user added.

    ``known`` tells, for a document type, the fields that other readers look for; of those it reads only what an overlay
    gave labels of its own. Pure and safe on any pages. Its values cite their words and are never more than fairly sure,
    because nothing checks them but their type and the schema's demands.
    """

    def __init__(self, known: Callable[[str], frozenset[str]] = lambda _: frozenset()) -> None:
        self._known = known

    @property
    def name(self) -> str:
        return NAME

    @property
    def version(self) -> str:
        return VERSION

    def read(self, document: ReadingInput) -> Extraction | None:
        """The fields found by their labels; ``None`` where none is, or none has labels."""
        fields = self._fields(document, Extraction())
        return Extraction(fields=fields) if fields else None

    def complete(self, document: ReadingInput, extraction: Extraction) -> Extraction:
        """``extraction`` with the fields that it lacks, as far as they are found, in schema order."""
        added = self._fields(document, extraction)
        if not added:
            return extraction
        order = {spec.name: position for position, spec in enumerate(document.schema.fields)}
        fields = sorted((*extraction.fields, *added), key=lambda field: order.get(field.name, len(order)))
        return replace(extraction, fields=tuple(fields))

    def _fields(self, document: ReadingInput, extraction: Extraction) -> tuple[Field, ...]:
        labels = _labels(document.schema, self._known(document.document_type))
        labelled = [spec for spec in document.schema.fields if spec.name in labels]
        wanted = [spec for spec in labelled if extraction.field(spec.name) is None]
        if not wanted or not any(page.words for page in document.pages):
            return ()
        view = DocumentView(document.pages, _vocabulary(_key(labels)))
        return _read(view, wanted, labelled, extraction)


def _labels(schema: ExtractionSchema, known: frozenset[str]) -> dict[str, Labels]:
    """The labels to look for, by field: those of fields read before too, as they keep the other values apart."""
    found: dict[str, Labels] = {}
    for spec in schema.fields:
        labels = spec.added_labels if spec.name in known else spec.labels
        if labels:
            found[spec.name] = labels
    return found


_Key = tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]


def _key(wanted: Mapping[str, Labels]) -> _Key:
    return tuple((name, tuple(labels.items())) for name, labels in wanted.items())


@lru_cache(maxsize=32)
def _vocabulary(key: _Key) -> Vocabulary:
    return vocabulary_with({name: dict(labels) for name, labels in key})


def _read(
    view: DocumentView, specs: Sequence[FieldSpec], labelled: Sequence[FieldSpec], extraction: Extraction
) -> tuple[Field, ...]:
    currency = read_currency(view)
    view.settle_dates(currency.value if currency is not None and isinstance(currency.value, str) else None)
    candidates = [item for order, spec in enumerate(specs) for item in _candidates(view, order, spec, labelled)]
    fields = {item.spec.name: _field(view, item) for item in _choose(candidates, _taken(extraction, view))}
    by_name = {spec.name: spec for spec in specs}
    certainty = 0.0 if currency is None else _SURE * currency.score
    if currency is not None and "currency" in by_name and certainty >= _LEAST:
        sheet = view.sheets[currency.span.sheet]
        fields["currency"] = _signed(cite(by_name["currency"], currency.span, sheet, view.conventions, certainty))
    return tuple(field for spec in specs if (field := fields.get(spec.name)) is not None)


def _candidates(view: DocumentView, order: int, spec: FieldSpec, labelled: Sequence[FieldSpec]) -> Iterator[_Candidate]:
    if spec.name == "iban":
        for found in iban_candidates(view):
            value = value_in(view, spec, found.span)
            if value is not None:
                yield _Candidate(order, spec, Reading(found.span, value, found.score), found.score)
        return
    for label in view.labels():
        meaning = label.meaning(spec.name)
        if meaning is None:
            continue
        weak = _WEAK_DATE if spec.type is FieldType.DATE else _WEAK
        strength = label.trust * (weak if meaning.weak else 1.0)
        strength *= _FOREIGN if _is_foreign(view, label, spec) else 1.0
        strength *= 1.0 if label.segment.sheet == 0 else _LATER_PAGE
        shared = is_address(spec) and _names_party(label, labelled)
        if spec.type is FieldType.MONEY and (amount := amount_apart(view, label)) is not None:
            value = value_in(view, spec, amount.span)
            if value is not None and spec.constraints.fault(value) is None:
                yield _Candidate(order, spec, Reading(amount.span, value, _APART), _APART * strength)
                continue
        for place in _places(view, label):
            found_here = list(readings(view, label, spec, place, shared=shared))
            yield from (_Candidate(order, spec, reading, reading.score * strength) for reading in found_here)
            if found_here:
                break


def _places(view: DocumentView, label: Label) -> list[Place]:
    """Where the value may stand; that of a label at the end of running text only on its own row."""
    found = places(view, label)
    if label.start == 0 or label.closed or "/" in _text(label):
        return found
    return [place for place in found if place.segment.row == label.segment.row]


def _text(label: Label) -> str:
    """The label's words and the one before it."""
    return " ".join(token.text for token in label.segment.tokens[max(0, label.start - 1) : label.stop])


def _is_foreign(view: DocumentView, label: Label, spec: FieldSpec) -> bool:
    """Whether the label is of another language than the document: many short words mean other things elsewhere."""
    if view.language is None or view.language not in spec.labels:
        return False
    key = "".join(token.key for token in label.segment.tokens[label.start : label.stop])
    meaning = label.meaning(spec.name)
    native = {fold(text) for text in spec.labels[view.language]}
    return meaning is not None and meaning.language != view.language and key not in native


def _names_party(label: Label, specs: Sequence[FieldSpec]) -> bool:
    """Whether the label also heads a field that is a name (``Employer's name, address, and ZIP code``)."""
    return any(label.meaning(spec.name) is not None for spec in specs if spec.name.endswith("_name"))


def _taken(extraction: Extraction, view: DocumentView) -> set[tuple[int, int]]:
    """The words that fields read before were read from: (sheet, word)."""
    sheets = {sheet.page.number: sheet.index for sheet in view.sheets}
    return {
        (sheets[evidence.page], word)
        for field in extraction.fields
        for evidence in field.evidence
        if evidence.page in sheets
        for word in evidence.word_ids
    }


def _choose(candidates: Sequence[_Candidate], taken: set[tuple[int, int]]) -> Iterator[_Candidate]:
    """The best candidate of each field, so that no word serves two; of fields alike, the schema's first comes first."""
    chosen: set[str] = set()
    for candidate in sorted(candidates, key=lambda item: (-item.score, item.order)):
        if candidate.spec.name in chosen or candidate.words & taken:
            continue
        chosen.add(candidate.spec.name)
        taken |= candidate.words
        rivalled = any(
            other.spec.name == candidate.spec.name
            and other.reading.value != candidate.reading.value
            and candidate.score - other.score < _NEARLY
            for other in candidates
        )
        yield replace(candidate, score=candidate.score * (_RIVALLED if rivalled else 1.0))


def _field(view: DocumentView, chosen: _Candidate) -> Field | None:
    span = chosen.reading.span
    certainty = max(0.05, min(1.0, chosen.score)) * _SURE
    if certainty < _LEAST:
        return None
    field = cite(chosen.spec, span, view.sheets[span.sheet], view.conventions, certainty)
    return _signed(None if field is None else replace(field, value=chosen.reading.value))


def _signed(field: Field | None) -> Field | None:
    """The field in this reader's name."""
    return None if field is None else replace(field, reader=NAME, reader_version=VERSION)
