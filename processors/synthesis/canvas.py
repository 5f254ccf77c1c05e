"""A page to draw on: text, lines and shapes in points from the top left, written as one content stream a page.

PyMuPDF's own drawing calls cost a font look-up and a stream each; collecting the operators here makes a page in a few
milliseconds, which the load benchmarks need. Text is set in the standard Latin fonts or those that
:mod:`processors.synthesis.typefaces` puts in their place, in Windows-1252 (``UnicodeEncodeError`` for anything else).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import pymupdf

from processors.geometry import Box
from processors.synthesis.typefaces import EMBEDDED, font_of

Color = tuple[float, float, float]
"""Red, green and blue in [0, 1]."""

BLACK: Color = (0.0, 0.0, 0.0)
WHITE: Color = (1.0, 1.0, 1.0)
GREY: Color = (0.42, 0.42, 0.45)
PALE: Color = (0.94, 0.94, 0.95)

PAPER: dict[str, tuple[float, float]] = {"a4": (595.0, 842.0), "letter": (612.0, 792.0)}
"""Width and height in points."""

_ASCENT = 0.73
_DESCENT = 0.21
_CIRCLE = 0.5523  # control-point distance of a quarter circle drawn as a Bézier curve


class Face(StrEnum):
    """What text may be set in: the standard fonts, by PyMuPDF's names for them, or what stands for them."""

    SANS = "helv"
    SANS_BOLD = "hebo"
    SANS_ITALIC = "heit"
    SERIF = "tiro"
    SERIF_BOLD = "tibo"
    SERIF_ITALIC = "tiit"
    MONO = "cour"
    MONO_BOLD = "cobo"
    SANS_BOLD_ITALIC = "hebi"
    SERIF_BOLD_ITALIC = "tibi"
    MONO_ITALIC = "coit"


class Align(StrEnum):
    """Where the given x lies in the text: at its left end, its right end or its middle."""

    LEFT = "left"
    RIGHT = "right"
    CENTER = "center"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a labelled value is printed: the field's name (``line_items[1].amount``), page from 1, box, text.

    A value of several printed lines has one placement a line, in order.
    """

    field: str
    page: int
    box: Box
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished document and where its values stand."""

    pdf: bytes
    placements: tuple[Placement, ...]


def text_width(text: str, face: Face, size: float) -> float:
    """Width of ``text`` in points at ``size``."""
    widths = _widths(font_of(face))
    return sum(widths[code] for code in text.encode("cp1252")) * size


