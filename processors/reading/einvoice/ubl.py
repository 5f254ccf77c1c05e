"""OASIS UBL 2.1 Invoice and CreditNote. Mapping: EN 16931-3-2 (UBL binding)."""

import re
from xml.etree.ElementTree import Element

from processors.fields import FieldType
from processors.reading.einvoice.model import EInvoice, Term, XmlValue, bills, joined, read_terms, settle_line, text_of
from processors.reading.einvoice.tree import Tree

_NAMESPACE = re.compile(r"urn:oasis:names:specification:ubl:schema:xsd:(Invoice|CreditNote)-2")
_IBAN_FORM = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)

_TEXT, _IDENTIFIER, _MONEY, _NUMBER = FieldType.TEXT, FieldType.IDENTIFIER, FieldType.MONEY, FieldType.NUMBER
_SELLER = "AccountingSupplierParty/Party"
_BUYER = "AccountingCustomerParty/Party"
_SUMS = "LegalMonetaryTotal"

_HEADER = (
    Term("invoice_number", _IDENTIFIER, ("ID",)),  # BT-1
    Term("invoice_date", FieldType.DATE, ("IssueDate",)),  # BT-2
    Term("currency", FieldType.CURRENCY, ("DocumentCurrencyCode",)),  # BT-5
    Term("due_date", FieldType.DATE, ("DueDate", "PaymentMeans/PaymentDueDate")),  # BT-9
    Term("purchase_order", _IDENTIFIER, ("OrderReference/ID",)),  # BT-13
    Term("payment_terms", _TEXT, ("PaymentTerms/Note",)),  # BT-20
    Term("vendor_name", _TEXT, (f"{_SELLER}/PartyLegalEntity/RegistrationName", f"{_SELLER}/PartyName/Name")),  # BT-27
    Term("customer_name", _TEXT, (f"{_BUYER}/PartyLegalEntity/RegistrationName", f"{_BUYER}/PartyName/Name")),  # BT-44
    Term("customer_id", _IDENTIFIER, (f"{_BUYER}/PartyIdentification/ID",)),  # BT-46
    Term("delivery_date", FieldType.DATE, ("Delivery/ActualDeliveryDate",)),  # BT-72
    Term("payment_reference", _IDENTIFIER, ("PaymentMeans/PaymentID",)),  # BT-83
    Term("line_total", _MONEY, (f"{_SUMS}/LineExtensionAmount",)),  # BT-106
    Term("allowance_total", _MONEY, (f"{_SUMS}/AllowanceTotalAmount",)),  # BT-107
    Term("charge_total", _MONEY, (f"{_SUMS}/ChargeTotalAmount",)),  # BT-108
    Term("subtotal", _MONEY, (f"{_SUMS}/TaxExclusiveAmount",)),  # BT-109
    Term("tax_amount", _MONEY, ("TaxTotal/TaxAmount",)),  # BT-110
    Term("total_amount", _MONEY, (f"{_SUMS}/TaxInclusiveAmount",)),  # BT-112
    Term("prepaid_amount", _MONEY, (f"{_SUMS}/PrepaidAmount",)),  # BT-113
    Term("rounding_amount", _MONEY, (f"{_SUMS}/PayableRoundingAmount",)),  # BT-114
    Term("amount_due", _MONEY, (f"{_SUMS}/PayableAmount",)),  # BT-115
)
_LINE = (
    Term("description", _TEXT, ("Item/Name", "Item/Description")),  # BT-153
    Term("sku", _IDENTIFIER, ("Item/SellersItemIdentification/ID",)),  # BT-155
    Term("quantity", _NUMBER, ("InvoicedQuantity", "CreditedQuantity")),  # BT-129
    Term("unit_price", _MONEY, ("Price/PriceAmount",)),  # BT-146
    Term("price_base_quantity", _NUMBER, ("Price/BaseQuantity",)),  # BT-149
    Term(  # BT-152; the second is UBL before EN 16931
        "tax_rate", FieldType.RATE, ("Item/ClassifiedTaxCategory/Percent", "TaxTotal/TaxSubtotal/TaxCategory/Percent")
    ),
    Term("amount", _MONEY, ("LineExtensionAmount",)),  # BT-131
)


