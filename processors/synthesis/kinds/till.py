"""Receipts: till rolls of shops and restaurants, and slips on larger paper."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from random import Random

from processors.synthesis import identifiers
from processors.synthesis.canvas import BLACK, Align
from processors.synthesis.people import person
from processors.synthesis.regions import Region
from processors.synthesis.sale import Sale, Sold, sale
from processors.synthesis.sheet import MONO, SANS, SERIF, Sheet, Theme, Value
from processors.synthesis.truth import money as plain_money

_TALL = 3000.0


def receipt(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn receipt and its family's name."""
    content = sale(rng, region)
    family = rng.choice(("roll", "roll", "roll", "wide", "slip"))
    width = {"roll": rng.choice((164.0, 204.0, 226.0)), "wide": 318.0, "slip": 420.0}[family]
    base = rng.choice((MONO, MONO, MONO, SANS, SANS, SERIF))
    theme = Theme(
        family=replace(base, stretch=rng.choice((1.0, 0.9, 0.85)) if base is MONO else 1.0),
        size={164.0: 7.0, 204.0: 8.0, 226.0: 9.0, 318.0: 9.5, 420.0: 10.0}[width],
        margin=rng.choice((10.0, 14.0, 18.0)),
        leading=rng.choice((1.2, 1.3, 1.4)),
        label=BLACK,
    )
    seed = rng.getrandbits(64)
    height = _Roll(Random(seed), Sheet((width, _TALL), theme), content).draw()  # noqa: S311 - repeatable, not secret
    sheet = Sheet((width, height + rng.uniform(10, 60)), theme)
    sheet.note("currency", region.currency)
    _Roll(Random(seed), sheet, content).draw()  # noqa: S311 - the same choices on paper of the right length
    return sheet, family


