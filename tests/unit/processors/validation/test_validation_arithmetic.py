from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.fields import Extraction, FieldValue, RuleStatus
from processors.schemas import ExtractionSchema
from processors.validation.arithmetic import (
    amount_due_is_total_less_paid,
    lines_sum_to_total,
    quantity_times_price_is_amount,
    subtotal_plus_tax_is_total,
    tax_is_plausible,
    tax_is_rate_of_lines,
)
from processors.validation.findings import Context, Finding
from processors.validation.registry import Rule
from tests.unit.processors.validation.validation_builders import INVOICE, RECEIPT, Paper, money

PASSED, FAILED, UNTESTED = RuleStatus.PASSED, RuleStatus.FAILED, RuleStatus.NOT_APPLICABLE

Values = Mapping[str, FieldValue]


def run(rule: Rule, header: Values, lines: Sequence[Values] = (), schema: ExtractionSchema = INVOICE) -> list[Finding]:
    paper = Paper()
    return list(rule(Context(paper.extraction(header, lines), schema, None)))


def verdict(
    rule: Rule, header: Values, lines: Sequence[Values] = (), schema: ExtractionSchema = INVOICE
) -> tuple[RuleStatus, bool]:
    [finding] = run(rule, header, lines, schema)
    return finding.status, finding.confirms


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (money(subtotal="100.00", tax_amount="19.00", total_amount="119.00"), (PASSED, True)),
        (money(subtotal="100.00", tax_amount="19.01", total_amount="119.00"), (PASSED, False)),  # a cent: tolerated
        (money(subtotal="100.00", tax_amount="19.02", total_amount="119.00"), (FAILED, False)),
        (money(subtotal="100.00", tax_amount="0.00", total_amount="100.00"), (PASSED, False)),  # a mere repetition
        (money(subtotal="-7.67", tax_amount="-1.12", total_amount="-8.79"), (PASSED, True)),
        (money(subtotal="-7.67", tax_amount="1.12", total_amount="-8.79"), (FAILED, False)),
        (money(subtotal="100.00", tax_amount="8.00", tip="15.00", total_amount="123.00"), (PASSED, True)),
        (money(subtotal="100.00", tax_amount="8.00", tip="15.00", total_amount="108.00"), (PASSED, True)),
        (money(subtotal="90.00", tax_amount="9.00", charge_total="5.00", total_amount="104.00"), (PASSED, True)),
        (money(subtotal="90.00", tax_amount="9.00", allowance_total="5.00", total_amount="94.00"), (PASSED, True)),
        (money(subtotal="90.00", total_amount="94.00"), (UNTESTED, False)),
    ],
)
def test_subtotal_plus_tax(header: Values, expected: tuple[RuleStatus, bool]) -> None:
    assert verdict(subtotal_plus_tax_is_total, header) == expected


def test_cash_rounding_of_receipts_is_neither_right_nor_wrong() -> None:
    header = money(subtotal="10.02", tax_amount="0.60", total_amount="10.60")
    assert verdict(subtotal_plus_tax_is_total, header, schema=RECEIPT) == (UNTESTED, False)
    assert verdict(subtotal_plus_tax_is_total, header) == (FAILED, False)
    rounded = {**header, "rounding_amount": Decimal("-0.02")}
    assert verdict(subtotal_plus_tax_is_total, rounded, schema=RECEIPT) == (PASSED, True)


def test_a_yen_is_the_minor_unit_of_yen() -> None:
    header = {**money(subtotal="1000", tax_amount="100", total_amount="1101"), "currency": "JPY"}
    assert verdict(subtotal_plus_tax_is_total, header) == (PASSED, False)
    assert verdict(subtotal_plus_tax_is_total, {**header, "currency": "EUR"}) == (FAILED, False)


def test_figures_from_the_same_words_confirm_nothing() -> None:
    paper = Paper()
    fields = paper.extraction(money(subtotal="50.00", tax_amount="50.00", total_amount="100.00")).fields
    context = Context(Extraction(fields), INVOICE, None)
    names = ("subtotal", "tax_amount", "total_amount")
    assert context.vouches(names, Decimal(0))
    shared = (fields[0], replace(fields[1], evidence=fields[0].evidence), fields[2])
    assert not Context(Extraction(shared), INVOICE, None).vouches(names, Decimal(0))


LINES = [money(amount="60.00"), money(amount="40.00")]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (money(subtotal="100.00"), [(PASSED, True), (PASSED, True)]),
        (money(line_total="100.00", subtotal="93.00"), [(PASSED, True), (PASSED, True)]),
        (money(subtotal="97.00", allowance_total="5.00", charge_total="2.00"), [(PASSED, True), (PASSED, True)]),
        (money(subtotal="84.03", total_amount="100.00"), [(PASSED, True), (UNTESTED, False)]),  # gross lines
        (money(total_amount="100.00"), [(PASSED, True), (UNTESTED, False)]),
        (money(subtotal="100.02"), [(FAILED, False)]),
        (money(subtotal="84.03", total_amount="100.01"), [(PASSED, False), (UNTESTED, False)]),
        ({}, [(UNTESTED, False)]),
    ],
)
def test_lines_sum(header: Values, expected: list[tuple[RuleStatus, bool]]) -> None:
    """First the finding on the lines, then the one on what they sum to."""
    assert [(finding.status, finding.confirms) for finding in run(lines_sum_to_total, header, LINES)] == expected


