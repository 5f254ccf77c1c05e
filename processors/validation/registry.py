"""All rules, by the stable name that schemas ask for them with."""

from collections.abc import Callable, Iterator

from processors.schemas import RuleName
from processors.validation import arithmetic, checks
from processors.validation.findings import Context, Finding

Rule = Callable[[Context], Iterator[Finding]]
"""Reads a document and says what it found. A rule whose operands are all missing says nothing."""

RULES: dict[RuleName, Rule] = {
    RuleName.VALUE_READS_BACK: checks.value_reads_back,
    RuleName.PRINTED_ON_PAGE: checks.printed_on_page,
    RuleName.LINES_SUM_TO_TOTAL: arithmetic.lines_sum_to_total,
    RuleName.SUBTOTAL_PLUS_TAX_IS_TOTAL: arithmetic.subtotal_plus_tax_is_total,
    RuleName.TAX_IS_PLAUSIBLE: arithmetic.tax_is_plausible,
    RuleName.TAX_IS_RATE_OF_LINES: arithmetic.tax_is_rate_of_lines,
    RuleName.AMOUNT_DUE_IS_TOTAL_LESS_PAID: arithmetic.amount_due_is_total_less_paid,
    RuleName.QUANTITY_TIMES_PRICE_IS_AMOUNT: arithmetic.quantity_times_price_is_amount,
    RuleName.DUE_DATE_NOT_BEFORE_INVOICE_DATE: checks.due_date_not_before_invoice_date,
    RuleName.DATE_IN_RANGE: checks.date_in_range,
    RuleName.CURRENCY_IS_ISO_4217: checks.currency_is_iso_4217,
    RuleName.IBAN_CHECKSUM: checks.iban_checksum,
    RuleName.VAT_ID_FORMAT: checks.vat_id_format,
}

ARITHMETIC: frozenset[str] = frozenset(
    {
        RuleName.LINES_SUM_TO_TOTAL,
        RuleName.SUBTOTAL_PLUS_TAX_IS_TOTAL,
        RuleName.TAX_IS_PLAUSIBLE,
        RuleName.TAX_IS_RATE_OF_LINES,
        RuleName.AMOUNT_DUE_IS_TOTAL_LESS_PAID,
        RuleName.QUANTITY_TIMES_PRICE_IS_AMOUNT,
    }
)
"""The rules on amounts; what one fails on never passes unseen (:func:`processors.routing.route`)."""
