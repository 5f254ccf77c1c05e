"""The sums of a document: subtotal, tax, total and what belongs to them, chosen so that they add up."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.pairing import Candidate, best_by_value
from processors.reading.geometric.sum_candidates import collect_sums
from processors.reading.geometric.sum_gaps import fill_gaps

SUM_FIELDS = (
    "subtotal",
    "tax_amount",
    "total_amount",
    "amount_due",
    "line_total",
    "prepaid_amount",
    "charge_total",
    "allowance_total",
    "rounding_amount",
    "tip",
)
_CORE = ("subtotal", "tax_amount", "total_amount")
_PAST = "other.past"
_OTHER_NAME = 0.8
_MOST_RIVALS = 6
_CENT = Decimal("0.011")
_ADDS_UP, _CONTRADICTS = 1.2, 0.6
_DOUBT = {"subtotal": 0.8, "tax_amount": 0.55, "total_amount": 0.8}
"""Score factors where the three do not add up: most often the tax is one rate's share of it."""
_OUTDONE = 0.75
"""Score factor of a total where a larger amount is printed that no label explains."""


@dataclass(frozen=True, slots=True)
class Sums:
    """The chosen candidates by field, out of all that were ``offered``; ``proven`` names those that add up."""

    chosen: dict[str, Candidate]
    proven: frozenset[str]
    offered: dict[str, list[Candidate]] = field(default_factory=dict)


def read_sums(view: DocumentView, names: frozenset[str], items: Decimal | None = None) -> Sums:
    """The sums among ``names``, from outside the line-item table; ``items`` is what the line items sum to."""
    offered = collect_sums(view, names | {_PAST})
    offered |= {name: [candidate] for name, candidate in fill_gaps(view, offered, items).items()}
    ranked = {name: best_by_value(group)[:_MOST_RIVALS] for name, group in offered.items()}
    by_lines = "subtotal" not in ranked and "line_total" in ranked
    if by_lines:
        # Without charges and discounts the sum of the lines is the subtotal.
        ranked["subtotal"] = [replace(c, field="subtotal", score=c.score * _OTHER_NAME) for c in ranked["line_total"]]
    chosen, proven = _consistent(ranked)
    if by_lines and "subtotal" not in proven:
        chosen.pop("subtotal", None)
    if "total_amount" in chosen and "total_amount" not in proven and _is_outdone(view, chosen["total_amount"], ranked):
        chosen["total_amount"] = replace(chosen["total_amount"], score=chosen["total_amount"].score * _OUTDONE)
    for name in SUM_FIELDS:
        if name in ranked and name not in _CORE:
            chosen[name] = _uncontested(ranked[name])
    _settle_due(chosen, proven, ranked)
    return Sums(chosen, frozenset(proven), offered)


def _is_outdone(view: DocumentView, total: Candidate, ranked: dict[str, list[Candidate]]) -> bool:
    """Whether an amount outside the item table is larger than the total and is no other sum."""
    explained = {candidate.value for group in ranked.values() for candidate in group}
    return any(
        amount.firm and amount.value > _value(total) and amount.value not in explained
        for sheet in view.sheets
        for segment in sheet.segments
        if (sheet.index, segment.row) not in view.item_rows
        for amount in view.amounts_in(segment)
    )


def _consistent(ranked: dict[str, list[Candidate]]) -> tuple[dict[str, Candidate], set[str]]:
    """The subtotal, tax and total that score best together; two values that nothing tells apart are not chosen."""
    options = [[*ranked.get(name, []), None] for name in _CORE]
    extras = _extras(ranked)
    best = max(product(*options), key=lambda combination: _joint_score(*combination, extras=extras))
    chosen = {name: candidate for name, candidate in zip(_CORE, best, strict=True) if candidate is not None}
    proven = set(chosen) if len(chosen) == 3 and _adds_up(*best, extras=extras) else set()
    proven |= _proven_by_rates(chosen, ranked)
    contradict = len(chosen) == 3 and not proven
    for name in list(chosen):
        if name not in proven:
            candidate = _uncontested(ranked[name], chosen[name])
            chosen[name] = replace(candidate, score=candidate.score * _DOUBT[name]) if contradict else candidate
    return chosen, proven


