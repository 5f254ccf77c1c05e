"""Receipts: which of the first rows is the seller's name, and how sure that is."""

from dataclasses import replace

import pytest

from processors.document import PageSource
from processors.fields import Extraction
from processors.reading import default_readers, read_document
from tests.unit.processors.geometric.page_builder import Placed, page, reading


def extraction(
    lines: list[str], large: frozenset[str] = frozenset(), source: PageSource = PageSource.OCR
) -> Extraction:
    placed: list[Placed] = []
    top = 20.0
    for line in lines:
        placed.append((40, top, line))
        top += 24 if line in large else 14
    receipt = page(placed, width=300, height=600, source=source, large=large)
    return read_document(reading("receipt", receipt), default_readers())


def name_in(lines: list[str], large: frozenset[str] = frozenset()) -> object:
    field = extraction(lines, large).field("vendor_name")
    return None if field is None else field.value


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        # the company that the registration number belongs to, not the sign above it
        (
            ["SAKURA NOODLE BAR", "NORTHWIND KITCHEN SDN BHD", "1204477-P", "19, JALAN MERAH"],
            "NORTHWIND KITCHEN SDN BHD",
        ),
        (["SUN TO SUN NOODLE HOUSE", "STS NOODLE HOUSE", "(002055111-U)", "NO. 25, JALAN BIRU"], "STS NOODLE HOUSE"),
        (["PEPPER'S GRILL & BAR", "A.B.C LEISURE SDN BHD (256999-P)", "TEL: 03-2164"], "A.B.C LEISURE SDN BHD"),
        # a company named under its shop's address
        (
            ["PETROGAS TIMUR 2", "LOT PTD 2020", "81750 MASAI", "WIJAYA FUEL ENTERPRISE", "CO. REG. NO: 001011199-T"],
            "WIJAYA FUEL ENTERPRISE",
        ),
        # the operator behind a shop stays in the second place where it stands below everything else
        (
            [
                "SUNRISE STATIONERY SHOP",
                "NO. 31, JALAN INDAH",
                "40170 SETIA",
                "TEL: +603-3362",
                "TAX INVOICE",
                "OWNED BY :",
                "SUNRISE SUPPLY SDN BHD (1135999-K)",
            ],
            "SUNRISE STATIONERY SHOP",
        ),
        # what follows a registration number is no name
        (["QUEEN'S CONFECTIONERY S/B 273599-U (QSB)", "NO.41, JALAN DUA"], "QUEEN'S CONFECTIONERY S/B"),
        (["TQ FOR SHOPPING WITH daily.example", "DAILY RETAIL SB(306299-X) FKA OLD STORES SB"], "DAILY RETAIL SB"),
        # a branch's number is a part of its name
        (["PETROGAS TIMUR JAYA 2", "LOT PTD 202051", "JALAN TIMUR 20/10"], "PETROGAS TIMUR JAYA 2"),
        # a remark in brackets is none
        (["ROSEMOLY NOVA CITY", "(ROSEMOLY SHOP (95899))", "UNIT L2-101A, NOVA MALL"], "ROSEMOLY NOVA CITY"),
        # a building above the street
        (["LUMISCOR DRUKWERK", "Gebouw A", "Molenstraat 140", "3511 LN Utrecht"], "LUMISCOR DRUKWERK"),
        # a district that the address says again
        (
            ["PUSAT NIAGA MELATI", "UNIT 105, BLOCK A,PUSAT NIAGA MELATI,", "KEDAI RETAIL SB (306298-X)"],
            "KEDAI RETAIL SB",
        ),
        # a town with its post code
        (["Corner Bodega", "7748 Harbor View Drive", "Calgary AB T2P 1J9", "Tel.: (775) 555-0191"], "Corner Bodega"),
        (["YOUR ORDER NUMBER IS", "7290", "LEAFTEA KIOSK", "No 4, Jalan Satu"], "LEAFTEA KIOSK"),
    ],
)
def test_the_company_is_chosen_among_signs_owners_and_places(lines: list[str], name: str) -> None:
    assert name_in(lines) == name


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["Lindgren & Castillo Pvt.", "Ltd.", "36 Station Approach"], "Lindgren & Castillo Pvt. Ltd."),
        (["GOLDEN LOTUS PAPER SDN", "BHD", "03-0509 0642"], "GOLDEN LOTUS PAPER SDN BHD"),
        (["SUMINISTROS QUINTANA S. DE R.L. DE", "C.V.", "Calle 66"], "SUMINISTROS QUINTANA S. DE R.L. DE C.V."),
        (
            ["BLUE HUT HARDWARE", "ENTERPRISE (SETIA", "ALAM) SDN BHD", "822799-X"],
            "BLUE HUT HARDWARE ENTERPRISE (SETIA ALAM) SDN BHD",
        ),
    ],
)
def test_a_name_that_a_lines_end_cuts_is_put_together(lines: list[str], name: str) -> None:
    assert name_in(lines) == name


