"""Document types: each module draws one or some, and ``KINDS`` lists them all."""

from collections.abc import Callable
from random import Random

from processors.synthesis.kinds.cards import id_card
from processors.synthesis.kinds.freight import bill_of_lading
from processors.synthesis.kinds.papers import form, insurance_policy, medical
from processors.synthesis.kinds.payslip import pay_stub
from processors.synthesis.kinds.prose import contract, letter, resume
from processors.synthesis.kinds.statement import bank_statement
from processors.synthesis.kinds.till import receipt
from processors.synthesis.kinds.utility import utility_bill
from processors.synthesis.kinds.wages import tax_form, w2
from processors.synthesis.regions import Region
from processors.synthesis.sheet import Sheet
from processors.synthesis.trade_layout import trade_document

Kind = Callable[[Random, Region], tuple[Sheet, str]]
"""Draws one document of a region; returns its sheet, which holds the truth, and the name of its layout family."""


def invoice(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn invoice and its arrangement's name."""
    return trade_document(rng, region, "invoice")


def credit_note(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn credit note and its arrangement's name."""
    return trade_document(rng, region, "credit_note")


def purchase_order(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn order and its arrangement's name."""
    return trade_document(rng, region, "purchase_order")


KINDS: dict[str, Kind] = {
    "invoice": invoice,
    "credit_note": credit_note,
    "receipt": receipt,
    "bank_statement": bank_statement,
    "utility_bill": utility_bill,
    "purchase_order": purchase_order,
    "w2": w2,
    "pay_stub": pay_stub,
    "bill_of_lading": bill_of_lading,
    "contract": contract,
    "id_card": id_card,
    "insurance_policy": insurance_policy,
    "tax_form": tax_form,
    "medical": medical,
    "letter": letter,
    "resume": resume,
    "form": form,
}
"""Every document type that can be drawn."""
