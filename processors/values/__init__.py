"""Pure parsers from printed text to typed values.

Every parser returns ``None`` where the text is not such a value or could mean two different ones; none guesses and
none raises on any text. What only the whole document can tell (decimal comma or point, day or month first) is an
argument, inferred once per document by :func:`infer_convention` and :func:`infer_day_first`.
"""

from processors.values.currency import currency_candidates, currency_of, is_currency_code
from processors.values.dates import infer_day_first, parse_date, parse_time
from processors.values.identifiers import clean_identifier, parse_iban, parse_phone, parse_tax_id, parse_vat_id
from processors.values.money import Money, parse_money
from processors.values.numbers import (
    NumberConvention,
    Quantity,
    infer_convention,
    parse_number,
    parse_quantity,
    parse_rate,
)

__all__ = [
    "Money",
    "NumberConvention",
    "Quantity",
    "clean_identifier",
    "currency_candidates",
    "currency_of",
    "infer_convention",
    "infer_day_first",
    "is_currency_code",
    "parse_date",
    "parse_iban",
    "parse_money",
    "parse_number",
    "parse_phone",
    "parse_quantity",
    "parse_rate",
    "parse_tax_id",
    "parse_time",
    "parse_vat_id",
]
