"""The one place where fields are built: a value comes from words on a page, or there is no field."""

import re
from dataclasses import dataclass
from decimal import Decimal

from processors.fields import Confidence, Evidence, EvidenceSource, Field, FieldType, FieldValue
from processors.geometry import union
from processors.reading.geometric.currencies import currency_from
from processors.reading.geometric.postal import in_one_notation
from processors.reading.geometric.view import Sheet, Span
from processors.schemas import FieldSpec
from processors.values import (
    NumberConvention,
    clean_identifier,
    parse_date,
    parse_iban,
    parse_money,
    parse_quantity,
    parse_rate,
    parse_tax_id,
    parse_time,
)
from processors.values.text import drop_label

READER_NAME = "geometric"
READER_VERSION = "5"
_TAX_IDS = frozenset({"vendor_tax_id", "customer_tax_id", "vendor_tax_number"})


@dataclass(frozen=True, slots=True)
class Conventions:
    """What only the whole document tells about its notation."""

    numbers: NumberConvention | None = None
    day_first: bool | None = None


def cite(spec: FieldSpec, span: Span, sheet: Sheet, conventions: Conventions, certainty: float) -> Field | None:
    """The field ``spec`` read from exactly the words of ``span``; ``None`` where they are no such value.

    The value is parsed from the cited words and cannot be passed in, so nothing that is not printed can become
    one. Boxes are those of the page as recognised, whatever way it was turned for reading.
    """
    lines = tuple(" ".join(sheet.page.words[token.id].text for token in line) for line in span.lines)
    raw_text = " ".join(lines)
    value = value_of(spec, lines, conventions)
    if value is None:
        return None
    words = [sheet.page.words[token.id] for token in span.tokens]
    evidence = Evidence(
        source=EvidenceSource.PAGE,
        page=sheet.page.number,
        box=union(word.box for word in words),
        word_ids=tuple(word.id for word in words),
    )
    recognition = min(word.confidence for word in words)
    return Field(
        name=spec.name,
        type=spec.type,
        value=value,
        raw_text=raw_text,
        evidence=(evidence,),
        confidence=Confidence(
            value=round(certainty * recognition, 4), recognition=recognition, reader=round(certainty, 4)
        ),
        reader=READER_NAME,
        reader_version=READER_VERSION,
    )


def value_of(spec: FieldSpec, lines: tuple[str, ...], conventions: Conventions) -> FieldValue | None:
    """The typed value that the printed ``lines`` are; ``None`` where they are none."""
    raw = " ".join(lines)
    match spec.type:
        case FieldType.MONEY:
            money = parse_money(raw, conventions.numbers)
            return None if money is None else money.amount
        case FieldType.DATE:
            return parse_date(raw, conventions.day_first)
        case FieldType.TIME:
            return parse_time(raw)
        case FieldType.RATE:
            return _rate(raw, conventions)
        case FieldType.NUMBER:
            quantity = parse_quantity(raw, conventions.numbers)
            return None if quantity is None else quantity.value
        case FieldType.CURRENCY:
            return currency_from(raw)
        case FieldType.IDENTIFIER:
            return _identifier(spec.name, raw)
        case FieldType.TEXT:
            if spec.name.endswith("_address"):
                return _address(lines)
            # A sentence may begin with words and a colon; other texts begin so where their label is glued to them.
            labelled = spec.name != "payment_terms"
            return " ".join(_cleaned(lines, labelled=labelled)) or None


_CENTS = re.compile(r"[.,][0-9]{2}$")


def _rate(raw: str, conventions: Conventions) -> Decimal | None:
    """A tax rate; a number with cents and no percent sign under a heading such as *VAT* is the tax itself."""
    return None if "%" not in raw and _CENTS.search(raw.strip()) else parse_rate(raw, conventions.numbers)


def _identifier(name: str, raw: str) -> str | None:
    if name == "iban":
        return parse_iban(raw)
    return parse_tax_id(raw) if name in _TAX_IDS else clean_identifier(raw.strip("[]"))


def _address(lines: tuple[str, ...]) -> str | None:
    """The parts of an address are a list; anything else that runs over several lines is one text."""
    return ", ".join(in_one_notation(_cleaned(lines))) or None


def _cleaned(lines: tuple[str, ...], *, labelled: bool = True) -> list[str]:
    """The lines that say something, without punctuation around each; and where they are ``labelled``, without the label
    before the first.
    """
    first = drop_label(lines[0]) if labelled else lines[0]
    stripped = [line.strip(" ,;:|\u00b7\u2022-").lstrip(".") for line in (first, *lines[1:])]
    return [line for line in stripped if line]
