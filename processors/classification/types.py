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


@dataclass(frozen=True, slots=True)
class Classification:
    """A document type, the probability in [0, 1] that it is right, and what spoke for it, for a reviewer to read."""

    document_type: DocumentType
    confidence: float
    reason: str
