"""Slips of recognition that leave no doubt about the value, and those that do."""

from datetime import date
from decimal import Decimal

import pytest

from processors.values import parse_date, parse_money


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("-8.,79", "-8.79"),
        ("1.234,.56", "1234.56"),
        ("RM 1O.50", "10.50"),
        ("1O5,5O", "105.50"),
        ("1l2.50", "112.50"),
        ("Total:1O.00", "10.00"),
    ],
)
def test_amounts_that_recognition_blurred(text: str, amount: str) -> None:
    money = parse_money(text)
    assert money is not None
    assert money.amount == Decimal(amount)


@pytest.mark.parametrize("text", ["IO.OO", "I.10", "Olio 12.50", "B12.50", "COl.50", "1.,5", "O", "lOl"])
def test_what_may_be_something_else_is_no_amount(text: str) -> None:
    assert parse_money(text) is None


@pytest.mark.parametrize("text", ["I879.00", "l2.50", "O5.50", "EUR I5.00"])
def test_the_rule_of_a_table_is_no_digit_in_front(text: str) -> None:
    assert parse_money(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30.04:20", date(2020, 4, 30)), ('30.04:2020"', date(2020, 4, 30)), ("[Sales]2018-01-05", date(2018, 1, 5))],
)
def test_dates_that_recognition_blurred(text: str, expected: date) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize("text", ["10:30:15", "10:30.15", "10.30:15", "12.15"])
def test_times_and_amounts_are_no_dates(text: str) -> None:
    assert parse_date(text) is None
