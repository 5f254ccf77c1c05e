"""Fields that a phrase says without a label: *Rechnung Nr. 471113 vom 13.06.2018*, *please remit until 2019-07-01*."""

import re
from collections.abc import Iterator

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.pairing import Candidate
from processors.reading.geometric.view import Segment, Token, span_of
from processors.values import clean_identifier
from processors.values.text import drop_label, fold, word_set

_TITLES = re.compile(
    r"(?:rechnung|gutschrift|rechnungskorrektur|invoice|creditnote|facture|avoir|factura|fattura|factuur|creditnota|"
    r"fatura|notadecredito)$"
)
NUMBER_LINKS = word_set("nr no n num numero nummer number nro")
_DATE_LINKS = word_set("vom von from of dated issued at du del van de da le am em il den")
_PAY = word_set(
    "uberweisen zahlen zahlbar begleichen remit pay payable payer regler regle pagar pague pagare versare betalen "
    "voldoen overmaken fallig due echeance"
)
_UNTIL = word_set("bis zum until by before avant le antes del el entro il voor uiterlijk ate dia am on")


def asked_to_pay(view: DocumentView) -> Iterator[Candidate]:
    """``Please remit until 2019-07-01``: the first date of a sentence that asks for payment."""
    for sheet in view.sheets:
        for segment in sheet.segments:
            printed = next(iter(view.dates_in(segment)), None)
            if printed is None or printed.start == 0 or segment.tokens[printed.start - 1].key not in _UNTIL:
                continue
            if any(token.key in _PAY for token in segment.tokens[: printed.start]):
                yield Candidate("due_date", printed.span, printed.value, 0.85)


def title_line(view: DocumentView) -> Iterator[Candidate]:
    """``Rechnung Nr. 471113 vom 13.06.2018``: the title says number and date in one breath."""
    for sheet in view.sheets[:1]:
        for segment in sheet.segments:
            title = next((i for i, t in enumerate(segment.tokens[:4]) if _is_title(t)), None)
            if title is not None:
                yield from _after_title(view, segment, title)


def _is_title(token: Token) -> bool:
    """Whether a word is a title, with a code that may be glued to it (``Handelsrechnung(380)``)."""
    return bool(token.key) and _TITLES.search(token.key.rstrip("0123456789")) is not None


def _after_title(view: DocumentView, segment: Segment, title: int) -> Iterator[Candidate]:
    tokens = segment.tokens
    number = next(
        (i for i in range(title + 1, len(tokens)) if tokens[i].key in NUMBER_LINKS or tokens[i].text == "#"), None
    )
    if number is not None and number <= title + 5 and number + 1 < len(tokens):
        candidate = _identifier_after(segment, number + 1)
        if candidate is not None:
            yield candidate
    for printed in view.dates_in(segment):
        if printed.start > title and tokens[printed.start - 1].key in _DATE_LINKS:
            yield Candidate("invoice_date", printed.span, printed.value, 0.93)


def _identifier_after(segment: Segment, start: int) -> Candidate | None:
    tokens = segment.tokens
    if not has_digit(tokens[start]):
        return None
    span = span_of(segment, start, start + 1)
    value = clean_identifier(tokens[start].text)
    return None if value is None else Candidate("invoice_number", span, fold(value), 0.95)


def has_digit(token: Token) -> bool:
    """Whether a word has a digit behind a label that is glued to it."""
    return any(char.isdigit() for char in drop_label(token.text))
