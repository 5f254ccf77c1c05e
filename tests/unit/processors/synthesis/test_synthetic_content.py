"""Content: sums that add up, identifiers that pass their checks, numbers and dates as the market writes them."""

from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.synthesis.content import invoice_content, receipt_content
from processors.synthesis.identifiers import iban, tax_id
from processors.synthesis.market import cents, load_market, market_keys

SEEDS = st.integers(min_value=0, max_value=10**9)
MARKETS = st.sampled_from(market_keys())
COUNTRIES = st.sampled_from(("DE", "ES", "FR", "GB", "IT", "NL", "PT"))


def test_markets_cover_the_languages() -> None:
    assert {load_market(key).language for key in market_keys()} == {"en", "de", "fr", "es", "it", "nl", "pt"}


def test_markets_have_the_same_labels() -> None:
    labels = {key: set(load_market(key).labels) for key in market_keys()}
    assert all(names == labels["us"] for names in labels.values())


@given(SEEDS, MARKETS, st.sampled_from(("invoice", "credit_note")))
def test_invoice_adds_up(seed: int, market: str, document_type: str) -> None:
    content = invoice_content(Random(seed), load_market(market), document_type)
    for line in content.lines:
        assert line.amount == cents(line.quantity * line.unit_price)
    assert content.subtotal == sum(line.amount for line in content.lines)
    assert content.tax_amount == sum(cents(share.base * share.rate / 100) for share in content.taxes)
    assert sum(share.base for share in content.taxes) == content.subtotal
    assert content.total == content.subtotal + content.tax_amount
    if content.prepaid is not None:
        assert content.amount_due == content.total - content.prepaid
    if content.due_date is not None:
        assert content.due_date > content.issue_date
    assert content.vendor.name != content.customer.name


@given(SEEDS, MARKETS)
def test_receipt_adds_up(seed: int, market: str) -> None:
    content = receipt_content(Random(seed), load_market(market))
    printed = sum(line.amount for line in content.lines)
    assert content.total == content.subtotal + content.tax_amount
    assert printed == (content.total if content.market.tax_included else content.subtotal)
    assert content.tendered is None or content.tendered >= content.total


@given(SEEDS, COUNTRIES)
def test_iban_checks(seed: int, country: str) -> None:
    number = iban(Random(seed), country)
    assert number is not None
    assert int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1


@pytest.mark.parametrize(
    ("country", "length"), [("DE", 22), ("ES", 24), ("FR", 27), ("GB", 22), ("IT", 27), ("NL", 18), ("PT", 25)]
)
def test_iban_length(country: str, length: int) -> None:
    assert len(iban(Random(1), country) or "") == length


def test_no_iban_in_the_united_states() -> None:
    assert iban(Random(1), "US") is None


@given(SEEDS)
def test_german_vat_number_checks(seed: int) -> None:
    number = tax_id(Random(seed), "DE")
    remainder = 10
    for sign in number[2:10]:
        remainder = (int(sign) + remainder) % 10 or 10
        remainder = remainder * 2 % 11
    assert (remainder + int(number[10])) % 10 == 1


@given(SEEDS)
def test_french_vat_number_checks(seed: int) -> None:
    number = tax_id(Random(seed), "FR")
    assert (12 + 3 * (int(number[4:]) % 97)) % 97 == int(number[2:4])


@given(SEEDS)
def test_british_vat_number_checks(seed: int) -> None:
    number = tax_id(Random(seed), "GB")[2:]
    weighted = sum(int(sign) * weight for sign, weight in zip(number, (8, 7, 6, 5, 4, 3, 2, 10, 1), strict=True))
    assert weighted % 97 == 0


@pytest.mark.parametrize(
    ("market", "value", "money"),
    [
        ("us", "1234567.5", "$1,234,567.50"),
        ("gb", "12", "£12.00"),
        ("de", "1234.5", "1.234,50 €"),
        ("fr", "1234.56", "1 234,56 €"),
        ("nl", "0.3", "€ 0,30"),
    ],
)
def test_money_by_market(market: str, value: str, money: str) -> None:
    assert load_market(market).money(Decimal(value)) == money


@pytest.mark.parametrize(
    ("value", "printed"), [("1000", "1.000"), ("2.75", "2,75"), ("12.50", "12,5"), ("100", "100"), ("7", "7")]
)
def test_quantities_have_no_idle_zeros(value: str, printed: str) -> None:
    assert load_market("de").number(Decimal(value)) == printed


def test_dates_by_market() -> None:
    day = date(2026, 3, 5)
    shown = [load_market("us").format_date(day, template) for template in load_market("us").date_templates]
    assert shown == ["03/05/2026", "March 5, 2026", "Mar 5, 2026"]
    assert load_market("de").format_date(day, load_market("de").date_templates[1]) == "5. März 2026"


def test_same_seed_same_content() -> None:
    market = load_market("fr")
    assert invoice_content(Random(3), market) == invoice_content(Random(3), market)
    assert invoice_content(Random(3), market) != invoice_content(Random(4), market)


def test_line_count() -> None:
    assert len(invoice_content(Random(1), load_market("de"), line_count=40).lines) == 40
