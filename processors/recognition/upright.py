"""Reading an image whose way up is not sure: it is read, doubted where that went badly, and read again turned."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.recognition.engine import OcrLine
from processors.recognition.lines import Answer, Effort, Models, Request, answer_all, read_lines
from processors.recognition.show_through import is_better, without_show_through

if TYPE_CHECKING:
    from processors.recognition.engine import RgbImage

_LEAST_TEXT = 10  # characters; with fewer there is nothing to decide by
_SURELY_UPRIGHT = 0.85  # mean confidence of lines read the right way up; upside down it is 0.5 to 0.8
_LINES_TRIED = 8
_NEARLY_AS_SURE = 0.9  # text on end reads as well as upright where it runs the way that the detector supposes
_RIGHT_ANGLE = 90


@dataclass(frozen=True, slots=True)
class Reading:
    """The lines of an image, in pixels of the image turned clockwise by ``turn`` (0, 90, 180 or 270 degrees)."""

    lines: tuple[OcrLine, ...]
    turn: int = 0


UprightDialogue = Generator[Request, Answer, Reading]
"""As :data:`processors.recognition.lines.Dialogue`, with a turn beside the lines."""


def read_upright(image: "RgbImage", effort: Effort, *, sure: bool, most_lines: int | None = None) -> UprightDialogue:
    """The lines of ``image``. Unless it is ``sure`` to be upright, the turn that reads best is found.

    Text on end or upside down shows by the shape of its lines and by low confidence; only then are the turns in
    question tried, on the page's longest lines. A page whose other side shows through is read again without that.
    ``most_lines`` as for :func:`processors.recognition.lines.read_lines`.
    """
    import numpy as np

    lines = yield from read_lines(image, effort, most_lines)
    best, best_score = 0, _NEARLY_AS_SURE * _mean_confidence(lines)
    for turn in () if sure else _doubts(lines):
        some = yield from read_lines(np.rot90(image, -turn // _RIGHT_ANGLE), _look(effort), _LINES_TRIED)
        score = _mean_confidence(some)
        if score > best_score:
            best, best_score = turn, score
    if best:
        image = np.ascontiguousarray(np.rot90(image, -best // _RIGHT_ANGLE))
        lines = yield from read_lines(image, effort, most_lines)
    clean = without_show_through(image, lines) if most_lines is None else None
    if clean is not None:
        again = yield from read_lines(clean, effort)
        lines = again if is_better(lines, again) else lines
    return Reading(tuple(lines), best)


def run_upright(image: "RgbImage", models: Models, effort: Effort, *, sure: bool) -> Reading:
    """:func:`read_upright` with every request answered at once by ``models``."""
    return answer_all(read_upright(image, effort, sure=sure), models)


def _look(effort: Effort) -> Effort:
    """The cheapest reading with the models at hand."""
    return "tiny" if effort == "cascade" else effort


def _doubts(lines: Sequence[OcrLine]) -> tuple[int, ...]:
    """The turns worth trying."""
    length = sum(len(line.text) for line in lines)
    if length < _LEAST_TEXT:
        return ()
    if 2 * sum(len(line.text) for line in lines if _stands_on_end(line)) > length:
        return (90, 270)
    return () if _mean_confidence(lines) >= _SURELY_UPRIGHT else (0, 180)


def _stands_on_end(line: OcrLine) -> bool:
    (x0, y0), (x1, y1) = line.quad[0], line.quad[1]
    return abs(y1 - y0) > abs(x1 - x0)


def _mean_confidence(lines: Sequence[OcrLine]) -> float:
    """Mean over characters; 0 where nothing was read."""
    length = sum(len(line.text) for line in lines)
    return sum(line.confidence * len(line.text) for line in lines) / length if length else 0.0
