"""The document's currency: printed beside amounts, named in the text, or implied by a country."""

import re
from typing import Final

from processors.values import currency_candidates, currency_of
from processors.values.text import fold, normalise, word_set

_EURO: Final = (
    "germany deutschland allemagne alemania germania duitsland alemanha france frankreich francia frankrijk franca "
    "spain espana spanien espagne spagna spanje espanha italy italia italien italie netherlands nederland niederlande "
    "paysbas austria osterreich oostenrijk autriche belgium belgie belgique belgien portugal ireland irland "
    "finland luxembourg greece"
)
COUNTRY_CURRENCIES: Final[dict[str, str]] = {
    **dict.fromkeys(_EURO.split(), "EUR"),
    **dict.fromkeys(["unitedkingdom", "uk", "england", "scotland", "wales", "greatbritain", "london"], "GBP"),
    **dict.fromkeys(["usa", "unitedstates", "unitedstatesofamerica"], "USD"),
    **dict.fromkeys(["india", "bangalore", "bengaluru", "mumbai", "chennai", "newdelhi", "hyderabad", "pune"], "INR"),
    **dict.fromkeys(["switzerland", "schweiz", "suisse", "svizzera"], "CHF"),
    **dict.fromkeys(["malaysia", "selangor", "johor", "kualalumpur", "penang", "sarawak", "sdnbhd"], "MYR"),
    **dict.fromkeys(["canada", "ontario", "quebec"], "CAD"),
    **dict.fromkeys(["australia", "nsw", "newsouthwales", "queensland"], "AUD"),
    "singapore": "SGD",
    "newzealand": "NZD",
    "hongkong": "HKD",
    "brasil": "BRL",
    "brazil": "BRL",
    "mexico": "MXN",
    "sadecv": "MXN",
    "rldecv": "MXN",
    "rfc": "MXN",
    "argentina": "ARS",
    "cuit": "ARS",
    "colombia": "COP",
    "chile": "CLP",
    "cnpj": "BRL",
    "gstin": "INR",
    "abn": "AUD",
    "acn": "AUD",
    "poland": "PLN",
    "polska": "PLN",
    "sweden": "SEK",
    "sverige": "SEK",
    "norway": "NOK",
    "norge": "NOK",
    "denmark": "DKK",
    "danmark": "DKK",
    "japan": "JPY",
}
"""Folded names of countries, of a few cities and states printed without one, of legal forms (*S.A. de C.V.*) and of tax
numbers (*RFC*, *ABN*) that one country has, to the currency they pay in."""

_EURO_PREFIXES = word_set("AT BE CY DE EE EL ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK")
PREFIX_CURRENCIES: Final[dict[str, str]] = {
    **dict.fromkeys(_EURO_PREFIXES, "EUR"),
    "GB": "GBP",
    "CH": "CHF",
    "PL": "PLN",
    "SE": "SEK",
    "NO": "NOK",
    "DK": "DKK",
    "CZ": "CZK",
    "HU": "HUF",
    "RO": "RON",
}
"""Country prefixes of VAT ids and IBANs to currencies."""

US_STATE_ZIP: Final = re.compile(
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|"
    r"W[AIVY]),?\s+"
    r"[0-9]{5}(?:-[0-9]{4})?"
)
AUSTRALIAN_POST_CODE: Final = re.compile(
    r"\b(?:(?:NSW|ACT),?\s+[0-2]|VIC,?\s+[38]|QLD,?\s+[49]|WA,?\s+6|TAS,?\s+7|NT,?\s+0)[0-9]{3}\b"
)
"""A state and a post code of its range; not South Australia's, because *Dupont SA 5000 Namur* is a Belgian company."""
TAX_NUMBER_NAMES: Final = word_set("rfc cuit cnpj gstin abn acn")
BRITISH_POST_CODE: Final = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?\s+[0-9][ABD-HJLNP-UW-Z]{2}")
CANADIAN_POST_CODE: Final = re.compile(
    r"(?:AB|BC|MB|N[BLSTU]|ON|PE|QC|SK|YT),?\s+[ABCEGHJ-NPRSTVXY][0-9][A-Z]\s?[0-9][A-Z][0-9]"
)
_BRACKETED = re.compile(r"\(([^()]+)\)?")
_AMOUNT_MARK = re.compile(r"[0-9.,'()+\-\s]+")


def currency_from(raw: str) -> str | None:
    """The ISO 4217 code that the cited words say or imply: ``€``, ``USD``, ``$12.00``, ``Malaysia``, ``DE123456789``.

    A bare ``$`` is US dollars here: the caller cites a country beside it where another dollar is meant.
    """
    text = normalise(raw).strip(" :()[].")
    implied = COUNTRY_CURRENCIES.get(fold(text))
    if implied is not None:
        return implied  # before its words: *Sdn Bhd* is no Bahraini dinar
    bracketed = _BRACKETED.findall(text)
    for mark in (text, _AMOUNT_MARK.sub("", text), *text.split(), *bracketed):
        candidates = currency_candidates(mark)
        if candidates:
            return currency_of(mark) or candidates[0]
    if US_STATE_ZIP.search(text):
        return "USD"
    if CANADIAN_POST_CODE.search(text):
        return "CAD"
    if AUSTRALIAN_POST_CODE.search(text):
        return "AUD"
    if BRITISH_POST_CODE.search(text):
        return "GBP"
    return PREFIX_CURRENCIES.get(text[:2].upper()) if re.search("[0-9]{2}", text) else None
