"""Made-up people and companies with addresses, phones and identifiers."""

from dataclasses import dataclass
from functools import cache
from random import Random

from processors.synthesis import identifiers
from processors.synthesis.regions import Region, read_table

COUNTRIES = {
    "US": "United States", "GB": "United Kingdom", "IE": "Ireland", "AU": "Australia", "CA": "Canada",
    "MY": "Malaysia", "IN": "India", "DE": "Deutschland", "AT": "Österreich", "CH": "Schweiz", "FR": "France",
    "BE": "Belgique", "ES": "España", "MX": "México", "IT": "Italia", "NL": "Nederland", "PT": "Portugal",
    "BR": "Brasil",
}  # fmt: skip
"""Each country's name in its own language."""
_HEADS = (
    "Al", "Bel", "Cor", "Dan", "Elv", "Fen", "Gal", "Hex", "Ir", "Jun", "Kal", "Lum", "Mer",
    "Nov", "Or", "Pax", "Quan", "Ry", "Sol", "Tar", "Ul", "Ven", "Wex", "Xan", "Yor", "Zen",
)  # fmt: skip
_MIDDLES = ("a", "o", "i", "e", "u", "ar", "en", "il", "or", "an", "is", "et")
_TAILS = (
    "tex", "dia", "nix", "vo", "lis", "mar", "tron", "cor", "sys", "bel", "ra", "dyne",
    "ture", "gen", "on", "via", "plex", "nis", "ta",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """A person; ``sex`` is ``F`` or ``M``."""

    first: str
    last: str
    sex: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True)
class Firm:
    """A company, shop or person that a document names as a party. ``address`` is its printed lines."""

    name: str
    address: tuple[str, ...]
    city: str
    tax_id: str
    phone: str
    email: str
    web: str


def person(rng: Random, language: str) -> Person:
    """Someone with names usual in ``language``."""
    names = _names(language)
    sex = rng.choice("FM")
    return Person(rng.choice(names[f"first_{sex.lower()}"]), rng.choice(names["last"]), sex)


def firm(rng: Random, region: Region, shop: bool = False) -> Firm:
    """A made-up company, a ``shop`` with a name over its door if told."""
    name = _shop_name(rng, region) if shop else _firm_name(rng, region)
    return _party(rng, region, name)


def private(rng: Random, region: Region) -> Firm:
    """A person as a party."""
    return _party(rng, region, person(rng, region.language).name, home=True)


def address(rng: Random, region: Region, home: bool = False) -> tuple[tuple[str, ...], str]:
    """Printed lines of an address, two to four, and its city; a ``home`` has no department."""
    postcode, city = rng.choice(region.cities)
    number = rng.randint(100, 9800) if region.country in ("US", "CA") else rng.randint(1, 180)
    street = region.street.format(street=rng.choice(region.streets), number=number)
    lines = [street, region.city.format(postcode=postcode, city=city)]
    if not home and rng.random() < 0.15:
        lines.insert(0, _suite(rng, region.language))
    if rng.random() < 0.2:
        lines.append(COUNTRIES[region.country])
    return tuple(lines), city.rstrip(",")


def tax_id(rng: Random, region: Region) -> str:
    """A tax number by the region's pattern, or with its country's check digits."""
    if region.tax_id_pattern:
        return identifiers.fill(rng, region.tax_id_pattern)
    return identifiers.tax_id(rng, region.country)


def _party(rng: Random, region: Region, name: str, home: bool = False) -> Firm:
    lines, city = address(rng, region, home)
    domain = "".join(sign for sign in name.lower() if sign.isascii() and sign.isalnum())[:16]
    return Firm(
        name=name,
        address=lines,
        city=city,
        tax_id=tax_id(rng, region),
        phone=identifiers.fill(rng, region.phone),
        email=f"{rng.choice(('info', 'office', 'accounts', 'mail', 'billing'))}@{domain}.example",
        web=f"www.{domain}.example",
    )


def _firm_name(rng: Random, region: Region) -> str:
    form = rng.choice(region.forms)
    kind = rng.random()
    if kind < 0.35:
        return f"{_coined(rng)} {form}"
    if kind < 0.5:
        one, two = person(rng, region.language).last, person(rng, region.language).last
        return f"{one} & {two} {form}" if one != two else f"{one} {rng.choice(region.trades)} {form}"
    if kind < 0.7:
        return f"{person(rng, region.language).last} {rng.choice(region.trades)} {form}"
    if kind < 0.8:
        return f"{_coined(rng)} {rng.choice(region.trades)}"
    return f"{rng.choice(region.stems)} {rng.choice(region.trades)} {form}"


def _shop_name(rng: Random, region: Region) -> str:
    kind = rng.random()
    if kind < 0.3:
        name = rng.choice(region.market.shops)
    elif kind < 0.6:
        name = f"{_coined(rng)} {rng.choice(('Market', 'Café', 'Express', 'Bistro', 'Store', 'Center', 'Shop'))}"
    else:
        name = _firm_name(rng, region)
    return name.upper() if rng.random() < 0.45 else name


def _coined(rng: Random) -> str:
    return rng.choice(_HEADS) + rng.choice(_MIDDLES) + rng.choice(_TAILS)


def _suite(rng: Random, language: str) -> str:
    number = rng.randint(1, 40)
    shapes = {
        "en": (f"Suite {number * 10}", f"Unit {number}", "Accounts Payable", f"PO Box {number * 37}"),
        "de": ("Abteilung Einkauf", f"Postfach {number * 37}", f"Haus {number}"),
        "fr": (f"Bâtiment {rng.choice('ABCD')}", "Service comptabilité", f"BP {number * 11}"),
        "es": ("Polígono Industrial Norte", f"Nave {number}", "Departamento de Compras"),
        "it": (f"Scala {rng.choice('ABCD')}", "Ufficio Acquisti", "Zona Industriale"),
        "nl": (f"Postbus {number * 37}", "Afdeling Inkoop", f"Gebouw {rng.choice('ABCD')}"),
        "pt": (f"Edifício {rng.choice('ABCD')}", "Zona Industrial", f"Apartado {number * 11}"),
    }
    return rng.choice(shapes[language])


@cache
def _names(language: str) -> dict[str, list[str]]:
    return {name: words.split() for name, words in read_table("people")[language].items()}
