"""How high a line's words stand: from the font's ascent to its descent, as a text layer's boxes do.

A detector's quad is fitted to the ink of a line, loosely: a title's is too low by several points for the box that a
viewer highlights and a text layer gives. What is printed tells more. The ink of a line reaches from the baseline to the
x-height, the capitals or their accents, and the text says to which; so its height gives the size of the font.
Descenders are of no use: detectors cut them off.
"""

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processors.recognition.ink import Mask

Edges = tuple[float, float]
Placed = tuple[str, int, int]
"""A word's text and the columns of the line image that it is printed between."""
Measure = tuple[float, float]
"""Font size and baseline, in pixel rows of the line image."""

# In font sizes above the baseline; fonts differ by some hundredths (Helvetica's capitals 0.72, those of Times 0.66).
_ASCENT, _DESCENT = 0.97, -0.25
"""Of the box: amid the fonts of invoices, whose ascents are 0.91 (Arial) to 1.08 (Helvetica), descents 0.21 to 0.31."""
_X_HEIGHT = 0.52
_CAPITAL = 0.70
_ACCENTED_CAPITAL = 0.91
_FLAT = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212.,:;_\u00b7\u2022'\"*\u00b0+=~\u00ac\u00ab\u00bb<>")
_LOW = frozenset("acemnorsuvwxz\u00e6\u0153\u0131gpqy\u00b5")  # no higher than the x-height
_DEEP = frozenset("gjpqy()[]{}|@\u00a7\u00b5\u00e7,;Q$_\u00b6/")  # reach below the baseline

_SMALLEST, _LARGEST = 0.45, 1.45  # font sizes that a line may have, in heights of its quad
_OWN_SIZE = 1.2  # a word whose size differs from the line's by that much has a size of its own
_ENOUGH = 3  # characters; fewer are no proof of a size, and a lone l fills the rows of its columns as a rule would
_RULE = 0.9  # share of a row's width from which on it is a rule, not text
_HIGHEST_BASELINE = 0.67  # of the ink's height, from its top; it is 0.71 in text as low as "gang"
_DOT_GAP = 0.15  # heights of the quad; between the dot and the stem of an i, an accent and its capital


def font_edges(mask: "Mask", words: Sequence[Placed]) -> list[Edges]:
    """Upper and lower edge of each word's font box, in pixel rows of the line's ``mask``; they may lie beyond it.

    ``words`` run from left to right. A line has one font size and baseline, except where words are clearly larger or
    smaller. Where the ink does not tell, a box is as high as the mask.
    """
    if not words:
        return []
    line = _measure(mask, "".join(text for text, _, _ in words), words[0][1], words[-1][2])
    told = [_own_size(mask, word, line) if len(words) > 1 else line for word in words]
    whole = (0.0, float(len(mask)))
    return [
        whole if (found := told[index] or _neighbours(words, told, index) or line) is None else _edges(*found)
        for index in range(len(words))
    ]


def _own_size(mask: "Mask", word: Placed, line: Measure | None) -> Measure | None:
    """What ``line`` says, or the word itself where it differs; ``None`` of a word that proves neither."""
    text, start, end = word
    if len(text) < _ENOUGH or _ink_height(text) < _CAPITAL:
        return None
    own = _measure(mask, text, start, end)
    if own is None or line is None:
        return own
    return own if max(own[0], line[0]) >= _OWN_SIZE * min(own[0], line[0]) else line


def _neighbours(words: Sequence[Placed], told: Sequence[Measure | None], index: int) -> Measure | None:
    """What the nearer of the two words beside this one tells."""
    sides = []
    if index > 0:
        sides.append((words[index][1] - words[index - 1][2], told[index - 1]))
    if index + 1 < len(words):
        sides.append((words[index + 1][1] - words[index][2], told[index + 1]))
    return min(sides, key=lambda side: side[0])[1] if sides else None


def _edges(size: float, baseline: float) -> Edges:
    return baseline - _ASCENT * size, baseline - _DESCENT * size


def _measure(mask: "Mask", text: str, start: int, end: int) -> Measure | None:
    """Of ``text`` between two columns; ``None`` where its ink does not tell."""
    import cv2

    height = _ink_height(text)
    if height == 0.0 or end <= start:
        return None
    counts: list[int] = cv2.reduce(mask[:, start:end], 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0].tolist()
    if len(text) >= _ENOUGH:
        counts = [count if count <= _RULE * (end - start) else 0 for count in counts]
    rows = _text_rows(counts)
    if rows is None:
        return None
    top, baseline = rows
    if not _DEEP.isdisjoint(text):
        baseline = _baseline(counts, top, baseline)
    size = (baseline - top) / height
    return (size, baseline) if _SMALLEST * len(mask) <= size <= _LARGEST * len(mask) else None


def _ink_height(text: str) -> float:
    """How far the ink of ``text`` reaches above the baseline, in font sizes; 0 where dashes and dots do not tell."""
    height = 0.0
    for character in text:
        if character in _FLAT:
            continue
        if character in _LOW:
            height = max(height, _X_HEIGHT)
        elif character.isascii() or not character.isupper() or len(unicodedata.normalize("NFD", character)) == 1:
            height = max(height, _CAPITAL)
        else:
            return _ACCENTED_CAPITAL
    return height


def _text_rows(counts: Sequence[int]) -> tuple[int, int] | None:
    """First row with ink and the one after the last, of the text: not of lines and rules above and below it.

    ``counts`` are the inked pixels of each row. Text is the run of rows with most ink, and what stands as near to it
    as dots and accents do. No text begins at the image's upper edge: detectors leave room above capitals.
    """
    runs = [run for run in _runs(counts) if run[0] > 0]
    if not runs:
        return None
    body = max(range(len(runs)), key=lambda index: sum(counts[slice(*runs[index])]))
    first, last = runs[body]
    widest = _DOT_GAP * len(counts)
    for start, end in reversed(runs[:body]):
        if first - end > widest:
            break
        first = start
    for start, end in runs[body + 1 :]:
        if end == len(counts) or start - last > widest:
            break
        last = end
    return first, last


def _runs(counts: Sequence[int]) -> list[tuple[int, int]]:
    """Start and end of each run of rows with ink."""
    edges = [row for row, count in enumerate(counts) if (count > 0) != (row > 0 and counts[row - 1] > 0)]
    if len(edges) % 2:
        edges.append(len(counts))
    return list(zip(edges[::2], edges[1::2], strict=True))


def _baseline(counts: Sequence[int], top: int, bottom: int) -> int:
    """The row that most ink ends above, where descenders may begin: there the other letters end."""
    rows = range(top + round(_HIGHEST_BASELINE * (bottom - top)), bottom + 1)
    below = [*counts[:bottom], 0]
    return max(rows, key=lambda row: below[row - 1] - below[row])
