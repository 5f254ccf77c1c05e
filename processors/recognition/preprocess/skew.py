"""How far the text of a page is turned, beyond quarter turns.

Projection profiles (Postl, 1986; Baird, 1987): across the text lines, ink piles up in narrow bands exactly when one
looks along them. Marks as large as letters are projected at every angle; the angle whose profile changes most from
row to row wins. Both directions are tried, so that text on end is measured as well.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.preprocess.look import Marks

    Floats = NDArray[np.floating]

MOST_SKEW = 15.0
"""The largest skew in degrees that is looked for."""

_FEWEST_GLYPHS = 20  # two or three short words; fewer line up by chance
_POINTS = 12_000  # of ink that are projected; more change nothing
_FEWER = 3  # times, for a first look: enough where lines show clearly
_COARSE, _FINE, _NEARBY = 0.5, 0.1, 0.8  # degrees; the last is searched finely around the best coarse angle
# Of the best profile's sharpness to the median angle's: text reaches 2 to 30, noise and pictures up to 1.6.
_CONVINCING = 1.8
_CLEAR = 4.0  # of a third of the points, whose profiles are noisier


@dataclass(frozen=True, slots=True)
class Skew:
    """``degrees`` that the text is turned clockwise, within ``MOST_SKEW``; ``on_end`` where it runs up or down.

    ``sharpness``: how much clearer the lines show at that angle than at others; 0 where nothing convinces, and the
    skew is then taken to be 0.
    """

    degrees: float = 0.0
    on_end: bool = False
    sharpness: float = 0.0


def find_skew(marks: "Marks") -> Skew:
    """The skew of the page whose small copy has ``marks``."""
    import numpy as np

    if int(marks.glyphs.sum()) < _FEWEST_GLYPHS:
        return Skew()
    places = np.flatnonzero(marks.printed)
    ys, xs = np.divmod(places[:: max(1, len(places) // _POINTS)], marks.printed.shape[1])
    points = np.stack([xs, ys]).astype(np.float32)
    points -= (points.min(axis=1, keepdims=True) + points.max(axis=1, keepdims=True)) / 2
    best = _coarsely(points[:, ::_FEWER])
    if best.sharpness < _CLEAR:
        best = _coarsely(points)
    if best.sharpness < _CONVINCING:
        return Skew()
    fine = best.degrees + np.arange(-_NEARBY, _NEARBY + _FINE / 2, _FINE)
    # The profile's bands round every point, which makes single scores jump; neighbours even that out.
    scores = np.convolve(_scores(points, fine, best.on_end, 1.0), np.array([0.25, 0.5, 0.25]), mode="same")
    return Skew(_peak(fine[1:-1], scores[1:-1]), best.on_end, best.sharpness)


def _coarsely(points: "Floats") -> Skew:
    """The clearest of the coarse angles in both directions."""
    import numpy as np

    angles = np.arange(-MOST_SKEW, MOST_SKEW + _COARSE / 2, _COARSE)
    best = Skew()
    for on_end in (False, True):
        scores = _scores(points, angles, on_end, 2.0)
        sharpness = float(scores.max() / max(1.0, float(np.median(scores))))
        if sharpness > best.sharpness:
            best = Skew(float(angles[scores.argmax()]), on_end, sharpness)
    return best


def _scores(points: "Floats", degrees: "Floats", on_end: bool, band: float) -> "Floats":
    """Sharpness of the profile of ``points`` for each angle, in bands of ``band`` pixels."""
    import numpy as np

    along, across = (points[1], -points[0]) if on_end else (points[0], points[1])
    length = int(np.hypot(*(np.ptp(points, axis=1) + 1)) / band) + 4
    scores = np.empty(len(degrees))
    for index, angle in enumerate(np.deg2rad(degrees)):
        place = across * np.float32(np.cos(angle) / band)
        place -= along * np.float32(np.sin(angle) / band)
        place += np.float32(length / 2)
        profile = np.bincount(place.astype(np.intp), minlength=length).astype(np.float64)
        scores[index] = np.square(np.diff(profile)).sum()
    return scores


def _peak(degrees: "Floats", scores: "Floats") -> float:
    """The angle of the highest score, by the parabola through it and its neighbours."""
    index = int(scores.argmax())
    if index in (0, len(scores) - 1):
        return float(degrees[index])
    left, top, right = scores[index - 1 : index + 2]
    bend = left - 2 * top + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(degrees[index] + shift * (degrees[1] - degrees[0]))
