"""Between a page as a viewer shows it and as it is read: turned by quarters, or flattened."""

from collections.abc import Sequence
from dataclasses import replace

from processors.document import Page, Table
from processors.geometry import Box
from processors.recognition.orientation import turn_box, turned_size


class Placing:
    """The two-way map of one page's boxes. ``width`` and ``height`` are those of the page as it is read."""

    def __init__(self, page: Page) -> None:
        self.page = page
        if page.flat is not None:
            self.width, self.height = page.flat.width, page.flat.height
            self._affine = _fitted(page.flat.boxes, [word.box for word in page.words])
        else:
            self.width, self.height = turned_size(page.width, page.height, page.rotation)

    def turned(self, box: Box) -> Box:
        """Where a ruling or a figure lies on the page as it is read."""
        if self.page.flat is not None:
            return box
        return turn_box(box, self.page.width, self.page.height, self.page.rotation)

    def back(self, box: Box) -> Box:
        """Where a box of the page as it is read lies on the page as a viewer shows it; the smallest that holds it."""
        if self.page.flat is None:
            turned = turn_box(box, self.width, self.height, (360 - self.page.rotation) % 360)
        else:
            (a, b, c), (d, e, f) = self._affine
            corners = [(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
            xs = [a * x + b * y + c for x, y in corners]
            ys = [d * x + e * y + f for x, y in corners]
            turned = Box(min(xs), min(ys), max(xs), max(ys))
        return Box(round(turned.x0, 2), round(turned.y0, 2), round(turned.x1, 2), round(turned.y1, 2))

    def table_back(self, table: Table) -> Table:
        """The table with its boxes on the page as a viewer shows it."""
        cells = tuple(replace(cell, box=self.back(cell.box)) for cell in table.cells)
        return replace(table, cells=cells, box=self.back(table.box))


_Affine = tuple[tuple[float, float, float], tuple[float, float, float]]


def _fitted(inner: Sequence[Box], outer: Sequence[Box]) -> _Affine:
    """The affine map that takes the centres of ``inner`` closest to those of ``outer`` (least squares).

    Exact for turned and deskewed pages, the best straight approximation for dewarped ones.
    """
    import numpy as np

    if not inner:
        return (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
    source = np.array([(box.center_x, box.center_y, 1.0) for box in inner])
    target = np.array([(box.center_x, box.center_y) for box in outer])
    found = np.linalg.lstsq(source, target, rcond=None)[0].T
    return tuple(map(float, found[0])), tuple(map(float, found[1]))  # type: ignore[return-value]
