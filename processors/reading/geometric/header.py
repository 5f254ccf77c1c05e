"""Header fields with a label of their own: numbers, dates, references, terms, tax ids, IBAN."""

import re
from collections.abc import Iterator
from dataclasses import replace

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.labels import Label
from processors.reading.geometric.pairing import Candidate, Place, best_by_value, places, stands_under
from processors.reading.geometric.phrases import NUMBER_LINKS, asked_to_pay, has_digit, title_line
from processors.reading.geometric.terms import labelled_terms, unlabelled_terms
from processors.reading.geometric.view import Segment, Span, Token, span_of
from processors.values import (
    clean_identifier,
    parse_date,
    parse_iban,
    parse_phone,
    parse_tax_id,
    parse_time,
    parse_vat_id,
)
from processors.values.text import fold

DATE_FIELDS = frozenset({"invoice_date", "due_date", "delivery_date", "purchase_date"})
CUSTOMER_VAT = "other.customer_vat"
"""A tax id that its label calls the customer's."""
ID_FIELDS = frozenset(
    {"invoice_number", "purchase_order", "customer_id", "payment_reference", "receipt_number", "item_count"}
)
_WEAK = 0.62
_LATER_PAGE = 0.9
_JOINED_BLANK = 0.6
"""Blank inside an identifier (``CS 23304``), in word heights."""
_DIGIT_GROUP = re.compile(r"[0-9]{2,4}")


def header_candidates(view: DocumentView, names: frozenset[str]) -> list[Candidate]:
    """All candidates for the labelled fields in ``names``; several per field, to be chosen from."""
    found: list[Candidate] = []
    for label in view.labels():
        if (label.segment.sheet, label.segment.row) in view.item_rows:
            continue
        for meaning in label.meanings:
            name = meaning.name
            if name not in names:
                continue
            strength = label.trust * (_WEAK if meaning.weak else 1.0)
            strength *= 1.0 if label.segment.sheet == 0 else _LATER_PAGE
            found += [replace(c, score=c.score * strength) for c in _read(view, label, name, weak=meaning.weak)]
    if "invoice_number" in names:
        found += title_line(view)
    if "due_date" in names:
        found += asked_to_pay(view)
    if "payment_terms" in names:
        found += unlabelled_terms(view)
    return found


def choose(candidates: list[Candidate]) -> dict[str, Candidate]:
    """The best candidate of each field, so that no word serves two fields: the better-scored field takes it.

    Terms of payment are a sentence, which may well hold the due date.

    A score is lowered where another value is nearly as good, because one of the two is wrong. Of two fields that claim
    one word alike, the date has it: an identifier that is part of a whole date is more likely a coincidence.
    """
    chosen: dict[str, Candidate] = {}
    taken: set[tuple[int, int]] = set()
    ranked: dict[str, list[Candidate]] = {}
    # Never in a set's own order: it differs between processes, and so would the reading of equal scores.
    for name in sorted({candidate.field for candidate in candidates}):
        ranked[name] = best_by_value([c for c in candidates if c.field == name])
    best_first = sorted((c for group in ranked.values() for c in group), key=lambda c: (-c.score, _claim(c)))
    for candidate in best_first:
        words = {(candidate.span.sheet, token.id) for token in candidate.span.tokens}
        if candidate.field in chosen or (words & taken and candidate.field != "payment_terms"):
            continue
        rivals = [c for c in ranked[candidate.field] if c.value != candidate.value]
        margin = candidate.score - max((c.score for c in rivals), default=0.0)
        chosen[candidate.field] = replace(candidate, score=candidate.score * (1.0 if margin > 0.15 else 0.85))
        taken |= words
    return chosen


def _claim(candidate: Candidate) -> tuple[bool, str]:
    """Where two fields score alike, the lesser claim has the words."""
    return candidate.field not in DATE_FIELDS, candidate.field


def _read(view: DocumentView, label: Label, name: str, *, weak: bool) -> Iterator[Candidate]:
    if name == "payment_terms":
        terms = labelled_terms(view, label)
        if terms is not None:
            yield terms
        return
    for place in places(view, label):
        if weak and name not in DATE_FIELDS and place.segment.row != label.segment.row:
            # A title such as "Invoice" stands above anything.
            continue
        candidate = _at(view, label, name, place)
        if candidate is not None:
            yield candidate
            if place.beside or name not in DATE_FIELDS:
                return


def _at(view: DocumentView, label: Label, name: str, place: Place) -> Candidate | None:
    if name in DATE_FIELDS:
        return _date(view, label, name, place)
    if name in ID_FIELDS:
        return identifier_at(label, name, place)
    return None


def _date(view: DocumentView, label: Label, name: str, place: Place) -> Candidate | None:
    below = place.segment.row != label.segment.row
    for printed in view.dates_in(place.segment):
        if below and stands_under(view, label, printed.span.box):
            return Candidate(name, printed.span, printed.value, place.relation, label)
        if not below and place.start <= printed.start and printed.stop <= place.stop:
            distance = min(printed.start - place.start, 6) * 0.05
            return Candidate(name, printed.span, printed.value, place.relation - distance, label)
    return None