def is_ubl(tree: Tree) -> bool:
    """Whether the tree is a UBL 2 Invoice or CreditNote."""
    return _NAMESPACE.fullmatch(tree.namespace) is not None and tree.root.tag in ("Invoice", "CreditNote")


def read_ubl(tree: Tree) -> tuple[EInvoice, str]:
    """The invoice and its type code (BT-3, UNTDID 1001; 381 for a CreditNote without one)."""
    root = tree.root
    notes: list[str] = []
    currency = text_of(found) if (found := root.find("DocumentCurrencyCode")) is not None else ""
    header = read_terms(tree, root, _HEADER, notes, lambda item: item.get("currencyID", currency) == currency)
    header |= _parties(tree, root)
    iban = _iban(tree, root)
    if iban is not None:
        header["iban"] = iban
    lines = [_line(tree, item, notes) for tag in ("InvoiceLine", "CreditNoteLine") for item in root.iterfind(tag)]
    code = root.find("InvoiceTypeCode") if root.tag == "Invoice" else root.find("CreditNoteTypeCode")
    default = "380" if root.tag == "Invoice" else "381"
    invoice = EInvoice(False, header, tuple(filter(bills, lines)), tuple(notes))
    return invoice, default if code is None else text_of(code)


def _parties(tree: Tree, root: Element) -> dict[str, XmlValue]:
    values: dict[str, XmlValue] = {}
    for side, path in (("vendor", _SELLER), ("customer", _BUYER)):
        party = root.find(path)
        if party is None:
            continue
        address = _address(tree, party.find("PostalAddress"))
        if address is not None:
            values[f"{side}_address"] = address
        for scheme in party.iterfind("PartyTaxScheme"):
            number, kind = scheme.find("CompanyID"), scheme.find("TaxScheme/ID")
            if number is None or not text_of(number):
                continue
            # BT-31 and BT-48 are the ones of scheme VAT; a seller's other scheme is BT-32
            field = f"{side}_tax_id" if kind is not None and text_of(kind) == "VAT" else f"{side}_tax_number"
            values.setdefault(field, XmlValue(text_of(number), text_of(number), (tree.xpath(number),)))
    values.pop("customer_tax_number", None)
    return values


def _address(tree: Tree, address: Element | None) -> XmlValue | None:
    """BT-35 to BT-38, BT-162 (seller) or BT-50 to BT-53, BT-163 (buyer)."""
    if address is None:
        return None
    streets = [address.findall(path) for path in ("StreetName", "AdditionalStreetName", "AddressLine/Line")]
    return joined(tree, [*streets, address.findall("PostalZone") + address.findall("CityName")])


def _iban(tree: Tree, root: Element) -> XmlValue | None:
    """BT-84, where the account is an IBAN; UBL has the same element for national account numbers."""
    for account in root.iterfind("PaymentMeans/PayeeFinancialAccount/ID"):
        text = text_of(account).replace(" ", "").upper()
        if _IBAN_FORM.fullmatch(text):
            return XmlValue(text, text, (tree.xpath(account),))
    return None


def _line(tree: Tree, item: Element, notes: list[str]) -> dict[str, XmlValue]:
    cells = read_terms(tree, item, _LINE, notes)
    for tag in ("InvoicedQuantity", "CreditedQuantity"):
        quantity = item.find(tag)
        if quantity is not None and (code := quantity.get("unitCode")):
            cells["unit"] = XmlValue(code, code, (f"{tree.xpath(quantity)}/@unitCode",))  # BT-130
    settle_line(tree, item, cells, "AllowanceCharge", "Amount")
    return cells
