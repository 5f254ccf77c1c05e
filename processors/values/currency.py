"""Currency symbols and codes (ISO 4217)."""

import re
from typing import Final

from processors.values.text import normalise

_CODES: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD "
    "HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD "
    "MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN "
    "PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY "
    "TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"
)
ISO_4217: Final = frozenset(_CODES.split())
"""Active codes of ISO 4217 that goods are invoiced in (without funds, metals and test codes)."""

_SYMBOLS: Final[dict[str, tuple[str, ...]]] = {
    "€": ("EUR",),
    "EURO": ("EUR",),
    "EUROS": ("EUR",),
    "£": ("GBP", "EGP", "GIP", "SHP", "FKP"),
    "US$": ("USD",),
    "U.S.$": ("USD",),
    "A$": ("AUD",),
    "AU$": ("AUD",),
    "C$": ("CAD",),
    "CA$": ("CAD",),
    "CDN$": ("CAD",),
    "NZ$": ("NZD",),
    "S$": ("SGD",),
    "HK$": ("HKD",),
    "NT$": ("TWD",),
    "MX$": ("MXN",),
    "R$": ("BRL",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD"),
    "₹": ("INR",),
    "RS": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "RS.": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "RM": ("MYR",),
    "¥": ("JPY", "CNY"),
    "円": ("JPY",),
    "元": ("CNY",),
    "₩": ("KRW",),
    "₽": ("RUB",),
    "₺": ("TRY",),
    "₴": ("UAH",),
    "₪": ("ILS",),
    "₫": ("VND",),
    "฿": ("THB",),
    "₱": ("PHP",),
    "₦": ("NGN",),
    "ZŁ": ("PLN",),
    "KČ": ("CZK",),
    "FT": ("HUF",),
    "FR.": ("CHF",),
    "SFR.": ("CHF",),
    "SFR": ("CHF",),
    "KR": ("SEK", "NOK", "DKK", "ISK"),
    "KR.": ("DKK", "SEK", "NOK", "ISK"),
}
_PREFERRED: Final = {"£": "GBP"}
"""Marks that are shared on paper, but elsewhere than in one country never stand alone on an invoice."""

SIGNS: Final = "€£$₹¥₩₽₺₴₪₫฿₱₦"
"""Characters that can only be a currency."""

_WORDS = sorted((re.escape(mark) for mark in _SYMBOLS), key=len, reverse=True)
CURRENCY_PATTERN: Final = rf"(?:{'|'.join(_WORDS)}|(?<![A-Z])(?:{'|'.join(sorted(ISO_4217))})(?![A-Z]))"
"""Regular expression (to be used with ``IGNORECASE``) of one currency mark beside an amount."""


def is_currency_code(text: str) -> bool:
    """Whether ``text`` is an active ISO 4217 code, in any case."""
    return text.upper() in ISO_4217


def currency_candidates(mark: str) -> tuple[str, ...]:
    """The ISO 4217 codes that a printed symbol, abbreviation or code can mean, likeliest first; empty for none."""
    key = normalise(mark).upper()
    if key in ISO_4217:
        return (key,)
    return _SYMBOLS.get(key, ())


def currency_of(mark: str) -> str | None:
    """The one ISO 4217 code that ``mark`` means; ``None`` where it is no currency or is shared (``$``, ``kr``)."""
    codes = currency_candidates(mark)
    if len(codes) == 1:
        return codes[0]
    return _PREFERRED.get(normalise(mark))
