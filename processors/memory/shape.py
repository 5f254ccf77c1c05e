"""The look of a value's text, to tell whether another text may be a value of the same kind."""

import re

from processors.fields import FieldType
from processors.values.text import normalise

_RUN = re.compile(r"[0-9]+|[^\W\d_]+")
_LENGTHS = re.compile(r"[0-9]+")
_CENTS = re.compile(r"[.,][0-9]{2}(?![0-9])")


def shape_of(text: str) -> str:
    """``RE-2024/0017`` as ``A2-9*4/9*4``: runs of letters and of digits with their lengths, the rest as it stands."""
    return _RUN.sub(lambda run: f"9*{len(run[0])}" if run[0][0].isdigit() else f"A{len(run[0])}", normalise(text))


def fits(text: str, shapes: tuple[str, ...], kind: FieldType) -> bool:
    """Whether ``text`` looks like the values seen before. ``shapes`` are theirs; texts in words fit any.

    Identifiers need the same runs and marks, and the same lengths too where all that were seen (three or more) have
    them. Amounts need cents if all had some. Dates and the rest need the same runs and marks.
    """
    if kind in (FieldType.TEXT, FieldType.CURRENCY) or not shapes:
        return True
    own = shape_of(text)
    if kind in (FieldType.MONEY, FieldType.NUMBER, FieldType.RATE):
        had_cents = all(_has_cents(shape) for shape in shapes)
        return not had_cents or _CENTS.search(normalise(text)) is not None
    if own in shapes:
        return True
    if kind is FieldType.IDENTIFIER and len(shapes) >= 3 and len(set(shapes)) == 1:
        return len(own) == len(shapes[0]) and _loose(own) == _loose(shapes[0]) and _near(own, shapes[0])
    return _loose(own) in {_loose(shape) for shape in shapes}


def _loose(shape: str) -> str:
    """Without the lengths of runs."""
    return _LENGTHS.sub("", shape.replace("9*", "D"))


def _near(one: str, other: str) -> bool:
    """Whether no run is longer by more than one: a counter may have gone from 999 to 1000."""
    pairs = zip(_LENGTHS.findall(one.replace("9*", "D")), _LENGTHS.findall(other.replace("9*", "D")), strict=True)
    return all(abs(int(a) - int(b)) <= 1 for a, b in pairs)


def _has_cents(shape: str) -> bool:
    return re.search(r"[.,]9\*2(?![.,]?9)", shape) is not None
