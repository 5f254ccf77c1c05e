"""An e-invoice as values: what the XML says, before it is looked for on the page."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from xml.etree.ElementTree import Element

from processors.fields import FieldType, FieldValue
from processors.reading.einvoice.tree import Tree


@dataclass(frozen=True, slots=True)
class XmlValue:
    """One value of the XML: its text (spaces collapsed), typed, and the XPaths it was taken from.

    ``sole`` is false where the XML holds several different values for a field that takes one; this is the first.
    """

    text: str
    value: FieldValue
    paths: tuple[str, ...]
    sole: bool = True


@dataclass(frozen=True, slots=True)
class EInvoice:
    """Header values by canonical field name and lines by canonical column name, in document order.

    ``credits``: the document gives money back, so that a page may print its amounts with either sign.
    """

    credits: bool
    header: Mapping[str, XmlValue]
    lines: tuple[Mapping[str, XmlValue], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """One business term of EN 16931-1: the field it fills, its type, and its paths (the first that is there counts)."""

    field: str
    type: FieldType
    paths: tuple[str, ...]


_DECIMAL = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_LONGEST_DECIMAL = 30
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:\D.*|\d{4}(?:\d{2})?)?", re.ASCII)


def text_of(element: Element) -> str:
    """All text in ``element`` with spaces collapsed."""
    return " ".join("".join(element.itertext()).split())


def typed(text: str, kind: FieldType) -> FieldValue | None:
    """The value of an XML text, or ``None`` where the text is not of that type.

    Decimals are xsd:decimal; dates are ISO 8601 (UBL) or UN/EDIFACT 2379 formats 102, 203 and 204 (CII), all of
    which start with year, month and day.
    """
    if kind in (FieldType.MONEY, FieldType.NUMBER, FieldType.RATE):
        return Decimal(text) if len(text) <= _LONGEST_DECIMAL and _DECIMAL.fullmatch(text) else None
    if kind is FieldType.DATE:
        return _date(text)
    if kind is FieldType.CURRENCY:
        return text.upper()
    return text


def _date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def first_value(
    tree: Tree, parent: Element, term: Term, keep: Callable[[Element], bool] = lambda _: True
) -> XmlValue | str | None:
    """The term's value under ``parent``: ``None`` where it is absent, a sentence where its text is not of its type.

    ``keep`` leaves out elements that are not meant, such as totals in another currency.
    """
    for path in term.paths:
        found = [element for element in parent.findall(path) if keep(element) and text_of(element)]
        if not found:
            continue
        text = text_of(found[0])
        value = typed(text.replace(" ", "").upper() if term.field == "iban" else text, term.type)
        if value is None:
            return f"{term.field}: the e-invoice says {text[:40]!r}, which is not a {term.type}"
        sole = len({text_of(element) for element in found}) == 1
        return XmlValue(text, value, (tree.xpath(found[0]),), sole)
    return None


def read_terms(
    tree: Tree,
    parent: Element,
    terms: tuple[Term, ...],
    notes: list[str],
    keep: Callable[[Element], bool] = lambda _: True,
) -> dict[str, XmlValue]:
    """All terms that are present under ``parent``; what cannot be typed, or is not the only one, adds a note."""
    values: dict[str, XmlValue] = {}
    for term in terms:
        value = first_value(tree, parent, term, keep)
        if isinstance(value, str):
            notes.append(value)
        elif value is not None:
            values[term.field] = value
            if not value.sole:
                notes.append(f"{term.field}: the e-invoice holds several; the first is given")
    return values


def joined(tree: Tree, parts: list[list[Element]]) -> XmlValue | None:
    """An address: each inner list is one line (joined by spaces), lines are joined by commas."""
    lines = [" ".join(text_of(element) for element in line) for line in parts]
    text = ", ".join(line for line in lines if line)
    if not text:
        return None
    return XmlValue(text, text, tuple(tree.xpath(element) for line in parts for element in line if text_of(element)))


def settle_line(tree: Tree, item: Element, cells: dict[str, XmlValue], entries: str, amount_tag: str) -> None:
    """What both syntaxes do to a line's cells in the end: a price for one piece needs no base quantity, and the line's
    allowances and charges (the elements at path ``entries``, their amounts in ``amount_tag``) make one discount.
    """
    if "price_base_quantity" in cells and cells["price_base_quantity"].value in (0, 1):
        del cells["price_base_quantity"]
    allowances = [
        (amount, text_of(charge) == "true")
        for entry in item.iterfind(entries)
        if (amount := entry.find(amount_tag)) is not None and (charge := entry.find("ChargeIndicator")) is not None
    ]
    discount = _net_discount(tree, allowances)
    if discount is not None:
        cells["discount"] = discount


def _net_discount(tree: Tree, allowances: list[tuple[Element, bool]]) -> XmlValue | None:
    """Line allowances less line charges (BT-136 less BT-141); each entry is its amount and whether it is a charge."""
    total = Decimal(0)
    for element, charge in allowances:
        value = typed(text_of(element), FieldType.MONEY)
        if not isinstance(value, Decimal):
            return None
        total += -value if charge else value
    if not total:
        return None
    return XmlValue(str(total), total, tuple(tree.xpath(element) for element, _ in allowances))


def bills(line: Mapping[str, XmlValue]) -> bool:
    """Whether a line bills anything: it has an amount, and is not a heading that writers put as a line of zeros."""
    figures = [line[name].value for name in ("quantity", "unit_price", "amount") if name in line]
    return "amount" in line and any(figures)
