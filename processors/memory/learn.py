"""What one confirmed document teaches a layout. Pure: the same layout and document give the same layout."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from processors.fields import EvidenceSource, Field, FieldType, FieldValue, canonical_text
from processors.memory.match import IDENTITY, VENDOR_S_OWN, Match, best_match, is_slip, lay
from processors.memory.model import Label, Layout, LayoutSketch, Lesson, Place, Source, StableWord
from processors.memory.place import place_of
from processors.memory.shape import shape_of
from processors.memory.sketch import is_constant
from processors.values import NumberConvention, parse_date, parse_money
from processors.values.text import fold

_MOST_SHAPES = 5
_LEAST_SEEN = 0.5
"""A word that fewer of the layout's documents have is no part of the layout."""
_SAME_PLACE = 0.04


@dataclass(frozen=True)
class Taught:
    """One value that teaches, and who vouches for it.

    ``field`` is the right value with its evidence; without any, it can only contradict. ``other`` is what a reader
    other than the memory read on this document, in canonical notation, and ``reader`` its name; ``memory`` what the
    memory read, ``None`` where it read nothing. ``missing``: the person said that the document has no such field, and
    ``field`` is what was read instead.
    """

    field: Field
    source: Source
    other: str | None = None
    reader: str | None = None
    memory: str | None = None
    missing: bool = False


def find_layout(
    layouts: Sequence[Layout], document: LayoutSketch, taught: Sequence[Taught], read_by: str | None = None
) -> Layout | None:
    """The layout that a confirmed document has. One of another vendor than the confirmed one is none, however alike.

    ``read_by`` is the layout that the memory read the document by. Where that took something else for the vendor's name
    than the person did, the layout was taught a wrong name, which does not make it another vendor's.
    """

    def is_vendor_s(layout: Layout) -> bool:
        told = [item for item in taught if layout.layout_id != read_by or item.memory is None]
        return _same_vendor(layout, document, told)

    match = best_match([layout for layout in layouts if is_vendor_s(layout)], document)
    return None if match is None else match.layout


def _same_vendor(layout: Layout, document: LayoutSketch, taught: Sequence[Taught]) -> bool:
    """Whether the confirmed vendor is the layout's: the first of :data:`IDENTITY` that both know decides."""
    own = {item.field.name: fold(item.field.raw_text or str(item.field.value)) for item in taught if not item.missing}
    for name in IDENTITY:
        lesson = layout.lessons.get(name)
        if name in own and lesson is not None and lesson.text:
            known = "".join(lesson.text).replace(" ", "")
            return known == own[name] or (document.scanned and name == "vendor_name" and is_slip(known, own[name]))
    return True


def new_layout(layout_id: str, document: LayoutSketch, taught: Sequence[Taught]) -> Layout | None:
    """A layout that knows this document only, at revision 1; ``None`` where nothing on it tells the vendor."""
    words = tuple(
        StableWord(mark.key, page.which, mark.box, 1)
        for page in document.pages
        for mark in page.marks
        if is_constant(mark.key)
    )
    empty = Layout(layout_id, document.document_type, _vendor(taught), 0, 0, words)
    layout = _taught(empty, document, None, taught)
    known = any(name in layout.lessons and layout.lessons[name].text for name in IDENTITY)
    return replace(layout, revision=1, documents=1) if known else None


def remember(layout: Layout, document: LayoutSketch, taught: Sequence[Taught], *, again: bool = False) -> Layout:
    """The layout's next revision. ``again``: the document taught it before (a person looks at it afterwards), so its
    words count no second time.
    """
    match = lay(layout, document)
    learnt = _taught(layout, document, match, taught)
    if not again and match is not None:
        learnt = replace(learnt, words=_words(learnt, match), documents=layout.documents + 1)
    return replace(learnt, revision=layout.revision + 1, vendor=_vendor(taught) or layout.vendor)


def _vendor(taught: Sequence[Taught]) -> str:
    named = {item.field.name: str(item.field.value) for item in taught if not item.missing}
    names = ("vendor_name", "bank_name", "employer_name", *IDENTITY)
    return next((named[name] for name in names if name in named), "")


def _words(layout: Layout, match: Match) -> tuple[StableWord, ...]:
    """The layout's words counted anew; those that too few documents have are dropped."""
    found = {(pair.word.key, pair.word.page, pair.word.box) for pairs in match.pairs.values() for pair in pairs}
    documents = layout.documents + 1
    counted = (
        replace(word, seen=word.seen + ((word.key, word.page, word.box) in found))
        for word in layout.words
        if word.page in match.pairs
    )
    kept = tuple(word for word in counted if word.seen >= _LEAST_SEEN * documents)
    return kept + tuple(word for word in layout.words if word.page not in match.pairs)


def _taught(layout: Layout, document: LayoutSketch, match: Match | None, taught: Sequence[Taught]) -> Layout:
    lessons = dict(layout.lessons)
    for item in taught:
        name = item.field.name
        changed = _lesson(lessons.get(name), document, match, item)
        if changed is None:
            lessons.pop(name, None)
        else:
            lessons[name] = changed
    votes = [item.field for item in taught if item.source is not Source.READER and not item.missing]
    return replace(
        layout,
        lessons=lessons,
        day_first=_added(layout.day_first, [_day_first(field) for field in votes]),
        point=_added(layout.point, [_point(field) for field in votes]),
    )


