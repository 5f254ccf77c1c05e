"""What a schema demands of a field's value beyond its type."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from processors.fields import FieldValue


class Sign(StrEnum):
    """Which side of zero an amount may lie on; zero lies on both."""

    POSITIVE = "positive"
    NEGATIVE = "negative"


@dataclass(frozen=True)  # no slots: see processors.fields
class Constraints:
    """Demands on one field. ``None`` and empty: none of that kind.

    ``pattern``: regular expression that the whole text matches. ``minimum`` and ``maximum``: inclusive; decimals for
    money, numbers and rates, dates for dates. ``choices``: the texts that are allowed. ``max_length``: in characters.
    """

    pattern: str | None = None
    minimum: Decimal | date | None = None
    maximum: Decimal | date | None = None
    sign: Sign | None = None
    choices: tuple[str, ...] = ()
    max_length: int | None = None

    def __bool__(self) -> bool:
        return self != _NONE

    def fault(self, value: FieldValue) -> str | None:
        """What is wrong with ``value``, as the end of a sentence that begins with it; ``None`` where all holds."""
        if isinstance(value, str):
            return self._text_fault(value)
        if self.minimum is not None and value < self.minimum:  # type: ignore[operator] # the loader checks the types
            return f"is below {self.minimum}"
        if self.maximum is not None and value > self.maximum:  # type: ignore[operator]
            return f"is above {self.maximum}"
        if isinstance(value, Decimal) and self.sign is not None and value != 0:
            wanted = value > 0 if self.sign is Sign.POSITIVE else value < 0
            return None if wanted else f"is not {self.sign}"
        return None

    def sentence(self) -> str:
        """The demands in words, for whoever fills the field in; empty for none."""
        parts = []
        if self.choices:
            parts.append(f"one of {', '.join(self.choices)}")
        if self.pattern is not None:
            parts.append(f"of the form {self.pattern}")
        if self.max_length is not None:
            parts.append(f"at most {self.max_length} characters")
        if self.minimum is not None:
            parts.append(f"at least {self.minimum}")
        if self.maximum is not None:
            parts.append(f"at most {self.maximum}")
        if self.sign is not None:
            parts.append("not below zero" if self.sign is Sign.POSITIVE else "not above zero")
        return "; ".join(parts)

    def _text_fault(self, value: str) -> str | None:
        if self.choices and value not in self.choices:
            return f"is none of {', '.join(self.choices)}"
        if self.max_length is not None and len(value) > self.max_length:
            return f"has more than {self.max_length} characters"
        if self.pattern is not None and _compiled(self.pattern).fullmatch(value) is None:
            return f"has not the form {self.pattern}"
        return None


_NONE = Constraints()


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
