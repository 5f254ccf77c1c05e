"""Invoices, credit notes and orders, composed: an arrangement of the upper part, a table, totals, payment, a footer.

The parts vary independently (``data/arrangements.toml``, :mod:`.entries`, :mod:`.trade_table`, :mod:`.trade_sums`), so
that families number in the thousands; the arrangement's name is the truth's ``group``.
"""

from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from typing import Any

from processors.geometry import Box
from processors.synthesis import entries as printers
from processors.synthesis import trade_sums
from processors.synthesis.canvas import GREY, Align
from processors.synthesis.finish import foot_columns, page_numbers, stamp
from processors.synthesis.look import choose_theme, draw_mark, pale
from processors.synthesis.regions import Region, read_table
from processors.synthesis.sheet import Entry, Sheet, Value
from processors.synthesis.trade import Deal, deal
from processors.synthesis.trade_blocks import Blocks
from processors.synthesis.trade_entries import choose_sums_style, payment_entries, remark, sum_entries
from processors.synthesis.trade_table import Table, choose_table_style

_FOOTERS = ("none", "line", "columns", "columns", "thanks")
_FOOT = {"none": 30.0, "line": 34.0, "thanks": 40.0, "columns": 74.0, "letter": 78.0}
"""Points that each footer takes above the margin."""


@cache
def arrangements() -> Mapping[str, Any]:
    """All arrangements by name."""
    return read_table("arrangements")


def trade_document(rng: Random, region: Region, kind: str) -> tuple[Sheet, str]:
    """A drawn ``kind`` (``invoice``, ``credit_note``, ``purchase_order``) and its arrangement's name."""
    content = deal(rng, region, kind)
    name = rng.choice(tuple(arrangements()))
    sheet = Sheet(region.market.paper, choose_theme(rng))
    sheet.note("currency", region.currency)
    _Composition(rng, sheet, content, arrangements()[name]).draw()
    return sheet, name


