"""Classification by words and by shape."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.classification import DocumentType, classify_shape, classify_text
from tests.unit.processors.geometric.page_builder import GERMAN_INVOICE, RECEIPT, page

TITLES = {
    "Invoice Number: 1": DocumentType.INVOICE,
    "Rechnung Nr. 5": DocumentType.INVOICE,
    "Facture n° 12": DocumentType.INVOICE,
    "Factura": DocumentType.INVOICE,
    "Fattura": DocumentType.INVOICE,
    "Factuur": DocumentType.INVOICE,
    "Fatura n.º 12": DocumentType.INVOICE,
    "Credit Note": DocumentType.CREDIT_NOTE,
    "Gutschrift": DocumentType.CREDIT_NOTE,
    "Facture d'avoir": DocumentType.CREDIT_NOTE,
    "Nota de crédito": DocumentType.CREDIT_NOTE,
    "Nota di credito": DocumentType.CREDIT_NOTE,
    "Creditnota": DocumentType.CREDIT_NOTE,
    "Kontoauszug": DocumentType.BANK_STATEMENT,
    "Relevé de compte": DocumentType.BANK_STATEMENT,
    "Wage and Tax Statement": DocumentType.W2,
    "Personalausweis": DocumentType.ID_CARD,
    "Non-Disclosure Agreement": DocumentType.CONTRACT,
}


@pytest.mark.parametrize("title", TITLES)
def test_a_title_tells_the_type(title: str) -> None:
    found = classify_text(page([(200, 40, title), (50, 200, "lorem ipsum dolor sit amet")], large=frozenset({title})))
    assert found.document_type is TITLES[title]
    assert title.split()[0] in found.reason


def test_an_invoice_is_sure_and_says_why() -> None:
    found = classify_text(page(GERMAN_INVOICE))
    assert found.document_type is DocumentType.INVOICE
    assert found.confidence > 0.9
    assert "Rechnungsnummer" in found.reason


def test_a_till_receipt_headed_tax_invoice_is_a_receipt() -> None:
    assert classify_text(page(RECEIPT, width=280, height=420)).document_type is DocumentType.RECEIPT


def test_a_credit_note_that_speaks_of_invoices_is_one() -> None:
    placed = [
        (200.0, 40.0, "Credit Note"),
        (50.0, 100.0, "Invoice number: 17"),
        (50.0, 120.0, "Invoice date: 1 May 2025"),
    ]
    assert classify_text(page(placed)).document_type is DocumentType.CREDIT_NOTE


def test_words_that_say_nothing_give_a_low_confidence() -> None:
    found = classify_text(page([(50, 50, "lorem ipsum dolor sit amet")]))
    assert found.document_type is DocumentType.OTHER
    assert found.confidence <= 0.6
    assert classify_text(page([])).document_type is DocumentType.OTHER


def test_a_single_hint_is_not_sure() -> None:
    assert classify_text(page([(50, 600, "see the invoice for this and that please")])).confidence < 0.6


@pytest.mark.parametrize(
    ("size", "media", "expected"),
    [
        ((200, 900), "image/jpeg", DocumentType.RECEIPT),
        ((226, 700), "application/pdf", DocumentType.RECEIPT),
        ((243, 153), "image/png", DocumentType.ID_CARD),
        ((153, 243), "image/png", DocumentType.ID_CARD),
        ((595, 842), "application/pdf", DocumentType.OTHER),
        ((612, 792), "image/jpeg", DocumentType.OTHER),
        ((0, 0), "image/jpeg", DocumentType.OTHER),
    ],
)
def test_the_shape_of_a_page(size: tuple[float, float], media: str, expected: DocumentType) -> None:
    found = classify_shape(*size, media)
    assert found.document_type is expected
    assert found.confidence <= 0.7


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 800), st.text(min_size=1, max_size=20)), max_size=20))
@settings(max_examples=80)
def test_any_page_gets_a_type_and_a_probability(placed: list[tuple[float, float, str]]) -> None:
    found = classify_text(page(placed))
    assert 0 <= found.confidence <= 1
    assert found.reason
