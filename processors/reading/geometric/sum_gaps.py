"""Charges and discounts whose label is not known: a printed amount that fills the gap between two sums exactly."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.facts import Amount
from processors.reading.geometric.pairing import Candidate
from processors.reading.geometric.view import Span

CHARGE, ALLOWANCE = "charge_total", "allowance_total"
_SCORE = 0.8
_RIVALS = 3
"""Candidates of each sum that are tried, best first."""
_CENT = Decimal("0.011")

_Place = tuple[int, int]
"""Sheet and row."""
Offered = Mapping[str, Sequence[Candidate]]


@dataclass(frozen=True, slots=True)
class _Gap:
    """What must be added to the sum above to come to the sum below, and the rows between which it is printed."""

    amount: Decimal
    above: _Place
    below: _Place


def fill_gaps(view: DocumentView, offered: Offered, items: Decimal | None) -> dict[str, Candidate]:
    """A charge or discount for the gap between ``items`` (the sum of the line items) and the subtotal, and for that
    between subtotal with tax and the total, where one amount printed between the two fills it.

    Amounts that labels name are not tried, nothing is added to what labels call a charge or discount, and no gap is
    filled where some of the sums leave none. Beside a rate, behind the subtotal, stands another tax and no charge.
    """
    unexplained = list(_unexplained(view, offered))
    without_rate = [(place, amount) for place, amount in unexplained if not _has_rate(view, place)]
    found: dict[str, Candidate] = {}
    for gaps, amounts in (
        (_before_subtotal(view, offered, items), unexplained),
        (_before_total(view, offered), without_rate),
    ):
        for gap in gaps if all(abs(gap.amount) > _CENT for gap in gaps) else ():
            fitting = [
                amount
                for place, amount in amounts
                if gap.above < place < gap.below and abs(abs(amount.value) - abs(gap.amount)) <= _CENT
            ]
            name = CHARGE if (gap.amount > 0) == _is_owed(offered) else ALLOWANCE
            if len(fitting) == 1 and name not in offered and name not in found:
                found[name] = Candidate(name, fitting[0].span, fitting[0].value, _SCORE)
                break
    return found


def _unexplained(view: DocumentView, offered: Offered) -> Iterator[tuple[_Place, Amount]]:
    """Amounts outside the items that are no label's value, each with its place."""
    named = {(c.span.sheet, word) for group in offered.values() for c in group for word in c.span.ids}
    for sheet in view.sheets:
        for segment in sheet.segments:
            place = (sheet.index, segment.row)
            if place in view.item_rows:
                continue
            for amount in view.amounts_in(segment):
                if amount.firm and not any((sheet.index, word) in named for word in amount.span.ids):
                    yield place, amount


def _has_rate(view: DocumentView, place: _Place) -> bool:
    sheet, row = place
    return any("%" in segment.text for segment in view.sheets[sheet].rows[row])


def _is_owed(offered: Offered) -> bool:
    """Whether the sums are above zero; those of a credit note may be below."""
    return all(_value(candidate) >= 0 for candidate in _best(offered, "total_amount"))


def _before_subtotal(view: DocumentView, offered: Offered, items: Decimal | None) -> list[_Gap]:
    if items is None or not view.item_rows:
        return []
    last = max(view.item_rows)
    return [
        _Gap(_value(net) - items - extra, last, _row(view, net.span))
        for net in _best(offered, "subtotal")
        for extra in {Decimal(0), _labelled(offered)}
    ]


def _before_total(view: DocumentView, offered: Offered) -> list[_Gap]:
    known = _labelled(offered)
    return [
        _Gap(_value(total) - _value(net) - _value(tax) - extra, _row(view, net.span), _row(view, total.span))
        for net in _best(offered, "subtotal")
        for tax in _best(offered, "tax_amount")
        for total in (*_best(offered, "total_amount"), *_best(offered, "amount_due"))
        for extra in {Decimal(0), known, *map(_value, _best(offered, "rounding_amount"))}
    ]


def _labelled(offered: Offered) -> Decimal:
    """What labels call a charge, less what they call a discount."""
    charge, discount = (_best(offered, name)[:1] for name in (CHARGE, ALLOWANCE))
    return sum(map(_value, charge), Decimal(0)) - sum((abs(_value(item)) for item in discount), Decimal(0))


def _best(offered: Offered, name: str) -> list[Candidate]:
    return sorted(offered.get(name, ()), key=lambda candidate: -candidate.score)[:_RIVALS]


def _value(candidate: Candidate) -> Decimal:
    assert isinstance(candidate.value, Decimal), "sums are amounts"
    return candidate.value


def _row(view: DocumentView, span: Span) -> _Place:
    """The place of the span's first word."""
    first = span.tokens[0].id
    segments = view.sheets[span.sheet].segments
    return span.sheet, next(s.row for s in segments if any(token.id == first for token in s.tokens))
