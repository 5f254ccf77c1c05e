"""The reader behind the seam of :mod:`processors.reading`."""

from processors.fields import Extraction
from processors.reading import ReadingInput
from processors.reading.geometric.cite import READER_NAME, READER_VERSION
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.invoice import read_invoice
from processors.reading.geometric.receipt import read_receipt
from processors.values.text import word_set

_INVOICES = frozenset({"invoice", "credit_note"})
_SUMS = word_set("currency subtotal tax_amount rounding_amount total_amount")
_INVOICE_FIELDS = _SUMS | word_set(
    "vendor_name vendor_address vendor_tax_id vendor_tax_number customer_name customer_address customer_tax_id "
    "customer_id invoice_number invoice_date delivery_date due_date purchase_order payment_terms payment_reference "
    "iban line_total allowance_total charge_total prepaid_amount amount_due"
)
_RECEIPT_FIELDS = _SUMS | word_set(
    "vendor_name vendor_address vendor_phone vendor_tax_id receipt_number purchase_date purchase_time tip "
    "payment_method item_count"
)


def fields_read(document_type: str) -> frozenset[str]:
    """The fields that the reader looks for in documents of this type; empty for types that it does not read."""
    if document_type == "receipt":
        return _RECEIPT_FIELDS
    return _INVOICE_FIELDS if document_type in _INVOICES else frozenset()


class GeometricReader:
    """Reads invoices, credit notes and receipts by the geometry of their labels and values.

    Pure and safe on any pages: it returns what it finds, each field cites its words, and where two values are
    equally likely for a sum it says so by a low confidence or leaves the field out.
    """

    @property
    def name(self) -> str:
        return READER_NAME

    @property
    def version(self) -> str:
        return READER_VERSION

    def read(self, document: ReadingInput) -> Extraction | None:
        """The fields found; ``None`` for document types that it does not read and for pages without words."""
        is_invoice = document.document_type in _INVOICES
        if not is_invoice and document.document_type != "receipt":
            return None
        if not any(page.words for page in document.pages):
            return None
        view = DocumentView(document.pages)
        return read_invoice(view, document.schema) if is_invoice else read_receipt(view, document.schema)
