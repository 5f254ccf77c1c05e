"""What a confidence is made of: the signals that readers, recognition and validation give for one value."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from processors.fields import Field, RuleStatus


class Check(StrEnum):
    """What validation has to say of a value, from the worst to the best."""

    FAILED = "failed"
    """A rule on this value alone failed: it cannot be what it says."""
    DISPUTED = "disputed"
    """An equation over several amounts does not hold: one of them is wrong, not necessarily this one."""
    UNTESTED = "untested"
    """Nothing that tells a right value from a wrong one was tested."""
    HELD = "held"
    """Rules that a wrong value may also pass held."""
    CONFIRMED = "confirmed"
    """Figures printed elsewhere, or check digits, fit it exactly."""


VALIDATION: dict[Check, float | None] = {
    Check.FAILED: 0.0,
    Check.DISPUTED: 0.3,
    Check.UNTESTED: None,
    Check.HELD: 0.9,
    Check.CONFIRMED: 1.0,
}
"""How a check stands in a field's trail, as its validation signal. No probabilities: marks that keep the order."""
_CHECKS = {mark: check for check, mark in VALIDATION.items()}


@dataclass(frozen=True)  # no slots: see processors.fields
class Signals:
    """All that the probability of one value is taken from.

    ``reader`` names what read it, ``score`` is that reader's own in [0, 1] (higher is surer, nothing more);
    ``recognition`` is the least word confidence in the evidence, 1 where nothing was recognised.
    """

    reader: str
    score: float
    recognition: float
    check: Check

    @property
    def recognised(self) -> bool:
        """Whether OCR read the words. What it reads without any doubt counts as a text layer."""
        return self.recognition < 1.0


def signals_of(field: Field) -> Signals | None:
    """The signals in a field's trail; ``None`` where it was not validated."""
    confidence = field.confidence
    if confidence.recognition is None or confidence.reader is None:
        return None
    return Signals(field.reader, confidence.reader, confidence.recognition, _CHECKS[confidence.validation])


class Tested(Protocol):
    """A rule's verdict, as :class:`processors.validation.findings.Finding` is one."""

    @property
    def rule(self) -> str: ...

    @property
    def status(self) -> RuleStatus: ...

    @property
    def confirms(self) -> bool: ...


def check_of(verdicts: Iterable[Tested], shared: Iterable[str], trivial: Iterable[str]) -> Check:
    """The check that the verdicts on one value amount to; the worst of them decides, then the best.

    ``shared``: rules that are about several values, where one that fails does not say which is wrong. ``trivial``:
    rules that every sound value passes.
    """
    tested = [item for item in verdicts if item.status is not RuleStatus.NOT_APPLICABLE]
    broken = [item.rule for item in tested if item.status is RuleStatus.FAILED]
    if broken:
        return Check.DISPUTED if set(broken) <= set(shared) else Check.FAILED
    if any(item.confirms for item in tested):
        return Check.CONFIRMED
    said = {item.rule for item in tested} - set(trivial)
    return Check.HELD if said else Check.UNTESTED
