"""Reads a document by what is remembered of its layout."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from processors.document import Page
from processors.fields import Field, FieldType
from processors.geometry import Box
from processors.memory.match import VENDOR_S_OWN, Match, best_match, find_text, is_word
from processors.memory.model import Layout, LayoutSketch, Lesson, Mark, SketchPage
from processors.memory.shape import fits
from processors.memory.sketch import sheets_of, sketch_of
from processors.memory.trust import chance
from processors.reading.geometric.cite import Conventions, cite
from processors.reading.geometric.view import Segment, Sheet, Span, Token
from processors.schemas import ExtractionSchema, FieldSpec
from processors.values import NumberConvention, infer_convention, infer_day_first

READER_NAME = "vendor_memory"
_EDGE = 0.02
"""How far an edge of a value may lie from where it is expected, in page widths; half a centimetre of A4."""
_FAR = 0.03
"""The same for a value without a label, and for the middle of its row."""
_AT_LABEL = 0.012
_IN_WORDS = (FieldType.TEXT, FieldType.IDENTIFIER, FieldType.CURRENCY)
_STRETCH = 2
"""A text in words may have so many more words than before, and so many times the words."""


@dataclass(frozen=True)
class Recalled:
    """What the memory reads: the layout it knew the document by, how well that fits, the fields, and the sketch.

    Every field cites its words; its reader is :data:`READER_NAME`, its version the layout with its revision, and its
    reader score :func:`processors.memory.trust.chance`.
    """

    layout: Layout
    score: float
    fields: tuple[Field, ...]
    sketch: LayoutSketch

    def field(self, name: str) -> Field | None:
        """The field called ``name``, or ``None``."""
        return next((item for item in self.fields if item.name == name), None)


def recall(
    layouts: Iterable[Layout], pages: Sequence[Page], schema: ExtractionSchema, document_type: str
) -> Recalled | None:
    """The document read by the layout of ``layouts`` that it has; ``None`` where it has none of them.

    Pure; does not raise on any pages. A field is read only where its label stands beside it as remembered (or, where it
    never had one, where the words around it put it), its text has the look of the values before, and no second place
    fits as well.
    """
    if not pages:
        return None
    sheets = sheets_of(pages)
    document = sketch_of(sheets, document_type)
    match = best_match(layouts, document)
    if match is None:
        return None
    reading = _Reading(match, document, sheets)
    fields = []
    for spec in schema.fields:
        lesson = match.layout.lessons.get(spec.name)
        if lesson is not None and lesson.type is spec.type:
            found = reading.read(lesson, spec)
            if found is not None:
                fields.append(found)
    return Recalled(match.layout, match.score, tuple(fields), document)


class _Reading:
    """One document on its layout."""

    def __init__(self, match: Match, document: LayoutSketch, sheets: Sequence[Sheet]) -> None:
        self._match = match
        self._document = document
        self._sheets = sheets

    def read(self, lesson: Lesson, spec: FieldSpec) -> Field | None:
        span = self._same_text(lesson)
        if span is None and not _is_fixed(lesson):
            span = self._at_place(lesson, spec)
        if span is None:
            return None
        found = cite(spec, span, self._sheets[span.sheet], self._conventions, chance(lesson))
        if found is None or not fits(found.raw_text, lesson.shapes, lesson.type):
            return None
        return replace(found, reader=READER_NAME, reader_version=self._match.layout.version)

    @cached_property
    def _conventions(self) -> Conventions:
        """As persons and e-invoices showed; else as the document tells."""
        texts = [sheet.text for sheet in self._sheets]
        layout = self._match.layout
        point, day_first = _decided(layout.point), _decided(layout.day_first)
        numbers = infer_convention(texts)
        if point is not None:
            numbers = NumberConvention.POINT if point else NumberConvention.COMMA
        return Conventions(numbers, infer_day_first(texts) if day_first is None else day_first)

    def _same_text(self, lesson: Lesson) -> Span | None:
        """The words that all documents had there, if they are there."""
        if not lesson.text:
            return None
        found = []
        for page, marks in find_text(lesson.text, self._document, exact=True):
            place = self._match.expected(lesson.place.box, lesson.place.page)
            if place is not None and page.which == lesson.place.page:
                away = abs(marks[0].box.x0 - place.x0) + abs(marks[0].box.center_y - _first_row(place, lesson))
                found.append((away, page, marks))
        found.sort(key=lambda item: item[0])
        if not found or found[0][0] > 2 * _FAR or lesson.type not in _IN_WORDS:
            return None
        return self._span(found[0][1], found[0][2])

    def _span(self, page: SketchPage, marks: Sequence[Mark]) -> Span:
        sheet = self._sheets[page.which]
        by_id = {token.id: token for segment in sheet.segments for token in segment.tokens}
        rows = dict.fromkeys(mark.row for mark in marks)
        return Span(sheet.index, tuple(tuple(by_id[mark.id] for mark in marks if mark.row == row) for row in rows))

    def _at_place(self, lesson: Lesson, spec: FieldSpec) -> Span | None:
        """The one span of words that stands where the value should, and reads as one."""
        if lesson.place.rows > 1:
            return None
        found: list[tuple[float, int, Span]] = []
        for place, label, reach in self._places(lesson):
            for away, span in self._spans(place, reach, lesson, label):
                sheet = self._sheets[span.sheet]
                field = cite(spec, span, sheet, self._conventions, 1.0)
                if field is not None and fits(field.raw_text, lesson.shapes, lesson.type):
                    found.append((away, -len(span.tokens), span))
        if not found:
            return None
        found.sort(key=lambda item: item[:2])
        best = found[0][2]
        rivals = [span for away, _, span in found if away < found[0][0] + _AT_LABEL and not span.ids & best.ids]
        return None if rivals else best

    def _places(self, lesson: Lesson) -> Iterator[tuple[Box, frozenset[int], float]]:
        """Where the value may stand: a box, the words of its label, and how far its row may be from there."""
        which = lesson.place.page
        expected = self._match.expected(lesson.place.box, which)
        page = self._document.page(which)
        if expected is None or page is None:
            return
        label = lesson.place.label
        if label is None:
            yield expected, frozenset(), _FAR
            return
        scale = self._match.scale
        places = []
        for marks in _labels(label.keys, page, self._document.scanned):
            x = min(mark.box.x0 for mark in marks)
            y = (min(mark.box.y0 for mark in marks) + max(mark.box.y1 for mark in marks)) / 2 + label.dy * scale
            half = lesson.place.box.height / 2 * scale
            box = Box(x + label.dx0 * scale, y - half, x + label.dx1 * scale, y + half)
            places.append((abs(box.center_y - expected.center_y), box, frozenset(mark.id for mark in marks)))
        # The label's word may stand elsewhere too: what counts is the one nearest to where it should be.
        aligned = [item for item in places if abs(item[1].x0 - expected.x0) < 2 * _FAR]
        for _, box, ids in sorted(aligned, key=lambda item: item[0])[:1]:
            yield box, ids, _AT_LABEL

    def _spans(self, place: Box, reach: float, lesson: Lesson, label: frozenset[int]) -> Iterator[tuple[float, Span]]:
        """Runs of words of one segment that begin or end where the value should, and how far away they are."""
        sheet = self._sheets[lesson.place.page]
        width = sheet.width or 1.0  # of the page, in points, as segments are measured
        left, right, middle, edge = place.x0 * width, place.x1 * width, place.center_y * width, _EDGE * width
        most = max(lesson.place.words + _STRETCH, lesson.place.words * _STRETCH)
        for segment in sheet.segments:
            box = segment.box
            if abs(box.center_y - middle) > reach * width or box.x0 > right + edge or box.x1 < left - edge:
                continue
            for start, stop in _cuts(segment, label, lesson, most):
                span = Span(sheet.index, (segment.tokens[start:stop],))
                own = span.box
                aside = min(abs(own.x0 - left), abs(own.x1 - right))
                if aside <= edge:
                    yield (aside + abs(own.center_y - middle)) / width, span


def _cuts(segment: Segment, label: frozenset[int], lesson: Lesson, most: int) -> Iterator[tuple[int, int]]:
    """Where a value may begin and end: not in the label, and at the segment's ends where it always did."""
    tokens = segment.tokens
    free = next((at for at, token in enumerate(tokens) if token.id not in label), len(tokens))
    if any(token.id in label for token in tokens[free:]):
        free = max(at for at, token in enumerate(tokens) if token.id in label) + 1
    for start in range(free, len(tokens)):
        if lesson.place.to_start and start not in (0, free):
            break
        stops: Iterable[int] = range(start + 1, min(len(tokens), start + most) + 1)
        if lesson.place.to_end:
            stops = [len(tokens)] if len(tokens) - start <= most else []
        for stop in stops:
            if not _cut_short(tokens, start, stop):
                yield start, stop


