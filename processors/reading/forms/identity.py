"""Identity cards, passports, driving licences: the machine-readable zone, numbered fields, what card it is."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from processors.reading.forms.found import CHECKED, SURE, Found
from processors.reading.forms.mrz import Zone, clean_line, parse_zone
from processors.reading.forms.states import STATES
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.view import Segment, Sheet, Span, Token
from processors.values import parse_date
from processors.values.text import fold

_KINDS = (
    ("permanent_resident_card", "permanentresident"),
    ("residence_permit", "residencepermit|aufenthaltstitel|titredesejour|permisoderesidencia|permessodisoggiorno|"
     "verblijfsvergunning|verblijfstitel|titulodeeidencia|titulodereside|autorizacaoderesidencia"),
    ("driver_license", "driverslicen[cs]e|driverlicen[cs]e|drivinglicen[cs]e|fuhrerschein|permisdeconduire|"
     "permisodeconduc|licenciadeconduc|patentediguida|rijbewijs|cartadeconducao|cartadecondutor"),
    ("social_security_card", "numberhasbeenestablishedfor|socialsecurity$"),
    ("aadhaar", "aadhaar|uniqueidentificationauthority"),
    ("passport", "passport|passeport|reisepass|pasaporte|passaporto|paspoort|passaporte"),
    ("identity_card", "identitycard|personalausweis|cartenationaledidentite|cartedidentite|"
     "documentonacionaldeidentidad|"
     "cartadidentita|cartadiidentita|identiteitskaart|cartaodecidadao|bilhetedeidentidade|cartaodeidentidade"),
)  # fmt: skip
"""What a card calls itself, folded; the first that matches is it, as some names hold others."""
_SSN = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")
_AADHAAR = re.compile(r"[0-9]{4} [0-9]{4} [0-9]{4}")
_DATE = r"([0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{4}|[0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{2})(?![0-9])"
_NUMBERED = (
    (
        "document_number",
        re.compile(r"4d\W*(?:LIC|DLN?|ID)?\W*(?:NO\b)?\W*([A-Z0-9*]{5,20})(?![A-Z0-9])", re.IGNORECASE),
    ),
    ("date_of_birth", re.compile(rf"\b3?\s?DOB\W*{_DATE}", re.IGNORECASE)),
    ("issue_date", re.compile(rf"(?:4a\W*)?\bI?SS?\W*{_DATE}|4a\W*ISS\W*{_DATE}", re.IGNORECASE)),
    ("expiry_date", re.compile(rf"(?:4b\W*)?EXP(?:IRES|IRY)?\W*{_DATE}", re.IGNORECASE)),
    ("sex", re.compile(r"\b(?:15\W*)?(?:SEX|GENDER)\W*([MFX])(?![A-Z])", re.IGNORECASE)),
)
"""Fields of North American licences by number and abbreviation (AAMVA card design standard), blanks lost or not."""
_GENDER = re.compile(r"(?:^|[/\s])(male|female)$", re.IGNORECASE)
_ZIP = re.compile(r"\b[A-Z]{2} [0-9]{5,6}\b")
_NUMBER_TAKEN, _GUESSED = 0.75, 0.6


def read_identity(view: DocumentView) -> Iterator[Found]:
    """What the card itself tells, apart from labels that a schema knows."""
    kind = _kind(view)
    if kind is not None:
        yield kind
    zone = _zone(view)
    if zone is not None:
        yield from _from_zone(view, *zone)
        if kind is None and zone[0].code == "P":
            yield Found("document_kind", _row_span(*zone[1][0]), SURE, "passport")
    name = None if kind is None else kind.value
    if name == "driver_license":
        yield from _numbered(view)
        yield from _state(view)
    elif name == "social_security_card":
        yield from _social_security(view)
    elif name == "aadhaar":
        yield from _aadhaar(view)


def _kind(view: DocumentView) -> Found | None:
    for sheet in view.sheets:
        for row in sheet.rows:
            folded = "".join(token.key for token in _tokens(row))
            kind = next((kind for kind, pattern in _KINDS if re.search(pattern, folded)), None)
            if kind is not None:
                return Found("document_kind", _row_span(sheet, row), SURE, kind)
    return None


_Line = tuple[Sheet, list[Segment]]


def _zone(view: DocumentView) -> tuple[Zone, list[_Line]] | None:
    """The first two or three consecutive rows that are a zone."""
    for sheet in view.sheets:
        lines = [(row, clean_line("".join(token.text for token in _tokens(row)))) for row in sheet.rows]
        for start in range(len(lines) - 1):
            texts = [text for _, text in lines[start : start + 3]]
            whole = [text for text in texts if text is not None]
            zone = parse_zone(whole) if texts[0] is not None and texts[1] is not None else None
            if zone is not None:
                return zone, [(sheet, row) for row, _ in lines[start : start + 3]]
    return None


def _from_zone(view: DocumentView, zone: Zone, lines: list[_Line]) -> Iterator[Found]:
    """The zone's values, each by the words that print it elsewhere on the card, else by its line of the zone."""
    rows = {id(row) for _, row in lines}
    for name, part in zone.parts.items():
        sheet, row = lines[part.line]
        sure = SURE if name in {"last_name", "first_name", "issuing_authority", "nationality"} else CHECKED
        elsewhere = _printed(view, part.value, rows)
        if isinstance(part.value, date) and elsewhere is None:
            sure = SURE
        yield Found(name, elsewhere or _row_span(sheet, row), sure, part.value)
    yield from _whole_name(view, zone)


