"""What a made-up document says: parties, lines, taxes and totals that add up, before any layout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from processors.synthesis import identifiers
from processors.synthesis.market import Goods, Market, cents

_FIRST_DAY = date(2025, 1, 2)
_DAYS = 660
_MIXED_TAX = 0.3
_PREPAID = 0.2


@dataclass(frozen=True, slots=True)
class Party:
    """A seller or buyer. ``address`` is its printed lines, and the parts of it are for the e-invoice."""

    name: str
    street: str
    postcode: str
    city: str
    country: str
    address: tuple[str, ...]
    tax_id: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class LineContent:
    """One line. ``unit`` is a key of ``Market.units``; ``amount`` is quantity times price, rounded to the cent."""

    description: str
    sku: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    tax_rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TaxShare:
    """The tax of one rate: the net base and the tax on it, rounded to the cent."""

    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bank:
    """Where to pay. ``iban`` is ``None`` in countries without one."""

    name: str
    iban: str | None
    bic: str


@dataclass(frozen=True, slots=True)
class InvoiceContent:
    """An invoice or a credit note (``document_type``). ``None`` in a field says that the document does not print it.

    ``subtotal`` is net, ``total`` is subtotal + tax, ``amount_due`` is total - prepaid and set only with ``prepaid``.
    ``wording`` is the one synonym per label that this document uses.
    """

    market: Market
    document_type: str
    number: str
    issue_date: date
    due_date: date | None
    purchase_order: str | None
    customer_id: str | None
    original_invoice: str | None
    vendor: Party
    customer: Party
    lines: tuple[LineContent, ...]
    taxes: tuple[TaxShare, ...]
    subtotal: Decimal
    tax_amount: Decimal
    total: Decimal
    prepaid: Decimal | None
    amount_due: Decimal | None
    payment_terms: str
    bank: Bank | None
    wording: Mapping[str, str]
    date_template: str

    def print_date(self, day: date) -> str:
        """``day`` in the one date style of this document."""
        return self.market.format_date(day, self.date_template)


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One line of a till receipt; prices as the till prints them (with tax where the market includes it)."""

    description: str
    quantity: int
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ReceiptContent:
    """A till receipt. ``subtotal`` is net of tax; ``tendered`` is set when paid in cash."""

    market: Market
    vendor: Party
    number: str
    purchase_date: date
    purchase_time: str
    cashier: str
    lines: tuple[ReceiptLine, ...]
    tax_rate: Decimal
    subtotal: Decimal
    tax_amount: Decimal
    total: Decimal
    tendered: Decimal | None
    wording: Mapping[str, str]
    date_template: str

    @property
    def item_count(self) -> int:
        return sum(line.quantity for line in self.lines)


def invoice_content(
    rng: Random, market: Market, document_type: str = "invoice", line_count: int | None = None
) -> InvoiceContent:
    """Random content of ``document_type`` (``invoice`` or ``credit_note``); 2 to 7 lines unless told."""
    vendor = company(rng, market)
    customer = company(rng, market, other_than=vendor)
    lines = tuple(_lines(rng, market, line_count or rng.randint(2, 7)))
    taxes = tax_shares(lines)
    subtotal = sum((line.amount for line in lines), Decimal(0))
    tax_amount = sum((share.amount for share in taxes), Decimal(0))
    total = subtotal + tax_amount
    issued = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))
    days = rng.choice((10, 14, 21, 30, 45))
    wording = choose_wording(rng, market)
    payable = document_type == "invoice"
    prepaid = cents(total * Decimal("0.25")) if payable and rng.random() < _PREPAID else None
    return InvoiceContent(
        market=market,
        document_type=document_type,
        number=_document_number(rng, issued, document_type),
        issue_date=issued,
        due_date=issued + timedelta(days=days) if payable else None,
        purchase_order=f"{rng.choice(('PO-', '45', 'B'))}{identifiers.digits(rng, 6)}" if rng.random() < 0.7 else None,
        customer_id=identifiers.digits(rng, 5) if rng.random() < 0.6 else None,
        original_invoice=None if payable else _document_number(rng, issued, "invoice"),
        vendor=vendor,
        customer=customer,
        lines=lines,
        taxes=taxes,
        subtotal=subtotal,
        tax_amount=tax_amount,
        total=total,
        prepaid=prepaid,
        amount_due=None if prepaid is None else total - prepaid,
        payment_terms=wording["terms_text" if payable else "credit_terms_text"].format(days=days),
        bank=_bank(rng, market) if payable else None,
        wording=wording,
        date_template=rng.choice(market.date_templates),
    )


