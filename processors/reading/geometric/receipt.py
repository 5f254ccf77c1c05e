"""Reading till receipts: one narrow column, the vendor on top, what was paid at the bottom."""

import re
from collections.abc import Iterator
from dataclasses import replace

from processors.fields import Extraction, Field
from processors.reading.geometric.confidence import certainty
from processors.reading.geometric.currencies import US_STATE_ZIP
from processors.reading.geometric.currency_choice import read_currency
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.emit import Emitter
from processors.reading.geometric.facts import find_dates
from processors.reading.geometric.header import choose, header_candidates, phone_candidates, tax_id_candidates
from processors.reading.geometric.pairing import Candidate, places
from processors.reading.geometric.receipt_items import read_items
from processors.reading.geometric.receipt_sums import read_receipt_sums
from processors.reading.geometric.receipt_vendor import read_vendor
from processors.reading.geometric.view import Segment, Span, span_of
from processors.schemas import ExtractionSchema
from processors.values import parse_time
from processors.values.text import fold, word_set

_LABELLED = frozenset({"receipt_number", "item_count"})
_DATE_LABELS = frozenset({"invoice_date", "purchase_date", "other.date"})
_METHODS = word_set(
    "cash visa mastercard master amex maestro debit credit creditcard debitcard mydebit bar barzahlung girocard eccash "
    "eckarte cb especes cartebancaire efectivo tarjeta contanti bancomat contant pin multibanco dinheiro kreditkarte "
    "americanexpress paypal applepay visacard kartenzahlung"
)


def read_receipt(view: DocumentView, schema: ExtractionSchema) -> Extraction:
    """Everything found on a receipt."""
    currency = read_currency(view)
    code = currency.value if currency is not None and isinstance(currency.value, str) else None
    view.settle_dates(code, otherwise=None if code is not None or _may_be_american(view) else True)
    emitter = Emitter(view, schema)
    if currency is not None:
        emitter.add("currency", currency.span, certainty(currency))
    vendor = read_vendor(view)
    if vendor is not None:
        emitter.add("vendor_name", vendor.name, vendor.score)
        emitter.add("vendor_address", vendor.address, vendor.score * 0.95)
    _add_header(view, emitter)
    _add_date_and_time(view, emitter)
    sums = read_receipt_sums(view)
    for name, candidate in sums.chosen.items():
        emitter.add(name, candidate.span, certainty(candidate, proven=name in sums.proven))
    method = _payment_method(view)
    if method is not None:
        emitter.add("payment_method", method.span, certainty(method))
    return Extraction(tuple(map(_unregistered, emitter.fields)), emitter.line_items(read_items(view), 0.6))


_GLUED_REGISTRATION = re.compile(r"(?<=[^\W\d_])\s?\((?:[A-Z]{0,2}[0-9]{4,7}-?[A-Z]|[0-9]{12})\)?$")


def _unregistered(field: Field) -> Field:
    """A vendor's name without the registration number that is printed with no blank behind it."""
    if field.name != "vendor_name" or not isinstance(field.value, str):
        return field
    return replace(field, value=_GLUED_REGISTRATION.sub("", field.value))


_AMERICAN = re.compile(rf"[$]|(?i:\bsales tax\b|\bsuite\b|\bzip\b)|\b{US_STATE_ZIP.pattern}")


def _may_be_american(view: DocumentView) -> bool:
    """Whether a receipt without a currency may come from where the month is printed first."""
    return any(_AMERICAN.search(sheet.text) for sheet in view.sheets)


def _add_header(view: DocumentView, emitter: Emitter) -> None:
    names = _LABELLED | {"invoice_number"}
    chosen = choose(header_candidates(view, names))
    number = max(
        (chosen[name] for name in ("receipt_number", "invoice_number") if name in chosen),
        key=lambda candidate: candidate.score,
        default=None,
    )
    if number is not None:
        emitter.add("receipt_number", number.span, certainty(number) * 0.9)
    if "item_count" in chosen:
        emitter.add("item_count", chosen["item_count"].span, certainty(chosen["item_count"]) * 0.8)
    for candidate in phone_candidates(view)[:1]:
        emitter.add("vendor_phone", candidate.span, certainty(candidate) * 0.95)
    for candidate in sorted(tax_id_candidates(view), key=lambda c: -c.score)[:1]:
        emitter.add("vendor_tax_id", candidate.span, certainty(candidate) * 0.95)