def wrap(text: str, face: Face, size: float, width: float) -> list[str]:
    """``text`` broken at spaces into lines of at most ``width`` points (a longer word stands alone)."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and text_width(f"{lines[-1]} {word}", face, size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


class Canvas:
    """Pages of one size; drawing goes to the page last begun or selected."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self._pages: list[list[bytes]] = [[]]
        self._current = 0
        self._fonts: dict[str, None] = {}
        self._placements: list[Placement] = []

    @property
    def page_count(self) -> int:
        return len(self._pages)

    def begin_page(self) -> None:
        """Add a page and draw there."""
        self._pages.append([])
        self._current = len(self._pages) - 1

    def each_page(self) -> Iterator[int]:
        """Select every page in turn, yielding its number from 1: for headers and footers."""
        for index in range(len(self._pages)):
            self._current = index
            yield index + 1

    def text(
        self,
        x: float,
        y: float,
        text: str,
        face: Face = Face.SANS,
        size: float = 9,
        color: Color = BLACK,
        align: Align = Align.LEFT,
        field: str | None = None,
        stretch: float = 1.0,
    ) -> Box:
        """Set one line with its baseline at ``y``; returns its box and records it under ``field`` if given.

        ``stretch`` widens (above 1) or condenses the letters.
        """
        width = text_width(text, face, size) * stretch
        left = x - {Align.LEFT: 0.0, Align.RIGHT: width, Align.CENTER: width / 2}[align]
        font = self._font(face)
        before, after = (f"{stretch * 100:g} Tz ", " 100 Tz") if stretch != 1.0 else ("", "")
        self._draw(
            f"BT /{font} {size:g} Tf {before}{_rgb(color)} rg {left:.2f} {self.height - y:.2f} Td (".encode()
            + _escaped(text)
            + f") Tj{after} ET".encode()
        )
        box = Box(left, y - _ASCENT * size, left + width, y + _DESCENT * size)
        if field is not None:
            self._placements.append(Placement(field, self._current + 1, box, text))
        return box

    def slanted(self, x: float, y: float, text: str, face: Face, size: float, color: Color, degrees: float) -> None:
        """One line that rises by ``degrees`` from its baseline's left end at (x, y); for stamps, so never labelled."""
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        font = self._font(face)
        self._draw(
            f"BT /{font} {size:g} Tf {_rgb(color)} rg {cosine:.4f} {sine:.4f} {-sine:.4f} {cosine:.4f} "
            f"{x:.2f} {self.height - y:.2f} Tm (".encode()
            + _escaped(text)
            + b") Tj ET"
        )

    def line(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        width: float = 0.5,
        color: Color = BLACK,
        dash: float | None = None,
    ) -> None:
        """A straight stroke of ``width`` points, in dashes of ``dash`` points if given."""
        start, end = f"{x0:.2f} {self.height - y0:.2f}", f"{x1:.2f} {self.height - y1:.2f}"
        before, after = (f"[{dash:g}] 0 d ", " [] 0 d") if dash else ("", "")
        self._draw(f"{before}{width:g} w {_rgb(color)} RG {start} m {end} l S{after}".encode())

    def rect(
        self,
        box: Box,
        fill: Color | None = None,
        stroke: Color | None = None,
        width: float = 0.5,
        behind: bool = False,
    ) -> None:
        """A rectangle, filled and outlined as asked, under all else on the page if ``behind``.

        Raises ``ValueError`` where it is neither filled nor outlined.
        """
        shape = f"{box.x0:.2f} {self.height - box.y1:.2f} {box.width:.2f} {box.height:.2f} re"
        self._paint(shape, fill, stroke, width, behind)

    def polygon(self, points: tuple[tuple[float, float], ...], fill: Color) -> None:
        """A filled polygon."""
        first, *rest = (f"{x:.2f} {self.height - y:.2f}" for x, y in points)
        self._paint(" ".join([f"{first} m", *(f"{point} l" for point in rest), "h"]), fill, None, 0)

    def circle(self, x: float, y: float, radius: float, fill: Color | None = None, stroke: Color | None = None) -> None:
        """A circle around a center point, filled and outlined as asked."""
        cy, k = self.height - y, radius * _CIRCLE
        arcs = [
            (x + radius, cy + k, x + k, cy + radius, x, cy + radius),
            (x - k, cy + radius, x - radius, cy + k, x - radius, cy),
            (x - radius, cy - k, x - k, cy - radius, x, cy - radius),
            (x + k, cy - radius, x + radius, cy - k, x + radius, cy),
        ]
        curves = " ".join(" ".join(f"{value:.2f}" for value in arc) + " c" for arc in arcs)
        self._paint(f"{x + radius:.2f} {cy:.2f} m {curves} h", fill, stroke, 1.5)

    def finish(self) -> Drawing:
        """The PDF of all pages. The same drawing calls give the same bytes."""
        document = pymupdf.open()
        for operators in self._pages:
            page = document.new_page(width=self.width, height=self.height)
            for font in self._fonts:
                _insert(page, font)
            xref = document.get_new_xref()
            document.update_object(xref, "<<>>")
            document.update_stream(xref, b"\n".join(operators))
            page.set_contents(xref)
        if EMBEDDED & set(self._fonts):
            document.subset_fonts()
            pdf: bytes = document.tobytes(deflate=True, garbage=3, no_new_id=True)  # without the whole fonts
        else:
            pdf = document.tobytes(deflate=True, no_new_id=True)
        document.close()
        return Drawing(pdf, tuple(self._placements))

    def _font(self, face: Face) -> str:
        font = font_of(face)
        self._fonts[font] = None
        return font

    def _paint(self, shape: str, fill: Color | None, stroke: Color | None, width: float, behind: bool = False) -> None:
        if fill is None and stroke is None:
            raise ValueError("a shape needs a fill or a stroke")
        colors = (f"{_rgb(fill)} rg " if fill else "") + (f"{_rgb(stroke)} RG {width:g} w " if stroke else "")
        operator = "B" if fill and stroke else "f" if fill else "S"
        self._draw(f"{colors}{shape} {operator}".encode(), behind)

    def _draw(self, operators: bytes, behind: bool = False) -> None:
        page = self._pages[self._current]
        page.insert(0 if behind else len(page), operators)


def _escaped(text: str) -> bytes:
    """``text`` as the inside of a PDF string (ISO 32000-1, 7.3.4.2)."""
    return text.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def _rgb(color: Color) -> str:
    return " ".join(f"{part:.3g}" for part in color)


def _insert(page: pymupdf.Page, font: str) -> None:
    """Gives ``page`` the font, in Windows-1252, under its own name."""
    if font in EMBEDDED:
        page.insert_font(fontname=font, fontbuffer=pymupdf.Font(font).buffer, set_simple=True)
    else:
        page.insert_font(fontname=font)


@cache
def _widths(name: str) -> tuple[float, ...]:
    """Advance of each Windows-1252 code at size 1; 0 for its five unused codes."""
    font = pymupdf.Font(name)
    signs = (bytes([code]).decode("cp1252", errors="ignore") for code in range(256))
    return tuple(font.glyph_advance(ord(sign)) if sign else 0.0 for sign in signs)
