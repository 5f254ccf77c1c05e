"""Regions: one country's habits of numbers, dates, addresses and tax, and how one document uses them.

A region leans on a market's words, goods and streets and changes what differs: Austria is Germany with other taxes.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from processors.synthesis.market import Market, load_market


@dataclass(frozen=True, slots=True)
class Region:
    """One country; ``tax_id_pattern`` as :func:`processors.synthesis.identifiers.fill` takes it, where it has one."""

    key: str
    country: str
    currency: str
    market: Market
    numbers: tuple[str, ...]
    money: tuple[str, ...]
    rate: tuple[str, ...]
    dates: tuple[str, ...]
    regimes: tuple[str, ...]
    rates: tuple[Decimal, ...]
    tax: tuple[str, ...]
    tax_id: tuple[str, ...]
    titles: tuple[str, ...]
    tax_id_pattern: str | None
    cities: tuple[tuple[str, str], ...]
    city: str
    streets: tuple[str, ...]
    street: str
    stems: tuple[str, ...]
    trades: tuple[str, ...]
    forms: tuple[str, ...]
    phone: str

    @property
    def language(self) -> str:
        """ISO 639-1."""
        return self.market.language


@dataclass(frozen=True, slots=True)
class Notation:
    """How one document writes: signs of numbers, money with and without its currency, dates, percentages."""

    region: Region
    decimal: str
    group: str
    money_template: str
    cell_template: str
    rate_template: str
    date_template: str
    minus_last: bool = False

    def number(self, value: Decimal, places: int | None = None) -> str:
        """``value`` with exactly ``places`` decimals, or as many as it needs."""
        exact = value.quantize(Decimal(1).scaleb(-places)) if places is not None else value.normalize()
        whole, _, fraction = f"{abs(exact):,f}".partition(".")
        printed = whole.replace(",", self.group) + (self.decimal + fraction if fraction else "")
        if exact >= 0:
            return printed
        return f"{printed}-" if self.minus_last else f"-{printed}"

    def money(self, value: Decimal) -> str:
        """Money with its currency as totals show it."""
        return self._signed(self.money_template, value, 2)

    def cell(self, value: Decimal, places: int = 2) -> str:
        """Money as a table's cell shows it."""
        return self._signed(self.cell_template, value, places)

    def rate(self, value: Decimal) -> str:
        """A percentage."""
        return self.rate_template.format(self.number(value))

    def day(self, day: date) -> str:
        """``day`` in the document's date style."""
        return self.dated(day, self.date_template)

    def dated(self, day: date, template: str) -> str:
        """``day`` by another of the region's templates."""
        name = self.region.market.months[day.month - 1]
        return template.format(y=day.year, yy=day.year % 100, m=day.month, d=day.day, name=name, short=name[:3])

    def _signed(self, template: str, value: Decimal, places: int) -> str:
        if value < 0 and not self.minus_last:
            return f"-{template.format(self.number(-value, places))}"
        return template.format(self.number(value, places))


@cache
def region_keys() -> tuple[str, ...]:
    """The names of all regions in the file's order."""
    return tuple(_table())


@cache
def load_region(key: str) -> Region:
    """The region called ``key``. Raises ``KeyError`` for an unknown one."""
    data = _table()[key]
    market = load_market(data["market"])
    return Region(
        key=key,
        country=data.get("country", market.country),
        currency=data["currency"],
        market=market,
        numbers=tuple(data["numbers"]),
        money=tuple(data["money"]),
        rate=tuple(data["rate"]),
        dates=tuple(data["dates"]),
        regimes=tuple(data["regimes"]),
        rates=tuple(Decimal(rate) for rate in data["rates"]),
        tax=split(data["tax"]),
        tax_id=split(data["tax_id"]),
        titles=split(data.get("titles", "")),
        tax_id_pattern=data.get("tax_id_pattern"),
        cities=tuple((postcode, city) for postcode, city in data.get("cities", market.cities)),
        city=data.get("city", market.city_template),
        streets=tuple(data.get("streets", market.streets)),
        street=data.get("street", market.street_template),
        stems=tuple(data.get("stems", market.stems)),
        trades=tuple(data.get("trades", market.trades)),
        forms=tuple(data.get("forms", market.forms)),
        phone=data.get("phone", market.phone),
    )


def choose_notation(rng: Random, region: Region) -> Notation:
    """One document's way of writing within the region's habits."""
    signs = rng.choice(region.numbers)
    money = rng.choice(region.money)
    return Notation(
        region=region,
        decimal=signs[0],
        group=signs[1:],
        money_template=money,
        cell_template=money if rng.random() < 0.35 else "{}",
        rate_template=rng.choice(region.rate),
        date_template=rng.choice(region.dates),
    )


def split(words: str) -> tuple[str, ...]:
    """Synonyms that a data file writes between bars."""
    return tuple(word.strip() for word in words.split("|") if word.strip())


def read_table(name: str) -> Mapping[str, Any]:
    """The parsed file ``data/name.toml``."""
    text = files("processors.synthesis").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _table() -> Mapping[str, Any]:
    return read_table("regions")
