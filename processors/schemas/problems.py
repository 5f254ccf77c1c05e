"""Mistakes in schema files, told so that whoever wrote the file can mend them: file, line, place, what is expected."""

import difflib
import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest

Place = tuple[str | int, ...]
"""A path into the file: ``("fields", 2, "type")``, counting from 0."""


class SchemaError(ValueError):
    """Schema files that cannot be used. ``problems`` are sentences, each beginning with file and place."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` where something known is near ``name``, else an empty text."""
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


class SourceText:
    """A schema file's text, to say where a mistake stands."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._lines = text.splitlines()

    def at(self, place: Place) -> str:
        """``acme.toml, line 12: [[fields]] number 2, type``: the beginning of a sentence about ``place``."""
        line = self._line(place)
        path = _path(place)
        where = self.name if line is None else f"{self.name}, line {line}"
        return f"{where}: {path}: " if path else f"{where}: "

    def _line(self, place: Place) -> int | None:
        """The line of the deepest part of ``place`` that can be found; ``None`` for the file as a whole."""
        start, found = 0, None
        for depth, part in enumerate(place):
            if isinstance(part, int):
                header = rf"\s*\[\[\s*{re.escape(str(place[depth - 1]))}\s*\]\]"
                hits = [number for number, line in enumerate(self._lines) if re.match(header, line)]
                if part >= len(hits):
                    break
                start = found = hits[part]
            else:
                hit = self._key(part, start)
                found = hit if hit is not None else found
        return None if found is None else found + 1

    def _key(self, key: str, start: int) -> int | None:
        """The line with ``key =`` in the table that begins at ``start``; a table's own header begins a new one."""
        for number in range(start, len(self._lines)):
            line = self._lines[number]
            if number > start and re.match(r"\s*\[", line):
                return None
            if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
                return number
        return None


def _path(place: Place) -> str:
    words: list[str] = []
    for part, following in zip_longest(place, place[1:]):
        if isinstance(part, int):
            words[-1] += f" number {part + 1}"
        elif isinstance(following, int) and part in ("fields", "columns"):
            words.append(f"[[{part}]]")
        else:
            words.append(part)
    return ", ".join(words)