def _lesson(known: Lesson | None, document: LayoutSketch, match: Match | None, item: Taught) -> Lesson | None:
    """The field's lesson after this document; ``None`` where there is none (any more)."""
    right = canonical_text(item.field.value, item.field.type) or ""
    read_right = item.memory is not None and same_text(item.memory, right)
    contradicted = item.memory is not None and (item.missing or not read_right)
    seen = None if item.missing else _observed(document, match, item)
    if known is None:
        return seen
    if contradicted:
        return _contradicted(known, seen, item.source)
    if seen is None:
        return known
    if not read_right and not _same_place(known.place, seen.place):
        # The memory read nothing, and the value stands elsewhere. The stronger word counts; of two equals, the newer.
        stronger = item.source is Source.PERSON or (not known.persons and item.source is Source.RULE)
        return seen if stronger or not (known.persons or known.rules) else known
    return _confirmed(known, seen)


def _contradicted(known: Lesson, seen: Lesson | None, source: Source) -> Lesson | None:
    """A person's word replaces the lesson; so do figures, unless a person taught it. A reader's alone does so only
    where no more than a reader taught it. That a weaker word was wrong says nothing against the stronger one; that two
    equals differ stays with the field.
    """
    if source is Source.PERSON or (not known.persons and (source is Source.RULE or not known.rules)):
        equals = known.persons if source is Source.PERSON else source is Source.READER or known.rules
        wrong = known.wrong + bool(equals)
        return None if seen is None else replace(seen, wrong=wrong)
    wrong = known.wrong + 1
    return None if wrong > known.persons + known.rules else replace(known, wrong=wrong)


def _confirmed(known: Lesson, seen: Lesson) -> Lesson:
    """Both in one: counts are added; the place keeps only what both have, its label among it."""
    first, second = known.place, seen.place
    return replace(
        known,
        place=replace(
            first,
            label=_shared_label(first.label, second.label),
            words=max(first.words, second.words),
            rows=max(first.rows, second.rows),
            to_start=first.to_start and second.to_start,
            to_end=first.to_end and second.to_end,
        ),
        shapes=(*seen.shapes, *known.shapes)[:_MOST_SHAPES],
        # The vendor's own differs by slips of OCR only.
        text=known.text if known.text == seen.text or known.name in VENDOR_S_OWN else (),
        documents=known.documents + 1,
        persons=known.persons + seen.persons,
        rules=known.rules + seen.rules,
        readers=tuple(dict.fromkeys((*known.readers, *seen.readers))),
        against_reader=known.against_reader + seen.against_reader,
    )


def _shared_label(known: Label | None, seen: Label | None) -> Label | None:
    """The label where both have it, at the newer distances (those of the value's two edges vary with its length)."""
    if known is None or seen is None or known.keys != seen.keys:
        return None
    return seen


def _observed(document: LayoutSketch, match: Match | None, item: Taught) -> Lesson | None:
    """The lesson of this document alone; ``None`` where no words on its first or last page are cited."""
    cited = next((one for one in item.field.evidence if one.source is EvidenceSource.PAGE and one.word_ids), None)
    if cited is None or cited.page is None:
        return None
    found = place_of(document, cited.page, cited.word_ids)
    if found is None:
        return None
    place, text = found
    right = canonical_text(item.field.value, item.field.type) or ""
    overruled = item.source is not Source.READER and item.other is not None and not same_text(item.other, right)
    return Lesson(
        name=item.field.name,
        type=item.field.type,
        place=place if match is None else match.home(place),
        shapes=(shape_of(item.field.raw_text),) if item.field.raw_text else (),
        text=text,
        persons=int(item.source is Source.PERSON),
        rules=int(item.source is Source.RULE),
        readers=() if item.reader is None else (item.reader,),
        against_reader=int(overruled),
    )


def same_text(one: str, other: str) -> bool:
    """Whether two values in canonical notation are one; case, accents and punctuation of texts do not count."""
    return one == other or (fold(one) == fold(other) != "" and not _is_number(one))


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _same_place(one: Place, other: Place) -> bool:
    if one.page != other.page:
        return False
    if one.label is not None and other.label is not None and one.label.keys == other.label.keys:
        return True
    edge = min(abs(one.box.x0 - other.box.x0), abs(one.box.x1 - other.box.x1))
    return edge < _SAME_PLACE and abs(one.box.center_y - other.box.center_y) < 2 * _SAME_PLACE


def _added(votes: tuple[int, int], shown: Sequence[bool | None]) -> tuple[int, int]:
    return votes[0] + sum(vote is True for vote in shown), votes[1] + sum(vote is False for vote in shown)


def _day_first(field: Field) -> bool | None:
    """Whether a confirmed date, printed so that it could be either, has the day first; ``None`` where that is open."""
    if field.type is not FieldType.DATE or not isinstance(field.value, date):
        return None
    return _which(field.value, parse_date(field.raw_text, True), parse_date(field.raw_text, False))


def _point(field: Field) -> bool | None:
    """Whether a confirmed amount, printed so that it could be either, has a decimal point."""
    if field.type is not FieldType.MONEY or not isinstance(field.value, Decimal):
        return None
    both = [parse_money(field.raw_text, mark) for mark in (NumberConvention.POINT, NumberConvention.COMMA)]
    return _which(field.value, *(None if money is None else money.amount for money in both))


def _which(value: FieldValue, yes: FieldValue | None, no: FieldValue | None) -> bool | None:
    if yes == no or value not in (yes, no):
        return None
    return value == yes
