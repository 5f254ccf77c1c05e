"""Choosing together: of all ways to fill the fields from scored candidates, the likeliest that fits.

It only ever chooses among what is printed; a sum that is not on the page cannot come out of it.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from itertools import product

from processors.reading.geometric.invoice import InvoiceStudy
from processors.reading.learned.found import Found
from processors.values.text import fold

Values = Mapping[str, Found]
"""What a way to fill the fields gives them."""

_MOST_OPTIONS = 4
_CENT = Decimal("0.011")
_ADDS_UP, _CONTRADICTS, _NO_ROOM, _UPSIDE_DOWN = 2.0, -2.5, -5.0, -1.5
_SAME_WORDS, _DUE_BEFORE_ISSUE, _DUE_FAR_OFF, _SAME_PARTY = -6.0, -3.0, -6.0, -5.0
_LONGEST_TERM = timedelta(days=190)
"""No invoice is due much later than half a year after its date; a date that far off is of something else."""
_OWN_BLOCK, _OTHERS_BLOCK = 1.0, -2.0
_NAMES, _ADDRESSES = ("vendor_name", "customer_name"), ("vendor_address", "customer_address")
_VENDOR, _CUSTOMER = ("vendor_name", "vendor_address"), ("customer_name", "customer_address")
_IMPLIED = 0.93
"""How often the total is what is to be paid where the page says nothing else, on documents not tuned on."""
_BALANCES = ("prepaid_amount", "other.past")
_EXTRAS = ("charge_total", "allowance_total", "rounding_amount", "tip")


@dataclass(frozen=True, slots=True)
class Option:
    """A candidate for a field: its probability, and its worth, in log-odds over leaving the field out."""

    found: Found
    probability: float
    worth: float


@dataclass(frozen=True, slots=True)
class _Group:
    fields: tuple[str, ...]
    fits: Callable[[frozenset[Decimal], Values], float]


def decode(options: Mapping[str, Sequence[Option]], study: InvoiceStudy, *, owed: bool) -> dict[str, Option]:
    """The best option of each field, or none, so that the fields of a group fit each other.

    ``owed``: the total is to be paid, as on an invoice, and on a credit note not.
    """
    extras = _extras(study)
    chosen: dict[str, Option] = {}
    for group in _GROUPS:
        names = [name for name in group.fields if options.get(name)]
        chosen |= _best(names, options, partial(group.fits, extras))
    due = _implied_due(chosen, study) if owed else None
    return chosen if due is None else {**chosen, "amount_due": due}


def _implied_due(chosen: Mapping[str, Option], study: InvoiceStudy) -> Option | None:
    """The total, where no other amount due is printed and nothing that was paid or owed before (EN 16931, BR-CO-16)."""
    total = chosen.get("total_amount")
    if total is None or "amount_due" in chosen or any(study.sums.offered.get(name) for name in _BALANCES):
        return None
    value = total.found.value
    if any(candidate.value != value for candidate in study.sums.offered.get("amount_due", ())):
        return None
    owed = isinstance(value, Decimal) and value > 0
    return replace(total, probability=total.probability * _IMPLIED) if owed else None


def _best(
    names: Sequence[str], options: Mapping[str, Sequence[Option]], fits: Callable[[Values], float]
) -> dict[str, Option]:
    ranked: list[list[Option | None]] = [
        [*sorted(options[name], key=lambda option: -option.worth)[:_MOST_OPTIONS], None] for name in names
    ]
    best: dict[str, Option] = {}
    most = -math.inf
    for way in product(*ranked):
        filled = {name: option for name, option in zip(names, way, strict=True) if option is not None}
        worth = sum(option.worth for option in filled.values())
        worth += fits({name: option.found for name, option in filled.items()})
        if worth > most:
            best, most = filled, worth
    return best


def _extras(study: InvoiceStudy) -> frozenset[Decimal]:
    """What may stand between net plus tax and the total: nothing, or a printed charge, discount or rounding."""
    found = {Decimal(0)}
    for name in _EXTRAS:
        for candidate in study.sums.offered.get(name, ())[:2]:
            if isinstance(candidate.value, Decimal):
                found |= {candidate.value, -candidate.value}
    return frozenset(found)


def adds_up(values: Values, extras: frozenset[Decimal]) -> bool | None:
    """Whether subtotal, tax and total are a sum; ``None`` where one of them is missing."""
    parts = [_amount(values, name) for name in ("subtotal", "tax_amount", "total_amount")]
    net, tax, total = parts
    if net is None or tax is None or total is None:
        return None
    # A tax that a charge takes back again is that charge.
    return any(abs(total - net - tax - extra) <= _CENT for extra in extras if not extra or abs(extra) != abs(tax))


def _fit_sums(extras: frozenset[Decimal], values: Values) -> float:
    # The total's words may say what is due as well; those of the other two do not.
    fit = min(_shared_words(values, ("subtotal", "tax_amount", name)) for name in ("total_amount", "amount_due"))
    sums = adds_up(values, extras)
    net, tax, total = (_amount(values, name) for name in ("subtotal", "tax_amount", "total_amount"))
    if sums is not None:
        # A net amount that is the whole total leaves no room for a tax.
        return fit + (_ADDS_UP if sums else _NO_ROOM if net == total else _CONTRADICTS)
    if total is not None and ((net is not None and net > total > 0) or (tax is not None and abs(tax) > abs(total) / 2)):
        fit += _UPSIDE_DOWN
    return fit


def _fit_dates(_: frozenset[Decimal], values: Values) -> float:
    issued, due = _date(values, "invoice_date"), _date(values, "due_date")
    fit = _shared_words(values, ("invoice_date", "due_date"))
    if issued is None or due is None or issued <= due <= issued + _LONGEST_TERM:
        return fit
    return fit + (_DUE_BEFORE_ISSUE if due < issued else _DUE_FAR_OFF)


def _fit_identifiers(_: frozenset[Decimal], values: Values) -> float:
    return _shared_words(values, values)


def _fit_parties(_: frozenset[Decimal], values: Values) -> float:
    """Two names are two parties, two addresses two places; an address stands under its own party's name."""
    fit = _fit_pair(values, _NAMES) + _fit_pair(values, _ADDRESSES)
    for name, address, other in ((*_VENDOR, "customer_name"), (*_CUSTOMER, "vendor_name")):
        fit += _OWN_BLOCK * _is_under(values, address, name) + _OTHERS_BLOCK * _is_under(values, address, other)
    return fit


