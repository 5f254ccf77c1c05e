"""Print of the sheet's other side that shows through: found by how a page was read, and whitened.

It is faint and mirrored, so it reads as faint gibberish, over which the recogniser stumbles in the print that lies
across it. Faintness alone proves nothing (grey captions, pencil), nor does gibberish (logos, handwriting): both
together do, several times on a page. On 127 receipts and 120 other scans and photos, that held of the receipts printed
on both sides, and of no other page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.recognition.engine import OcrLine
from processors.recognition.preprocess.look import gray_of, paper_light

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.recognition.engine import RgbImage
    from processors.recognition.preprocess.look import Gray

_SURE, _DOUBTFUL = 0.9, 0.75  # mean confidence of a line's characters
_FEWEST_SURE = 5  # lines that tell how dark the page's own print is
_LEAST_CONTRAST = 40  # grey levels of the page's own print
# Of the contrast that the page's own print has. What shows through has 0.1 to 0.2, light grey captions 0.3 and more.
_FAINT, _WHITENED = 0.25, 0.4
_LEAST_STEP = 6  # grey levels; less is nothing
_LEAST_TEXT = 3  # characters of a line that says anything
_CRUMBS = 3.0  # characters of a word, on average: mirrored words come apart
_MARGIN = 2  # pixels around faint print that could be read
_KEPT = 0.97  # of the text that was read with certainty


@dataclass(frozen=True, slots=True)
class _Look:
    """A line, the rows and columns of its pixels, and the grey levels between its ink and its paper."""

    line: OcrLine
    rows: slice
    columns: slice
    contrast: float


def without_show_through(image: "RgbImage", lines: Sequence[OcrLine]) -> "RgbImage | None":
    """A copy of ``image`` (height x width x 3, RGB, 0-255) without the print that shows through, in grey, by the
    ``lines`` that were read in it; ``None`` where none does.

    Faint print that could be read stays as it is.
    """
    import numpy as np

    if not any(map(_is_gibberish, lines)):
        return None
    gray = gray_of(image)
    looks = [look for line in lines if (look := _look_at(gray, line)) is not None]
    own = [look.contrast for look in looks if look.line.confidence >= _SURE]
    if len(own) < _FEWEST_SURE or (ink := float(np.median(own))) < _LEAST_CONTRAST:
        return None
    faint = [look for look in looks if _LEAST_STEP <= look.contrast < _FAINT * ink]
    gibberish = [look for look in faint if _is_gibberish(look.line)]
    readable = [look for look in faint if look.line.confidence >= _SURE and len(look.line.text) >= _LEAST_TEXT]
    if len(gibberish) <= len(readable):
        return None
    clean = _whitened(gray, _WHITENED * ink)
    # Light grey print would go as well: all that is lighter than what is whitened.
    for look in looks:
        if look.contrast < _WHITENED * ink and not _is_gibberish(look.line):
            clean[look.rows, look.columns] = gray[look.rows, look.columns]
    return np.stack([clean] * 3, axis=2)


def _is_gibberish(line: OcrLine) -> bool:
    """Whether a line was hardly read, or read as crumbs; of a mark or two nobody can tell."""
    length = sum(len(word.text) for word in line.words)
    crumbs = len(line.words) >= _LEAST_TEXT and length < _CRUMBS * len(line.words)
    return length >= _LEAST_TEXT and (line.confidence < _DOUBTFUL or (crumbs and line.confidence < _SURE))


def is_better(first: Sequence[OcrLine], second: Sequence[OcrLine]) -> bool:
    """Whether the ``second`` reading is surer of its characters than the ``first`` and has nearly as much sure text."""
    return _mean(second) > _mean(first) and _sure_text(second) >= _KEPT * _sure_text(first)


def _look_at(gray: "Gray", line: OcrLine) -> _Look | None:
    import numpy as np

    xs, ys = [x for x, _ in line.quad], [y for _, y in line.quad]
    height, width = gray.shape
    rows = slice(max(0, int(min(ys)) - _MARGIN), min(height, int(max(ys)) + _MARGIN))
    columns = slice(max(0, int(min(xs)) - _MARGIN), min(width, int(max(xs)) + _MARGIN))
    part = gray[rows, columns]
    if part.size == 0:
        return None
    paper, ink = np.percentile(part[::2, ::2], (75, 2))
    return _Look(line, rows, columns, float(paper - ink))


def _whitened(gray: "Gray", least: float) -> "NDArray[np.uint8]":
    """White paper with what is darker than the paper around it by ``least`` grey levels or more.

    The edges of print pass through all levels, so what is left of them is spread over all, and not cut.
    """
    import cv2
    import numpy as np

    height, width = gray.shape
    paper = cv2.resize(paper_light(gray), (width, height), interpolation=cv2.INTER_LINEAR)
    depth = cv2.subtract(paper, gray)
    levels = np.clip((np.arange(256) - least) / (1 - _WHITENED), 0, 255).astype(np.uint8)
    return np.asarray(255 - cv2.LUT(depth, levels), dtype=np.uint8)


def _mean(lines: Sequence[OcrLine]) -> float:
    length = sum(len(line.text) for line in lines)
    return sum(line.confidence * len(line.text) for line in lines) / length if length else 0.0


def _sure_text(lines: Sequence[OcrLine]) -> int:
    return sum(len(line.text) for line in lines if line.confidence >= _SURE)
