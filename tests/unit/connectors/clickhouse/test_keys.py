"""Keys: equal for what people write differently, different for what differs."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clickhouse.keys import cell_place, number_key, tax_key, value_columns, vendor_key
from processors.fields import FieldType


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller & Söhne GmbH", "MULLER SOHNE GMBH"),
        ("Société Générale, S.A.", "societe generale s a"),
        ("ACME  Ltd.", "Acme Ltd"),
        ("Straße AG", "STRASSE AG"),
    ],
)
def test_a_company_is_the_same_however_it_is_spelled(one: str, other: str) -> None:
    assert vendor_key(one) == vendor_key(other) != ""


def test_other_companies_are_others() -> None:
    assert vendor_key("Acme North Ltd") != vendor_key("Acme South Ltd")
    assert vendor_key(None) == vendor_key("") == vendor_key(" - ") == ""


@pytest.mark.parametrize(
    ("one", "other"), [("INV-0042", "inv 0042"), ("2026/17", "2026-17"), ("RE_2026_1", "RE20261"), ("Nº 7", "NO7")]
)
def test_a_number_is_the_same_however_it_is_punctuated(one: str, other: str) -> None:
    assert number_key(one) == number_key(other)


def test_zeros_tell_numbers_apart() -> None:
    assert number_key("INV-0042") != number_key("INV-42")


def test_tax_ids() -> None:
    assert tax_key("DE 123 456 789") == tax_key("de123456789") == "de123456789"
    assert tax_key(None) == ""


@given(st.text())
def test_keys_are_stable_under_themselves(text: str) -> None:
    for key in (vendor_key, number_key, tax_key):
        assert key(key(text)) == key(text)


@pytest.mark.parametrize(
    ("value", "kind", "columns"),
    [
        (Decimal("4500"), FieldType.MONEY, ("4500.00", Decimal(4500), None)),
        (Decimal("1.250"), FieldType.NUMBER, ("1.25", Decimal("1.250"), None)),
        (date(2026, 1, 31), FieldType.DATE, ("2026-01-31", None, date(2026, 1, 31))),
        ("EUR", FieldType.CURRENCY, ("EUR", None, None)),
        (None, FieldType.MONEY, (None, None, None)),
    ],
)
def test_value_columns(value: str | Decimal | date | None, kind: FieldType, columns: tuple[object, ...]) -> None:
    assert value_columns(value, kind) == columns


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("total_amount", (0, "total_amount")),
        ("line_items[3].amount", (3, "amount")),
        ("line_items[12].unit.price", (12, "unit.price")),
        ("line_items[0].amount", (0, "line_items[0].amount")),
        ("line_items[3]", (0, "line_items[3]")),
        ("line_items[99999999999].amount", (0, "line_items[99999999999].amount")),
    ],
)
def test_cell_place(path: str, place: tuple[int, str]) -> None:
    assert cell_place(path) == place
