"""Pieces that invoice layouts share: the look of a vendor, its mark, label and value lists, totals, footers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from processors.geometry import Box
from processors.synthesis.canvas import BLACK, GREY, PAPER, WHITE, Align, Canvas, Color, Face
from processors.synthesis.content import InvoiceContent

_ACCENTS: tuple[Color, ...] = (
    (0.10, 0.27, 0.47),
    (0.62, 0.16, 0.14),
    (0.09, 0.41, 0.33),
    (0.20, 0.20, 0.24),
    (0.80, 0.42, 0.09),
    (0.38, 0.20, 0.46),
)


@dataclass(frozen=True, slots=True)
class Style:
    """How one vendor's documents look. ``columns`` are the cells its table prints, left to right."""

    accent: Color
    regular: Face
    bold: Face
    mark: int
    columns: tuple[str, ...]
    symbol_in_table: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A label with its printed value, and the field that the value is the truth of (or ``None``)."""

    label: str
    value: str
    field: str | None
    strong: bool = False


def choose_style(rng: Random, content: InvoiceContent) -> Style:
    """A random look that prints all that ``content`` needs: mixed tax rates are shown per line."""
    serif = rng.random() < 0.25
    mixed = len(content.taxes) > 1
    optional = {
        "position": rng.random() < 0.4,
        "sku": rng.random() < 0.5,
        "unit": rng.random() < 0.5,
        "tax_rate": mixed or (content.market.tax_included and rng.random() < 0.3),
    }
    order = ("position", "sku", "description", "quantity", "unit", "unit_price", "tax_rate", "amount")
    return Style(
        accent=rng.choice(_ACCENTS),
        regular=Face.SERIF if serif else Face.SANS,
        bold=Face.SERIF_BOLD if serif else Face.SANS_BOLD,
        mark=rng.randrange(4),
        columns=tuple(name for name in order if optional.get(name, True)),
        symbol_in_table=rng.random() < 0.4,
    )


def paper(content: InvoiceContent) -> Canvas:
    """An empty first page of the market's paper."""
    return Canvas(*PAPER[content.market.paper])


def title(content: InvoiceContent) -> str:
    """The document's printed title."""
    return content.wording[content.document_type]


def number_entry(content: InvoiceContent) -> Entry:
    """The document's own number."""
    return Entry(content.wording[f"{content.document_type}_number"], content.number, "invoice_number")


def reference_entries(content: InvoiceContent) -> list[Entry]:
    """Date, due date and the references that the document prints, without its number."""
    wording = content.wording
    due = content.print_date(content.due_date) if content.due_date else None
    entries = [
        ("invoice_date", content.print_date(content.issue_date)),
        ("due_date", due),
        ("original_invoice", content.original_invoice),
        ("customer_id", content.customer_id),
        ("purchase_order", content.purchase_order),
    ]
    return [
        Entry(wording[name], value, None if name == "original_invoice" else name)
        for name, value in entries
        if value is not None
    ]


def tax_entry(content: InvoiceContent) -> Entry:
    """The seller's tax id."""
    return Entry(content.wording["tax_id"], content.vendor.tax_id, "vendor_tax_id")


def total_entries(content: InvoiceContent) -> list[Entry]:
    """The block of totals, top to bottom. With several tax rates their sum is printed too."""
    market, wording = content.market, content.wording
    credit = content.document_type == "credit_note"
    entries = [Entry(wording["subtotal"], market.money(content.subtotal), "subtotal")]
    single = len(content.taxes) == 1
    for share in content.taxes:
        label = market.tax_share.format(rate=market.rate(share.rate))
        entries.append(Entry(label, market.money(share.amount), "tax_amount" if single else None))
    if not single:
        entries.append(Entry(wording["tax_total"], market.money(content.tax_amount), "tax_amount"))
    label = wording["credit_total" if credit else "total"]
    entries.append(Entry(label, market.money(content.total), "total_amount", strong=True))
    if content.prepaid is not None and content.amount_due is not None:
        entries.append(Entry(wording["prepaid"], market.money(content.prepaid), None))
        entries.append(Entry(wording["amount_due"], market.money(content.amount_due), "amount_due", strong=True))
    return entries


