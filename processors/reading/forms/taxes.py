"""Tax forms of the United States: the year that stands alone, and the names of form 1040 in boxes side by side."""

import re
from collections.abc import Iterator

from processors.reading.forms.found import SURE, Found
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.view import Segment, Span

_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_NAMES = {
    "taxpayer_name": "yourfirstnameandmiddleinitial",
    "spouse_name": "spousesfirstnameandmiddleinitial",
}
"""The headings of form 1040 over the first names; the last name stands in the next box."""
_HEAD = 0.4


def read_tax_form(view: DocumentView) -> Iterator[Found]:
    """The tax year, where one year alone stands at the head, and first and last names in one."""
    sheet = view.sheets[0]
    years = [s for s in sheet.segments if s.box.y0 < _HEAD * sheet.height and _YEAR.fullmatch(s.text)]
    if len({segment.text for segment in years}) == 1:
        yield Found("tax_year", Span(sheet.index, (years[0].tokens,)), SURE)
    for row, below in zip(sheet.rows, sheet.rows[1:] or [[]], strict=False):
        heading = "".join(token.key for token in row[0].tokens)
        for name, wanted in _NAMES.items():
            if heading.endswith(wanted) and len(row) > 1 and len(below) > 1 and all(map(_is_name, below[:2])):
                tokens = tuple(token for segment in below[:2] for token in segment.tokens)
                yield Found(name, Span(sheet.index, (tokens,)), SURE)


def _is_name(segment: Segment) -> bool:
    return not any(map(str.isdigit, segment.text)) and segment.tokens[0].text[0].isupper()
