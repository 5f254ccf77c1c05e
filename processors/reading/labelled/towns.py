"""Where an address ends: the line with its post code and town."""

import re
from collections.abc import Sequence
from typing import Final

from processors.reading.geometric.currencies import COUNTRY_CURRENCIES
from processors.reading.geometric.party_block import text_of
from processors.reading.geometric.view import Span, Token
from processors.values.text import fold

_STATE_OR_CODE: Final = re.compile(
    r"\b[A-Z]{2},?\s+[0-9]{5}|\b[A-Z]{1,2}[0-9][0-9A-Z]?\s?[0-9][A-Z]{2}\b|\b[0-9]{4}\s?[A-Z]{2}\b|"
    r"\b[A-Z][0-9][A-Z]\s?[0-9][A-Z][0-9]\b|\b[A-Z][0-9][0-9W]\s?[A-Z][A-Z0-9]{3}\b"
)
"""A state with its ZIP code, or a post code with letters: what ends an address for certain."""
_CODE_AND_TOWN: Final = re.compile(
    r"(?:^|[\s,])(?:[A-Z]{1,2}-)?[0-9]{4,5}(?:-[0-9]{3,4})?\s+(?!(?:st|rd|nd|th)\b)[^\W\d]{3}"
)
"""A post code of digits before its town; a house number before a street looks alike."""
_LONGEST_CODE = 9


def town_line(lines: Sequence[str]) -> int | None:
    """Which line of an address has the post code and the town, or the second half of them; ``None`` where none has."""
    certain = _lines_with(_STATE_OR_CODE, lines)
    if certain:
        return certain[0]
    likely = _lines_with(_CODE_AND_TOWN, lines)
    return next((index for index in likely if index > 0), likely[0] if likely else None)


def _lines_with(pattern: re.Pattern[str], lines: Sequence[str]) -> list[int]:
    return [index for index, line in enumerate(lines) if pattern.search(line) or _broken(pattern, lines, index)]


def _broken(pattern: re.Pattern[str], lines: Sequence[str], index: int) -> bool:
    """Whether the line begins with what the line before it has no room for."""
    if index == 0 or pattern.search(lines[index - 1]):
        return False
    end = lines[index - 1].split()[-1:]
    return bool(end) and len(end[0]) <= _LONGEST_CODE and pattern.search(f"{end[0]} {lines[index]}") is not None


def to_the_town(sheet: int, lines: Sequence[tuple[Token, ...]]) -> Span | None:
    """``lines`` from the first with a letter to that of the town, and a country behind it; a name above the street
    is left out. ``None`` where no line has a town.
    """
    written = [line for line in lines if any(map(str.isalpha, text_of(line)))]
    texts = [text_of(line) for line in written]
    last = town_line(texts)
    if last is None:
        return None
    last += last + 1 < len(texts) and fold(texts[last + 1]) in COUNTRY_CURRENCIES
    named = (
        last >= 2 and not any(map(str.isdigit, texts[0])) and any(map(str.isdigit, texts[1])) and "," not in texts[0]
    )
    return Span(sheet, tuple(written[1 if named else 0 : last + 1]))