def payment_entries(content: InvoiceContent) -> list[Entry]:
    """Bank and account, where the document names them, and terms."""
    entries: list[Entry] = []
    if content.bank:
        entries.append(Entry(content.wording["bank_details"], content.bank.name, None))
        if content.bank.iban:
            entries.append(Entry("IBAN", grouped(content.bank.iban), "iban"))
            entries.append(Entry("BIC", content.bank.bic, None))
    entries.append(Entry(content.wording["payment_terms"], content.payment_terms, "payment_terms"))
    return entries


def grouped(iban: str) -> str:
    """An account number in groups of four, as it is printed."""
    return " ".join(iban[index : index + 4] for index in range(0, len(iban), 4))


def draw_mark(canvas: Canvas, style: Style, x: float, y: float, size: float, initial: str) -> None:
    """A vendor's mark in a square of ``size`` points."""
    cx, cy = x + size / 2, y + size / 2
    if style.mark == 0:
        canvas.rect(Box(x, y, x + size, y + size), fill=style.accent)
        canvas.text(cx, cy + size * 0.24, initial, style.bold, size * 0.68, WHITE, Align.CENTER)
    elif style.mark == 1:
        canvas.circle(cx, cy, size / 2, fill=style.accent)
        canvas.circle(cx, cy, size / 4, fill=WHITE)
    elif style.mark == 2:
        canvas.polygon(((x, y + size), (cx, y), (x + size, y + size)), style.accent)
        canvas.polygon(((cx, y + size), (cx + size * 0.25, y + size * 0.5), (x + size, y + size)), WHITE)
    else:
        for step in range(3):
            top = y + step * size * 0.36
            canvas.rect(Box(x, top, x + size * (1 - step * 0.25), top + size * 0.24), fill=style.accent)


def draw_address(
    canvas: Canvas, x: float, y: float, lines: Sequence[tuple[str, str | None]], style: Style, size: float = 9.5
) -> float:
    """Lines of (text, field) below each other from baseline ``y``; returns the next baseline."""
    for text, field in lines:
        face = style.bold if field in ("vendor_name", "customer_name") else style.regular
        canvas.text(x, y, text, face, size, field=field)
        y += size * 1.35
    return y


def customer_lines(content: InvoiceContent) -> list[tuple[str, str | None]]:
    """The buyer as an address block."""
    return [
        (content.customer.name, "customer_name"),
        *((line, "customer_address") for line in content.customer.address),
    ]


def vendor_lines(content: InvoiceContent) -> list[tuple[str, str | None]]:
    """The seller as an address block."""
    return [(content.vendor.name, "vendor_name"), *((line, "vendor_address") for line in content.vendor.address)]


def draw_beside(
    canvas: Canvas, x: float, value_x: float, y: float, entries: Sequence[Entry], style: Style, colon: bool = True
) -> float:
    """Labels at ``x`` with their values at ``value_x`` on the same baseline; returns the next baseline."""
    for entry in entries:
        canvas.text(x, y, entry.label + (":" if colon else ""), style.regular, 9, GREY)
        canvas.text(value_x, y, entry.value, style.bold if entry.strong else style.regular, 9, field=entry.field)
        y += 13
    return y


def draw_inline(canvas: Canvas, x: float, y: float, entry: Entry, style: Style, size: float) -> None:
    """``Label: value`` as one run of text."""
    label = canvas.text(x, y, f"{entry.label}: ", style.regular, size, GREY)
    canvas.text(label.x1, y, entry.value, style.regular, size, field=entry.field)


def draw_totals(
    canvas: Canvas,
    x0: float,
    x1: float,
    y: float,
    entries: Sequence[Entry],
    style: Style,
    strong: Callable[[Canvas, Box], None],
) -> float:
    """Labels from ``x0`` and values ending at ``x1``; ``strong`` decorates the band behind each strong entry first."""
    for entry in entries:
        size = 10.5 if entry.strong else 9
        if entry.strong:
            y += 4
            strong(canvas, Box(x0, y - 12, x1, y + 6))
        face = style.bold if entry.strong else style.regular
        canvas.text(x0 + 6, y, entry.label, face, size, BLACK)
        canvas.text(x1 - 6, y, entry.value, face, size, BLACK, Align.RIGHT, entry.field)
        y += 20 if entry.strong else 15
    return y


def draw_page_numbers(canvas: Canvas, content: InvoiceContent, style: Style, y: float, x: float, align: Align) -> None:
    """``Page 1 of 2`` on every page."""
    for page in canvas.each_page():
        text = content.wording["page"].format(page=page, pages=canvas.page_count)
        canvas.text(x, y, text, style.regular, 8, GREY, align)
