"""Amounts of money and numbers in every notation."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.values import (
    Money,
    NumberConvention,
    Quantity,
    infer_convention,
    parse_money,
    parse_number,
    parse_quantity,
    parse_rate,
)

COMMA, POINT = NumberConvention.COMMA, NumberConvention.POINT


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1.234,56 €", "1234.56", "EUR"),
        ("€ 1.234,56", "1234.56", "EUR"),
        ("USD 1,234.56", "1234.56", "USD"),
        ("$1,234.56", "1234.56", None),
        ("£98.10", "98.10", "GBP"),
        ("CHF 1'234.50", "1234.50", "CHF"),
        ("1\u2019234.50", "1234.50", None),
        ("1 234,56", "1234.56", None),
        ("1\u202f234,56\u00a0€", "1234.56", "EUR"),
        ("6,00,000.00", "600000.00", None),
        ("Rs. 1,23,456.00", "123456.00", None),
        ("RM9.00", "9.00", "MYR"),
        ("-5,00", "-5.00", None),
        ("\u22125,00", "-5.00", None),
        ("12.00-", "-12.00", None),
        ("(12.00)", "-12.00", None),
        ("$-5.00", "-5.00", None),
        ("-$5.00", "-5.00", None),
        ("12.00 CR", "-12.00", None),
        ("12.00 DR", "12.00", None),
        ("1.234,-", "1234", None),
        ("25.\u2013", "25", None),
        ("Total:12.00", "12.00", None),
        ("12.00¹", "12.00", None),
        (".05", "0.05", None),
        ("1.234.567", "1234567", None),
        ("0.125", "0.125", None),
    ],
)
def test_reads_an_amount(text: str, amount: str, currency: str | None) -> None:
    assert parse_money(text) == Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EUR",
        "31.12.2025",
        "1.2.3",
        "1,23,45",
        "12 34",
        "1.234",
        "1,234",
        "-(5.00)",
        "EUR 5.00 USD",
        "A1",
        "19.12.",
        "1e5",
    ],
)
def test_is_no_amount_or_an_ambiguous_one(text: str) -> None:
    assert parse_money(text) is None


@pytest.mark.parametrize(
    ("text", "convention", "amount"),
    [("1.234", COMMA, "1234"), ("1.234", POINT, "1.234"), ("1,234", COMMA, "1.234"), ("1,234", POINT, "1234")],
)
def test_the_convention_settles_three_digits(text: str, convention: NumberConvention, amount: str) -> None:
    money = parse_money(text, convention)
    assert money is not None
    assert money.amount == Decimal(amount)


def _european(value: Decimal) -> str:
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def _indian(value: Decimal) -> str:
    whole, fraction = f"{value:.2f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    groups = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*groups, tail]) + "." + fraction


NOTATIONS = {
    "us": lambda value: f"{value:,.2f}",
    "european": _european,
    "french": lambda value: _european(value).replace(".", "\u202f"),
    "swiss": lambda value: f"{value:,.2f}".replace(",", "'"),
    "indian": _indian,
    "plain": lambda value: f"{value:.2f}",
    "plain comma": lambda value: f"{value:.2f}".replace(".", ","),
}
amounts = st.decimals(min_value=0, max_value=Decimal("99999999.99"), places=2)


@pytest.mark.parametrize("notation", NOTATIONS)
@given(value=amounts, convention=st.sampled_from([None, COMMA, POINT]))
def test_every_notation_with_cents_reads_back_whatever_the_convention(
    notation: str, value: Decimal, convention: NumberConvention | None
) -> None:
    printed = NOTATIONS[notation](value)
    assert parse_money(printed, convention) == Money(value, None)
    assert parse_money(f"EUR {printed}", convention) == Money(value, "EUR")
    assert parse_money(f"{printed}-", convention) == Money(-value, None)
    assert parse_money(f"({printed})", convention) == Money(-value, None)


@given(st.text())
def test_no_text_raises(text: str) -> None:
    for convention in (None, COMMA, POINT):
        parse_money(text, convention)
        parse_number(text, convention)
        parse_quantity(text, convention)
        parse_rate(text, convention)
    infer_convention([text])


@given(st.text(alphabet="0123456789., '-()€$CRx%", max_size=14))
def test_numeric_looking_text_never_raises_and_keeps_its_digits(text: str) -> None:
    money = parse_money(text)
    if money is not None:
        digits = "".join(filter(str.isdigit, text)).lstrip("0")
        assert "".join(map(str, money.amount.as_tuple().digits)).lstrip("0") == digits


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.234,56"], COMMA),
        (["Total 12,00", "3,50"], COMMA),
        (["1,234.56", "10.00"], POINT),
        (["6,00,000.00"], POINT),
        (["31.12.2025", "20.15 Uhr"], None),
        (["no number"], None),
        (["1.50", "1,50"], None),
        ([], None),
    ],
)
def test_infers_the_decimal_mark_of_a_document(texts: list[str], expected: NumberConvention | None) -> None:
    assert infer_convention(texts) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", Quantity(Decimal(3))),
        ("2,5 kg", Quantity(Decimal("2.5"), "kg")),
        ("10 Stk.", Quantity(Decimal(10), "Stk.")),
        ("4x", Quantity(Decimal(4))),
        ("-5 Stk", Quantity(Decimal(-5), "Stk")),
        ("5 \u00d7 3", None),
        ("kg", None),
    ],
)
def test_quantities(text: str, expected: Quantity | None) -> None:
    assert parse_quantity(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("19 %", "19"),
        ("19,00%", "19.00"),
        ("(20%)", "20"),
        ("8.875 %", "8.875"),
        ("7", "7"),
        ("119 %", None),
        ("x", None),
    ],
)
def test_rates(text: str, expected: str | None) -> None:
    assert parse_rate(text) == (None if expected is None else Decimal(expected))
