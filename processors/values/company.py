"""What companies are called, in the languages that fieldtrail reads."""

import re
from typing import Final

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
