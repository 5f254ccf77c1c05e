"""What invoices, credit notes and orders say: parties, lines, tax, sums that add up, and decoys beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from processors.synthesis import identifiers
from processors.synthesis.content import TaxShare
from processors.synthesis.market import Goods, cents
from processors.synthesis.people import Firm, address, firm, person, private
from processors.synthesis.regions import Notation, Region, choose_notation
from processors.synthesis.words import Words

_FIRST_DAY = date(2016, 1, 4)
_DAYS = 4000
_LONG = 0.08
_NEGATIVE = 0.3  # of credit notes print their amounts with a minus


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``discount`` is a percentage that ``amount`` has taken off. ``details`` stand below the description."""

    description: str
    details: tuple[str, ...]
    sku: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    discount: Decimal | None
    tax_rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """The money of a document. ``net`` + ``tax`` = ``total``; ``lines`` is the sum of the printed line amounts.

    Where prices include the tax, ``lines`` - ``discount`` + ``shipping`` is ``total``, else it is ``net``.
    """

    lines: Decimal
    discount: Decimal | None
    discount_rate: Decimal | None
    shipping: Decimal | None
    net: Decimal
    shares: tuple[TaxShare, ...]
    tax: Decimal
    total: Decimal
    paid: Decimal | None


@dataclass(frozen=True, slots=True)
class Deal:
    """A trade document's content. A reference that is missing from ``references`` is not printed.

    ``regime``: ``added``, ``included``, ``none``, ``exempt`` or ``reverse`` (see ``data/regions.toml``).
    """

    kind: str
    region: Region
    words: Words
    notation: Notation
    seller: Firm
    buyer: Firm
    ship_to: tuple[str, ...]
    number: str
    issued: date
    due: date | None
    delivered: date | None
    references: Mapping[str, str]
    lines: tuple[Line, ...]
    regime: str
    tax_name: str
    sums: Sums
    terms: str | None
    bank: tuple[str, str | None, str] | None
    show_buyer_tax_id: bool
    show_seller_tax_id: bool


def deal(rng: Random, region: Region, kind: str) -> Deal:
    """Random content of a ``kind``: ``invoice``, ``credit_note`` or ``purchase_order``."""
    words = Words(rng, region)
    regime = rng.choice(region.regimes)
    payable = kind == "invoice"
    issued = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))
    days = rng.choice((7, 8, 10, 14, 15, 20, 21, 30, 30, 30, 45, 60))
    lines = _lines(rng, region, regime)
    parties = firm(rng, region), (private if rng.random() < 0.2 else firm)(rng, region)
    seller, buyer = parties if kind != "purchase_order" else parties[::-1]
    due = issued + timedelta(days=days) if payable and rng.random() < 0.68 else None
    sums = _sums(rng, lines, regime, payable)
    if kind == "credit_note" and rng.random() < _NEGATIVE:
        lines, sums = tuple(_negated(line) for line in lines), _negated_sums(sums)
    return Deal(
        kind=kind,
        region=region,
        words=words,
        notation=choose_notation(rng, region),
        seller=seller,
        buyer=buyer,
        ship_to=_ship_to(rng, region, buyer) if rng.random() < 0.28 else (),
        number=_number(rng, kind, issued),
        issued=issued,
        due=due,
        delivered=issued - timedelta(days=rng.randint(0, 12)) if rng.random() < 0.3 else None,
        references=_references(rng, region, kind, issued),
        lines=lines,
        regime=regime,
        tax_name=rng.choice(region.tax),
        sums=sums,
        terms=_terms(rng, words, kind, days, region),
        bank=_bank(rng, region) if payable and rng.random() < 0.65 else None,
        show_buyer_tax_id=regime == "reverse" or (kind != "purchase_order" and rng.random() < 0.3),
        show_seller_tax_id=regime != "none" and rng.random() < 0.85,
    )


