"""What kept invoices from going straight through, or let a false value pass: one printed habit a test."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from processors.document import Line, Page
from processors.fields import Extraction, FieldValue
from processors.geometry import Box, union
from processors.reading.geometric import GeometricReader
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.view import Token, are_groups
from tests.unit.processors.geometric.page_builder import Placed, page, reading


def _read(*pages: Page) -> Extraction:
    extraction = GeometricReader().read(reading("invoice", *pages))
    assert extraction is not None
    return extraction


def _values(*placed: Placed) -> dict[str, FieldValue | None]:
    return {field.name: field.value for field in _read(page(placed)).fields}


def _rows(*pages: Page) -> list[dict[str, FieldValue | None]]:
    return [{cell.name: cell.value for cell in item.cells} for item in _read(*pages).line_items]


def _row(y: float, *cells: tuple[float, str]) -> list[Placed]:
    return [(x, y, text) for x, text in cells]


HEADING = [(50, "Description"), (300, "Qty"), (380, "Price"), (490, "Amount")]
ITEMS = [
    *_row(100, *HEADING),
    *_row(116, (50, "Grommets"), (300, "4"), (380, "2.50"), (490, "10.00")),
    *_row(132, (50, "Ferrules"), (300, "3"), (380, "7.00"), (490, "21.00")),
]

# --- rows and words ------------------------------------------------------------------------------------------------


def _texts(paper: Page) -> list[list[str]]:
    return [[segment.text for segment in row] for row in DocumentView([paper]).sheets[0].rows]


def test_words_as_far_apart_as_columns_are_no_line_though_recognition_saw_one() -> None:
    paper = page([(50, 50, "ACME"), (300, 50, "Quality since 1950")])
    whole = Line(tuple(word.id for word in paper.words), union(word.box for word in paper.words))
    assert _texts(replace(paper, lines=(whole,))) == [["ACME", "Quality since 1950"]]


def test_a_tall_logo_does_not_tie_the_rows_beside_it_together() -> None:
    paper = page([(400, 49, "LOGO"), (50, 55, "Seller"), (50, 62, "Acme Ltd")], large=frozenset({"LOGO"}))
    assert ["Acme Ltd"] in _texts(paper)


def test_groups_of_digits_may_stand_as_far_apart_as_a_typewriter_sets_them() -> None:
    values = _values((50, 50, "Total TTC:"), (300, 50, "44"), (315.5, 50, "730,05"), (348, 50, "\u20ac"))
    assert values["total_amount"] == Decimal("44730.05")


@pytest.mark.parametrize(("digit", "comma", "one"), [(6.0, 6.0, True), (5.56, 2.78, False)])
def test_two_blanks_part_two_numbers_but_in_a_typewriter_face_one_blank_is_as_wide(
    digit: float, comma: float, one: bool
) -> None:
    """Ten point Courier and Helvetica: "1 695,00" is an amount, "1  695,00" a quantity and a price."""
    gap = 6.0 if one else 2 * 2.78
    left = Token(1, "1", "1", Box(100, 50, 100 + digit, 61.5))
    begin = left.box.x1 + gap
    right = Token(2, "695,00", "69500", Box(begin, 50, begin + 5 * digit + comma, 61.5))
    assert are_groups(left, right) is one


def test_an_amount_that_recognition_parted_is_one() -> None:
    paper = page([(50, 50, "Montant TTC"), (300, 50, "5"), (310, 50, "032,62"), (345, 50, "EUR")])
    ids = {word.text: word.id for word in paper.words}
    lines = [["Montant", "TTC"], ["5"], ["032,62", "EUR"]]
    parted = tuple(
        Line(tuple(ids[text] for text in line), union(paper.words[ids[text]].box for text in line)) for line in lines
    )
    values = {field.name: field.value for field in _read(replace(paper, lines=parted)).fields}
    assert values["total_amount"] == Decimal("5032.62")


def test_the_end_of_a_number_is_no_amount() -> None:
    assert "total_amount" not in _values((50, 50, "Montant TTC"), (300, 50, "032,62"), (345, 50, "EUR"))


@pytest.mark.parametrize("printed", ["51 824 753 556", "12 345 678 901"])
def test_a_tax_id_may_have_four_groups(printed: str) -> None:
    assert _values((50, 50, "Acme Ltd"), (50, 70, f"ABN: {printed}"))["vendor_tax_id"] == printed


@pytest.mark.parametrize("blank", ["\u200b", "\ufeff"])
def test_words_of_nothing_but_zero_width_blanks_are_passed_over(blank: str) -> None:
    placed = [(50, 50, f"Invoice date: 14 {blank} March 2024"), (50, 70, blank), (50, 90, f"Total: {blank} 12.00")]
    values = _values(*placed)
    assert (values["invoice_date"], values["total_amount"]) == (date(2024, 3, 14), Decimal("12.00"))


# --- line items ----------------------------------------------------------------------------------------------------


def test_a_sum_of_the_items_by_an_unknown_name_is_no_item() -> None:
    rows = _rows(page([*ITEMS, *_row(148, (50, "Wombat"), (490, "31.00")), *_row(164, (300, "Total"), (490, "31.00"))]))
    assert [row["amount"] for row in rows] == [Decimal("10.00"), Decimal("21.00")]


def test_a_sum_beside_its_label_ends_the_items() -> None:
    placed = [*ITEMS, (350, 148, "Subtotal: 31.00"), (350, 164, "VAT 20 %: 6.20"), (350, 180, "Total: 37.20")]
    values = _values(*placed)
    assert (values["subtotal"], values["tax_amount"], values["total_amount"]) == (
        Decimal("31.00"),
        Decimal("6.20"),
        Decimal("37.20"),
    )
    assert len(_rows(page(placed))) == 2


def test_a_sum_whose_name_is_made_of_headings_is_no_heading() -> None:
    placed = [
        *_row(100, (50, "Details"), (490, "Total")),
        *_row(116, (50, "Grommets"), (490, "10.00")),
        *_row(132, (50, "Ferrules"), (490, "21.00")),
        (400, 148, "Items Total RM 31.00"),
        *_row(164, (400, "Freight"), (490, "12.00")),
    ]
    assert [row["description"] for row in _rows(page(placed))] == ["Grommets", "Ferrules"]


def test_an_amount_before_the_goods_says_how_many() -> None:
    placed = [
        *_row(100, (50, "Amount"), (150, "Product"), (380, "Price"), (490, "Total")),
        *_row(116, (50, "400.00"), (150, "Balloons"), (380, "0.79"), (490, "316.00")),
    ]
    assert _rows(page(placed)) == [
        {
            "description": "Balloons",
            "quantity": Decimal(400),
            "unit_price": Decimal("0.79"),
            "amount": Decimal("316.00"),
        }
    ]


@pytest.mark.parametrize(
    "words", ["Incl. copyright levy", "Inkl. Urheberabgabe", "Inclusief thuiskopie", "davon Pfand"]
)
def test_what_a_price_includes_is_no_item(words: str) -> None:
    placed = [*ITEMS, *_row(148, (50, words), (300, "1"), (490, "4.24"))]
    assert [row["description"] for row in _rows(page(placed))] == ["Grommets", "Ferrules"]


def test_items_go_on_under_a_heading_whose_words_ran_together() -> None:
    first = page(
        [
            *_row(100, (50, "Description"), (300, "Qty"), (380, "Wrap Z"), (490, "Amount")),
            *_row(116, (50, "Grommets"), (300, "4"), (380, "9.50"), (490, "10.00")),
        ]
    )
    again = [(50, 50, "Description Qty"), (380, 50, "Wrap Z Amount")]
    second = page([*again, *_row(66, (50, "Washers"), (300, "2"), (380, "5.50"), (490, "10.00"))])
    assert [row["description"] for row in _rows(first, second)] == ["Grommets", "Washers"]


def test_items_go_on_without_a_heading_where_they_multiply() -> None:
    second = page(
        [
            *_row(50, (50, "Washers"), (300, "2"), (380, "5.00"), (490, "10.00")),
            *_row(66, (300, "Total"), (490, "41.00")),
        ]
    )
    assert [row["description"] for row in _rows(page(ITEMS), second)] == ["Grommets", "Ferrules", "Washers"]


def test_items_may_go_on_far_under_the_next_pages_letterhead() -> None:
    placed = [
        (50, 30, "Acme Ltd"),
        *_row(160, (50, "Washers"), (300, "2"), (380, "5.00"), (490, "10.00")),
        *_row(176, (50, "Rivets"), (300, "3"), (380, "4.00"), (490, "12.00")),
    ]
    rows = _rows(page(ITEMS), page(placed))
    assert [row["description"] for row in rows] == ["Grommets", "Ferrules", "Washers", "Rivets"]


def test_a_repeated_heading_that_was_scanned_further_right_has_its_own_places() -> None:
    shifted = [
        *_row(50, *((x + 60, text) for x, text in HEADING)),
        *_row(66, (110, "Washers"), (360, "2"), (440, "5.00"), (550, "10.00")),
    ]
    assert _rows(page(ITEMS), page(shifted))[2] == {
        "description": "Washers",
        "quantity": Decimal(2),
        "unit_price": Decimal("5.00"),
        "amount": Decimal("10.00"),
    }


def test_a_sum_of_all_pages_by_an_unknown_name_is_no_item() -> None:
    second = page(
        [
            *_row(50, *HEADING),
            *_row(66, (50, "Washers"), (300, "2"), (380, "5.00"), (490, "10.00")),
            *_row(82, (50, "Wombat"), (490, "41.00")),
        ]
    )
    assert len(_rows(page(ITEMS), second)) == 3


def test_what_does_not_multiply_on_the_next_page_is_no_item() -> None:
    second = page(_row(50, (50, "Reduced rate"), (300, "2"), (380, "5.00"), (490, "11.00")))
    assert len(_rows(page(ITEMS), second)) == 2


def test_behind_the_total_no_item_follows_on_the_next_page() -> None:
    first = page([*ITEMS, *_row(148, (300, "Total"), (490, "31.00"))])
    second = page(_row(50, (50, "Washers"), (300, "2"), (380, "5.00"), (490, "10.00")))
    assert len(_rows(first, second)) == 2


def test_a_sum_carried_over_is_no_item_whatever_it_is_called() -> None:
    second = page(
        [
            *_row(50, *HEADING),
            *_row(66, (50, "Transporte"), (490, "31.00")),
            *_row(82, (50, "Washers"), (300, "2"), (380, "5.00"), (490, "10.00")),
        ]
    )
    assert [row["amount"] for row in _rows(page(ITEMS), second)] == [
        Decimal("10.00"),
        Decimal("21.00"),
        Decimal("10.00"),
    ]


def test_a_price_that_ran_into_the_quantity_is_told_by_the_amount() -> None:
    placed = [
        *_row(100, (50, "Descrizione"), (300, "Quantit\u00e0"), (490, "Importo")),
        *_row(116, (50, "Carta"), (300, "1"), (309, "695,00"), (490, "695,00")),
    ]
    (row,) = _rows(page(placed))
    assert (row["quantity"], row["unit_price"], row["amount"]) == (Decimal(1), Decimal("695.00"), Decimal("695.00"))


def test_the_dash_of_an_empty_discount_makes_no_rate_negative() -> None:
    placed = [
        *_row(100, (50, "Description"), (300, "Qty"), (380, "VAT %"), (490, "Amount")),
        *_row(116, (50, "Grommets"), (300, "4"), (380, "- 13.5%"), (490, "10.00")),
    ]
    assert _rows(page(placed))[0]["tax_rate"] == Decimal("13.5")


def test_headings_of_rate_and_amount_that_ran_together_are_two() -> None:
    placed = [
        *_row(100, (50, "Description"), (300, "Qty"), (380, "Price"), (445, "VAT Amount")),
        *_row(116, (50, "Grommets"), (300, "4"), (380, "2.50"), (445, "18%"), (470, "10.00")),
    ]
    assert _rows(page(placed))[0]["amount"] == Decimal("10.00")


# --- sums ----------------------------------------------------------------------------------------------------------


def test_a_discount_by_an_unknown_name_fills_the_gap_between_items_and_subtotal() -> None:
    placed = [
        *ITEMS,
        *_row(148, (300, "Wombat scheme"), (490, "-1.55")),
        *_row(164, (300, "Subtotal"), (490, "29.45")),
        *_row(180, (300, "VAT 20 %"), (490, "5.89")),
        *_row(196, (300, "Total"), (490, "35.34")),
    ]
    assert _values(*placed)["allowance_total"] == Decimal("-1.55")


def test_a_charge_by_an_unknown_name_fills_the_gap_between_subtotal_and_total() -> None:
    placed = [
        *ITEMS,
        *_row(148, (300, "Subtotal"), (490, "31.00")),
        *_row(164, (300, "Wombat"), (490, "4.50")),
        *_row(180, (300, "VAT 20 %"), (490, "7.10")),
        *_row(196, (300, "Total"), (490, "42.60")),
    ]
    assert _values(*placed)["charge_total"] == Decimal("4.50")


def test_an_amount_beside_a_rate_behind_the_subtotal_is_another_tax_and_no_charge() -> None:
    placed = [
        *ITEMS,
        *_row(148, (300, "Subtotal"), (490, "31.00")),
        *_row(164, (300, "Wombat 10 %"), (490, "1.00")),
        *_row(180, (300, "VAT 20 %"), (490, "4.20")),
        *_row(196, (300, "Total"), (490, "36.20")),
    ]
    assert "charge_total" not in _values(*placed)


def test_a_labelled_charge_behind_the_subtotal_makes_no_gap_before_it() -> None:
    placed = [
        *ITEMS,
        *_row(148, (300, "Wombat"), (490, "5.00")),
        *_row(164, (300, "Subtotal"), (490, "31.00")),
        *_row(180, (300, "Shipping"), (490, "5.00")),
        *_row(196, (300, "VAT 20 %"), (490, "7.20")),
        *_row(212, (300, "Total"), (490, "43.20")),
    ]
    assert "allowance_total" not in _values(*placed)


def test_two_amounts_that_would_fill_a_gap_fill_none() -> None:
    placed = [
        *ITEMS,
        *_row(148, (300, "Subtotal"), (490, "31.00")),
        *_row(164, (300, "Wombat"), (490, "4.50")),
        *_row(172, (300, "Numbat"), (490, "4.50")),
        *_row(188, (300, "VAT 20 %"), (490, "7.10")),
        *_row(204, (300, "Total"), (490, "42.60")),
    ]
    assert "charge_total" not in _values(*placed)


def test_where_the_sums_leave_no_gap_nothing_is_a_charge() -> None:
    placed = [
        *ITEMS,
        *_row(148, (300, "Subtotal"), (490, "31.00")),
        *_row(164, (300, "Wombat"), (490, "6.20")),
        *_row(180, (300, "VAT 20 %"), (490, "6.20")),
        *_row(196, (300, "Total"), (490, "37.20")),
    ]
    assert not {"charge_total", "allowance_total"} & set(_values(*placed))


def test_sub_over_total_is_a_subtotal() -> None:
    values = _values(
        (50, 50, "Sub"), (50, 61, "Total"), (300, 61, "150.00"), (50, 90, "Grand total"), (300, 90, "180.00")
    )
    assert (values["subtotal"], values["total_amount"]) == (Decimal("150.00"), Decimal("180.00"))
