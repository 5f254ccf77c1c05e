"""Whether a document has a remembered layout, and how the one lies on the other."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from processors.geometry import Box, union
from processors.memory.model import Label, Layout, LayoutSketch, Lesson, Mark, Place, SketchPage, StableWord
from processors.memory.sketch import is_constant

LEAST_SCORE = 0.5
"""Share of the layout's words that a document must have, in their places and order."""
_LEAST_WORDS = 5
_COLUMN = 0.025
_IDENTITY_REACH = 0.06
_NEAREST = 5
_ALIGNED = 0.03
STRONG_IDENTITY = ("vendor_tax_id", "iban", "vendor_tax_number", "employer_ein")
IDENTITY = (*STRONG_IDENTITY, "vendor_name", "bank_name", "employer_name", "vendor_phone")
"""The fields that tell a vendor. Those of the first kind no other vendor shares, whatever template it prints with."""
VENDOR_S_OWN = frozenset({*IDENTITY, "vendor_address"})
"""What a vendor prints alike on every document: other words at its place are something else."""

Printed = tuple[SketchPage, tuple[Mark, ...]]
"""A page and the words on it that print a text."""


@dataclass(frozen=True)
class Pair:
    """A word of the layout and the word of the document that it is."""

    word: StableWord
    mark: Mark


@dataclass(frozen=True)
class Match:
    """A document on a layout. ``score`` in [0, 1]; ``pairs`` by page (first, last); ``scale``: document over layout."""

    layout: Layout
    score: float
    pairs: Mapping[int, tuple[Pair, ...]]
    scale: float

    def expected(self, box: Box, page: int) -> Box | None:
        """Where what stood at ``box`` should stand here: moved as the words around it were. ``None`` without any."""
        pairs = self.pairs.get(page, ())
        if not pairs:
            return None
        dx, dy = self._shift(sorted(pairs, key=lambda pair: _distance(pair.word.box, box)))
        scale = self.scale
        return Box(box.x0 * scale + dx, box.y0 * scale + dy, box.x1 * scale + dx, box.y1 * scale + dy)

    def home(self, place: Place) -> Place:
        """A place of this document as one of the layout: the reverse of :meth:`expected`."""
        pairs = self.pairs.get(place.page, ())
        scale, box, label = self.scale, place.box, place.label
        dx, dy = self._shift(sorted(pairs, key=lambda pair: _distance(pair.mark.box, box))) if pairs else (0.0, 0.0)
        moved = [round(value, 4) for value in ((box.x0 - dx) / scale, (box.y0 - dy) / scale)]
        moved += [round(value, 4) for value in ((box.x1 - dx) / scale, (box.y1 - dy) / scale)]
        if label is not None:
            label = Label(label.keys, label.dx0 / scale, label.dx1 / scale, label.dy / scale)
        return replace(place, box=Box(*moved), label=label)

    def _shift(self, pairs: Sequence[Pair]) -> tuple[float, float]:
        """How far the first of these pairs were moved, beyond their scale."""
        near = pairs[:_NEAREST]
        dx = median(pair.mark.box.x0 - pair.word.box.x0 * self.scale for pair in near)
        dy = median(pair.mark.box.center_y - pair.word.box.center_y * self.scale for pair in near)
        return dx, dy


def best_match(layouts: Iterable[Layout], document: LayoutSketch) -> Match | None:
    """The layout that fits best, of those that fit at all; of two equally good ones, the one with more lessons."""
    found = [match for layout in layouts if (match := match_layout(layout, document)) is not None]
    return max(found, key=lambda match: (round(match.score, 2), match.layout.documents), default=None)


def match_layout(layout: Layout, document: LayoutSketch) -> Match | None:
    """The document on this layout; ``None`` where type, vendor or layout are others.

    The layout must be the same (:data:`LEAST_SCORE`), and so must the vendor: many share a template of invoicing
    software. So a word of the vendor's own must stand where it is remembered to stand, and where tax id or bank account
    are known from several documents, one of them must be on the page.
    """
    if layout.document_type != document.document_type:
        return None
    known = [lesson for name in IDENTITY if (lesson := layout.lessons.get(name)) is not None and lesson.text]
    printed = {lesson.name: found for lesson in known if (found := find_text(lesson.text, document))}
    strong = [lesson.name for lesson in known if lesson.name in STRONG_IDENTITY and lesson.documents > 1]
    if not printed or (strong and not printed.keys() & set(strong)):
        return None
    match = lay(layout, document)
    if match is None or match.score < LEAST_SCORE:
        return None
    places = ((layout.lessons[name], found) for name, found in printed.items())
    return match if any(_stands_at_its_place(lesson, match, found) for lesson, found in places) else None


def lay(layout: Layout, document: LayoutSketch) -> Match | None:
    """The document on this layout, whoever it is from; ``None`` where too few words are shared to tell."""
    pairs: dict[int, tuple[Pair, ...]] = {}
    total = found = 0.0
    scales = []
    for page in document.pages:
        words = [word for word in layout.words if word.page == page.which]
        if not words:
            continue
        scale = _scale(words, page)
        pairs[page.which] = _paired(words, page, scale, document.scanned)
        scales.append((len(pairs[page.which]), scale))
        total += sum(word.seen for word in words)
        found += sum(pair.word.seen for pair in pairs[page.which])
    if sum(map(len, pairs.values())) < _LEAST_WORDS:
        return None
    return Match(layout, found / total, pairs, max(scales)[1])


