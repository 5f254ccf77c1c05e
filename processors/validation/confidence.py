"""One number from three signals (DESIGN §7): the calibrated probability, under rules that no fit can overrule.

Which curve, and how it was fitted: :mod:`processors.calibration`. What was not fitted (an e-invoice's values, which no
labels can judge, or a reader of your own) is taken at its word: ``reader`` times ``recognition``, as if independent.
"""

from collections.abc import Iterable, Mapping, Sequence

from processors.calibration.model import Calibration
from processors.calibration.signals import VALIDATION, Check, Signals, check_of
from processors.document import Word
from processors.fields import Confidence, EvidenceSource, Field, FieldType, RuleStatus
from processors.schemas import RuleName
from processors.validation.demands import SCHEMA_DEMANDS
from processors.validation.findings import Finding
from processors.validation.registry import ARITHMETIC

FAILED_CAP = 0.40
FAILED_CAPS: Mapping[str, float] = {RuleName.PRINTED_ON_PAGE: 0.60}
"""The most that a value can have whose own rule failed: by rule, else :data:`FAILED_CAP`. Decisions, not measurements:
a person looks. An equation over several amounts that fails (:data:`ARITHMETIC`) caps none of them, because most of them
are right; the calibration knows how many, and the router lets none of them pass.
"""
UNCONFIRMED_AMOUNT_CAP = 0.90
"""The most for an amount that no figures confirm, where no calibration knows better: below what amounts pass from."""
DISPUTED_CAP = 0.40
"""The most for a value of an equation that does not hold, where no calibration knows better."""
_CONFIRMED_ERROR = 0.2
"""Share of the error that is left where figures printed apart confirm a value that no calibration rates."""
_TRIVIAL = frozenset({RuleName.VALUE_READS_BACK, "grounded", SCHEMA_DEMANDS})
"""Rules that every sound value passes; they lower, but do not raise."""

Words = Mapping[int, Sequence[Word]]
"""The words of each page, by its number."""


def confidence_of(
    document_type: str,
    name: str,
    field: Field,
    findings: Sequence[Finding],
    words: Words,
    calibration: Calibration,
) -> Confidence:
    """The field's confidence after validation. ``name`` is the field's, or the column's (``line_items.amount``);
    ``findings`` are those that name the field; ``document_type`` is the first that the schema is for.

    ``recognition`` is the least word confidence in the evidence (1 where the value comes out of an attachment, which
    nothing recognised); ``reader`` is the reader's own; ``validation`` is the check's mark
    (:data:`processors.calibration.signals.VALIDATION`). A value that its type forbids has 0.
    """
    attached = any(item.source is EvidenceSource.ATTACHMENT for item in field.evidence)
    recognition = 1.0 if attached else _recognition(field, words)
    reader = field.confidence.reader if field.confidence.reader is not None else field.confidence.value
    check = check_of(findings, ARITHMETIC, _TRIVIAL)
    signals = Signals(field.reader, reader, recognition, check)
    rated = calibration.probability(document_type, name, field.type, signals)
    value = _uncalibrated(signals, field.type, attached=attached) if rated is None else rated
    value = min([value, *_caps(findings)]) if field.value is not None else 0.0
    return Confidence(round(value, 4), recognition, reader, VALIDATION[check])


def _uncalibrated(signals: Signals, kind: FieldType, *, attached: bool) -> float:
    left = _CONFIRMED_ERROR if signals.check is Check.CONFIRMED else 1.0
    value = (1 - (1 - signals.score) * left) * (1 - (1 - signals.recognition) * left)
    if signals.check is Check.DISPUTED:
        return min(value, DISPUTED_CAP)
    unconfirmed = kind is FieldType.MONEY and not attached and signals.check is not Check.CONFIRMED
    return min(value, UNCONFIRMED_AMOUNT_CAP) if unconfirmed else value


def _recognition(field: Field, words: Words) -> float:
    return min(
        (
            words[item.page][word].confidence
            for item in field.evidence
            if item.page is not None and item.page in words
            for word in item.word_ids
        ),
        default=0.0,
    )


def _caps(findings: Iterable[Finding]) -> list[float]:
    return [
        FAILED_CAPS.get(item.rule, FAILED_CAP)
        for item in findings
        if item.status is RuleStatus.FAILED and item.rule not in ARITHMETIC
    ]
