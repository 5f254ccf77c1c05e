"""A gate on real hybrid invoices: floors a little under what was measured."""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from processors.fields import EvidenceSource, Field
from processors.intake import Intake, Limits, MediaType, inspect, read_attachment
from processors.reading import ReadingInput
from processors.reading.einvoice import EInvoiceReader
from processors.recognition.text_layer import read_text_layer, text_of
from processors.schemas import schema_for
from processors.values.text import fold

DATA = Path(__file__).resolve().parents[4] / "../shared/data"

pytestmark = [
    pytest.mark.dataset,
    pytest.mark.skipif(not DATA.exists(), reason="the development documents (../shared/data) are not here"),
]


def documents() -> Iterator[tuple[dict[str, Any], ReadingInput]]:
    for line in (DATA / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        truth = json.loads(line)
        path = DATA / truth["file"]
        schema = schema_for(truth["document_type"])
        if path.suffix != ".pdf" or schema is None:
            continue
        intake = inspect(path, Limits())
        if not isinstance(intake, Intake) or intake.einvoice_attachment is None:
            continue
        pages = read_text_layer(path, MediaType.PDF, 1, intake.page_count)
        assert isinstance(pages, list)
        xml = read_attachment(path, intake.einvoice_attachment)
        words = [page for page in map(text_of, pages) if page is not None]
        yield truth, ReadingInput(truth["document_type"], schema, words, xml, intake.einvoice_attachment)


def agrees(field: Field, truths: list[str]) -> bool:
    if isinstance(field.value, Decimal):
        return field.value in [Decimal(truth) for truth in truths]
    return fold(str(field.value)) in [fold(truth) for truth in truths]


def test_values_and_places_on_real_hybrid_invoices() -> None:
    count: Counter[str] = Counter()
    for truth, document in documents():
        extraction = EInvoiceReader().read(document)
        assert extraction is not None
        count["documents"] += 1
        pairs = [
            (extraction.field(name), [value, *(truth.get("alternatives") or {}).get(name, [])], "header")
            for name, value in truth["fields"].items()
            if document.schema.field(name) is not None and value is not None
        ]
        for row, labelled in zip(extraction.line_items, truth["line_items"] or [], strict=False):
            pairs += [(row.cell(name), [value], "lines") for name, value in labelled.items() if value is not None]
        for field, values, part in pairs:
            count[part] += 1
            if field is not None:
                count[f"{part} right"] += agrees(field, values)
                count[f"{part} located"] += any(item.source is EvidenceSource.PAGE for item in field.evidence)
    assert count["documents"] >= 30
    assert count["header right"] >= 0.97 * count["header"], count
    assert count["header located"] >= 0.98 * count["header"], count
    assert count["lines right"] >= 0.98 * count["lines"], count
    assert count["lines located"] >= 0.98 * count["lines"], count
