"""The columns of a row of features. The names are the model's: a column added or changed is another model."""

from collections.abc import Sequence

from processors.reading.learned.found import Kind

COMMON = (
    "page", "page_from_end", "x0", "x1", "y", "height", "segments", "words_before", "words_after", "words",
    "ocr", "below_items", "candidates", "gap_above", "row_start", "row_end", "left_words", "others_claim",
)  # fmt: skip
OWN = ("strong", "weak", "beside", "offset", "rivals", "rule_offer", "rule_same", "rule_other", "rule_proven", "text")
"""Columns that differ by field: labels that mean it, what the rules offer and choose, the words around."""
BY_KIND: dict[Kind, tuple[str, ...]] = {
    Kind.AMOUNT: (
        "size", "share_of_largest", "largest", "printed", "total_of", "net_of", "tax_of", "rated", "item_sum",
        "zero", "negative", "level_amounts", "last_on_row", "percent_on_row", "rank_below",
    ),
    Kind.DATE: ("days_from_first", "days_to_last", "first", "last", "dates", "printed", "from_rule_date", "net_term"),
    Kind.IDENTIFIER: (
        "length", "digits", "letters", "signs", "starts_with_letter", "year", "printed", "alone", "capitals",
    ),
    Kind.TAX_ID: (
        "length", "vat", "printed", "to_vendor", "to_customer", "in_customer", "order", "customers_claim", "prefix",
    ),
    Kind.NAME: (
        "length", "legal_form", "trade", "digits", "capitals", "title", "has_address", "address_lines", "postal",
        "tallness", "tallest", "domain", "printed", "labels", "from_vendor_section", "from_customer_section",
        "from_delivery", "in_foreign", "like_vendor", "like_customer", "lines", "first_row", "named",
        "contacts", "customers_contacts",
    ),
    Kind.ADDRESS: (
        "length", "lines", "postal", "digits", "printed", "from_vendor_section", "from_customer_section",
        "from_delivery", "in_foreign", "of_rule_vendor", "of_rule_customer", "name_legal_form",
        "name_tallness", "name_domain", "name_gap", "name_below", "contacts", "customers_contacts",
    ),
}  # fmt: skip
MEANINGS: dict[str, tuple[str, ...]] = {
    "vendor_tax_id": ("vat_id",),
    "customer_tax_id": ("vat_id", "other.customer_vat"),
    "vendor_name": ("vendor_section",),
    "vendor_address": ("vendor_section",),
    "customer_name": ("customer_section",),
    "customer_address": ("customer_section",),
}
"""What labels mean that name a field; its own name where it is not here."""


def columns(kind: Kind) -> tuple[str, ...]:
    """The names of the columns of a row of features, in order."""
    return (*COMMON, *BY_KIND[kind], *OWN)


def as_row(values: Sequence[float]) -> tuple[float, ...]:
    """``values`` rounded as the model stores its thresholds, so that a row reads alike on every machine."""
    return tuple(round(value, 5) for value in values)
