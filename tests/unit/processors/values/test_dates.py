"""Dates and times in seven languages."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.values import infer_day_first, parse_date, parse_time


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-03",
        "2025/02/03",
        "20250203",
        "3.2.2025",
        "03.02.2025",
        "03.02.25",
        "3-Feb-25",
        "03 FEB 2025",
        "le 3 février 2025",
        "3. Februar 2025",
        "den 3. Februar 2025",
        "3 de febrero de 2025",
        "3 febbraio 2025",
        "3 februari 2025",
        "3 de fevereiro de 2025",
        "February 3rd, 2025",
        "Feb 3, 2025",
        "February 3 , 2025",
        "Mon, 3 February 2025",
        "03/Feb/2025",
        "2025-02-03T10:15:00",
        "03.02.2025 10:15 Uhr",
        "Date:3 Feb 2025",
        "2025年2月3日",
    ],
)
def test_reads_the_third_of_february(text: str) -> None:
    assert parse_date(text) == date(2025, 2, 3)


@pytest.mark.parametrize(
    ("text", "day_first", "expected"),
    [
        ("03/04/2025", True, date(2025, 4, 3)),
        ("03/04/2025", False, date(2025, 3, 4)),
        ("03/04/2025", None, None),
        ("04/04/2025", None, date(2025, 4, 4)),
        ("31/12/2025", False, date(2025, 12, 31)),
        ("12/31/2025", True, date(2025, 12, 31)),
        ("25/12/2018 8:13:39 PM", None, date(2018, 12, 25)),
        ("19-03-201811:12:15", None, date(2018, 3, 19)),
        ("21/05/2018Time:", None, date(2018, 5, 21)),
        ("01.02.99", None, date(1999, 2, 1)),
        ("01.02.24", None, date(2024, 2, 1)),
    ],
)
def test_the_order_of_day_and_month(text: str, day_first: bool | None, expected: date | None) -> None:
    assert parse_date(text, day_first) == expected


@pytest.mark.parametrize(
    "text", ["", "31.02.2025", "32.01.2025", "13/13/2025", "2025", "1.234,56", "May", "3 Foo 2025", "12:30"]
)
def test_is_no_date(text: str) -> None:
    assert parse_date(text, True) is None


FORMATS = ["%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%d-%b-%Y", "%B %d, %Y", "%Y%m%d"]
days = st.dates(min_value=date(1970, 1, 1), max_value=date(2099, 12, 31))


@given(days, st.sampled_from(FORMATS), st.sampled_from([None, True, False]))
def test_unambiguous_formats_read_back(day: date, form: str, day_first: bool | None) -> None:
    if form == "%d.%m.%Y" and day_first is False:
        return
    assert parse_date(day.strftime(form), day_first) == day


@given(days, st.booleans())
def test_slashed_dates_read_back_with_the_order_known(day: date, day_first: bool) -> None:
    assert parse_date(day.strftime("%d/%m/%Y" if day_first else "%m/%d/%Y"), day_first) == day


@given(st.text(), st.sampled_from([None, True, False]))
def test_no_text_raises(text: str, day_first: bool | None) -> None:
    parse_date(text, day_first)
    parse_time(text)
    infer_day_first([text])


@pytest.mark.parametrize(
    ("texts", "language", "currency", "expected"),
    [
        (["31/12/2025", "01/02/2025"], None, None, True),
        (["12/31/2025"], "de", "EUR", False),
        (["12/31/2025", "31/12/2025"], "de", None, None),
        (["01/02/2025"], "fr", None, True),
        (["01/02/2025"], "en", "USD", False),
        (["01/02/2025"], "en", "GBP", True),
        (["01/02/2025"], "en", "CAD", None),
        (["01/02/2025"], "en", None, None),
    ],
)
def test_infers_the_order_of_a_document(
    texts: list[str], language: str | None, currency: str | None, expected: bool | None
) -> None:
    assert infer_day_first(texts, language, currency) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20:13", "20:13"),
        ("8:13:39 PM", "20:13"),
        ("12:05 am", "00:05"),
        ("20.13 Uhr", "20:13"),
        ("20h13", "20:13"),
        ("Time:08:30:00", "08:30"),
        ("25:00", None),
        ("12", None),
    ],
)
def test_times(text: str, expected: str | None) -> None:
    assert parse_time(text) == expected
