"""Decimals in and out of the contracts."""

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.fields import FieldType, canonical_text, is_representable, plain_decimal


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("4500", FieldType.MONEY, "4500.00"),
        ("4334.170000000000", FieldType.MONEY, "4334.17"),
        ("0.1234", FieldType.MONEY, "0.1234"),
        ("1E+3", FieldType.MONEY, "1000.00"),
        ("18.000000000000", FieldType.NUMBER, "18"),
        ("6.50", FieldType.NUMBER, "6.5"),
        ("-0.00", FieldType.MONEY, "-0.00"),
    ],
)
def test_canonical_text(value: str, kind: FieldType, text: str) -> None:
    assert canonical_text(Decimal(value), kind) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**20), max_value=10**20))
def test_padding_by_the_wire_changes_nothing(value: Decimal) -> None:
    for kind in (FieldType.MONEY, FieldType.NUMBER):
        plain = plain_decimal(value, kind)
        assert plain == value
        assert str(plain_decimal(plain.quantize(Decimal("1E-12"), context=Context(prec=60)), kind)) == str(plain)


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("0.000000000001", True),
        ("0.0000000000001", False),
        ("99999999999999999999999999", True),
        ("100000000000000000000000000", False),
        ("NaN", False),
        ("1E+999999", False),
    ],
)
def test_what_the_contracts_can_carry(value: str, fits: bool) -> None:
    assert is_representable(Decimal(value)) is fits
