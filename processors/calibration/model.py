"""From signals to the probability that a value is right: one monotone logistic curve for a field, its type, or all."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from processors.calibration.signals import Check, Signals
from processors.fields import FieldType

CELLS = "line_items."
"""What the names of line-item columns begin with."""

_LEAST, _MOST = 0.02, 0.99
"""Scores are read within these bounds, so that no reader's 0 or 1 outweighs everything else."""


@dataclass(frozen=True)  # no slots here and below: see processors.fields
class Curve:
    """``log(p / (1 - p))`` of a value, as a sum. Every term but the first is 0 or more: what is surer never lowers it.

    ``base`` is an untested value of a text layer with a reader score of one half. ``score`` and ``recognition``
    multiply the log-odds of these signals; ``recognised`` is taken off where OCR read the words. ``held`` is added
    where rules held, ``confirmed`` besides where figures confirm it; ``disputed`` is taken off where an equation does
    not hold, ``failed`` besides where the value's own rule failed.
    """

    base: float
    score: float
    recognition: float
    recognised: float
    held: float
    confirmed: float
    disputed: float
    failed: float

    def probability(self, signals: Signals) -> float:
        """In (0, 1); never less for a higher score, recognition or check."""
        total = self.base + self.score * log_odds(signals.score)
        if signals.recognised:
            total -= self.recognised + self.recognition * (SURE_RECOGNITION - log_odds(signals.recognition))
        check = signals.check
        if check is Check.HELD or check is Check.CONFIRMED:
            total += self.held + (self.confirmed if check is Check.CONFIRMED else 0.0)
        elif check is Check.DISPUTED or check is Check.FAILED:
            total -= self.disputed + (self.failed if check is Check.FAILED else 0.0)
        return 1 / (1 + math.exp(-total))


@dataclass(frozen=True)
class Curves:
    """The curves of one reader's header fields, or of its line-item cells, from the nearest to the farthest.

    By document type and name (``documents["receipt"]["vendor_name"]``), by name, by type, and ``every``.
    """

    every: Curve
    types: Mapping[FieldType, Curve] = field(default_factory=dict)
    names: Mapping[str, Curve] = field(default_factory=dict)
    documents: Mapping[str, Mapping[str, Curve]] = field(default_factory=dict)

    def curve(self, document_type: str, name: str, kind: FieldType) -> Curve:
        """The nearest curve there is."""
        own = self.documents.get(document_type, {}).get(name)
        return own or self.names.get(name) or self.types.get(kind) or self.every


@dataclass(frozen=True)
class ReaderCurves:
    """What was fitted on one reader, at ``version``. A reader without tables has no ``cells``."""

    version: str
    fields: Curves
    cells: Curves | None = None


@dataclass(frozen=True)
class Calibration:
    """Fitted confidences. ``version`` stands in the trail of every value that they rate.

    ``caps`` bound amounts that nothing confirms, by check: the most that the documents it was fitted on bear out.
    """

    version: str
    readers: Mapping[str, ReaderCurves]
    caps: Mapping[Check, float] = field(default_factory=dict)

    def probability(self, document_type: str, name: str, kind: FieldType, signals: Signals) -> float | None:
        """How likely the value of ``name`` (``total_amount``, ``line_items.amount``) is right.

        ``None`` for a reader that it was not fitted on.
        """
        reader = self.readers.get(signals.reader)
        if reader is None:
            return None
        column = name.startswith(CELLS)
        curves = reader.cells if column else reader.fields
        if curves is None:
            return None
        found = curves.curve(document_type, name.removeprefix(CELLS), kind).probability(signals)
        return min(found, self.caps.get(signals.check, 1.0)) if kind is FieldType.MONEY else found


def log_odds(score: float) -> float:
    """``log(s / (1 - s))`` of ``score``, kept within bounds."""
    bounded = min(_MOST, max(_LEAST, score))
    return math.log(bounded / (1 - bounded))


SURE_RECOGNITION = log_odds(1.0)
"""Log-odds of recognition without a doubt."""