def _cut_short(tokens: Sequence[Token], start: int, stop: int) -> bool:
    """Whether digits go on close beside the words ``start`` to ``stop``."""
    before = start > 0 and _goes_on(tokens[start - 1], tokens[start])
    return before or (stop < len(tokens) and _goes_on(tokens[stop - 1], tokens[stop]))


def _goes_on(left: Token, right: Token) -> bool:
    close = right.box.x0 - left.box.x1 < 0.5 * right.box.height
    return close and left.text[-1].isdigit() and right.text[0].isdigit()


def _labels(keys: Sequence[str], page: SketchPage, scanned: bool) -> list[tuple[Mark, ...]]:
    """Where the words of a label stand one behind the other in one row."""
    marks = page.marks
    found = []
    for start in range(len(marks) - len(keys) + 1):
        run = marks[start : start + len(keys)]
        same = all(is_word(key, mark.key, scanned) for key, mark in zip(keys, run, strict=True))
        if same and run[0].row == run[-1].row:
            found.append(run)
    return found


def _is_fixed(lesson: Lesson) -> bool:
    """Whether other words at its place are something else: what is the vendor's own, and currencies, which the end of a
    name may look like (*BHD*).
    """
    return lesson.type is FieldType.CURRENCY or (bool(lesson.text) and lesson.name in VENDOR_S_OWN)


def _first_row(place: Box, lesson: Lesson) -> float:
    return place.y0 + place.height / lesson.place.rows / 2


def _decided(votes: tuple[int, int]) -> bool | None:
    """What all votes say; ``None`` without any, or where they differ."""
    yes, no = votes
    return None if bool(yes) == bool(no) else bool(yes)
