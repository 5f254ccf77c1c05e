"""Invoices of one vendor and layout as recognised pages, and the memory's steps in one call each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from processors.document import Page, PageSource
from processors.fields import Confidence, Evidence, EvidenceSource, Extraction, Field, FieldValue
from processors.geometry import union
from processors.memory import Layout, Recalled, Source, Taught, new_layout, recall, remember, sketch
from processors.schemas import schema_for
from tests.unit.processors.geometric.page_builder import Placed, page

FOUND = schema_for("invoice")
assert FOUND is not None
SCHEMA = FOUND

VALUES: dict[str, FieldValue] = {
    "vendor_name": "Musterbau GmbH",
    "vendor_tax_id": "DE123456789",
    "customer_name": "Kunden AG",
    "invoice_number": "2024-00317",
    "invoice_date": date(2024, 3, 14),
    "due_date": date(2024, 3, 28),
    "subtotal": Decimal("1335.40"),
    "tax_amount": Decimal("253.73"),
    "total_amount": Decimal("1589.13"),
}
PRINTED: dict[str, str] = {
    "vendor_name": "Musterbau GmbH",
    "vendor_tax_id": "DE123456789",
    "customer_name": "Kunden AG",
    "invoice_number": "2024-00317",
    "invoice_date": "14.03.2024",
    "due_date": "28.03.2024",
    "subtotal": "1.335,40",
    "tax_amount": "253,73",
    "total_amount": "1.589,13",
}
SECOND: dict[str, str] = {
    **PRINTED,
    "customer_name": "Stadtwerke Beispielhausen",
    "invoice_number": "2024-01204",
    "invoice_date": "02.11.2024",
    "due_date": "16.11.2024",
    "subtotal": "84,00",
    "tax_amount": "15,96",
    "total_amount": "99,96",
}
SECOND_VALUES: dict[str, FieldValue] = {
    **VALUES,
    "customer_name": "Stadtwerke Beispielhausen",
    "invoice_number": "2024-01204",
    "invoice_date": date(2024, 11, 2),
    "due_date": date(2024, 11, 16),
    "subtotal": Decimal("84.00"),
    "tax_amount": Decimal("15.96"),
    "total_amount": Decimal("99.96"),
}


def placed(printed: Mapping[str, str], rows: int = 2, without: Iterable[str] = ()) -> list[Placed]:
    """The invoice's texts: letterhead, customer, four labelled values, ``rows`` of a table, three sums, a footer."""
    bottom = 256.0 + 16 * rows
    labelled = [
        ("invoice_number", 350, 110, "Rechnungsnummer:", 440),
        ("invoice_date", 350, 124, "Rechnungsdatum:", 440),
        ("due_date", 350, 138, "Zahlbar bis:", 440),
        ("vendor_tax_id", 350, 152, "USt-IdNr.:", 440),
        ("subtotal", 350, bottom + 20, "Zwischensumme netto", None),
        ("tax_amount", 350, bottom + 36, "zzgl. USt", None),
        ("total_amount", 350, bottom + 52, "Gesamtbetrag EUR", None),
    ]
    texts: list[Placed] = [
        (50, 40, printed["vendor_name"]),
        (50, 54, "Industriestraße 17"),
        (50, 68, "80331 München"),
        (50, 110, "Rechnungsempfänger"),
        (50, 124, printed["customer_name"]),
        (50, 200, "Für unsere Leistungen erlauben wir uns zu berechnen"),
        *(
            (x, 240.0, text)
            for x, text in ((50.0, "Pos"), (100.0, "Beschreibung"), (300.0, "Menge"), (490.0, "Betrag"))
        ),
        (50, bottom + 90, "Bitte überweisen Sie den Betrag ohne Abzug"),
        (50, 780, "Geschäftsführerin Erika Beispiel Amtsgericht Musterstadt"),
    ]
    for number in range(rows):
        y = 256.0 + 16 * number
        texts += [(50, y, f"{number + 1}"), (100, y, f"Ware {number}"), (300, y, "1"), (490, y, "42,00")]
    for name, x, y, label, column in labelled:
        if name not in without:
            value = printed[name]
            texts += [(x, y, label), (column or 525.0 - 5 * len(value), y, value)]
    return texts


def moved(texts: Sequence[Placed], dx: float, dy: float) -> list[Placed]:
    """The same, shifted on the page by points."""
    return [(x + dx, y + dy, text) for x, y, text in texts]


def invoice(printed: Mapping[str, str] = PRINTED, *, rows: int = 2, without: Iterable[str] = ()) -> Page:
    """A born-digital invoice."""
    return page(placed(printed, rows, without))


def scan(texts: Sequence[Placed]) -> Page:
    """The same as OCR reads it."""
    return page(texts, source=PageSource.OCR, confidence=0.98)


def field(name: str, value: FieldValue, on: Page, text: str, reader: str = "geometric", score: float = 0.9) -> Field:
    """A field that cites the words ``text`` where the page has them first."""
    spec = SCHEMA.field(name)
    assert spec is not None
    parts = text.split(" ")
    for line in on.lines:
        words = [on.words[index] for index in line.words]
        for start in range(len(words) - len(parts) + 1):
            cited = words[start : start + len(parts)]
            if [word.text for word in cited] == parts:
                ids = tuple(word.id for word in cited)
                evidence = Evidence(EvidenceSource.PAGE, on.number, union(word.box for word in cited), ids)
                recognition = min(word.confidence for word in cited)
                confidence = Confidence(score, recognition, score)
                return Field(name, spec.type, value, text, (evidence,), confidence, reader, "1")
    raise AssertionError(f"{text!r} is not on the page")


def fields(on: Page, printed: Mapping[str, str] = PRINTED, values: Mapping[str, FieldValue] = VALUES) -> list[Field]:
    """All fields as they stand on the page."""
    return [field(name, value, on, printed[name]) for name, value in values.items()]


def taught(found: Iterable[Field], source: Source = Source.PERSON) -> tuple[Taught, ...]:
    """What these fields teach on the word of ``source``."""
    return tuple(Taught(item, source, reader=item.reader) for item in found)


def layout_of(on: Page, found: Iterable[Field], source: Source = Source.PERSON, layout_id: str = "l-1") -> Layout:
    """The layout that one document founds."""
    layout = new_layout(layout_id, sketch([on], "invoice"), taught(found, source))
    assert layout is not None
    return layout


def lesson(layout: Layout, on: Page, *items: Taught) -> Layout:
    """The layout after one more document."""
    return remember(layout, sketch([on], "invoice"), items)


def read(on: Page, *layouts: Layout) -> Recalled | None:
    """The page read by whichever of the layouts it has."""
    return recall(layouts, [on], SCHEMA, "invoice")


def values(found: Recalled | Extraction | None) -> dict[str, FieldValue | None]:
    """Values by field."""
    return {} if found is None else {item.name: item.value for item in found.fields}


def confirmed(item: Field) -> Field:
    """The same field as validation leaves one that figures confirm."""
    return replace(item, confidence=replace(item.confidence, validation=1.0))
