"""Printed dates and times in English, German, French, Spanish, Italian, Dutch and Portuguese."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from processors.values.text import drop_label, fold, normalise

_MONTHS: Final = (
    "january jan januar jaen jaenner januari janvier janv enero ene gennaio gen janeiro",
    "february feb februar februari fevrier fevr fev febrero febbraio fevereiro",
    "march mar maerz marz mrz maart mrt mars marzo marco",
    "april apr avril avr abril abr aprile",
    "may mai mei mayo maggio mag maio",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug augustus aout agosto ago",
    "september sep sept septembre septiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez decembre diciembre dic dicembre dezembro",
)
MONTH_NAMES: Final = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
"""Folded month names and abbreviations of the seven languages, to 1 to 12."""

_TIME = (
    r"(?:[ ,T]*\(?[0-9]{1,2}[:.][0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?\s*(?:[AaPp]\.?[Mm]\.?|Uhr|Z)?"
    r"(?:[+-][0-9:]{4,5})?\)?)?"
)
_LEAD = r"(?:[^\W\d]{2,12}[.,]?\s+){0,2}"
_YEAR_FIRST = re.compile(rf"(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})日?\.?{_TIME}", re.ASCII)
_COMPACT = re.compile(r"((?:19|20)[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])")
_NUMERIC = re.compile(rf"{_LEAD}([0-9]{{1,2}})\s?([-/. ])\s?([0-9]{{1,2}})\s?\2\s?([0-9]{{4}}|'?[0-9]{{2}})\.?{_TIME}")
_DAY_NAME = re.compile(
    rf"{_LEAD}([0-9]{{1,2}})(?:st|nd|rd|th|er|º|ª|°|o|a)?[.\-/, ]*(?:de |of |d')?\s*([^\W\d]{{3,12}})[.\-/, ']*"
    rf"(?:de[l]? )?\s*([0-9]{{4}}|[0-9]{{2}})\.?{_TIME}"
)
_NAME_DAY = re.compile(
    rf"(?:[^\W\d]{{2,12}}[.,]?\s+)??([^\W\d]{{3,12}})[.\-/ ]*([0-9]{{1,2}})(?:st|nd|rd|th)?[.,\-/ ]+"
    rf"([0-9]{{4}}|[0-9]{{2}}){_TIME}"
)
_COLON_FOR_POINT = re.compile(r"([0-9]{1,2})\.(0?[1-9]|1[0-2]):([0-9]{4}|[0-9]{2})")
"""A dotted date with its second point read as a colon (``30.04:2020``)."""
_BRACKETED_LABEL = re.compile(r"^\[[^\]\d]{1,20}\]\s*(?=\d)")
_NEXT_LABEL = re.compile(r"(?<=[0-9]{4})[^\W\d]{3,}:?$")
"""The next label, printed without a space behind the year (``21/05/2018Time:``)."""
_PIVOT = 70
"""Two-digit years below it are of this century (POSIX ``%y`` splits at 69)."""


def parse_date(text: str, day_first: bool | None = None) -> date | None:
    """The date that ``text`` is, or ``None`` where it is none, or is ambiguous without ``day_first``.

    Reads ISO 8601, ``31.12.2025``, ``12/31/2025``, ``31-Dec-25``, ``le 3 février 2025``, ``March 3rd, 2025`` and a
    time behind the date. ``03/04/2025`` needs ``day_first``; ``31/12/2025``, ``12/31/2025``, ``04/04/2025`` and
    dotted dates (``03.04.2025``, which no month-first country prints) do not.
    """
    clean = _NEXT_LABEL.sub("", drop_label(_BRACKETED_LABEL.sub("", normalise(text).strip(' ,;:"'))))
    if match := _YEAR_FIRST.fullmatch(clean) or _COMPACT.fullmatch(clean):
        return _build(int(match[1]), int(match[2]), int(match[3]))
    if match := _NUMERIC.fullmatch(clean):
        return _numeric(int(match[1]), int(match[3]), match[4], day_first, dotted=match[2] == ".")
    if match := _COLON_FOR_POINT.fullmatch(clean):
        return _build(_full_year(match[3]), int(match[2]), int(match[1]))
    if match := _DAY_NAME.fullmatch(clean):
        return _named(match[3], match[2], match[1])
    if match := _NAME_DAY.fullmatch(clean):
        return _named(match[3], match[1], match[2])
    return None


def _build(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _full_year(digits: str) -> int:
    digits = digits.lstrip("'")
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year < _PIVOT else 1900)


def _named(year: str, month: str, day: str) -> date | None:
    number = MONTH_NAMES.get(fold(month))
    return None if number is None else _build(_full_year(year), number, int(day))


def _numeric(first: int, second: int, year: str, day_first: bool | None, *, dotted: bool) -> date | None:
    full = _full_year(year)
    if first > 12 or first == second:
        return _build(full, second, first)
    if second > 12:
        return _build(full, first, second)
    if dotted and day_first is None:
        day_first = True
    if day_first is None:
        return None
    return _build(full, second, first) if day_first else _build(full, first, second)


_EVIDENCE = re.compile(r"(?<![0-9./-])([0-9]{1,2})([-/.])([0-9]{1,2})\2(?:[0-9]{4}|[0-9]{2})(?![0-9./-])")
_DAY_FIRST_LANGUAGES = frozenset({"de", "fr", "es", "it", "nl", "pt"})
_MONTH_FIRST_CURRENCIES = frozenset({"USD"})
_UNSETTLED_CURRENCIES = frozenset({"CAD", "PHP"})


def infer_day_first(texts: Iterable[str], language: str | None = None, currency: str | None = None) -> bool | None:
    """Whether a document prints the day before the month; ``None`` where nothing tells.

    Dates that can be read one way only decide, if they agree; else the language (ISO 639-1), else the currency
    (ISO 4217): US dollars go with month first, other settled currencies with day first.
    """
    votes = {vote for text in texts for vote in _votes(text)}
    if len(votes) == 1:
        return votes.pop()
    if votes:
        return None
    if language in _DAY_FIRST_LANGUAGES:
        return True
    if currency is None or currency in _UNSETTLED_CURRENCIES:
        return None
    return currency not in _MONTH_FIRST_CURRENCIES


def _votes(text: str) -> Iterable[bool]:
    for match in _EVIDENCE.finditer(normalise(text)):
        first, second = int(match[1]), int(match[3])
        if 12 < first <= 31 and 1 <= second <= 12:
            yield True
        elif 12 < second <= 31 and 1 <= first <= 12:
            yield False


_CLOCK = re.compile(
    r"([0-9]{1,2})\s?[:.h]\s?([0-9]{2})(?:\s?[:.]\s?([0-9]{2}))?\s*([AaPp])?(?:\.?[Mm]\.?)?\s*(?:Uhr|h|hrs?)?\.?"
)


def parse_time(text: str) -> str | None:
    """A time of day as ``HH:MM`` (24 hours), from ``8:13:39 PM``, ``20:13``, ``20.13 Uhr``, ``20h13``."""
    match = _CLOCK.fullmatch(drop_label(normalise(text)).strip(" ()"))
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    half = (match[4] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 and second < 60 else None
