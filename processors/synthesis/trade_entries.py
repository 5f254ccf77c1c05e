"""The labelled values of a trade document: references, totals, payment, as a list that any style can print."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from processors.synthesis.parts import grouped
from processors.synthesis.sheet import Entry, Value
from processors.synthesis.trade import Deal
from processors.synthesis.truth import money as plain_money

_NUMBER_FIELD = {"invoice": "invoice_number", "credit_note": "invoice_number", "purchase_order": "purchase_order"}
_DATE_FIELD = {"invoice": "invoice_date", "credit_note": "invoice_date", "purchase_order": "order_date"}
_TITLE = {"invoice": "invoice", "credit_note": "credit_note", "purchase_order": "purchase_order_title"}
_LABELLED = ("purchase_order", "customer_id", "delivery_date")
"""References that the truth holds; the others stand on the page to be mistaken for them."""


@dataclass(frozen=True, slots=True)
class SumsStyle:
    """Which sums a document prints, and how it calls its currency.

    ``net``: the net total stands apart from the sum of lines. ``base``: with several rates, each one's taxable base is
    printed. ``tax_before_total``: prices with tax have the tax they include above the total.
    """

    net: bool
    base: bool
    currency_in_label: bool
    tax_before_total: bool


def choose_sums_style(rng: Random) -> SumsStyle:
    """A random choice."""
    return SumsStyle(rng.random() < 0.8, rng.random() < 0.2, rng.random() < 0.6, rng.random() < 0.5)


def title_of(rng: Random, deal: Deal) -> str:
    """The printed title."""
    if deal.kind == "invoice" and deal.region.titles and rng.random() < 0.7:
        return rng.choice(deal.region.titles)
    return deal.words[_TITLE[deal.kind]]


def number_entry(deal: Deal) -> Entry:
    """The document's own number."""
    field = _NUMBER_FIELD[deal.kind]
    label = "purchase_order_number" if deal.kind == "purchase_order" else f"{deal.kind}_number"
    return Entry(deal.words[label], Value(deal.number, field))


def date_entry(deal: Deal) -> Entry:
    """The document's own date."""
    field = _DATE_FIELD[deal.kind]
    return Entry(deal.words[field], dated(deal, deal.issued, field))


def reference_entries(rng: Random, deal: Deal) -> list[Entry]:
    """All other references in a random order."""
    entries = [
        Entry(deal.words[name], Value(text, name if name in _LABELLED else None))
        for name, text in deal.references.items()
    ]
    if deal.due:
        entries.append(Entry(deal.words["due_date"], dated(deal, deal.due, "due_date")))
    if deal.delivered:
        entries.append(Entry(deal.words["delivery_date"], dated(deal, deal.delivered, "delivery_date")))
    rng.shuffle(entries)
    return entries


def dated(deal: Deal, day: date, field: str | None) -> Value:
    """A date as the document prints it."""
    return Value(deal.notation.day(day), field, day.isoformat())


def money(deal: Deal, amount: Decimal, field: str | None) -> Value:
    """An amount with its currency."""
    return Value(deal.notation.money(amount), field, plain_money(amount))


def sum_entries(deal: Deal, style: SumsStyle) -> list[Entry]:
    """The totals from the first to what is due."""
    entries = _before_tax(deal, style)
    taxes = _tax_entries(deal, style)
    label = deal.words["credit_total" if deal.kind == "credit_note" else "total"]
    if style.currency_in_label and deal.notation.money_template == "{}":
        label = f"{label} {deal.region.currency}"
    total = Entry(label, money(deal, deal.sums.total, "total_amount"), strong=True)
    if deal.regime == "included":
        entries += [*taxes, total] if style.tax_before_total else [total, *taxes]
    else:
        entries += [*taxes, total]
    paid = deal.sums.paid
    if paid is not None:
        entries.append(Entry(deal.words["prepaid"], money(deal, -paid, None)))
        entries.append(Entry(deal.words["amount_due"], money(deal, deal.sums.total - paid, "amount_due"), strong=True))
    return entries


def payment_entries(deal: Deal) -> list[Entry]:
    """Bank, account and terms, as far as the document has them."""
    entries: list[Entry] = []
    if deal.bank:
        name, iban, bic = deal.bank
        entries.append(Entry(deal.words["bank_details"], Value(name)))
        if iban:
            entries.append(Entry("IBAN", Value(grouped(iban), "iban", iban)))
            entries.append(Entry("BIC", Value(bic)))
        entries.append(Entry(deal.words["payment_reference"], Value(deal.number)))
    if deal.terms:
        entries.append(Entry(deal.words["payment_terms"], Value(deal.terms, "payment_terms")))
    return entries


def remark(deal: Deal) -> str | None:
    """Why no tax is charged, where that is so."""
    remarks = {"reverse": "reverse_charge", "exempt": "exempt", "none": "no_tax"}
    return deal.words[remarks[deal.regime]] if deal.regime in remarks else None


def _before_tax(deal: Deal, style: SumsStyle) -> list[Entry]:
    """Sum of lines, discount, freight and net; the last net figure before the tax is the subtotal."""
    sums, words = deal.sums, deal.words
    changed = sums.discount is not None or sums.shipping is not None
    if not changed:
        hidden = deal.regime == "none" and not style.net
        return [] if hidden else [Entry(words["subtotal"], money(deal, sums.net, "subtotal"))]
    net = style.net or deal.regime == "included"
    label = words["lines_total"] if net else words["subtotal"]
    entries = [Entry(label, money(deal, sums.lines, None if net else "subtotal"))]
    if sums.discount is not None and sums.discount_rate is not None:
        label = f"{words['discount']} {deal.notation.rate(sums.discount_rate)}"
        entries.append(Entry(label, money(deal, -sums.discount, None)))
    if sums.shipping is not None:
        entries.append(Entry(words["shipping"], money(deal, sums.shipping, None)))
    if net:
        entries.append(Entry(words["subtotal"], money(deal, sums.net, "subtotal")))
    return entries


def _tax_entries(deal: Deal, style: SumsStyle) -> list[Entry]:
    sums = deal.sums
    entries = []
    for share in sums.shares:
        rate = deal.notation.rate(share.rate)
        label = f"{deal.tax_name} {rate}"
        if deal.regime == "included":
            label = deal.words["tax_included"].format(tax=label)
        elif style.base and len(sums.shares) > 1:
            label = f"{label} / {deal.notation.cell(share.base)}"
        field = "tax_amount" if len(sums.shares) == 1 else None
        entries.append(Entry(label, money(deal, share.amount, field)))
    if len(sums.shares) > 1:
        entries.append(Entry(deal.words["tax_total"], money(deal, sums.tax, "tax_amount")))
    return entries