def test_lines_speak_for_the_total_of_a_receipt() -> None:
    findings = run(lines_sum_to_total, money(total_amount="100.00"), LINES, RECEIPT)
    assert [(item.status, item.confirms) for item in findings] == [(PASSED, True), (PASSED, False)]


def test_a_missing_line_amount_is_not_counted_as_zero() -> None:
    assert verdict(lines_sum_to_total, money(subtotal="60.00"), [LINES[0], money(unit_price="40.00")]) == (
        UNTESTED,
        False,
    )


def test_lines_that_miss_totals_which_agree_are_blamed_alone() -> None:
    header = money(subtotal="150.00", tax_amount="15.00", total_amount="165.00")
    [finding] = run(lines_sum_to_total, header, LINES)
    assert finding.fields == ("line_items[1].amount", "line_items[2].amount")
    [finding] = run(lines_sum_to_total, money(subtotal="150.00"), LINES)
    assert finding.fields == ("line_items[1].amount", "line_items[2].amount", "subtotal")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (money(quantity="3", unit_price="2.50", amount="7.50"), (PASSED, True)),
        (money(quantity="-3", unit_price="2.50", amount="-7.50"), (PASSED, True)),
        (money(quantity="3", unit_price="2.50", amount="7.51"), (PASSED, False)),  # 2.50 may be 2.503
        (money(quantity="3", unit_price="2.50", amount="8.00"), (FAILED, False)),
        (money(quantity="3", unit_price="2.50", amount="1.23"), (FAILED, False)),
        (money(quantity="3", unit_price="10.00", amount="27.00"), (UNTESTED, False)),  # 10 % discount
        (money(quantity="3", unit_price="10.00", discount="3.17", amount="26.83"), (PASSED, False)),
        (money(quantity="1", unit_price="100.00", tax_rate="19", amount="119.00"), (PASSED, False)),
        (money(quantity="500", unit_price="12.00", price_base_quantity="100", amount="60.00"), (PASSED, True)),
        (money(quantity="10000", unit_price="0.0520", amount="52.00"), (FAILED, False)),
        (money(quantity="2", amount="52.00"), (UNTESTED, False)),
    ],
)
def test_quantity_times_price(line: Values, expected: tuple[RuleStatus, bool]) -> None:
    assert verdict(quantity_times_price_is_amount, {}, [line]) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (money(tax_amount="19.00", subtotal="100.00"), PASSED),
        (money(tax_amount="-19.00", subtotal="-100.00"), PASSED),
        (money(tax_amount="190.00", subtotal="100.00"), FAILED),
        (money(tax_amount="19.00", subtotal="-100.00"), FAILED),
        (money(tax_amount="40.00", total_amount="100.00"), FAILED),
        (money(tax_amount="40.00"), UNTESTED),
    ],
)
def test_plausible_tax(header: Values, expected: RuleStatus) -> None:
    assert verdict(tax_is_plausible, header)[0] is expected


def test_tax_of_lines_net_and_gross() -> None:
    net = [money(amount="100.00", tax_rate="19"), money(amount="50.00", tax_rate="7")]
    assert verdict(tax_is_rate_of_lines, money(subtotal="150.00", tax_amount="22.50"), net)[0] is PASSED
    assert verdict(tax_is_rate_of_lines, money(subtotal="150.00", tax_amount="22.60"), net)[0] is FAILED
    gross = [money(amount="119.00", tax_rate="19")]
    totals = money(subtotal="100.00", total_amount="119.00", tax_amount="19.00")
    assert verdict(tax_is_rate_of_lines, totals, gross)[0] is PASSED
    assert verdict(tax_is_rate_of_lines, money(subtotal="140.00", tax_amount="22.50"), net)[0] is UNTESTED


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (money(amount_due="100.00", total_amount="100.00"), PASSED),
        (money(amount_due="60.00", total_amount="100.00", prepaid_amount="40.00"), PASSED),
        (money(amount_due="-529.87", total_amount="529.87", prepaid_amount="1059.74"), PASSED),
        (money(amount_due="0.00", total_amount="100.00"), UNTESTED),
        (money(amount_due="10.00", total_amount="100.00"), UNTESTED),
        (money(amount_due="610.00", total_amount="110.00"), UNTESTED),
        (money(amount_due="10.00", total_amount="100.00", prepaid_amount="40.00"), FAILED),
        (money(amount_due="10.00", total_amount="100.00", prepaid_amount="0.00"), FAILED),
    ],
)
def test_amount_due(header: Values, expected: RuleStatus) -> None:
    assert verdict(amount_due_is_total_less_paid, header)[0] is expected


