"""The sums of a receipt. What was handed over and given back proves the total."""

from dataclasses import replace
from decimal import Decimal

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.pairing import Candidate, best_by_value
from processors.reading.geometric.sum_candidates import collect_sums
from processors.reading.geometric.sums import Sums

_NAMES = frozenset(
    {
        "subtotal",
        "tax_amount",
        "total_amount",
        "amount_due",
        "rounding_amount",
        "tip",
        "charge_total",
        "allowance_total",
        "other.cash",
        "other.change",
    }
)
_CENT = Decimal("0.011")
_LARGEST_ROUNDING = Decimal("0.05")
_PROVEN_BY_CASH, _PROVEN_BY_CARD, _PROVEN_BY_PARTS = 0.5, 0.3, 0.35


def read_receipt_sums(view: DocumentView) -> Sums:
    """Total after rounding, and subtotal, tax, tip and rounding where they fit it."""
    found = {name: best_by_value(group) for name, group in collect_sums(view, _NAMES).items()}
    totals = best_by_value(
        [
            *found.get("total_amount", []),
            *_as_totals(found.get("amount_due", []), 0.95),
            *_as_totals(found.get("subtotal", []), 0.55),
            *_as_totals([c for c in found.get("rounding_amount", []) if abs(_money(c)) > _LARGEST_ROUNDING * 2], 0.8),
        ]
    )
    found["rounding_amount"] = [c for c in found.get("rounding_amount", []) if abs(_money(c)) <= _LARGEST_ROUNDING * 2]
    total, proven = _total(totals, found)
    if total is None:
        return Sums({}, frozenset())
    chosen = {"total_amount": replace(total, field="total_amount")}
    for name in ("tip", "rounding_amount"):
        if found.get(name):
            chosen[name] = found[name][0]
    chosen.update(_parts(_money(total), found))
    return Sums(chosen, frozenset({"total_amount"}) if proven else frozenset())


def _as_totals(candidates: list[Candidate], factor: float) -> list[Candidate]:
    """What other labels call the total: the amount due, the only sum printed, the total after rounding."""
    return [replace(candidate, field="total_amount", score=candidate.score * factor) for candidate in candidates]


def _money(candidate: Candidate) -> Decimal:
    assert isinstance(candidate.value, Decimal)
    return candidate.value


def _values(found: dict[str, list[Candidate]], name: str) -> list[Decimal]:
    return [_money(candidate) for candidate in found.get(name, [])]


def _total(totals: list[Candidate], found: dict[str, list[Candidate]]) -> tuple[Candidate | None, bool]:
    """The total that cash less change, a card amount, its parts and rounding speak for; whether cash proves it."""
    paid = {
        cash - change
        for cash in _values(found, "other.cash")
        for change in [*_values(found, "other.change"), Decimal(0)]
    }
    exact = {
        cash - change for cash in _values(found, "other.cash") for change in _values(found, "other.change") if change
    }
    ranked: list[tuple[float, bool, Candidate]] = []
    for candidate in totals:
        value = _money(candidate)
        score = candidate.score
        by_cash, by_card = value in exact, value in paid
        score += _PROVEN_BY_CASH if by_cash else _PROVEN_BY_CARD if by_card else 0.0
        score += _PROVEN_BY_PARTS if len(_parts(value, found)) == 2 else 0.0
        score += 0.35 if _is_rounded(value, totals, found) else 0.0
        score -= 0.8 if value <= 0 else 0.0
        ranked.append((score, by_cash or by_card, candidate))
    if not ranked:
        return None, False
    ranked.sort(key=lambda item: -item[0])
    score, backed, best = ranked[0]
    margin = score - (ranked[1][0] if len(ranked) > 1 else 0.0)
    confidence = 0.97 if backed and margin > 0.15 else 0.9 if margin > 0.3 else 0.75 if margin > 0.1 else 0.55
    return replace(best, score=min(confidence, 0.6 + best.score * 0.4)), backed and margin > 0.25


def _is_rounded(value: Decimal, totals: list[Candidate], found: dict[str, list[Candidate]]) -> bool:
    """Whether ``value`` is another total after the printed rounding."""
    roundings = {r for r in _values(found, "rounding_amount") if 0 < abs(r) <= _LARGEST_ROUNDING}
    others = {_money(other) for other in totals} | set(_values(found, "subtotal"))
    return any(value - other in roundings or other - value in roundings for other in others) and (
        value * 20 == int(value * 20)
    )


def _parts(total: Decimal, found: dict[str, list[Candidate]]) -> dict[str, Candidate]:
    """Subtotal and tax that add up to the total, with a charge, tip, discount or rounding between them; else none."""
    between = _between(found)
    smaller = [c for c in found.get("total_amount", [])[:4] if Decimal(0) < _money(c) < total]
    for subtotal in [*found.get("subtotal", [])[:4], *smaller]:
        for tax in found.get("tax_amount", [])[:5]:
            difference = total - _money(subtotal) - _money(tax)
            if any(abs(difference - extra) <= _CENT for extra in between) and _money(tax) < total / 2:
                return {
                    "subtotal": replace(subtotal, field="subtotal", score=0.95),
                    "tax_amount": replace(tax, score=0.95),
                }
    return _single(total, found, between)


def _between(found: dict[str, list[Candidate]]) -> set[Decimal]:
    """Every sum of charges, tips, discounts and roundings that may stand between subtotal plus tax and total."""
    sums = {Decimal(0)}
    for name in ("rounding_amount", "tip", "charge_total", "allowance_total"):
        values = {sign * value for value in _values(found, name)[:2] for sign in (1, -1)} | {Decimal(0)}
        sums = {known + value for known in sums for value in values}
    return sums


def _single(total: Decimal, found: dict[str, list[Candidate]], between: set[Decimal]) -> dict[str, Candidate]:
    """A subtotal alone that is the total but for what stands between; a tax alone that a total may hold."""
    taxes = [c for c in found.get("tax_amount", []) if Decimal(0) <= _money(c) < total / 3]
    chosen: dict[str, Candidate] = {}
    if not taxes:
        same = [
            c for c in found.get("subtotal", []) if any(abs(total - _money(c) - extra) <= _CENT for extra in between)
        ]
        if same:
            chosen["subtotal"] = replace(same[0], score=min(same[0].score, 0.85))
    elif len({_money(c) for c in taxes}) == 1:
        chosen["tax_amount"] = replace(taxes[0], score=min(taxes[0].score, 0.8))
    return chosen
