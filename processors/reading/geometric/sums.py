"""The sums of a document: subtotal, tax, total and what belongs to them, chosen so that they add up."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.facts import Amount
from processors.reading.geometric.labels import Label
from processors.reading.geometric.pairing import Candidate, Place, best_by_value, places
from processors.reading.geometric.view import Segment

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
_MOST_RIVALS = 6
_CENT = Decimal("0.011")
_ADDS_UP, _CONTRADICTS = 1.2, 0.6
_WHOLE_NUMBER = 0.6
"""Score factor of an amount without cents or currency where the document prints cents elsewhere."""
_DOUBT = {"subtotal": 0.8, "tax_amount": 0.55, "total_amount": 0.8}
"""Score factors where the three do not add up: most often the tax is one rate's share of it."""
_COLUMN_DEPTH = 8
_OUTDONE = 0.75
"""Score factor of a total where a larger amount is printed that no label explains."""


@dataclass(frozen=True, slots=True)
class Sums:
    """The chosen candidates by field; ``proven`` names those that the arithmetic confirms."""

    chosen: dict[str, Candidate]
    proven: frozenset[str]


def read_sums(view: DocumentView, names: frozenset[str]) -> Sums:
    """The sums among ``names``, from outside the line-item table."""
    ranked = {name: best_by_value(group)[:_MOST_RIVALS] for name, group in collect_sums(view, names).items()}
    chosen, proven = _consistent(ranked)
    if "total_amount" in chosen and "total_amount" not in proven and _is_outdone(view, chosen["total_amount"], ranked):
        chosen["total_amount"] = replace(chosen["total_amount"], score=chosen["total_amount"].score * _OUTDONE)
    for name in SUM_FIELDS:
        if name in ranked and name not in _CORE:
            chosen[name] = _uncontested(ranked[name])
    _settle_due(chosen, proven)
    return Sums(chosen, frozenset(proven))


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


def collect_sums(view: DocumentView, names: frozenset[str]) -> dict[str, list[Candidate]]:
    """Every amount that a label calls one of the sums in ``names``, by name, with a score for each."""
    found: dict[str, list[Candidate]] = {}
    for label in view.labels():
        if (label.segment.sheet, label.segment.row) in view.item_rows:
            continue
        for meaning in label.meanings:
            if meaning.name in names:
                strength = label.trust * (0.7 if meaning.weak else 1.0)
                for candidate in _candidates(view, label, meaning.name):
                    found.setdefault(meaning.name, []).append(replace(candidate, score=candidate.score * strength))
    return found


def _candidates(view: DocumentView, label: Label, name: str) -> Iterator[Candidate]:
    near = places(view, label)
    level = [place for place in near if place.segment.row == label.segment.row]
    amounts = [(place, amount) for place in level for amount in _inside(view, place)]
    # The last amount of a row is its result; those before it are bases, rates and parts.
    relation = max((place.relation for place, _ in amounts), default=0.0)
    for position, (_, amount) in enumerate(reversed(amounts)):
        yield _candidate(view, name, amount, relation - 0.12 * position, label)
    if not amounts:
        column = list(_column(view, label, name))
        yield from column or _lone_neighbour(view, label, name)


def _inside(view: DocumentView, place: Place) -> Iterator[Amount]:
    for amount in view.amounts_in(place.segment):
        # A currency that the label has taken in ("TOTAL RM") still belongs to the amount.
        if place.start < amount.stop <= place.stop and not _overlaps_date(view, amount):
            yield amount


def _overlaps_date(view: DocumentView, amount: Amount) -> bool:
    dates = view.dates_in(amount.segment)
    return any(printed.start < amount.stop and amount.start < printed.stop for printed in dates)


def _candidate(view: DocumentView, name: str, amount: Amount, score: float, label: Label) -> Candidate:
    bare = not amount.firm and view.prints_cents
    return Candidate(name, amount.span, amount.value, score * (_WHOLE_NUMBER if bare else 1.0), label)


def _column(view: DocumentView, label: Label, name: str) -> Iterator[Candidate]:
    """Amounts under a heading of a table of sums; the last row is the total over the rates above it."""
    sheet = view.sheet_of(label.segment)
    found: list[Amount] = []
    last_bottom = label.box.y1
    for row in sheet.below(label.segment, _COLUMN_DEPTH):
        if (sheet.index, row[0].row) in view.item_rows or row[0].box.y0 - last_bottom > 3 * sheet.line_height:
            break
        amount = _aligned(view, row, label, sheet.line_height)
        if amount is not None:
            found.append(amount)
            last_bottom = row[0].box.y1
        elif found:
            break
    for position, amount in enumerate(reversed(found)):
        yield _candidate(view, name, amount, 0.82 - 0.06 * position, label)


def _lone_neighbour(view: DocumentView, label: Label, name: str) -> Iterator[Candidate]:
    """An amount alone on the next row, or on the row before: print that slipped by a line."""
    sheet = view.sheet_of(label.segment)
    at = label.segment.row
    if len(sheet.rows[at]) > 1 or label.stop < len(label.segment.tokens):
        return
    for row, score in ((at + 1, 0.8), (at - 1, 0.65)):
        if not 0 <= row < len(sheet.rows) or len(sheet.rows[row]) > 1:
            continue
        segment = sheet.rows[row][0]
        gap = max(segment.box.y0 - label.box.y1, label.box.y0 - segment.box.y1)
        amounts = view.amounts_in(segment)
        if len(amounts) == 1 and amounts[0].firm and amounts[0].stop - amounts[0].start == len(segment.tokens):
            if gap < 1.2 * sheet.line_height:
                yield _candidate(view, name, amounts[0], score, label)
            return


def _aligned(view: DocumentView, row: list[Segment], label: Label, slack: float) -> Amount | None:
    """The amount of ``row`` that stands under ``label``, aligned at its left, right or centre."""
    box = label.box
    best: tuple[float, Amount] | None = None
    for segment in row:
        for amount in view.amounts_in(segment):
            own = amount.span.box
            if own.horizontal_overlap(box) <= 0 and abs(own.x1 - box.x1) > slack:
                continue
            distance = min(abs(own.x0 - box.x0), abs(own.x1 - box.x1), abs(own.center_x - box.center_x))
            if amount.firm and (best is None or distance < best[0]):
                best = (distance, amount)
    return None if best is None else best[1]


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


def _settle_due(chosen: dict[str, Candidate], proven: set[str]) -> None:
    """The amount due is proven where it is the total, or the total less what was paid; it may be the only total."""
    due, total = chosen.get("amount_due"), chosen.get("total_amount")
    if due is None:
        return
    if total is None:
        subtotal, tax = chosen.get("subtotal"), chosen.get("tax_amount")
        confirmed = (
            subtotal is not None and tax is not None and abs(_value(subtotal) + _value(tax) - _value(due)) <= _CENT
        )
        chosen["total_amount"] = replace(due, field="total_amount", score=due.score * (1.0 if confirmed else 0.75))
        if confirmed:
            proven |= {"subtotal", "tax_amount", "total_amount", "amount_due"}
        return
    paid = chosen.get("prepaid_amount")
    if _value(due) == _value(total) or (
        paid is not None and abs(_value(total) - abs(_value(paid)) - _value(due)) <= _CENT
    ):
        proven.add("amount_due")
