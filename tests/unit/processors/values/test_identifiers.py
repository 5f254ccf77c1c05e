"""Identifiers, tax ids, IBAN, telephone numbers and currencies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.values import (
    clean_identifier,
    currency_candidates,
    currency_of,
    is_currency_code,
    parse_iban,
    parse_phone,
    parse_tax_id,
    parse_vat_id,
)
from processors.values.text import drop_label, fold, normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NR825055", "NR825055"),
        ("NO-123", "NO-123"),
        ("No12345", "12345"),
        ("NR. 12345", "12345"),
        ("INV-100", "INV-100"),
        ("# INV-100", "INV-100"),
        ("No. 4711", "4711"),
        ("Invoice:INV-100", "INV-100"),
        (" 9314110911/00/M/00/N ", "9314110911/00/M/00/N"),
        ("CS 23304", "CS 23304"),
        ("(4711)", None),
        ("ABC", None),
        ("", None),
    ],
)
def test_identifiers(text: str, expected: str | None) -> None:
    assert clean_identifier(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("IBAN: GB29NWBK60161331926819", "GB29NWBK60161331926819"),
        ("FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"),
        ("DE89 3704 0044 0532 0130 01", None),
        ("DE8937040044053201300", None),
        ("XX89370400440532013000", None),
    ],
)
def test_iban_needs_length_and_check_digits(text: str, expected: str | None) -> None:
    assert parse_iban(text) == expected


@given(st.integers(0, 10**18 - 1))
def test_one_wrong_digit_breaks_an_iban(account: int) -> None:
    body = f"{account:018d}"
    check = 98 - int(f"{body}131400") % 97
    iban = f"DE{check:02d}{body}"
    assert parse_iban(iban) == iban
    broken = iban[:-1] + str((int(iban[-1]) + 1) % 10)
    assert parse_iban(broken) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DE 123 456 789", "DE123456789"),
        ("NL 123456789B01", "NL123456789B01"),
        ("CHE-123.456.789 MWST", "CHE123456789MWST"),
        ("29ABCDE1234F1Z5", "29ABCDE1234F1Z5"),
        ("ESB12345678", "ESB12345678"),
        ("123456789", None),
        ("DE12345678", None),
    ],
)
def test_vat_ids(text: str, expected: str | None) -> None:
    assert parse_vat_id(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("201/113/40209", "201/113/40209"), ("12-3456789", "12-3456789"), ("1234", None), ("abc", None)],
)
def test_tax_ids(text: str, expected: str | None) -> None:
    assert parse_tax_id(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+49 932 431 500", "+49 932 431 500"),
        ("(03) 6258-7191", "(03) 6258-7191"),
        ("Tel:03-62587191", "03-62587191"),
        ("12345", None),
    ],
)
def test_phones(text: str, expected: str | None) -> None:
    assert parse_phone(text) == expected


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        ("€", "EUR"),
        ("eur", "EUR"),
        ("Euro", "EUR"),
        ("£", "GBP"),
        ("RM", "MYR"),
        ("US$", "USD"),
        ("$", None),
        ("kr", None),
        ("XXQ", None),
    ],
)
def test_currency_of_a_mark(mark: str, code: str | None) -> None:
    assert currency_of(mark) == code


def test_a_shared_mark_lists_what_it_can_mean() -> None:
    assert currency_candidates("$")[0] == "USD"
    assert {"CAD", "AUD"} < set(currency_candidates("$"))
    assert currency_candidates("nothing") == ()
    assert is_currency_code("chf")
    assert not is_currency_code("abc")


@given(st.text())
def test_no_text_raises(text: str) -> None:
    for parse in (
        clean_identifier,
        parse_iban,
        parse_vat_id,
        parse_tax_id,
        parse_phone,
        currency_of,
        normalise,
        drop_label,
    ):
        parse(text)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "key"), [("Rechnungs-Nr.:", "rechnungsnr"), ("Échéance", "echeance"), ("Straße", "strasse"), ("N°", "n")]
)
def test_fold(text: str, key: str) -> None:
    assert fold(text) == key