class _Roll:
    """A receipt on its way onto paper, from the top down."""

    def __init__(self, rng: Random, sheet: Sheet, sale: Sale) -> None:
        self.rng, self.sheet, self.sale = rng, sheet, sale
        self.center = rng.random() < 0.75
        self.y = 18.0
        self.rule_sign = rng.choice("-=*._ ")
        self.symbol = rng.random() < 0.3

    def draw(self) -> float:
        """Print all; the height used."""
        self._head()
        self._facts()
        self._rule()
        self._items()
        self._rule()
        self._sums()
        self._foot()
        return self.y

    def put(self, text: str | Value, bold: bool = False, grow: float = 1.0, center: bool | None = None) -> None:
        """A paragraph, centred where the receipt is."""
        middle = self.center if center is None else center
        x = self.sheet.left + (self.sheet.width / 2 if middle else 0)
        align = Align.CENTER if middle else Align.LEFT
        size = self.sheet.theme.size * grow
        self.y = self.sheet.block(x, self.y, self.sheet.width, text, size=size, bold=bold, align=align)

    def pair(self, left: str | Value, right: str | Value, bold: bool = False, grow: float = 1.0) -> None:
        """Left and right on one line, the left one wrapped where they would meet."""
        sheet, size = self.sheet, self.sheet.theme.size * grow
        text = right.text if isinstance(right, Value) else right
        taken = min(sheet.measure(text, size, bold), sheet.width * 0.6)
        sheet.line(sheet.right, self.y, right, taken, size=size, bold=bold, align=Align.RIGHT)
        self.y = sheet.block(sheet.left, self.y, sheet.width - taken - 6, left, size=size, bold=bold)

    def _money(self, amount: Decimal, field: str | None) -> Value:
        printed = self.sale.notation.money(amount) if self.symbol else self.sale.notation.number(amount, 2)
        return Value(printed, field, plain_money(amount))

    def _rule(self) -> None:
        width = self.sheet.measure(self.rule_sign)
        if self.rule_sign == " ":
            self.sheet.canvas.line(self.sheet.left, self.y + 3, self.sheet.right, self.y + 3, 0.6)
            self.y += 8
        else:
            self.put(self.rule_sign * int(self.sheet.width / width), center=False)

    def _head(self) -> None:
        shop, words, rng = self.sale.shop, self.sale.words, self.rng
        self.put(Value(shop.name, "vendor_name"), bold=rng.random() < 0.7, grow=rng.choice((1.0, 1.2, 1.5)))
        if rng.random() < 0.9:
            lines = shop.address if rng.random() < 0.8 else (", ".join(shop.address),)
            self.put(Value("\n".join(lines), "vendor_address"))
        if rng.random() < 0.75:
            label = f"{words['phone']}: " if rng.random() < 0.7 else ""
            self._centered_run(label, Value(shop.phone, "vendor_phone"))
        if rng.random() < 0.55:
            self.put(f"{rng.choice(self.sale.region.tax_id)}: {shop.tax_id}")
        if rng.random() < 0.2:
            self.put(shop.web)
        self.y += rng.choice((2.0, 6.0))
        if rng.random() < 0.5:
            self.put(words["receipt_title"], bold=True)
            self.y += 3

    def _centered_run(self, label: str, value: Value) -> None:
        align = Align.CENTER if self.center else Align.LEFT
        self.y = self.sheet.runs(self.sheet.left, self.y, self.sheet.width, [label, value], align=align)

    def _facts(self) -> None:
        """Date, time, number and who served, in one of several forms."""
        sale, words, rng = self.sale, self.sale.words, self.rng
        day = Value(sale.notation.day(sale.bought), "purchase_date", sale.bought.isoformat())
        shown = sale.time if rng.random() < 0.75 or sale.region.language != "en" else _twelve(sale.time)
        clock = Value(shown, "purchase_time", sale.time) if rng.random() < 0.85 else None
        number = Value(sale.number, "receipt_number") if sale.number else None
        staff = person(rng, sale.region.language).first if rng.random() < 0.5 else str(rng.randint(1, 30))
        extra = [(words["till_cashier"], staff), (words["till_table"], str(rng.randint(1, 40)))]
        tasks: list[Callable[[], None]] = [partial(self._when, day, clock)]
        if number:
            tasks.append(partial(self._labelled, words["till_number"], number))
        tasks += [partial(self._labelled, *pair) for pair in extra if rng.random() < 0.45]
        if rng.random() < 0.4:
            rng.shuffle(tasks)
        for task in tasks:
            task()

    def _when(self, day: Value, clock: Value | None) -> None:
        words, rng = self.sale.words, self.rng
        kind = rng.randrange(3)
        if kind == 0 or clock is None:
            self._labelled(words["till_date"], day)
            if clock:
                self._labelled(words["till_time"], clock)
        elif kind == 1:
            self.pair(day, clock)
        else:
            box = self.sheet.line(self.sheet.left, self.y, day)
            self.sheet.line(box.x1 + self.sheet.theme.size, self.y, clock)
            self.y += self.sheet.line_height()

    def _labelled(self, label: str, value: str | Value) -> None:
        if self.rng.random() < 0.25:
            self.pair(label, value)
            return
        sheet = self.sheet
        end = sheet.line(sheet.left, self.y, f"{label}: ", sheet.width * 0.6).x1
        self.y = max(self.y + sheet.line_height(), sheet.block(end, self.y, sheet.right - end, value))

    def _items(self) -> None:
        words, rng = self.sale.words, self.rng
        style = rng.randrange(4)
        if rng.random() < 0.35:
            self.pair(
                f"{words['till_qty']} {words['till_item']}" if style == 1 else words["till_item"], words["till_price"]
            )
        for number, item in enumerate(self.sale.lines, start=1):
            self._item(style, number, item)

    def _item(self, style: int, number: int, item: Sold) -> None:
        field = f"line_items[{number}]."
        name, notation = Value(item.description, f"{field}description"), self.sale.notation
        amount = Value(notation.number(item.amount, 2), f"{field}amount", plain_money(item.amount))
        quantity = Value(str(item.quantity), f"{field}quantity")
        price = Value(notation.number(item.unit_price, 2), f"{field}unit_price", plain_money(item.unit_price))
        if style == 1:  # quantity before the name
            start = self.sheet.line(self.sheet.left, self.y, quantity).x1 + self.sheet.theme.size * 0.8
            taken = self.sheet.measure(amount.text)
            self.sheet.line(self.sheet.right, self.y, amount, align=Align.RIGHT)
            self.y = self.sheet.block(start, self.y, self.sheet.right - taken - 6 - start, name)
            return
        if style == 3:
            self.put(item.code, center=False)
        if style == 2 or item.quantity > 1:  # quantity and price on a line of their own
            self.put(name, center=False)
            end = self.sheet.left + self.sheet.theme.size
            for part in (quantity, " x ", price):
                end = self.sheet.line(end, self.y, part).x1
            self.pair("", amount)
        else:
            self.pair(name, amount)

    def _sums(self) -> None:
        sale, words = self.sale, self.sale.words
        label = _tax_label(sale, self.rng)
        with_parts = self.rng.random() < 0.75
        if sale.on_top or (with_parts and self.rng.random() < 0.3):
            self._parts(label)
            with_parts = False
        if sale.tip is not None and sale.tip:
            self.pair(words["till_tip"], self._money(sale.tip, "tip"))
        if sale.rounding is not None:
            self.pair(words["till_rounding"], self._money(sale.rounding, None))
        text = words["till_total"]
        total = Value(sale.notation.money(sale.total), "total_amount", plain_money(sale.total))
        printed = total if self.rng.random() < 0.5 else self._money(sale.total, "total_amount")
        self.pair(text, printed, bold=self.rng.random() < 0.7, grow=self.rng.choice((1.0, 1.2, 1.4)))
        self._payment()
        if with_parts and sale.rate is not None:
            self.y += 4
            self._parts(label)

    def _parts(self, label: str) -> None:
        sale = self.sale
        if sale.rate is None:
            return
        self.pair(sale.words["till_subtotal"], self._money(sale.net, "subtotal"))
        self.pair(label, self._money(sale.tax, "tax_amount"))

    def _payment(self) -> None:
        sale, words = self.sale, self.sale.words
        if self.rng.random() < 0.12:
            return
        if sale.cash is None:
            self.pair(Value(words["till_card"], "payment_method"), self._money(sale.total, None))
            if self.rng.random() < 0.4:
                self.put(f"************{identifiers.digits(self.rng, 4)}", center=False)
            return
        self.pair(Value(words["till_cash"], "payment_method"), self._money(sale.cash, None))
        self.pair(words["till_change"], self._money(sale.cash - sale.total, None))

    def _foot(self) -> None:
        words, rng = self.sale.words, self.rng
        if rng.random() < 0.35:
            count = sum(line.quantity for line in self.sale.lines)
            self.y += 3
            self._labelled(words["till_items"], Value(str(count), "item_count"))
        self.y += 5
        self.put(words["till_thanks"])
        if rng.random() < 0.3:
            self._barcode()

    def _barcode(self) -> None:
        x = self.sheet.left + self.sheet.width * 0.15
        self.y += 4
        while x < self.sheet.left + self.sheet.width * 0.85:
            bar = self.rng.choice((0.7, 1.4, 2.1))
            self.sheet.canvas.line(x, self.y, x, self.y + 22, bar)
            x += bar + self.rng.choice((1.0, 1.8))
        self.y += 25
        self.put(identifiers.digits(self.rng, 12), center=True)


def _tax_label(sale: Sale, rng: Random) -> str:
    name = rng.choice(sale.region.tax)
    return f"{name} {sale.notation.rate(sale.rate)}" if sale.rate is not None else name


def _twelve(time: str) -> str:
    hour, minute = time.split(":")
    return f"{(int(hour) - 1) % 12 + 1}:{minute} {'AM' if int(hour) < 12 else 'PM'}"
