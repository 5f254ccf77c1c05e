"""Whose money and whose name an invoice prints: what once passed falsely, one printed habit a test."""

import pytest

from processors.fields import FieldValue
from processors.reading.geometric import GeometricReader
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.invoice import study_invoice
from tests.unit.processors.geometric.page_builder import Placed, page, reading


def _values(*placed: Placed) -> dict[str, FieldValue | None]:
    extraction = GeometricReader().read(reading("invoice", page(placed)))
    assert extraction is not None
    return {field.name: field.value for field in extraction.fields}


def _row(y: float, *cells: tuple[float, str]) -> list[Placed]:
    return [(x, y, text) for x, text in cells]


HEADING = [(50, "Description"), (300, "Qty"), (380, "Price"), (490, "Amount")]

# --- currency ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "currency"),
    [
        ("Acero S.A. de C.V.", "MXN"),
        ("RFC: TQL887270C91", "MXN"),
        ("ABN: 51 824 753 556", "AUD"),
        ("Fortitude Valley QLD 4006", "AUD"),
        ("ABN No. 51 824 753 556", "AUD"),
        ("CUIT 30-71234567-1", "ARS"),
        ("97 Victoria Road", "USD"),
        ("Bank: ABN AMRO", "USD"),
        ("Dupont SA 1000 Bruxelles", "USD"),
        ("Jambon cuit 2 tranches", "USD"),
        ("Portland, OR 97209", "USD"),
        ("Nothing in particular", "USD"),
    ],
)
def test_whose_dollar_it_is(words: str, currency: str) -> None:
    assert _values((50, 50, words), (50, 90, "Total"), (300, 90, "$ 12.00"))["currency"] == currency


def test_a_british_post_code_tells_pounds() -> None:
    values = _values((50, 50, "97 Victoria Road"), (50, 62, "Norwich NR3 1LG"), (50, 90, "Total"), (300, 90, "12.00"))
    assert values["currency"] == "GBP"


def test_sendirian_berhad_is_no_bahraini_dinar() -> None:
    assert _values((50, 50, "ACME TOOLS SDN BHD"), (50, 90, "Total"), (300, 90, "12.00"))["currency"] == "MYR"


@pytest.mark.parametrize("unit", ["ft", "FT", "cup", "sek"])
def test_units_of_measure_are_no_currency(unit: str) -> None:
    placed = [
        *_row(100, *HEADING),
        *[
            cell
            for row in range(4)
            for cell in _row(116 + 16.0 * row, (50, "Cable"), (300, f"20 {unit}"), (380, "2.50"), (490, "50.00"))
        ],
        *_row(190, (300, "Total"), (490, "200.00")),
        (50, 300, "Portland, OR 97209"),
    ]
    assert _values(*placed)["currency"] == "USD"


def test_forints_are_a_currency() -> None:
    assert _values((50, 50, "Total"), (300, 50, "12 500 Ft"))["currency"] == "HUF"


# --- parties -------------------------------------------------------------------------------------------------------


def test_the_letters_of_a_logo_are_no_part_of_the_name() -> None:
    values = _values((50, 50, "Ac"), (68, 50, "Acme Ltd"), (68, 62, "1 Mill Lane"), (68, 74, "Leeds LS1 4AP"))
    assert values["vendor_name"] == "Acme Ltd"


def test_a_short_first_name_stays() -> None:
    values = _values((50, 50, "De Dekker B.V."), (50, 62, "Dorpsstraat 1"), (50, 74, "1011 AB Amsterdam"))
    assert values["vendor_name"] == "De Dekker B.V."


def test_a_legal_form_may_stand_flush_right_under_its_name() -> None:
    # Ten points a character's height, five its width: each line ends at 545.
    lines = [(400, "Brandt Gartenbau GmbH &"), (515, "Co. KG"), (455, "Industriestr. 72"), (475, "90402 Berlin")]
    placed = [(545 - _width(text), 40 + 12.0 * row, text) for row, (_, text) in enumerate(lines)]
    study = study_invoice(DocumentView([page(placed)]))
    assert study.vendor is not None
    assert study.vendor.name is not None
    assert " ".join(token.text for token in study.vendor.name.tokens) == "Brandt Gartenbau GmbH & Co. KG"


def _width(text: str) -> float:
    return sum(5.0 * len(word) for word in text.split()) + 2.5 * text.count(" ")


@pytest.mark.parametrize("rest", ["de C.V.", "C.V."])
def test_the_rest_of_a_legal_form_goes_on_with_the_name(rest: str) -> None:
    start = "Acero S.A." if rest.startswith("de") else "Acero S.A. de"
    values = _values((50, 50, start), (50, 62, rest), (50, 74, "Calle Mayor 3"), (50, 86, "64000 Monterrey"))
    assert values["vendor_name"] == "Acero S.A. de C.V."


def test_a_name_that_ends_in_an_and_goes_on() -> None:
    block = [(50, 62, "Carvalho &"), (50, 74, "Magalhaes S.A."), (50, 86, "Rua 3"), (50, 98, "8000-138 Faro")]
    values = _values((50, 50, "Emitente:"), *block)
    assert values["vendor_name"] == "Carvalho & Magalhaes S.A."


def test_the_block_under_a_heading_is_its_own_though_another_stands_beside_it() -> None:
    placed = [
        (50, 50, "From:"),
        (350, 50, "Buyer Ltd"),
        (350, 61, "9 High Street"),
        (50, 70, "Acme Ltd"),
        (350, 72, "Leeds LS2 5BQ"),
        (50, 82, "1 Mill Lane"),
        (50, 94, "Leeds LS1 4AP"),
    ]
    assert _values(*placed)["vendor_name"] == "Acme Ltd"


@pytest.mark.parametrize(
    "office",
    [
        "Accounts Payable,",
        "Finance Department",
        "Abteilung Einkauf",
        "Kreditorenbuchhaltung",
        "Service comptabilit\u00e9",
        "Departamento de Compras",
        "Ufficio acquisti",
        "Afdeling Inkoop",
        "Departamento Financeiro",
    ],
)
def test_an_office_is_no_party(office: str) -> None:
    placed = [
        (50, 200, "Bill to:"),
        (50, 214, office),
        (50, 228, "Bolt Ltd"),
        (50, 242, "5 High Street"),
        (50, 256, "Leeds LS2 5BQ"),
    ]
    assert _values(*placed)["customer_name"] == "Bolt Ltd"