cents = st.integers(-10_000_00, 10_000_00).map(lambda value: Decimal(value).scaleb(-2))


@given(cents, cents, cents)
def test_subtotal_plus_tax_agrees_with_whole_cents(subtotal: Decimal, tax: Decimal, total: Decimal) -> None:
    header = {"subtotal": subtotal, "tax_amount": tax, "total_amount": total}
    off = abs(int(subtotal * 100) + int(tax * 100) - int(total * 100))
    zero = not (subtotal and tax and total)
    assert verdict(subtotal_plus_tax_is_total, header) == (PASSED if off <= 1 else FAILED, off == 0 and not zero)


@given(cents, cents)
def test_what_adds_up_always_passes(subtotal: Decimal, tax: Decimal) -> None:
    header = {"subtotal": subtotal, "tax_amount": tax, "total_amount": subtotal + tax}
    assert verdict(subtotal_plus_tax_is_total, header)[0] is PASSED


@given(st.lists(cents, min_size=1, max_size=12), st.integers(-30, 30))
def test_line_sums_agree_with_whole_cents(amounts: list[Decimal], error: int) -> None:
    total = sum(int(amount * 100) for amount in amounts) + error
    header = {"subtotal": Decimal(total).scaleb(-2)}
    lines = [{"amount": amount} for amount in amounts]
    tolerated = 2 * abs(error) <= len(amounts) + 1
    assert run(lines_sum_to_total, header, lines)[0].status is (PASSED if tolerated else FAILED)


@given(st.integers(1, 999), st.integers(1, 99_999), st.integers(0, 2_000_000))
def test_quantity_times_price_never_passes_beyond_its_tolerance(quantity: int, price: int, amount: int) -> None:
    line = {
        "quantity": Decimal(quantity),
        "unit_price": Decimal(price).scaleb(-2),
        "amount": Decimal(amount).scaleb(-2),
    }
    status, confirms = verdict(quantity_times_price_is_amount, {}, [line])
    off = abs(quantity * price - amount)
    assert (status is PASSED) == (2 * off <= quantity + 1)
    assert confirms == (off == 0 and amount > 0)


def test_zeros_that_change_nothing_hold_with_the_sum() -> None:
    header = money(subtotal="100.00", tax_amount="19.00", charge_total="0.00", total_amount="119.00")
    assert [(item.fields, item.confirms) for item in run(subtotal_plus_tax_is_total, header)] == [
        (("subtotal", "tax_amount", "total_amount"), True),
        (("charge_total",), False),
    ]
    header = money(amount_due="119.00", prepaid_amount="0.00", total_amount="119.00")
    assert run(amount_due_is_total_less_paid, header)[1].fields == ("prepaid_amount",)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (money(total_amount="529.87", prepaid_amount="-1059.74", amount_due="-529.87"), (PASSED, True)),
        (money(total_amount="529.87", prepaid_amount="1059.74", amount_due="-529.87"), (PASSED, True)),
        (money(total_amount="-8.79", prepaid_amount="-5.00", amount_due="-3.79"), (PASSED, True)),
        (money(total_amount="100.00", prepaid_amount="-40.00", amount_due="140.00"), (FAILED, False)),
    ],
)
def test_what_was_paid_may_be_printed_with_a_minus(header: Values, expected: tuple[RuleStatus, bool]) -> None:
    assert verdict(amount_due_is_total_less_paid, header) == expected


@pytest.mark.parametrize("discount", ["1.91", "-1.91"])
def test_a_discount_may_be_printed_with_a_minus(discount: str) -> None:
    header = money(subtotal="36.33", allowance_total=discount)
    findings = run(lines_sum_to_total, header, [money(amount="38.24")])
    assert {finding.status for finding in findings} == {PASSED}
    after = money(subtotal="38.24", allowance_total=discount, tax_amount="7.27", total_amount="43.60")
    assert verdict(subtotal_plus_tax_is_total, after) == (PASSED, True)


def test_a_discount_on_a_credit_note_lessens_what_is_credited() -> None:
    header = money(subtotal="-90.00", allowance_total="5.00", tax_amount="-9.00", total_amount="-94.00")
    assert verdict(subtotal_plus_tax_is_total, header) == (PASSED, True)


def test_the_rates_of_lines_tell_nothing_of_a_tax_on_less_than_the_lines() -> None:
    lines = [money(amount="1000.00", tax_rate="9")]
    exact = money(subtotal="1000.00", tax_amount="85.50", allowance_total="-50.00", total_amount="1035.50")
    assert verdict(tax_is_rate_of_lines, exact, lines) == (UNTESTED, False)
    assert verdict(tax_is_rate_of_lines, money(subtotal="1000.00", tax_amount="85.50"), lines) == (FAILED, False)
