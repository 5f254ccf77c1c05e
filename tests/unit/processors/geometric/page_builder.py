"""Pages out of placed texts, laid out as recognition lays them out."""

from collections.abc import Iterable

from processors.document import Page, PageSource, Word
from processors.geometry import Box
from processors.reading import ReadingInput
from processors.recognition.layout import arrange
from processors.schemas import schema_for

Placed = tuple[float, float, str]
"""Left edge and baseline top in points, and a text; runs of two blanks or more start a new cell further right."""

SIZE = 10.0


def page(
    placed: Iterable[Placed],
    *,
    width: float = 595.0,
    height: float = 842.0,
    source: PageSource = PageSource.TEXT_LAYER,
    confidence: float = 1.0,
    large: frozenset[str] = frozenset(),
) -> Page:
    """A page of words 10 points high and half as wide a character; texts in ``large`` are twice as big."""
    words = []
    for x, y, text in placed:
        size = 2 * SIZE if text in large else SIZE
        position = x
        for word in text.split(" "):
            if word:
                box = Box(position, y, position + 0.5 * size * len(word), y + size)
                words.append(Word(0, word, box, confidence))
            position += 0.5 * size * (len(word) + 0.5)
    layout = arrange(words)
    return Page(1, width, height, source, "test", layout.words, layout.lines, layout.blocks)


def reading(document_type: str, *pages: Page) -> ReadingInput:
    """The input of a reader for ``pages``, with the newest schema of the type."""
    schema = schema_for(document_type)
    assert schema is not None
    return ReadingInput(document_type, schema, pages)


GERMAN_INVOICE: list[Placed] = [
    (50, 40, "Musterbau GmbH"),
    (50, 54, "Industriestraße 17"),
    (50, 68, "80331 München"),
    (50, 110, "Rechnungsempfänger"),
    (50, 124, "Kunden AG"),
    (50, 138, "Hauptstraße 5"),
    (50, 152, "60311 Frankfurt"),
    (350, 110, "Rechnungsnummer: 2024-00317"),
    (350, 124, "Rechnungsdatum: 14.03.2024"),
    (350, 138, "Fällig am: 28.03.2024"),
    (350, 152, "USt-IdNr.: DE123456789"),
    (50, 240, "Pos"),
    (100, 240, "Beschreibung"),
    (300, 240, "Menge"),
    (380, 240, "Einzelpreis"),
    (490, 240, "Betrag"),
    (50, 256, "1"),
    (100, 256, "Beratung"),
    (300, 256, "10"),
    (395, 256, "125,00"),
    (475, 256, "1.250,00"),
    (50, 272, "2"),
    (100, 272, "Reisekosten"),
    (300, 272, "1"),
    (400, 272, "85,40"),
    (490, 272, "85,40"),
    (350, 310, "Zwischensumme netto"),
    (475, 310, "1.335,40"),
    (350, 326, "zzgl. 19 % USt"),
    (485, 326, "253,73"),
    (350, 342, "Gesamtbetrag EUR"),
    (475, 342, "1.589,13"),
    (50, 780, "IBAN: DE89 3704 0044 0532 0130 00"),
]

RECEIPT: list[Placed] = [
    (60, 20, "CORNER HARDWARE SDN BHD (519537-X)"),
    (60, 34, "12, JALAN BESAR"),
    (60, 48, "81200 JOHOR BAHRU"),
    (60, 62, "TEL: 07-8263254"),
    (60, 76, "TAX INVOICE"),
    (20, 104, "INVOICE NO: 22497"),
    (20, 118, "DATE: 23-01-2019 13:14"),
    (20, 150, "TUBE 300X17"),
    (220, 150, "12.50"),
    (20, 164, "GLUE"),
    (220, 164, "7.48"),
    (20, 192, "SUB TOTAL"),
    (220, 192, "19.98"),
    (20, 206, "ROUNDING ADJUSTMENT"),
    (225, 206, "0.02"),
    (20, 220, "TOTAL RM"),
    (220, 220, "20.00"),
    (20, 234, "CASH"),
    (220, 234, "50.00"),
    (20, 248, "CHANGE"),
    (220, 248, "30.00"),
]