def receipt_content(rng: Random, market: Market) -> ReceiptContent:
    """Random content of a till receipt with 3 to 7 lines."""
    lines = tuple(_receipt_line(rng, goods) for goods in rng.sample(market.receipt_goods, rng.randint(3, 6)))
    rate = market.tax_rates[0]
    printed = sum((line.amount for line in lines), Decimal(0))
    if market.tax_included:
        subtotal, total = cents(printed / (1 + rate / 100)), printed
    else:
        subtotal, total = printed, printed + cents(printed * rate / 100)
    note = next(value for value in (5, 10, 20, 50, 100, 200, 500) if value >= total)
    return ReceiptContent(
        market=market,
        vendor=company(rng, market, shop=True),
        number=identifiers.digits(rng, 6),
        purchase_date=_FIRST_DAY + timedelta(days=rng.randrange(_DAYS)),
        purchase_time=f"{rng.randint(8, 20):02}:{rng.randint(0, 59):02}",
        cashier=str(rng.randint(1, 12)),
        lines=lines,
        tax_rate=rate,
        subtotal=subtotal,
        tax_amount=total - subtotal,
        total=total,
        tendered=Decimal(note) if rng.random() < 0.5 else None,
        wording=choose_wording(rng, market),
        date_template=market.date_templates[0],
    )


def company(rng: Random, market: Market, shop: bool = False, other_than: Party | None = None) -> Party:
    """A made-up company, or a ``shop`` with a name over its door; ``other_than`` one that it shares no name with.

    Its mail ends in the reserved domain ``.example``.
    """
    if shop:
        name = rng.choice(market.shops)
    else:
        stems = [stem for stem in market.stems if other_than is None or not other_than.name.startswith(stem)]
        name = f"{rng.choice(stems)} {rng.choice(market.trades)} {rng.choice(market.forms)}"
    postcode, city = rng.choice(market.cities)
    number = rng.randint(2, 180) if market.country != "US" else rng.randint(100, 9800)
    street = market.street_template.format(street=rng.choice(market.streets), number=number)
    domain = "".join(sign for sign in name.lower() if sign.isascii() and sign.isalnum())[:14]
    return Party(
        name=name,
        street=street,
        postcode=postcode,
        city=city,
        country=market.country,
        address=(street, market.city_template.format(postcode=postcode, city=city)),
        tax_id=identifiers.tax_id(rng, market.country),
        phone=identifiers.fill(rng, market.phone),
        email=f"{'accounts' if market.language == 'en' else 'info'}@{domain}.example",
    )


def tax_shares(lines: Sequence[LineContent]) -> tuple[TaxShare, ...]:
    """The tax per rate, highest rate first, each rounded once on the sum of its lines (EN 16931, BR-CO-17)."""
    shares = []
    for rate in sorted({line.tax_rate for line in lines}, reverse=True):
        base = sum((line.amount for line in lines if line.tax_rate == rate), Decimal(0))
        shares.append(TaxShare(rate, base, cents(base * rate / 100)))
    return tuple(shares)


def choose_wording(rng: Random, market: Market) -> dict[str, str]:
    """One synonym for every label of the market."""
    return {label: rng.choice(words) for label, words in market.labels.items()}


def _lines(rng: Random, market: Market, count: int) -> list[LineContent]:
    main = rng.choice(market.tax_rates)
    mixed = market.tax_included and rng.random() < _MIXED_TAX
    goods = list(market.goods)
    rng.shuffle(goods)
    return [
        _line(rng, goods[index % len(goods)], rng.choice(market.tax_rates) if mixed else main) for index in range(count)
    ]


def _line(rng: Random, goods: Goods, rate: Decimal) -> LineContent:
    price = _price(rng, goods)
    if goods.unit == "hour":
        quantity = Decimal(rng.randint(2, 60)) / 4
    elif price < 5:
        quantity = Decimal(rng.choice((20, 50, 100, 120, 250, 500, 1000, 1500)))
    else:
        quantity = Decimal(rng.randint(1, 24))
    sku = f"{identifiers.fill(rng, '@@')}-{identifiers.digits(rng, 4)}"
    return LineContent(goods.description, sku, quantity, goods.unit, price, rate, cents(quantity * price))


def _receipt_line(rng: Random, goods: Goods) -> ReceiptLine:
    price = _price(rng, goods)
    quantity = rng.choice((1, 1, 1, 2, 3))
    return ReceiptLine(goods.description, quantity, price, price * quantity)


def _price(rng: Random, goods: Goods) -> Decimal:
    return Decimal(rng.randint(int(goods.low * 100), int(goods.high * 100))) / 100


def _document_number(rng: Random, issued: date, document_type: str) -> str:
    prefixes = ("INV-", "", "R-", "2") if document_type == "invoice" else ("CN-", "CR-")
    shapes = (
        f"{issued.year}-{identifiers.digits(rng, 4)}",
        identifiers.digits(rng, 6),
        f"{issued:%y%m}-{identifiers.digits(rng, 3)}",
    )
    return rng.choice(prefixes) + rng.choice(shapes)


def _bank(rng: Random, market: Market) -> Bank:
    return Bank(rng.choice(market.banks), identifiers.iban(rng, market.country), identifiers.bic(rng, market.country))