def _whole_name(view: DocumentView, zone: Zone) -> Iterator[Found]:
    """The line that prints the zone's names, and nothing else, as one."""
    names = [zone.parts[name].value for name in ("last_name", "first_name") if name in zone.parts]
    words = sorted(fold(word) for name in names if isinstance(name, str) for word in name.split())
    for segment in (segment for sheet in view.sheets for segment in sheet.segments):
        if len(names) > 1 and sorted(token.key for token in segment.tokens) == words:
            yield Found("full_name", Span(segment.sheet, (segment.tokens,)), SURE)


def _printed(view: DocumentView, value: str | date, skipped: set[int]) -> Span | None:
    """The words outside the zone that say ``value``: a date in any order, a text as it is."""
    for sheet in view.sheets:
        for row in sheet.rows:
            if id(row) in skipped:
                continue
            for segment in row:
                span = _date_words(segment, value) if isinstance(value, date) else _text_words(segment, value)
                if span is not None:
                    return span
    return None


def _date_words(segment: Segment, value: date) -> Span | None:
    tokens = segment.tokens
    for start in range(len(tokens)):
        for stop in range(start + 1, min(start + 4, len(tokens)) + 1):
            text = " ".join(token.text for token in tokens[start:stop])
            if value in (parse_date(text, True), parse_date(text, False)):
                return Span(segment.sheet, (tokens[start:stop],))
    return None


def _text_words(segment: Segment, value: str) -> Span | None:
    words = [fold(word) for word in value.split()]
    tokens = segment.tokens
    for start in range(len(tokens) - len(words) + 1):
        part = tokens[start : start + len(words)]
        if len(value) > 2 and [token.key for token in part] == words:
            return Span(segment.sheet, (part,))
    return None


def _numbered(view: DocumentView) -> Iterator[Found]:
    for sheet in view.sheets:
        for row in sheet.rows:
            text = " ".join(token.text for token in _tokens(row))
            for name, pattern in _NUMBERED:
                match = pattern.search(text)
                group = next((found for found in match.groups() if found), None) if match is not None else None
                if match is None or group is None:
                    continue
                value = parse_date(group, False) if name.endswith(("date", "birth")) else group.upper()
                span = _words_of(sheet, row, match.group(0))
                if value is not None and (name != "document_number" or any(map(str.isdigit, group))):
                    yield Found(name, span, _NUMBER_TAKEN, value)
    numbered = list(_numbered_names(view))
    yield from numbered or _name_over_address(view)


