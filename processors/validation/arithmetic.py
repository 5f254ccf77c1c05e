"""Rules on amounts. All sums are exact decimals.

Tolerance: every printed figure was rounded to the minor unit, so a sum of *n* figures may be off by half a minor
unit for each of them and the result. What is off by more than half a minor unit in all passes, but confirms nothing
(:meth:`Context.vouches`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import combinations

from processors.schemas import RuleName
from processors.validation.findings import Context, Finding, cell_name, failed, passed, untested

_HALF = Decimal("0.5")
_HIGHEST_TAX = Decimal("0.35")
"""Above every general rate there is (27 % VAT in Hungary, 28 % GST in India), with room for added duties."""
_CASH_ROUNDING = Decimal("0.05")
"""Several countries round cash totals to five hundredths; a receipt off by so much is neither right nor wrong."""
_CASH_DOCUMENTS = frozenset({"receipt"})
_EXTRAS = ("tip", "charge_total", "allowance_total", "rounding_amount")
"""What a total may hold beside subtotal and tax."""
_ADJUSTMENTS = ("charge_total", "allowance_total")
"""What may stand between the lines and the subtotal."""
_DEDUCTIONS = frozenset({"allowance_total", "prepaid_amount"})
"""Amounts that are taken off; print shows them with a minus or without."""
_LARGEST_DISCOUNT = 50
"""Whole percentages up to this one explain a line amount below quantity times price without a printed discount."""


def lines_sum_to_total(context: Context) -> Iterator[Finding]:
    """The line amounts sum to the line total, the subtotal, or (gross lines) the total, charges aside.

    Such a sum confirms the lines, and a subtotal, but not that an amount is the total: lines sum to the amount before
    tax, rounding or a discount as well. On a receipt, which seldom prints more, it still speaks for the total; where
    lines do not sum there, mostly lines were not read, and only they are blamed.
    """
    rule = RuleName.LINES_SUM_TO_TOTAL
    names = [cell_name(row, "amount") for row in context.rows]
    amounts = [context.amount(name) for name in names]
    present = [amount for amount in amounts if amount is not None]
    references = list(_line_sums(context))
    if not names or len(present) < len(names) or not references:
        yield untested(rule, "A line amount or the sum to compare with is missing.", *_known(context, names))
        return
    total = sum(present, Decimal(0))
    tolerance = context.minor_unit * _HALF * (len(present) + 1)
    for expected, operands in references:
        error = total - expected
        if abs(error) <= tolerance:
            vouches = context.vouches([*names, *operands], error)
            message = f"The {len(present)} line amounts sum to {expected} ({operands[0]})."
            yield passed(rule, message, *names, confirms=vouches)
            if "total_amount" not in operands:
                yield passed(rule, message, *operands, confirms=vouches)
            elif _is_cash(context):
                yield passed(rule, message, *operands)
            else:
                yield untested(rule, "Lines that sum to it do not tell a total from a subtotal.", *operands)
            return
    expected, operands = references[0]
    blamed = [] if _totals_agree(context) or _is_cash(context) else operands
    message = f"The {len(present)} line amounts sum to {total}, but {operands[0]} is {expected}."
    yield failed(rule, message, *names, *blamed)


def _line_sums(context: Context) -> Iterator[tuple[Decimal, list[str]]]:
    """What the lines may sum to, best first, each with the fields it is made of."""
    adjustments = [name for name in _ADJUSTMENTS if context.amount(name)]
    for name in ("line_total", "subtotal", "total_amount"):
        amount = context.amount(name)
        if amount is None:
            continue
        yield amount, [name]
        if adjustments and name != "line_total":
            adjusted = amount - sum(_added(context, part, amount) for part in adjustments)
            yield adjusted, [name, *adjustments]


def _added(context: Context, name: str, whole: Decimal) -> Decimal:
    """What a field adds to ``whole``, or, with the opposite sign, takes off it; 0 where it is missing."""
    amount = context.amount(name) or Decimal(0)
    return -amount.copy_abs().copy_sign(whole) if name in _DEDUCTIONS else amount


def _is_cash(context: Context) -> bool:
    return bool(_CASH_DOCUMENTS & set(context.schema.document_types))


def _totals_agree(context: Context) -> bool:
    return any(finding.confirms for finding in subtotal_plus_tax_is_total(context))


def subtotal_plus_tax_is_total(context: Context) -> Iterator[Finding]:
    """Subtotal and tax, with tip, charges, allowances and rounding as far as they are needed, make the total."""
    rule = RuleName.SUBTOTAL_PLUS_TAX_IS_TOTAL
    names = ("subtotal", "tax_amount", "total_amount")
    subtotal, tax, total = (context.amount(name) for name in names)
    if subtotal is None or tax is None or total is None:
        yield untested(rule, "Subtotal, tax or total is missing.", *_known(context, names))
        return
    errors = [(subtotal + tax + extra - total, used) for extra, used in _extras(context, subtotal)]
    error, used = min(errors, key=lambda item: (abs(item[0]), len(item[1])))
    tolerance = context.minor_unit * _HALF * (3 + len(used))
    if abs(error) <= tolerance:
        vouches = context.vouches([*names, *used], error)
        yield passed(rule, f"{subtotal} and {tax} make {total}.", *names, *used, confirms=vouches)
        zeros = [name for name in _EXTRAS if context.amount(name) == 0]
        if zeros:
            yield passed(rule, "The total holds without it.", *zeros)
    elif _is_cash(context) and abs(error) <= _CASH_ROUNDING:
        yield untested(rule, f"{subtotal} and {tax} differ from {total} by no more than cash rounding.", *names)
    else:
        yield failed(rule, f"{subtotal} and {tax} make {subtotal + tax}, but the total is {total}.", *names)


def _extras(context: Context, subtotal: Decimal) -> Iterator[tuple[Decimal, list[str]]]:
    """Every choice among the further amounts that a total may hold beside subtotal and tax."""
    present = [name for name in _EXTRAS if context.amount(name)]
    for size in range(len(present) + 1):
        for chosen in combinations(present, size):
            yield sum((_added(context, name, subtotal) for name in chosen), Decimal(0)), list(chosen)


def tax_is_plausible(context: Context) -> Iterator[Finding]:
    """Tax has the sign of what it is on, and is no more than a third of it."""
    rule = RuleName.TAX_IS_PLAUSIBLE
    tax, subtotal, total = (context.amount(name) for name in ("tax_amount", "subtotal", "total_amount"))
    if tax is None:
        return
    base, operand = (subtotal, "subtotal") if subtotal is not None else (total, "total_amount")
    if base is None:
        yield untested(rule, "There is nothing to compare the tax with.", "tax_amount")
    elif tax * base >= 0 and abs(tax) <= abs(base) * _HIGHEST_TAX:
        yield passed(rule, f"A tax of {tax} on {base} is plausible.", "tax_amount")
    else:
        yield failed(rule, f"A tax of {tax} on {base} is no rate that exists.", "tax_amount", operand)


def tax_is_rate_of_lines(context: Context) -> Iterator[Finding]:
    """The lines' rates on the lines' amounts, net or gross, give the tax; half a minor unit for each line and rate.

    Where they do not, but charges or discounts are stated, which are taxed too, nothing is told.
    """
    rule = RuleName.TAX_IS_RATE_OF_LINES
    tax = context.amount("tax_amount")
    bases = _bases(context)
    if tax is None or bases is None:
        return
    total, lines = sum(bases.values(), Decimal(0)), len(context.rows)
    tolerance = context.minor_unit * _HALF * (lines + len(bases) + 1)
    net, gross = context.amount("subtotal"), context.amount("total_amount")
    if net is not None and abs(total - net) <= tolerance:
        expected = sum((base * rate / 100 for rate, base in bases.items()), Decimal(0))
    elif gross is not None and abs(total - gross) <= tolerance:
        expected = sum((base * rate / (100 + rate) for rate, base in bases.items()), Decimal(0))
    else:
        yield untested(rule, "The lines are not all that is taxed.", "tax_amount")
        return
    if abs(expected - tax) <= tolerance:
        yield passed(rule, f"The lines' rates give the tax of {tax}.", "tax_amount")
    elif any(context.amount(name) for name in _ADJUSTMENTS):
        yield untested(rule, "Charges and discounts are taxed beside the lines.", "tax_amount")
    else:
        yield failed(rule, f"The lines' rates give a tax of {expected:.2f}, but it is {tax}.", "tax_amount")


def _bases(context: Context) -> dict[Decimal, Decimal] | None:
    """Line amounts summed by rate; ``None`` where a line lacks its rate or amount, or there are no lines."""
    bases: dict[Decimal, Decimal] = defaultdict(Decimal)
    for row in context.rows:
        amount, rate = context.amount(cell_name(row, "amount")), context.amount(cell_name(row, "tax_rate"))
        if amount is None or rate is None or rate < 0:
            return None
        bases[rate] += amount
    return bases or None


def amount_due_is_total_less_paid(context: Context) -> Iterator[Finding]:
    """What is due is the total, less what was paid, plus rounding.

    Where the document states no payment, a due amount other than the total is not tested: something was paid, or is
    owed from before, and is printed in words or not at all. Such amounts are nearly always right.
    """
    rule = RuleName.AMOUNT_DUE_IS_TOTAL_LESS_PAID
    due, total = context.amount("amount_due"), context.amount("total_amount")
    if due is None or total is None:
        return
    paid, rounding = context.amount("prepaid_amount"), context.amount("rounding_amount")
    expected = total + _added(context, "prepaid_amount", total) + (rounding or 0)
    used = [name for name in ("prepaid_amount", "rounding_amount") if context.amount(name)]
    error = due - expected
    if abs(error) <= context.minor_unit * _HALF * (2 + len(used)):
        names = ["amount_due", "total_amount", *used]
        yield passed(rule, f"{due} is left to pay of {total}.", *names, confirms=context.vouches(names, error))
        if paid == 0:
            yield passed(rule, "Nothing was paid before, and the whole total is due.", "prepaid_amount")
    elif paid is None or (due == 0 and not paid):
        yield untested(rule, f"{due} is due of {total}; what was paid before, or owed, is not stated.", "amount_due")
    else:
        yield failed(rule, f"{due} is due, but {expected} would be left of {total}.", "amount_due", *used)


def quantity_times_price_is_amount(context: Context) -> Iterator[Finding]:
    """Quantity times unit price is each line's amount, signs aside.

    Tolerance: half a minor unit, and half a unit in the price's last printed decimal for each piece. A line whose
    amount has its tax added passes; one that is lower by a whole percentage (to 50 %) is not tested, because the
    discount may stand elsewhere.
    """
    for row in context.rows:
        names = [cell_name(row, column) for column in ("quantity", "unit_price", "amount")]
        values = [context.amount(name) for name in names]
        quantity, price, amount = values
        if quantity is not None and price is not None and amount is not None:
            yield _line(context, row, names, abs(quantity), abs(price), abs(amount))
        elif amount is not None:
            message = "Quantity or unit price is missing."
            yield untested(RuleName.QUANTITY_TIMES_PRICE_IS_AMOUNT, message, names[2])


def _line(context: Context, row: int, names: list[str], quantity: Decimal, price: Decimal, amount: Decimal) -> Finding:
    rule = RuleName.QUANTITY_TIMES_PRICE_IS_AMOUNT
    pieces = quantity / (context.amount(cell_name(row, "price_base_quantity")) or 1)
    discount = context.amount(cell_name(row, "discount")) or Decimal(0)
    product = pieces * price
    error = product - discount - amount
    tolerance = context.minor_unit * _HALF + abs(pieces) * _last_decimal(price) * _HALF
    message = f"{quantity} times {price} makes {amount}."
    if abs(error) <= tolerance:
        vouches = not discount and context.vouches(names, error)
        return passed(rule, message, *names, confirms=vouches)
    rate = context.amount(cell_name(row, "tax_rate"))
    if rate and abs((product - discount) * (1 + rate / 100) - amount) <= tolerance * 2:
        return passed(rule, f"{quantity} times {price} with {rate} % tax makes {amount}.", *names)
    percent = _whole_percent(product, amount, tolerance)
    if percent is not None:
        return untested(rule, f"{amount} is {percent} % below {quantity} times {price}, as a discount is.", *names)
    return failed(rule, f"{quantity} times {price} makes {product.normalize():f}, but the amount is {amount}.", *names)


def _last_decimal(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(min(exponent, 0)) if isinstance(exponent, int) else Decimal(0)


def _whole_percent(product: Decimal, amount: Decimal, tolerance: Decimal) -> int | None:
    """The whole percentage, 1 to 50, that ``amount`` lies below ``product``, or ``None``."""
    if not product or amount >= product:
        return None
    percent = round((1 - amount / product) * 100)
    fits = 1 <= percent <= _LARGEST_DISCOUNT and abs(product * (100 - percent) / 100 - amount) <= tolerance
    return percent if fits else None


def _known(context: Context, names: Iterable[str]) -> list[str]:
    return [name for name in names if name in context.fields]
