"""The e-invoice says what the page says, and sits in the PDF where Factur-X wants it."""

from datetime import date
from decimal import Decimal
from random import Random

import pymupdf
import pytest
from defusedxml import ElementTree

from processors.synthesis.content import invoice_content
from processors.synthesis.einvoice import ATTACHMENT_NAME, cross_industry_invoice, embed
from processors.synthesis.invoices import LAYOUTS
from processors.synthesis.market import load_market
from processors.synthesis.parts import choose_style

NAMES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}


def texts(xml: bytes, path: str) -> list[str]:
    return [node.text for node in ElementTree.fromstring(xml).findall(f".//{path}", NAMES)]


@pytest.mark.parametrize("seed", range(8))
def test_xml_holds_the_content(seed: int) -> None:
    content = invoice_content(Random(seed), load_market("de"))
    xml = cross_industry_invoice(content)
    assert texts(xml, "rsm:ExchangedDocument/ram:ID") == [content.number]
    assert texts(xml, "rsm:ExchangedDocument/ram:TypeCode") == ["380"]
    assert texts(xml, "ram:IssueDateTime/udt:DateTimeString") == [content.issue_date.strftime("%Y%m%d")]
    assert texts(xml, "ram:SellerTradeParty/ram:Name") == [content.vendor.name]
    assert texts(xml, "ram:IBANID") == [content.bank.iban if content.bank else None]
    assert texts(xml, "ram:TaxBasisTotalAmount") == [f"{content.subtotal:.2f}"]
    assert texts(xml, "ram:GrandTotalAmount") == [f"{content.total:.2f}"]
    assert [Decimal(text) for text in texts(xml, "ram:LineTotalAmount")] == [
        *(line.amount for line in content.lines),
        content.subtotal,
    ]
    due = content.total if content.amount_due is None else content.amount_due
    assert texts(xml, "ram:DuePayableAmount") == [f"{due:.2f}"]


def test_credit_note_names_its_invoice() -> None:
    content = invoice_content(Random(1), load_market("fr"), "credit_note")
    xml = cross_industry_invoice(content)
    assert texts(xml, "rsm:ExchangedDocument/ram:TypeCode") == ["381"]
    assert texts(xml, "ram:InvoiceReferencedDocument/ram:IssuerAssignedID") == [content.original_invoice]


@pytest.mark.parametrize(("alternative", "relationship"), [(True, "/Alternative"), (False, "/Data")])
def test_embedded_as_an_associated_file(alternative: bool, relationship: str) -> None:
    content = invoice_content(Random(2), load_market("de"))
    pdf = LAYOUTS["aligned"](content, choose_style(Random(2), content)).pdf
    xml = cross_industry_invoice(content)
    hybrid = embed(pdf, xml, date(2026, 1, 2), alternative=alternative)
    assert hybrid == embed(pdf, xml, date(2026, 1, 2), alternative=alternative)
    with pymupdf.open(stream=hybrid) as document:
        assert document.embfile_names() == [ATTACHMENT_NAME]
        assert document.embfile_get(ATTACHMENT_NAME) == xml
        kind, value = document.xref_get_key(document.pdf_catalog(), "AF")
        assert kind == "array"
        filespec = int(value.strip("[]").split()[0])
        assert document.xref_get_key(filespec, "AFRelationship") == ("name", relationship)
        assert "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in document.get_xml_metadata()
        assert content.number in document[0].get_text()
