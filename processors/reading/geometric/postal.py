"""Addresses in one notation: no country before the post code, and a country that is named as its ISO code at the end.

The same place is printed as ``80333 München``, ``D-80333 München``, ``80333 München, Deutschland`` and ``80333 München
GERMANY``; whoever compares addresses with master data wants one of them. EN 16931-1 keeps them apart likewise: the post
code (BT-38, BT-53) has no country in it, and the country (BT-40, BT-55) is an ISO 3166-1 alpha-2 code.
"""

import re
from collections.abc import Sequence
from typing import Final

from processors.reading.geometric.names import POSTAL
from processors.values.countries import country_at_end, country_of
from processors.values.text import fold, word_set

_TOWNS: Final = word_set("AD GI HK KW LU MC MO MX PA SG SM VA")
"""Countries whose names are towns, or parts of such: a name is the country's only where the town stands before it."""
_NEVER_BEFORE: Final = word_set(
    "de du des der di da do del della dos of the von van la le el rue avenue av boulevard via viale corso piazza place "
    "plaza calle rua avenida strasse street road new neu nova nueva nuova nouvelle san mount north south west east"
)
"""Folded words behind which a country's name is part of a street's or a town's: *Avenue de France*, *New Lebanon*."""
_PREFIX: Final = re.compile(
    r"(?:(?:A|B|D|E|F|H|I|L|N|P|S|FIN)-|"
    r"(?:AT|BE|BG|CH|CZ|DE|DK|EE|ES|FI|FR|GR|HR|HU|IT|LI|LT|LU|LV|NL|NO|PL|PT|RO|SE|SI|SK)[- ])\s?"
    r"(?=(?:[0-9]{4,6}|[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3}|[0-9]{4}-[0-9]{3})\s+(?P<town>[^\W\d_].*))"
)
"""A country before a European post code with its town; a US state and its ZIP code have no town behind them."""


def in_one_notation(lines: Sequence[str]) -> tuple[str, ...]:
    """The printed ``lines`` of an address, top to bottom, in the notation above.

    A country is one only where it ends the address and a town stands before it; what is no country stays as printed,
    and so does a code that is printed. No line comes back empty that was not.
    """
    return _with_country_code(tuple(map(_without_prefix, lines)))


def _without_prefix(line: str) -> str:
    prefix = _PREFIX.match(line)
    if prefix is None or country_of(prefix["town"]) not in {None, *_TOWNS}:
        return line
    return line[prefix.end() :]


def _with_country_code(lines: tuple[str, ...]) -> tuple[str, ...]:
    if not lines:
        return lines
    *before, last = lines
    head, _, tail = last.rpartition(",")
    code = country_of(tail)
    if code is None:
        return (*before, *_town_and_country(last))
    rest = [*before, *filter(None, [head.strip()])]
    return (*rest, code) if _has_town(rest, code) else lines


def _town_and_country(line: str) -> tuple[str, ...]:
    """``80333 München GERMANY`` in two; other lines as they are."""
    ending = country_at_end(line)
    if ending is None:
        return (line,)
    town, code = ending
    apart = code not in _TOWNS and _is_town(town) and fold(town.split()[-1]) not in _NEVER_BEFORE
    return (town.rstrip(" ,;/-|("), code) if apart else (line,)


def _has_town(rest: Sequence[str], code: str) -> bool:
    """Whether ``rest`` says where in the country, so that the country's name is not the town."""
    parts = [part for line in rest for part in line.split(",") if part.strip()]
    if code in _TOWNS:
        return any(map(_is_town, parts[1:]))
    return len(parts) > 1 or any(map(_is_town, parts))


def _is_town(text: str) -> bool:
    """Whether ``text`` has a post code and a word beside it."""
    postal = POSTAL.search(text)
    return postal is not None and re.search(r"[^\W\d_]{2}", text[: postal.start()] + text[postal.end() :]) is not None
