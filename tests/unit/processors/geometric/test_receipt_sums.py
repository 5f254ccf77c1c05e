"""Receipts: what cash, taxes and the articles prove of the total and its parts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.document import PageSource
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.receipt_sums import read_receipt_sums
from processors.reading.geometric.receipt_taxes import gross_by_rates
from tests.unit.processors.geometric.page_builder import Placed, page

Row = tuple[str, ...]


def view(*rows: Row) -> DocumentView:
    """Rows of a roll: the label on the left, figures in columns, the last one at the right."""
    placed: list[Placed] = []
    for at, row in enumerate(rows):
        lefts = (*(20, 120, 170)[: len(row) - 1], 230) if len(row) > 1 else (20,)
        placed += [(left, 20.0 + 14 * at, text) for left, text in zip(lefts, row, strict=True)]
    return DocumentView([page(placed, width=300, height=900, source=PageSource.OCR)])


def sums(*rows: Row) -> dict[str, Decimal]:
    found = read_receipt_sums(view(*rows)).chosen
    return {name: value for name, candidate in found.items() if isinstance(value := candidate.value, Decimal)}


def test_the_tax_rows_together_are_what_was_bought() -> None:
    rows = view(
        ("MWST", "Netto", "Betrag", "Brutto"),
        ("C 7,00%", "6,59", "0,46", "7,05"),
        ("D 19,00%", "1,50", "0,28", "1,78"),
    )
    assert gross_by_rates(rows) == Decimal("8.83")


@pytest.mark.parametrize(
    ("row", "gross"),
    [
        (("SR(6%)", "105.57", "6.33"), "111.90"),
        (("SR", "6.00", "25.30", "1.52"), "26.82"),
        (("A 7 % 0,47", "6,69", "7,16"), "7.16"),
        (("MWST 8.1%", "26.73", "2.17"), "28.90"),
    ],
)
def test_a_tax_row_is_known_by_its_arithmetic_wherever_its_figures_stand(row: Row, gross: str) -> None:
    assert gross_by_rates(view(row)) == Decimal(gross)


@pytest.mark.parametrize(
    "row",
    [("5 x", "6.00", "30.00"), ("SR 6%", "20.00", "1.30"), ("Zucker", "0,89"), ("A 19%", "0,05", "0,01")],
)
def test_other_rows_prove_nothing(row: Row) -> None:
    assert gross_by_rates(view(row)) is None


@given(net=st.decimals(Decimal("2.00"), Decimal("900.00"), places=2), rate=st.sampled_from([6, 7, 10, 19, 20, 21]))
def test_any_price_with_its_tax_is_found(net: Decimal, rate: int) -> None:
    tax = (net * rate / 100).quantize(Decimal("0.01"))
    assert gross_by_rates(view((f"A {rate}%", f"{net}", f"{tax}"))) == net + tax


def test_a_free_row_counts_beside_a_taxed_one() -> None:
    assert gross_by_rates(view(("SR 6%", "20.00", "1.20"), ("ZR 0%", "5.00", "0.00"))) == Decimal("26.20")


def test_a_misread_total_gives_way_to_what_cash_and_taxes_say() -> None:
    found = sums(
        ("SUMME EUR", "5,17"),
        ("Bar EUR", "5,47"),
        ("Mehrwertst.", "ohne", "mit MwSt"),
        ("E 7,0%", "0,36", "5,11", "5,47"),
    )
    assert found["total_amount"] == Decimal("5.47")


def test_a_total_without_label_is_found_by_the_tax_rows_and_the_articles() -> None:
    found = sums(
        ("1 FLOOR CLEANER", "53.40"),
        ("1 MASK", "32.70"),
        ("1 CREAM", "25.80"),
        ("AMT PAID INCL", "111.90"),
        ("TOTAL SV", "10.56"),
        ("GST SUMMARY", "AMT(RM)", "TAX(RM)"),
        ("SR(6%)", "105.57", "6.33"),
    )
    assert found["total_amount"] == Decimal("111.90")


def test_the_net_total_after_rounding_outdoes_the_grand_total_before_it() -> None:
    found = sums(
        ("TOTAL :", "74.68"),
        ("SERVICE CHG 10.00% :", "7.47"),
        ("GST :", "4.93"),
        ("GRAND TOTAL :", "87.08"),
        ("ROUNDING ADJUSTMENT:", "0.02"),
        ("NET TOTAL :", "87.10"),
        ("SR", "6.00", "82.15", "4.93"),
    )
    assert found["total_amount"] == Decimal("87.10")


def test_a_total_that_cash_and_taxes_both_deny_is_not_sure() -> None:
    """The total itself could not be read; the price before tax must not pass for it."""
    found = read_receipt_sums(
        view(
            ("SUBTOTAL", "RMS3.60"),
            ("CASH", "RM100.00"),
            ("CHANGE", "RM46.40"),
            ("TAXABLE AMOUNT", "RM50.57"),
            ("6% GST", "RM3.03"),
        )
    )
    assert found.chosen["total_amount"].value == Decimal("50.57")
    assert found.chosen["total_amount"].score <= 0.4
    assert found.proven == frozenset()


def test_the_part_whose_label_is_unknown_is_what_is_missing_to_the_total() -> None:
    assert sums(("TARTE", "66,16"), ("MONTANT TOTAL", "70,13"), ("HT", "66,16"), ("TVA 6%", "3,97")) == {
        "total_amount": Decimal("70.13"),
        "subtotal": Decimal("66.16"),
        "tax_amount": Decimal("3.97"),
    }


def test_a_net_total_is_not_its_own_subtotal() -> None:
    assert "subtotal" not in sums(("BREAD", "37.65"), ("NET TOTAL", "37.65"), ("VISA", "37.65"))
