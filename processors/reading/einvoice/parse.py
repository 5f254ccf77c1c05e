"""Bytes of an attachment to an :class:`EInvoice`, whatever the syntax."""

from dataclasses import replace
from decimal import Decimal

from processors.reading.einvoice.cii import is_cii, read_cii
from processors.reading.einvoice.model import EInvoice
from processors.reading.einvoice.tree import Unreadable, parse_tree
from processors.reading.einvoice.ubl import is_ubl, read_ubl

_CREDIT_CODES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
"""Codes of UNTDID 1001 that EN 16931 lists as credit notes."""


def parse_einvoice(data: bytes) -> EInvoice | Unreadable:
    """Parses Factur-X, ZUGFeRD 1.0 and 2.x, and UBL 2.1; anything else, or XML that is not sound, is unreadable."""
    tree = parse_tree(data)
    if isinstance(tree, Unreadable):
        return tree
    if is_cii(tree):
        invoice, type_code = read_cii(tree)
    elif is_ubl(tree):
        invoice, type_code = read_ubl(tree)
    else:
        return Unreadable(f"its root {tree.root.tag!r} is no invoice that fieldtrail knows")
    if "invoice_number" not in invoice.header and "total_amount" not in invoice.header:
        return Unreadable("it has neither an invoice number nor a total")
    return replace(invoice, credits=_credits(invoice, type_code))


def document_type_of(data: bytes) -> str | None:
    """``invoice`` or ``credit_note`` as the XML says (BT-3), or ``None`` where it cannot be read."""
    invoice = parse_einvoice(data)
    if isinstance(invoice, Unreadable):
        return None
    return "credit_note" if invoice.credits else "invoice"


def _credits(invoice: EInvoice, type_code: str) -> bool:
    """By its type code, or because its total is negative, as corrections of type 380 and 384 have it."""
    total = invoice.header.get("total_amount")
    negative = total is not None and isinstance(total.value, Decimal) and total.value < 0
    return negative or type_code in _CREDIT_CODES