def _lines(rng: Random, region: Region, regime: str) -> tuple[Line, ...]:
    count = rng.randint(14, 42) if rng.random() < _LONG else rng.choice((1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 10))
    taxed = regime in ("added", "included")
    several = taxed and len(set(region.rates)) > 1 and region.country not in ("US", "CA") and rng.random() < 0.25
    main = rng.choice(region.rates) if taxed else Decimal(0)
    discounted = rng.random() < 0.1
    pattern = rng.choice(("@@-####", "######", "@###", "##.###.##", "@@@####@", "#####-##", "@-###-@@"))
    scale = rng.choice((1, 1, 1, 1, 10, 25))
    goods = list(region.market.goods)
    rng.shuffle(goods)
    lines = []
    for index in range(count):
        item = goods[index % len(goods)]
        price = _price(rng, item, scale)
        quantity = _quantity(rng, item, price)
        off = Decimal(rng.choice((5, 10, 15))) if discounted and rng.random() < 0.6 else None
        amount = cents(quantity * price * (100 - (off or 0)) / 100)
        rate = rng.choice(region.rates) if several else main
        details = _details(rng) if rng.random() < 0.22 else ()
        sku = identifiers.fill(rng, pattern)
        lines.append(Line(item.description, details, sku, quantity, item.unit, price, off, rate, amount))
    return tuple(lines)


def _details(rng: Random) -> tuple[str, ...]:
    """Codes that the layout sets into the language's phrases below a description."""
    return tuple(identifiers.fill(rng, rng.choice(("@##-####", "######"))) for _ in range(rng.choice((1, 1, 2))))


def _price(rng: Random, item: Goods, scale: int) -> Decimal:
    price = Decimal(rng.randint(int(item.low * 100), int(item.high * 100))) / 100 * scale
    return price.quantize(Decimal(1)) if scale > 1 and rng.random() < 0.5 else price


def _quantity(rng: Random, item: Goods, price: Decimal) -> Decimal:
    if item.unit == "hour":
        return Decimal(rng.randint(2, 60)) / rng.choice((1, 2, 4))
    if price < 5:
        return Decimal(rng.choice((10, 20, 50, 100, 120, 250, 500, 1000, 1500)))
    if item.unit == "meter":
        return Decimal(rng.randint(5, 400)) / rng.choice((1, 2))
    return Decimal(rng.choice((1, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 20, 24)))


def _sums(rng: Random, lines: Sequence[Line], regime: str, payable: bool) -> Sums:
    """Discount and freight are taxed like the line they go with; they come only where all lines have one rate."""
    rates = sorted({line.tax_rate for line in lines}, reverse=True)
    printed = sum((line.amount for line in lines), Decimal(0))
    discount = discount_rate = shipping = None
    if len(rates) == 1:
        if rng.random() < 0.16:
            discount_rate = Decimal(rng.choice((2, 3, 5, 10)))
            discount = cents(printed * discount_rate / 100)
        if rng.random() < 0.22:
            shipping = Decimal(rng.choice((450, 590, 695, 850, 990, 1200, 1500, 2500, 4800))) / 100
    charged = printed - (discount or 0) + (shipping or 0)
    shares = []
    for rate in rates if regime != "none" else ():
        gross = charged if len(rates) == 1 else sum((x.amount for x in lines if x.tax_rate == rate), Decimal(0))
        base = cents(gross / (1 + rate / 100)) if regime == "included" else gross
        shares.append(TaxShare(rate, base, gross - base if regime == "included" else cents(base * rate / 100)))
    tax = sum((share.amount for share in shares), Decimal(0))
    net = charged - tax if regime == "included" else charged
    total = net + tax
    paid = cents(total * rng.choice((Decimal("0.2"), Decimal("0.25"), Decimal("0.5"), Decimal(1))))
    shown = payable and rng.random() < 0.15
    return Sums(printed, discount, discount_rate, shipping, net, tuple(shares), tax, total, paid if shown else None)


