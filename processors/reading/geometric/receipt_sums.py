"""The sums of a receipt. What was handed over and given back proves the total."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.pairing import Candidate, best_by_value
from processors.reading.geometric.receipt_items import read_items
from processors.reading.geometric.receipt_parts import labelled_parts, money_of, read_parts, values_of
from processors.reading.geometric.receipt_taxes import gross_by_rates
from processors.reading.geometric.sum_candidates import collect_sums
from processors.reading.geometric.sums import Sums
from processors.reading.geometric.view import Sheet
from processors.values import parse_money

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
_LARGEST_ROUNDING = Decimal("0.05")
_OF_ONE_RATE = 0.6
_WORKED_OUT = 0.55
_PROVEN_BY_ARTICLES = 0.3
_FEWEST_ARTICLES = 2
_BETWEEN_ARTICLES_AND_TOTAL = ("tip", "charge_total", "allowance_total")
_PROVEN_BY_CASH, _PROVEN_BY_CARD, _PROVEN_BY_PARTS = 0.5, 0.3, 0.35
_PROVEN_BY_TAXES, _AFTER_ROUNDING = 0.35, 0.5
_CONTRADICTED = 0.4


@dataclass(frozen=True, slots=True)
class _Proof:
    """What other prints make of the total: the sum of the articles, and what the tax rows come to."""

    articles: Decimal | None
    gross: Decimal | None


def read_receipt_sums(view: DocumentView) -> Sums:
    """Total after rounding, and subtotal, tax, tip and rounding where they fit it."""
    collected = collect_sums(view, _NAMES)
    found = {name: best_by_value(group) for name, group in collected.items()}
    articles = _sum_of_articles(view)
    if articles in values_of(found, "subtotal") or any(found.get(name) for name in _BETWEEN_ARTICLES_AND_TOTAL):
        articles = None
    proof = _Proof(articles, gross_by_rates(view))
    totals = best_by_value(
        [
            *(_less_for_one_rate(view, candidate) for candidate in collected.get("total_amount", [])),
            *_as_totals(found.get("amount_due", []), 0.95),
            *_worked_out(view, found, proof),
            *_as_totals(found.get("subtotal", []), 0.55),
            *_as_totals([c for c in found.get("rounding_amount", []) if abs(money_of(c)) > _LARGEST_ROUNDING * 2], 0.8),
        ]
    )
    found["rounding_amount"] = [
        c for c in found.get("rounding_amount", []) if abs(money_of(c)) <= _LARGEST_ROUNDING * 2
    ]
    only_cash = not totals
    if only_cash and not any(values_of(found, "other.change")):
        totals = _as_totals(found.get("other.cash", []), 0.5)
    total, proven = _total(totals, found, proof)
    if total is None:
        return Sums({}, frozenset())
    chosen = {"total_amount": replace(total, field="total_amount")}
    for name in ("tip", "rounding_amount"):
        if found.get(name):
            chosen[name] = found[name][0]
    parts = read_parts(view, money_of(total), found)
    # What *net total* labels may be the total itself: it is not its own part as well.
    chosen.update({name: part for name, part in parts.items() if part.span.ids != total.span.ids})
    return Sums(chosen, frozenset({"total_amount"}) if proven and not only_cash else frozenset())


def _as_totals(candidates: list[Candidate], factor: float) -> list[Candidate]:
    """What other labels call the total: the amount due, the only sum printed, the total after rounding."""
    return [replace(candidate, field="total_amount", score=candidate.score * factor) for candidate in candidates]


def _less_for_one_rate(view: DocumentView, candidate: Candidate) -> Candidate:
    """A total in a tax table, or before a rate (*Total 6% supplies*), is that of one rate unless other prints agree."""
    label = candidate.label
    if label is None:
        return candidate
    sheet, row = view.sheet_of(label.segment), label.segment.row
    headings = [_sums_named(view, sheet, other) for other in (row, row - 1, row - 2, row - 3) if other >= 0]
    in_table = len(headings[0]) > 2 or any(len(names) > 1 and "tax_amount" in names for names in headings[1:])
    following = label.segment.tokens[label.stop : label.stop + 1]
    of_rate = bool(following) and following[0].text.endswith("%")
    return replace(candidate, score=candidate.score * _OF_ONE_RATE) if in_table or of_rate else candidate


def _sums_named(view: DocumentView, sheet: Sheet, row: int) -> set[str]:
    """Which sums the labels of a row name; a heading of tax tables names the tax and its base."""
    labels = [label for segment in sheet.rows[row] for label in view.labels_in(segment)]
    names = {meaning.name for label in labels for meaning in label.meanings[:1]}
    return names & {"tax_amount", "subtotal", "total_amount", "other.rate"} if len(labels) > 1 else set()


def _worked_out(view: DocumentView, found: dict[str, list[Candidate]], proof: _Proof) -> Iterator[Candidate]:
    """Amounts without a label of their own that other prints make out to be the total.

    What was handed over less the change, cash after the printed rounding, subtotal plus tax, the sum of the articles,
    that of the tax rows.
    """
    known = _expected(found) | {proof.articles, proof.gross}
    wanted = {amount for amount in known if amount is not None and amount > 0}
    for segment in (segment for sheet in view.sheets for segment in sheet.segments):
        for amount in view.amounts_in(segment):
            if amount.firm and amount.value in wanted:
                yield Candidate("total_amount", amount.span, amount.value, _WORKED_OUT)


def _expected(found: dict[str, list[Candidate]]) -> set[Decimal]:
    cash, change = values_of(found, "other.cash"), values_of(found, "other.change")
    expected = {paid - back for paid in cash for back in change if 0 <= back < paid}
    expected |= _with_tax(found)
    if not change:
        sums = {*values_of(found, "total_amount"), *values_of(found, "subtotal"), *_with_tax(found)}
        shifts = {
            sign * r for r in values_of(found, "rounding_amount") if 0 < abs(r) <= _LARGEST_ROUNDING for sign in (1, -1)
        }
        expected |= {paid for paid in cash if any(paid + shift in sums for shift in shifts)}
    return expected


def _with_tax(found: dict[str, list[Candidate]]) -> set[Decimal]:
    """The subtotal with its tax; where there are several, they are those of the rates."""
    subtotals = values_of(found, "subtotal")
    taxes = [tax for tax in values_of(found, "tax_amount") if subtotals and 0 < tax < subtotals[0] / 2]
    return {subtotals[0] + taxes[0]} if len(subtotals) == len(taxes) == 1 else set()


def _sum_of_articles(view: DocumentView) -> Decimal | None:
    """What the article rows come to, as far as a row that is the sum of those before it, whose label was not known;
    ``None`` for fewer than two, which prove nothing.
    """
    amounts = [
        money.amount
        for item in read_items(view)
        for line in item.cells["amount"]
        if (money := parse_money(" ".join(token.text for token in line), view.conventions.numbers)) is not None
    ]
    for count in range(_FEWEST_ARTICLES, len(amounts)):
        if amounts[count] == sum(amounts[:count]):
            return amounts[count]
    return sum(amounts, Decimal(0)) if len(amounts) >= _FEWEST_ARTICLES else None


def _total(totals: list[Candidate], found: dict[str, list[Candidate]], proof: _Proof) -> tuple[Candidate | None, bool]:
    """The total that cash less change, a card amount, its parts, the articles, the taxes and rounding speak for;
    whether cash proves it.
    """
    paid = {
        cash - change
        for cash in values_of(found, "other.cash")
        for change in [*values_of(found, "other.change"), Decimal(0)]
    }
    exact = {
        cash - change
        for cash in values_of(found, "other.cash")
        for change in values_of(found, "other.change")
        if change
    }
    ranked: list[tuple[float, bool, Candidate]] = []
    for candidate in totals:
        value = money_of(candidate)
        score = candidate.score
        by_cash, by_card = value in exact, value in paid
        score += _PROVEN_BY_CASH if by_cash else _PROVEN_BY_CARD if by_card else 0.0
        score += _PROVEN_BY_PARTS if len(labelled_parts(value, found)) == 2 else 0.0
        score += _AFTER_ROUNDING if _is_rounded(value, totals, found) else 0.0
        score += _PROVEN_BY_ARTICLES if value == proof.articles else 0.0
        score += _PROVEN_BY_TAXES if _is_gross(value, proof, found) else 0.0
        score -= 0.8 if value <= 0 else 0.0
        ranked.append((score, by_cash or by_card, candidate))
    if not ranked:
        return None, False
    ranked.sort(key=lambda item: -item[0])
    score, backed, best = ranked[0]
    margin = score - (ranked[1][0] if len(ranked) > 1 else 0.0)
    if _is_contradicted(money_of(best), exact, found, proof):
        return replace(best, score=min(_CONTRADICTED, best.score)), False
    confidence = 0.97 if backed and margin > 0.15 else 0.9 if margin > 0.3 else 0.75 if margin > 0.1 else 0.55
    return replace(best, score=min(confidence, 0.6 + best.score * 0.4)), backed and margin > 0.25


def _is_contradicted(total: Decimal, paid: set[Decimal], found: dict[str, list[Candidate]], proof: _Proof) -> bool:
    """Whether cash less change and another sum agree on another total, which is not printed or could not be read."""
    agreed = paid & (_with_tax(found) | {proof.articles, proof.gross})
    return bool(agreed) and all(abs(total - other) > _LARGEST_ROUNDING for other in agreed)


def _is_gross(value: Decimal, proof: _Proof, found: dict[str, list[Candidate]]) -> bool:
    """Whether ``value`` is what the tax rows come to, or that after the printed rounding."""
    if proof.gross is None:
        return False
    return abs(value - proof.gross) in {Decimal(0)} | {abs(r) for r in values_of(found, "rounding_amount")}


def _is_rounded(value: Decimal, totals: list[Candidate], found: dict[str, list[Candidate]]) -> bool:
    """Whether ``value`` is another total after the printed rounding."""
    roundings = {r for r in values_of(found, "rounding_amount") if 0 < abs(r) <= _LARGEST_ROUNDING}
    others = {money_of(other) for other in totals} | set(values_of(found, "subtotal"))
    return any(value - other in roundings or other - value in roundings for other in others) and (
        value * 20 == int(value * 20)
    )
