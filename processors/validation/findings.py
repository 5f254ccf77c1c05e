"""What rules see and what they say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from processors.fields import Evidence, EvidenceSource, Extraction, Field, RuleStatus
from processors.schemas import ExtractionSchema

_NO_MINOR_UNIT = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "XAF",
    "XOF",
    "XPF",
)
_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")


@dataclass(frozen=True)  # no slots: see processors.fields
class Finding:
    """One rule's verdict on the fields it names (``total_amount``, ``line_items[3].amount``).

    ``confirms``: the figures were printed apart from each other and fit each other to the minor unit, so that each
    vouches for the others (:meth:`Context.vouches`), or a checksum holds.
    """

    rule: str
    status: RuleStatus
    message: str
    fields: tuple[str, ...]
    confirms: bool = False


def cell_name(row: int, column: str) -> str:
    """How a line-item cell is named wherever fields are named: ``line_items[3].amount``, rows from 1."""
    return f"line_items[{row}].{column}"


class Context:
    """One document under validation. Rules only read it."""

    def __init__(self, extraction: Extraction, schema: ExtractionSchema, today: date | None) -> None:
        self.extraction = extraction
        self.schema = schema
        self.today = today

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """Header fields and line-item cells by the name that findings use."""
        return dict(named_fields(self.extraction))

    def amount(self, name: str) -> Decimal | None:
        """The decimal value of a field or cell; ``None`` where it is missing or has no value."""
        field = self.fields.get(name)
        return field.value if field is not None and isinstance(field.value, Decimal) else None

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """The row numbers of the line items."""
        return tuple(item.row for item in self.extraction.line_items)

    @cached_property
    def minor_unit(self) -> Decimal:
        """The smallest amount of the document's currency (ISO 4217 exponent); a hundredth where it is not known."""
        currency = self.fields.get("currency")
        code = currency.value if currency is not None else None
        if code in _NO_MINOR_UNIT:
            return Decimal(1)
        return Decimal("0.001") if code in _THREE_DECIMALS else Decimal("0.01")

    def vouches(self, names: Sequence[str], error: Decimal) -> bool:
        """Whether an equation over these fields, that is off by ``error``, confirms each of them.

        It does where it holds to the minor unit, has three members or more, none of them zero (else it is a mere
        repetition), and no two of them were read from the same words or the same element.
        """
        if len(names) < 3 or abs(error) > self.minor_unit / 2 or not all(self.amount(name) for name in names):
            return False
        seen: set[object] = set()
        for name in names:
            keys = {key for item in self.fields[name].evidence for key in _keys(item)}
            if not keys or keys & seen:
                return False
            seen |= keys
        return True


def named_fields(extraction: Extraction) -> Iterator[tuple[str, Field]]:
    """Every field and cell with its name, header first."""
    for field in extraction.fields:
        yield field.name, field
    for item in extraction.line_items:
        for cell in item.cells:
            yield cell_name(item.row, cell.name), cell


def _keys(evidence: Evidence) -> set[object]:
    if evidence.source is EvidenceSource.ATTACHMENT:
        return {evidence.reference}
    return {(evidence.page, word) for word in evidence.word_ids}


def passed(rule: str, message: str, *fields: str, confirms: bool = False) -> Finding:
    return Finding(rule, RuleStatus.PASSED, message, fields, confirms)


def failed(rule: str, message: str, *fields: str) -> Finding:
    return Finding(rule, RuleStatus.FAILED, message, fields)


def untested(rule: str, message: str, *fields: str) -> Finding:
    return Finding(rule, RuleStatus.NOT_APPLICABLE, message, fields)
