"""Markets: how documents of one country are worded and how they write numbers and dates.

A market is one TOML file in ``markets/``; to add a country is to add a file (and its identifiers to
:mod:`processors.synthesis.identifiers`).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Goods:
    """Something sold: its printed name, its unit's key (see ``Market.units``) and the range of its net unit price."""

    description: str
    unit: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Market:
    """One country's conventions. ``labels`` holds the synonyms of every printed label; units map a key to print."""

    key: str
    language: str
    country: str
    currency: str
    paper: str
    tax_included: bool
    decimal: str
    group: str
    money_template: str
    rate_template: str
    date_templates: tuple[str, ...]
    months: tuple[str, ...]
    tax_rates: tuple[Decimal, ...]
    tax_share: str
    street_template: str
    city_template: str
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]
    phone: str
    stems: tuple[str, ...]
    trades: tuple[str, ...]
    forms: tuple[str, ...]
    shops: tuple[str, ...]
    banks: tuple[str, ...]
    units: Mapping[str, str]
    labels: Mapping[str, tuple[str, ...]]
    goods: tuple[Goods, ...]
    receipt_goods: tuple[Goods, ...]

    def number(self, value: Decimal, places: int = 0) -> str:
        """``value`` with at least ``places`` decimals and no trailing zeros beyond, in the market's signs."""
        exact = value.quantize(Decimal(1).scaleb(-places)) if places else value.normalize()
        shown = value.normalize() if places and exact != value else exact
        whole, _, fraction = f"{shown:,f}".partition(".")
        return whole.replace(",", self.group) + (self.decimal + fraction if fraction else "")

    def amount(self, value: Decimal) -> str:
        """``value`` as money without its currency: two decimals."""
        return self.number(value, 2)

    def money(self, value: Decimal) -> str:
        """``value`` as money with the currency's sign where the market puts it."""
        return self.money_template.format(self.amount(value))

    def rate(self, value: Decimal) -> str:
        """A percentage, ``19 %``."""
        return self.rate_template.format(self.number(value))

    def format_date(self, day: date, template: str) -> str:
        """``day`` by one of ``date_templates``."""
        name = self.months[day.month - 1]
        return template.format(year=day.year, month=day.month, day=day.day, name=name, short=name[:3])


@cache
def market_keys() -> tuple[str, ...]:
    """The names of all markets, sorted."""
    names = (entry.name for entry in files("processors.synthesis").joinpath("markets").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load_market(key: str) -> Market:
    """The market called ``key``. Raises ``FileNotFoundError`` for an unknown one, ``KeyError`` for a missing entry."""
    data = tomllib.loads(files("processors.synthesis").joinpath("markets", f"{key}.toml").read_text(encoding="utf-8"))
    numbers, dates, tax, address, companies = (
        data[part] for part in ("numbers", "dates", "tax", "address", "companies")
    )
    return Market(
        key=key,
        language=data["language"],
        country=data["country"],
        currency=data["currency"],
        paper=data["paper"],
        tax_included=data["tax_included"],
        decimal=numbers["decimal"],
        group=numbers["group"],
        money_template=numbers["money"],
        rate_template=numbers["rate"],
        date_templates=tuple(dates["templates"]),
        months=tuple(dates["months"]),
        tax_rates=tuple(Decimal(rate) for rate in tax["rates"]),
        tax_share=tax["share"],
        street_template=address["street"],
        city_template=address["city"],
        streets=tuple(address["streets"]),
        cities=tuple((postcode, city) for postcode, city in address["cities"]),
        phone=address["phone"],
        stems=tuple(companies["stems"]),
        trades=tuple(companies["trades"]),
        forms=tuple(companies["forms"]),
        shops=tuple(companies["shops"]),
        banks=tuple(companies["banks"]),
        units=data["units"],
        labels={name: tuple(words) for name, words in data["labels"].items()},
        goods=tuple(
            Goods(text, unit, Decimal(low), Decimal(high)) for text, unit, low, high in data["goods"]["invoice"]
        ),
        receipt_goods=tuple(
            Goods(text, "piece", Decimal(low), Decimal(high)) for text, low, high in data["goods"]["receipt"]
        ),
    )


def cents(value: Decimal) -> Decimal:
    """``value`` rounded to the cent, halves away from zero, as invoices round."""
    return value.quantize(CENT, ROUND_HALF_UP)
