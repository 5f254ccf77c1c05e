"""What the names and addresses of companies are made of, in the languages that fieldtrail reads."""

import re
from typing import Final

from processors.values.company import LEGAL_FORM, TRADE
from processors.values.text import word_set

__all__ = ["LEGAL_FORM", "POSTAL", "TITLE_WORDS", "TRADE"]

POSTAL: Final = re.compile(
    r"(?<![0-9])(?:[A-Z]{1,2}[- ])?[0-9]{4,6}(?:[- ][0-9]{3,4})?(?![0-9/.])|"
    r"\b[A-Z]{1,2}[0-9][0-9A-Z]?\s?[0-9][A-Z]{2}\b|\b[0-9]{4}\s?[A-Z]{2}\b|\b[A-Z][0-9][A-Z]\s?[0-9][A-Z][0-9]\b"
)
"""A post code of most countries: four to six digits, UK, Dutch, Canadian."""

TITLE_WORDS: Final = word_set(
    "rechnung warenrechnung handelsrechnung rechnungskorrektur gutschrift quittung beleg kopie seite invoice invoices "
    "taxinvoice salesinvoice commercialinvoice retailinvoice retailinvoicesbill proforma creditnote receipt bill "
    "cashbill statement original copy duplicate page facture avoir factura fattura notadecredito factuur creditnota "
    "fatura"
)
"""Folded titles of documents: they stand where names stand, and are none."""
