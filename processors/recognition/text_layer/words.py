"""Mending the words that a PDF's text layer gives: what PDF producers do to text for the looks of it."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from processors.geometry import Box, union
from processors.recognition.pages import FoundWord

_SAME_PLACE = 0.7  # common area of two overprinted copies of one word, in areas of the smaller one
_BAND = 8.0  # points; copies lie closer than that
_SHORTEST_SPREAD = 4  # single characters in a row from which on they are one spread word ("T O T A L")
_SPREAD_LETTERS = 0.6  # share of letters and digits in a spread word; rows of bullets and rules are none
_WIDEST_SPREAD = 1.0  # gap inside a spread word, in character heights
_EVEN_SPREAD = 1.6  # the widest gap over the narrowest one of a spread word


def mend(words: Iterable[FoundWord]) -> list[FoundWord]:
    """``words`` of one page, in stream order, without overprinted copies, spread words joined."""
    return _join_spread(_drop_copies(words))


def _drop_copies(words: Iterable[FoundWord]) -> list[FoundWord]:
    """Without words printed again over themselves, as fake bold and shadows do."""
    kept: dict[tuple[str, int], list[Box]] = {}  # by text and band of the page, so that few pairs are compared
    result = []
    for word in words:
        band = int(word.box.y0 // _BAND)
        near = (place for step in (-1, 0, 1) for place in kept.get((word.text, band + step), ()))
        if any(_covers(place, word.box) for place in near):
            continue
        kept.setdefault((word.text, band), []).append(word.box)
        result.append(word)
    return result


def _covers(first: Box, second: Box) -> bool:
    if abs(first.x0 - second.x0) > first.width:
        return False
    common = first.horizontal_overlap(second) * first.vertical_overlap(second)
    smaller = min(first.width * first.height, second.width * second.height)
    return common >= _SAME_PLACE * smaller > 0


def _join_spread(words: Sequence[FoundWord]) -> list[FoundWord]:
    """With runs of evenly spaced single characters joined to the word they spell."""
    result: list[FoundWord] = []
    run: list[FoundWord] = []
    for word in words:
        if run and not _continues(run, word):
            result.extend(_close(run))
            run = []
        if len(word.text) == 1:
            run.append(word)
        else:
            result.extend(_close(run))
            run = []
            result.append(word)
    result.extend(_close(run))
    return result


def _continues(run: Sequence[FoundWord], word: FoundWord) -> bool:
    last = run[-1].box
    gap = word.box.x0 - last.x1
    if len(word.text) != 1 or abs(word.box.center_y - last.center_y) > 0.3 * last.height:
        return False
    if not 0 < gap <= _WIDEST_SPREAD * last.height:
        return False
    pitches = [right.box.center_x - left.box.center_x for left, right in pairwise(run)]
    pitch = word.box.center_x - last.center_x
    return not pitches or max([*pitches, pitch]) <= _EVEN_SPREAD * min([*pitches, pitch])


def _close(run: Sequence[FoundWord]) -> list[FoundWord]:
    letters = sum(1 for word in run if word.text.isalnum())
    if len(run) < _SHORTEST_SPREAD or letters < _SPREAD_LETTERS * len(run):
        return list(run)
    return [FoundWord("".join(word.text for word in run), union(word.box for word in run), run[0].confidence)]
