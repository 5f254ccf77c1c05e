"""The shape of an extraction schema."""

from dataclasses import dataclass
from enum import StrEnum

from processors.fields import FieldType


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


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field or line-item column: its canonical name, type, whether the document is incomplete without it."""

    name: str
    type: FieldType
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class ExtractionSchema:
    """What to read from the document types it is for. Names are unique within ``fields`` and within ``columns``."""

    name: str
    version: int
    description: str
    document_types: tuple[str, ...]
    fields: tuple[FieldSpec, ...]
    columns: tuple[FieldSpec, ...]
    rules: tuple[RuleName, ...]

    @property
    def id(self) -> str:
        """Name and version in one, as it stands in results: ``invoice_v1``."""
        return f"{self.name}_v{self.version}"

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the header fields without which the document is incomplete, in schema order."""
        return tuple(spec.name for spec in self.fields if spec.required)

    def field(self, name: str) -> FieldSpec | None:
        """The header field called ``name``, or ``None``."""
        return next((spec for spec in self.fields if spec.name == name), None)

    def column(self, name: str) -> FieldSpec | None:
        """The line-item column called ``name``, or ``None``."""
        return next((spec for spec in self.columns if spec.name == name), None)
