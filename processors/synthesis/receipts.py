"""Till receipts: a narrow strip of fixed-width text."""

from decimal import Decimal

from processors.synthesis.canvas import Align, Canvas, Drawing, Face
from processors.synthesis.content import ReceiptContent, ReceiptLine
from processors.synthesis.market import Market

_WIDTH = 226.0  # 80 mm paper
_MARGIN = 14.0
_SIZE = 9.0
_LEADING = 12.0


class _Till:
    """A cursor that prints lines down a strip of paper."""

    def __init__(self, height: float) -> None:
        self.canvas = Canvas(_WIDTH, height)
        self.y = 30.0

    def center(self, text: str, face: Face = Face.MONO, size: float = _SIZE, field: str | None = None) -> None:
        self.canvas.text(_WIDTH / 2, self.y, text, face, size, align=Align.CENTER, field=field)
        self.y += size * 1.35

    def pair(
        self,
        left: str,
        right: str,
        face: Face = Face.MONO,
        fields: tuple[str | None, str | None] = (None, None),
        size: float = _SIZE,
    ) -> None:
        self.canvas.text(_MARGIN, self.y, left, face, size, field=fields[0])
        self.canvas.text(_WIDTH - _MARGIN, self.y, right, face, size, align=Align.RIGHT, field=fields[1])
        self.y += size * 1.35

    def labelled(self, label: str, value: str, field: str | None) -> None:
        box = self.canvas.text(_MARGIN, self.y, f"{label} ", Face.MONO, _SIZE)
        self.canvas.text(box.x1, self.y, value, Face.MONO, _SIZE, field=field)
        self.y += _LEADING

    def rule(self) -> None:
        self.canvas.text(_MARGIN, self.y, "-" * 36, Face.MONO, _SIZE)
        self.y += _LEADING


def till(content: ReceiptContent) -> Drawing:
    """A supermarket or café receipt: items, total, tax, payment."""
    market, wording = content.market, content.wording
    strip = _Till(height=330 + 24.0 * len(content.lines))
    strip.center(content.vendor.name, Face.MONO_BOLD, 13, "vendor_name")
    for line in content.vendor.address:
        strip.center(line, field="vendor_address")
    strip.center(content.vendor.phone, field="vendor_phone")
    strip.center(f"{wording['tax_id']} {content.vendor.tax_id}")
    strip.rule()
    strip.pair(
        market.format_date(content.purchase_date, content.date_template),
        content.purchase_time,
        fields=("purchase_date", "purchase_time"),
    )
    strip.labelled(wording["receipt_number"], content.number, "receipt_number")
    strip.labelled(wording["cashier"], content.cashier, None)
    strip.rule()
    for number, item in enumerate(content.lines, start=1):
        _draw_item(strip, market, number, item)
    strip.rule()
    _draw_totals(strip, content)
    strip.y += 8
    strip.labelled(wording["item_count"], str(content.item_count), "item_count")
    strip.y += 6
    strip.center(wording["receipt_closing"])
    return strip.canvas.finish()


def _draw_item(strip: _Till, market: Market, number: int, item: ReceiptLine) -> None:
    field = f"line_items[{number}]."
    amount = market.amount(item.amount)
    if item.quantity == 1:
        strip.pair(item.description, amount, fields=(f"{field}description", f"{field}amount"))
        return
    strip.canvas.text(_MARGIN, strip.y, item.description, Face.MONO, _SIZE, field=f"{field}description")
    strip.y += _LEADING
    quantity = strip.canvas.text(_MARGIN + 16, strip.y, str(item.quantity), Face.MONO, _SIZE, field=f"{field}quantity")
    times = strip.canvas.text(quantity.x1, strip.y, " x ", Face.MONO, _SIZE)
    price = market.amount(item.unit_price)
    strip.canvas.text(times.x1, strip.y, price, Face.MONO, _SIZE, field=f"{field}unit_price")
    strip.pair("", amount, fields=(None, f"{field}amount"))


def _draw_totals(strip: _Till, content: ReceiptContent) -> None:
    """Net and tax before the total where prices are net, after it where prices include the tax."""
    market, wording = content.market, content.wording
    tax_label = market.tax_share.format(rate=market.rate(content.tax_rate))

    def parts() -> None:
        strip.pair(wording["subtotal"], market.amount(content.subtotal), fields=(None, "subtotal"))
        strip.pair(tax_label, market.amount(content.tax_amount), fields=(None, "tax_amount"))

    if not market.tax_included:
        parts()
    total = market.money(content.total)
    strip.pair(wording["total"].upper(), total, Face.MONO_BOLD, (None, "total_amount"), 11)
    strip.y += 4
    cash = content.tendered is not None
    paid = content.tendered if content.tendered is not None else content.total
    method = wording["cash" if cash else "card"]
    strip.pair(method, market.amount(paid), fields=("payment_method", None))
    if cash:
        strip.pair(wording["change"], market.amount(paid - content.total or Decimal("0.00")))
    if market.tax_included:
        strip.y += 6
        parts()
