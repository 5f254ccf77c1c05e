"""The words of a document, indexed so that every place that prints a given value is found quickly."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import accumulate, groupby
from typing import NamedTuple

from processors.document import Line, Page, Word
from processors.fields import FieldType, FieldValue
from processors.geometry import Box, union
from processors.recognition.orientation import upright
from processors.validation.denote import denotations
from processors.values.text import fold

_LONGEST = 5
"""Words that a printed number or date may fall into: ``1 234 567,89 EUR``, ``Mon, 3 March 2025``."""
_WHOLE_WORD = 3
"""Label stems of so many letters or fewer count only as whole words."""
_SIGNS = frozenset("-\u2013\u2212()")


@dataclass(frozen=True, slots=True)
class Span:
    """Words on one line of one page that print something. ``box`` is in upright coordinates, for comparing places."""

    page: int
    words: tuple[int, ...]
    box: Box
    text: str


Find = tuple[Span, FieldValue]
"""A place and the value that it prints."""
Finds = Mapping[int, Sequence[Find]]
"""Places by page number, from top to bottom."""


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """One line of a page with its words; compared by identity."""

    page: int
    words: tuple[Word, ...]


class _Spot(NamedTuple):
    """Words ``start`` to ``stop`` (exclusive) of a row."""

    row: _Row
    start: int
    stop: int

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.row.words[self.start : self.stop])

    @property
    def span(self) -> Span:
        words = self.row.words[self.start : self.stop]
        return Span(self.row.page, tuple(word.id for word in words), union(word.box for word in words), self.text)

    def with_signs(self) -> "_Spot":
        """With the lone signs and parentheses around it, so that ``- 5,00`` is not taken for ``5,00``."""
        words = self.row.words
        start = self.start - 1 if self.start > 0 and words[self.start - 1].text in _SIGNS else self.start
        stop = self.stop + 1 if self.stop < len(words) and words[self.stop].text in _SIGNS else self.stop
        return _Spot(self.row, start, stop)


class WordIndex:
    """Finds spans by value. Built once per document; turned pages are compared upright, word ids stay the page's."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = {page.number: upright(page) if page.rotation else page for page in pages}
        self._rows = [_row(page, line) for page in self.pages.values() for line in page.lines]
        self._by_digits: dict[str, list[_Spot]] = defaultdict(list)
        for row in self._rows:
            self._index_digits(row)
        self._folded = {number: _Folded(page) for number, page in self.pages.items()}
        self._letters = _Letters(self._rows)
        self._finds: dict[tuple[FieldValue, FieldType, bool], Finds] = {}
        self._labels: dict[tuple[int, tuple[str, ...]], list[Word]] = {}

    def _index_digits(self, row: _Row) -> None:
        digits = ["".join(filter(str.isdigit, word.text)) for word in row.words]
        for start in range(len(digits)):
            joined = ""
            for stop in range(start + 1, min(start + _LONGEST, len(digits)) + 1):
                joined += digits[stop - 1]
                if joined:
                    self._by_digits[joined.strip("0")].append(_Spot(row, start, stop))

    def find(self, value: FieldValue, kind: FieldType, *, either_sign: bool = False) -> Finds:
        """All places that print ``value``, by page, each with the value as printed; remembered by value.

        Numbers and dates are found in any notation, identifiers letter by letter, texts with case, accents and
        punctuation folded. With ``either_sign``, where no place prints a number, those that print its negative.
        """
        key = (value, kind, either_sign)
        if key not in self._finds:
            found = self._search(value, kind, either_sign)
            found.sort(key=lambda item: (item[0].page, item[0].box.y0, item[0].box.x0))
            self._finds[key] = {page: list(items) for page, items in groupby(found, key=lambda item: item[0].page)}
        return self._finds[key]

    def _search(self, value: FieldValue, kind: FieldType, either_sign: bool) -> list[Find]:
        if isinstance(value, Decimal):
            signs = (value, -value) if either_sign and kind is not FieldType.RATE else (value,)
            return self._numbers(signs, kind)
        if isinstance(value, date):
            spots = [spot for digits in _date_digits(value) for spot in self._by_digits.get(digits, ())]
            dates = _shortest([spot for spot in spots if value in denotations(spot.text, kind)])
            return [(spot.span, value) for spot in dates]
        if kind is FieldType.TEXT:
            return [(span, value) for span in self.phrase(value)]
        spans = self._letters.find(value)
        if kind is FieldType.CURRENCY and not spans:
            spans = self._currency(value)
        return [(span, value) for span in spans]

    def _numbers(self, signs: tuple[Decimal, ...], kind: FieldType) -> list[Find]:
        digits = "".join(map(str, signs[0].as_tuple().digits)).strip("0")
        spots = [spot.with_signs() for spot in self._by_digits.get(digits, ())]
        for printed in signs:
            found = [spot for spot in spots if printed in denotations(spot.text, kind)]
            if found:
                return [(spot.span, printed) for spot in _shortest(found)]
        return []

    def tokens(self, text: str) -> list[Span]:
        """For each line that holds all words of ``text`` in any order (``Fremont CA 94538``), the span they take."""
        wanted = {fold(token) for token in text.split()} - {""}
        spans: list[Span] = []
        for row in self._rows:
            folded = [fold(word.text) for word in row.words]
            if wanted and wanted <= set(folded):
                places = [position for position, token in enumerate(folded) if token in wanted]
                spans.append(_Spot(row, places[0], places[-1] + 1).span)
        return spans

    def labels(self, page: int, stems: tuple[str, ...]) -> list[Word]:
        """The words of a page that are labels: that hold one of the folded ``stems`` (short ones: are one)."""
        found = self._labels.get((page, stems))
        if found is None:
            words = self.pages[page].words
            folded = self._folded[page].by_id
            search = _label_pattern(stems).search
            found = [words[number] for number, text in folded.items() if search(text)]
            self._labels[page, stems] = found
        return found

    def _currency(self, code: str) -> list[Span]:
        """Words that print this currency by a symbol that can mean it, alone or beside an amount."""
        return [
            _Spot(row, position, position + 1).span
            for row in self._rows
            for position, word in enumerate(row.words)
            if code in denotations(word.text, FieldType.CURRENCY)
        ]

    def spelt(self, page: int, spellings: set[str]) -> list[Word]:
        """The words of a page whose folded text is one of ``spellings``."""
        words = self.pages[page].words
        return [words[number] for number, text in self._folded[page].by_id.items() if text in spellings]

    def phrase(self, text: str) -> list[Span]:
        """Spans that read as ``text`` after folding case, accents, spaces and punctuation; may run over lines."""
        wanted = fold(text)
        if not wanted:
            return []
        return [
            Span(number, words, box, joined)
            for number, folded in self._folded.items()
            for words, box, joined in folded.find(wanted)
        ]


