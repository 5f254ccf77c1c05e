"""Which values of a finished document may teach, and who vouches for each.

The rule that keeps a mistake from confirming itself: what the memory read never teaches it, and what passed only with
its help does not either.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from processors.calibration.signals import VALIDATION, Check
from processors.fields import Confidence, Evidence, EvidenceSource, Field, FieldType, FieldValue, canonical_text
from processors.memory.combine import Outcome, Verdict
from processors.memory.learn import Taught
from processors.memory.match import IDENTITY, find_text
from processors.memory.model import LayoutSketch, Source
from processors.memory.recall import READER_NAME
from processors.values.text import fold

_TOTALS = ("total_amount", "amount_due")
_USED = (Outcome.ADDED, Outcome.WON)
_MACHINE_MADE = frozenset({"einvoice"})


def by_pass(fields: Sequence[Field], verdicts: Sequence[Verdict], failed: Collection[str] = ()) -> tuple[Taught, ...]:
    """What a document teaches that passed unseen: nothing but contradictions, unless its total is confirmed by figures.

    ``fields`` are those that passed, validated. ``failed`` names fields that failed a rule: where the memory had read
    them, it is contradicted.
    """
    known = {item.name: item for item in verdicts}
    broken = tuple(_broken(known[name]) for name in failed if name in known and known[name].outcome in _USED)
    confirmed = any(field.name in _TOTALS and _is_confirmed(field) for field in fields)
    if not confirmed:
        return broken
    amounts_by_memory = any(field.type is FieldType.MONEY and field.reader == READER_NAME for field in fields)
    taught = (_unseen(field, known.get(field.name), amounts_by_memory) for field in fields)
    return (*broken, *(item for item in taught if item is not None))


def by_person(
    fields: Sequence[Field], before: Sequence[Field], verdicts: Sequence[Verdict], looked_at: Collection[str]
) -> tuple[Taught, ...]:
    """What a document teaches that a person decided. ``fields`` are those of the reviewed result, ``before`` those that
    the readers other than the memory had read.

    The person vouches for the fields ``looked_at``, and for those whose value nobody had read; the others teach as in a
    document that passed. A value of the memory that the result has no more is contradicted.
    """
    known = {item.name: item for item in verdicts}
    others = {field.name: field for field in before}
    amounts_by_memory = any(field.type is FieldType.MONEY and field.reader == READER_NAME for field in fields)
    taught = [
        _seen(field, known.get(field.name), others.get(field.name))
        if field.name in looked_at or _is_new(field, known.get(field.name), others.get(field.name))
        else _unseen(field, known.get(field.name), amounts_by_memory)
        for field in fields
    ]
    kept = {field.name for field in fields}
    gone = [_broken(item, Source.PERSON) for item in verdicts if item.outcome in _USED and item.name not in kept]
    return (*gone, *(item for item in taught if item is not None))


def by_correction(
    right: Field, predicted: Field | None, before: Sequence[Field], verdicts: Sequence[Verdict], document: LayoutSketch
) -> tuple[Taught, ...]:
    """What one field teaches that a person confirmed or changed: ``right``, its value ``None`` where there is none.

    Without evidence for a new value, it is looked for on the page; where it stands once, that is its place. The other
    arguments are as for :func:`by_person`; ``predicted`` is what the person was shown. What the readers say of the
    vendor comes along as their word, so that one correction is enough to know whose layout it is.
    """
    verdict = next((item for item in verdicts if item.name == right.name), None)
    others = {field.name: field for field in before}
    other = others.get(right.name)
    if right.value is None:
        if predicted is None:
            return ()
        return (replace(_seen(predicted, verdict, other), missing=True),)
    if not right.evidence:
        shown = predicted is not None and predicted.value == right.value
        right = predicted if predicted is not None and shown else _placed(right, right.value, document)
    vendor = (others[name] for name in IDENTITY if name in others and name != right.name)
    return (_seen(right, verdict, other), *(Taught(field, Source.READER, reader=field.reader) for field in vendor))


def _is_new(field: Field, verdict: Verdict | None, other: Field | None) -> bool:
    """Whether neither the memory nor another reader had read this value: then a person gave it."""
    value = canonical_text(field.value, field.type)
    read = None if other is None else canonical_text(other.value, other.type)
    return value not in (read, None if verdict is None else verdict.memory)


def _placed(field: Field, value: FieldValue, document: LayoutSketch) -> Field:
    return replace(field, evidence=located(value, field.type, document))


def _seen(field: Field, verdict: Verdict | None, other: Field | None) -> Taught:
    """A person vouches for it."""
    read = None if other is None else canonical_text(other.value, other.type)
    memory = None if verdict is None else verdict.memory
    return Taught(field, Source.PERSON, read, None if other is None else other.reader, memory)


def _unseen(field: Field, verdict: Verdict | None, amounts_by_memory: bool) -> Taught | None:
    if field.reader == READER_NAME or field.value is None:
        return None
    memory = None if verdict is None else verdict.memory
    own = canonical_text(field.value, field.type)
    by_figures = _is_confirmed(field) and not (field.type is FieldType.MONEY and amounts_by_memory)
    if by_figures or field.reader in _MACHINE_MADE:
        return Taught(field, Source.RULE, own, field.reader, memory)
    if verdict is not None and verdict.outcome is Outcome.RAISED:
        return None
    return Taught(field, Source.READER, own, field.reader, memory)


def _is_confirmed(field: Field) -> bool:
    return field.confidence.validation == VALIDATION[Check.CONFIRMED]


def _broken(verdict: Verdict, source: Source = Source.RULE) -> Taught:
    empty = Field(verdict.name, FieldType.TEXT, None, "", (), Confidence(0.0), READER_NAME, "")
    return Taught(empty, source, verdict.other, verdict.other_reader, verdict.memory, missing=True)


def located(value: FieldValue, kind: FieldType, document: LayoutSketch) -> tuple[Evidence, ...]:
    """Where the page prints ``value``, if it does so in one place; else nothing."""
    places = {
        (page.number, tuple(mark.id for mark in marks)): marks
        for text in _prints(value, kind)
        for page, marks in find_text((text,), document)
    }
    if len(places) != 1:
        return ()
    [(number, ids)] = places
    return (Evidence(EvidenceSource.PAGE, page=number, word_ids=ids),)


def _prints(value: FieldValue, kind: FieldType) -> Iterable[str]:
    """How ``value`` may stand on a sketch: folded, by words."""
    if isinstance(value, date):
        day, month, year = f"{value.day:02}", f"{value.month:02}", f"{value.year}"
        orders = (day, month, year), (month, day, year), (year, month, day), (day, month, year[2:])
        return ["".join(order) for order in orders]
    if isinstance(value, Decimal):
        return [fold(canonical_text(value, kind) or "")]
    words = " ".join(filter(None, map(fold, value.split())))
    return [text for text in dict.fromkeys((words, fold(value))) if text]


def still_new(taught: Sequence[Taught], known: Mapping[str, Source]) -> tuple[Taught, ...]:
    """Those that a document has not taught before on as good a word: a replay and a repeated record teach nothing."""
    order = list(Source)
    return tuple(
        item
        for item in taught
        if item.field.name not in known or order.index(item.source) > order.index(known[item.field.name])
    )
