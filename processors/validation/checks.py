"""Rules on single values and dates: do they read back, are they possible, does the page print them."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from processors.fields import EvidenceSource, Field, FieldType
from processors.schemas import RuleName
from processors.validation.denote import denotations, is_parsed
from processors.validation.findings import Context, Finding, failed, passed, untested
from processors.values import is_currency_code, parse_iban, parse_vat_id
from processors.values.company import LEGAL_FORM
from processors.values.countries import country_at_end
from processors.values.text import fold

_FIRST_YEAR = 1990
_YEARS_AHEAD = 2
_PRINTED = ("invoice_number", "invoice_date", "subtotal", "tax_amount", "total_amount", "amount_due")
_VAT_PREFIX = re.compile(
    r"(?:AT|B[EG]|C[YZ]|D[EK]|E[ELS]|F[IR]|GB|H[RU]|I[ET]|L[TUV]|MT|NL|P[LT]|RO|S[EIK]|XI)[A-Z]?\d"
)
"""Starts of the VAT ids of the EU and the United Kingdom."""
_SIGN_IS_CONVENTION = frozenset({"allowance_total", "prepaid_amount", "discount"})
"""Amounts that are subtracted: print shows them with a minus or without."""


def value_reads_back(context: Context) -> Iterator[Finding]:
    """The value is one that its raw text can mean, in some notation; texts and identifiers add nothing to it.

    A check of every reader's normalisation that does not depend on how it decided what is ambiguous.
    """
    rule = RuleName.VALUE_READS_BACK
    for name, field in context.fields.items():
        if field.value is None:
            continue
        if _reads_back(field):
            yield passed(rule, "The value is what the words say.", name)
        elif field.type is FieldType.CURRENCY and not _prints_a_currency(field.raw_text):
            yield untested(rule, "The currency was concluded from other words.", name)
        else:
            yield failed(rule, f"{field.raw_text!r} does not read as {field.value}.", name)


def _reads_back(field: Field) -> bool:
    value = field.value
    if is_parsed(field.type):
        meant = denotations(field.raw_text, field.type)
        negated = isinstance(value, Decimal) and field.name in _SIGN_IS_CONVENTION and -value in meant
        return value in meant or negated
    folded = fold(field.raw_text)
    parts = str(value).split() if field.type is FieldType.TEXT else [str(value)]
    if field.name.endswith("_address") and parts[1:] and _names_country(field.raw_text, parts[-1]):
        parts.pop()
    return all(fold(part) in folded for part in parts)


def _names_country(text: str, code: str) -> bool:
    """Whether ``text`` ends with the name of the country that ``code`` stands for, as addresses give it."""
    ending = country_at_end(text.replace(",", " ").rstrip(" .;"))
    return ending is not None and ending[1] == code


def _prints_a_currency(text: str) -> bool:
    """Whether ``text`` has a mark or code of a currency; *Sdn Bhd* has none, but tells the country."""
    return LEGAL_FORM.fullmatch(text) is None and bool(denotations(text, FieldType.CURRENCY))


def printed_on_page(context: Context) -> Iterator[Finding]:
    """What an e-invoice says about number, date and totals is printed on the page too; zeros need not be."""
    rule = RuleName.PRINTED_ON_PAGE
    for name in _PRINTED:
        field = context.fields.get(name)
        sources = set() if field is None else {item.source for item in field.evidence}
        if field is None or EvidenceSource.ATTACHMENT not in sources:
            continue
        if EvidenceSource.PAGE in sources:
            yield passed(rule, "The page prints what the e-invoice says.", name)
        elif not field.value:
            yield untested(rule, "A zero need not be printed.", name)
        else:
            yield failed(rule, f"The e-invoice says {field.value}, which no page prints.", name)


def due_date_not_before_invoice_date(context: Context) -> Iterator[Finding]:
    """Payment is not due before the invoice exists."""
    rule = RuleName.DUE_DATE_NOT_BEFORE_INVOICE_DATE
    due, issued = (_date(context, name) for name in ("due_date", "invoice_date"))
    if due is None or issued is None:
        return
    if due >= issued:
        yield passed(rule, f"Due on {due}, issued on {issued}.", "due_date", "invoice_date")
    else:
        yield failed(rule, f"Due on {due}, before it was issued on {issued}.", "due_date", "invoice_date")


def _date(context: Context, name: str) -> date | None:
    field = context.fields.get(name)
    return field.value if field is not None and isinstance(field.value, date) else None


def date_in_range(context: Context) -> Iterator[Finding]:
    """Dates lie between 1990 and two years from today; without ``today`` only the first is tested."""
    rule = RuleName.DATE_IN_RANGE
    last = None if context.today is None else context.today.year + _YEARS_AHEAD
    for name, field in context.fields.items():
        if not isinstance(field.value, date):
            continue
        if field.value.year < _FIRST_YEAR or (last is not None and field.value.year > last):
            yield failed(rule, f"{field.value} is no date that a current document has.", name)
        else:
            yield passed(rule, f"{field.value} is a possible date.", name)


def currency_is_iso_4217(context: Context) -> Iterator[Finding]:
    """The currency is an active ISO 4217 code."""
    rule = RuleName.CURRENCY_IS_ISO_4217
    field = context.fields.get("currency")
    if field is None or field.value is None:
        return
    if is_currency_code(str(field.value)):
        yield passed(rule, f"{field.value} is a currency.", "currency")
    else:
        yield failed(rule, f"{field.value} is no currency of ISO 4217.", "currency")


def iban_checksum(context: Context) -> Iterator[Finding]:
    """The IBAN has its country's length, and its check digits hold (ISO 13616, ISO 7064 MOD 97-10).

    One wrong digit is always found, so a check that holds confirms the reading.
    """
    rule = RuleName.IBAN_CHECKSUM
    field = context.fields.get("iban")
    if field is None or field.value is None:
        return
    if parse_iban(str(field.value)) is not None:
        yield passed(rule, "The check digits hold.", "iban", confirms=True)
    else:
        yield failed(rule, f"{field.value} is no IBAN: its length or check digits are wrong.", "iban")


def vat_id_format(context: Context) -> Iterator[Finding]:
    """A tax id with a country's VAT prefix has that country's form (EU VIES); other tax ids are not tested."""
    rule = RuleName.VAT_ID_FORMAT
    for name in ("vendor_tax_id", "customer_tax_id"):
        field = context.fields.get(name)
        if field is None or field.value is None:
            continue
        text = str(field.value)
        if parse_vat_id(text) is not None:
            yield passed(rule, f"{text} has the form of a VAT id.", name)
        elif _VAT_PREFIX.match(text.upper()):
            yield failed(rule, f"{text} has not the form of a VAT id of {text[:2].upper()}.", name)
        else:
            yield untested(rule, "The form of this tax id is not known.", name)
