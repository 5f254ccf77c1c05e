"""What a receipt's total is made of: subtotal and tax, with a charge, tip, discount or rounding between them."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.facts import Amount
from processors.reading.geometric.pairing import Candidate

_CENT = Decimal("0.011")
_WORKED_OUT = 0.85
_NEAR = 2
"""Rows between the tax and the subtotal that it is added to."""


def money_of(candidate: Candidate) -> Decimal:
    """The value of a candidate for a sum."""
    assert isinstance(candidate.value, Decimal)
    return candidate.value


def values_of(found: dict[str, list[Candidate]], name: str) -> list[Decimal]:
    """The values of all candidates for the sum called ``name``."""
    return [money_of(candidate) for candidate in found.get(name, [])]


def read_parts(view: DocumentView, total: Decimal, found: dict[str, list[Candidate]]) -> dict[str, Candidate]:
    """``subtotal`` and ``tax_amount`` by their labels; where only one of them has a label that is known, the other one
    by what is missing to the total: *HT 66,16* above *TVA 6% 3,97* and *MONTANT 70,13*.
    """
    parts = labelled_parts(total, found)
    if len(parts) == 1:
        [(name, candidate)] = parts.items()
        missing = "tax_amount" if name == "subtotal" else "subtotal"
        other = _beside(view, candidate, total - money_of(candidate), _between(found), missing)
        if other is not None:
            return {name: candidate, missing: other}
    if not parts and found.get("subtotal"):
        best = found["subtotal"][0]
        other = _beside(view, best, total - money_of(best), _between(found), "tax_amount")
        if other is not None:
            return {"subtotal": best, "tax_amount": other}
    return parts


def _beside(view: DocumentView, known: Candidate, rest: Decimal, between: set[Decimal], name: str) -> Candidate | None:
    """The amount for ``name`` near ``known`` that is the ``rest``, but for what stands between; a tax has its rate
    beside it.
    """
    place = known.span.tokens[0]
    sheet = view.sheets[known.span.sheet]
    row = next((segment.row for segment in sheet.segments if place in segment.tokens), None)
    if row is None or rest <= 0:
        return None
    for near in sorted(range(max(0, row - _NEAR), min(row + _NEAR + 1, len(sheet.rows))), key=lambda at: abs(at - row)):
        words = " ".join(segment.text for segment in sheet.rows[near])
        if near == row or (name == "tax_amount" and "%" not in words) or not any(map(str.isalpha, words)):
            continue
        for amount in _amounts(view, sheet.index, near):
            if amount.firm and any(abs(rest - amount.value - extra) <= _CENT for extra in between):
                return Candidate(name, amount.span, amount.value, _WORKED_OUT)
    return None


def _amounts(view: DocumentView, sheet: int, row: int) -> Iterator[Amount]:
    for segment in view.sheets[sheet].rows[row]:
        yield from view.amounts_in(segment)


def labelled_parts(total: Decimal, found: dict[str, list[Candidate]]) -> dict[str, Candidate]:
    """Subtotal and tax that add up to the total, with a charge, tip, discount or rounding between them; else none."""
    between = _between(found)
    smaller = [c for c in found.get("total_amount", [])[:4] if Decimal(0) < money_of(c) < total]
    for subtotal in [*found.get("subtotal", [])[:4], *smaller]:
        for tax in found.get("tax_amount", [])[:5]:
            difference = total - money_of(subtotal) - money_of(tax)
            if any(abs(difference - extra) <= _CENT for extra in between) and money_of(tax) < total / 2:
                return {
                    "subtotal": replace(subtotal, field="subtotal", score=0.95),
                    "tax_amount": replace(tax, score=0.95),
                }
    return _single(total, found, between)


def _between(found: dict[str, list[Candidate]]) -> set[Decimal]:
    """Every sum of charges, tips, discounts and roundings that may stand between subtotal plus tax and total."""
    sums = {Decimal(0)}
    for name in ("rounding_amount", "tip", "charge_total", "allowance_total"):
        values = {sign * value for value in values_of(found, name)[:2] for sign in (1, -1)} | {Decimal(0)}
        if name == "rounding_amount":
            # A minus in print says which way it was rounded.
            values -= {-value for value in values_of(found, name) if value < 0}
        sums = {known + value for known in sums for value in values}
    return sums


def _single(total: Decimal, found: dict[str, list[Candidate]], between: set[Decimal]) -> dict[str, Candidate]:
    """A subtotal alone that is the total but for what stands between; a tax alone that a total may hold."""
    taxes = [c for c in found.get("tax_amount", []) if Decimal(0) <= money_of(c) < total / 3]
    chosen: dict[str, Candidate] = {}
    if not taxes:
        same = [
            c for c in found.get("subtotal", []) if any(abs(total - money_of(c) - extra) <= _CENT for extra in between)
        ]
        if same:
            chosen["subtotal"] = replace(same[0], score=min(same[0].score, 0.85))
    elif len({money_of(c) for c in taxes}) == 1:
        chosen["tax_amount"] = replace(taxes[0], score=min(taxes[0].score, 0.8))
    return chosen
