"""Putting boxes and labels onto one PDF page, in the coordinates of the page as a viewer shows it."""

from collections.abc import Sequence
from typing import Any

import pymupdf

from processors.annotate.marks import Level, Mark
from processors.annotate.placing import leader
from processors.geometry import Box

COLORS = {Level.PASSED: (0.05, 0.48, 0.20), Level.SECOND_LOOK: (0.82, 0.42, 0.0), Level.PERSON: (0.80, 0.08, 0.10)}
_DASHES: dict[Level, list[int]] = {Level.PASSED: [], Level.SECOND_LOOK: [4, 2], Level.PERSON: [1, 1]}
"""Colour alone does not tell: about one man in twelve sees green as red."""
_LEGEND = {
    Level.PASSED: "passed (unrouted: from 95%)",
    Level.SECOND_LOOK: "second look (unrouted: from 70%)",
    Level.PERSON: "needs a person (unrouted: below 70%)",
}
_ROW_COLOR = (0.45, 0.45, 0.55)
_WHITE = (1.0, 1.0, 1.0)
_BLACK = (0.0, 0.0, 0.0)
_FONT = "helv"
_SIZE = 6.0
_PAD = 1.5
_LINE = 9.0
LABEL_HEIGHT = 7.4


class Painter:
    """Draws on ``page``; what is drawn belongs to the optional content group ``layer``, which viewers can hide.

    PyMuPDF draws in the page's coordinates before its rotation, so every point goes through the derotation matrix and
    text is turned with the page.
    """

    def __init__(self, page: Any, layer: int) -> None:
        self._page = page
        self._layer = layer
        self._matrix = page.derotation_matrix
        if not page.is_wrapped:
            page.wrap_contents()  # what the page's own content leaves as its coordinate system must not move ours

    def box(self, mark: Mark) -> None:
        """The mark's box as a square annotation that carries the trail as its comment."""
        annotation = self._page.add_rect_annot(self._rect(mark.box))
        annotation.set_border(width=0.4 if mark.row else 0.9, dashes=_DASHES[mark.level])
        annotation.set_colors(stroke=_ROW_COLOR if mark.row else COLORS[mark.level])
        annotation.set_info(title=mark.name, content=mark.detail)
        annotation.set_oc(self._layer)
        annotation.update()

    def label(self, mark: Mark, box: Box, tied: bool) -> None:
        """The mark's label in ``box``, tied to the mark by a thin line if asked."""
        color = COLORS[mark.level]
        if tied:
            self._line(*leader(box, mark.box), color)
        self._fill(box, color)
        self._text(box.x0 + _PAD, box.y1 - 1.9, mark.label or "", _WHITE)

    def legend(self, box: Box, notes: Sequence[str]) -> None:
        """What the colours mean, and ``notes`` below, on a white ground in ``box``."""
        self._fill(box, _WHITE, border=_ROW_COLOR)
        y = box.y0 + _LINE
        for level, meaning in _LEGEND.items():
            self._line(box.x0 + 4, y - 2, box.x0 + 18, y - 2, COLORS[level], width=1.4, dashes=_DASHES[level])
            self._text(box.x0 + 22, y, meaning, _BLACK)
            y += _LINE
        for note in notes:
            self._text(box.x0 + 4, y, note, _BLACK)
            y += _LINE

    def _rect(self, box: Box) -> Any:
        return (pymupdf.Rect(box.x0, box.y0, box.x1, box.y1) * self._matrix).normalize()

    def _fill(
        self, box: Box, fill: tuple[float, float, float], border: tuple[float, float, float] | None = None
    ) -> None:
        self._page.draw_rect(self._rect(box), color=border, fill=fill, width=0.4 if border else 0, oc=self._layer)

    def _line(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        color: tuple[float, float, float],
        width: float = 0.4,
        dashes: Sequence[int] = (),
    ) -> None:
        pattern = f"[{' '.join(str(dash) for dash in dashes)}] 0" if dashes else None
        start, end = pymupdf.Point(x0, y0) * self._matrix, pymupdf.Point(x1, y1) * self._matrix
        self._page.draw_line(start, end, color=color, width=width, dashes=pattern, oc=self._layer)

    def _text(self, x: float, y: float, text: str, color: tuple[float, float, float]) -> None:
        point = pymupdf.Point(x, y) * self._matrix
        self._page.insert_text(
            point, text, fontname=_FONT, fontsize=_SIZE, color=color, rotate=self._page.rotation, oc=self._layer
        )


def label_width(text: str) -> float:
    """Width in points of a label that says ``text``."""
    width: float = pymupdf.get_text_length(text, _FONT, _SIZE)
    return width + 2 * _PAD


def legend_size(notes: Sequence[str]) -> tuple[float, float]:
    """Width and height in points of the legend with ``notes``."""
    widest = max([label_width(text) + 22 for text in _LEGEND.values()] + [label_width(note) + 4 for note in notes])
    return widest + 4, _LINE * (len(_LEGEND) + len(notes)) + 5
