"""The document types, and a classification with its reason."""

from dataclasses import dataclass
from enum import StrEnum


class DocumentType(StrEnum):
    """Kinds of documents. Values are part of the public contract."""

    INVOICE = "invoice"
    RECEIPT = "receipt"
    CREDIT_NOTE = "credit_note"
    PURCHASE_ORDER = "purchase_order"
    BANK_STATEMENT = "bank_statement"
    UTILITY_BILL = "utility_bill"
    W2 = "w2"
    PAY_STUB = "pay_stub"
    TAX_FORM = "tax_form"
    CONTRACT = "contract"
    ID_CARD = "id_card"
    INSURANCE_POLICY = "insurance_policy"
    BILL_OF_LADING = "bill_of_lading"
    LETTER = "letter"
    FORM = "form"
    RESUME = "resume"
    MEDICAL = "medical"
    OTHER = "other"


class SplitMode(StrEnum):
    """How files are split: where a new document evidently begins, never, or after every page."""

    AUTO = "auto"
    WHOLE = "whole"
    EVERY_PAGE = "every_page"


@dataclass(frozen=True, slots=True)
class Classification:
    """A document type, the probability in [0, 1] that it is right, and what spoke for it, for a reviewer to read.

    The type is one of :class:`DocumentType`, or one that the user added.
    """

    document_type: str
    confidence: float
    reason: str