def _scale(words: Sequence[StableWord], page: SketchPage) -> float:
    """How much wider the document's print is than the layout's: 1 but for scans with other margins.

    The median over pairs of words that stand once on each (Theil-Sen), so that a few wrong pairs do no harm.
    """
    marks, known = _by_key(page.marks), defaultdict(list)
    for word in words:
        known[word.key].append(word)
    sole = [
        (found[0].box.x0, marks[key][0].box.x0)
        for key, found in known.items()
        if len(found) == 1 and len(marks.get(key, ())) == 1
    ]
    sole.sort()
    half = len(sole) // 2
    slopes = [
        (right[1] - left[1]) / (right[0] - left[0])
        for left, right in zip(sole[: len(sole) - half], sole[half:], strict=False)
        if right[0] - left[0] > 0.15
    ]
    if len(slopes) < 3:
        return 1.0
    slope = median(slopes)
    return slope if 0.6 < slope < 1.7 and abs(slope - 1) > 0.01 else 1.0


def _by_key(marks: Iterable[Mark]) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = defaultdict(list)
    for mark in marks:
        found[mark.key].append(mark)
    return found


def _paired(words: Sequence[StableWord], page: SketchPage, scale: float, scanned: bool) -> tuple[Pair, ...]:
    """The words found, each once, in one column with where they stood and in their order down the page."""
    marks = _by_key(page.marks)
    options = [(word, _options(word.key, marks, scanned)) for word in words]
    sole = [(word, found[0]) for word, found in options if len(found) == 1]
    if not sole:
        sole = [(word, found[0]) for word, found in options if found]
    if not sole:
        return ()
    shift = median(mark.box.x0 - word.box.x0 * scale for word, mark in sole)
    drop = median(mark.box.center_y - word.box.center_y * scale for word, mark in sole)
    taken: set[int] = set()
    pairs = []
    for word, found in sorted(options, key=lambda item: item[0].box.center_y):
        column = word.box.x0 * scale + shift
        fitting = [mark for mark in found if mark.id not in taken and abs(mark.box.x0 - column) <= _COLUMN]
        if not fitting:
            continue
        height = word.box.center_y * scale + drop
        mark = min(fitting, key=lambda mark: abs(mark.box.center_y - height))
        taken.add(mark.id)
        pairs.append(Pair(word, mark))
        drop += (mark.box.center_y - height) / 2  # what follows a longer table has moved as far as the last word has
    return _in_order(pairs)


def _options(key: str, marks: Mapping[str, Sequence[Mark]], scanned: bool) -> Sequence[Mark]:
    found = marks.get(key, ())
    if found or not scanned or len(key) < 5:
        return found
    return [mark for other, same in marks.items() if is_slip(key, other) for mark in same]


def is_slip(one: str, other: str) -> bool:
    """Whether two folded words differ by one character that OCR took for another, lost or added."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return one == other
    short, long = sorted((one, other), key=len)
    at = next((index for index, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[at + (len(short) == len(long)) :] == long[at + 1 :]


def _in_order(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """The most pairs that keep their order from top to bottom (longest increasing subsequence)."""
    ends: list[float] = []
    chains: list[tuple[Pair, ...]] = []
    best: tuple[Pair, ...] = ()
    for pair in pairs:
        # Words of one row differ by fractions of their height; they are in no order.
        place = round(pair.mark.box.center_y / 0.01)
        at = bisect_left(ends, place + 0.5)
        chain = (*(chains[at - 1] if at else ()), pair)
        if at == len(ends):
            ends.append(place)
            chains.append(chain)
        elif place <= ends[at]:
            ends[at], chains[at] = place, chain
        best = max(best, chains[-1], key=len)
    return best


def _distance(one: Box, other: Box) -> float:
    return abs(one.center_y - other.center_y) + 0.3 * abs(one.center_x - other.center_x)


def _stands_at_its_place(lesson: Lesson, match: Match, printed: Sequence[Printed]) -> bool:
    place = match.expected(lesson.place.box, lesson.place.page)
    return place is not None and any(
        page.which == lesson.place.page
        and abs(marks[0].box.x0 - place.x0) + abs(marks[0].box.y0 - place.y0) < _IDENTITY_REACH
        for page, marks in printed
    )


def find_text(text: Sequence[str], document: LayoutSketch, *, exact: bool = False) -> list[Printed]:
    """Where the rows ``text`` stand, one below the other. Unless it must be ``exact``, OCR may have slipped once in a
    long word of letters.
    """
    found = []
    for page in document.pages:
        rows = [_runs(row.split(), page.marks, document.scanned and not exact) for row in text]
        for run in rows[0] if rows else ():
            block = list(run)
            for below in rows[1:]:
                last = block[-1]
                follow = (other for other in below if 0 < other[0].row - last.row <= 2 and _one_column(other, run))
                block += next(follow, ())
            if len(block) == sum(len(row.split()) for row in text):
                found.append((page, tuple(block)))
    return found


def _runs(words: Sequence[str], marks: Sequence[Mark], scanned: bool) -> list[tuple[Mark, ...]]:
    """Where the words stand one behind the other."""
    return [
        tuple(marks[start : start + len(words)])
        for start in range(len(marks) - len(words) + 1)
        if is_word(words[0], marks[start].key, scanned)
        and all(is_word(word, mark.key, scanned) for word, mark in zip(words, marks[start:], strict=False))
    ]


def _one_column(one: Sequence[Mark], other: Sequence[Mark]) -> bool:
    first, second = union(mark.box for mark in one), union(mark.box for mark in other)
    return abs(first.x0 - second.x0) < _ALIGNED or abs(first.center_x - second.center_x) < _ALIGNED


def is_word(known: str, key: str, scanned: bool) -> bool:
    """Whether ``key`` is the word ``known``: the very same, or with one slip in a long word of letters of a scan."""
    return known == key or (scanned and len(known) > 4 and is_constant(known) and is_slip(known, key))
