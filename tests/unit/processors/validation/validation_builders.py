"""Extractions whose words stand on a page, to test validation with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from processors.document import Page, PageSource, Word
from processors.fields import Confidence, Evidence, EvidenceSource, Extraction, Field, FieldType, FieldValue, LineItem
from processors.geometry import Box, union
from processors.schemas import load_schemas

INVOICE = load_schemas()["invoice_v1"]
RECEIPT = load_schemas()["receipt_v1"]


@dataclass
class Paper:
    """Collects words, one row each field, and gives the page that holds them."""

    words: list[Word] = field(default_factory=list)
    confidence: float = 1.0

    def write(self, text: str, confidence: float | None = None) -> Evidence:
        row = 20.0 * (len(self.words) + 1)
        sure = self.confidence if confidence is None else confidence
        new = [
            Word(len(self.words) + n, token, Box(50.0 * n, row, 50.0 * n + 40, row + 10), sure)
            for n, token in enumerate(text.split())
        ]
        self.words += new
        ids = tuple(word.id for word in new)
        return Evidence(EvidenceSource.PAGE, 1, union(word.box for word in new), ids)

    def field(
        self,
        name: str,
        value: FieldValue,
        raw_text: str | None = None,
        *,
        reader: float = 0.99,
        confidence: float | None = None,
        kind: FieldType | None = None,
    ) -> Field:
        spec = INVOICE.field(name) or INVOICE.column(name) or RECEIPT.field(name)
        assert spec is not None, name
        text = str(value) if raw_text is None else raw_text
        evidence = (self.write(text, confidence),)
        return Field(name, kind or spec.type, value, text, evidence, Confidence(reader, reader=reader), "test", "1")

    def extraction(
        self, header: Mapping[str, FieldValue], lines: Sequence[Mapping[str, FieldValue]] = (), reader: float = 0.99
    ) -> Extraction:
        return Extraction(
            tuple(self.field(name, value, reader=reader) for name, value in header.items()),
            tuple(
                LineItem(row, tuple(self.field(name, value, reader=reader) for name, value in line.items()))
                for row, line in enumerate(lines, 1)
            ),
        )

    @property
    def page(self) -> Page:
        return Page(1, 600, 800, PageSource.OCR, "test", tuple(self.words), (), ())


def money(**amounts: str) -> dict[str, FieldValue]:
    return {name: Decimal(amount) for name, amount in amounts.items()}
