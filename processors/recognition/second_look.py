"""Which lines the larger recogniser should read again: those the small one is unsure of, and those that matter."""

from statistics import median
from typing import TYPE_CHECKING

from processors.recognition.crops import COLUMN, ink_profile, line_width
from processors.recognition.ctc import unread_gaps
from processors.recognition.engine import Character

if TYPE_CHECKING:
    from processors.recognition.engine import RgbImage

# Of the characters that are least sure of their line. On 2,900 lines of generated invoices these leave the larger model
# 42 % of the text, on 2,000 of receipts 83 %, at 0.02 points more character errors than if it read all.
_SURE = 0.9
_SURE_OF_A_FIGURE = 0.95
_UNREAD_BLANK = 0.18  # heights of the line; the tiny model loses ten times as many blanks, all wider than this
_UNUSUAL = 2.0  # times the line's usual gap: in monospaced print all letters stand apart
_SHORT = 4  # characters; a short line has no context, and costs little


def wants_second_look(characters: list[Character], crop: "RgbImage") -> bool:
    """Whether the line of this image, read as these characters, is worth a second, better look.

    Amounts, dates and ids matter most, and all have digits. In short ones the tiny model may lose a digit with full
    confidence ("1" for "11"), or take a dash or a lone digit for a Chinese character.
    """
    if not characters:
        return True  # something is printed there: the tiny model misses lone digits
    if any("\u2e80" <= character.text <= "\u9fff" for character in characters):
        return True
    if min(character.probability for character in characters) < _SURE:
        return True
    if any(character.text.isdigit() for character in characters):
        figures = (character for character in characters if _is_of_a_figure(character.text))
        if len(characters) < _SHORT or min(figure.probability for figure in figures) < _SURE_OF_A_FIGURE:
            return True
    return _has_telling_gap(characters, crop)


def _has_telling_gap(characters: list[Character], crop: "RgbImage") -> bool:
    """Whether two characters stand so far apart that a blank or a mark between them may not have been read.

    Between digits that is a lost decimal point as well (``8091`` for ``80.91``), whatever the line's usual gap.
    """
    gaps = unread_gaps(characters, line_width(crop) / COLUMN, ink_profile(crop))
    blank = _UNREAD_BLANK * crop.shape[0]
    unusual = max(blank, _UNUSUAL * median(gap for _, _, gap in gaps)) if gaps else blank
    return any(
        gap >= (blank if _is_of_a_figure(left.text) and _is_of_a_figure(right.text) else unusual)
        for left, right, gap in gaps
    )


def _is_of_a_figure(text: str) -> bool:
    """Whether the character may be one that amounts, dates and rates are written with: no letter, no blank."""
    return not text.isalpha() and not text.isspace()
