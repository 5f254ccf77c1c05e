from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.fields import Extraction, FieldType, FieldValue, RuleStatus
from processors.reading.geometric.postal import in_one_notation
from processors.validation.checks import (
    currency_is_iso_4217,
    date_in_range,
    due_date_not_before_invoice_date,
    iban_checksum,
    value_reads_back,
    vat_id_format,
)
from processors.validation.denote import denotations
from processors.validation.findings import Context
from processors.validation.registry import Rule
from tests.unit.processors.validation.validation_builders import INVOICE, Paper

PASSED, FAILED, UNTESTED = RuleStatus.PASSED, RuleStatus.FAILED, RuleStatus.NOT_APPLICABLE


def status(rule: Rule, today: date | None = None, raw_text: str | None = None, **header: FieldValue) -> RuleStatus:
    paper = Paper()
    fields = tuple(paper.field(name, value, raw_text) for name, value in header.items())
    findings = list(rule(Context(Extraction(fields), INVOICE, today)))
    assert len({finding.status for finding in findings}) == 1
    return findings[0].status


@pytest.mark.parametrize(
    ("name", "value", "raw_text", "expected"),
    [
        ("total_amount", Decimal("1234.56"), "1.234,56 €", PASSED),
        ("total_amount", Decimal("1234.56"), "$1,234.56", PASSED),
        ("total_amount", Decimal("1.234"), "1.234", PASSED),  # both readings are possible
        ("total_amount", Decimal(1234), "1.234", PASSED),
        ("total_amount", Decimal("12.34"), "1.234", FAILED),
        ("total_amount", Decimal("-5.00"), "5.00-", PASSED),
        ("total_amount", Decimal("5.00"), "-5.00", FAILED),
        ("allowance_total", Decimal("5.00"), "-5.00", PASSED),
        ("invoice_date", date(2024, 3, 4), "04/03/2024", PASSED),
        ("invoice_date", date(2024, 4, 3), "04/03/2024", PASSED),
        ("invoice_date", date(2024, 3, 5), "04/03/2024", FAILED),
        ("invoice_date", date(2014, 6, 12), "12.06.2014:", PASSED),
        ("currency", "EUR", "€", PASSED),
        ("currency", "EUR", "22,00€", PASSED),
        ("currency", "CAD", "$42.00", PASSED),
        ("currency", "EUR", "$42.00", FAILED),
        ("currency", "MYR", "Kuala Lumpur", UNTESTED),
        ("quantity", Decimal(3), "3 Stk", PASSED),
        ("quantity", Decimal(3), "8", FAILED),
        ("tax_rate", Decimal("7.7"), "7,7 %", PASSED),
        ("invoice_number", "RE-17", "Nr.RE-17", PASSED),
        ("invoice_number", "RE-18", "RE-17", FAILED),
        ("vendor_name", "Möbel & Söhne", "MÖBEL & SÖHNE", PASSED),
        ("vendor_name", "Möbel & Töchter", "MÖBEL & SÖHNE", FAILED),
        ("iban", "DE88200800000970375700", "DE88 2008 0000 0970 3757 00", PASSED),
        ("vendor_address", "Kade 7, 1012 AB Delft, NL", "Kade 7 NL-1012 AB Delft Nederland", PASSED),
        ("vendor_address", "Kade 7, 1012 AB Delft, NL", "Kade 7, 1012 AB Delft,NETHERLANDS.", PASSED),
        ("vendor_address", "Kade 7, 1012 AB Delft, BE", "Kade 7 1012 AB Delft Nederland", FAILED),
        ("vendor_address", "Kade 7, 1012 AB Delft, BE", "Kade 7 1012 AB Delft", FAILED),
        ("vendor_address", "NL", "Nederland", FAILED),  # a country is no address
        ("vendor_name", "Kade NL", "Kade Nederland", FAILED),
    ],
)
def test_reads_back(name: str, value: FieldValue, raw_text: str, expected: RuleStatus) -> None:
    assert status(value_reads_back, raw_text=raw_text, **{name: value}) is expected


ENDS = st.sampled_from(
    ["Deutschland", "Deutschland / Germany", "NEDERLAND", "(Malaysia)", "- ITALIA", "U.S.A.", "US", "Kiel"]
)


@given(
    st.sampled_from([", ", ",", " "]), st.sampled_from(["DE 24103 Kiel", "Kiel", "24103", "L-1234 Luxembourg"]), ENDS
)
def test_every_address_reads_back(joint: str, town: str, end: str) -> None:
    printed = f"Hafenstr. 3 {town}{joint}{end}"
    for lines in ([printed], ["Hafenstr. 3", f"{town}{joint}{end}"], ["Hafenstr. 3", town, end]):
        value = ", ".join(in_one_notation(lines))
        assert status(value_reads_back, raw_text=printed, vendor_address=value) is PASSED


def test_dates() -> None:
    today = date(2026, 1, 15)
    rule = due_date_not_before_invoice_date
    assert status(rule, invoice_date=date(2024, 1, 1), due_date=date(2024, 1, 1)) is PASSED
    assert status(rule, invoice_date=date(2024, 1, 2), due_date=date(2024, 1, 1)) is FAILED
    assert status(date_in_range, today, due_date=date(2028, 12, 31)) is PASSED
    assert status(date_in_range, today, due_date=date(2029, 1, 1)) is FAILED
    assert status(date_in_range, None, due_date=date(2999, 1, 1)) is PASSED
    assert status(date_in_range, None, due_date=date(1989, 12, 31)) is FAILED


def test_currency() -> None:
    assert status(currency_is_iso_4217, currency="EUR") is PASSED
    assert status(currency_is_iso_4217, currency="EURO") is FAILED


@pytest.mark.parametrize(
    ("tax_id", "expected"),
    [
        ("DE123456789", PASSED),
        ("DE 123 456 789", PASSED),
        ("ATU12345678", PASSED),
        ("DE12345678", FAILED),
        ("ATU1234567", FAILED),
        ("12-3456789", UNTESTED),
        ("Desk", UNTESTED),
    ],
)
def test_vat_ids(tax_id: str, expected: RuleStatus) -> None:
    assert status(vat_id_format, vendor_tax_id=tax_id) is expected


def german_iban(account: str) -> str:
    """The check digits by long division, digit by digit (ISO 13616-1, annex)."""
    remainder = 0
    for digit in account + "131400":  # D, E, 00
        remainder = (remainder * 10 + int(digit)) % 97
    return f"DE{98 - remainder:02}{account}"


@given(st.text("0123456789", min_size=18, max_size=18), st.integers(2, 21), st.integers(1, 9))
def test_iban_check_digits_find_every_wrong_digit(account: str, at: int, shift: int) -> None:
    iban = german_iban(account)
    wrong = iban[:at] + str((int(iban[at]) + shift) % 10) + iban[at + 1 :]
    assert status(iban_checksum, iban=iban) is PASSED
    assert status(iban_checksum, iban=wrong) is FAILED


@given(st.text(max_size=30), st.sampled_from(FieldType))
def test_denotations_of_any_text_are_values(text: str, kind: FieldType) -> None:
    assert all(isinstance(value, str | Decimal | date) for value in denotations(text, kind))


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_an_amount_is_among_the_denotations_of_each_notation(amount: Decimal) -> None:
    us = f"{amount:,.2f}"
    for text in (us, us.replace(",", " ").replace(".", ","), us.translate(str.maketrans(",.", ".,")), us + " EUR"):
        assert amount in denotations(text, FieldType.MONEY)
