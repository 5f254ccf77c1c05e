"""Fields with their trail: what was read, from where, by whom, and how sure we are.

Data only: readers (:mod:`processors.reading`) build these, validation (:mod:`processors.validation`) completes
them, and the Avro contracts in ``avro/`` carry them unchanged. They have no ``__slots__``: they cross process
boundaries by the hundred, and Python pickles slotted frozen dataclasses ten times slower.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal
from enum import StrEnum

from processors.geometry import Box

FieldValue = str | Decimal | date
"""A typed value. Money, quantities and rates are ``Decimal``; dates are ``date``; everything else is ``str``."""


MAX_DIGITS = 38
MAX_DECIMALS = 12
"""What the contracts have room for in a decimal; cloud providers print unit prices with ten decimals."""


def is_representable(value: FieldValue | None) -> bool:
    """Whether the contracts can carry ``value`` exactly. Nothing is ever rounded to make it fit."""
    if not isinstance(value, Decimal):
        return True
    if not value.is_finite():
        return False
    last_digit = value.as_tuple().exponent
    assert isinstance(last_digit, int), "a finite decimal has a number as exponent"
    return last_digit >= -MAX_DECIMALS and value.adjusted() < MAX_DIGITS - MAX_DECIMALS


class FieldType(StrEnum):
    """What kind of value a field holds; normalisation and routing thresholds hang on it."""

    TEXT = "text"
    IDENTIFIER = "identifier"
    MONEY = "money"
    NUMBER = "number"
    RATE = "rate"
    DATE = "date"
    TIME = "time"
    CURRENCY = "currency"


class EvidenceSource(StrEnum):
    """Where a piece of evidence lies: words on a page, or a structured attachment of the file."""

    PAGE = "page"
    ATTACHMENT = "attachment"


@dataclass(frozen=True)
class Evidence:
    """One place that a value was read from.

    For ``PAGE``: ``page`` (from 1), ``box`` in points and ``word_ids`` into that page's words are set.
    For ``ATTACHMENT``: ``reference`` names the attachment and the element in it
    (``factur-x.xml#/rsm:CrossIndustryInvoice/…``) and the others are empty.
    """

    source: EvidenceSource
    page: int | None = None
    box: Box | None = None
    word_ids: tuple[int, ...] = ()
    reference: str | None = None


@dataclass(frozen=True)
class Confidence:
    """How sure the system is, in [0, 1]: one number and the three signals behind it (DESIGN §7).

    ``None`` says that a signal was not measured yet (before validation, ``validation`` is ``None``).
    """

    value: float
    recognition: float | None = None
    reader: float | None = None
    validation: float | None = None


class RuleStatus(StrEnum):
    """Outcome of one validation rule. ``NOT_APPLICABLE``: an operand is missing, so nothing was tested."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class RuleResult:
    """One rule's verdict on one field: a stable name, the outcome, and a sentence for the reviewer."""

    rule: str
    status: RuleStatus
    message: str = ""


class ReviewState(StrEnum):
    """What the route decided for a field."""

    NOT_ROUTED = "not_routed"
    PASSED = "passed"
    SECOND_LOOK = "second_look"
    PERSON = "person"


@dataclass(frozen=True)
class Field:
    """One extracted value with its trail.

    ``value`` is ``None`` only after validation found the raw text impossible for the field's type; ``raw_text``
    is the cited words as printed. ``reader`` and ``reader_version`` name what read it.
    """

    name: str
    type: FieldType
    value: FieldValue | None
    raw_text: str
    evidence: tuple[Evidence, ...]
    confidence: Confidence
    reader: str
    reader_version: str
    rules: tuple[RuleResult, ...] = ()
    review_state: ReviewState = ReviewState.NOT_ROUTED


@dataclass(frozen=True)
class LineItem:
    """One row of the line-item table. ``row`` counts from 1 in printed order; cells are named as DESIGN's schemas."""

    row: int
    cells: tuple[Field, ...]

    def cell(self, name: str) -> Field | None:
        """The cell called ``name``, or ``None``."""
        return next((cell for cell in self.cells if cell.name == name), None)


@dataclass(frozen=True)
class Extraction:
    """All that was read from one document. Field names are unique in ``fields``."""

    fields: tuple[Field, ...] = ()
    line_items: tuple[LineItem, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def field(self, name: str) -> Field | None:
        """The header field called ``name``, or ``None``."""
        return next((item for item in self.fields if item.name == name), None)


def canonical_text(value: FieldValue | None, field_type: FieldType) -> str | None:
    """``value`` in fieldtrail's plain notation: ISO dates, decimals with a dot and no thousands separator.

    Money has at least two decimals (``4500.00``); other numbers have no trailing zeros. ``None`` stays ``None``.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return f"{plain_decimal(value, field_type):f}"


_EXACT = Context(prec=MAX_DIGITS + MAX_DECIMALS)


def plain_decimal(value: Decimal, field_type: FieldType) -> Decimal:
    """The same number with no trailing zeros but those that money has: at least two decimals. It must be representable.

    What a reader finds and what comes back from the wire, where all decimals have the contract's scale, is thereby the
    same to the digit, and rules that look at a price's last decimal judge alike.
    """
    short = value.normalize(_EXACT)
    last_digit = short.as_tuple().exponent
    if not isinstance(last_digit, int):
        return value
    least = -2 if field_type is FieldType.MONEY else 0
    return short.quantize(Decimal(1).scaleb(min(last_digit, least)), context=_EXACT)