def _negated(line: Line) -> Line:
    return replace(line, quantity=-line.quantity, amount=-line.amount)


def _negated_sums(sums: Sums) -> Sums:
    return replace(
        sums,
        lines=-sums.lines,
        discount=-sums.discount if sums.discount else None,
        shipping=-sums.shipping if sums.shipping else None,
        net=-sums.net,
        shares=tuple(TaxShare(share.rate, -share.base, -share.amount) for share in sums.shares),
        tax=-sums.tax,
        total=-sums.total,
    )


def _references(rng: Random, region: Region, kind: str, issued: date) -> dict[str, str]:
    """Numbers beside the document's own, each there or not."""
    found: dict[str, str] = {}
    if kind != "purchase_order" and rng.random() < 0.5:
        shape = rng.choice(("PO-######", "45######", "B#####", "PO#####", "##-####", "@@######", f"{issued.year}-####"))
        found["purchase_order"] = identifiers.fill(rng, shape)
    if rng.random() < 0.5:
        found["customer_id"] = identifiers.fill(rng, rng.choice(("#####", "K-####", "C####", "1######", "D##.###")))
    if kind != "purchase_order" and rng.random() < 0.22:
        found["order_number"] = identifiers.fill(rng, rng.choice(("A######", "SO-#####", "7#####", "##/####")))
    if kind != "purchase_order" and rng.random() < 0.18:
        found["delivery_note"] = identifiers.fill(rng, rng.choice(("DN-#####", "8#######", "L-####")))
    if rng.random() < 0.22:
        found["contact"] = person(rng, region.language).name
    if rng.random() < 0.16:
        found["project"] = identifiers.fill(rng, rng.choice(("P-####", "@@@-##", "##-@@-###")))
    if kind == "credit_note":
        found["original_invoice"] = _number(rng, "invoice", issued - timedelta(days=rng.randint(3, 60)))
    return found


def _number(rng: Random, kind: str, issued: date) -> str:
    prefixes = {
        "invoice": ("", "", "", "INV-", "R-", "RE", "F", "FA-", "IN", "V/", "#"),
        "credit_note": ("CN-", "CR-", "GS", "AV-", "", "NC"),
        "purchase_order": ("PO-", "PO", "4500", "BE-", "", "OC-"),
    }
    shapes = (
        f"{issued.year}-{identifiers.fill(rng, '####')}",
        f"{issued.year}/{identifiers.fill(rng, '####')}",
        identifiers.digits(rng, rng.randint(4, 9)),
        identifiers.digits(rng, 6),
        f"{issued:%y%m}-{identifiers.fill(rng, '###')}",
        f"{issued:%Y%m%d}-{rng.randint(1, 99):02}",
        identifiers.fill(rng, "@@######"),
        f"{rng.randint(1, 999)}/{issued:%y}",
    )
    return rng.choice(prefixes[kind]) + rng.choice(shapes)


def _terms(rng: Random, words: Words, kind: str, days: int, region: Region) -> str | None:
    if rng.random() < (0.35 if kind == "invoice" else 0.6):
        return None
    if kind == "credit_note":
        return words["credit_terms_text"]
    text = words["terms_text"].format(days=days)
    if days >= 14 and rng.random() < 0.2:
        rate = f"{rng.choice((2, 3))}{'%' if region.language == 'en' else ' %'}"
        text = f"{text}, {words['early_payment'].format(rate=rate, days=rng.choice((7, 8, 10)))}"
    return text


def _bank(rng: Random, region: Region) -> tuple[str, str | None, str]:
    """Bank, account number, sort code."""
    account = identifiers.iban(rng, region.country)
    return rng.choice(region.market.banks), account, identifiers.bic(rng, region.country)


def _ship_to(rng: Random, region: Region, buyer: Firm) -> tuple[str, ...]:
    name = buyer.name if rng.random() < 0.6 else person(rng, region.language).name
    return (name, *address(rng, region)[0])
