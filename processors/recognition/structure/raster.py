"""Rulings of a scanned page: long straight runs of ink."""

from typing import Any

from processors.recognition.structure.rulings import Ruling, joined

_LONGEST_SIDE = 1754  # pixels: A4 at 150 DPI; hairlines of 300 DPI scans survive as grey
_SHORTEST = 22.0  # points; longer than any stroke of ordinary print
_THICKEST = 4.0  # points; thicker runs are bars, pictures or letters of a headline
_WINDOW = 31  # pixels of the neighbourhood that ink is compared with
_DARKER = 12  # grey levels that ink is darker than its neighbourhood
_DASH = 3  # pixels of gaps that are closed along the line


def raster_rulings(image: Any, points_per_pixel: float) -> list[Ruling]:
    """The horizontal and vertical lines of an upright page, in points of the image.

    ``image``: ``uint8``, height x width (grey) or height x width x 3 (RGB). Ink is what is darker than its
    neighbourhood; openings with long thin kernels keep the runs of it (as in Gatos et al., 2005). Lines may climb by
    about a pixel in 60.
    """
    import cv2

    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    shrink = min(1.0, _LONGEST_SIDE / max(grey.shape))
    if shrink < 1.0:
        grey = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    scale = points_per_pixel / shrink
    ink = cv2.compare(cv2.subtract(cv2.blur(grey, (_WINDOW, _WINDOW)), grey), _DARKER, cv2.CMP_GT)
    found = []
    for horizontal in (True, False):
        for x, y, width, height in _runs(cv2, ink, horizontal, scale):
            if horizontal:
                middle = (y + height / 2) * scale
                found.append(Ruling(x * scale, middle, (x + width) * scale, middle))
            else:
                middle = (x + width / 2) * scale
                found.append(Ruling(middle, y * scale, middle, (y + height) * scale))
    return joined(found)


def _runs(cv2: Any, ink: Any, horizontal: bool, scale: float) -> list[tuple[int, int, int, int]]:
    """Boxes (x, y, width, height in pixels) of long thin runs of ink in one direction."""
    length = max(9, round(_SHORTEST / scale))

    def kernel(along: int, across: int) -> Any:
        return cv2.getStructuringElement(cv2.MORPH_RECT, (along, across) if horizontal else (across, along))

    # A line that climbs a little is broken into steps; thickened across, its steps overlap.
    thick = cv2.dilate(ink, kernel(1, 3))
    closed = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, kernel(_DASH, 1))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel(length, 1))
    _, _, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    runs = []
    for x, y, width, height, _ in stats[1:].tolist():
        long, thin = (width, height) if horizontal else (height, width)
        if thin * scale <= _THICKEST + 0.02 * long * scale and thin * 5 <= long:
            runs.append((x, y, width, height))
    return runs
