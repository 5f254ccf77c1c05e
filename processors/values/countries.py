"""Countries as addresses name them: printed names to ISO 3166-1 alpha-2 codes. The names are in ``countries.toml``."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from processors.values.text import fold

_FILE: Final = Path(__file__).parent / "countries.toml"
_LONGEST_NAME: Final = 8
"""Words of the longest way to name a country: *Vereinigte Staaten von Amerika / United States*."""
_FORGIVEN: Final = 8
"""Letters from which one letter may be read wrong; shorter names are too near to each other (*Ireland*, *Iceland*)."""
_BETWEEN_NAMES: Final = re.compile(r"[/|()\u00b7\u2022]|\s[-\u2013\u2014]\s")


def country_of(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of the country that ``text`` names and nothing else; ``None`` where it names none.

    It may be named twice, as in ``Deutschland / Germany`` or ``Germany (DE)``; a code alone is no name. A long name may
    have one letter read for another.
    """
    names = [name for piece in _BETWEEN_NAMES.split(text) if (name := fold(piece))]
    first = next(filter(None, map(_code, names)), None)
    return first if first is not None and all(first in (_code(name), name.upper()) for name in names) else None


def country_at_end(text: str) -> tuple[str, str] | None:
    """``text`` before the country that it ends with, and the country's code; ``None`` where it ends with none."""
    words = text.split()
    for size in range(min(_LONGEST_NAME, len(words)), 0, -1):
        code = country_of(" ".join(words[-size:]))
        if code is not None:
            return " ".join(words[:-size]), code
    return None


@cache
def _names() -> dict[str, str]:
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {fold(name): code for code, names in table.items() for name in names}


@cache
def _slips() -> dict[str, str | None]:
    """Long names with one letter missing to their codes; ``None`` where two countries' names share one."""
    slips: dict[str, str | None] = {}
    for name, code in _names().items():
        if len(name) >= _FORGIVEN:
            for slip in _deletions(name):
                slips[slip] = code if slips.get(slip, code) == code else None
    return slips


def _code(name: str) -> str | None:
    """The code of the folded ``name``."""
    code = _names().get(name)
    if code is not None or len(name) < _FORGIVEN:
        return code
    # Two names with one letter different lack the same one.
    return next(filter(None, map(_slips().get, _deletions(name))), None)


def _deletions(name: str) -> list[str]:
    return [name[:position] + name[position + 1 :] for position in range(len(name))]
