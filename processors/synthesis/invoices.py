"""Invoice layout families: each draws the same content another way. A new family is one function in ``LAYOUTS``.

Every layout prints every field that its content holds, once as a labelled placement, so truth follows from content.
"""

from collections.abc import Callable

from processors.geometry import Box
from processors.synthesis.canvas import BLACK, GREY, PALE, WHITE, Align, Canvas, Drawing
from processors.synthesis.content import InvoiceContent
from processors.synthesis.parts import (
    Entry,
    Style,
    customer_lines,
    draw_address,
    draw_beside,
    draw_inline,
    draw_mark,
    draw_page_numbers,
    draw_totals,
    number_entry,
    paper,
    payment_entries,
    reference_entries,
    tax_entry,
    title,
    total_entries,
    vendor_lines,
)
from processors.synthesis.table import Look, draw_table

Layout = Callable[[InvoiceContent, Style], Drawing]

_MARGIN = 50.0
_TOTALS_WIDTH = 215.0
_FOOT = 96.0
"""Points kept free at the foot of every page."""


def ruled(content: InvoiceContent, style: Style) -> Drawing:
    """Mark and seller on the left, a box of references on the right, a table with a full grid."""
    canvas = paper(content)
    right = canvas.width - _MARGIN
    draw_mark(canvas, style, _MARGIN, 42, 38, content.vendor.name[0])
    y = draw_address(canvas, _MARGIN + 50, 52, vendor_lines(content), style)
    contact = f"{content.vendor.phone}  ·  {content.vendor.email}"
    canvas.text(_MARGIN + 50, y, contact, style.regular, 8, GREY)
    draw_inline(canvas, _MARGIN + 50, y + 12, tax_entry(content), style, 8)
    canvas.text(right, 60, title(content), style.bold, 22, style.accent, Align.RIGHT)

    canvas.text(_MARGIN, 148, content.wording["bill_to"], style.bold, 9, style.accent)
    draw_address(canvas, _MARGIN, 163, customer_lines(content), style)
    entries = [number_entry(content), *reference_entries(content)]
    box = Box(right - 240, 136, right, 136 + 13 * len(entries) + 10)
    canvas.rect(box, fill=PALE, stroke=style.accent, width=0.8)
    draw_beside(canvas, box.x0 + 10, box.x0 + 130, box.y0 + 15, entries, style)

    look = Look(grid=GREY, header_fill=style.accent, header_text=WHITE, header_rule=GREY, row_rule=GREY)
    y = _lines_and_totals(canvas, content, style, look, max(box.y1, 200) + 22, _boxed)
    payments = payment_entries(content)
    draw_beside(canvas, _MARGIN, _MARGIN + 130, _room(canvas, y, 13 * len(payments)), payments, style)
    for _ in canvas.each_page():
        canvas.line(_MARGIN, canvas.height - 58, right, canvas.height - 58, 0.5, style.accent)
        canvas.text(_MARGIN, canvas.height - 45, content.wording["closing"], style.regular, 8, GREY)
    draw_page_numbers(canvas, content, style, canvas.height - 45, right, Align.RIGHT)
    return canvas.finish()


def aligned(content: InvoiceContent, style: Style) -> Drawing:
    """A business letter after DIN 5008: address window, references on the right, a table without lines."""
    canvas = paper(content)
    left, right, vendor = 62.0, canvas.width - 55, content.vendor
    canvas.text(right, 58, vendor.name, style.bold, 15, style.accent, Align.RIGHT)
    draw_mark(canvas, style, left, 40, 26, vendor.name[0])
    _sender_line(canvas, content, style, left, 122)
    draw_address(canvas, left, 142, customer_lines(content), style, 10)
    entries = reference_entries(content)
    draw_beside(canvas, right - 200, right - 90, 122, entries, style, colon=False)

    y = max(222.0, 122 + 13 * len(entries) + 30)
    number = number_entry(content)
    heading = canvas.text(left, y, f"{title(content)}  ", style.bold, 13)
    label = canvas.text(heading.x1, y, f"{number.label} ", style.regular, 10)
    canvas.text(label.x1 + 2, y, number.value, style.bold, 10, field=number.field)
    canvas.text(left, y + 22, content.wording["greeting"], style.regular, 9)
    look = Look(header_rule=BLACK, padding=3.0)
    y = _lines_and_totals(canvas, content, style, look, y + 38, _overlined, left, right)
    y = _room(canvas, y, 26)
    terms = Entry(content.wording["payment_terms"], content.payment_terms, "payment_terms")
    draw_inline(canvas, left, y, terms, style, 9)
    canvas.text(left, y + 14, content.wording["closing"], style.regular, 9)
    _letter_foot(canvas, content, style, left, right)
    draw_page_numbers(canvas, content, style, canvas.height - 24, right, Align.RIGHT)
    return canvas.finish()