def test_the_name_above_the_street_that_the_web_address_holds_outdoes_handwriting_and_slogans() -> None:
    lines = [
        "joannaLchr", "SUNKENLOS", "GLUCKLICH?", "URL ins Handy eintippen", "Honestly", "Frischkauf Lehner",
        "Bonner Str. 4", "33102 Paderborn", "www.frischkauf-lehner.de",
    ]  # fmt: skip
    assert name_in(lines, frozenset({"joannaLchr"})) == "Frischkauf Lehner"


def test_the_print_under_a_logo_that_says_more_is_the_name() -> None:
    lines = ["Fabrikam", "Fabrikam Inn", "5600 148th Ave NE,", "Redmond, WA 98052"]
    assert name_in(lines, frozenset({"Fabrikam"})) == "Fabrikam Inn"


def test_the_print_of_a_logo_begins_the_legal_name_under_it() -> None:
    lines = ["TechnoMarkf", "TECHNO MARKT", "Video und Radio GmbH Bonn", "Weg 110", "53100 BONN"]
    assert name_in(lines, frozenset({"TechnoMarkf"})) == "TECHNO MARKT Video und Radio GmbH Bonn"


def test_a_logo_beside_its_print_is_said_once() -> None:
    receipt = page(
        [(40, 20, "ideal"), (160, 20, "ideal GmbH"), (40, 34, "Husumer Str. 121")],
        width=300, height=600, source=PageSource.OCR,
    )  # fmt: skip
    field = read_document(reading("receipt", receipt), default_readers()).field("vendor_name")
    assert field is not None
    assert field.value == "ideal GmbH"


def test_an_unsure_name_beside_a_sure_mark_is_still_the_name() -> None:
    receipt = page([(40, 20, "0"), (90, 20, "CAFE ZUR WEIDE"), (40, 34, "Weidenstr. 121")], width=300, height=600)
    doubtful = tuple(replace(word, confidence=0.4) if word.text != "0" else word for word in receipt.words)
    pages = replace(receipt, words=doubtful, source=PageSource.OCR)
    field = read_document(reading("receipt", pages), default_readers()).field("vendor_name")
    assert field is not None
    assert field.value == "0 CAFE ZUR WEIDE"


def test_a_second_name_close_behind_makes_the_first_one_less_sure() -> None:
    alone = extraction(["NORTHWIND FOODS SDN BHD", "(256999-P)", "NO 3, JALAN DUA"]).field("vendor_name")
    rivalled = extraction(["LIME TREE RESTAURANT", "NORTHWIND FOODS SDN BHD", "(256999-P)", "NO 3, JALAN DUA"]).field(
        "vendor_name"
    )
    assert alone is not None
    assert rivalled is not None
    assert alone.value == rivalled.value == "NORTHWIND FOODS SDN BHD"
    assert alone.confidence.reader is not None
    assert rivalled.confidence.reader is not None
    assert rivalled.confidence.reader < alone.confidence.reader - 0.1


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (["HEXENHAUS CAFE", "Am Bahnhof 101, 3011 Bern", "KUNDENBELEG"], "Am Bahnhof 101, 3011 Bern"),
        (
            ["Papeterie Moreau SARL", "100 rue de la Gare", "33000 Bordeaux", "TICKET DE CAISSE"],
            "100 rue de la Gare, 33000 Bordeaux",
        ),
        (
            ["Papeterie Moreau SPRL", "BP 110", "42 rue des Tanneurs", "5000 Namur"],
            "BP 110, 42 rue des Tanneurs, 5000 Namur",
        ),
        (
            ["Harbor Goods LLC", "5071 Harbor View Drive, Chicago, IL", "60607", "Tel: 555"],
            "5071 Harbor View Drive, Chicago, IL, 60607",
        ),
        (
            ["PETROGAS TIMUR 2", "LOT PTD 2020", "81750 MASAI", "WIJAYA FUEL ENTERPRISE", "CO. REG. NO: 001011199-T"],
            "LOT PTD 2020, 81750 MASAI",
        ),
        (
            ["ROSEMOLY NOVA CITY", "(ROSEMOLY SHOP (95899))", "UNIT L2-101A, NOVA MALL", "93350 KUCHING"],
            "UNIT L2-101A, NOVA MALL, 93350 KUCHING",
        ),
    ],
)
def test_the_address_ends_where_the_receipt_begins(lines: list[str], address: str) -> None:
    field = extraction(lines).field("vendor_address")
    assert field is not None
    assert field.value == address
