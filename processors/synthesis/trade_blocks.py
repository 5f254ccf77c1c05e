"""Blocks of the upper part of a trade document: parties, title, references, in the places an arrangement gives them."""

from collections.abc import Callable
from random import Random

from processors.geometry import Box
from processors.synthesis import entries as printers
from processors.synthesis.canvas import BLACK, GREY, WHITE, Align
from processors.synthesis.look import draw_mark, pale
from processors.synthesis.people import Firm
from processors.synthesis.sheet import Entry, Sheet, Value
from processors.synthesis.trade import Deal
from processors.synthesis.trade_entries import date_entry, number_entry, reference_entries, title_of

_PAD = 6.0
_ROLES = {"purchase_order": ("customer", "vendor")}
"""Whose field names the issuer and the addressee bear; of an order the buyer is the issuer."""


class Blocks:
    """One document's blocks. Each ``block(name)`` is a function of (x, y, width) that returns the y below."""

    def __init__(self, rng: Random, sheet: Sheet, deal: Deal, placed: frozenset[str]) -> None:
        """``placed`` names the arrangement's blocks: number and date that have their own stay out of the references."""
        self.rng, self.sheet, self.deal = rng, sheet, deal
        self.issuer, self.addressee = _ROLES.get(deal.kind, ("vendor", "customer"))
        self.parties = (deal.buyer, deal.seller) if deal.kind == "purchase_order" else (deal.seller, deal.buyer)
        self.narrow = rng.choice(printers.NARROW)
        self.wide = rng.choice(printers.WIDE)
        own = [] if "title_number" in placed else [number_entry(deal)]
        own += [] if "title_date" in placed else [date_entry(deal)]
        self.pending: list[Entry] = [*own, *reference_entries(rng, deal)]
        self.title_text = title_of(rng, deal)
        self.title_size = rng.choice((12.0, 14.0, 16.0, 18.0, 20.0, 24.0, 28.0))
        self.title_color = sheet.theme.accent if rng.random() < 0.6 else BLACK
        self.name_size = rng.choice((10.0, 11.0, 12.0, 14.0, 17.0, 20.0))
        self.with_mark = rng.random() < 0.7
        self.shows_address = rng.random() < 0.93
        self.shows_contact = rng.random() < 0.8
        self.shows_addressee = deal.kind != "invoice" or rng.random() < 0.97
        self.address_label = rng.random() < 0.75

    def wordmark(self, x: float, y: float, width: float, align: Align) -> float:
        """The issuer's mark and name."""
        name, theme, points = self.parties[0].name, self.sheet.theme, self.name_size
        if self.with_mark and align is Align.LEFT and width > 150:
            mark = points * self.rng.choice((1.6, 2.0, 2.4))
            taken = draw_mark(self.rng, self.sheet.canvas, x, y, mark, theme.accent, name) + 8
            top = y + max(0.0, (mark - points * theme.leading) / 2)
            below = self._name(x + taken, top, width - taken, align, points)
            return max(below, y + mark + 3)
        if self.with_mark and align is not Align.LEFT:
            side = points * 1.8
            left = x + width - side * 1.2 if align is Align.RIGHT else x + width / 2 - side / 2
            draw_mark(self.rng, self.sheet.canvas, left, y, side, theme.accent, name)
            y += side + 3
        return self._name(x, y, width, align, points)

    def brand(self, x: float, y: float, width: float, align: Align) -> float:
        """Mark, name, address, contact and tax number of the issuer."""
        y = self.wordmark(x, y, width, align)
        return self._particulars(x, y, width, align)

    def from_(self, x: float, y: float, width: float, align: Align) -> float:
        """The issuer under a heading."""
        heading = "bill_to" if self.deal.kind == "purchase_order" else "from"
        y = self._heading(x, y, width, self.deal.words[heading])
        y = self._name(x, y, width, align, self.sheet.theme.size)
        return self._particulars(x, y, width, align)

    def customer(self, x: float, y: float, width: float, align: Align) -> float:
        """The addressee under a heading."""
        if not self.shows_addressee:
            return y
        words = self.deal.words
        if self.address_label:
            y = self._heading(x, y, width, words["supplier" if self.deal.kind == "purchase_order" else "bill_to"])
        return self._addressee(x, y, width, align)

    def window(self, x: float, y: float, width: float, align: Align) -> float:
        """The addressee in an envelope's window, the sender small above."""
        firm, small = self.parties[0], 6.5
        line = self.sheet.line(x, y, " · ".join((firm.name, *firm.address)), width, size=small, color=GREY)
        self.sheet.rule(line.y1 + 1, 0.3, GREY, x, line.x1)
        return self._addressee(x, y + small * 2.4, width, align)

    def ship(self, x: float, y: float, width: float, align: Align) -> float:
        """Another address to mistake for the addressee's."""
        if not self.deal.ship_to:
            return y
        y = self._heading(x, y, width, self.deal.words["ship_to"])
        name, *lines = self.deal.ship_to
        place = _place(x, width, align)
        field = "ship_to_address" if self.deal.kind == "purchase_order" else None
        y = self.sheet.block(place, y, width, name, align=align)
        return self.sheet.block(place, y, width, Value("\n".join(lines), field), align=align)

    def title(self, x: float, y: float, width: float, align: Align) -> float:
        """The title alone."""
        place = _place(x, width, align)
        bold = self.rng.random() < 0.8
        family, color = self.sheet.theme.heading, self.title_color
        below = self.sheet.line(
            place, y, self.title_text, width, size=self.title_size, bold=bold, align=align, family=family, color=color
        )
        return below.y1 + 4

    def title_number(self, x: float, y: float, width: float, align: Align) -> float:
        """The title with the document's number behind it."""
        number = number_entry(self.deal)
        sign = "" if number.value.text.startswith("#") else self.rng.choice(("", "#", "Nr. ", "No. "))
        text = f"{self.title_text.rstrip('.')} {sign}"
        size, color = min(self.title_size, 16.0), self.title_color
        return self.sheet.runs(x, y, width, [text, number.value], size=size, bold=True, color=color, align=align) + 3

    def title_date(self, x: float, y: float, width: float, align: Align) -> float:
        """The date under its label, flush right."""
        entry = date_entry(self.deal)
        right = _place(x, width, align)
        self.sheet.line(right, y, entry.label, width, size=7.5, color=self.sheet.theme.label, align=align)
        return self.sheet.line(right, y + 10, entry.value, width, bold=True, align=align).y1 + 3

    def meta(self, x: float, y: float, width: float, _align: Align = Align.LEFT) -> float:
        """Number, date and references in a narrow block."""
        taken, self.pending = self.pending, []
        style = self.narrow if width > 120 else printers.above
        return style(self.sheet, taken, x, y, width)

    def meta_wide(self, x: float, y: float, width: float) -> float:
        """Number, date and references across the page."""
        taken, self.pending = self.pending, []
        return self.wide(self.sheet, taken, x, y, width) if taken else y

    def framed(self, block: Callable[[float, float, float, Align], float]) -> Callable[..., float]:
        """``block`` in a box."""

        def draw(x: float, y: float, width: float, align: Align) -> float:
            bottom = block(x + _PAD, y + _PAD, width - 2 * _PAD, align)
            if bottom > y + _PAD:
                self.sheet.canvas.rect(Box(x, y, x + width, bottom + _PAD), stroke=self.sheet.theme.label, width=0.6)
            return bottom + _PAD

        return draw

    def band(self, y: float) -> float:
        """A coloured band across the top with title and name."""
        sheet, theme = self.sheet, self.sheet.theme
        height = self.rng.choice((56.0, 70.0, 84.0))
        sheet.canvas.rect(Box(0, 0, sheet.canvas.width, height), fill=theme.accent)
        middle = sheet.left + sheet.width * 0.5
        size = min(self.title_size, 24.0)
        top, half = height / 2 - size / 2, sheet.width * 0.46
        sheet.line(sheet.left, top, self.title_text, half, size=size, bold=True, color=WHITE)
        name = Value(self.parties[0].name, f"{self.issuer}_name")
        size = min(self.name_size, 14.0)
        width = sheet.right - middle
        top = height / 2 - size / 2
        sheet.line(sheet.right, top, name, width, size=size, bold=True, color=WHITE, align=Align.RIGHT)
        return max(y, height + 14)

    def footer_lines(self) -> list[list[str | Value | Entry]]:
        """What a footer in columns says: the issuer, contact, bank."""
        firm, words = self.parties[0], self.deal.words
        first: list[str | Value | Entry] = [Value(firm.name, f"{self.issuer}_name")]
        if self.shows_address:
            first.append(Value("\n".join(firm.address), f"{self.issuer}_address"))
        second: list[str | Value | Entry] = [Entry(words["phone"], Value(firm.phone)), firm.email, firm.web]
        if self.deal.show_seller_tax_id and self.issuer == "vendor":
            second.append(self._tax_entry())
        return [first, second]

    def _particulars(self, x: float, y: float, width: float, align: Align) -> float:
        firm, sheet = self.parties[0], self.sheet
        place, size = _place(x, width, align), sheet.theme.size * 0.95
        if self.shows_address:
            text = Value("\n".join(firm.address), f"{self.issuer}_address")
            y = sheet.block(place, y, width, text, size=size, align=align)
        if self.shows_contact:
            for entry in (Entry(self.deal.words["phone"], Value(firm.phone)), Entry("", Value(firm.email))):
                text = Value(f"{entry.label}: {entry.value.text}" if entry.label else entry.value.text)
                y = sheet.block(place, y, width, text, size=size, align=align)
        if self.deal.show_seller_tax_id and self.issuer == "vendor":
            y = self.aligned_entry(self._tax_entry(), x, y, width, align, size)
        return y + 2

    def aligned_entry(self, entry: Entry, x: float, y: float, width: float, align: Align, size: float) -> float:
        """``Label: value`` in one run that keeps to ``align``."""
        return self.sheet.runs(x, y, width, [f"{entry.label}: ", entry.value], size=size, align=align)

    def _tax_entry(self) -> Entry:
        return Entry(self.rng.choice(self.deal.region.tax_id), Value(self.deal.seller.tax_id, "vendor_tax_id"))

    def _addressee(self, x: float, y: float, width: float, align: Align) -> float:
        firm: Firm = self.parties[1]
        y = self._party_name(firm, self.addressee, x, y, width, align, self.sheet.theme.size, bold=False)
        text = Value("\n".join(firm.address), f"{self.addressee}_address")
        y = self.sheet.block(_place(x, width, align), y, width, text, align=align)
        if self.deal.show_buyer_tax_id and self.addressee == "customer":
            entry = Entry(self.deal.words["customer_tax_id"], Value(firm.tax_id, "customer_tax_id"))
            y = self.aligned_entry(entry, x, y, width, align, self.sheet.theme.size)
        return y + 2

    def _name(self, x: float, y: float, width: float, align: Align, size: float) -> float:
        return self._party_name(self.parties[0], self.issuer, x, y, width, align, size, bold=True)

    def _party_name(
        self, firm: Firm, role: str, x: float, y: float, width: float, align: Align, size: float, bold: bool
    ) -> float:
        value = Value(firm.name, f"{role}_name")
        family = self.sheet.theme.heading if size > 10.5 else None
        return self.sheet.block(
            _place(x, width, align), y, width, value, size=size, bold=bold, align=align, family=family
        )

    def _heading(self, x: float, y: float, width: float, text: str) -> float:
        theme = self.sheet.theme
        label = f"{theme.label_text(text)}{theme.colon}"
        if self.narrow is printers.boxed:
            box = Box(x, y, x + width, y + theme.size * theme.leading + 3)
            self.sheet.canvas.rect(box, fill=pale(theme.accent, 0.15))
            self.sheet.line(x + 3, y + 2, label, width - 6, bold=True)
            return box.y1 + 3
        self.sheet.line(x, y, label, width, bold=theme.label_bold, color=theme.label)
        return y + self.sheet.line_height() + 1


def _place(x: float, width: float, align: Align) -> float:
    return {Align.LEFT: x, Align.RIGHT: x + width, Align.CENTER: x + width / 2}[align]
