"""Which words tell the document's currency."""

import re
from collections import Counter
from collections.abc import Sequence

from processors.reading.geometric.currencies import (
    AUSTRALIAN_POST_CODE,
    BRITISH_POST_CODE,
    CANADIAN_POST_CODE,
    COUNTRY_CURRENCIES,
    PREFIX_CURRENCIES,
    TAX_NUMBER_NAMES,
    US_STATE_ZIP,
    currency_from,
)
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.pairing import Candidate, places
from processors.reading.geometric.view import Segment, Span, Token, span_of
from processors.values import currency_candidates, currency_of, is_currency_code, parse_iban, parse_vat_id
from processors.values.currency import SIGNS
from processors.values.text import word_set

_LABELLED, _BY_MARKS, _SHARED_MARK, _BY_CODE, _BY_COUNTRY = 0.98, 0.96, 0.8, 0.92, 0.85
_WORDS = word_set("ALL AMD ANG BAM BHD BOB CUP DOP GEL KID LAK MAD MOP NAD PEN SOS SOL STD SVC TOP TRY")
"""Codes that also are words, names or legal forms in capitals: they count only beside several amounts."""
_SURELY_A_CODE = 3
_IN_SMALL_LETTERS = frozenset(["kr", "kr.", "zł", "kč", "rs", "rs.", "rm", "eur", "euro", "usd", "gbp", "chf"])
"""Marks that are printed in small letters too. Others are units then: *20 ft*, *3 cup*, *90 sek*."""
_DOLLAR_COUNTRIES = frozenset({"CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "USD"})


def read_currency(view: DocumentView) -> Candidate | None:
    """The currency: behind its own label; beside the amounts; as a code in the text; implied by a country."""
    return _labelled(view) or _beside_amounts(view) or _code_in_text(view) or _country(view)


def _labelled(view: DocumentView) -> Candidate | None:
    for label in view.labels():
        if label.meaning("currency") is None:
            continue
        for place in places(view, label)[:2]:
            for position in range(place.start, place.stop):
                code = currency_of(place.segment.tokens[position].text.strip("():.,"))
                if code is not None:
                    return Candidate("currency", place.cut(position, position + 1), code, _LABELLED, label)
    return None


def _beside_amounts(view: DocumentView) -> Candidate | None:
    votes: Counter[str] = Counter()
    where: dict[str, Span] = {}
    for sheet in view.sheets:
        for segment in sheet.segments:
            for amount in view.amounts_in(segment):
                if amount.mark is None or _is_unit(amount.mark):
                    continue
                token = next((t for t in amount.span.tokens if amount.mark in t.text), None)
                if token is not None:
                    votes[amount.mark] += 1
                    where[amount.mark] = Span(sheet.index, ((token,),))
    for mark in [mark for mark, count in votes.items() if mark.upper() in _WORDS and count < _SURELY_A_CODE]:
        del votes[mark]
    if not votes:
        return None
    mark, _ = votes.most_common(1)[0]
    codes = {currency_of(other) for other in votes} - {None}
    code = currency_of(mark)
    if code is not None:
        return Candidate("currency", where[mark], code, _BY_MARKS if len(codes) == 1 else _SHARED_MARK)
    return _shared(view, mark, where[mark])


def _is_unit(mark: str) -> bool:
    """Whether a mark that can be a currency is rather a unit of measure; forints are *Ft* and feet are not."""
    return mark == "FT" or (mark.islower() and mark not in _IN_SMALL_LETTERS)


def _shared(view: DocumentView, mark: str, span: Span) -> Candidate | None:
    """A mark of several currencies (``$``, ``kr``, ``Rs``): the country on the page tells which."""
    options = currency_candidates(mark)
    named = _code_in_text(view)
    if named is not None and named.value in options:
        return named
    country = _country(view)
    if country is not None and country.value in options and country.value != options[0]:
        return country
    if country is not None and country.value not in options and mark == "$" and country.value not in _DOLLAR_COUNTRIES:
        # A till that prints "$" for its own money, such as ringgit: neither reading is sure.
        return Candidate("currency", country.span, country.value, 0.6)
    value = currency_from(" ".join(token.text for token in span.tokens))
    agrees = country is not None and country.value == value
    return None if value is None else Candidate("currency", span, value, 0.92 if agrees else _SHARED_MARK)


def _code_in_text(view: DocumentView) -> Candidate | None:
    """A currency printed away from the amounts: ``All prices in EUR``, ``Betrag (€)``, ``RM``."""
    votes: Counter[str] = Counter()
    where: dict[str, Span] = {}
    for sheet in view.sheets:
        for segment in sheet.segments:
            for position, token in enumerate(segment.tokens):
                mark = _mark_of(token) if _is_about_money(view, segment, position) else None
                code = currency_of(mark) if mark is not None else None
                if code is not None:
                    votes[code] += 1
                    where.setdefault(code, span_of(segment, position, position + 1))
    if not votes:
        return None
    code, count = votes.most_common(1)[0]
    return Candidate("currency", where[code], code, _BY_CODE if count == votes.total() else 0.6)


_IN = word_set("in en w wahrung currency devise moneda valuta moeda prices")


def _is_about_money(view: DocumentView, segment: Segment, position: int) -> bool:
    """Whether a code or sign stands where currencies do: in brackets, alone, beside an amount or a sum, after *in*."""
    tokens = segment.tokens
    if len(tokens) == 1 or "(" in tokens[position].text or (position > 0 and tokens[position - 1].key in _IN):
        return True
    return bool(view.labels_in(segment)) or any(amount.firm for amount in view.amounts_in(segment))


_IN_BRACKETS = re.compile(r".*\(([^()]+)\)?:?")


def _mark_of(token: Token) -> str | None:
    text = token.text.strip(":.,;")
    match = _IN_BRACKETS.fullmatch(text)
    mark = match[1] if match else text
    if is_currency_code(mark):
        return mark if mark.isupper() and mark not in _WORDS else None
    return (
        mark
        if mark and (mark[0] in SIGNS or mark in {"RM", "Euro", "EURO", "Euros"}) and currency_candidates(mark)
        else None
    )


def _country(view: DocumentView) -> Candidate | None:
    """A country named on the page, or the prefix of a VAT id or IBAN."""
    votes: Counter[str] = Counter()
    where: dict[str, Span] = {}
    for sheet in view.sheets:
        for segment in sheet.segments:
            for span, code in _hints(segment):
                votes[code] += 1
                where.setdefault(code, span)
    if not votes:
        return None
    code, count = votes.most_common(1)[0]
    return Candidate("currency", where[code], code, _BY_COUNTRY if count == votes.total() else 0.5)


_TAX_NUMBER = re.compile(
    r"(?:n[o\u00b0\u00ba]?\.? |nr\.? |number |: ?)*"
    r"(?:[A-Z&\u00d1]{3,4}[- ]?[0-9]{6}|[0-9]{2}[A-Z]{5}|[0-9]{2,3}[-. ]?[0-9]{3}[-. ]?[0-9]{3})",
    re.IGNORECASE,
)
"""Begins behind the names of tax numbers, and not behind the same words elsewhere (*jambon cuit*, *ABN AMRO*)."""


def _following(tokens: Sequence[Token], start: int) -> str:
    return " ".join(token.text for token in tokens[start : start + 5])


def _hints(segment: Segment) -> list[tuple[Span, str]]:
    tokens = segment.tokens
    found: list[tuple[Span, str]] = []
    for position, token in enumerate(tokens):
        for stop in range(min(len(tokens), position + 3), position, -1):
            key = "".join(t.key for t in tokens[position:stop])
            named = key in COUNTRY_CURRENCIES and (len(key) > 3 or token.text.isupper())
            if named and (key not in TAX_NUMBER_NAMES or _TAX_NUMBER.match(_following(tokens, stop))):
                found.append((span_of(segment, position, stop), COUNTRY_CURRENCIES[key]))
                break
            text = "".join(t.text for t in tokens[position:stop])
            if len(text) > 8 and (parse_vat_id(text) or parse_iban(text)) and text[:2] in PREFIX_CURRENCIES:
                found.append((span_of(segment, position, stop), PREFIX_CURRENCIES[text[:2]]))
                break
        pair = " ".join(t.text for t in tokens[position : position + 2])
        if US_STATE_ZIP.fullmatch(pair.rstrip(",.")):
            found.append((span_of(segment, position, position + 2), "USD"))
        for code, currency in ((AUSTRALIAN_POST_CODE, "AUD"), (BRITISH_POST_CODE, "GBP")):
            if code.fullmatch(pair.rstrip(",.")):
                found.append((span_of(segment, position, position + 2), currency))
        triple = " ".join(t.text for t in tokens[position : position + 3])
        if CANADIAN_POST_CODE.fullmatch(triple.rstrip(",.")):
            found.append((span_of(segment, position, min(position + 3, len(tokens))), "CAD"))
    return found