def _numbered_names(view: DocumentView) -> Iterator[Found]:
    """``1 TALBOT`` over ``2 LIAM R.`` over ``8 123 STREET`` and the rest of the address."""
    for sheet in view.sheets:
        for upper, lower in pairwise(sheet.segments):
            first, second = upper.tokens, lower.tokens
            if len(first) < 2 or len(second) < 2 or first[0].text != "1" or second[0].text != "2":
                continue
            if any(map(str.isdigit, "".join(token.text for token in (*first[1:], *second[1:])))):
                continue
            yield Found("last_name", Span(sheet.index, (first[1:],)), SURE)
            yield Found("first_name", Span(sheet.index, (second[1:],)), SURE)


def _name_over_address(view: DocumentView) -> Iterator[Found]:
    """``CHRIS SMITH`` over a street, town, state and ZIP code."""
    for sheet in view.sheets:
        for at, segment in enumerate(sheet.segments):
            names = segment.tokens
            under = " ".join(other.text for other in sheet.segments[at + 1 : at + 3])
            if 1 < len(names) < 4 and all(t.key.isalpha() and t.text.isupper() for t in names) and _ZIP.search(under):
                yield Found("first_name", Span(sheet.index, (names[:-1],)), _GUESSED)
                yield Found("last_name", Span(sheet.index, (names[-1:],)), _GUESSED)
                return


def _state(view: DocumentView) -> Iterator[Found]:
    """The state in the title of a licence of the United States, with or without the blank in its name."""
    sheet = view.sheets[0]
    for row in sheet.rows[:4]:
        for token in _tokens(row):
            for key, state in STATES.items():
                if token.key == key or (len(key) > 5 and token.key.endswith(key) and len(token.key) <= len(key) + 2):
                    yield Found("issuing_authority", Span(sheet.index, ((token,),)), SURE, state)
        joined = _two_words(row)
        if joined is not None:
            yield joined


def _two_words(row: list[Segment]) -> Found | None:
    tokens = _tokens(row)
    for left, right in pairwise(tokens):
        state = STATES.get(left.key + right.key)
        if state is not None:
            return Found("issuing_authority", Span(row[0].sheet, ((left, right),)), SURE, state)
    return None


def _social_security(view: DocumentView) -> Iterator[Found]:
    """The number, and the name under *This number has been established for*."""
    for sheet in view.sheets:
        for row, following in zip(sheet.rows, [*sheet.rows[1:], []], strict=True):
            tokens = _tokens(row)
            for token in tokens:
                if _SSN.fullmatch(token.text):
                    yield Found("document_number", Span(sheet.index, ((token,),)), SURE)
            names = _tokens(following)
            established = "establishedfor" in "".join(token.key for token in tokens)
            if established and 1 < len(names) < 5 and all(token.key.isalpha() for token in names):
                yield Found("full_name", Span(sheet.index, (names,)), SURE)
                yield Found("first_name", Span(sheet.index, (names[:-1],)), SURE)
                yield Found("last_name", Span(sheet.index, (names[-1:],)), SURE)


def _aadhaar(view: DocumentView) -> Iterator[Found]:
    for sheet in view.sheets:
        for segment in sheet.segments:
            if _AADHAAR.fullmatch(segment.text):
                yield Found("document_number", Span(sheet.index, (segment.tokens,)), SURE)
            gender = _GENDER.search(segment.text)
            if gender is not None:
                yield Found("sex", Span(sheet.index, (segment.tokens[-1:],)), SURE, gender[1][0].upper())


def _tokens(row: list[Segment]) -> tuple[Token, ...]:
    return tuple(token for segment in row for token in segment.tokens)


def _row_span(sheet: Sheet, row: list[Segment]) -> Span:
    return Span(sheet.index, (_tokens(row),))


def _words_of(sheet: Sheet, row: list[Segment], text: str) -> Span:
    """The words of ``row`` that ``text``, a part of it, touches."""
    tokens = _tokens(row)
    whole = " ".join(token.text for token in tokens)
    start = whole.index(text)
    touched, position = [], 0
    for token in tokens:
        if position < start + len(text) and start < position + len(token.text):
            touched.append(token)
        position += len(token.text) + 1
    return Span(sheet.index, (tuple(touched),))
