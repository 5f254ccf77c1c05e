"""From CTC outputs to words with boxes and probabilities.

A recogniser gives, for each of T equal columns of a line image, a probability for every character and for "blank".
Best-path decoding (Graves et al., 2006) takes the likeliest per column, merges repeats and drops blanks. The column
of a character says roughly where it stands; the exact edges of words come from the white gaps in the image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from processors.recognition.engine import Character

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# In heights of a detected line, which is about 1.4 font sizes high.
_BLANK = 0.12  # the narrowest blank
_WIDE_GAP = 0.45  # wider than between any two characters of a word, also in monospaced print


@dataclass(frozen=True, slots=True)
class Span:
    """A word along its line: text, least character probability, and its ends as shares of the line's length."""

    text: str
    start: float
    end: float
    probability: float


def decode(probabilities: "NDArray[np.float32]", alphabet: Sequence[str]) -> list[Character]:
    """Best-path decoding. In: columns x characters; ``alphabet[0]`` is the blank. A character's probability is the
    highest of the columns it spans, its column their middle."""
    winners = probabilities.argmax(axis=1)
    best = winners.tolist()
    highest = probabilities[range(len(best)), winners].tolist()
    found: list[Character] = []
    start = 0
    for column in range(1, len(best) + 1):
        if column < len(best) and best[column] == best[start]:
            continue
        if best[start] != 0:
            found.append(Character(alphabet[best[start]], (start + column - 1) / 2, max(highest[start:column])))
        start = column
    return found


def split_words(
    characters: list[Character], columns: float, ink: "NDArray[np.bool_]", line_height: float
) -> list[Span]:
    """Words between blanks.

    ``columns`` is how many columns the line image took (without padding; not always whole). ``ink`` tells for each
    pixel along the line whether anything is printed there; a word's edges are moved to where its ink ends.
    ``line_height`` is in the same pixels.
    """
    groups: list[list[Character]] = [[]]
    scale = len(ink) / columns
    for character in characters:
        last = groups[-1][-1] if groups[-1] else None
        if character.text.isspace() or (last and _lost_blank(last, character, scale, ink, line_height)):
            groups.append([])
        if not character.text.isspace():
            groups[-1].append(character)
    groups = [group for group in groups if group]
    if not groups:
        return []
    return [
        Span(
            "".join(character.text for character in group),
            start,
            end,
            min(character.probability for character in group),
        )
        for group, (start, end) in zip(groups, _edges(groups, scale, ink), strict=True)
    ]


def _lost_blank(left: Character, right: Character, scale: float, ink: "NDArray[np.bool_]", line_height: float) -> bool:
    """Whether there is a blank that was not read, to be seen by its width.

    Recognisers drop wide gaps between cells and the blank after a colon; a label would be glued to its value. Times
    (12:30) keep their colon, which stands wide in monospaced print.
    """
    start, end = _widest_gap(ink, int((left.column + 0.5) * scale), int((right.column + 0.5) * scale) + 1)
    if left.text != ":":
        return end - start >= _WIDE_GAP * line_height
    return end - start >= _BLANK * line_height * (2 if right.text.isdigit() else 1)


def widest_unread_gap(characters: list[Character], columns: float, ink: "NDArray[np.bool_]") -> float:
    """The widest stretch without ink between two characters that no blank was read between, in pixels of ``ink``."""
    scale = len(ink) / columns
    widest = 0.0
    for left, right in pairwise(characters):
        if not left.text.isspace() and not right.text.isspace():
            start, end = _widest_gap(ink, int((left.column + 0.5) * scale), int((right.column + 0.5) * scale) + 1)
            widest = max(widest, end - start)
    return widest


def _edges(groups: list[list[Character]], scale: float, ink: "NDArray[np.bool_]") -> list[tuple[float, float]]:
    """Start and end of each word, as shares of the line: at the widest white gap between two words' characters.

    ``scale`` is in pixels per column.
    """
    length = len(ink)
    places = [((group[0].column + 0.5) * scale, (group[-1].column + 0.5) * scale) for group in groups]
    inked = ink.nonzero()[0]
    first = float(inked[0]) if len(inked) else 0.0
    last = float(inked[-1] + 1) if len(inked) else float(length)
    starts, ends = [min(first, places[0][0])], []
    for (_, left), (right, _) in pairwise(places):
        gap_start, gap_end = _widest_gap(ink, int(left), int(right) + 1)
        ends.append(gap_start)
        starts.append(gap_end)
    ends.append(max(last, places[-1][1]))
    return [
        (min(1.0, max(0.0, start / length)), min(1.0, max(0.0, max(end, start + 1) / length)))
        for start, end in zip(starts, ends, strict=True)
    ]


def _widest_gap(ink: "NDArray[np.bool_]", start: int, end: int) -> tuple[float, float]:
    """The longest run without ink in ``ink[start:end]``; the middle, with no width, where there is none."""
    best = (0, 0)
    begin: int | None = None
    for position in range(max(0, start), min(end, len(ink)) + 1):
        if position < min(end, len(ink)) and not ink[position]:
            begin = position if begin is None else begin
        elif begin is not None:
            best = max(best, (begin, position), key=lambda gap: gap[1] - gap[0])
            begin = None
    if best[1] == best[0]:
        middle = (start + end) / 2
        return middle, middle
    return float(best[0]), float(best[1])
