"""E-invoices: the XML that hybrid invoices carry (EN 16931), read exactly and located on the page."""

from processors.reading.einvoice.parse import document_type_of
from processors.reading.einvoice.reader import EInvoiceReader

__all__ = ["EInvoiceReader", "document_type_of"]
