"""Contracts: parties, day, law and term, by the set phrases of running text in seven languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from processors.reading.forms.found import SURE, Found
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.view import Sheet, Span, Token
from processors.values import parse_date

_BETWEEN = re.compile(
    r"\b(?:by and between|made between|between|zwischen|entre|tra|fra|tussen|celebra(?:do|n)? entre)\b\s*:?\s*",
    re.IGNORECASE,
)
_AND = re.compile(r"(?:^|[\s,;)])(?:and|und|et|y|e|en)\s+(?=[\"(]?[^\W\d_a-z])")
_NAME_ENDS = re.compile(
    r"\s*(?:,\s*(?!(?:Inc|LLC|Ltd|Corp|L\.L\.C|S\.|GmbH|Limited|B\.V|N\.V|Co\b))|\(|;|"
    r"\b(?:a|an|whose|having|with its|sise|con domicilio|con sede|mit Sitz|vertreten|gevestigd|com sede|located|"
    r"residing|doing business)\b)"
)
_AGREED_ON = re.compile(
    r"\b(?:effective (?:date|as of|from)|as of (?:this )?|dated(?: as of)?|entered into (?:on|as of)|made on|"
    r"commenc(?:es|ing) on|mit wirkung vom|ab dem|g[u\u00fc]ltig ab|prend effet le|en date du|con efecto desde el|"
    r"a partir del?|con effetto dal|in data|gaat in op|ingangsdatum|met ingang van|com efeitos a partir de|"
    r"em vigor (?:a partir de|desde))\s*:?\s*",
    re.IGNORECASE,
)
_THIS_DAY = re.compile(r"(?:this\s+)?(\d{1,2})(?:st|nd|rd|th)?\s+day\s+of\s+([^\W\d]+),?\s+(\d{4})", re.IGNORECASE)
_LAW = re.compile(
    r"(?:governed by(?:,? and (?:construed|interpreted)[^.]{0,40}?)?,?(?: in accordance with)?,? "
    r"the (?:internal )?laws? of|"
    r"in accordance with the (?:internal |substantive )?laws? of|gilt das recht (?:von|der|des)|"
    r"unterliegt dem recht (?:von|der|des)|r\u00e9gi par (?:le droit|la loi) (?:de la|de l'|de|du)|"
    r"soumis au droit (?:de la|de l'|de|du)|se rige por las leyes (?:de la|de|del)|"
    r"regolato dalla legge (?:di|della|del|dell')|is het recht van|rege-se pela lei (?:de|da|do))\s+"
    r"(?:(?:the )?(?:State|Commonwealth|Province|Republic) of )?",
    re.IGNORECASE,
)
_PLACE = re.compile(r"[^\W\d_a-z][\w'-]*(?:[ -](?:(?:and|of|und|et|de|del|la)\s)?[^\W\d_a-z][\w'-]*){0,3}")
_NUMBER = (
    r"(?:[0-9]{1,3}|one|two|three|four|five|six|ten|twelve|ein(?:em|er)?|zwei|drei|f\u00fcnf|un|deux|trois|dos|tres|due|tre|"
    r"twee|drie)"
)
_UNIT = (
    r"(?:years?|months?|jahre?n?|monate?n?|ans?|ann\u00e9es?|mois|a\u00f1os?|mes(?:es)?|ann[io]|mes[ei]|jaar|jaren|maanden|"
    r"maand|anos?)"
)
_TERM = re.compile(
    r"(?:term of|in force for|remain in effect for|period of|continue for|duration of|laufzeit von|dauer von|"
    r"dur\u00e9e de|duraci\u00f3n de|plazo de|durata di|looptijd van|duur van|dura\u00e7\u00e3o de|prazo de)\s+"
    rf"({_NUMBER}(?:\s?\([0-9]{{1,3}}\))?\s+{_UNIT})\b",
    re.IGNORECASE,
)
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class _Text:
    """The running text of a sheet, with the place of every word in it."""

    sheet: Sheet
    day_first: bool | None
    text: str
    words: tuple[tuple[int, Token], ...]

    def span(self, start: int, stop: int) -> Span:
        """The words that the characters ``start`` to before ``stop`` touch."""
        touched = [token for at, token in self.words if at < stop and at + len(token.text) > start]
        return Span(self.sheet.index, (tuple(touched),))


def read_agreement(view: DocumentView) -> Iterator[Found]:
    """What the phrases of a contract say; the first of each kind."""
    texts = [_running(sheet, view.conventions.day_first) for sheet in view.sheets]
    for finder in (_parties, _effective_date, _law, _term):
        found = next((item for text in texts if text.words for item in finder(text)), None)
        if found is not None:
            yield found


def _running(sheet: Sheet, day_first: bool | None) -> _Text:
    words, parts, position = [], [], 0
    for token in (token for row in sheet.rows for segment in row for token in segment.tokens):
        words.append((position, token))
        parts.append(token.text)
        position += len(token.text) + 1
    return _Text(sheet, day_first, " ".join(parts), tuple(words))


def _parties(text: _Text) -> Iterator[Found]:
    """The two names after *between*, joined with a comma."""
    for match in _BETWEEN.finditer(text.text):
        first = _name_at(text.text, match.end())
        if first is None:
            continue
        second = next(
            (
                name
                for link in _AND.finditer(text.text, first[1])
                if (name := _name_at(text.text, link.end())) is not None
            ),
            None,
        )
        if second is None:
            continue
        names = [text.text[start:stop] for start, stop in (first, second)]
        spans = [text.span(*place).tokens for place in (first, second)]
        yield Found("parties", Span(text.sheet.index, tuple(spans)), SURE, ", ".join(names))


def _name_at(text: str, start: int) -> tuple[int, int] | None:
    """Where the name that begins at ``start`` stands; ``None`` where none does."""
    end = _NAME_ENDS.search(text, start)
    if end is None or not 2 < end.start() - start <= _LONGEST_NAME or not text[start].isupper():
        return None
    return start, end.start()


def _effective_date(text: _Text) -> Iterator[Found]:
    spelled = _THIS_DAY.search(text.text)
    if spelled is not None:
        value = parse_date(f"{spelled[1]} {spelled[2]} {spelled[3]}", True)
        if value is not None:
            yield Found("effective_date", text.span(spelled.start(), spelled.end()), SURE, value)
    for match in _AGREED_ON.finditer(text.text):
        words = [(at, token) for at, token in text.words if at >= match.end()][:6]
        for stop in range(len(words), 0, -1):
            said = " ".join(token.text for _, token in words[:stop]).rstrip(",.;")
            if parse_date(said, text.day_first) is not None:
                yield Found("effective_date", Span(text.sheet.index, (tuple(t for _, t in words[:stop]),)), SURE)


def _law(text: _Text) -> Iterator[Found]:
    for match in _LAW.finditer(text.text):
        place = _PLACE.match(text.text, match.end())
        if place is not None:
            name = place.group(0).rstrip(".")
            yield Found("governing_law", text.span(place.start(), place.start() + len(name)), SURE, name)


def _term(text: _Text) -> Iterator[Found]:
    for match in _TERM.finditer(text.text):
        yield Found("term", text.span(match.start(1), match.end(1)), SURE, match[1])
