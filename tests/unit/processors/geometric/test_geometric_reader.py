"""Whole documents through the geometric reader."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.document import Page
from processors.fields import EvidenceSource, Extraction
from processors.geometry import union
from processors.reading.geometric import GeometricReader
from processors.recognition.orientation import arrange_turned, turn_box
from tests.unit.processors.geometric.page_builder import GERMAN_INVOICE, RECEIPT, Placed, page, reading

READER = GeometricReader()


def _read(document_type: str, *pages: Page) -> Extraction:
    extraction = READER.read(reading(document_type, *pages))
    assert extraction is not None
    return extraction


def _values(extraction: Extraction) -> dict[str, object]:
    return {field.name: field.value for field in extraction.fields}


INVOICE_VALUES = {
    "vendor_name": "Musterbau GmbH",
    "vendor_address": "Industriestraße 17, 80331 München",
    "vendor_tax_id": "DE123456789",
    "customer_name": "Kunden AG",
    "customer_address": "Hauptstraße 5, 60311 Frankfurt",
    "invoice_number": "2024-00317",
    "invoice_date": date(2024, 3, 14),
    "due_date": date(2024, 3, 28),
    "iban": "DE89370400440532013000",
    "currency": "EUR",
    "subtotal": Decimal("1335.40"),
    "tax_amount": Decimal("253.73"),
    "total_amount": Decimal("1589.13"),
}


def test_reads_a_german_invoice() -> None:
    assert _values(_read("invoice", page(GERMAN_INVOICE))) == INVOICE_VALUES


def test_reads_its_line_items() -> None:
    items = _read("invoice", page(GERMAN_INVOICE)).line_items
    cells = [{cell.name: cell.value for cell in item.cells} for item in items]
    assert [item.row for item in items] == [1, 2]
    assert cells[0] == {
        "description": "Beratung",
        "quantity": Decimal(10),
        "unit_price": Decimal("125.00"),
        "amount": Decimal("1250.00"),
    }
    assert cells[1]["amount"] == Decimal("85.40")


def test_every_value_cites_its_words() -> None:
    paper = page(GERMAN_INVOICE, confidence=0.9)
    extraction = _read("invoice", paper)
    fields = [*extraction.fields, *(cell for item in extraction.line_items for cell in item.cells)]
    for field in fields:
        (evidence,) = field.evidence
        words = [paper.words[index] for index in evidence.word_ids]
        assert evidence.source is EvidenceSource.PAGE
        assert evidence.page == 1
        assert field.raw_text == " ".join(word.text for word in words)
        assert evidence.box == union(word.box for word in words)
        assert field.confidence.recognition == 0.9
        assert 0 < field.confidence.value <= 0.9
        assert (field.reader, field.reader_version) == ("geometric", "5")


def test_sums_that_add_up_are_surer_than_a_lone_total() -> None:
    proven = _read("invoice", page(GERMAN_INVOICE)).field("total_amount")
    lone = _read("invoice", page([p for p in GERMAN_INVOICE if p[1] not in {310, 326}])).field("total_amount")
    assert proven is not None
    assert lone is not None
    assert proven.confidence.value > lone.confidence.value


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_page_reads_the_same_with_boxes_as_the_viewer_shows_it(rotation: int) -> None:
    upright = page(GERMAN_INVOICE)
    back = 360 - rotation
    width, height = (842.0, 595.0) if rotation in (90, 270) else (595.0, 842.0)
    words = [
        type(word)(word.id, word.text, turn_box(word.box, 595.0, 842.0, back), word.confidence)
        for word in upright.words
    ]
    layout = arrange_turned(words, width, height, rotation)
    turned = Page(1, width, height, upright.source, "test", layout.words, layout.lines, layout.blocks, rotation)
    extraction = _read("invoice", turned)
    assert _values(extraction) == INVOICE_VALUES
    total = extraction.field("total_amount")
    assert total is not None
    (evidence,) = total.evidence
    assert evidence.box == union(turned.words[index].box for index in evidence.word_ids)


def test_reads_a_till_receipt() -> None:
    values = _values(_read("receipt", page(RECEIPT, width=280, height=420)))
    assert values == {
        "vendor_name": "CORNER HARDWARE SDN BHD",
        "vendor_address": "12, JALAN BESAR, 81200 JOHOR BAHRU",
        "vendor_phone": "07-8263254",
        "receipt_number": "22497",
        "purchase_date": date(2019, 1, 23),
        "purchase_time": "13:14",
        "currency": "MYR",
        "subtotal": Decimal("19.98"),
        "rounding_amount": Decimal("0.02"),
        "total_amount": Decimal("20.00"),
        "payment_method": "CASH",
    }


def test_the_cash_handed_over_is_not_the_total() -> None:
    without_total = [placed for placed in RECEIPT if placed[1] != 220]
    total = _read("receipt", page(without_total, width=280, height=420)).field("total_amount")
    assert total is None or total.value != Decimal("50.00")


def _invoice_in(labels: list[str], number: str, day: str, amounts: tuple[str, str, str]) -> list[Placed]:
    no, date_label, net, tax, total = labels
    return [
        (350, 100, f"{no}: {number}"),
        (350, 116, f"{date_label}: {day}"),
        (350, 300, net),
        (480, 300, amounts[0]),
        (350, 316, tax),
        (480, 316, amounts[1]),
        (350, 332, total),
        (480, 332, amounts[2]),
    ]


LANGUAGES = {
    "en": ("Invoice Number|Invoice Date|Subtotal|VAT 20%|Total", "January 5, 2025", "100.00", "20.00", "120.00"),
    "de": (
        "Rechnungs-Nr.|Rechnungsdatum|Nettobetrag|MwSt. 19%|Gesamtbetrag",
        "05.01.2025",
        "100,00",
        "19,00",
        "119,00",
    ),
    "fr": ("Facture n°|Date de facture|Total HT|TVA 20 %|Total TTC", "5 janvier 2025", "100,00", "20,00", "120,00"),
    "es": ("Factura nº|Fecha|Base imponible|IVA 21%|Total factura", "5 de enero de 2025", "100,00", "21,00", "121,00"),
    "it": ("Fattura n.|Data fattura|Imponibile|IVA 22%|Totale", "5 gennaio 2025", "100,00", "22,00", "122,00"),
    "nl": ("Factuurnummer|Factuurdatum|Subtotaal|BTW 21%|Te betalen", "5 januari 2025", "100,00", "21,00", "121,00"),
    "pt": (
        "Fatura n.º|Data da fatura|Subtotal|IVA 23%|Total a pagar",
        "5 de janeiro de 2025",
        "100,00",
        "23,00",
        "123,00",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_reads_the_labels_of_seven_languages(language: str) -> None:
    labels, day, *amounts = LANGUAGES[language]
    net, tax, total = amounts
    values = _values(_read("invoice", page(_invoice_in(labels.split("|"), "F-2025/17", day, (net, tax, total)))))
    assert values["invoice_number"] == "F-2025/17"
    assert values["invoice_date"] == date(2025, 1, 5)
    assert values["subtotal"] == Decimal(net.replace(",", "."))
    assert values["tax_amount"] == Decimal(tax.replace(",", "."))
    assert values["total_amount"] == Decimal(total.replace(",", "."))


def test_other_types_and_empty_pages_are_not_read() -> None:
    assert READER.read(reading("invoice", page([]))) is None
    invoice = reading("invoice", page(GERMAN_INVOICE))
    assert READER.read(type(invoice)("contract", invoice.schema, invoice.pages)) is None


WORDS = (
    "Total Summe 1.234,56 12.00 - ( ) € $ Date: 01/02/2025 31.12.2025 Invoice No. # GmbH IBAN DE89 VAT 19% Qty "
    "Description Amount Price Bill to: Käufer 12345 Berlin TOTAL:9.00 : :: % , @ x 3"
)
VOCABULARY = st.sampled_from(WORDS.split())


@given(
    st.lists(
        st.tuples(st.floats(0, 550), st.floats(0, 800), st.lists(VOCABULARY, min_size=1, max_size=5)), max_size=40
    ),
    st.sampled_from(["invoice", "credit_note", "receipt"]),
)
@settings(max_examples=150)
def test_any_page_is_read_without_raising_and_values_are_on_it(
    placed: list[tuple[float, float, list[str]]], document_type: str
) -> None:
    paper = page([(x, y, " ".join(words)) for x, y, words in placed])
    extraction = READER.read(reading(document_type, paper))
    for field in () if extraction is None else extraction.fields:
        words = [paper.words[index].text for evidence in field.evidence for index in evidence.word_ids]
        assert field.raw_text == " ".join(words)
        assert 0 <= field.confidence.value <= 1


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 800), st.text(min_size=1, max_size=12)), max_size=15))
@settings(max_examples=100)
def test_arbitrary_text_never_raises(placed: list[tuple[float, float, str]]) -> None:
    paper = page(placed)
    for document_type in ("invoice", "receipt"):
        READER.read(reading(document_type, paper))
