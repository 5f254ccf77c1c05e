"""Made-up identifiers whose check digits hold: tax ids and bank accounts per country.

They belong to nobody on purpose, yet a validator that computes the checksums accepts them.
"""

from collections.abc import Callable
from random import Random
from string import ascii_uppercase

_IBAN_BODY = {
    "DE": "#" * 18,
    "ES": "#" * 20,
    "FR": "#" * 23,
    "GB": "@@@@" + "#" * 14,
    "IT": "@" + "#" * 22,
    "NL": "@@@@" + "#" * 10,
    "PT": "#" * 21,
}
"""Basic bank account number per country, ``#`` a digit and ``@`` a letter (SWIFT IBAN registry)."""


def digits(rng: Random, count: int) -> str:
    """``count`` random digits, the first of them not 0."""
    return str(rng.randint(1, 9)) + "".join(rng.choice("0123456789") for _ in range(count - 1))


def fill(rng: Random, pattern: str) -> str:
    """``pattern`` with every ``#`` replaced by a random digit and every ``@`` by a random capital."""
    return "".join(
        rng.choice("0123456789") if sign == "#" else rng.choice(ascii_uppercase) if sign == "@" else sign
        for sign in pattern
    )


def iban(rng: Random, country: str) -> str | None:
    """An account number with valid check digits (ISO 13616, mod 97-10), without spaces; ``None`` where the
    country has no IBANs."""
    pattern = _IBAN_BODY.get(country)
    if pattern is None:
        return None
    body = fill(rng, pattern)
    numeric = "".join(str(int(sign, 36)) for sign in f"{body}{country}00")
    return f"{country}{98 - int(numeric) % 97:02}{body}"


def bic(rng: Random, country: str) -> str:
    """A bank identifier of the shape of ISO 9362, eight characters."""
    return fill(rng, "@@@@") + country + fill(rng, "@#")


def tax_id(rng: Random, country: str) -> str:
    """A VAT number with its national check digits; for the US an employer identification number."""
    return _TAX_IDS[country](rng)


def _luhn_digit(number: str) -> int:
    total = 0
    for index, sign in enumerate(reversed(number)):
        value = int(sign) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def _weighted(number: str, weights: tuple[int, ...]) -> int:
    return sum(int(sign) * weight for sign, weight in zip(number, weights, strict=True))


def _de(rng: Random) -> str:
    number = digits(rng, 8)
    product = 10
    for sign in number:  # ISO 7064 mod 11,10
        product = 2 * ((int(sign) + product) % 10 or 10) % 11
    return f"DE{number}{(11 - product) % 10}"


def _es(rng: Random) -> str:
    number = digits(rng, 7)
    return f"ESB{number}{_luhn_digit(number)}"


def _fr(rng: Random) -> str:
    body = digits(rng, 8)
    siren = f"{body}{_luhn_digit(body)}"
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02}{siren}"


def _gb(rng: Random) -> str:
    number = digits(rng, 7)
    return f"GB{number}{97 - _weighted(number, (8, 7, 6, 5, 4, 3, 2)) % 97:02}"


def _it(rng: Random) -> str:
    number = f"{digits(rng, 7)}015"
    return f"IT{number}{_luhn_digit(number)}"


def _nl(rng: Random) -> str:
    while True:
        number = digits(rng, 8)
        check = _weighted(number, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
        if check < 10:
            return f"NL{number}{check}B01"


def _pt(rng: Random) -> str:
    number = f"5{digits(rng, 7)}"
    rest = _weighted(number, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return f"PT{number}{0 if rest < 2 else 11 - rest}"


def _us(rng: Random) -> str:
    return f"{rng.randint(20, 88)}-{digits(rng, 7)}"


_TAX_IDS: dict[str, Callable[[Random], str]] = {
    "DE": _de,
    "ES": _es,
    "FR": _fr,
    "GB": _gb,
    "IT": _it,
    "NL": _nl,
    "PT": _pt,
    "US": _us,
}
