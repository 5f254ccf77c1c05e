"""Everything the reader knows of a document before it looks for fields."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from processors.document import Page, PageSource
from processors.reading.geometric.cite import Conventions
from processors.reading.geometric.facts import Amount, PrintedDate, find_amounts, find_dates
from processors.reading.geometric.labels import Label, find_labels
from processors.reading.geometric.view import Segment, Sheet
from processors.reading.geometric.vocabulary import Vocabulary, label_vocabulary
from processors.values import NumberConvention, infer_convention, infer_day_first

_ENOUGH_LABELS = 2
_STACKED = 0.8
"""White space, in line heights, between the two lines of a label."""


def _with_line_above(sheet: Sheet, label: Label, words: Vocabulary) -> Label:
    """``label`` with what it means together with a word just above it: *Sub* over *Total* is no total."""
    row = label.segment.row
    if label.start > 0 or row == 0:
        return label
    for other in sheet.rows[row - 1]:
        near = label.box.y0 - other.box.y1 < _STACKED * sheet.line_height
        if len(other.tokens) == 1 and near and abs(other.box.x0 - label.box.x0) < sheet.line_height:
            own = "".join(token.key for token in label.segment.tokens[: label.stop])
            meanings = words.lookup(other.tokens[0].key + own)
            if meanings and not words.lookup(other.tokens[0].key):
                return replace(label, meanings=meanings)
    return label


class DocumentView:
    """Sheets with their labels, amounts and dates, by segment. ``vocabulary`` takes the place of the reader's own;
    where it is ``wide``, its labels are looked for in more places (see :func:`find_labels`).
    """

    def __init__(self, pages: Sequence[Page], vocabulary: Vocabulary | None = None, *, wide: bool = True) -> None:
        self.sheets = [Sheet(page, index) for index, page in enumerate(pages)]
        self._labels: dict[tuple[int, int], list[Label]] = {}
        words = vocabulary or label_vocabulary()
        for sheet in self.sheets:
            forgiving = sheet.page.source is PageSource.OCR
            for segment in sheet.segments:
                found = find_labels(segment, words, forgiving=forgiving, wide=wide and vocabulary is not None)
                if found:
                    self._labels[sheet.index, segment.index] = [
                        _with_line_above(sheet, label, words) for label in found
                    ]
        self.language = self._language()
        self.conventions = Conventions(numbers=self._numbers())
        self.item_rows: frozenset[tuple[int, int]] = frozenset()
        """(sheet, row) of the line-item table, heading included: nothing there is a header field or a sum."""
        self._amounts: dict[tuple[int, int], list[Amount]] = {}
        self._dates: dict[tuple[int, int], list[PrintedDate]] = {}

    def labels_in(self, segment: Segment) -> list[Label]:
        return self._labels.get((segment.sheet, segment.index), [])

    def labels(self) -> list[Label]:
        """All labels in reading order."""
        return [label for found in self._labels.values() for label in found]

    def amounts_in(self, segment: Segment) -> list[Amount]:
        key = (segment.sheet, segment.index)
        if key not in self._amounts:
            self._amounts[key] = find_amounts(segment, self.conventions)
        return self._amounts[key]

    def dates_in(self, segment: Segment) -> list[PrintedDate]:
        key = (segment.sheet, segment.index)
        if key not in self._dates:
            self._dates[key] = find_dates(segment, self.conventions)
        return self._dates[key]

    def sheet_of(self, segment: Segment) -> Sheet:
        return self.sheets[segment.sheet]

    def row_of(self, segment: Segment) -> list[Segment]:
        return self.sheets[segment.sheet].rows[segment.row]

    @cached_property
    def prints_cents(self) -> bool:
        """Whether amounts carry cents or a currency, so that a bare whole number is hardly one."""
        return any(amount.firm for sheet in self.sheets for seg in sheet.segments for amount in self.amounts_in(seg))

    def _language(self) -> str | None:
        """The language most labels are in; ``None`` where there are few labels or no clear winner."""
        votes = Counter(
            meaning.language for label in self.labels() for meaning in label.meanings[:1] if label.stop > label.start
        )
        ranked = votes.most_common(2)
        if not ranked or ranked[0][1] < _ENOUGH_LABELS:
            return None
        return None if len(ranked) > 1 and ranked[0][1] == ranked[1][1] else ranked[0][0]

    def settle_dates(self, currency: str | None, otherwise: bool | None = None) -> None:
        """Decides whether the day or the month comes first; asked for before any date, once the currency is known.

        ``otherwise`` holds where nothing on the pages tells.
        """
        texts = [sheet.text for sheet in self.sheets]
        day_first = infer_day_first(texts, self.language, currency)
        day_first = otherwise if day_first is None else day_first
        self.conventions = replace(self.conventions, day_first=day_first)
        self._dates.clear()

    def _numbers(self) -> NumberConvention | None:
        numbers = infer_convention(sheet.text for sheet in self.sheets)
        if numbers is None and self.language is not None:
            return NumberConvention.POINT if self.language == "en" else NumberConvention.COMMA
        return numbers
