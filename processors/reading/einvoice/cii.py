"""UN/CEFACT Cross Industry Invoice: Factur-X and ZUGFeRD 2.x (D16B), and ZUGFeRD 1.0 (D13B and its release candidate).

Mapping: EN 16931-3-3 (CII binding) and the ZUGFeRD 1.0 specification. The older names are translated to those of
D16B once, so that one table serves all.
"""

from xml.etree.ElementTree import Element

from processors.fields import FieldType
from processors.reading.einvoice.model import EInvoice, Term, XmlValue, bills, joined, read_terms, settle_line, text_of
from processors.reading.einvoice.tree import Tree

ROOTS = frozenset({"CrossIndustryInvoice", "CrossIndustryDocument"})
RELEASE_CANDIDATE_NAMESPACE = "urn:un:unece:uncefact:data:standard:CBFBUY:5"
"""ZUGFeRD 1.0 RC has the root ``Invoice`` in this namespace."""

_TODAY = {
    "HeaderExchangedDocument": "ExchangedDocument",
    "SpecifiedSupplyChainTradeTransaction": "SupplyChainTradeTransaction",
    "ApplicableSupplyChainTradeAgreement": "ApplicableHeaderTradeAgreement",
    "ApplicableSupplyChainTradeDelivery": "ApplicableHeaderTradeDelivery",
    "ApplicableSupplyChainTradeSettlement": "ApplicableHeaderTradeSettlement",
    "SpecifiedSupplyChainTradeAgreement": "SpecifiedLineTradeAgreement",
    "SpecifiedSupplyChainTradeDelivery": "SpecifiedLineTradeDelivery",
    "SpecifiedSupplyChainTradeSettlement": "SpecifiedLineTradeSettlement",
    "SpecifiedTradeSettlementHeaderMonetarySummation": "MonetarySummation",
    "SpecifiedTradeSettlementLineMonetarySummation": "MonetarySummation",
    "SpecifiedTradeSettlementMonetarySummation": "MonetarySummation",
    "ApplicablePercent": "RateApplicablePercent",
}

_AGREEMENT = "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement"
_DELIVERY = "SupplyChainTradeTransaction/ApplicableHeaderTradeDelivery"
_SETTLEMENT = "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement"
_SELLER = f"{_AGREEMENT}/SellerTradeParty"
_BUYER = f"{_AGREEMENT}/BuyerTradeParty"
_SUMS = f"{_SETTLEMENT}/MonetarySummation"
_ACCOUNT = f"{_SETTLEMENT}/SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount"
_ORDER = f"{_AGREEMENT}/BuyerOrderReferencedDocument"

_TEXT, _IDENTIFIER, _MONEY, _NUMBER = FieldType.TEXT, FieldType.IDENTIFIER, FieldType.MONEY, FieldType.NUMBER

_HEADER = (
    Term("invoice_number", _IDENTIFIER, ("ExchangedDocument/ID",)),  # BT-1
    Term("invoice_date", FieldType.DATE, ("ExchangedDocument/IssueDateTime",)),  # BT-2
    Term("currency", FieldType.CURRENCY, (f"{_SETTLEMENT}/InvoiceCurrencyCode",)),  # BT-5
    Term("due_date", FieldType.DATE, (f"{_SETTLEMENT}/SpecifiedTradePaymentTerms/DueDateDateTime",)),  # BT-9
    Term("purchase_order", _IDENTIFIER, (f"{_ORDER}/IssuerAssignedID", f"{_ORDER}/ID")),  # BT-13
    Term("payment_terms", _TEXT, (f"{_SETTLEMENT}/SpecifiedTradePaymentTerms/Description",)),  # BT-20
    Term("vendor_name", _TEXT, (f"{_SELLER}/Name",)),  # BT-27
    Term("vendor_tax_id", _IDENTIFIER, (f"{_SELLER}/SpecifiedTaxRegistration/ID[@schemeID='VA']",)),  # BT-31
    Term("vendor_tax_number", _IDENTIFIER, (f"{_SELLER}/SpecifiedTaxRegistration/ID[@schemeID='FC']",)),  # BT-32
    Term("customer_name", _TEXT, (f"{_BUYER}/Name",)),  # BT-44
    Term("customer_id", _IDENTIFIER, (f"{_BUYER}/ID",)),  # BT-46
    Term("customer_tax_id", _IDENTIFIER, (f"{_BUYER}/SpecifiedTaxRegistration/ID[@schemeID='VA']",)),  # BT-48
    Term("delivery_date", FieldType.DATE, (f"{_DELIVERY}/ActualDeliverySupplyChainEvent/OccurrenceDateTime",)),  # BT-72
    Term("payment_reference", _IDENTIFIER, (f"{_SETTLEMENT}/PaymentReference",)),  # BT-83
    Term("iban", _IDENTIFIER, (f"{_ACCOUNT}/IBANID",)),  # BT-84
    Term("line_total", _MONEY, (f"{_SUMS}/LineTotalAmount",)),  # BT-106
    Term("allowance_total", _MONEY, (f"{_SUMS}/AllowanceTotalAmount",)),  # BT-107
    Term("charge_total", _MONEY, (f"{_SUMS}/ChargeTotalAmount",)),  # BT-108
    Term("subtotal", _MONEY, (f"{_SUMS}/TaxBasisTotalAmount",)),  # BT-109
    Term("tax_amount", _MONEY, (f"{_SUMS}/TaxTotalAmount",)),  # BT-110
    Term("total_amount", _MONEY, (f"{_SUMS}/GrandTotalAmount",)),  # BT-112
    Term("prepaid_amount", _MONEY, (f"{_SUMS}/TotalPrepaidAmount",)),  # BT-113
    Term("rounding_amount", _MONEY, (f"{_SUMS}/RoundingAmount",)),  # BT-114
    Term("amount_due", _MONEY, (f"{_SUMS}/DuePayableAmount",)),  # BT-115
)