def _add_date_and_time(view: DocumentView, emitter: Emitter) -> None:
    date = _purchase_date(view)
    if date is not None:
        emitter.add("purchase_date", date.span, certainty(date))
    time = _purchase_time(view, date)
    if time is not None:
        emitter.add("purchase_time", time.span, certainty(time))


def _purchase_date(view: DocumentView) -> Candidate | None:
    """The date that most prints agree on; a label or a time beside it weighs more, an earlier place a little."""
    scores: dict[object, float] = {}
    first: dict[object, Span] = {}
    whole = not any(view.dates_in(segment) for sheet in view.sheets for segment in sheet.segments)
    for sheet in view.sheets:
        # Where no line has a date, a wide blank may have cut one in two.
        for segment in map(_joined, sheet.rows) if whole else sheet.segments:
            labels = {m.name for label in view.labels_in(segment) for m in label.meanings} | _left_labels(view, segment)
            for printed in find_dates(segment, view.conventions):
                weight = 1.0 if labels & {"invoice_date", "purchase_date"} else 0.3 if "other.date" in labels else 0.7
                weight += 0.2 if any(True for _ in _times(segment)) else 0.0
                scores[printed.value] = scores.get(printed.value, 0.0) + weight
                first.setdefault(printed.value, printed.span)
    if not scores:
        return None
    ranked = sorted(scores, key=lambda value: -scores[value])
    best = ranked[0]
    rival = scores[ranked[1]] if len(ranked) > 1 else 0.0
    share = scores[best] / (scores[best] + rival)
    return Candidate("purchase_date", first[best], best, 0.95 * share + 0.02)


def _joined(row: list[Segment]) -> Segment:
    """The words of a whole row as one segment, in the place of its first."""
    return replace(row[0], tokens=tuple(token for segment in row for token in segment.tokens))


def _left_labels(view: DocumentView, segment: Segment) -> set[str]:
    """Meanings of a label that stands alone to the left on the row."""
    row = view.row_of(segment)
    position = next((at for at, other in enumerate(row) if other.index == segment.index), 0)
    if position == 0:
        return set()
    return {m.name for label in view.labels_in(row[position - 1])[-1:] for m in label.meanings}


_CLOCK = re.compile(r"\(?[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?\s?(?:[AaPp]\.?[Mm]\.?)?\)?")


def _times(segment: Segment) -> Iterator[Span]:
    tokens = segment.tokens
    for position, token in enumerate(tokens):
        if ":" not in token.text or not _CLOCK.fullmatch(token.text):
            continue
        half = position + 1 < len(tokens) and fold(tokens[position + 1].text) in {"am", "pm", "uhr"}
        span = span_of(segment, position, position + 2 if half else position + 1)
        if parse_time(" ".join(t.text for t in span.tokens)):
            yield span


def _purchase_time(view: DocumentView, date: Candidate | None) -> Candidate | None:
    """The time on the date's row, else the only one on the receipt."""
    found: list[tuple[int, Span]] = [
        (segment.row, span) for sheet in view.sheets[:1] for segment in sheet.segments for span in _times(segment)
    ]
    if not found:
        return None
    row = _row_of(view, date) if date is not None else None
    same_row = [span for at, span in found if row is not None and at == row]
    span = same_row[0] if same_row else found[0][1]
    value = parse_time(" ".join(token.text for token in span.tokens))
    values = {parse_time(" ".join(t.text for t in other.tokens)) for _, other in found}
    return Candidate("purchase_time", span, value, 0.93 if same_row else 0.85 if len(values) == 1 else 0.6)


def _row_of(view: DocumentView, date: Candidate) -> int | None:
    wanted = date.span.tokens[0]
    return next((s.row for s in view.sheets[date.span.sheet].segments if wanted in s.tokens), None)


def _payment_method(view: DocumentView) -> Candidate | None:
    """The value of a payment label, else the word beside the amount that was handed over."""
    for label in view.labels():
        if label.meaning("payment_method") is not None:
            for place in places(view, label)[:1]:
                if any(char.isalpha() for char in place.segment.tokens[place.start].text):
                    return Candidate("payment_method", place.cut(place.start, place.stop), "", 0.75, label)
    for label in view.labels():
        if label.meaning("other.cash") is None:
            continue
        words = label.segment.tokens[label.start : label.stop]
        key = "".join(token.key for token in words)
        if key in _METHODS and any(view.amounts_in(place.segment) for place in places(view, label)[:1]):
            return Candidate("payment_method", span_of(label.segment, label.start, label.stop), key, 0.7, label)
    return None
