"""Pages with known structure: tables of several looks, columns of text, running headers and footers; and a score.

Everything is drawn from a seed, with the standard fonts, so that the truth of every cell is known.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pymupdf

from processors.document import Page, PageSource, Table, Word
from processors.geometry import Box
from processors.recognition.layout import arrange

WIDTH, HEIGHT = 595.0, 842.0
_LEFT, _RIGHT = 50.0, 545.0
_SIZE = 9.0
_LEADING = 11.0
_PAD = 4.0


@dataclass(frozen=True, slots=True)
class CellTruth:
    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1
    heading: bool = False


@dataclass(slots=True)
class PageTruth:
    """A drawn page: its PDF, its tables' cells, and its running text in reading order, word by word."""

    pdf: bytes
    tables: list[list[CellTruth]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Look:
    """What a table draws besides its text. ``row_gap``: white space between rows, in points."""

    verticals: bool = False
    horizontals: bool = False
    frame: bool = False
    heading_rule: bool = False
    stripes: bool = False
    heading_fill: bool = False
    row_gap: float = 5.0


LOOKS = {
    "ruled": Look(verticals=True, horizontals=True, frame=True),
    "row_rules": Look(horizontals=True, heading_rule=True),
    "heading_rule": Look(heading_rule=True),
    "boxed": Look(verticals=True, frame=True, heading_rule=True, row_gap=3.0),
    "zebra": Look(stripes=True, heading_fill=True),
    "unruled": Look(),
}

_HEADINGS = {
    "pos": ("Pos", "#", "Nr", "Pos."),
    "sku": ("Article", "SKU", "Art.-Nr.", "Réf.", "Code"),
    "description": ("Description", "Bezeichnung", "Désignation", "Omschrijving", "Descripción", "Descrizione"),
    "quantity": ("Qty", "Menge", "Quantité", "Aantal", "Cantidad"),
    "unit": ("Unit", "Einheit", "Unité"),
    "price": ("Unit price", "Einzelpreis", "Prix unitaire", "Prijs", "Precio"),
    "rate": ("VAT", "MwSt.", "TVA", "IVA", "BTW"),
    "amount": ("Amount", "Betrag", "Montant", "Bedrag", "Importe", "Importo"),
}
_NUMBERS = frozenset({"pos", "quantity", "price", "rate", "amount"})


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_NOUNS = _words(
    "bracket cable hinge sensor valve Schraube Dichtung filtre pompe support kabel plaat "
    "tornillo placa vite motore panel adapter consulting licence delivery assembly training steel "
    "blue small left outdoor M8 12V 40x60 ",
)
_PROSE = _words(
    "the of and goods shall remain property until full payment has been "
    "received by seller any claim must be made within eight days after "
    "delivery otherwise services are deemed accepted according to general terms ",
)


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    width: float
    right: bool


def _phrase(rng: Random, low: int, high: int, words: Sequence[str] = _NOUNS) -> str:
    return " ".join(rng.choice(words) for _ in range(rng.randint(low, high)))


def _number(value: float, decimals: int, comma: bool) -> str:
    text = f"{value:,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if comma else text


def _value(rng: Random, name: str, row: int, comma: bool) -> str:
    match name:
        case "pos":
            return str(row + 1)
        case "sku":
            return f"{rng.choice('ABKX')}{rng.randint(100, 99999)}"
        case "description":
            return _phrase(rng, 1, 9)
        case "quantity":
            return str(rng.randint(1, 200))
        case "unit":
            return rng.choice(("pcs", "Stk", "h", "kg", "m"))
        case "price":
            return _number(rng.randint(50, 90000) / 100, 2, comma)
        case "rate":
            return f"{rng.choice((7, 19, 20, 21))} %"
        case _:
            return _number(rng.randint(500, 900000) / 100, 2, comma)


def _wrap(text: str, width: float, font: str) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and pymupdf.get_text_length(f"{lines[-1]} {word}", font, _SIZE) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


class _Draft:
    """A page being drawn."""

    def __init__(self, document: Any = None) -> None:
        self.document = pymupdf.open() if document is None else document
        self.page = self.document.new_page(width=WIDTH, height=HEIGHT)

    def text(self, x: float, baseline: float, text: str, font: str = "helv", size: float = _SIZE) -> None:
        self.page.insert_text((x, baseline), text, fontname=font, fontsize=size)

    def right(self, x: float, baseline: float, text: str, font: str = "helv", size: float = _SIZE) -> None:
        self.text(x - pymupdf.get_text_length(text, font, size), baseline, text, font, size)

    def center(self, x: float, baseline: float, text: str, font: str = "helv", size: float = _SIZE) -> None:
        self.text(x - pymupdf.get_text_length(text, font, size) / 2, baseline, text, font, size)

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self.page.draw_line((x0, y0), (x1, y1), width=0.6)

    def fill(self, x0: float, y0: float, x1: float, y1: float, grey: float = 0.9) -> None:
        self.page.draw_rect((x0, y0, x1, y1), color=None, fill=(grey, grey, grey))


def _choose_columns(rng: Random) -> list[_Column]:
    names = ["description", "quantity", "price", "amount"]
    if rng.random() < 0.5:
        names.insert(0, "sku")
    if rng.random() < 0.5:
        names.insert(0, "pos")
    if rng.random() < 0.3:
        names.insert(names.index("quantity") + 1, "unit")
    if rng.random() < 0.4:
        names.insert(names.index("amount"), "rate")
    widths = {"pos": 30.0, "sku": 58.0, "quantity": 48.0, "unit": 40.0, "price": 72.0, "rate": 42.0, "amount": 72.0}
    widths["description"] = _RIGHT - _LEFT - sum(widths[name] for name in names if name != "description")
    return [_Column(name, widths[name], name in _NUMBERS) for name in names]


def item_table(rng: Random, look: Look, y: float, draft: _Draft) -> tuple[list[CellTruth], float]:
    """Line items drawn from ``y`` down; their truth, and the y below them."""
    columns = _choose_columns(rng)
    comma = rng.random() < 0.5
    words = ["description" if column.name == "description" else column.name for column in columns]
    rows = [[rng.choice(_HEADINGS[name]) for name in words]]
    rows += [[_value(rng, name, row, comma) for name in words] for row in range(rng.randint(2, 10))]
    edges = [_LEFT]
    for column in columns:
        edges.append(edges[-1] + column.width)
    top, truth = y, []
    pad = look.row_gap / 2
    for number, row in enumerate(rows):
        font = "hebo" if number == 0 else "helv"
        parts = [_wrap(text, column.width - 2 * _PAD, font) for text, column in zip(row, columns, strict=True)]
        height = max(map(len, parts)) * _LEADING + 2 * pad
        if (look.heading_fill and number == 0) or (look.stripes and number % 2 == 0 and number):
            draft.fill(_LEFT, y, _RIGHT, y + height, 0.75 if number == 0 else 0.93)
        for index, (lines, column) in enumerate(zip(parts, columns, strict=True)):
            for step, line in enumerate(lines):
                baseline = y + pad + _SIZE + step * _LEADING - 0.5
                if column.right:
                    draft.right(edges[index + 1] - _PAD, baseline, line, font)
                else:
                    draft.text(edges[index] + _PAD, baseline, line, font)
            truth.append(CellTruth(number, index, row[index], heading=number == 0))
        y += height
        if (look.horizontals and number + 1 < len(rows)) or (look.heading_rule and number == 0):
            draft.line(_LEFT, y, _RIGHT, y)
    if look.frame:
        draft.page.draw_rect((_LEFT, top, _RIGHT, y), width=0.6)
    if look.verticals:
        for edge in edges[1:-1]:
            draft.line(edge, top, edge, y)
    return truth, y


def spanning_table(rng: Random, ruled: bool, y: float, draft: _Draft) -> tuple[list[CellTruth], float]:
    """A heading of two rows: a stub over both, groups over two or three columns each; rows of amounts."""
    groups = rng.choice(((2, 2), (3, 3), (2, 3), (2, 2, 2)))
    names = rng.sample(("First half", "Second half", "Budget", "Actual 2024", "Plan", "Europe"), len(groups))
    subs = ("Qty", "Net", "Gross", "Value", "Share")
    stub = rng.choice(("Item", "Position", "Region"))
    columns = sum(groups)
    edges = [_LEFT, _LEFT + 120]
    width = (_RIGHT - edges[1]) / columns
    edges += [edges[1] + width * (index + 1) for index in range(columns)]
    row_height = 17.0
    truth = [CellTruth(0, 0, stub, row_span=2, heading=True)]
    draft.text(edges[0] + _PAD, y + (row_height * 1.5 + 4 if ruled else row_height + 12), stub, "hebo")
    first = 1
    for name, count in zip(names, groups, strict=True):
        truth.append(CellTruth(0, first, name, column_span=count, heading=True))
        draft.center((edges[first] + edges[first + count]) / 2, y + 12, name, "hebo")
        for index in range(first, first + count):
            text = subs[(index - first) % len(subs)]
            truth.append(CellTruth(1, index, text, heading=True))
            draft.right(edges[index + 1] - _PAD, y + row_height + 12, text, "hebo")
        if ruled:
            draft.line(edges[first], y + row_height, edges[first + count], y + row_height)
        first += count
    rows = rng.randint(3, 8)
    for row in range(2, rows + 2):
        top = y + row * row_height
        label = _phrase(rng, 1, 2)
        truth.append(CellTruth(row, 0, label))
        draft.text(edges[0] + _PAD, top + 12, label)
        for index in range(1, columns + 1):
            text = _number(rng.randint(100, 99999) / 100, 2, False)
            truth.append(CellTruth(row, index, text))
            draft.right(edges[index + 1] - _PAD, top + 12, text)
        if ruled:
            draft.line(_LEFT, top, _RIGHT, top)
    bottom = y + (rows + 2) * row_height
    if ruled:
        draft.page.draw_rect((_LEFT, y, _RIGHT, bottom), width=0.6)
        starts = {1 + sum(groups[:index]) for index in range(len(groups))}
        for index in range(1, columns + 1):
            draft.line(edges[index], y if index in starts else y + row_height, edges[index], bottom)
    return truth, bottom


def text_table(rng: Random, ruled: bool, y: float, draft: _Draft) -> tuple[list[CellTruth], float]:
    """A table of words only, one line a cell."""
    columns = rng.randint(3, 4)
    width = (_RIGHT - _LEFT) / columns
    rows = [[_phrase(rng, 1, 1, ("Name", "Role", "City", "Team", "Status")) for _ in range(columns)]]
    rows += [[_phrase(rng, 1, 3) for _ in range(columns)] for _ in range(rng.randint(4, 8))]
    truth = []
    for number, row in enumerate(rows):
        for index, text in enumerate(row):
            truth.append(CellTruth(number, index, text, heading=number == 0))
            draft.text(_LEFT + index * width + _PAD, y + number * 17 + 12, text, "hebo" if number == 0 else "helv")
    bottom = y + len(rows) * 17
    if ruled:
        for number in range(len(rows) + 1):
            draft.line(_LEFT, y + number * 17, _RIGHT, y + number * 17)
        for index in range(columns + 1):
            draft.line(_LEFT + index * width, y, _LEFT + index * width, bottom)
    return truth, bottom


def paragraph(rng: Random, draft: _Draft, x: float, y: float, width: float, words: int) -> tuple[list[str], float]:
    """Running text; its words, and the y below it."""
    text = _phrase(rng, words, words, _PROSE)
    for line in _wrap(text, width, "helv"):
        draft.text(x, y + _SIZE, line)
        y += _LEADING
    return text.split(), y


def _surround(rng: Random, draft: _Draft) -> float:
    """A letterhead, an address and reference data above a table; the y below them."""
    draft.text(_LEFT, 60, _phrase(rng, 2, 3).title() + " GmbH", "hebo", 15)
    for step, line in enumerate(("Example Ltd", "12 High Street", "Leeds LS1 4AB")):
        draft.text(_LEFT, 110 + 12 * step, line)
    for step, (label, value) in enumerate((("Invoice no:", "2024-117"), ("Date:", "03.05.2024"), ("Page:", "1"))):
        draft.text(380, 110 + 12 * step, label)
        draft.text(460, 110 + 12 * step, value)
    draft.text(_LEFT, 185, "Thank you for your order, which we invoice as follows.")
    return 205.0


def _totals(rng: Random, draft: _Draft, y: float) -> None:
    for step, label in enumerate(("Subtotal", "VAT 20 %", "Total due")):
        draft.text(400, y + 30 + 14 * step, label)
        draft.right(_RIGHT - _PAD, y + 30 + 14 * step, _number(rng.randint(1000, 999999) / 100, 2, False))
    draft.text(_LEFT, y + 110, "Payment within 30 days without deduction.")


Drawn = tuple[list[CellTruth], float]


def table_page(seed: int, draw: Callable[[Random, float, _Draft], Drawn]) -> PageTruth:
    """An invoice-like page around one table."""
    rng = Random(seed)
    draft = _Draft()
    truth, bottom = draw(rng, _surround(rng, draft), draft)
    _totals(rng, draft, bottom)
    return PageTruth(draft.document.tobytes(), [truth])


FAMILIES: dict[str, Callable[[int], PageTruth]] = {
    **{
        name: lambda seed, look=look: table_page(seed, lambda rng, y, draft: item_table(rng, look, y, draft))  # type: ignore[misc]
        for name, look in LOOKS.items()
    },
    "spanning_ruled": lambda seed: table_page(seed, lambda rng, y, draft: spanning_table(rng, True, y, draft)),
    "spanning_unruled": lambda seed: table_page(seed, lambda rng, y, draft: spanning_table(rng, False, y, draft)),
    "text_ruled": lambda seed: table_page(seed, lambda rng, y, draft: text_table(rng, True, y, draft)),
    "text_unruled": lambda seed: table_page(seed, lambda rng, y, draft: text_table(rng, False, y, draft)),
}
"""Pages with one table each, by look."""


def columns_page(seed: int) -> PageTruth:
    """Full-width headings and text over sections of two or three columns."""
    rng = Random(seed)
    draft = _Draft()
    words: list[str] = []
    y = 60.0
    for _ in range(rng.randint(1, 3)):
        title = _phrase(rng, 3, 6).title()
        if rng.random() < 0.5:
            draft.center(WIDTH / 2, y + 14, title, "hebo", 14)
        else:
            draft.text(_LEFT, y + 14, title, "hebo", 14)
        words += title.split()
        y += rng.choice((20.0, 26.0))
        if rng.random() < 0.6:
            more, y = paragraph(rng, draft, _LEFT, y, _RIGHT - _LEFT, rng.randint(25, 50))
            words += more
            y += rng.choice((6.0, 12.0))
        count = rng.choice((2, 2, 3))
        gutter = rng.choice((14.0, 20.0, 28.0))
        width = (_RIGHT - _LEFT - gutter * (count - 1)) / count
        bottoms = []
        for index in range(count):
            top = y
            for _ in range(rng.randint(1, 3)):
                more, top = paragraph(rng, draft, _LEFT + index * (width + gutter), top, width, rng.randint(15, 30))
                words += more
                top += 8
            bottoms.append(top)
        y = max(bottoms) + 10
    return PageTruth(draft.document.tobytes(), [], words)


def running_pages(seed: int, count: int) -> tuple[bytes, list[str], list[str]]:
    """A document with a running header and a numbered footer; their texts page by page."""
    rng = Random(seed)
    document = pymupdf.open()
    name = _phrase(rng, 2, 4).title()
    headers, footers = [], []
    for number in range(1, count + 1):
        draft = _Draft(document)
        headers.append(f"{name} Ltd")
        footers.append(f"Page {number} of {count}")
        draft.text(_LEFT, 40, headers[-1])
        draft.center(WIDTH / 2, 815, footers[-1])
        y = 80.0
        for _ in range(rng.randint(3, 6)):
            _, y = paragraph(rng, draft, _LEFT, y, _RIGHT - _LEFT, rng.randint(30, 70))
            y += 10
    return document.tobytes(), headers, footers


def printed_page(pdf: bytes, number: int = 1) -> Page:
    """The page's words as its text layer has them, in lines and blocks; all of it is visible and upright."""
    with pymupdf.open(stream=pdf) as document:
        words = [
            Word(0, text, Box(*(round(value, 2) for value in box)), 1.0)
            for *box, text, _, _, _ in document[number - 1].get_text("words")
        ]
    layout = arrange(words)
    return Page(number, WIDTH, HEIGHT, PageSource.TEXT_LAYER, "test", layout.words, layout.lines, layout.blocks)


def noisy(page: Page, seed: int, shift: float = 1.0, merge: float = 0.3) -> Page:
    """The page as OCR might give it: every edge moved by up to ``shift`` points, some neighbouring words merged."""
    rng = Random(seed)
    words: list[Word] = []
    for line in page.lines:
        previous: Word | None = None
        for index in line.words:
            word = page.words[index]
            near = previous is not None and 0 <= word.box.x0 - previous.box.x1 < 0.4 * word.box.height
            if previous is not None and near and rng.random() < merge:
                box = Box(previous.box.x0, min(previous.box.y0, word.box.y0), word.box.x1, previous.box.y1)
                previous = words[-1] = replace(previous, text=previous.text + word.text, box=box)
                continue
            previous = word
            words.append(word)
    moved = []
    for word in words:
        x0, y0, x1, y1 = (
            round(value + rng.uniform(-shift, shift), 2)
            for value in (word.box.x0, word.box.y0, word.box.x1, word.box.y1)
        )
        moved.append(replace(word, box=Box(min(x0, x1 - 0.5), min(y0, y1 - 0.5), x1, y1)))
    layout = arrange(moved)
    return replace(page, source=PageSource.OCR, words=layout.words, lines=layout.lines, blocks=layout.blocks)


def _squeezed(text: str) -> str:
    """Blanks do not count: OCR merges words."""
    return "".join(text.split())


def _cells(page: Page, table: Table, spans: bool) -> Counter[tuple[object, ...]]:
    return Counter(
        (cell.row, cell.column, _squeezed(" ".join(page.words[index].text for index in cell.words)))
        + ((cell.row_span, cell.column_span, cell.heading) if spans else ())
        for cell in table.cells
        if cell.words
    )


def cell_score(page: Page, truth: PageTruth, *, spans: bool = False) -> tuple[int, int, int]:
    """Right, found and true cells by (row, column, text), with ``spans`` by their spans and heading too.

    Every true table is held against the found one that agrees best; cells of other found tables count as found.
    """
    right = 0
    left = [_cells(page, table, spans) for table in page.tables]
    found = sum(table.total() for table in left)
    for cells in truth.tables:
        wanted: Counter[tuple[object, ...]] = Counter(
            (cell.row, cell.column, _squeezed(cell.text))
            + ((cell.row_span, cell.column_span, cell.heading) if spans else ())
            for cell in cells
        )
        best = max(left, key=lambda table: (table & wanted).total(), default=None)
        if best is not None:
            right += (best & wanted).total()
            left.remove(best)
    return right, found, sum(len(cells) for cells in truth.tables)


def f1(scores: Sequence[tuple[int, int, int]]) -> float:
    right, found, true = (sum(score[index] for score in scores) for index in range(3))
    return 2 * right / (found + true) if found + true else 1.0
