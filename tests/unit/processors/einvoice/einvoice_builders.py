"""Small e-invoices and pages to test with. The figures: 2 x 50.00 + 1 x 20.00 net, 19 % tax."""

from collections.abc import Sequence

from processors.document import Page, PageSource, Word
from processors.geometry import Box
from processors.recognition.layout import arrange

CII = """<?xml version="1.0"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocument><ram:ID>R-2024/17</ram:ID><ram:TypeCode>{type_code}</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">20240305</udt:DateTimeString></ram:IssueDateTime>
</rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>
{lines}
<ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty><ram:Name>Möbel &amp; Söhne GmbH</ram:Name><ram:PostalTradeAddress>
<ram:PostcodeCode>10115</ram:PostcodeCode><ram:LineOne>Lange Straße 5</ram:LineOne><ram:CityName>Berlin</ram:CityName>
</ram:PostalTradeAddress>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">12/345/67890</ram:ID></ram:SpecifiedTaxRegistration>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE123456789</ram:ID></ram:SpecifiedTaxRegistration>
</ram:SellerTradeParty>
<ram:BuyerTradeParty><ram:Name>Kunde AG</ram:Name></ram:BuyerTradeParty>
</ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>120.00</ram:LineTotalAmount>
<ram:ChargeTotalAmount>0.00</ram:ChargeTotalAmount><ram:TaxBasisTotalAmount>120.00</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="USD">24.00</ram:TaxTotalAmount>
<ram:TaxTotalAmount currencyID="EUR">22.80</ram:TaxTotalAmount>
<ram:GrandTotalAmount>{total}</ram:GrandTotalAmount><ram:DuePayableAmount>{total}</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""

CII_LINE = """<ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedTradeProduct>
<ram:SellerAssignedID>{sku}</ram:SellerAssignedID><ram:Name>{name}</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>{price}</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="C62">{quantity}</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax>
<ram:RateApplicablePercent>19.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>
<ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>{amount}</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem>"""

UBL = """<?xml version="1.0"?>
<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ID>R-2024/17</cbc:ID><cbc:IssueDate>2024-03-05</cbc:IssueDate><cbc:DueDate>2024-04-04</cbc:DueDate>
<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:OrderReference><cbc:ID>PO-9</cbc:ID></cac:OrderReference>
<cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Möbel</cbc:Name></cac:PartyName>
<cac:PartyTaxScheme><cbc:CompanyID>DE123456789</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
</cac:PartyTaxScheme><cac:PartyLegalEntity><cbc:RegistrationName>Möbel &amp; Söhne GmbH</cbc:RegistrationName>
</cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
<cac:PaymentMeans><cac:PayeeFinancialAccount><cbc:ID>DE88 2008 0000 0970 3757 00</cbc:ID>
</cac:PayeeFinancialAccount></cac:PaymentMeans>
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">22.80</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount currencyID="EUR">120.00</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="EUR">142.80</cbc:TaxInclusiveAmount>
<cbc:PayableAmount currencyID="EUR">142.80</cbc:PayableAmount></cac:LegalMonetaryTotal>
<cac:{line}><cbc:ID>1</cbc:ID><cbc:{quantity} unitCode="HUR">12</cbc:{quantity}>
<cbc:LineExtensionAmount currencyID="EUR">120.00</cbc:LineExtensionAmount>
<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:Amount>24.00</cbc:Amount>
</cac:AllowanceCharge>
<cac:Item><cbc:Name>Beratung</cbc:Name><cac:ClassifiedTaxCategory><cbc:Percent>19</cbc:Percent>
</cac:ClassifiedTaxCategory></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="EUR">12.00</cbc:PriceAmount></cac:Price></cac:{line}>
</{root}>"""


def cii(total: str = "142.80", type_code: str = "380") -> bytes:
    lines = CII_LINE.format(sku="T-1", name="Tisch, rund", price="50.0000", quantity="2.0000", amount="100.00")
    lines += CII_LINE.format(sku="S-9", name="Stuhl", price="20.0000", quantity="1.0000", amount="20.00")
    return CII.format(total=total, type_code=type_code, lines=lines).encode()


def ubl(root: str = "Invoice") -> bytes:
    invoice = root == "Invoice"
    line, quantity = ("InvoiceLine", "InvoicedQuantity") if invoice else ("CreditNoteLine", "CreditedQuantity")
    return UBL.format(root=root, line=line, quantity=quantity).encode()


def page(lines: Sequence[tuple[float, float, str]], number: int = 1) -> Page:
    """A page of text lines, each at ``(x, y)`` in points, in a font of fixed pitch (5 points a character, 10 high)."""
    words: list[Word] = []
    for x, y, text in lines:
        column = 0
        for token in text.split(" "):
            box = Box(x + 5 * column, y, x + 5 * (column + len(token)), y + 10)
            if token:
                words.append(Word(len(words), token, box, 1.0))
            column += len(token) + 1
    layout = arrange(words)
    return Page(number, 595, 842, PageSource.TEXT_LAYER, "test", layout.words, layout.lines, layout.blocks)


def invoice_page(total: str = "142,80", sign: str = "") -> Page:
    return page(
        [
            (40, 40, "MÖBEL & SÖHNE GMBH"),
            (40, 55, "Lange Straße 5"),
            (40, 70, "D-10115 Berlin"),
            (40, 85, "10115 Berlin"),
            (40, 120, "Rechnung Nr. R-2024/17"),
            (350, 120, "vom 5. März 2024"),
            (40, 140, "USt-IdNr.: DE 123 456 789"),
            (40, 200, "Pos"), (80, 200, "Bezeichnung"), (250, 200, "Menge"), (350, 200, "Preis"), (450, 200, "Betrag"),
            (40, 220, "1"), (80, 220, "Tisch, rund"), (250, 220, "2 Stk"), (350, 220, "50,00"),
            (450, 220, sign + "100,00"),
            (40, 240, "2"), (80, 240, "Stuhl"), (250, 240, "1 Stk"), (350, 240, "20,00"), (450, 240, sign + "20,00"),
            (300, 280, "Zwischensumme"), (450, 280, sign + "120,00 EUR"),
            (300, 295, "USt 19 %"), (450, 295, sign + "22,80 EUR"),
            (300, 310, "Gesamtbetrag"), (450, 310, sign + total + " EUR"),
        ]
    )  # fmt: skip