def stacked(content: InvoiceContent, style: Style) -> Drawing:
    """A coloured band on top, references as labels above their values in one row, striped lines."""
    canvas = paper(content)
    right = canvas.width - _MARGIN
    canvas.rect(Box(0, 0, canvas.width, 84), fill=style.accent)
    canvas.text(_MARGIN, 52, title(content), style.bold, 26, WHITE)
    canvas.text(right, 46, content.vendor.name, style.bold, 12, WHITE, Align.RIGHT, "vendor_name")
    canvas.text(right, 62, content.vendor.phone, style.regular, 9, WHITE, Align.RIGHT)

    entries = [number_entry(content), *reference_entries(content)]
    step = (right - _MARGIN) / len(entries)
    for index, entry in enumerate(entries):
        x = _MARGIN + index * step
        canvas.text(x, 112, entry.label, style.regular, 7.5, GREY)
        canvas.text(x, 126, entry.value, style.bold, 9, field=entry.field)
    canvas.line(_MARGIN, 138, right, 138, 0.8, style.accent)

    canvas.text(_MARGIN, 160, content.wording["bill_to"], style.regular, 7.5, GREY)
    draw_address(canvas, _MARGIN, 174, customer_lines(content), style)
    middle = _MARGIN + 290
    y = draw_address(canvas, middle, 174, [(line, "vendor_address") for line in content.vendor.address], style)
    canvas.text(middle, y, content.vendor.email, style.regular, 9)
    draw_inline(canvas, middle, y + 13, tax_entry(content), style, 9)

    look = Look(header_rule=style.accent, header_text=style.accent, stripes=True, padding=5.0)
    y = _lines_and_totals(canvas, content, style, look, 240, _filled)
    y = _room(canvas, y, 40)
    for index, entry in enumerate(payment_entries(content)):
        x = _MARGIN + (index % 2) * 190
        top = y + (index // 2) * 32
        canvas.text(x, top, entry.label, style.regular, 7.5, GREY)
        canvas.text(x, top + 13, entry.value, style.regular, 9, field=entry.field)
    draw_page_numbers(canvas, content, style, canvas.height - 36, canvas.width / 2, Align.CENTER)
    return canvas.finish()


LAYOUTS: dict[str, Layout] = {"ruled": ruled, "aligned": aligned, "stacked": stacked}
"""Every layout family by name; the name is the truth's ``group``."""


def _lines_and_totals(
    canvas: Canvas,
    content: InvoiceContent,
    style: Style,
    look: Look,
    y: float,
    strong: Callable[[Canvas, Box], None],
    left: float = _MARGIN,
    right: float | None = None,
) -> float:
    """The table from ``y`` on and the totals at its right edge, on a next page where they do not fit."""
    right = right or canvas.width - _MARGIN

    def next_page() -> float:
        canvas.begin_page()
        canvas.text(left, 46, content.vendor.name, style.bold, 9, style.accent)
        canvas.text(right, 46, f"{title(content)} {content.number}", style.regular, 9, GREY, Align.RIGHT)
        return 64.0

    bottom = canvas.height - _FOOT
    y = draw_table(canvas, content, style, look, left, right, y, bottom, next_page)
    totals = total_entries(content)
    if y + 20 * len(totals) + 30 > bottom:
        y = next_page()
    return draw_totals(canvas, right - _TOTALS_WIDTH, right, y + 24, totals, style, strong) + 16


def _room(canvas: Canvas, y: float, height: float) -> float:
    """Where a block of ``height`` starts: at ``y``, or on a new page where the foot is too near."""
    if y + height <= canvas.height - _FOOT + 20:
        return y
    canvas.begin_page()
    return 70.0


def _sender_line(canvas: Canvas, content: InvoiceContent, style: Style, x: float, y: float) -> None:
    """The sender above the address window, small, in one underlined line."""
    start = x
    parts = [(content.vendor.name, "vendor_name"), *((line, "vendor_address") for line in content.vendor.address)]
    for index, (text, field) in enumerate(parts):
        if index:
            x = canvas.text(x, y, " · ", style.regular, 7, GREY).x1
        x = canvas.text(x, y, text, style.regular, 7, GREY, field=field).x1
    canvas.line(start, y + 3, x, y + 3, 0.3, GREY)


def _letter_foot(canvas: Canvas, content: InvoiceContent, style: Style, left: float, right: float) -> None:
    """Three columns at the foot of the first page: seller, contact, bank."""
    vendor = content.vendor
    entries = [entry for entry in payment_entries(content) if entry.field != "payment_terms"]
    next(canvas.each_page())
    top = canvas.height - 72
    canvas.line(left, top - 12, right, top - 12, 0.5, style.accent)
    for index, text in enumerate((vendor.name, *vendor.address)):
        canvas.text(left, top + 11 * index, text, style.regular, 7.5, GREY)
    middle = left + 150
    canvas.text(middle, top, vendor.phone, style.regular, 7.5, GREY)
    canvas.text(middle, top + 11, vendor.email, style.regular, 7.5, GREY)
    draw_inline(canvas, middle, top + 22, tax_entry(content), style, 7.5)
    for index, entry in enumerate(entries):
        draw_inline(canvas, left + 305, top + 11 * index, entry, style, 7.5)


def _boxed(canvas: Canvas, band: Box) -> None:
    canvas.rect(band, fill=PALE, stroke=GREY)


def _overlined(canvas: Canvas, band: Box) -> None:
    canvas.line(band.x0, band.y0, band.x1, band.y0, 0.6)
    canvas.line(band.x0, band.y1, band.x1, band.y1, 0.6)
    canvas.line(band.x0, band.y1 + 2, band.x1, band.y1 + 2, 0.6)


def _filled(canvas: Canvas, band: Box) -> None:
    canvas.rect(band, fill=(0.88, 0.90, 0.93))
