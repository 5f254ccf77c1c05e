"""Rows of ``truth.jsonl`` for generated documents, from what their sheets recorded while they were drawn."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from processors.synthesis.regions import split

_ITEM = re.compile(r"line_items\[(\d+)\]\.(\w+)")
_MEMBER = re.compile(r"(\w+)\[(\d+)\]")

LabelValue = str | list[str] | None

_PARTIES = "vendor_name | vendor_address | vendor_tax_id | customer_name | customer_address | customer_tax_id"
_SUMS = "currency | subtotal | tax_amount | total_amount"
_INVOICE = f"{_PARTIES} | invoice_number | invoice_date | due_date | purchase_order | {_SUMS} | iban | payment_terms"

FIELDS: dict[str, tuple[str, ...]] = {
    "invoice": split(_INVOICE),
    "credit_note": split(_INVOICE),
    "purchase_order": split(
        "vendor_name | vendor_address | customer_name | customer_address | ship_to_address | purchase_order | "
        f"order_date | delivery_date | payment_terms | {_SUMS}"
    ),
    "receipt": split(
        "vendor_name | vendor_address | vendor_phone | receipt_number | purchase_date | purchase_time | currency | "
        "subtotal | tax_amount | tip | total_amount | payment_method | item_count"
    ),
    "bank_statement": split(
        "bank_name | account_holder | account_number | period_start | period_end | opening_balance | closing_balance | "
        "currency"
    ),
    "w2": split(
        "tax_year | employee_ssn | employer_ein | employer_name | employer_address | employee_name | "
        "employee_address | wages | federal_income_tax | social_security_wages | social_security_tax | "
        "medicare_wages | medicare_tax | state | state_wages | state_income_tax"
    ),
    "utility_bill": split(
        "vendor_name | vendor_address | customer_name | service_address | account_number | meter_number | "
        "invoice_number | invoice_date | due_date | period_start | period_end | previous_balance | tax_amount | "
        "total_amount | amount_due | currency"
    ),
    "pay_stub": split(
        "employer_name | employer_address | employee_name | employee_address | employee_id | pay_date | period_start | "
        "period_end | gross_pay | total_deductions | net_pay | currency"
    ),
    "bill_of_lading": split(
        "bill_of_lading_number | issue_date | shipper_name | shipper_address | consignee_name | consignee_address | "
        "notify_party | carrier_name | vessel | voyage_number | port_of_loading | port_of_discharge | "
        "container_number | gross_weight | package_count"
    ),
    "insurance_policy": split(
        "policy_number | insurer_name | policyholder_name | policyholder_address | effective_from | effective_to | "
        "annual_premium | date_of_birth | currency"
    ),
    "contract": split("parties | effective_date | governing_law | term"),
    "id_card": split(
        "document_kind | document_number | last_name | first_name | date_of_birth | issue_date | expiry_date | "
        "issuing_authority | sex | address"
    ),
}
"""The fields of a type that are known to be absent where a document does not print them. What a document does not say
but a reader may rightly conclude (the amount due of an unpaid invoice) is left out, and so not labelled."""

_LISTED = ("invoice", "credit_note", "receipt", "purchase_order", "bank_statement", "pay_stub")
"""Types whose rows are labelled."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The truth of one generated document. ``group`` names its layout family, ``subtype`` its kind within the type."""

    document_type: str
    language: str
    group: str
    fields: Mapping[str, LabelValue]
    line_items: tuple[Mapping[str, str], ...]
    subtype: str | None = None

    def row(
        self,
        file: str,
        kind: str,
        dpi: int | None = None,
        pages: tuple[int, int] | None = None,
        note: str | None = None,
    ) -> dict[str, Any]:
        """One row of ``truth.jsonl``; ``kind`` is ``born_digital``, ``scan`` or ``photo``."""
        return {
            "file": file,
            "pages": list(pages) if pages else None,
            "document_type": self.document_type,
            "subtype": self.subtype,
            "language": self.language,
            "source": "synthesis",
            "licence": "Apache-2.0",
            "group": f"synthesis/{self.document_type}/{self.group}",
            "label_origin": "synthetic",
            "fields": dict(self.fields),
            "line_items": [dict(item) for item in self.line_items] if self.document_type in _LISTED else None,
            "segments": None,
            "quality": {"dpi_estimate": dpi, "kind": kind, "has_text_layer": kind == "born_digital"},
            "note": note,
            "synthetic": True,
        }


def labels(
    document_type: str, language: str, group: str, recorded: Mapping[str, str], subtype: str | None = None
) -> Labels:
    """Labels from what a sheet recorded: ``line_items[2].amount`` is a cell, ``parties[1]`` a member of a list."""
    fields: dict[str, LabelValue] = dict.fromkeys(FIELDS.get(document_type, ()))
    items: dict[int, dict[str, str]] = {}
    for name, truth in recorded.items():
        if cell := _ITEM.fullmatch(name):
            items.setdefault(int(cell[1]), {})[cell[2]] = truth
        elif member := _MEMBER.fullmatch(name):
            found = fields.get(member[1])
            fields[member[1]] = [*found, truth] if isinstance(found, list) else [truth]
        else:
            fields[name] = truth
    return Labels(document_type, language, group, fields, tuple(items[key] for key in sorted(items)), subtype)
