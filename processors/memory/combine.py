"""What the memory reads, beside what another reader read: agreement raises, disagreement lowers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from processors.fields import Extraction, Field, canonical_text
from processors.memory.match import STRONG_IDENTITY
from processors.memory.recall import READER_NAME, Recalled
from processors.memory.trust import TRUSTED, Trust, chance_against_reader, doubted, raised, trust
from processors.schemas import ExtractionSchema
from processors.values.text import fold

_ABOVE_MEMORY = frozenset({"einvoice"})
"""Readers of data made for machines; what a page looks like cannot gainsay them."""


class Outcome(StrEnum):
    """What came of a value that the memory read."""

    AGREED = "agreed"
    RAISED = "raised"
    """It agreed, and that made the other reader's value surer."""
    ADDED = "added"
    """No other reader had the field; the memory's value stands."""
    WON = "won"
    """Another reader read something else; the memory's value stands, less sure."""
    DOUBTED = "doubted"
    """Another reader read something else; its value stands, too unsure to pass unseen."""
    LEFT = "left"
    """It was not used: an e-invoice says what the value is, or too little speaks for the memory's."""


@dataclass(frozen=True)  # no slots: see processors.fields
class Verdict:
    """One field: what the memory read, what another reader read (``None``: nothing), both as in canonical notation."""

    name: str
    memory: str
    other: str | None
    other_reader: str | None
    outcome: Outcome


@dataclass(frozen=True)
class Combined:
    """The extraction with the memory's part in it, and a verdict for every value that the memory read."""

    extraction: Extraction
    verdicts: tuple[Verdict, ...]


def combine(extraction: Extraction, recalled: Recalled, schema: ExtractionSchema) -> Combined:
    """``extraction`` of the other readers with what ``recalled`` adds to it, in schema order; line items stay.

    The memory's value stands only where its lesson is trusted (:class:`Trust`) and no other reader has the field, or
    the other one has been wrong there before or is the less sure of the two. It is then the field's reader, with the
    layout and revision as version. Where it agrees, the other reader stays the reader. Notes name the layout, the
    revision and every field that it had a part in.
    """
    verdicts: list[Verdict] = []
    fields = {field.name: field for field in extraction.fields}
    for own in recalled.fields:
        other = fields.get(own.name)
        field, outcome = _settle(own, other, recalled)
        if own.name == "amount_due" and outcome in (Outcome.ADDED, Outcome.RAISED) and _is_total(own, fields):
            # Both concluded it from the total; the memory knows no more than that it was so before.
            field, outcome = None, Outcome.LEFT if other is None else Outcome.AGREED
        if field is not None:
            fields[own.name] = field
        verdicts.append(_verdict(own, other, outcome))
    for other, known in _changed(recalled, fields):
        score = other.confidence.value if other.confidence.reader is None else other.confidence.reader
        fields[other.name] = _scored(other, doubted(score, other.type))
        printed = canonical_text(other.value, other.type)
        verdicts.append(Verdict(other.name, known, printed, other.reader, Outcome.DOUBTED))
    order = {spec.name: position for position, spec in enumerate(schema.fields)}
    ordered = sorted(fields.values(), key=lambda field: order.get(field.name, len(order)))
    notes = (*extraction.notes, *_notes(recalled, verdicts))
    return Combined(replace(extraction, fields=tuple(ordered), notes=notes), tuple(verdicts))


def _changed(recalled: Recalled, fields: Mapping[str, Field]) -> list[tuple[Field, str]]:
    """Bank accounts and tax ids that are others than all documents of this vendor had, which a person must see: a
    changed account is how invoices are forged. With what was printed until now, folded.
    """
    changed = []
    for name in STRONG_IDENTITY:
        lesson, other = recalled.layout.lessons.get(name), fields.get(name)
        if lesson is None or other is None or other.reader in _ABOVE_MEMORY or recalled.field(name) is not None:
            continue
        known = "".join(lesson.text).replace(" ", "")
        if known and trust(lesson) in TRUSTED and fold(other.raw_text) != known:
            changed.append((other, known))
    return changed


def _is_total(own: Field, fields: Mapping[str, Field]) -> bool:
    """Whether the value is read from the words of the total."""
    total = fields.get("total_amount")
    words = {(item.page, word) for item in own.evidence for word in item.word_ids}
    return total is not None and any((item.page, word) in words for item in total.evidence for word in item.word_ids)


def same_value(one: Field, other: Field) -> bool:
    """Whether two fields have one value; case, accents and punctuation of texts do not count."""
    if isinstance(one.value, str) and isinstance(other.value, str):
        return fold(one.value) == fold(other.value)
    return one.value == other.value


def _settle(own: Field, other: Field | None, recalled: Recalled) -> tuple[Field | None, Outcome]:
    """The field as it stands now (``None``: as it was), and what came of the memory's value."""
    lesson = recalled.layout.lessons[own.name]
    level = trust(lesson)
    if other is None:
        return (own, Outcome.ADDED) if level in TRUSTED else (None, Outcome.LEFT)
    if other.reader in _ABOVE_MEMORY:
        return None, Outcome.LEFT
    score = other.confidence.reader if other.confidence.reader is not None else other.confidence.value
    if same_value(own, other):
        if level not in TRUSTED:
            return None, Outcome.AGREED
        return _scored(other, raised(score, lesson)), Outcome.RAISED
    if level is Trust.DISCREDITED:
        return None, Outcome.LEFT
    against = chance_against_reader(lesson)
    if level in TRUSTED and (lesson.against_reader or score < against):
        return _scored(own, against), Outcome.WON
    return _scored(other, doubted(score, other.type)), Outcome.DOUBTED


def _scored(field: Field, score: float) -> Field:
    confidence = field.confidence
    recognition = 1.0 if confidence.recognition is None else confidence.recognition
    return replace(field, confidence=replace(confidence, reader=score, value=round(score * recognition, 4)))


def _verdict(own: Field, other: Field | None, outcome: Outcome) -> Verdict:
    return Verdict(
        own.name,
        canonical_text(own.value, own.type) or "",
        None if other is None else canonical_text(other.value, other.type),
        None if other is None else other.reader,
        outcome,
    )


def _notes(recalled: Recalled, verdicts: list[Verdict]) -> list[str]:
    name = f"{READER_NAME} {recalled.layout.version}"
    agreed = [item.name for item in verdicts if item.outcome in (Outcome.AGREED, Outcome.RAISED)]
    notes = [f"{name}: agrees on {', '.join(agreed)}"] if agreed else []
    for item in verdicts:
        if item.outcome is Outcome.ADDED:
            notes.append(f"{name}: read {item.name}, which no other reader found")
        elif item.outcome is Outcome.WON:
            notes.append(f"{name}: read {item.name}; {item.other_reader} read {item.other!r} instead")
        elif item.outcome is Outcome.DOUBTED:
            notes.append(
                f"{name}: knows {item.name} as {item.memory!r}; the value of {item.other_reader} is kept, unsure"
            )
    return notes