def _joint_score(
    subtotal: Candidate | None, tax: Candidate | None, total: Candidate | None, *, extras: frozenset[Decimal]
) -> float:
    present = [candidate for candidate in (subtotal, tax, total) if candidate is not None]
    score = sum(candidate.score for candidate in present)
    places_used = {(c.span.sheet, c.span.ids) for c in present}
    if len(places_used) < len(present):
        return -1.0
    if subtotal is not None and tax is not None and total is not None:
        return score + (_ADDS_UP if _adds_up(subtotal, tax, total, extras=extras) else -_CONTRADICTS)
    if total is not None and tax is not None and abs(_value(tax)) > abs(_value(total)) / 2:
        return score - _CONTRADICTS
    if total is not None and subtotal is not None and tax is None and _value(subtotal) > _value(total) > 0:
        return score - _CONTRADICTS / 2
    return score


def _value(candidate: Candidate) -> Decimal:
    assert isinstance(candidate.value, Decimal)
    return candidate.value


def _extras(ranked: dict[str, list[Candidate]]) -> frozenset[Decimal]:
    """What may stand between subtotal plus tax and total: nothing, or one printed charge, discount, tip or rounding."""
    found = {Decimal(0)}
    for name in ("charge_total", "allowance_total", "rounding_amount", "tip"):
        for candidate in ranked.get(name, [])[:2]:
            found |= {_value(candidate), -_value(candidate)}
    return frozenset(found)


def _adds_up(
    subtotal: Candidate | None, tax: Candidate | None, total: Candidate | None, *, extras: frozenset[Decimal]
) -> bool:
    if subtotal is None or tax is None or total is None:
        return False
    difference = _value(total) - _value(subtotal) - _value(tax)
    return any(abs(difference - extra) <= _CENT for extra in extras)


def _proven_by_rates(chosen: dict[str, Candidate], ranked: dict[str, list[Candidate]]) -> set[str]:
    """Subtotal and total are proven where the taxes by rate, printed without their sum, fill the gap between them.

    Then no one printed number is the tax amount, so the chosen one is dropped.
    """
    subtotal, total = chosen.get("subtotal"), chosen.get("total_amount")
    taxes = ranked.get("tax_amount", [])
    if subtotal is None or total is None or len(taxes) < 2:
        return set()
    gap = _value(total) - _value(subtotal)
    if any(abs(_value(tax) - gap) <= _CENT for tax in taxes):
        return set()
    values = [_value(tax) for tax in taxes]
    for mask in range(3, 1 << len(values)):
        if mask.bit_count() > 1 and abs(sum(v for i, v in enumerate(values) if mask >> i & 1) - gap) <= 2 * _CENT:
            chosen.pop("tax_amount", None)
            return {"subtotal", "total_amount"}
    return set()


def _uncontested(ranked: list[Candidate], choice: Candidate | None = None) -> Candidate:
    """The choice with its score lowered by how near the best other value comes."""
    choice = choice or ranked[0]
    rivals = [candidate.score for candidate in ranked if candidate.value != choice.value]
    margin = choice.score - max(rivals, default=0.0)
    factor = 1.0 if margin > 0.2 else 0.85 if margin > 0.08 else 0.65
    return replace(choice, score=choice.score * factor)


def _settle_due(chosen: dict[str, Candidate], proven: set[str], ranked: dict[str, list[Candidate]]) -> None:
    """The amount due is proven where it is the total, or the total less what was paid; it may be the only total."""
    due = chosen.get("amount_due")
    if due is None:
        return
    if "total_amount" not in chosen:
        subtotal, tax = chosen.get("subtotal"), chosen.get("tax_amount")
        rivals = ranked["amount_due"]
        total = next((c for c in rivals if _adds_up(subtotal, tax, c, extras=frozenset({Decimal(0)}))), None)
        whole = total or due
        chosen["total_amount"] = replace(
            whole, field="total_amount", score=whole.score * (0.75 if total is None else 1.0)
        )
        if total is not None:
            proven |= {"subtotal", "tax_amount", "total_amount"}
    total_value = _value(chosen["total_amount"])
    rest = next((c for c in ranked["amount_due"] if _is_rest(_value(c), total_value, ranked)), None)
    alone = len({_value(c) for c in ranked["amount_due"]}) == 1
    if rest is not None:
        chosen["amount_due"] = rest
        proven.add("amount_due")
    elif _value(due) == total_value and alone:
        proven.add("amount_due")


def _is_rest(due: Decimal, total: Decimal, ranked: dict[str, list[Candidate]]) -> bool:
    """Whether ``due`` is the total after what was paid, or with what was owed before."""
    paid = [abs(_value(candidate)) for candidate in ranked.get("prepaid_amount", [])]
    owed = [_value(candidate) for candidate in ranked.get(_PAST, [])]
    steps = [*(-value for value in paid), *owed, *(past - value for past in owed for value in paid)]
    return any(step and abs(total + step - due) <= _CENT for step in steps)
