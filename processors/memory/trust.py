"""How far a lesson is to be trusted, and what its word is worth beside another reader's.

All figures come from counts that a person can look up, by Laplace's rule of succession: what was right ``n`` times and
never wrong is right the next time with a chance of ``(n + 1) / (n + 2)``.
"""

from enum import StrEnum

from processors.fields import FieldType
from processors.memory.model import Lesson

ENOUGH = 3
"""Independent confirmations that stand in for a person."""
DOUBTED, DOUBTED_AMOUNT = 0.5, 0.7
"""The most for another reader's score where a lesson that is not trusted reads something else: below what passes by
itself. An amount keeps more, because sums that hold are surer than such a lesson, and they alone can then let it pass.
"""


class Trust(StrEnum):
    """What a lesson rests on."""

    TAUGHT = "taught"
    """A person confirmed it."""
    CONFIRMED = "confirmed"
    """No person did, but :data:`ENOUGH` times figures or sources apart from the memory bore it out."""
    HEARSAY = "hearsay"
    """Only readers said so; a reader that errs, errs again."""
    DISCREDITED = "discredited"
    """It was wrong as often as right. It says nothing until it was borne out again."""


TRUSTED = frozenset({Trust.TAUGHT, Trust.CONFIRMED})


def trust(lesson: Lesson) -> Trust:
    """What the lesson rests on, whatever it rested on before it was wrong."""
    if lesson.wrong and lesson.wrong >= lesson.persons + lesson.rules:
        return Trust.DISCREDITED
    if lesson.type is FieldType.MONEY and lesson.place.label is None:
        return Trust.HEARSAY  # amounts stand everywhere; only a label tells one from the next
    if lesson.persons:
        return Trust.TAUGHT
    return Trust.CONFIRMED if lesson.rules >= ENOUGH else Trust.HEARSAY


def chance(lesson: Lesson) -> float:
    """The chance in (0, 1) that its place holds the right value once more. Readers' words alone are worth nothing."""
    right = lesson.persons + lesson.rules
    return round((right + 1) / (right + lesson.wrong + 2), 4)


def chance_against_reader(lesson: Lesson) -> float:
    """The same where another reader reads something else: only what was right in such a case counts."""
    return round((lesson.against_reader + 1) / (lesson.against_reader + lesson.wrong + 2), 4)


def raised(score: float, lesson: Lesson) -> float:
    """Another reader's score where the lesson agrees: both would have to err alike. Hearsay changes nothing.

    It stays on the other reader's own scale, so its calibration bounds the confidence that comes of it.
    """
    if trust(lesson) not in TRUSTED:
        return score
    return round(1 - (1 - score) * (1 - chance(lesson)), 4)


def doubted(score: float, kind: FieldType) -> float:
    """Another reader's score where an untrusted lesson reads something else."""
    return min(score, DOUBTED_AMOUNT if kind is FieldType.MONEY else DOUBTED)