def identifier_at(label: Label | None, name: str, place: Place) -> Candidate | None:
    """The first word with a digit, with the short capitals before it and what stands close behind it."""
    tokens = place.segment.tokens
    start = place.start
    while start < place.stop and (tokens[start].key in NUMBER_LINKS or not tokens[start].key):
        start += 1
    first = next((i for i in range(start, min(place.stop, start + 3)) if has_digit(tokens[i])), None)
    if first is None or not all(_is_code(tokens[i]) for i in range(start, first)):
        return None
    stop = first + 1
    while stop < min(place.stop, start + 4) and _goes_on(tokens[stop - 1], tokens[stop]):
        stop += 1
    span = span_of(place.segment, start, stop)
    text = " ".join(token.text for token in span.tokens)
    value = clean_identifier(text)
    if value is None or len(value) > 30 or _is_other_value(text, name):
        return None
    skipped = 0.05 * (first - start)
    return Candidate(name, span, fold(value), place.relation - skipped, label)


def _is_code(token: Token) -> bool:
    return len(token.text) <= 6 and token.text.upper() == token.text


def _goes_on(left: Token, right: Token) -> bool:
    if right.box.x0 - left.box.x1 > _JOINED_BLANK * right.box.height or left.text.endswith((",", ";")):
        return False
    text = right.text
    return text in {"-", "/"} or (
        (left.text in {"-", "/"} or has_digit(right)) and text.upper() == text and not parse_date(text, True)
    )


def _is_other_value(text: str, name: str) -> bool:
    """Dates, times, amounts and rates are not identifiers; a single digit is hardly an invoice number."""
    if parse_date(text, True) or (parse_time(text) and not text.isdigit()) or text.endswith("%"):
        return True
    if re.search(r"[$\u20ac\u00a3]|[0-9][.,][0-9]{2}$", text) and not re.search(r"[./-][0-9]+[./-]", text):
        return True
    return name in {"invoice_number", "purchase_order"} and len(fold(text)) < 2 and name != "item_count"


def iban_candidates(view: DocumentView) -> list[Candidate]:
    """Every IBAN on the pages, with or without a label; the check digits leave no doubt."""
    found = []
    for sheet in view.sheets:
        for segment in sheet.segments:
            span = _iban_span(segment)
            if span is not None:
                text = "".join(token.text for token in span.tokens)
                found.append(Candidate("iban", span, parse_iban(text), 0.97))
    return found


_IBAN_START = re.compile(r"(?:IBAN\W*)?[A-Z]{2}[0-9]{2}[0-9A-Z]*", re.IGNORECASE)


def _iban_span(segment: Segment) -> Span | None:
    tokens = segment.tokens
    for start, token in enumerate(tokens):
        if _IBAN_START.fullmatch(token.text):
            for stop in range(min(len(tokens), start + 9), start, -1):
                if parse_iban("".join(t.text for t in tokens[start:stop])):
                    return span_of(segment, start, stop)
    return None


def tax_id_candidates(view: DocumentView) -> list[Candidate]:
    """Tax ids behind their labels, as ``vat_id``, whose owner is told by where they stand, or as the label says."""
    found = []
    for label in view.labels():
        meaning = label.meaning(CUSTOMER_VAT) or label.meaning("vat_id") or label.meaning("vendor_tax_number")
        if meaning is None:
            continue
        for place in places(view, label)[:2]:
            span = tax_span(place)
            if span is not None:
                text = " ".join(token.text for token in span.tokens)
                known = parse_vat_id(text) is not None
                found.append(
                    Candidate(meaning.name, span, fold(text), place.relation * (1.0 if known else 0.85), label)
                )
                break
    return found


def tax_span(place: Place, *, labelled: bool = True) -> Span | None:
    """The tax id at the beginning of ``place``: of a known country's form, or where a label stands before it, any."""
    tokens = place.segment.tokens
    for start in range(place.start, min(place.stop, place.start + 2)):
        for stop in range(min(place.stop, start + 5), start, -1):
            text = " ".join(token.text for token in tokens[start:stop])
            if parse_vat_id(text):
                return span_of(place.segment, start, stop)
    if not labelled:
        return None
    for stop in range(_longest_tax_id(place), place.start, -1):
        text = " ".join(token.text for token in tokens[place.start : stop])
        digits = sum(map(str.isdigit, text))
        if parse_tax_id(text) and digits >= 7 and text.upper() == text and not parse_date(text, True):
            return span_of(place.segment, place.start, stop)
    return None


def _longest_tax_id(place: Place) -> int:
    """Where a tax id that begins ``place`` ends at the latest: behind three words, or any number of short groups of
    digits (``ABN 51 824 753 556``).
    """
    groups = place.start
    while groups < place.stop and _DIGIT_GROUP.fullmatch(place.segment.tokens[groups].text):
        groups += 1
    return max(groups, min(place.stop, place.start + 3))


def phone_candidates(view: DocumentView) -> list[Candidate]:
    """Telephone numbers behind their labels."""
    found = []
    for label in view.labels():
        if label.meaning("vendor_phone") is None:
            continue
        for place in places(view, label)[:1]:
            for stop in range(place.stop, place.start, -1):
                text = " ".join(token.text for token in place.segment.tokens[place.start : stop])
                if parse_phone(text):
                    found.append(
                        Candidate("vendor_phone", place.cut(place.start, stop), fold(text), place.relation, label)
                    )
                    break
    return found
