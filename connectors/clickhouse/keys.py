"""Values as the audit tables hold them: typed columns, and keys that make equal what people write differently."""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from processors.fields import FieldType, FieldValue, canonical_text

_CELL = re.compile(r"line_items\[(?P<row>[1-9]\d{0,8})\]\.(?P<name>.+)", re.DOTALL)


def value_columns(value: FieldValue | None, kind: FieldType) -> tuple[str | None, Decimal | None, date | None]:
    """``value_text``, ``value_decimal`` and ``value_date`` of a value: its plain notation, and the typed one if any.

    ``value`` must be representable (:func:`processors.fields.is_representable`).
    """
    return (
        canonical_text(value, kind),
        value if isinstance(value, Decimal) else None,
        value if isinstance(value, date) else None,
    )


def cell_place(path: str) -> tuple[int, str]:
    """``row_number`` and ``name`` of a field as decisions name it: ``line_items[3].amount`` is row 3, ``amount``."""
    cell = _CELL.fullmatch(path)
    return (0, path) if cell is None else (int(cell["row"]), cell["name"])


def vendor_key(name: str | None) -> str:
    """A company's name for comparison: letters and digits without accents, case or punctuation, words kept apart."""
    return " ".join(re.findall(r"[^\W_]+", _plain(name or "")))


def tax_key(tax_id: str | None) -> str:
    """A tax id for comparison: its letters and digits, small."""
    return "".join(re.findall(r"[^\W_]+", _plain(tax_id or "")))


def number_key(number: str | None) -> str:
    """A document number for comparison: its letters and digits, small. Leading zeros stay: they tell numbers apart."""
    return "".join(re.findall(r"[^\W_]+", _plain(number or "")))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in folded if not unicodedata.combining(character))
