"""What the names and addresses of companies are made of, in the languages that fieldtrail reads."""

import re
from typing import Final

from processors.values.text import word_set

POSTAL: Final = re.compile(
    r"(?<![0-9])(?:[A-Z]{1,2}[- ])?[0-9]{4,6}(?:[- ][0-9]{3,4})?(?![0-9/.])|"
    r"\b[A-Z]{1,2}[0-9][0-9A-Z]?\s?[0-9][A-Z]{2}\b|\b[0-9]{4}\s?[A-Z]{2}\b|\b[A-Z][0-9][A-Z]\s?[0-9][A-Z][0-9]\b"
)
"""A post code of most countries: four to six digits, UK, Dutch, Canadian."""

LEGAL_FORM: Final = re.compile(
    r"\b(?:GmbH|AG|KG|OHG|UG|e\.\s?[KV]\.?|mbH|eG|GbR|a\.G\.|Ltd\.?|Limited|LLC|L\.L\.C\.|Inc\.?|Corp\.?|Corporation|"
    r"Company|Co\.|PLC|LLP|S\.?A\.?S?\.?U?|SARL|S\.A\.R\.L\.?|EURL|S\.?N\.?C\.?|SAS|S\.?L\.?U?\.?|S\.?p\.?A\.?|S\.?r\.?l\.?s?|"
    r"B\.?V\.?|N\.?V\.?|V\.?O\.?F\.?|Lda\.?|Unipessoal|Sdn\.?\s?Bhd\.?|Bhd\.?|S/B|Pvt\.?|Pte\.?|Pty\.?|ApS|A/S|AB|Oy)(?=$|[\s,.;|)])",
    re.IGNORECASE,
)
"""The legal form at the end of a company's name."""

TRADE: Final = re.compile(
    r"\b(?:trading|enterprise|shop|store|mart|market|supermarket|restaurant|cafe|caf\u00e9|bistro|grill|kitchen|bakery|"
    r"pharmacy|hardware|hotel|stationery|bookstore|boutique|bar|station|motors?|salon|studio|clinic|centre|center|"
    r"markt|baumarkt|b\u00e4ckerei|apotheke|drogerie|gasthaus|tankstelle|pharmacie|boulangerie|boucherie|supermarch\u00e9|"
    r"farmacia|panader\u00eda|supermercado|restaurante|ristorante|pizzeria|trattoria|panificio|supermercato|"
    r"bakkerij|winkel|apotheek|padaria)\b",
    re.IGNORECASE,
)
"""A trade in the name of a shop."""

TITLE_WORDS: Final = word_set(
    "rechnung warenrechnung handelsrechnung rechnungskorrektur gutschrift quittung beleg kopie seite invoice invoices "
    "taxinvoice salesinvoice commercialinvoice retailinvoice retailinvoicesbill proforma creditnote receipt bill "
    "cashbill statement original copy duplicate page facture avoir factura fattura notadecredito factuur creditnota "
    "fatura"
)
"""Folded titles of documents: they stand where names stand, and are none."""