class _Letters:
    """All lines of the document as one text without spaces, case folded; a line feed between lines."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        self._spots = [(row, number) for row in rows for number in range(len(row.words))]
        texts = [
            ("\n" if number == 0 else "") + "".join(row.words[number].text.split()).casefold()
            for row, number in self._spots
        ]
        self._text = "".join(texts) + "\n"
        self._ends = list(accumulate(map(len, texts)))

    def find(self, text: str) -> list[Span]:
        """Where whole words, up to punctuation at their edges, spell ``text``, spaces and case aside."""
        wanted = "".join(text.split()).casefold()
        spans: list[Span] = []
        at = self._text.find(wanted) if wanted else -1
        while at >= 0:
            end = at + len(wanted)
            first, last = bisect_right(self._ends, at), bisect_left(self._ends, end)
            if self._is_edge(at) and self._is_edge(end):
                row, start = self._spots[first]
                spans.append(_Spot(row, start, start + last - first + 1).span)
            at = self._text.find(wanted, at + 1)
        return spans

    def _is_edge(self, at: int) -> bool:
        """Whether a word starts or ends before the character at ``at``, or a sign stands there."""
        place = bisect_left(self._ends, at)
        between = place < len(self._ends) and self._ends[place] == at
        return between or not (self._text[at - 1].isalnum() and self._text[at].isalnum())


class _Folded:
    """A page's words in reading order as one folded string."""

    def __init__(self, page: Page) -> None:
        self._words = [page.words[index] for line in page.lines for index in line.words]
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self.by_id: dict[int, str] = {}
        parts: list[str] = []
        offset = 0
        for position, word in enumerate(self._words):
            part = self.by_id[word.id] = fold(word.text)
            if part:
                self._starts[offset] = position
                offset += len(part)
                self._ends[offset] = position
                parts.append(part)
        self._text = "".join(parts)

    def find(self, wanted: str) -> list[tuple[tuple[int, ...], Box, str]]:
        found: list[tuple[tuple[int, ...], Box, str]] = []
        at = self._text.find(wanted)
        while at >= 0:
            first, last = self._starts.get(at), self._ends.get(at + len(wanted))
            if first is not None and last is not None:
                words = self._words[first : last + 1]
                ids = tuple(word.id for word in words)
                found.append((ids, union(word.box for word in words), " ".join(word.text for word in words)))
            at = self._text.find(wanted, at + 1)
        return found


def _row(page: Page, line: Line) -> _Row:
    return _Row(page.number, tuple(page.words[index] for index in line.words))


@cache
def _label_pattern(stems: tuple[str, ...]) -> re.Pattern[str]:
    """Matches a folded word that is a label. Stems are a fixed table, so the cache is bounded."""
    return re.compile("|".join(rf"\A{stem}\Z" if len(stem) <= _WHOLE_WORD else stem for stem in stems) or r"(?!)")


def _shortest(found: list[_Spot]) -> list[_Spot]:
    """Without spots that hold a shorter one, nor doubles."""
    kept: dict[_Row, list[_Spot]] = defaultdict(list)
    for spot in sorted(found, key=lambda spot: spot.stop - spot.start):
        others = kept[spot.row]
        if not any(spot.start <= other.start and other.stop <= spot.stop for other in others):
            others.append(spot)
    return [spot for spots in kept.values() for spot in spots]


def _date_digits(value: date) -> set[str]:
    """The digits that print of this day can have, in order, without outer zeros (the key of the index)."""
    days, months = {str(value.day), f"{value.day:02}"}, {str(value.month), f"{value.month:02}", ""}
    years = {str(value.year), f"{value.year % 100:02}"}
    orders = ((days, months, years), (months, days, years), (years, months, days))
    return {(a + b + c).strip("0") for first, second, third in orders for a in first for b in second for c in third}
