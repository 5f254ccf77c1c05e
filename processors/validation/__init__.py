"""Validation: from fields as read to fields as far as they can be trusted. Pure; no clock."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from processors.calibration.file import default_calibration
from processors.calibration.model import CELLS, Calibration
from processors.document import Page
from processors.fields import Extraction, Field, FieldType, LineItem, RuleResult, RuleStatus
from processors.schemas import ExtractionSchema, RuleName
from processors.validation.company import company_name
from processors.validation.confidence import confidence_of
from processors.validation.demands import schema_demands
from processors.validation.findings import Context, Finding, cell_name, failed, named_fields
from processors.validation.grounding import ground
from processors.validation.registry import RULES

__all__ = ["Finding", "Validated", "validate"]


@dataclass(frozen=True, slots=True)
class Validated:
    """An extraction with rules and confidence in every field, and what concerns the document as a whole.

    ``missing_required``: names of required header fields that were not read, or whose text is impossible.
    ``failed_rules``: every finding that failed, with the fields it names.
    """

    extraction: Extraction
    missing_required: tuple[str, ...]
    failed_rules: tuple[Finding, ...]


def validate(
    extraction: Extraction,
    pages: Sequence[Page],
    schema: ExtractionSchema,
    today: date | None = None,
    calibration: Calibration | None = None,
) -> Validated:
    """Grounds, checks and rates every field.

    Fields without standing evidence are dropped with a note; a value that its type forbids becomes ``None``; the
    schema's rules run; confidence is combined, by ``calibration`` or else by the packaged one, which is then named
    behind the reader's version (``1+2026.1``). ``today`` bounds dates from above; without it they are not bounded.
    Given the same arguments, the result is the same. Never raises on any extraction.
    """
    grounded, findings = ground(extraction, pages)
    typed, impossible = _without_impossible(grounded)
    context = Context(typed, schema, today)
    findings += impossible
    findings += schema_demands(context)
    findings += company_name(context)
    findings += [finding for rule in schema.rules for finding in RULES[rule](context)]
    by_field: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        for name in dict.fromkeys(finding.fields):
            by_field[name].append(finding)
    return Validated(
        extraction=_rated(context, by_field, pages, calibration or default_calibration()),
        missing_required=(
            *(name for name in schema.required if not _has_value(typed, name)),
            *_missing_cells(typed, schema),
        ),
        failed_rules=tuple(finding for finding in findings if finding.status is RuleStatus.FAILED),
    )


_MOST_DIGITS, _MOST_DECIMALS = 18, 12
_TYPES: Mapping[FieldType, type] = {
    FieldType.MONEY: Decimal,
    FieldType.NUMBER: Decimal,
    FieldType.RATE: Decimal,
    FieldType.DATE: date,
}


def _is_possible(field: Field) -> bool:
    value = field.value
    if isinstance(value, Decimal) and not _is_sane(value):
        return False
    return isinstance(value, _TYPES.get(field.type, str)) and value != ""


def _is_sane(value: Decimal) -> bool:
    """Within what sums and products of exact decimals can take; nothing on an invoice comes near."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_MOST_DECIMALS and value.adjusted() <= _MOST_DIGITS


def _without_impossible(extraction: Extraction) -> tuple[Extraction, list[Finding]]:
    findings = [
        failed(RuleName.VALUE_READS_BACK, f"{field.raw_text!r} is no {field.type}.", name)
        for name, field in named_fields(extraction)
        if not _is_possible(field)
    ]
    if not findings:
        return extraction, findings

    def clean(field: Field) -> Field:
        return field if _is_possible(field) else replace(field, value=None)

    return _each(extraction, lambda _, field: clean(field)), findings


def _rated(
    context: Context, findings: Mapping[str, list[Finding]], pages: Sequence[Page], calibration: Calibration
) -> Extraction:
    words = {page.number: page.words for page in pages}
    document_type = next(iter(context.schema.document_types), "")

    def rated(name: str, field: Field) -> Field:
        own = findings.get(name, [])
        column = name if name == field.name else CELLS + field.name
        return replace(
            field,
            rules=tuple(RuleResult(item.rule, item.status, item.message) for item in own),
            confidence=confidence_of(document_type, column, field, own, words, calibration),
            reader_version=_named(field, calibration),
        )

    return _each(context.extraction, rated)


def _named(field: Field, calibration: Calibration) -> str:
    """The reader's version, with the calibration's behind it where that was fitted on the reader."""
    version = field.reader_version.partition("+")[0]
    return f"{version}+{calibration.version}" if field.reader in calibration.readers else version


def _each(extraction: Extraction, change: Callable[[str, Field], Field]) -> Extraction:
    """The extraction with every field and cell changed; ``change`` gets its name as findings use it."""
    return replace(
        extraction,
        fields=tuple(change(field.name, field) for field in extraction.fields),
        line_items=tuple(
            LineItem(item.row, tuple(change(cell_name(item.row, cell.name), cell) for cell in item.cells))
            for item in extraction.line_items
        ),
    )


def _missing_cells(extraction: Extraction, schema: ExtractionSchema) -> list[str]:
    """The cells that rows lack of required columns. A row without its amount would escape the sum of the rows too."""
    return [
        cell_name(item.row, spec.name)
        for item in extraction.line_items
        for spec in schema.columns
        if spec.required and ((cell := item.cell(spec.name)) is None or cell.value is None)
    ]


def _has_value(extraction: Extraction, name: str) -> bool:
    field = extraction.field(name)
    return field is not None and field.value is not None
