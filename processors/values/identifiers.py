"""Identifiers: document numbers, IBAN, VAT and tax ids, telephone numbers."""

import re
from typing import Final

from processors.values.text import drop_label, normalise

_EDGES = " \t:;,.#*|_\"'=<>"
_NUMBER_SIGN = re.compile(
    r"^(?:(?:n[o\u00b0\u00bar]|num)[\s:.#]+(?=\S*[0-9])|(?:n[\u00b0\u00ba]|#)[\s:.#]*(?=\S*[0-9])|(?-i:[Nn][or])(?=[0-9]))",
    re.IGNORECASE,
)
"""A sign for *number* before one; in capitals it must stand apart, because ``NR825055`` is a number of its own."""
_IDENTIFIER = re.compile(r"[\w#][\w \-/.#:+&()]*", re.UNICODE)


def clean_identifier(text: str) -> str | None:
    """A document or order number as printed, without a glued label, number sign and edge punctuation.

    ``None`` where nothing is left, where it has no digit, or where it has signs that identifiers do not have.
    """
    clean = drop_label(normalise(text)).strip(_EDGES)
    clean = _NUMBER_SIGN.sub("", clean).strip(_EDGES)
    if len(clean) > 40 or not _IDENTIFIER.fullmatch(clean) or not any(map(str.isdigit, clean)):
        return None
    return clean


_IBAN_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "CH": 21,
    "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18,
    "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23,
    "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27,
    "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26,
    "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Length of an IBAN by country (SWIFT IBAN registry)."""


def parse_iban(text: str) -> str | None:
    """An IBAN in its electronic form (no spaces, upper case); ``None`` unless length and check digits hold.

    Check digits: ISO 7064 MOD 97-10, as ISO 13616 has it.
    """
    iban = re.sub(r"[\s.\-]", "", re.sub(r"^\W*IBAN\W*", "", normalise(text), flags=re.IGNORECASE)).upper()
    if not iban.isascii() or not iban.isalnum() or len(iban) != _IBAN_LENGTHS.get(iban[:2]):
        return None
    rearranged = iban[4:] + iban[:4]
    return iban if int("".join(str(int(char, 36)) for char in rearranged)) % 97 == 1 else None


_VAT: Final = re.compile(
    r"ATU\d{8}|BE[01]\d{9}|BG\d{9,10}|CY\d{8}[A-Z]|CZ\d{8,10}|DE\d{9}|DK\d{8}|EE\d{9}|(?:EL|GR)\d{9}|"
    r"ES(?:[A-Z]\d{8}|\d{8}[A-Z]|[A-Z]\d{7}[A-Z])|FI\d{8}|FR[A-Z0-9]{2}\d{9}|HR\d{11}|HU\d{8}|IE\d[A-Z0-9+*]\d{5}[A-Z]{1,2}|"
    r"IT\d{11}|LT(?:\d{9}|\d{12})|LU\d{8}|LV\d{11}|MT\d{8}|NL\d{9}B\d{2}|PL\d{10}|PT\d{9}|RO\d{2,10}|SE\d{10}01|SI\d{8}|"
    r"SK\d{10}|(?:GB|XI)(?:\d{9}|\d{12}|GD\d{3}|HA\d{3})|CHE\d{9}(?:MWST|TVA|IVA)?|NO\d{9}(?:MVA)?|"
    r"\d{2}[A-Z]{5}\d{4}[A-Z][A-Z0-9]Z[A-Z0-9]",
    re.ASCII,
)
"""VAT ids with their country prefix (EU VIES formats, UK, Switzerland, Norway) and the Indian GSTIN."""


def parse_vat_id(text: str) -> str | None:
    """A VAT id without spaces and punctuation, upper case; ``None`` where ``text`` has no known country's form."""
    compact = re.sub(r"[\s.\-/:]", "", drop_label(normalise(text))).upper()
    return compact if _VAT.fullmatch(compact) else None


_TAX_ID = re.compile(r"(?=(?:.*\d){5})[A-Z0-9][A-Z0-9 .\-/]{4,24}", re.IGNORECASE | re.ASCII)


def parse_tax_id(text: str) -> str | None:
    """A tax id of any country as printed: letters, digits, spaces and ``. - /``, five digits or more."""
    clean = drop_label(normalise(text)).strip(_EDGES + "()")
    return clean if _TAX_ID.fullmatch(clean) else None


_PHONE = re.compile(r"\+?[0-9(][0-9 ()./\-]{5,22}[0-9]")


def parse_phone(text: str) -> str | None:
    """A telephone number as printed, with 7 to 15 digits (ITU-T E.164 has at most 15)."""
    clean = drop_label(normalise(text)).strip(" .,;:")
    digits = sum(map(str.isdigit, clean))
    return clean if _PHONE.fullmatch(clean) and 7 <= digits <= 15 else None
