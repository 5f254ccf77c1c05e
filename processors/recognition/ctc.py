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
_BEFORE_PERCENT = 0.16  # a percent sign is broad in every font: "7%" leaves half of that, "7 %" at least 0.18
_WIDE_GAP = 0.45  # wider than between any two characters of a word, also in monospaced print
_WIDE_AFTER_MARK = 0.75  # in monospaced print of double width a decimal mark leaves 0.7 before the cents

_INKED = b"\x01"


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
    characters: list[Character],
    columns: float,
    ink: "NDArray[np.bool_]",
    line_height: float,
    text_ink: "NDArray[np.bool_] | None" = None,
) -> list[Span]:
    """Words between blanks.

    ``columns`` is how many columns the line image took (without padding; not always whole). ``ink`` tells for each
    pixel along the line whether anything is printed there. A word's edges are moved to where its ink ends, by
    ``text_ink`` if given: the ink without dirt and rules. ``line_height`` is in the same pixels.
    """
    groups: list[list[Character]] = [[]]
    scale = len(ink) / columns
    inked = ink.tobytes()
    edge_ink = inked if text_ink is None else text_ink.tobytes()
    for character in characters:
        last = groups[-1][-1] if groups[-1] else None
        if character.text.isspace() or (last and _lost_blank(last, character, scale, inked, line_height)):
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
        for group, (start, end) in zip(groups, _edges(groups, scale, edge_ink), strict=True)
    ]


def _lost_blank(left: Character, right: Character, scale: float, ink: bytes, line_height: float) -> bool:
    """Whether there is a blank that was not read, to be seen by its width.

    Recognisers drop wide gaps between cells, the blank after a colon and the one before a percent sign; a label would
    be glued to its value. Times (12:30) keep their colon, which stands wide in monospaced print.
    """
    start, end = _widest_gap(ink, int((left.column + 0.5) * scale), int((right.column + 0.5) * scale) + 1)
    least = _BEFORE_PERCENT if right.text == "%" else _WIDE_GAP
    if left.text == ":":
        least = _BLANK * (2 if right.text.isdigit() else 1)
    elif left.text in ".," and right.text.isdigit():
        least = _WIDE_AFTER_MARK
    return end - start >= least * line_height


def unread_gaps(
    characters: list[Character], columns: float, ink: "NDArray[np.bool_]"
) -> list[tuple[Character, Character, float]]:
    """Each two neighbouring characters that no blank was read between, and the widest stretch without ink between them,
    in pixels of ``ink``; parameters as for :func:`split_words`."""
    scale = len(ink) / columns
    inked = ink.tobytes()
    gaps = []
    for left, right in pairwise(characters):
        if not left.text.isspace() and not right.text.isspace():
            start, end = _widest_gap(inked, int((left.column + 0.5) * scale), int((right.column + 0.5) * scale) + 1)
            gaps.append((left, right, end - start))
    return gaps


def _edges(groups: list[list[Character]], scale: float, ink: bytes) -> list[tuple[float, float]]:
    """Start and end of each word, as shares of the line: at the widest white gap between two words' characters.

    ``scale`` is in pixels per column.
    """
    length = len(ink)
    places = [((group[0].column + 0.5) * scale, (group[-1].column + 0.5) * scale) for group in groups]
    first = max(0, ink.find(_INKED))
    last = ink.rfind(_INKED) + 1 or length
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


def _widest_gap(ink: bytes, start: int, end: int) -> tuple[float, float]:
    """The first of the longest runs without ink in ``ink[start:end]``; the middle, with no width, where there is none.

    Of bytes, because their own search is twenty times as fast as a loop, and this is done for every character.
    """
    part = ink[start:end]
    widest = max(map(len, part.split(_INKED)))
    if widest == 0:
        middle = (start + end) / 2
        return middle, middle
    begin = start + part.index(bytes(widest))
    return float(begin), float(begin + widest)
