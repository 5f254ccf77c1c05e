"""What a page draws, in drawing order, and how it looks: the ground that its text layer is held to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from processors.geometry import Box
from processors.recognition.orientation import turn_box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RENDER_DPI = 100
"""Enough for print of 5 points to leave ink, at a few milliseconds a page."""

_MAX_PIXELS = 2_000_000  # an A3 page at 100 DPI
_STRIP = 64  # rows of pixels that are rendered together: text on a coloured bar needs two strips of a page's eighteen
_PAGE_FILLING = 0.6  # share of the page under one image from which on it counts as the page's picture


Window = tuple[slice, slice]
"""Rows and columns of pixels."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One drawing step: ``kind`` as of MuPDF's bbox device, ``box`` in points as a viewer shows the page."""

    kind: str
    box: Box

    @property
    def is_text(self) -> bool:
        return self.kind in ("fill-text", "stroke-text")

    @property
    def is_image(self) -> bool:
        return self.kind in ("fill-image", "fill-imgmask")

    @property
    def fills(self) -> bool:
        """Whether the step can cover what was drawn before it."""
        return self.kind in ("fill-path", "fill-image", "fill-imgmask", "fill-shade")


@dataclass(frozen=True, slots=True)
class PageDrawing:
    """The drawing of one page of ``width`` x ``height`` points; a step's index is its place in the drawing order."""

    width: float
    height: float
    items: Sequence[Drawn]

    def image_share(self) -> float:
        """Share of the page under its images, at most 1; overlaps count twice, strips of a scan add up."""
        area = sum(self.visible_area(item.box) for item in self.items if item.is_image)
        return min(1.0, area / (self.width * self.height))

    def outside_share(self) -> float:
        """Share of the text's area that lies outside the page, where no one sees it."""
        boxes = [item.box for item in self.items if item.kind.endswith("-text")]
        total = sum(box.width * box.height for box in boxes)
        return max(0.0, 1 - sum(self.visible_area(box) for box in boxes) / total) if total else 0.0

    def outline_glyphs(self) -> int:
        """How many filled shapes have the size of a printed character."""
        return sum(
            1
            for item in self.items
            if item.kind == "fill-path" and 2 <= item.box.height <= 24 and 0.5 <= item.box.width <= 24
        )

    def paths(self) -> int:
        """How many paths are filled or stroked."""
        return sum(1 for item in self.items if item.kind in ("fill-path", "stroke-path"))

    def is_blank(self) -> bool:
        """Whether nothing is drawn at all."""
        return not any(item.kind != "clip-path" and self.visible_area(item.box) > 0 for item in self.items)

    def fills_page(self, box: Box) -> bool:
        """Whether ``box`` takes up most of the page."""
        return self.visible_area(box) >= _PAGE_FILLING * self.width * self.height

    def visible_area(self, box: Box) -> float:
        """The part of ``box`` on the page, in square points."""
        page = Box(0, 0, self.width, self.height)
        return box.horizontal_overlap(page) * box.vertical_overlap(page)


def read_drawing(page: Any) -> PageDrawing:
    """The drawing of a ``pymupdf.Page``. Raises what MuPDF raises on damaged content."""
    bare = page.rect * page.derotation_matrix
    rotation: int = page.rotation
    items = [
        Drawn(kind, turn_box(Box(*rect), bare.width, bare.height, rotation)) for kind, rect, *_ in page.get_bboxlog()
    ]
    return PageDrawing(page.rect.width, page.rect.height, items)


