"""The same content as a Factur-X / ZUGFeRD 2.x e-invoice, profile EN 16931, and its place inside the PDF.

Sources: EN 16931-1 (BT numbers in the comments), UN/CEFACT Cross Industry Invoice D16B, Factur-X 1.0 for names, XMP and
attachment relationship. The PDF is not PDF/A-3 (its standard fonts are not embedded); readers of the XML do not mind.
"""

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pymupdf

from processors.synthesis.content import InvoiceContent, LineContent, Party, TaxShare

ATTACHMENT_NAME = "factur-x.xml"

_PROFILE = "urn:cen.eu:en16931:2017"
_NAMESPACES = {
    "xmlns:rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "xmlns:ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "xmlns:udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
_TYPE_CODES = {"invoice": "380", "credit_note": "381"}
_UNIT_CODES = {"piece": "H87", "hour": "HUR", "box": "XBX", "meter": "MTR", "month": "MON"}  # UN/ECE Rec. 20 and 21
_DATE_FORMAT = "102"  # YYYYMMDD
_CREDIT_TRANSFER = "58"  # SEPA credit transfer, UNTDID 4461

Node = ElementTree.Element


def cross_industry_invoice(content: InvoiceContent) -> bytes:
    """The content as CII XML. Meant for European markets: a VAT number of the seller must exist (BR-S-02)."""
    root = ElementTree.Element("rsm:CrossIndustryInvoice", _NAMESPACES)
    context = _add(root, "rsm:ExchangedDocumentContext", "ram:GuidelineSpecifiedDocumentContextParameter")
    _text(context, "ID", _PROFILE)  # BT-24
    document = _add(root, "rsm:ExchangedDocument")
    _text(document, "ID", content.number)  # BT-1
    _text(document, "TypeCode", _TYPE_CODES[content.document_type])  # BT-3
    _date(_add(document, "ram:IssueDateTime"), content.issue_date)  # BT-2
    transaction = _add(root, "rsm:SupplyChainTradeTransaction")
    for number, line in enumerate(content.lines, start=1):
        _line(transaction, number, line)
    _agreement(transaction, content)
    _add(transaction, "ram:ApplicableHeaderTradeDelivery")
    _settlement(transaction, content)
    ElementTree.indent(root)
    xml: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return xml


def embed(pdf: bytes, xml: bytes, modified: date, *, alternative: bool) -> bytes:
    """``pdf`` with ``xml`` attached as ``factur-x.xml`` and announced in its XMP metadata.

    The attachment relationship is ``Alternative`` where asked (the German habit: both parts are the invoice), else
    ``Data``. The objects are written by hand because ``embfile_add`` stamps the present time and has no relationship.
    """
    document = pymupdf.open(stream=pdf, filetype="pdf")
    stream = document.get_new_xref()
    stamp = f"(D:{modified:%Y%m%d}120000Z)"
    document.update_object(
        stream,
        f"<</Type/EmbeddedFile/Subtype/text#2Fxml/Params<</Size {len(xml)}/ModDate{stamp}>>>>",
    )
    document.update_stream(stream, xml)
    filespec = document.get_new_xref()
    document.update_object(
        filespec,
        f"<</Type/Filespec/F({ATTACHMENT_NAME})/UF({ATTACHMENT_NAME})/Desc(Factur-X invoice)"
        f"/AFRelationship/{'Alternative' if alternative else 'Data'}/EF<</F {stream} 0 R/UF {stream} 0 R>>>>",
    )
    catalog = document.pdf_catalog()
    names = f"<</EmbeddedFiles<</Names[({ATTACHMENT_NAME}) {filespec} 0 R]>>>>"
    document.xref_set_key(catalog, "Names", names)
    document.xref_set_key(catalog, "AF", f"[{filespec} 0 R]")
    document.set_xml_metadata(_XMP)
    result: bytes = document.tobytes(deflate=True, no_new_id=True)
    document.close()
    return result


def _agreement(transaction: Node, content: InvoiceContent) -> None:
    agreement = _add(transaction, "ram:ApplicableHeaderTradeAgreement")
    _party(_add(agreement, "ram:SellerTradeParty"), content.vendor, None)  # BG-4
    _party(_add(agreement, "ram:BuyerTradeParty"), content.customer, content.customer_id)  # BG-7
    if content.purchase_order:
        _text(_add(agreement, "ram:BuyerOrderReferencedDocument"), "IssuerAssignedID", content.purchase_order)  # BT-13


def _settlement(transaction: Node, content: InvoiceContent) -> None:
    settlement = _add(transaction, "ram:ApplicableHeaderTradeSettlement")
    _text(settlement, "PaymentReference", content.number)  # BT-83
    _text(settlement, "InvoiceCurrencyCode", content.market.currency)  # BT-5
    if content.bank and content.bank.iban:
        means = _add(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
        _text(means, "TypeCode", _CREDIT_TRANSFER)  # BT-81
        _text(_add(means, "ram:PayeePartyCreditorFinancialAccount"), "IBANID", content.bank.iban)  # BT-84
        _text(_add(means, "ram:PayeeSpecifiedCreditorFinancialInstitution"), "BICID", content.bank.bic)  # BT-86
    for share in content.taxes:
        _tax_share(settlement, share)
    terms = _add(settlement, "ram:SpecifiedTradePaymentTerms")
    _text(terms, "Description", content.payment_terms)  # BT-20
    if content.due_date:
        _date(_add(terms, "ram:DueDateDateTime"), content.due_date)  # BT-9
    _totals(settlement, content)
    if content.original_invoice:
        _text(_add(settlement, "ram:InvoiceReferencedDocument"), "IssuerAssignedID", content.original_invoice)  # BT-25


def _tax_share(settlement: Node, share: TaxShare) -> None:
    tax = _add(settlement, "ram:ApplicableTradeTax")  # BG-23
    _text(tax, "CalculatedAmount", _money(share.amount))
    _text(tax, "TypeCode", "VAT")
    _text(tax, "BasisAmount", _money(share.base))
    _text(tax, "CategoryCode", "S")
    _text(tax, "RateApplicablePercent", _plain(share.rate))


def _totals(settlement: Node, content: InvoiceContent) -> None:
    sums = _add(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")  # BG-22
    due = content.total if content.amount_due is None else content.amount_due
    _text(sums, "LineTotalAmount", _money(content.subtotal))  # BT-106
    _text(sums, "TaxBasisTotalAmount", _money(content.subtotal))  # BT-109
    _text(sums, "TaxTotalAmount", _money(content.tax_amount), currencyID=content.market.currency)  # BT-110
    _text(sums, "GrandTotalAmount", _money(content.total))  # BT-112
    if content.prepaid is not None:
        _text(sums, "TotalPrepaidAmount", _money(content.prepaid))  # BT-113
    _text(sums, "DuePayableAmount", _money(due))  # BT-115


def _line(transaction: Node, number: int, line: LineContent) -> None:
    item = _add(transaction, "ram:IncludedSupplyChainTradeLineItem")  # BG-25
    _text(_add(item, "ram:AssociatedDocumentLineDocument"), "LineID", str(number))
    product = _add(item, "ram:SpecifiedTradeProduct")
    _text(product, "SellerAssignedID", line.sku)  # BT-155
    _text(product, "Name", line.description)  # BT-153
    price = _add(item, "ram:SpecifiedLineTradeAgreement", "ram:NetPriceProductTradePrice")
    _text(price, "ChargeAmount", _money(line.unit_price))  # BT-146
    delivery = _add(item, "ram:SpecifiedLineTradeDelivery")
    _text(delivery, "BilledQuantity", _plain(line.quantity), unitCode=_UNIT_CODES[line.unit])  # BT-129, BT-130
    settlement = _add(item, "ram:SpecifiedLineTradeSettlement")
    tax = _add(settlement, "ram:ApplicableTradeTax")
    _text(tax, "TypeCode", "VAT")
    _text(tax, "CategoryCode", "S")  # BT-151
    _text(tax, "RateApplicablePercent", _plain(line.tax_rate))  # BT-152
    total = _add(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _text(total, "LineTotalAmount", _money(line.amount))  # BT-131


def _party(node: Node, party: Party, identifier: str | None) -> None:
    if identifier:
        _text(node, "ID", identifier)  # BT-46
    _text(node, "Name", party.name)
    address = _add(node, "ram:PostalTradeAddress")
    _text(address, "PostcodeCode", party.postcode)
    _text(address, "LineOne", party.street)
    _text(address, "CityName", party.city)
    _text(address, "CountryID", party.country)
    _text(_add(node, "ram:SpecifiedTaxRegistration"), "ID", party.tax_id, schemeID="VA")  # BT-31, BT-48


def _add(parent: Node, *names: str) -> Node:
    """A chain of new elements below ``parent``; returns the innermost."""
    for name in names:
        parent = ElementTree.SubElement(parent, name)
    return parent


def _text(parent: Node, name: str, value: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, f"ram:{name}", attributes).text = value


def _date(parent: Node, day: date) -> None:
    ElementTree.SubElement(parent, "udt:DateTimeString", {"format": _DATE_FORMAT}).text = f"{day:%Y%m%d}"


def _money(value: Decimal) -> str:
    return f"{value:.2f}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


_XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
   <fx:DocumentType>INVOICE</fx:DocumentType>
   <fx:DocumentFileName>{ATTACHMENT_NAME}</fx:DocumentFileName>
   <fx:Version>1.0</fx:Version>
   <fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
