"""What a page draws, in drawing order, and how it looks: the ground that its text layer is held to."""

from collections.abc import Sequence
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
_PAGE_FILLING = 0.6  # share of the page under one image from which on it counts as the page's picture


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
    """A page as a person sees it, in gray and in colour, each rendered when first asked for and at most once."""

    def __init__(self, page: Any) -> None:
        self._page = page
        width, height = max(page.rect.width, 1.0), max(page.rect.height, 1.0)
        self.scale: float = min(RENDER_DPI / 72, (_MAX_PIXELS / (width * height)) ** 0.5)
        """Pixels per point."""

    @cached_property
    def gray(self) -> "NDArray[np.uint8]":
        """Height x width. Raises what MuPDF raises on damaged content, as does ``rgb``."""
        import pymupdf

        return self._render(pymupdf.csGRAY)[:, :, 0]

    @cached_property
    def rgb(self) -> "NDArray[np.uint8]":
        """Height x width x 3."""
        import pymupdf

        return self._render(pymupdf.csRGB)

    def window(self, box: Box) -> tuple[slice, slice]:
        """Rows and columns of the pixels under ``box`` (points), at least one each, cut to what lies beyond 0."""
        x0, y0 = max(0, int(box.x0 * self.scale)), max(0, int(box.y0 * self.scale))
        x1, y1 = round(box.x1 * self.scale), round(box.y1 * self.scale)
        return slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))

    def _render(self, colorspace: Any) -> "NDArray[np.uint8]":
        import numpy as np
        import pymupdf

        matrix = pymupdf.Matrix(self.scale, self.scale)
        pixmap = self._page.get_pixmap(matrix=matrix, colorspace=colorspace, alpha=False)
        return np.frombuffer(pixmap.samples, dtype=np.uint8).reshape(pixmap.height, pixmap.width, pixmap.n)