class _Composition:
    """One document on its way onto paper."""

    def __init__(self, rng: Random, sheet: Sheet, content: Deal, arrangement: Mapping[str, Any]) -> None:
        self.rng, self.sheet, self.deal = rng, sheet, content
        self.rows: list[Any] = arrangement["rows"]
        placed = frozenset(str(block[0]) for row in self.rows if not isinstance(row[0], str) for block in row)
        self.blocks = Blocks(rng, sheet, content, placed)
        self.footer: str = arrangement.get("footer") or rng.choice(_FOOTERS)
        self.paid_beside = False
        self.payment_in_foot = self.footer in ("letter", "columns") and rng.random() < 0.6
        sheet.bottom = sheet.canvas.height - max(36.0, sheet.theme.margin * 0.7) - _FOOT[self.footer]
        sheet.continue_page = self._running_head

    def draw(self) -> None:
        y = self.sheet.top - 8
        for row in self.rows:
            y = self._row(row, y)
        if self.blocks.pending:
            y = self._row([["meta", 0, 0.6, "left"]], y)
        y = self._table(y + 10)
        y = self._sums(y + self.rng.choice((8, 14, 22)))
        y = self._payment(y + 12)
        self._remarks(y + 6)
        self._foot()

    def _row(self, row: Any, y: float) -> float:
        if row[0] == "space":
            return y + float(row[1])
        if isinstance(row[0], str):
            return self._single(row[0], y)
        bottom = y
        for name, start, end, align in row:
            x, width = self.sheet.left + start * self.sheet.width, (end - start) * self.sheet.width
            bottom = max(bottom, self._block(name)(x, y, width, Align(align)))
        return bottom + self.rng.choice((6, 10, 14)) if bottom > y else y

    def _single(self, name: str, y: float) -> float:
        """A row across the page without a place of its own."""
        sheet, accent = self.sheet, self.sheet.theme.accent
        if name == "band":
            return self.blocks.band(y)
        if name == "rule":
            sheet.rule(y, 0.8, accent)
            return y + 8
        if name == "stripe":
            sheet.canvas.rect(Box(0, 0, sheet.canvas.width, 12), fill=accent)
            return y
        if name == "greeting":
            return sheet.block(sheet.left, y, sheet.width, self.deal.words["greeting"]) + 2
        if name == "meta_rest" and len(self.blocks.pending) < 1:
            return y
        return self.blocks.meta_wide(sheet.left, y, sheet.width) + 8

    def _block(self, name: str) -> Callable[[float, float, float, Align], float]:
        blocks = self.blocks
        named: dict[str, Callable[[float, float, float, Align], float]] = {
            "brand": blocks.brand,
            "wordmark": blocks.wordmark,
            "mark": self._mark,
            "from": blocks.from_,
            "from_box": blocks.framed(blocks.from_),
            "customer": blocks.customer,
            "customer_box": blocks.framed(blocks.customer),
            "window": blocks.window,
            "ship": blocks.ship,
            "ship_box": blocks.framed(blocks.ship),
            "title": blocks.title,
            "title_number": blocks.title_number,
            "title_date": blocks.title_date,
            "meta": blocks.meta,
            "space_block": lambda _x, y, _width, _align: y,
        }
        return named[name]

    def _mark(self, x: float, y: float, width: float, align: Align) -> float:
        side = min(48.0, width)
        left = x + width - side * 1.2 if align is Align.RIGHT else x
        draw_mark(self.rng, self.sheet.canvas, left, y, side, self.sheet.theme.accent, self.blocks.parties[0].name)
        return y + side

    def _table(self, y: float) -> float:
        size = self.sheet.theme.size * self.rng.choice((0.92, 1.0, 1.0))
        style = choose_table_style(self.rng, self.deal, size)
        return Table(self.sheet, self.deal, style, self.sheet.left, self.sheet.right).draw(y)

    def _sums(self, y: float) -> float:
        sheet = self.sheet
        sums = sum_entries(self.deal, choose_sums_style(self.rng))
        name, style = trade_sums.choose_totals(self.rng)
        y = sheet.room(y, trade_sums.height(sheet, sums))
        width = self.rng.choice((200.0, 220.0, 250.0, sheet.width * 0.5))
        beside = name != "across" and self.rng.random() < 0.35 and not self.payment_in_foot
        left = sheet.right - width
        if name != "across" and self.rng.random() < 0.06:
            left, beside = sheet.left, False
        bottom = style(sheet, sums, left, left + width, y)
        if beside and left - sheet.left > 190:
            entries = payment_entries(self.deal)
            if entries:
                bottom = max(bottom, printers.inline(sheet, entries, sheet.left, y, left - sheet.left - 16))
            self.paid_beside = True
        return bottom

    def _payment(self, y: float) -> float:
        entries = payment_entries(self.deal)
        if self.payment_in_foot:
            entries = [entry for entry in entries if entry.value.field == "payment_terms"]
        if self.paid_beside or not entries:
            return y
        y = self.sheet.room(y, len(entries) * (self.sheet.line_height() * 2 + 8))
        style = self.rng.choice((printers.beside, printers.inline, printers.inline, printers.grid, printers.above))
        if any(len(entry.value.text) > 34 for entry in entries):
            style = self.rng.choice((printers.beside, printers.inline))
        width = self.sheet.width * self.rng.choice((0.55, 0.7))
        return style(self.sheet, entries, self.sheet.left, y, width)

    def _remarks(self, y: float) -> None:
        words, sheet = self.deal.words, self.sheet
        texts = [text for text in (remark(self.deal),) if text and self.rng.random() < 0.9]
        if self.rng.random() < 0.5:
            texts.append(words["note_text"])
        if self.rng.random() < 0.4:
            texts.append(words["thanks"])
        for text in texts:
            height = sheet.rows(text, sheet.width) * sheet.line_height() + 4
            y = sheet.room(y, height)
            y = sheet.block(sheet.left, y, sheet.width, text) + 3
        if self.rng.random() < 0.13:
            label = "paid_stamp" if self.deal.sums.paid == self.deal.sums.total else "received_stamp"
            stamp(self.rng, sheet, words[label], y)

    def _running_head(self) -> float:
        """The top of every further page."""
        sheet = self.sheet
        left = sheet.line(sheet.left, sheet.top - 14, self.blocks.parties[0].name, sheet.width * 0.45, bold=True)
        text = f"{self.blocks.title_text} {self.deal.number}"
        width = sheet.right - max(left.x1, sheet.left + sheet.width / 2) - 10
        sheet.line(sheet.right, sheet.top - 14, text, width, color=GREY, align=Align.RIGHT)
        return sheet.top + 8

    def _foot(self) -> None:
        sheet, words = self.sheet, self.deal.words
        top = sheet.bottom + 12
        columns: list[list[str | Value | Entry]] = []
        if self.footer in ("columns", "letter"):
            columns = self.blocks.footer_lines()
            if self.payment_in_foot:
                columns.append([entry for entry in payment_entries(self.deal) if entry.value.field != "payment_terms"])
        elif self.footer == "thanks":
            next(sheet.canvas.each_page())
            fill = pale(sheet.theme.accent, 0.2)
            sheet.canvas.rect(Box(sheet.left, top, sheet.right, top + 20), fill=fill)
            middle = sheet.left + sheet.width / 2
            sheet.line(middle, top + 5, words["thanks"], sheet.width, italic=True, align=Align.CENTER)
        elif self.footer == "line":
            firm = self.blocks.parties[0]
            text = " · ".join((firm.name, *firm.address, firm.web))
            for _ in sheet.canvas.each_page():
                middle = sheet.left + sheet.width / 2
                sheet.line(middle, top, text, sheet.width, size=7, color=GREY, align=Align.CENTER)
        if columns:
            foot_columns(sheet, columns, top)
        page_numbers(self.rng, sheet, words)
