import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.reading.einvoice import document_type_of
from processors.reading.einvoice.model import EInvoice
from processors.reading.einvoice.parse import parse_einvoice
from processors.reading.einvoice.tree import MAX_BYTES, Unreadable
from tests.unit.processors.einvoice.einvoice_builders import cii, ubl


def parsed(data: bytes) -> EInvoice:
    invoice = parse_einvoice(data)
    assert isinstance(invoice, EInvoice)
    return invoice


def test_cii_header() -> None:
    invoice = parsed(cii())
    assert {name: value.value for name, value in invoice.header.items()} == {
        "invoice_number": "R-2024/17",
        "invoice_date": date(2024, 3, 5),
        "currency": "EUR",
        "vendor_name": "Möbel & Söhne GmbH",
        "vendor_address": "Lange Straße 5, 10115 Berlin",
        "vendor_tax_id": "DE123456789",
        "vendor_tax_number": "12/345/67890",
        "customer_name": "Kunde AG",
        "line_total": Decimal("120.00"),
        "charge_total": Decimal("0.00"),
        "subtotal": Decimal("120.00"),
        "tax_amount": Decimal("22.80"),  # not the one in the accounting currency (BT-111)
        "total_amount": Decimal("142.80"),
        "amount_due": Decimal("142.80"),
    }
    assert not invoice.credits
    assert invoice.notes == ()


def test_cii_lines_and_references() -> None:
    invoice = parsed(cii())
    assert [{name: value.value for name, value in line.items()} for line in invoice.lines] == [
        {
            "description": "Tisch, rund", "sku": "T-1", "quantity": Decimal(2), "unit": "C62",
            "unit_price": Decimal(50), "tax_rate": Decimal(19), "amount": Decimal(100),
        },
        {
            "description": "Stuhl", "sku": "S-9", "quantity": Decimal(1), "unit": "C62",
            "unit_price": Decimal(20), "tax_rate": Decimal(19), "amount": Decimal(20),
        },
    ]  # fmt: skip
    assert invoice.lines[1]["sku"].paths == (
        "/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem[2]"
        "/ram:SpecifiedTradeProduct/ram:SellerAssignedID",
    )


def test_zugferd_1_names_are_read_as_their_successors() -> None:
    old = cii().decode()
    for new, before in (
        ("CrossIndustryInvoice", "CrossIndustryDocument"),
        ("ExchangedDocument>", "HeaderExchangedDocument>"),
        ("SupplyChainTradeTransaction", "SpecifiedSupplyChainTradeTransaction"),
        ("ApplicableHeaderTrade", "ApplicableSupplyChainTrade"),
        ("SpecifiedLineTrade", "SpecifiedSupplyChainTrade"),
        ("SpecifiedTradeSettlementHeaderMonetarySummation", "SpecifiedTradeSettlementMonetarySummation"),
        ("SpecifiedTradeSettlementLineMonetarySummation", "SpecifiedTradeSettlementMonetarySummation"),
        ("RateApplicablePercent", "ApplicablePercent"),
    ):
        old = old.replace(new, before)
    read, expected = parsed(old.encode()), parsed(cii())
    assert {name: value.value for name, value in read.header.items()} == {
        name: value.value for name, value in expected.header.items()
    }
    assert [[value.value for value in line.values()] for line in read.lines] == [
        [value.value for value in line.values()] for line in expected.lines
    ]
    assert "/rsm:HeaderExchangedDocument/" in read.header["invoice_number"].paths[0]


@pytest.mark.parametrize("root", ["Invoice", "CreditNote"])
def test_ubl(root: str) -> None:
    invoice = parsed(ubl(root))
    assert {name: value.value for name, value in invoice.header.items()} == {
        "invoice_number": "R-2024/17",
        "invoice_date": date(2024, 3, 5),
        "due_date": date(2024, 4, 4),
        "currency": "EUR",
        "purchase_order": "PO-9",
        "vendor_name": "Möbel & Söhne GmbH",
        "vendor_tax_id": "DE123456789",
        "iban": "DE88200800000970375700",
        "subtotal": Decimal(120),
        "tax_amount": Decimal("22.80"),
        "total_amount": Decimal("142.80"),
        "amount_due": Decimal("142.80"),
    }
    assert {name: value.value for name, value in invoice.lines[0].items()} == {
        "description": "Beratung", "quantity": Decimal(12), "unit": "HUR", "unit_price": Decimal(12),
        "tax_rate": Decimal(19), "discount": Decimal(24), "amount": Decimal(120),
    }  # fmt: skip
    assert invoice.header["total_amount"].paths == (f"/{root}/cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount",)
    assert invoice.credits is (root == "CreditNote")


def test_document_type() -> None:
    assert document_type_of(cii()) == "invoice"
    assert document_type_of(cii(type_code="381")) == "credit_note"
    assert document_type_of(cii(type_code="384")) == "invoice"
    assert document_type_of(cii(total="-142.80", type_code="384")) == "credit_note"
    assert document_type_of(b"<a/>") is None


def test_a_value_of_the_wrong_type_is_noted_and_left_out() -> None:
    invoice = parsed(cii(total="1,428.0"))
    assert "total_amount" not in invoice.header
    assert "total_amount: the e-invoice says '1,428.0', which is not a money" in invoice.notes


def test_the_first_of_several_is_given_with_a_note() -> None:
    two = b"<ram:PaymentReference>A</ram:PaymentReference><ram:PaymentReference>B</ram:PaymentReference>"
    invoice = parsed(cii().replace(b"<ram:InvoiceCurrencyCode>", two + b"<ram:InvoiceCurrencyCode>"))
    assert invoice.header["payment_reference"].value == "A"
    assert not invoice.header["payment_reference"].sole
    assert "payment_reference: the e-invoice holds several; the first is given" in invoice.notes


def test_headings_that_are_lines_of_zeros_are_left_out() -> None:
    data = cii().replace(b"20.0000", b"0").replace(b"1.0000", b"0").replace(b">20.00<", b">0.00<")
    assert [line["description"].value for line in parsed(data).lines] == ["Tisch, rund"]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Invoice>&b;</Invoice>"""
EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Invoice>&a;</Invoice>"""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not well-formed"),
        (b"<Invoice>", "not well-formed"),
        (b"%PDF-1.7", "not well-formed"),
        (BOMB, "declares what an invoice must not"),
        (EXTERNAL, "declares what an invoice must not"),
        (b"<!DOCTYPE Invoice><Invoice/>", "declares what an invoice must not"),
        (b"<a>" * 60 + b"</a>" * 60, "levels"),
        (b" " * (MAX_BYTES + 1), "bytes; the limit is"),
        (b"<Invoice/>", "no invoice that fieldtrail knows"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "cannot be decoded|not well-formed"),
        (b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>', "neither an invoice number"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    result = parse_einvoice(data)
    assert isinstance(result, Unreadable)
    assert re.search(reason, result.reason)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_value(data: bytes) -> None:
    assert isinstance(parse_einvoice(data), Unreadable)


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=6))
def test_damaged_invoices_never_raise(at: int, noise: bytes) -> None:
    data = cii()
    assert isinstance(parse_einvoice(data[:at] + noise + data[at + 3 :]), EInvoice | Unreadable)
