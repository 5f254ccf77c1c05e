"""Whole invoices through the learned reader."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.document import Page
from processors.fields import EvidenceSource, Extraction, LineItem, canonical_text
from processors.geometry import union
from processors.reading import default_readers, read_document
from processors.reading.geometric import GeometricReader
from processors.reading.learned.found import KIND_OF
from processors.reading.learned.model import Model
from processors.reading.learned.reader import LearnedReader
from tests.unit.processors.geometric.page_builder import GERMAN_INVOICE, RECEIPT, Placed, page, reading

READER = LearnedReader()


def _read(document_type: str, *pages: Page) -> Extraction:
    extraction = READER.read(reading(document_type, *pages))
    assert extraction is not None
    return extraction


def _values(extraction: Extraction) -> dict[str, object]:
    return {field.name: field.value for field in extraction.fields}


def test_reads_a_german_invoice_and_concludes_what_is_due() -> None:
    assert _values(_read("invoice", page(GERMAN_INVOICE))) == {
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
        "amount_due": Decimal("1589.13"),
    }


def test_line_items_and_the_other_fields_are_the_rules() -> None:
    paper = reading("invoice", page(GERMAN_INVOICE))
    learned, ruled = READER.read(paper), GeometricReader().read(paper)
    assert learned is not None
    assert ruled is not None
    assert learned.line_items == ruled.line_items
    for name in ("iban", "currency"):
        assert learned.field(name) == ruled.field(name)


def test_every_value_cites_its_words_and_its_reader() -> None:
    paper = page(GERMAN_INVOICE, confidence=0.9)
    for field in _read("invoice", paper).fields:
        (evidence,) = field.evidence
        words = [paper.words[index] for index in evidence.word_ids]
        assert evidence.source is EvidenceSource.PAGE
        assert field.raw_text == " ".join(word.text for word in words)
        assert evidence.box == union(word.box for word in words)
        assert field.confidence.reader is not None
        assert 0 < field.confidence.reader < 1
        assert field.confidence.value == pytest.approx(0.9 * field.confidence.reader, abs=1e-4)
        assert field.reader == ("learned" if field.name in KIND_OF else "geometric")
        assert field.reader != "learned" or field.reader_version == READER.version


UNKNOWN_LABELS: list[Placed] = [
    (50, 40, "Brookfield Supplies Ltd"),
    (50, 54, "4 Mill Lane"),
    (50, 68, "LS1 4AP Leeds"),
    (350, 100, "Our document identification:"),
    (500, 100, "BF-20771"),
    (350, 114, "Written on:"),
    (500, 114, "14 March 2024"),
    (350, 310, "Worth of all goods"),
    (480, 310, "1,335.00"),
    (350, 326, "To the treasury 20%"),
    (480, 326, "267.00"),
    (350, 342, "Altogether"),
    (480, 342, "1,602.00"),
]


def test_sums_are_read_by_their_arithmetic_where_no_label_is_known() -> None:
    values = _values(_read("invoice", page(UNKNOWN_LABELS)))
    assert GeometricReader().read(reading("invoice", page(UNKNOWN_LABELS))) is not None
    assert values["total_amount"] == Decimal("1602.00")
    assert values["tax_amount"] == Decimal("267.00")
    assert values["invoice_date"] == date(2024, 3, 14)


def test_absent_fields_stay_absent() -> None:
    found = _values(_read("invoice", page(GERMAN_INVOICE)))
    assert not {"purchase_order", "delivery_date", "customer_tax_id", "customer_id"} & set(found)


@pytest.mark.parametrize(
    "paid",
    ["iDEAL op 31.03.2024", "PayPal am 31.03.2024", "Card on 31.03.2024", "Carte bancaire le 31.03.2024",
     "Tarjeta el 31.03.2024", "Bancomat il 31.03.2024", "Multibanco em 31.03.2024"],
)  # fmt: skip
def test_the_day_of_a_payment_is_no_due_date(paid: str) -> None:
    unpaid = [cell for cell in GERMAN_INVOICE if "28.03.2024" not in cell[2]]
    assert len(unpaid) < len(GERMAN_INVOICE)
    found = _values(_read("invoice", page([*unpaid, (300, 500, paid), (480, 500, "1.589,13")])))
    assert "due_date" not in found
    assert found["total_amount"] == found["amount_due"] == Decimal("1589.13")


def test_other_types_and_empty_pages_are_left_to_others() -> None:
    assert READER.read(reading("invoice", page([]))) is None
    assert READER.read(reading("receipt", page(RECEIPT))) is None


def test_without_weights_for_a_field_the_rules_read_it() -> None:
    paper = reading("invoice", page(GERMAN_INVOICE))
    found = LearnedReader(Model("none", {})).read(paper)
    assert found == GeometricReader().read(paper)


def test_the_pipeline_asks_it_before_the_rules() -> None:
    found = read_document(reading("invoice", page(GERMAN_INVOICE)), default_readers())
    assert found.fields[0].reader == "learned"


WORDS = (
    "Total Summe 1.234,56 12.00 - ( ) € $ Date: 01/02/2025 31.12.2025 Invoice No. # GmbH DE123456789 VAT 19% Qty "
    "Description Amount Price Bill to: Käufer 12345 Berlin TOTAL:9.00 : :: % , @ x 3 Netto 100,00 19,00 119,00 Due"
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 500), st.integers(0, 40), st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=5)
        ),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_is_printed_every_value_is_printed(placed: list[tuple[int, int, list[str]]]) -> None:
    paper = page([(float(x), 20.0 * y, " ".join(words)) for x, y, words in placed])
    extraction = READER.read(reading("invoice", paper))
    if extraction is None:
        return
    names = [field.name for field in extraction.fields]
    assert len(names) == len(set(names))
    rows: tuple[LineItem, ...] = extraction.line_items
    for field in (*extraction.fields, *(cell for row in rows for cell in row.cells)):
        words = [paper.words[index].text for evidence in field.evidence for index in evidence.word_ids]
        assert field.raw_text == " ".join(words)
        assert canonical_text(field.value, field.type)


CREDIT = [
    (50, 40, "Acme Ltd"),
    (50, 54, "1 Mill Lane"),
    (50, 68, "Leeds LS1 4AP"),
    (350, 40, "Credit Note"),
    (350, 60, "Credit note no: CN-4711"),
    (350, 74, "Date: 14 March 2024"),
    (300, 300, "Subtotal"),
    (490, 300, "100.00 GBP"),
    (300, 316, "VAT 20%"),
    (490, 316, "20.00 GBP"),
    (300, 332, "Total"),
    (490, 332, "120.00 GBP"),
]


def test_what_no_label_calls_due_is_not_due_on_a_credit_note() -> None:
    assert "amount_due" not in _values(_read("credit_note", page(CREDIT)))
    labelled = [*CREDIT, (300, 348, "Amount due"), (490, 348, "0.00 GBP")]
    assert _values(_read("credit_note", page(labelled))).get("amount_due") in (None, Decimal("0.00"))


@pytest.mark.parametrize("label", ["Delivery date:", "Delivery:", "Order date:", "Paid:"])
def test_a_date_that_a_label_calls_another_is_no_invoice_date(label: str) -> None:
    lines = [(50, 40, "Acme Ltd"), (350, 40, "Invoice No: 4711"), (350, 60, f"{label} 14 March 2024")]
    assert "invoice_date" not in _values(_read("invoice", page(lines)))
