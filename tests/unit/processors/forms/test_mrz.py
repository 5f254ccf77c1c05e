"""Machine-readable zones: the specimens of ICAO Doc 9303, and what scans make of them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.reading.forms.mrz import check_digit, clean_line, parse_zone

PASSPORT = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
CARD = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
SMALL_CARD = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")


def values(*lines: str) -> dict[str, object]:
    cleaned = [clean_line(line) for line in lines]
    zone = parse_zone([line for line in cleaned if line is not None])
    return {} if zone is None else {name: part.value for name, part in zone.parts.items()}


ANNA = {
    "last_name": "ERIKSSON",
    "first_name": "ANNA MARIA",
    "date_of_birth": date(1974, 8, 12),
    "expiry_date": date(2012, 4, 15),
    "sex": "F",
    "nationality": "UTO",
    "issuing_authority": "UTO",
}


@pytest.mark.parametrize(("lines", "number"), [(PASSPORT, "L898902C3"), (CARD, "D23145890"), (SMALL_CARD, "D23145890")])
def test_the_specimens_of_the_standard(lines: tuple[str, ...], number: str) -> None:
    assert values(*lines) == ANNA | {"document_number": number}


def test_check_digits_of_the_standard() -> None:
    assert check_digit("520727") == 3
    assert check_digit("AB2134<<<") == 5
    assert check_digit("HA672242<") == 6


def test_blanks_and_letters_read_as_digits_are_mended() -> None:
    top, data = PASSPORT
    read = values(
        top.replace("O", "0").replace("ERIKSS", "ER1KSS"), data.replace("12041", "I2O41")[:20] + " " + data[20:]
    )
    assert read["last_name"] == "ERIKSSON"
    assert read["expiry_date"] == date(2012, 4, 15)


def test_a_line_that_lost_its_fillers_still_reads() -> None:
    assert values(PASSPORT[0][:30], PASSPORT[1][:30])["document_number"] == "L898902C3"


def test_a_value_whose_check_digit_fails_is_left_out() -> None:
    top, data = PASSPORT
    read = values(top, data.replace("740812", "740813"))
    assert "date_of_birth" not in read
    assert read["expiry_date"] == date(2012, 4, 15)


def test_a_zone_that_no_check_digit_bears_out_is_none() -> None:
    assert values("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C30UTO7408121F1204151ZE184226B<<<<<10") == {}


def test_a_child_is_of_this_century() -> None:
    birth, expiry = "100101", "250101"
    data = f"L898902C36UTO{birth}{check_digit(birth)}F{expiry}{check_digit(expiry)}<<<<<<<<<<<<<<00"
    assert values(PASSPORT[0], data)["date_of_birth"] == date(2010, 1, 1)


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<", min_size=9, max_size=9), st.integers(0, 8))
def test_a_check_digit_finds_every_single_wrong_digit(text: str, at: int) -> None:
    if not text[at].isdigit():
        return
    wrong = str((int(text[at]) + 1) % 10)
    assert check_digit(text[:at] + wrong + text[at + 1 :]) != check_digit(text)


@given(st.lists(st.text(max_size=60), max_size=4))
def test_no_text_makes_it_raise(lines: list[str]) -> None:
    values(*lines)


def test_lines_of_other_text_are_not_lines_of_a_zone() -> None:
    assert clean_line("Goods sold are not returnable, thank you") is None
    assert clean_line("P<UTO") is None
