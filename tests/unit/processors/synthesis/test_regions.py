"""Regions, words and people: complete for every language, and written as each country writes."""

import re
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.synthesis.market import load_market
from processors.synthesis.people import COUNTRIES, firm, person, private
from processors.synthesis.regions import Notation, choose_notation, load_region, read_table, region_keys, split
from processors.synthesis.words import _TABLES, Words

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
SEEDS = st.integers(0, 10**9)
REGIONS = st.sampled_from(region_keys())


def notation(key: str, **changes: str) -> Notation:
    region = load_region(key)
    usual = {
        "decimal": region.numbers[0][0],
        "group": region.numbers[0][1:],
        "money_template": region.money[0],
        "cell_template": "{}",
        "rate_template": region.rate[0],
        "date_template": region.dates[0],
    }
    return Notation(region=region, **(usual | changes))


@pytest.mark.parametrize("table", _TABLES)
def test_every_label_is_there_in_every_language(table: str) -> None:
    for label, languages in read_table(table).items():
        assert tuple(languages) == LANGUAGES, label
        for language, words in languages.items():
            assert split(words), (label, language)
            words.encode("cp1252")


@pytest.mark.parametrize("table", _TABLES)
def test_synonyms_have_the_slots_of_their_label(table: str) -> None:
    """What a layout fills in must have its place in every language."""
    filled = {
        "term_text": {"~1~"},
        "law_text": {"~1~"},
        "contract_intro": {"~1~", "~2~", "~3~"},
        "tax_included": {"{tax}"},
    }
    for label, languages in read_table(table).items():
        for words in languages.values():
            for word in split(words):
                slots = set(re.findall(r"~\d~|\{\w+\}", word)) - {"{one}", "{two}"}
                assert slots >= filled.get(label, set()), (label, word)


@pytest.mark.parametrize("key", region_keys())
def test_region_leans_on_a_market_and_has_a_country(key: str) -> None:
    region = load_region(key)
    assert region.market == load_market(region.market.key)
    assert region.country in COUNTRIES
    assert re.fullmatch("[A-Z]{3}", region.currency)
    assert region.language in LANGUAGES
    assert all("name" not in template or region.market.months for template in region.dates)


@pytest.mark.parametrize(
    ("key", "value", "money", "number"),
    [
        ("us", "1234567.5", "$1,234,567.50", "1,234,567.5"),
        ("de", "-1234.5", "-1.234,50 €", "-1.234,5"),
        ("ch", "98765.4", "CHF 98'765.40", "98'765.4"),
        ("br", "12", "R$ 12,00", "12"),
        ("fr", "1234.56", "1 234,56 €", "1 234,56"),
    ],
)
def test_money_by_region(key: str, value: str, money: str, number: str) -> None:
    style = notation(key)
    assert (style.money(Decimal(value)), style.number(Decimal(value))) == (money, number)


def test_dates_by_region() -> None:
    day = date(2026, 3, 5)
    assert notation("us").day(day) == "03/05/2026"
    assert notation("de", date_template="{d}. {name} {y}").day(day) == "5. März 2026"
    assert notation("gb", date_template="{d:02}-{short}-{yy:02}").day(day) == "05-Mar-26"


@given(SEEDS, REGIONS)
def test_numbers_keep_their_digits(seed: int, key: str) -> None:
    rng = Random(seed)
    style = choose_notation(rng, load_region(key))
    value = Decimal(rng.randint(-(10**9), 10**9)) / 100
    printed = style.number(value, 2)
    assert re.sub(r"\D", "", printed).lstrip("0") == f"{abs(value):.2f}".replace(".", "").lstrip("0")
    assert ("-" in printed) is (value < 0)


@given(SEEDS, REGIONS)
def test_parties_are_printable_and_made_up(seed: int, key: str) -> None:
    region = load_region(key)
    for party in (firm(Random(seed), region), firm(Random(seed), region, shop=True), private(Random(seed), region)):
        "".join((party.name, *party.address, party.tax_id, party.phone)).encode("cp1252")
        assert party.email.endswith(".example")
        assert party.city in " ".join(party.address)
        assert len(party.address) >= 2
    someone = person(Random(seed), region.language)
    assert someone.sex in "FM"
    assert someone.name == f"{someone.first} {someone.last}"


def test_a_document_keeps_to_one_synonym() -> None:
    region = load_region("de")
    words = Words(Random(1), region)
    assert {words["invoice_date"] for _ in range(20)} == {words["invoice_date"]}
    chosen = {Words(Random(seed), region)["invoice_date"] for seed in range(40)}
    assert len(chosen) >= 4
    assert chosen <= set(words.synonyms("invoice_date"))


def test_an_unknown_label_is_an_error() -> None:
    with pytest.raises(KeyError, match="horoscope"):
        Words(Random(1), load_region("us"))["horoscope"]
