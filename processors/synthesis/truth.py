"""The truth of a made-up document, in the notation of the development set's README.

Dates are ISO; money, quantities and rates are decimal strings with a dot (money with two decimals at least); text is as
printed, addresses joined with ``, ``. An explicit ``None`` says that the document does not print the field.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from processors.synthesis.content import InvoiceContent, LineContent, ReceiptContent, ReceiptLine


@dataclass(frozen=True, slots=True)
class Truth:
    """What a perfect reader returns. ``group`` names the layout family, to split a set by layout."""

    document_type: str
    language: str
    group: str
    fields: Mapping[str, str | None]
    line_items: tuple[Mapping[str, str], ...]

    def row(self, file: str, *, kind: str, dpi: int | None = None, note: str | None = None) -> dict[str, object]:
        """The row of ``truth.jsonl`` for ``file``; ``kind`` is ``born_digital``, ``scan`` or ``photo``."""
        return {
            "file": file,
            "pages": None,
            "document_type": self.document_type,
            "language": self.language,
            "source": "synthesis",
            "licence": "Apache-2.0",
            "group": self.group,
            "label_origin": "synthetic",
            "fields": dict(self.fields),
            "line_items": [dict(item) for item in self.line_items],
            "segments": None,
            "quality": {"dpi_estimate": dpi, "kind": kind, "has_text_layer": kind == "born_digital"},
            "note": note,
            "synthetic": True,
        }


def json_lines(rows: Sequence[Mapping[str, object]]) -> str:
    """One JSON object a line, each line ended."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def money(value: Decimal) -> str:
    """``value`` with a dot and at least two decimals."""
    return f"{value:.2f}"


def invoice_truth(content: InvoiceContent, columns: Sequence[str], group: str) -> Truth:
    """The truth of an invoice or credit note whose table prints ``columns``."""
    fields: dict[str, str | None] = {
        "vendor_name": content.vendor.name,
        "vendor_address": ", ".join(content.vendor.address),
        "vendor_tax_id": content.vendor.tax_id,
        "customer_name": content.customer.name,
        "customer_address": ", ".join(content.customer.address),
        "customer_id": content.customer_id,
        "invoice_number": content.number,
        "invoice_date": content.issue_date.isoformat(),
        "due_date": content.due_date.isoformat() if content.due_date else None,
        "purchase_order": content.purchase_order,
        "currency": content.market.currency,
        "subtotal": money(content.subtotal),
        "tax_amount": money(content.tax_amount),
        "total_amount": money(content.total),
        "iban": content.bank.iban if content.bank else None,
        "payment_terms": content.payment_terms,
    }
    if content.amount_due is not None:
        fields["amount_due"] = money(content.amount_due)
    items = tuple(_line_truth(content, line, columns) for line in content.lines)
    return Truth(content.document_type, content.market.language, group, fields, items)


def receipt_truth(content: ReceiptContent, group: str) -> Truth:
    """The truth of a till receipt."""
    fields: dict[str, str | None] = {
        "vendor_name": content.vendor.name,
        "vendor_address": ", ".join(content.vendor.address),
        "vendor_phone": content.vendor.phone,
        "receipt_number": content.number,
        "purchase_date": content.purchase_date.isoformat(),
        "purchase_time": content.purchase_time,
        "currency": content.market.currency,
        "subtotal": money(content.subtotal),
        "tax_amount": money(content.tax_amount),
        "total_amount": money(content.total),
        "payment_method": content.wording["cash" if content.tendered is not None else "card"],
        "item_count": str(content.item_count),
    }
    items = tuple(_receipt_line_truth(line) for line in content.lines)
    return Truth("receipt", content.market.language, group, fields, items)


def _line_truth(content: InvoiceContent, line: LineContent, columns: Sequence[str]) -> dict[str, str]:
    cells = {
        "description": line.description,
        "sku": line.sku,
        "quantity": f"{line.quantity.normalize():f}",
        "unit": content.market.units[line.unit],
        "unit_price": money(line.unit_price),
        "tax_rate": f"{line.tax_rate.normalize():f}",
        "amount": money(line.amount),
    }
    return {name: cells[name] for name in columns if name in cells}


def _receipt_line_truth(line: ReceiptLine) -> dict[str, str]:
    """Tills print the quantity and the single price only where more than one was sold."""
    cells = {"description": line.description, "amount": money(line.amount)}
    if line.quantity > 1:
        cells |= {"quantity": str(line.quantity), "unit_price": money(line.unit_price)}
    return cells
