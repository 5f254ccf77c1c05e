"""What the geometric reader once got wrong, one printed habit a test."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from processors.document import Page
from processors.fields import Extraction, FieldValue
from processors.reading.geometric import GeometricReader
from tests.unit.processors.geometric.page_builder import Placed, page, reading


def _read(placed: Sequence[Placed], document_type: str = "invoice") -> Extraction:
    return _read_pages(document_type, page(placed, width=280.0 if document_type == "receipt" else 595.0))


def _read_pages(document_type: str, *pages: Page) -> Extraction:
    extraction = GeometricReader().read(reading(document_type, *pages))
    assert extraction is not None
    return extraction


def _values(placed: Sequence[Placed], document_type: str = "invoice") -> dict[str, FieldValue | None]:
    return {field.name: field.value for field in _read(placed, document_type).fields}


def _rows(placed: Sequence[Placed], document_type: str = "invoice") -> list[dict[str, FieldValue | None]]:
    return _cells(_read(placed, document_type))


def _cells(extraction: Extraction) -> list[dict[str, FieldValue | None]]:
    return [{cell.name: cell.value for cell in item.cells} for item in extraction.line_items]


def _row(y: float, *cells: tuple[float, str]) -> list[Placed]:
    return [(x, y, text) for x, text in cells]


HEADING = [(50, "Description"), (300, "Qty"), (380, "Price"), (490, "Amount")]


def test_a_column_without_a_known_heading_is_the_price_where_every_row_multiplies() -> None:
    placed = [
        *_row(100, (50, "Description"), (300, "Qty"), (380, "Wrap Z"), (490, "Amount")),
        *_row(116, (50, "Grommets"), (300, "4"), (390, "2.50"), (490, "10.00")),
        *_row(132, (50, "Ferrules"), (300, "3"), (390, "7.00"), (490, "21.00")),
    ]
    assert [row.get("unit_price") for row in _rows(placed)] == [Decimal("2.50"), Decimal("7.00")]


def test_a_column_without_a_known_heading_that_does_not_multiply_stays_unread() -> None:
    placed = [
        *_row(100, (50, "Description"), (300, "Qty"), (380, "Wrap Z"), (490, "Amount")),
        *_row(116, (50, "Grommets"), (300, "4"), (390, "9.50"), (490, "10.00")),
        *_row(132, (50, "Ferrules"), (300, "3"), (390, "8.00"), (490, "21.00")),
    ]
    assert [row.get("unit_price") for row in _rows(placed)] == [None, None]


def test_quantities_may_have_two_decimals_and_a_unit() -> None:
    placed = [
        *_row(100, *HEADING),
        *_row(116, (50, "Gravel"), (290, "6.25 kg"), (385, "4.00"), (490, "25.00")),
    ]
    (row,) = _rows(placed)
    assert row == {
        "description": "Gravel",
        "quantity": Decimal("6.25"),
        "unit": "kg",
        "unit_price": Decimal("4.00"),
        "amount": Decimal("25.00"),
    }


def test_percentages_under_a_heading_of_tax_are_rates() -> None:
    placed = [
        *_row(100, (50, "Description"), (300, "Qty"), (400, "VAT"), (490, "Amount")),
        *_row(116, (50, "Grommets"), (300, "4"), (400, "20%"), (490, "10.00")),
    ]
    assert _rows(placed)[0]["tax_rate"] == Decimal(20)


def test_a_name_spread_over_two_rows_is_one_heading() -> None:
    placed = [
        *_row(100, (50, "Description"), (250, "Unit"), (300, "Qty"), (380, "Unit"), (490, "Amount")),
        (380, 110, "Price"),
        *_row(130, (50, "Grommets"), (250, "box"), (300, "4"), (385, "2.50"), (490, "10.00")),
    ]
    assert _rows(placed)[0] == {
        "description": "Grommets",
        "unit": "box",
        "quantity": Decimal(4),
        "unit_price": Decimal("2.50"),
        "amount": Decimal("10.00"),
    }


def test_headings_that_stand_close_are_told_apart_by_their_words() -> None:
    placed = [
        *_row(100, (50, "No. Particulars"), (300, "Qty"), (490, "Amount")),
        *_row(116, (50, "1"), (70, "Grommets"), (300, "4"), (490, "10.00")),
    ]
    assert _rows(placed)[0]["description"] == "Grommets"


@pytest.mark.parametrize("heading", ["VAT % Amount", "USt. % Betrag"])
def test_a_percent_sign_ends_a_heading(heading: str) -> None:
    """Together the words would be the name of the tax, and the amounts be read by nobody."""
    placed = [
        *_row(100, (50, "Description"), (300, "Qty"), (380, "Price"), (460, heading)),
        *_row(116, (50, "Grommets"), (300, "4"), (385, "2.50"), (460, "20 % 10.00")),
        *_row(132, (50, "Ferrules"), (300, "3"), (385, "7.00"), (460, "20 % 21.00")),
    ]
    assert [(row.get("tax_rate"), row.get("amount")) for row in _rows(placed)] == [
        (Decimal(20), Decimal("10.00")),
        (Decimal(20), Decimal("21.00")),
    ]


def test_cells_that_stand_close_are_cut_where_the_next_heading_begins() -> None:
    placed = [
        *_row(100, (50, "Qty"), (69, "Description"), (380, "Price"), (490, "Amount")),
        *_row(116, (56, "17"), (69, "Oak panels"), (385, "2.00"), (490, "34.00")),
    ]
    row = _rows(placed)[0]
    assert (row["quantity"], row["description"]) == (Decimal(17), "Oak panels")


def test_item_beside_description_holds_the_article_numbers() -> None:
    placed = [
        *_row(100, (50, "Item"), (150, "Description"), (300, "Qty"), (490, "Amount")),
        *_row(116, (50, "KX-4410"), (150, "Grommets"), (300, "4"), (490, "10.00")),
        *_row(132, (50, "KX-4411"), (150, "Ferrules"), (300, "3"), (490, "21.00")),
    ]
    assert [(row["sku"], row["description"]) for row in _rows(placed)] == [
        ("KX-4410", "Grommets"),
        ("KX-4411", "Ferrules"),
    ]


def test_rows_counted_under_item_are_no_article_numbers() -> None:
    placed = [
        *_row(100, (50, "Item"), (150, "Description"), (300, "Qty"), (490, "Amount")),
        *_row(116, (50, "1"), (150, "Grommets"), (300, "4"), (490, "10.00")),
        *_row(132, (50, "2"), (150, "Ferrules"), (300, "3"), (490, "21.00")),
    ]
    assert [(row.get("sku"), row["description"]) for row in _rows(placed)] == [(None, "Grommets"), (None, "Ferrules")]


def test_a_code_in_brackets_is_the_article_number() -> None:
    placed = [*_row(100, *HEADING), *_row(116, (50, "[GR-77] Grommets"), (300, "4"), (385, "2.50"), (490, "10.00"))]
    row = _rows(placed)[0]
    assert (row["sku"], row["description"]) == ("GR-77", "Grommets")


def test_the_dash_of_an_empty_cell_is_no_sign() -> None:
    placed = [
        *_row(100, (50, "Description"), (300, "Qty"), (380, "Discount"), (490, "Amount")),
        *_row(116, (50, "Grommets"), (300, "4"), (473, "-"), (487, "10.00")),
    ]
    assert _rows(placed)[0]["amount"] == Decimal("10.00")


ITEMS = [
    *_row(100, *HEADING),
    *_row(116, (50, "Grommets"), (300, "4"), (385, "2.50"), (490, "10.00")),
    *_row(132, (50, "Ferrules"), (300, "3"), (385, "7.00"), (490, "21.00")),
]


def test_a_sum_by_an_unknown_name_is_no_item() -> None:
    placed = [*ITEMS, *_row(160, (300, "Worth of it all"), (490, "31.00")), *_row(176, (300, "Total"), (490, "31.00"))]
    assert [row["description"] for row in _rows(placed)] == ["Grommets", "Ferrules"]


def test_a_sum_carried_over_the_page_is_no_item_and_ends_no_table() -> None:
    first = page([*ITEMS, *_row(148, (380, "Carried forward"), (490, "31.00"))])
    second = page(
        [
            *_row(100, *HEADING),
            *_row(116, (380, "Brought forward"), (490, "31.00")),
            *_row(132, (50, "Washers"), (300, "2"), (385, "1.00"), (490, "2.00")),
        ]
    )
    rows = _cells(_read_pages("invoice", first, second))
    assert [row["description"] for row in rows] == ["Grommets", "Ferrules", "Washers"]


def test_the_subtotal_of_a_section_ends_no_table() -> None:
    placed = [
        *ITEMS,
        *_row(148, (440, "Subtotal"), (490, "31.00")),
        (50, 164, "--- Tools ---"),
        *_row(180, (50, "Hammer"), (300, "1"), (385, "9.00"), (490, "9.00")),
        *_row(210, (380, "Total"), (490, "40.00")),
    ]
    assert [row["description"] for row in _rows(placed)] == ["Grommets", "Ferrules", "Hammer"]


def test_a_row_of_sums_is_no_heading() -> None:
    placed = [*_row(100, (50, "Item Total"), (300, "Price 12.00"), (490, "301.00")), (50, 116, "Some words 4.00")]
    assert _rows(placed) == []


BOXES = [
    *_row(300, (50, "Subtotal"), (220, "VAT 20 %"), (390, "Invoice total")),
    *_row(318, (150, "31.00 EUR"), (320, "6.20 EUR"), (500, "37.20 EUR")),
]


def test_sums_in_a_row_of_boxes_stand_under_their_labels() -> None:
    values = _values([(50, 40, "INVOICE"), *BOXES])
    assert (values["subtotal"], values["tax_amount"], values["total_amount"]) == (
        Decimal("31.00"),
        Decimal("6.20"),
        Decimal("37.20"),
    )


@pytest.mark.parametrize("label", ["includes VAT 20 %", "darin enthaltene MwSt. 20 %", "incluye IVA 20 %"])
def test_the_tax_that_the_total_includes_is_read(label: str) -> None:
    placed = [
        (50, 40, "INVOICE"),
        *_row(300, (300, "Subtotal"), (490, "31.00")),
        *_row(316, (300, "Total"), (490, "37.20")),
        *_row(332, (300, label), (490, "6.20")),
    ]
    assert _values(placed)["tax_amount"] == Decimal("6.20")


def test_what_is_due_is_the_total_less_what_was_paid() -> None:
    placed = [
        *_row(300, (300, "Total"), (490, "37.20")),
        *_row(316, (300, "Amount due"), (490, "37.20")),
        *_row(332, (300, "Amount paid"), (490, "-7.20")),
        *_row(348, (300, "Balance due"), (490, "30.00")),
    ]
    values = _values(placed)
    assert (values["total_amount"], values["amount_due"]) == (Decimal("37.20"), Decimal("30.00"))


def test_what_is_due_holds_what_was_owed_before() -> None:
    placed = [
        *_row(300, (300, "Subtotal"), (490, "31.00")),
        *_row(316, (300, "Sales tax"), (490, "6.20")),
        *_row(332, (300, "Total"), (490, "37.20")),
        *_row(348, (300, "Previous balance"), (490, "100.00")),
        *_row(364, (300, "Total due"), (490, "137.20")),
    ]
    values = _values(placed)
    assert (values["total_amount"], values["amount_due"]) == (Decimal("37.20"), Decimal("137.20"))


def test_two_amounts_due_that_nothing_explains_are_not_sure() -> None:
    placed = [
        *_row(300, (300, "Total"), (490, "37.20")),
        *_row(316, (300, "Amount due"), (490, "37.20")),
        *_row(348, (300, "Balance due"), (490, "30.00")),
    ]
    due = _read(placed).field("amount_due")
    assert due is None or due.confidence.value < 0.9


def test_the_sum_of_the_lines_is_a_subtotal_only_where_it_adds_up() -> None:
    lines = _row(300, (300, "Zwischensumme"), (490, "31,00"))
    rest = [*_row(316, (300, "MwSt. 20 %"), (490, "6,20")), *_row(332, (300, "Gesamtbetrag"), (490, "37,20"))]
    discounted = [*_row(316, (300, "MwSt. 20 %"), (490, "5,00")), *_row(332, (300, "Gesamtbetrag"), (490, "30,00"))]
    assert _values([*lines, *rest])["subtotal"] == Decimal("31.00")
    assert "subtotal" not in _values([*lines, *discounted])


def test_thousands_apart_by_a_blank_with_a_glued_currency_are_one_amount() -> None:
    placed = [*_row(300, (300, "Montant total TTC"), (460, "180 457,00€"))]
    assert _values(placed)["total_amount"] == Decimal("180457.00")


def test_days_of_payment_are_no_amount() -> None:
    placed = [(50, 100, "Terms: Net 30 days"), *_row(300, (300, "Total"), (490, "37.20"))]
    assert "subtotal" not in _values(placed)


def test_the_block_under_a_heading_is_meant_not_the_one_beside_it() -> None:
    placed = [
        *_row(100, (50, "Seller:"), (320, "Wexford Lamps Ltd")),
        *_row(112, (50, "Marlow Cables Ltd"), (320, "4 Mill Road")),
        *_row(124, (50, "9 Quay Street"), (320, "Leeds LS2 7EW")),
        (50, 136, "Bristol BS1 4QA"),
    ]
    values = _values(placed)
    assert (values["vendor_name"], values["vendor_address"]) == ("Marlow Cables Ltd", "9 Quay Street, Bristol BS1 4QA")


def test_a_legal_form_on_the_next_line_belongs_to_the_name() -> None:
    placed = [
        (50, 100, "Bill to:"),
        (50, 112, "Marlow & Sons Cable Works"),
        (50, 124, "Ltd"),
        (50, 136, "9 Quay Street"),
    ]
    placed += [(50, 148, "Bristol BS1 4QA")]
    values = _values(placed)
    assert values["customer_name"] == "Marlow & Sons Cable Works Ltd"
    assert values["customer_address"] == "9 Quay Street, Bristol BS1 4QA"


def test_a_tax_id_that_is_called_the_customers_is_no_name_and_not_the_vendors() -> None:
    placed = [(50, 100, "BTW-nummer klant: NL123456789B01"), (50, 400, "BTW-nummer: NL987654321B01")]
    values = _values(placed)
    assert values.get("customer_name") is None
    assert (values["customer_tax_id"], values["vendor_tax_id"]) == ("NL123456789B01", "NL987654321B01")


def test_where_the_goods_go_is_not_who_pays() -> None:
    placed = [
        (50, 40, "Marlow Cables Ltd"),
        (50, 140, "Ship to:"),
        (50, 152, "Ada Penrose"),
        (50, 164, "9 Quay Street"),
        (50, 176, "Bristol BS1 4QA"),
    ]
    assert "customer_name" not in _values(placed)


@pytest.mark.parametrize("label", ["Original invoice:", "Factura original:", "Rif. fattura:", "Originele factuur:"])
def test_the_invoice_that_a_credit_note_corrects_is_not_its_own_number(label: str) -> None:
    assert "invoice_number" not in _values([(50, 100, f"{label} V/2025/5218")], "credit_note")


SHOP = [(60, 20, "PENROSE MARKET LTD"), (60, 34, "VAT NO: 123456789"), (60, 48, "9 QUAY STREET, 81200 BRISTOL")]


def test_a_receipt_may_print_its_tax_number_before_the_address() -> None:
    values = _values([*SHOP, (20, 150, "TOTAL"), (220, 150, "20.00")], "receipt")
    assert values["vendor_address"] == "9 QUAY STREET, 81200 BRISTOL"


def test_a_telephone_ends_the_address_of_a_receipt() -> None:
    placed = [*SHOP, (60, 62, "WHATSAPP 012 5060668"), (20, 150, "TOTAL"), (220, 150, "20.00")]
    assert _values(placed, "receipt")["vendor_address"] == "9 QUAY STREET, 81200 BRISTOL"


def test_a_receipt_counts_before_its_descriptions() -> None:
    placed = [
        (20, 150, "3 Butter rolls"),
        (220, 150, "7.50"),
        (20, 164, "2 Oat milk"),
        (220, 164, "4.00"),
        (20, 200, "TOTAL"),
        (220, 200, "11.50"),
    ]
    rows = _rows(placed, "receipt")
    assert [(row["quantity"], row["description"]) for row in rows] == [
        (Decimal(3), "Butter rolls"),
        (Decimal(2), "Oat milk"),
    ]


def test_rows_of_a_receipt_that_are_numbered_are_not_counted() -> None:
    placed = [
        (20, 150, "1 Butter rolls"),
        (220, 150, "7.50"),
        (20, 164, "2 Oat milk"),
        (220, 164, "4.00"),
        (20, 200, "TOTAL"),
        (220, 200, "11.50"),
    ]
    assert all("quantity" not in row for row in _rows(placed, "receipt"))


def test_count_and_price_of_a_receipt_may_stand_under_the_description() -> None:
    placed = [(20, 150, "Butter rolls"), (30, 164, "3 x 2.50"), (220, 164, "7.50"), (20, 200, "TOTAL")]
    placed += [(220, 200, "7.50")]
    assert _rows(placed, "receipt") == [
        {
            "description": "Butter rolls",
            "quantity": Decimal(3),
            "unit_price": Decimal("2.50"),
            "amount": Decimal("7.50"),
        }
    ]
