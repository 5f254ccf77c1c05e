"""The shape of an extraction schema. Built by :mod:`processors.schemas.parse` and :mod:`processors.schemas.overlay`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from processors.fields import FieldType
from processors.schemas.constraints import Constraints

WEAK = "~"
"""Before a label that also stands for other things."""

LINE_ITEMS = "line_items"
"""How rows are named beside header fields, so no field can be."""


class RuleName(StrEnum):
    """The validation rules that a schema may ask for; :mod:`processors.validation.registry` holds their code.

    The names are part of the public contract: they stand in results and in the audit history.
    """

    LINES_SUM_TO_TOTAL = "lines_sum_to_total"
    SUBTOTAL_PLUS_TAX_IS_TOTAL = "subtotal_plus_tax_is_total"
    TAX_IS_PLAUSIBLE = "tax_is_plausible"
    TAX_IS_RATE_OF_LINES = "tax_is_rate_of_lines"
    AMOUNT_DUE_IS_TOTAL_LESS_PAID = "amount_due_is_total_less_paid"
    QUANTITY_TIMES_PRICE_IS_AMOUNT = "quantity_times_price_is_amount"
    DUE_DATE_NOT_BEFORE_INVOICE_DATE = "due_date_not_before_invoice_date"
    DATE_IN_RANGE = "date_in_range"
    CURRENCY_IS_ISO_4217 = "currency_is_iso_4217"
    IBAN_CHECKSUM = "iban_checksum"
    VAT_ID_FORMAT = "vat_id_format"
    VALUE_READS_BACK = "value_reads_back"
    PRINTED_ON_PAGE = "printed_on_page"


@dataclass(frozen=True)  # no slots here and below: see processors.fields
class Threshold:
    """At or above ``straight`` a field passes; at or above ``second_look`` it wants one; below, a person.

    Raises ``ValueError`` unless ``0 <= second_look <= straight <= 1``.
    """

    straight: float
    second_look: float

    def __post_init__(self) -> None:
        if not 0 <= self.second_look <= self.straight <= 1:
            raise ValueError(f"0 <= second_look <= straight <= 1 does not hold for {self}")


Labels = Mapping[str, tuple[str, ...]]
"""Printed labels by language (ISO 639-1); case, accents, blanks and punctuation do not count. Weak ones begin with
:data:`WEAK`.
"""


@dataclass(frozen=True)
class FieldSpec:
    """One field or line-item column: its canonical name, type, whether the document is incomplete without it.

    ``labels`` are all known labels; ``added_labels`` those of them that an overlay gave to a field that was there
    before. ``threshold`` is ``None`` where the router's own holds.
    """

    name: str
    type: FieldType
    required: bool
    description: str
    labels: Labels = field(default_factory=dict)
    added_labels: Labels = field(default_factory=dict)
    constraints: Constraints = field(default_factory=Constraints)
    threshold: Threshold | None = None


@dataclass(frozen=True)
class ExtractionSchema:
    """What to read from the document types it is for. Names are unique within ``fields`` and within ``columns``.

    ``version`` is a semantic version (semver.org), with the overlays that are in it behind a plus:
    ``1.2.0+acme.1.0.0``. ``columns`` is empty for documents without line items. ``sources`` names the files: its own,
    then the overlays'.
    """

    name: str
    version: str
    description: str
    document_types: tuple[str, ...]
    fields: tuple[FieldSpec, ...]
    columns: tuple[FieldSpec, ...]
    rules: tuple[RuleName, ...]
    sources: tuple[str, ...] = ()

    @property
    def major(self) -> int:
        """The version's first number. Within it, fields are only added; one that changes its meaning needs the next."""
        return int(self.version.partition(".")[0])

    @property
    def id(self) -> str:
        """Name and major version in one, by which documents pin their schema: ``invoice_v1``."""
        return f"{self.name}_v{self.major}"

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the header fields without which the document is incomplete, in schema order."""
        return tuple(spec.name for spec in self.fields if spec.required)

    @property
    def thresholds(self) -> dict[str, Threshold]:
        """The fields' own thresholds, by the names that the router uses (``line_items.amount`` for a column)."""
        named = [(spec.name, spec) for spec in self.fields]
        named += [(f"{LINE_ITEMS}.{spec.name}", spec) for spec in self.columns]
        return {name: spec.threshold for name, spec in named if spec.threshold is not None}

    def field(self, name: str) -> FieldSpec | None:
        """The header field called ``name``, or ``None``."""
        return next((spec for spec in self.fields if spec.name == name), None)

    def column(self, name: str) -> FieldSpec | None:
        """The line-item column called ``name``, or ``None``."""
        return next((spec for spec in self.columns if spec.name == name), None)

    def json_schema(self) -> dict[str, Any]:
        """See :func:`processors.schemas.json_schema.json_schema`."""
        from processors.schemas.json_schema import json_schema

        return json_schema(self)