class Rendering:
    """A page as a person sees it, in gray and in colour. Only the strips that are looked at are rendered, each once.

    Windows are rows and columns of pixels, of ``scale`` to a point. Everything that renders raises what MuPDF raises on
    damaged content.
    """

    def __init__(self, page: Any, drawing: PageDrawing) -> None:
        self._page = page
        self._drawing = drawing
        width, height = max(page.rect.width, 1.0), max(page.rect.height, 1.0)
        self.scale: float = min(RENDER_DPI / 72, (_MAX_PIXELS / (width * height)) ** 0.5)
        """Pixels per point."""

    def look_at(self, boxes: Iterable[Box]) -> None:
        """Renders in gray what lies under ``boxes`` (points), in fewer goes than one by one. Changes nothing else."""
        self._gray.draw(self.window(box)[0] for box in boxes)

    def gray(self, window: Window) -> "NDArray[np.uint8]":
        """Height x width of the part of the page under ``window``."""
        self._gray.draw([window[0]])
        return self._gray.pixels[window][:, :, 0]

    def rgb(self, window: Window) -> "NDArray[np.uint8]":
        """Height x width x 3 of the part of the page under ``window``."""
        self._rgb.draw([window[0]])
        return self._rgb.pixels[window]

    def window(self, box: Box) -> Window:
        """Rows and columns of the pixels under ``box`` (points), at least one each, cut to what lies beyond 0."""
        x0, y0 = max(0, int(box.x0 * self.scale)), max(0, int(box.y0 * self.scale))
        x1, y1 = round(box.x1 * self.scale), round(box.y1 * self.scale)
        return slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))

    @cached_property
    def _gray(self) -> "_Canvas":
        import pymupdf

        return self._canvas(pymupdf.csGRAY)

    @cached_property
    def _rgb(self) -> "_Canvas":
        import pymupdf

        return self._canvas(pymupdf.csRGB)

    def _canvas(self, colorspace: Any) -> "_Canvas":
        pictures = [self.window(item.box)[0] for item in self._drawing.items if item.is_image]
        return _Canvas(self._display_list, self.scale, colorspace, pictures)

    @cached_property
    def _display_list(self) -> Any:
        return self._page.get_displaylist()


class _Canvas:
    """The pixels of a page in one colour space, blank where they have not been drawn yet.

    ``pictures`` are the rows of the page's images. Those are drawn whole: MuPDF scales what it needs of an image, and a
    part comes out a little different.
    """

    def __init__(self, display_list: Any, scale: float, colorspace: Any, pictures: Iterable[slice]) -> None:
        import numpy as np
        import pymupdf

        self._display_list = display_list
        self._scale = scale
        self._colorspace = colorspace
        self._matrix = pymupdf.Matrix(scale, scale)
        area = (display_list.rect * self._matrix).irect
        self.pixels = np.full((area.height, area.width, colorspace.n), 255, np.uint8)
        self._strips = _strips_of(area.height, pictures)
        self._drawn: set[range] = set()

    def draw(self, rows: Iterable[slice]) -> None:
        """Draws the strips that ``rows`` touch, those that touch one another in one go."""
        wanted = {strip for part in rows for strip in self._strips[part.start // _STRIP : -(-part.stop // _STRIP)]}
        missing = sorted(wanted - self._drawn, key=lambda strip: strip.start)
        self._drawn |= wanted
        while missing:
            top, bottom = missing[0].start, missing.pop(0).stop
            while missing and missing[0].start == bottom:
                bottom = missing.pop(0).stop
            self._draw(top, bottom)

    def _draw(self, top: int, bottom: int) -> None:
        import numpy as np

        clip = (0, top / self._scale, self._display_list.rect.x1, bottom / self._scale)
        pixmap = self._display_list.get_pixmap(matrix=self._matrix, colorspace=self._colorspace, alpha=False, clip=clip)
        drawn = np.frombuffer(pixmap.samples, dtype=np.uint8).reshape(pixmap.height, pixmap.width, pixmap.n)
        self.pixels[pixmap.y : pixmap.y + pixmap.height, pixmap.x : pixmap.x + pixmap.width] = drawn


def _strips_of(height: int, pictures: Iterable[slice]) -> list[range]:
    """For each :data:`_STRIP` rows of pixels, the rows that are drawn with them: theirs, or those of the pictures there
    too."""
    count = -(-height // _STRIP)
    joined = [False] * (count + 1)  # whether a strip goes with the one before
    for rows in pictures:
        # A row more on both sides: MuPDF rounds outwards.
        for strip in range(max(rows.start - 1, 0) // _STRIP + 1, min(rows.stop // _STRIP, count - 1) + 1):
            joined[strip] = True
    strips: list[range] = []
    first = 0
    for strip in range(1, count + 1):
        if not joined[strip]:
            strips += [range(first * _STRIP, strip * _STRIP)] * (strip - first)
            first = strip
    return strips
