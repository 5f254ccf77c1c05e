"""Cards, wage statements, contracts, bank statements and letterheads, as the whole chain of readers sees them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.document import Page, PageSource
from processors.fields import Extraction, FieldValue
from processors.reading import default_readers, read_document
from tests.unit.processors.geometric.page_builder import Placed, page, reading

TYPES = (
    "bank_statement",
    "bill_of_lading",
    "contract",
    "id_card",
    "insurance_policy",
    "pay_stub",
    "purchase_order",
    "tax_form",
    "utility_bill",
    "w2",
)


def read(document_type: str, *pages: Page) -> Extraction:
    return read_document(reading(document_type, *pages), default_readers())


def values(extraction: Extraction) -> dict[str, FieldValue | None]:
    return {field.name: field.value for field in extraction.fields}


def test_a_passport_by_its_zone_and_the_words_that_print_it() -> None:
    found = read(
        "id_card",
        page([
            (40, 40, "PASSPORT"),
            (40, 70, "ERIKSSON"),
            (40, 90, "12 AUG 1974"),
            (40, 300, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"),
            (40, 320, "L898902C36UTO7408122F1204159ZE184226B<<<<<10"),
        ]),
    )  # fmt: skip
    assert values(found) == {
        "document_kind": "passport",
        "document_number": "L898902C3",
        "last_name": "ERIKSSON",
        "first_name": "ANNA MARIA",
        "date_of_birth": date(1974, 8, 12),
        "nationality": "UTO",
        "sex": "F",
        "expiry_date": date(2012, 4, 15),
        "issuing_authority": "UTO",
    }
    born = found.field("date_of_birth")
    number = found.field("document_number")
    assert born is not None
    assert number is not None
    assert born.raw_text == "12 AUG 1974"
    assert number.confidence.value >= 0.95


def test_an_american_licence_by_its_numbered_fields_without_blanks() -> None:
    found = read(
        "id_card",
        page([
            (40, 20, "NORTHCAROLINA"), (300, 20, "DRIVER LICENSE"),
            (40, 50, "4dDLN 000012345678"),
            (40, 70, "1 SAMPLE"),
            (40, 82, "2 JANE Q"),
            (40, 100, "3DOB 03/14/1981"), (300, 100, "4aISS05/02/2019"),
            (40, 120, "15SEX F"), (300, 120, "4bEXP03/14/2027"),
        ]),
    )  # fmt: skip
    assert values(found) == {
        "document_kind": "driver_license",
        "document_number": "000012345678",
        "last_name": "SAMPLE",
        "first_name": "JANE Q",
        "date_of_birth": date(1981, 3, 14),
        "issue_date": date(2019, 5, 2),
        "expiry_date": date(2027, 3, 14),
        "sex": "F",
        "issuing_authority": "North Carolina",
    }


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("PERSONALAUSWEIS", "identity_card"),
        ("CARTE NATIONALE D'IDENTITÉ", "identity_card"),
        ("PERMISO DE CONDUCCIÓN", "driver_license"),
        ("PATENTE DI GUIDA", "driver_license"),
        ("RIJBEWIJS", "driver_license"),
        ("PASSAPORTE", "passport"),
        ("TITRE DE SÉJOUR", "residence_permit"),
    ],
)
def test_what_a_card_calls_itself(title: str, kind: str) -> None:
    assert values(read("id_card", page([(40, 20, title)])))["document_kind"] == kind


CONTRACT_EN: list[Placed] = [
    (50, 40, "CONSULTING AGREEMENT"),
    (50, 80, "This Agreement is made as of March 3, 2024 by and between Northwind Ltd,"),
    (50, 94, "a company with its seat in Leeds, and Fabrikam Inc., having its principal place"),
    (50, 108, "of business at 1 Main Street. It shall remain in force for three years."),
    (50, 130, "This Agreement shall be governed by the laws of the State of New York."),
]
CONTRACT_DE: list[Placed] = [
    (50, 40, "RAHMENVERTRAG"),
    (50, 80, "Dieser Vertrag wird mit Wirkung vom 01.04.2024 geschlossen zwischen Muster GmbH,"),
    (50, 94, "Hauptstraße 1, 50667 Köln, und Beispiel AG, Ring 2, 10115 Berlin."),
    (50, 108, "Er hat eine Laufzeit von 24 Monaten. Es gilt das Recht der Schweiz."),
]


@pytest.mark.parametrize(
    ("placed", "expected"),
    [
        (
            CONTRACT_EN,
            {
                "parties": "Northwind Ltd, Fabrikam Inc.",
                "effective_date": date(2024, 3, 3),
                "governing_law": "New York",
                "term": "three years",
            },
        ),
        (
            CONTRACT_DE,
            {
                "parties": "Muster GmbH, Beispiel AG",
                "effective_date": date(2024, 4, 1),
                "governing_law": "Schweiz",
                "term": "24 Monaten",
            },
        ),
    ],
)
def test_a_contract_by_its_phrases(placed: list[Placed], expected: dict[str, FieldValue]) -> None:
    assert values(read("contract", page(placed))) == expected


def test_wage_boxes_with_blurred_headings_by_a_majority_of_the_copies() -> None:
    def copy(y: float, wages: str) -> list[Placed]:
        return [
            (40, y, "a Employee's social security number"), (330, y, "1 Wages,fips,other compensaticn"),
            (40, y + 12, "123-45-6789"), (340, y + 12, wages),
            (330, y + 30, "3 Social securlty wages"), (460, y + 30, "4 Socisl securty tax wihheld"),
            (340, y + 42, "41,000.00"), (470, y + 42, "2,542.00"),
        ]  # fmt: skip

    placed = [*copy(60, "38,500.00"), *copy(260, "38,500.00"), *copy(460, "88,500.00")]
    found = values(read("w2", page(placed, source=PageSource.OCR, confidence=0.9)))
    assert found["wages"] == Decimal("38500.00")
    assert found["social_security_wages"] == Decimal("41000.00")
    assert found["social_security_tax"] == Decimal("2542.00")
    assert found["employee_ssn"] == "123-45-6789"


def test_a_statement_by_letterhead_window_and_iban() -> None:
    found = values(
        read(
            "bank_statement",
            page(
                [
                    (330, 30, "Sparkasse Musterstadt"),
                    (330, 56, "Kontoauszug"),
                    (50, 110, "Ada Beispiel"), (330, 110, "Kontonummer"), (430, 110, "DE89 3704 0044 0532"),
                    (50, 124, "Hauptstraße 5"), (430, 124, "0130 00"),
                    (50, 138, "50667 Köln"),
                    (50, 200, "Alter Saldo"), (200, 200, "100,00 €"),
                    (50, 216, "Neuer Saldo"), (200, 216, "250,00 €"),
                ],
                large=frozenset({"Sparkasse Musterstadt"}),
            ),
        )
    )  # fmt: skip
    assert found == {
        "bank_name": "Sparkasse Musterstadt",
        "account_holder": "Ada Beispiel",
        "account_holder_address": "Hauptstraße 5, 50667 Köln",
        "account_number": "DE89370400440532013000",
        "iban": "DE89370400440532013000",
        "opening_balance": Decimal("100.00"),
        "closing_balance": Decimal("250.00"),
        "currency": "EUR",
    }


def test_an_address_of_one_line_with_more_lines_under_it() -> None:
    found = values(
        read(
            "bank_statement",
            page([
                (330, 30, "Northwind Credit Union"),
                (50, 110, "MARY MAJOR"),
                (50, 122, "884 LUCRETIA SPRINGS, ROHANPORT, IL 71453-2806"),
                (50, 134, "Customer since 2001"),
                (50, 146, "Paperless"),
            ]),
        )
    )  # fmt: skip
    assert found["account_holder"] == "MARY MAJOR"
    assert found["account_holder_address"] == "884 LUCRETIA SPRINGS, ROHANPORT, IL 71453-2806"


def test_amounts_in_a_row_of_boxes_under_their_headings() -> None:
    found = values(
        read(
            "pay_stub",
            page([
                (50, 300, "Gross pay"), (200, 300, "Total deductions"), (380, 300, "Net pay"),
                (120, 320, "$6,739.20"), (290, 320, "$1,347.84"), (450, 320, "$5,391.36"),
            ]),
        )
    )  # fmt: skip
    assert found["gross_pay"] == Decimal("6739.20")
    assert found["total_deductions"] == Decimal("1347.84")
    assert found["net_pay"] == Decimal("5391.36")


def test_in_a_purchase_order_the_letterhead_is_the_buyer() -> None:
    found = values(
        read(
            "purchase_order",
            page(
                [
                    (50, 40, "Northwind Traders Ltd"),
                    (50, 70, "29 Mill Lane"),
                    (50, 82, "Manchester M1 3HU"),
                    (50, 130, "To:"),
                    (50, 144, "Fabrikam Supplies Ltd"),
                    (50, 158, "116 Tannery Row"),
                    (50, 172, "Leeds LS2 7EW"),
                    (330, 130, "PO Number: 4500-1234"),
                ],
                large=frozenset({"Northwind Traders Ltd"}),
            ),
        )
    )
    assert found["customer_name"] == "Northwind Traders Ltd"
    assert found["customer_address"] == "29 Mill Lane, Manchester M1 3HU"
    assert found["vendor_name"] == "Fabrikam Supplies Ltd"
    assert found["vendor_address"] == "116 Tannery Row, Leeds LS2 7EW"


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(TYPES),
    st.lists(st.tuples(st.floats(0, 500), st.floats(0, 800), st.text(min_size=1, max_size=30)), max_size=12),
)
def test_nothing_on_a_page_makes_the_readers_raise(document_type: str, placed: list[Placed]) -> None:
    for field in read(document_type, page(placed)).fields:
        assert field.evidence


def movements(placed: list[Placed]) -> list[dict[str, FieldValue | None]]:
    head: list[Placed] = [(50, 40, "Account statement"), (50, 60, "Period: 01/10/2024 - 31/10/2024")]
    return [
        {cell.name: cell.value for cell in row.cells} for row in read("bank_statement", page(head + placed)).line_items
    ]


def test_movements_get_their_sign_from_the_running_balance() -> None:
    found = movements([
        (50, 100, "13/10/2024"), (150, 100, "Salary Northwind"), (400, 100, "1,500.00"), (500, 100, "1,600.00"),
        (50, 116, "14/10/2024"), (150, 116, "Rent"), (400, 116, "700.00"), (500, 116, "900.00"),
        (150, 127, "October"),
        (50, 140, "15/10/2024"), (150, 140, "Shop"), (400, 140, "-20.00"), (500, 140, "880.00"),
    ])  # fmt: skip
    assert [(row["date"], row["description"], row["amount"], row["balance"]) for row in found] == [
        (date(2024, 10, 13), "Salary Northwind", Decimal("1500.00"), Decimal("1600.00")),
        (date(2024, 10, 14), "Rent October", Decimal("-700.00"), Decimal("900.00")),
        (date(2024, 10, 15), "Shop", Decimal("-20.00"), Decimal("880.00")),
    ]


def test_movements_printed_from_the_newest_get_their_sign_from_the_balance_below() -> None:
    found = movements([
        (50, 100, "15/10/2024"), (150, 100, "Refund"), (400, 100, "20.00"), (500, 100, "900.00"),
        (50, 116, "14/10/2024"), (150, 116, "Shop"), (400, 116, "20.00"), (500, 116, "880.00"),
        (50, 132, "13/10/2024"), (150, 132, "Salary"), (400, 132, "800.00"), (500, 132, "900.00"),
    ])  # fmt: skip
    assert [row["amount"] for row in found] == [Decimal("20.00"), Decimal("-20.00"), Decimal("800.00")]


@pytest.mark.parametrize(("out", "came"), [("700.00 DR", "1,500.00 CR"), ("700,00 S", "1.500,00 H")])
def test_a_credit_is_more_on_an_account(out: str, came: str) -> None:
    found = movements([
        (50, 100, "14/10/2024"), (150, 100, "Rent"), (480, 100, out),
        (50, 116, "15/10/2024"), (150, 116, "Salary"), (480, 116, came),
    ])  # fmt: skip
    assert [row["amount"] for row in found] == [Decimal("-700.00"), Decimal("1500.00")]


def test_movements_in_columns_of_their_own_by_the_headings() -> None:
    found = movements([
        (50, 100, "Date"), (150, 100, "Details"), (380, 100, "Withdrawals"), (480, 100, "Deposits"),
        (50, 116, "14/10/2024"), (150, 116, "Rent"), (390, 116, "700.00"),
        (50, 132, "15/10/2024"), (150, 132, "Salary"), (485, 132, "1,500.00"),
    ])  # fmt: skip
    assert [row["amount"] for row in found] == [Decimal("-700.00"), Decimal("1500.00")]


def test_a_day_without_a_year_is_of_the_statements_period() -> None:
    found = movements([
        (50, 100, "14/10"), (150, 100, "Rent"), (480, 100, "-700.00"),
        (50, 116, "15 Oct"), (150, 116, "Salary"), (480, 116, "1,500.00"),
    ])  # fmt: skip
    assert [row["date"] for row in found] == [date(2024, 10, 14), date(2024, 10, 15)]


def test_the_articles_of_an_order_are_read_like_an_invoices() -> None:
    extraction = read(
        "purchase_order",
        page([
            (50, 200, "Item"), (100, 200, "Description"), (320, 200, "Qty"), (400, 200, "Unit price"),
            (500, 200, "Amount"),
            (50, 216, "A-100"), (100, 216, "Hex screw M10"), (325, 216, "20"), (410, 216, "2.50"), (505, 216, "50.00"),
            (50, 232, "B-200"), (100, 232, "Copy paper A4"), (325, 232, "5"), (410, 232, "4.00"), (505, 232, "20.00"),
            (400, 260, "Total"), (505, 260, "70.00"),
        ]),
    )  # fmt: skip
    rows = [{cell.name: cell.value for cell in row.cells} for row in extraction.line_items]
    assert [(row["description"], row["quantity"], row["amount"]) for row in rows] == [
        ("Hex screw M10", Decimal(20), Decimal("50.00")),
        ("Copy paper A4", Decimal(5), Decimal("20.00")),
    ]


def test_a_tax_form_by_the_year_alone_and_names_in_boxes_side_by_side() -> None:
    found = values(
        read(
            "tax_form",
            page([
                (50, 30, "U.S. Individual Income Tax Return"), (400, 30, "2024"),
                (50, 80, "Your first name and middle initial"), (250, 80, "Last name"),
                (50, 92, "John Q."), (250, 92, "Sample"),
                (50, 110, "If joint return, spouse's first name and middle initial"), (350, 110, "Last name"),
                (50, 122, "Jane Q."), (350, 122, "Sample"),
            ]),
        )
    )  # fmt: skip
    assert found["tax_year"] == "2024"
    assert found["taxpayer_name"] == "John Q. Sample"
    assert found["spouse_name"] == "Jane Q. Sample"


def test_a_name_wider_than_its_box_is_read_whole() -> None:
    found = values(
        read(
            "bill_of_lading",
            page([
                (50, 100, "Shipper"), (200, 100, "Carrier"),
                (50, 114, "Nordlicht Verpackungen und Partner GmbH"), (300, 114, "Ocean Line Ltd"),
                (50, 126, "Hafengasse 165"),
                (50, 138, "04109 Leipzig"),
            ]),
        )
    )  # fmt: skip
    assert found["shipper_name"] == "Nordlicht Verpackungen und Partner GmbH"


def test_a_birth_date_of_two_digits_is_not_later_than_the_policy() -> None:
    found = values(
        read(
            "insurance_policy",
            page([
                (50, 100, "Policy number"), (200, 100, "POL-100200"),
                (50, 116, "Date of birth"), (200, 116, "23/06/64"),
                (50, 132, "Effective from"), (200, 132, "01/07/2023"),
            ]),
        )
    )  # fmt: skip
    assert found["date_of_birth"] == date(1964, 6, 23)


def test_a_birth_date_printed_with_its_century_stays_as_printed() -> None:
    found = values(
        read(
            "id_card",
            page([
                (50, 100, "Document no"), (200, 100, "X1234567"),
                (50, 116, "Date of birth"), (200, 116, "23/06/2021"),
                (50, 132, "Form of"), (200, 132, "01/07/2015"),
            ]),
        )
    )  # fmt: skip
    assert found["date_of_birth"] == date(2021, 6, 23)


def test_a_monogram_is_no_part_of_the_name() -> None:
    placed: list[Placed] = [(50, 30, "No Novorgen Electric Company"), (50, 60, "12 High Street")]
    assert values(read("utility_bill", page(placed)))["vendor_name"] == "Novorgen Electric Company"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Blaa", "Deposits", [Decimal("-700.00"), Decimal("1500.00")]),
        ("Gastos", "Blaa", [Decimal("-700.00"), Decimal("1500.00")]),
        ("Blaa", "Bloo", [None, None]),
    ],
)
def test_the_other_of_two_columns_is_the_opposite(left: str, right: str, expected: list[Decimal | None]) -> None:
    found = movements([
        (50, 100, "Date"), (150, 100, "Details"), (385, 100, left), (480, 100, right),
        (50, 116, "14/10/2024"), (150, 116, "Rent"), (390, 116, "700.00"),
        (50, 132, "15/10/2024"), (150, 132, "Salary"), (485, 132, "1,500.00"),
    ])  # fmt: skip
    assert [row.get("amount") for row in found] == expected
