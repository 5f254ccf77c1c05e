"""What a till sells: a shop, lines, tax, tip and rounding, and how it was paid."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from processors.synthesis import identifiers
from processors.synthesis.market import cents
from processors.synthesis.people import Firm, firm
from processors.synthesis.regions import Notation, Region, choose_notation
from processors.synthesis.words import Words

_FIRST_DAY = date(2016, 1, 4)
_DAYS = 4000
_TIPPED = {"US": 0.35, "CA": 0.3}
_NUMBERS = ("######", "####", "##-######", "CS00######", "@###/###", "########")


@dataclass(frozen=True, slots=True)
class Sold:
    """One line of a till; ``amount`` as printed."""

    description: str
    quantity: int
    unit_price: Decimal
    amount: Decimal
    code: str


@dataclass(frozen=True, slots=True)
class Sale:
    """What a receipt says. Prices include the tax unless ``on_top``; ``total`` includes ``tip`` and ``rounding``."""

    region: Region
    words: Words
    notation: Notation
    shop: Firm
    lines: tuple[Sold, ...]
    on_top: bool
    rate: Decimal | None
    net: Decimal
    tax: Decimal
    tip: Decimal | None
    rounding: Decimal | None
    total: Decimal
    cash: Decimal | None
    bought: date
    time: str
    number: str | None


def sale(rng: Random, region: Region) -> Sale:
    """A random sale."""
    goods = region.market.receipt_goods
    count = min(rng.choice((1, 2, 3, 3, 4, 5, 6, 8)), len(goods))
    scale = rng.choice((1, 1, 1, 3, 12))
    lines = tuple(
        _sold(rng, item.description, item.low * scale, item.high * scale) for item in rng.sample(goods, count)
    )
    printed = sum((line.amount for line in lines), Decimal(0))
    rate = rng.choice(region.rates) if rng.random() < 0.85 else None
    on_top = rate is not None and (region.country in ("US", "CA") or rng.random() < 0.08)
    if rate is None:
        net, tax = printed, Decimal(0)
    elif on_top:
        net, tax = printed, cents(printed * rate / 100)
    else:
        net = cents(printed / (1 + rate / 100))
        tax = printed - net
    total = net + tax
    tip = cents(total * rng.choice((Decimal("0.1"), Decimal("0.15"), Decimal("0.2"))))
    tipped = rng.random() < _TIPPED.get(region.country, 0.06)
    rounding = None
    if not tipped and region.country in ("MY", "CH", "AU") and rng.random() < 0.4:
        rounding = (total * 20).quantize(Decimal(1)) / 20 - total
    total += (tip if tipped else Decimal(0)) + (rounding or Decimal(0))
    note = next((value for value in (5, 10, 20, 50, 100, 200, 500, 1000, 2000) if value >= total), None)
    return Sale(
        region=region,
        words=Words(rng, region),
        notation=choose_notation(rng, region),
        shop=firm(rng, region, shop=True),
        lines=lines,
        on_top=on_top,
        rate=rate,
        net=net,
        tax=tax,
        tip=tip if tipped else None,
        rounding=rounding,
        total=total,
        cash=Decimal(note) if note and rng.random() < 0.45 else None,
        bought=_FIRST_DAY + timedelta(days=rng.randrange(_DAYS)),
        time=f"{rng.randint(7, 22):02}:{rng.randint(0, 59):02}",
        number=identifiers.fill(rng, rng.choice(_NUMBERS)) if rng.random() < 0.75 else None,
    )


def _sold(rng: Random, description: str, low: Decimal, high: Decimal) -> Sold:
    price = Decimal(rng.randint(int(low * 100), int(high * 100))) / 100
    quantity = rng.choice((1, 1, 1, 1, 2, 3))
    return Sold(description, quantity, price, price * quantity, identifiers.digits(rng, 13))
