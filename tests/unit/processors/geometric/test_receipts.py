"""Receipts: who sold it, when, and what was paid, where print or recognition leave something out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from processors.document import Page, PageSource
from processors.fields import FieldValue
from processors.reading import default_readers, read_document
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.receipt_sums import read_receipt_sums
from tests.unit.processors.geometric.page_builder import Placed, page, reading

HEAD: list[Placed] = [
    (40, 20, "PASAR RAYA JAYA SDN BHD"),
    (40, 34, "(123456-X)"),
    (40, 48, "NO 12, JALAN MAWAR 3"),
    (40, 62, "43000 KAJANG"),
]


def read(*placed: Placed, source: PageSource = PageSource.TEXT_LAYER) -> dict[str, FieldValue | None]:
    found = read_document(reading("receipt", receipt(list(placed), source)), default_readers())
    return {field.name: field.value for field in found.fields}


def receipt(placed: list[Placed], source: PageSource = PageSource.TEXT_LAYER) -> Page:
    return page(placed, width=300, height=600, source=source)


def test_cash_less_change_is_the_total_where_its_label_is_lost() -> None:
    found = read(
        *HEAD,
        (40, 200, "ITEM A"), (220, 200, "9.40"),
        (40, 214, "ITEM B"), (220, 214, "11.80"),
        (220, 240, "21.20"),
        (40, 260, "CASH"), (220, 260, "100.00"),
        (40, 274, "CHANGE"), (220, 274, "78.80"),
        (40, 320, "GST SUMMARY"), (140, 320, "AMOUNT"), (220, 320, "TAX"),
        (40, 334, "TOTAL"), (140, 334, "20.00"), (220, 334, "1.20"),
    )  # fmt: skip
    assert found["total_amount"] == Decimal("21.20")


def test_what_was_handed_over_is_not_the_total_where_change_was_given() -> None:
    cash: list[Placed] = [*HEAD, (40, 260, "CASH"), (220, 260, "100.00")]
    assert read(*cash)["total_amount"] == Decimal("100.00")
    assert "total_amount" not in read(*cash, (40, 274, "CHANGE"), (220, 274, "78.80"))


def test_cash_alone_does_not_prove_the_total_that_it_is_taken_for() -> None:
    view = DocumentView([receipt([*HEAD, (40, 260, "CASH"), (220, 260, "100.00")])])
    assert read_receipt_sums(view).proven == frozenset()


def test_a_total_far_down_the_second_page_is_read() -> None:
    rows = [
        placed for i in range(12) for placed in ((40.0, 40.0 + 20 * i, f"ITEM {i}"), (220.0, 40.0 + 20 * i, "1.00"))
    ]
    second = replace(receipt([*rows, (40, 400, "TOTAL"), (220, 400, "12.00")]), number=2)
    found = read_document(reading("receipt", receipt([(40, 40, "SHOP SDN BHD")]), second), default_readers())
    total = found.field("total_amount")
    assert total is not None
    assert total.value == Decimal("12.00")


def test_a_total_of_one_rate_is_not_the_total() -> None:
    found = read(
        *HEAD,
        (40, 200, "TOTAL 0% SUPPLIES"), (220, 200, "35.14"),
        (40, 214, "TOTAL 6% SUPPLIES"), (220, 214, "3.82"),
        (40, 240, "TOTAL PAYABLE"), (220, 240, "38.96"),
    )  # fmt: skip
    assert found["total_amount"] == Decimal("38.96")


def test_the_gross_of_one_rate_does_not_outdo_the_amount_to_pay() -> None:
    found = read(
        (40, 20, "Frischemarkt Sonne"),
        (40, 100, "Äpfel"), (220, 100, "10,54 C"),
        (40, 114, "Wein"), (220, 114, "7,47 D"),
        (40, 140, "ZU ZAHLEN EURO"), (220, 140, "18,01"),
        (40, 180, "MWST"), (90, 180, "Netto"), (140, 180, "MWST-BETRAG"), (220, 180, "BRUTTO"),
        (40, 194, "C 7,00%"), (90, 194, "9,85"), (150, 194, "0,69"), (220, 194, "10,54"),
        (40, 208, "D 19,00%"), (90, 208, "6,28"), (150, 208, "1,19"), (220, 208, "7,47"),
    )  # fmt: skip
    assert found["total_amount"] == Decimal("18.01")


def test_the_total_is_after_rounding_to_five_sen() -> None:
    found = read(
        *HEAD,
        (40, 200, "TOTAL (INCLUSIVE OF GST)"), (220, 200, "112.36"),
        (40, 214, "ROUNDING ADJ"), (220, 214, "-0.01"),
        (40, 228, "CASH"), (220, 228, "112.35"),
    )  # fmt: skip
    assert found["total_amount"] == Decimal("112.35")


def test_the_sum_of_the_articles_finds_the_total_whose_label_is_lost() -> None:
    found = read(
        (40, 20, "Frischemarkt Sonne"),
        (40, 100, "Brot"), (220, 100, "3,49"),
        (40, 114, "Käse"), (220, 114, "15,97"),
        (40, 140, "SVMNE EJR"), (220, 140, "19,46"),
        (40, 200, "Lotto"), (220, 200, "12,00"),
    )  # fmt: skip
    assert found["total_amount"] == Decimal("19.46")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("DATE: 06/01/2018", date(2018, 1, 6)),
        ("Rabu, 10-05-2017 21:51", date(2017, 5, 10)),
        ("[Sales]2018-01-05", date(2018, 1, 5)),
        ("30.04:20", date(2020, 4, 30)),
    ],
)
def test_the_day_comes_first_where_nothing_is_american(line: str, expected: date) -> None:
    assert read(*HEAD, (40, 150, line), (40, 200, "TOTAL"), (220, 200, "65.70"))["purchase_date"] == expected


def test_an_ambiguous_date_stays_unread_where_the_month_may_come_first() -> None:
    found = read((40, 20, "Corner Shop LLC"), (40, 60, "06/01/2018"), (40, 80, "SALES TAX"), (220, 80, "1.20"))
    assert "purchase_date" not in found


def test_a_date_that_a_wide_blank_cuts_is_read_whole() -> None:
    assert read(*HEAD, (40, 150, "March 12,"), (180, 150, "2024 at 5:55 PM"))["purchase_date"] == date(2024, 3, 12)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["A L F A", "Hauptstraße 110"], "A L F A"),
        (["PASAR RAYA MEGA", "(KAJANG) SDN BHD", "(767840-W)"], "PASAR RAYA MEGA (KAJANG) SDN BHD"),
        (["URBAN CORNER SDN BHD (417940-M),", "LOT 3"], "URBAN CORNER SDN BHD"),
        (["NORTH STAR SDN BHD(728384-M)", "LOT 3"], "NORTH STAR SDN BHD"),
        (["POSTED", "FIVE MOON CASH & CARRY", "(1365663-P)"], "FIVE MOON CASH & CARRY"),
        (["SUN CEN ENTERPRISE POSTED", "9, JALAN SUBANG 3"], "SUN CEN ENTERPRISE"),
        (["FRISCH EINKAUFEN", "www.markt.example", "Marktkauf Sonne", "Detmolder Str . 4"], "Marktkauf Sonne"),
        (["Weber & Lehmann GmbH & Co. KG", "Am Markt 3"], "Weber & Lehmann GmbH & Co. KG"),
    ],
)
def test_the_vendor_is_the_name_as_printed(lines: list[str], name: str) -> None:
    assert read(*((40, 20 + 14 * at, line) for at, line in enumerate(lines)))["vendor_name"] == name


def test_a_street_is_no_vendor() -> None:
    found = read(
        (40, 20, "Warburger Straße 130"), (40, 34, "33100 Paderborn"), (40, 60, "Bananen"), (220, 60, "1,99 A")
    )
    assert "vendor_name" not in found
