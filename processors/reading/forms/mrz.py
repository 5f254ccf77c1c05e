"""The machine-readable zone of passports, visas and identity cards (ICAO Doc 9303, parts 3 to 7).

Read as scans have it: blanks, a lost or doubled filler at a line's end, letters where only digits may stand and the
other way round. Only what its check digit bears out is returned, names apart, which have none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

_SHORTEST: Final = 24
_MOST_DIGITS: Final = 12
"""A line that lost its fillers has the digits of two dates at least."""
_DIGITS: Final = str.maketrans("OQDILZSBGT", "0001125867")
_LETTERS: Final = str.maketrans("0125867", "OIZSBGT")
_SIGNS: Final = str.maketrans({"\u00ab": "<<", "\u2039": "<", "|": "I", "(": "<", "{": "<", "[": "<"})
_D: Final = "[0-9OQDILZSBG]"
_BOOK: Final = re.compile(
    rf"(?P<number>[A-Z0-9<]{{9}})(?P<c1>{_D})(?P<state>[A-Z0-9<]{{3}})"
    rf"(?P<birth>{_D}{{6}})(?P<c2>{_D})(?P<sex>[MFX<])(?P<expiry>{_D}{{6}})(?P<c3>{_D})"
)
"""The second line of TD2 and TD3 (two lines of 36 or 44)."""
_CARD_TOP: Final = re.compile(rf"^(?P<code>[ACI][A-Z<])(?P<state>[A-Z0-9<]{{3}})(?P<number>[A-Z0-9<]{{9}})(?P<c1>{_D})")
_CARD_MIDDLE: Final = re.compile(
    rf"^(?P<birth>{_D}{{6}})(?P<c2>{_D})(?P<sex>[MFX<])(?P<expiry>{_D}{{6}})(?P<c3>{_D})(?P<state>[A-Z0-9<]{{3}})"
)
"""The first and second line of TD1 (three lines of 30); the third is the name."""
_BOOK_TOP: Final = re.compile(r"^(?P<code>[PVACI][A-Z<])(?P<state>[A-Z0-9<]{3})(?P<names>[A-Z0-9]+<.*)$")
_NAME_LINE: Final = re.compile(r"^[A-Z0-9]+(?:<[A-Z0-9]+)*<<[A-Z0-9]+(?:<[A-Z0-9]+)*<*$")


@dataclass(frozen=True, slots=True)
class Part:
    """One value and the line of the zone that it stands in, counted from 0."""

    value: str | date
    line: int


@dataclass(frozen=True, slots=True)
class Zone:
    """What a zone says: ``document_number``, ``date_of_birth``, ``expiry_date``, ``sex`` (M, F or X), ``nationality``
    and ``issuing_authority`` (codes of ISO 3166-1 alpha-3, or ICAO's own), ``last_name``, ``first_name``, by name.
    ``code`` is the document code: P for passports, V for visas, A, C or I for cards.
    """

    code: str
    parts: dict[str, Part]


def clean_line(text: str) -> str | None:
    """``text`` as a line of a zone, in its alphabet; ``None`` where it cannot be one."""
    line = "".join(text.translate(_SIGNS).upper().split())
    line = re.sub(r"[^A-Z0-9<]", "", line)
    is_one = "<" in line or sum(map(str.isdigit, line)) >= _MOST_DIGITS
    return line if len(line) >= _SHORTEST and is_one else None


def parse_zone(lines: Sequence[str]) -> Zone | None:
    """The zone that two or three consecutive clean lines are; ``None`` where no check digit bears it out."""
    return _card(lines) if len(lines) >= 3 and _CARD_TOP.match(lines[0]) else _book(lines)


def check_digit(text: str) -> int:
    """ICAO Doc 9303 part 3, 4.9: weights 7, 3, 1; letters count from 10, fillers 0."""
    return sum((7, 3, 1)[i % 3] * (0 if char == "<" else int(char, 36)) for i, char in enumerate(text)) % 10


def _book(lines: Sequence[str]) -> Zone | None:
    if len(lines) < 2:
        return None
    top, data = _BOOK_TOP.match(lines[0]), _BOOK.match(lines[1])
    if data is None:
        return None
    parts = _dates(data, 1) | _number(data, 1)
    if not parts:
        return None
    parts |= _state("nationality", data["state"], 1) | _sex(data, 1)
    if top is not None:
        parts |= _state("issuing_authority", top["state"], 0) | _names(top["names"], 0)
    return Zone(top["code"][0] if top is not None else "P", parts)


def _card(lines: Sequence[str]) -> Zone | None:
    top, middle = _CARD_TOP.match(lines[0]), _CARD_MIDDLE.match(lines[1])
    parts = (_number(top, 0) if top is not None else {}) | (_dates(middle, 1) if middle is not None else {})
    if not parts or top is None:
        return None
    parts |= _state("issuing_authority", top["state"], 0)
    if middle is not None:
        parts |= _state("nationality", middle["state"], 1) | _sex(middle, 1)
    if _NAME_LINE.match(lines[2]):
        parts |= _names(lines[2], 2)
    return Zone(top["code"][0], parts)


def _number(match: re.Match[str], line: int) -> dict[str, Part]:
    """The number, with letters and digits that look alike exchanged until its check digit holds."""
    printed, check = match["number"], int(match["c1"].translate(_DIGITS))
    for number in (printed, printed[:2] + printed[2:].translate(_DIGITS), printed.translate(_DIGITS)):
        if check_digit(number) == check and number.strip("<"):
            return {"document_number": Part(number.rstrip("<").replace("<", ""), line)}
    return {}


def _dates(match: re.Match[str], line: int) -> dict[str, Part]:
    birth, expiry = (match[name].translate(_DIGITS) for name in ("birth", "expiry"))
    parts: dict[str, Part] = {}
    until = _date(expiry, 2000) if check_digit(expiry) == int(match["c3"].translate(_DIGITS)) else None
    if until is not None:
        parts["expiry_date"] = Part(until, line)
    if check_digit(birth) == int(match["c2"].translate(_DIGITS)):
        last = until.year if until is not None else 2000 + int(expiry[:2])
        born = _date(birth, 2000 if 2000 + int(birth[:2]) < last else 1900)
        if born is not None:
            parts["date_of_birth"] = Part(born, line)
    return parts


def _date(digits: str, century: int) -> date | None:
    try:
        return date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None


def _sex(match: re.Match[str], line: int) -> dict[str, Part]:
    return {} if match["sex"] == "<" else {"sex": Part(match["sex"], line)}


def _state(name: str, text: str, line: int) -> dict[str, Part]:
    code = text.translate(_LETTERS).strip("<")
    return {name: Part(code, line)} if code.isalpha() else {}


def _names(text: str, line: int) -> dict[str, Part]:
    """Family name and given names, blanks between their parts; nothing where they are cut short or blurred."""
    last, _, rest = text.translate(_LETTERS).partition("<<")
    first = rest.partition("<<")[0].rstrip("<")
    if not last or not first or not all(part.isalpha() for part in (*last.split("<"), *first.split("<"))):
        return {}
    return {"last_name": Part(last.replace("<", " "), line), "first_name": Part(first.replace("<", " "), line)}