_PRICE = "SpecifiedLineTradeAgreement/NetPriceProductTradePrice"
_LINE = (
    Term("description", _TEXT, ("SpecifiedTradeProduct/Name",)),  # BT-153
    Term("sku", _IDENTIFIER, ("SpecifiedTradeProduct/SellerAssignedID",)),  # BT-155
    Term("quantity", _NUMBER, ("SpecifiedLineTradeDelivery/BilledQuantity",)),  # BT-129
    Term("unit_price", _MONEY, (f"{_PRICE}/ChargeAmount",)),  # BT-146
    Term("price_base_quantity", _NUMBER, (f"{_PRICE}/BasisQuantity",)),  # BT-149
    Term(  # BT-152
        "tax_rate", FieldType.RATE, ("SpecifiedLineTradeSettlement/ApplicableTradeTax/RateApplicablePercent",)
    ),
    Term("amount", _MONEY, ("SpecifiedLineTradeSettlement/MonetarySummation/LineTotalAmount",)),  # BT-131
)


def is_cii(tree: Tree) -> bool:
    """Whether the tree is a Cross Industry Invoice of any generation."""
    return tree.root.tag in ROOTS or tree.namespace == RELEASE_CANDIDATE_NAMESPACE


def read_cii(tree: Tree) -> tuple[EInvoice, str]:
    """The invoice and its type code (BT-3, UNTDID 1001)."""
    root = tree.root
    for element in root.iter():
        element.tag = _TODAY.get(element.tag, element.tag)
    notes: list[str] = []
    currency = text_of(found) if (found := root.find(f"{_SETTLEMENT}/InvoiceCurrencyCode")) is not None else ""
    header = read_terms(tree, root, _HEADER, notes, lambda item: item.get("currencyID", currency) == currency)
    if "currency" not in header and (total := root.find(f"{_SUMS}/GrandTotalAmount[@currencyID]")) is not None:
        code = total.get("currencyID", "")
        header["currency"] = XmlValue(code, code, (f"{tree.xpath(total)}/@currencyID",))
    for field, party in (("vendor_address", _SELLER), ("customer_address", _BUYER)):
        address = _address(tree, root.find(f"{party}/PostalTradeAddress"))
        if address is not None:
            header[field] = address
    lines = [
        _line(tree, item, notes)
        for item in root.iterfind("SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem")
    ]
    type_code = root.find("ExchangedDocument/TypeCode")
    invoice = EInvoice(False, header, tuple(filter(bills, lines)), tuple(notes))
    return invoice, "" if type_code is None else text_of(type_code)


def _address(tree: Tree, address: Element | None) -> XmlValue | None:
    """BT-35 to BT-38, BT-162 (seller) or BT-50 to BT-53, BT-163 (buyer)."""
    if address is None:
        return None
    streets = [address.findall(name) for name in ("LineOne", "LineTwo", "LineThree")]
    return joined(tree, [*streets, address.findall("PostcodeCode") + address.findall("CityName")])


def _line(tree: Tree, item: Element, notes: list[str]) -> dict[str, XmlValue]:
    cells = read_terms(tree, item, _LINE, notes)
    quantity = item.find("SpecifiedLineTradeDelivery/BilledQuantity")
    if quantity is not None and (code := quantity.get("unitCode")):
        cells["unit"] = XmlValue(code, code, (f"{tree.xpath(quantity)}/@unitCode",))  # BT-130
    settle_line(tree, item, cells, "SpecifiedLineTradeSettlement/SpecifiedTradeAllowanceCharge", "ActualAmount")
    return cells
