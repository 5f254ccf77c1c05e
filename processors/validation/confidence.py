"""One number from three signals (DESIGN §7): a fixed, conservative table until a calibration is fitted.

``reader`` times ``recognition`` is the chance that both the choice and the characters are right, taking them as
independent. Then the rules: what independent figures confirm keeps a share of each error, what fails is capped.

The constants were chosen on the development documents (text layers and OCR of invoices, texts of receipts; geometric
reader), by the share of right values in each bucket, and rounded down. Money, right of all, by the reader's score:

========================  ========  ===========  ============  ==========
                          to 0.7    0.7 to 0.9   0.9 to 0.96   from 0.96
========================  ========  ===========  ============  ==========
independent sum holds     5 / 5     77 / 77      11 / 11       237 / 238
other rules hold          10 / 14   19 / 22      23 / 23       265 / 266
nothing tested            5 / 5     13 / 15      3 / 3         48 / 49
a rule failed             10 / 11   51 / 60      9 / 9         76 / 78
========================  ========  ===========  ============  ==========

Of the failed ones 107 of 119 were sums of lines, where mostly the lines are at fault; the other rules failed too
rarely to measure, so their cap is a decision: a person looks. That a total is right because lines sum to it is not
counted as an independent sum: 124 of 135 of those were right (see ``lines_sum_to_total``). VAT ids of a known form:
73 of 73 at reader scores of 0.9. With these constants, at 0.95 and above 745 of 747 amounts were right, all 221
identifiers, and 599 of 600 dates.
"""

from collections.abc import Iterable, Mapping, Sequence

from processors.document import Page
from processors.fields import Confidence, EvidenceSource, Field, FieldType, RuleStatus
from processors.schemas import RuleName
from processors.validation.demands import SCHEMA_DEMANDS
from processors.validation.findings import Finding

CONFIRMED_CHOICE_ERROR, CONFIRMED_CHARACTER_ERROR = 0.2, 0.1
"""Shares of the reader's and of the recognition's error that are left where independent figures confirm."""
FORMAT_CHOICE_ERROR = 0.4
"""Share of the reader's error that is left where an identifier has the form that only its kind has."""
UNCONFIRMED_AMOUNT_CAP = 0.94
"""The most for an amount read from a page that no rule tested, or whose characters are weak and nothing confirms."""
SURE_CHARACTERS = 0.98
"""Least word confidence from which recognised characters count as certain."""
FAILED_CAP = 0.40
FAILED_CAPS: Mapping[str, float] = {RuleName.LINES_SUM_TO_TOTAL: 0.65, RuleName.PRINTED_ON_PAGE: 0.60}
"""The most that a field can have whose rule failed: by rule, else :data:`FAILED_CAP`."""

_CONFIRMED, _HELD, _FAILED = 1.0, 0.9, 0.0
_TRIVIAL = frozenset({RuleName.VALUE_READS_BACK, "grounded", SCHEMA_DEMANDS})
"""Rules that every sound value passes; they lower, but do not raise."""


def confidence_of(field: Field, findings: Sequence[Finding], pages: Sequence[Page]) -> Confidence:
    """The field's confidence after validation. ``findings`` are those that name the field.

    ``recognition`` is the least word confidence in the evidence (1 where the value comes out of an attachment, which
    nothing recognised); ``reader`` is the reader's own; ``validation`` is 1 confirmed, 0.9 rules held, 0 a rule
    failed, ``None`` nothing tested.
    """
    attached = any(item.source is EvidenceSource.ATTACHMENT for item in field.evidence)
    recognition = 1.0 if attached else _recognition(field, pages)
    reader = field.confidence.reader if field.confidence.reader is not None else field.confidence.value
    validation = _validation(findings)
    choice, characters = _shares(validation, findings)
    value = (1 - (1 - reader) * choice) * (1 - (1 - recognition) * characters)
    weak = validation is None or recognition < SURE_CHARACTERS
    if field.type is FieldType.MONEY and weak and validation != _CONFIRMED and not attached:
        value = min(value, UNCONFIRMED_AMOUNT_CAP)
    value = min([value, *_caps(findings)]) if field.value is not None else 0.0
    return Confidence(round(value, 4), recognition, reader, validation)


def _shares(validation: float | None, findings: Iterable[Finding]) -> tuple[float, float]:
    """What is left of the reader's and of the recognition's error."""
    if validation == _CONFIRMED:
        return CONFIRMED_CHOICE_ERROR, CONFIRMED_CHARACTER_ERROR
    formed = any(item.rule == RuleName.VAT_ID_FORMAT and item.status is RuleStatus.PASSED for item in findings)
    return (FORMAT_CHOICE_ERROR if formed else 1.0), 1.0


def _recognition(field: Field, pages: Sequence[Page]) -> float:
    words = {page.number: page.words for page in pages}
    return min(
        (
            words[item.page][word].confidence
            for item in field.evidence
            if item.page is not None
            for word in item.word_ids
        ),
        default=0.0,
    )


def _validation(findings: Iterable[Finding]) -> float | None:
    tested = [item for item in findings if item.status is not RuleStatus.NOT_APPLICABLE]
    if any(item.status is RuleStatus.FAILED for item in tested):
        return _FAILED
    if any(item.confirms for item in tested):
        return _CONFIRMED
    return _HELD if any(item.rule not in _TRIVIAL for item in tested) else None


def _caps(findings: Iterable[Finding]) -> list[float]:
    return [FAILED_CAPS.get(item.rule, FAILED_CAP) for item in findings if item.status is RuleStatus.FAILED]
