"""Addresses in one notation: countries by their code, post codes by themselves, names that only look like countries."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.fields import FieldValue
from processors.reading.geometric import GeometricReader
from processors.reading.geometric.postal import in_one_notation
from processors.values import countries
from processors.values.countries import country_of
from tests.unit.processors.geometric.page_builder import page, reading

NAMES = tomllib.loads(Path(countries.__file__).with_name("countries.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # a line of its own, twice, and with a letter read wrong
        ("Hafenstr. 3|80333 München|Deutschland", "Hafenstr. 3|80333 München|DE"),
        ("Hafenstr. 3|80333 München|Deutschland / Germany", "Hafenstr. 3|80333 München|DE"),
        ("Hafenstr. 3|80333 München|Deutschiand", "Hafenstr. 3|80333 München|DE"),
        ("Hafenstr. 3|80333 München|GERMANY (DE)", "Hafenstr. 3|80333 München|DE"),
        ("Via Roma 1|6900 Lugano|Schweiz/Suisse/Svizzera", "Via Roma 1|6900 Lugano|CH"),
        ("Flat 2|12 High Street|London|United Kingdom", "Flat 2|12 High Street|London|GB"),
        # behind the town, with a comma or without, and behind the post code
        ("12 Elm St|Fremont, CA 94538, USA", "12 Elm St|Fremont, CA 94538|US"),
        ("12 Elm St|Fremont CA 94538 U.S.A.", "12 Elm St|Fremont CA 94538|US"),
        ("Rua da Sé 40 2864-022 Lisboa Portugal", "Rua da Sé 40 2864-022 Lisboa|PT"),
        ("80333 München, Deutschland", "80333 München|DE"),
        ("Via Dante 5|00187 Roma (RM) - ITALIA", "Via Dante 5|00187 Roma (RM)|IT"),
        # before the post code
        ("Hafenstr. 3|D-80333 München", "Hafenstr. 3|80333 München"),
        ("Hafenstr. 3|DE-80333 München", "Hafenstr. 3|80333 München"),
        ("Hafenstr. 3|DE 80333 München|Deutschland", "Hafenstr. 3|80333 München|DE"),
        ("Kade 7|NL-1012 AB Amsterdam", "Kade 7|1012 AB Amsterdam"),
        ("Gatan 4|SE-123 45 Malmö|SWEDEN", "Gatan 4|123 45 Malmö|SE"),
        ("Ulica 1|PL-00-950 Warszawa|Polska", "Ulica 1|00-950 Warszawa|PL"),
        ("Rua 1|PT-1000-001 Lisboa", "Rua 1|1000-001 Lisboa"),
        # a country that is a town, where the town stands before it
        ("12 rue du Fort|L-1234 Luxembourg", "12 rue du Fort|1234 Luxembourg"),
        ("12 rue du Fort|L-1234 Luxembourg|Luxembourg", "12 rue du Fort|1234 Luxembourg|LU"),
        ("8 Marina View|Singapore 018960|Singapore", "8 Marina View|Singapore 018960|SG"),
    ],
)
def test_one_notation(lines: str, expected: str) -> None:
    assert in_one_notation(lines.split("|")) == tuple(expected.split("|"))


@pytest.mark.parametrize(
    "lines",
    [
        "Rue de France 5|75001 Paris",
        "75001 Paris|1000 Avenue de France",
        "1200 Piazza Italia",
        "Deutschlandstraße 5|12345 Berlin",
        "12 rue du Fort|Luxembourg",
        "12 Raffles Place|Singapore",
        "5 avenue Princesse Grace|98000 Monaco",
        "Via Gino 3|47890 San Marino",
        "40 Cerrillos Road|87501 Santa Fe New Mexico",
        "1 Mill Lane|12125 New Lebanon",
        "12 Peachtree Street|Atlanta, Georgia",
        "1 Main St|Dover, DE 19901",
        "1 Main St|Dover|DE 19901",
        "1 Main St|Seattle, WA 98109, US",
        "12 Main St, Lebanon",
        "Yuen Long|N.T., Hong Kong",
        "Deutschland",
        "Holland",
        "Calle Mayor 2|Madrid, España 28001",
    ],
)
def test_what_is_no_country_stays(lines: str) -> None:
    assert in_one_notation(lines.split("|")) == tuple(lines.split("|"))


@pytest.mark.parametrize(("code", "name"), [(code, name) for code, names in NAMES.items() for name in names])
def test_every_name_in_small_letters_and_capitals(code: str, name: str) -> None:
    for text in (name, name.upper(), name.lower()):
        assert country_of(text) == code
        assert in_one_notation(["1 Long Road", "12345 Newtown", text]) == ("1 Long Road", "12345 Newtown", code)


@pytest.mark.parametrize("text", ["", "DE", "Deutschland AG", "Germany / France", "Irelaud", "Georgia", "Berlin"])
def test_names_of_no_country(text: str) -> None:
    assert country_of(text) is None


WORDS = st.sampled_from(
    [
        *(name for names in NAMES.values() for name in names[:1]),
        *NAMES,
        "D-80333",
        "DE",
        "80333",
        "München",
        "1",
        ",",
        "/",
    ]
)
LINES = st.lists(st.lists(WORDS, min_size=1, max_size=5).map(" ".join) | st.text(max_size=30), max_size=5)


@given(LINES)
def test_numbers_stay_and_once_is_enough(lines: list[str]) -> None:
    tidy = in_one_notation(lines)
    assert re.findall("[0-9]+", " ".join(tidy)) == re.findall("[0-9]+", " ".join(lines))
    assert in_one_notation(tidy) == tidy


@given(st.lists(st.text("abcdefgh ,-/", max_size=12), max_size=4), st.sampled_from(sorted(NAMES)))
def test_only_the_end_is_rewritten(lines: list[str], code: str) -> None:
    street = "Lange Gasse 17"
    tidy = in_one_notation([street, "80333 München", *lines, NAMES[code][0]])
    assert tidy[:2] == (street, "80333 München")
    assert tidy[-1] == code


def test_the_value_has_the_code_and_the_trail_what_is_printed() -> None:
    lines = ("Verkäufer:", "Nordlicht GmbH", "Hafenstr. 3", "DE 24103 Kiel", "Deutschland")
    document = page([(50.0, 50.0 + 12 * row, line) for row, line in enumerate(lines)])
    extraction = GeometricReader().read(reading("invoice", document))
    assert extraction is not None
    address = extraction.field("vendor_address")
    assert address is not None
    assert address.value == "Hafenstr. 3, 24103 Kiel, DE"
    assert address.raw_text == "Hafenstr. 3 DE 24103 Kiel Deutschland"


def _values(*lines: str) -> dict[str, FieldValue | None]:
    placed = [(50.0, 50.0 + 12 * row, line) for row, line in enumerate(["Käufer:", *lines])]
    extraction = GeometricReader().read(reading("invoice", page(placed)))
    assert extraction is not None
    return {field.name: field.value for field in extraction.fields}


@pytest.mark.parametrize(
    "person",
    [
        "z. Hd. Frau Meier",
        "z.Hd. Herrn Meier",
        "zu Händen von Frau Meier",
        "Attn. Mary Miller",
        "Attention of Mary Miller",
        "à l'attention de Marie Meunier",
        "a la atención de María Molinero",
        "alla c.a. Maria Mugnaio",
        "t.a.v. Marie Molenaar",
        "a/a María Molinero",
    ],
)
def test_whom_it_is_for_is_no_part_of_where(person: str) -> None:
    values = _values("Nordlicht GmbH", person, "Hafenstr. 3", "24103 Kiel")
    assert (values["customer_name"], values["customer_address"]) == ("Nordlicht GmbH", "Hafenstr. 3, 24103 Kiel")


def test_at_whose_place_it_is_stays() -> None:
    values = _values("Nordlicht GmbH", "c/o Schmidt", "Hafenstr. 3", "24103 Kiel")
    assert values["customer_address"] == "c/o Schmidt, Hafenstr. 3, 24103 Kiel"


@pytest.mark.parametrize("name", ["Attention Media GmbH", "Attila Bau GmbH", "Tav Systems Ltd"])
def test_names_that_begin_alike_are_names(name: str) -> None:
    assert _values(name, "Hafenstr. 3", "24103 Kiel")["customer_name"] == name