def _fit_pair(values: Values, names: tuple[str, str]) -> float:
    first, second = (values.get(name) for name in names)
    if first is None or second is None:
        return 0.0
    return (_SAME_PARTY if _key(first) == _key(second) else 0.0) + _shared_words(values, names)


def _is_under(values: Values, address: str, name: str) -> bool:
    """Whether the address is of the block that the name is of."""
    if address not in values or name not in values:
        return False
    party = values[address].party
    return party is not None and party.name is not None and bool(party.name.ids & values[name].span.ids)


def _key(found: Found) -> str:
    return fold(" ".join(token.text for token in found.span.tokens))


def _shared_words(values: Values, names: Iterable[str]) -> float:
    """The penalty for words that serve two of ``names``."""
    spans = [values[name].span for name in names if name in values]
    words = [(span.sheet, token.id) for span in spans for token in span.tokens]
    return _SAME_WORDS if len(set(words)) < len(words) else 0.0


def _amount(values: Values, name: str) -> Decimal | None:
    value = values[name].value if name in values else None
    return value if isinstance(value, Decimal) else None


def _date(values: Values, name: str) -> date | None:
    value = values[name].value if name in values else None
    return value if isinstance(value, date) else None


_GROUPS = (
    _Group(("subtotal", "tax_amount", "total_amount", "amount_due"), _fit_sums),
    _Group(("invoice_date", "due_date", "delivery_date"), _fit_dates),
    _Group(("invoice_number", "purchase_order", "customer_id"), _fit_identifiers),
    _Group(("vendor_tax_id", "customer_tax_id"), _fit_identifiers),
    _Group((*_NAMES, *_ADDRESSES), _fit_parties),
)
