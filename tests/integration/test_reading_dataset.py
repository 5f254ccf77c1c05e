"""A floor under the geometric reader on the development documents with a text layer.

Attached e-invoice XML is not used. The floors lie a little under the measured figures: they catch a change for the
worse, they are no goal.
"""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from processors.document import Page
from processors.fields import Extraction, FieldType
from processors.intake.media import MediaType
from processors.reading import ReadingInput
from processors.reading.geometric import GeometricReader
from processors.recognition.text_layer import read_text_layer, text_of
from processors.schemas import schema_for
from processors.values.text import fold

DATA = Path(__file__).resolve().parents[2] / "../shared/data"

pytestmark = [
    pytest.mark.dataset,
    pytest.mark.skipif(
        not (DATA / "truth.jsonl").is_file(), reason="the development documents are not beside the checkout"
    ),
]

SUMS = frozenset({"subtotal", "tax_amount", "total_amount", "amount_due"})
MOST_PAGES = 6


def _documents() -> Iterator[tuple[dict[str, Any], list[Page]]]:
    for line in (DATA / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        is_invoice = row["document_type"] in {"invoice", "credit_note"}
        if not is_invoice or not row["quality"]["has_text_layer"] or row["pages"] is not None:
            continue
        found = read_text_layer(DATA / row["file"], MediaType.PDF, 1, MOST_PAGES)
        pages = [page for page in map(text_of, found) if page is not None] if isinstance(found, list) else []
        if pages:
            yield row, pages


def _is_right(kind: FieldType, value: object, truths: list[Any]) -> bool:
    if kind is FieldType.MONEY:
        return any(truth is not None and value == Decimal(truth) for truth in truths)
    return any(truth is not None and fold(str(value)) == fold(str(truth)) for truth in truths)


def _tally(row: dict[str, Any], extraction: Extraction | None, tally: dict[str, Counter[str]]) -> None:
    schema = schema_for(row["document_type"])
    assert schema is not None
    for name, truth in row["fields"].items():
        spec = schema.field(name)
        if spec is None or spec.type is FieldType.TEXT:
            continue
        group = tally["sums" if name in SUMS else "others"]
        group["printed"] += truth is not None
        field = extraction.field(name) if extraction is not None else None
        if field is None:
            continue
        right = _is_right(spec.type, field.value, [truth, *(row.get("alternatives") or {}).get(name, [])])
        group["read"] += 1
        group["right"] += right
        if field.confidence.value >= 0.95:
            group["sure"] += 1
            group["sure_right"] += right


@pytest.fixture(scope="module")
def tally() -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {"sums": Counter(), "others": Counter()}
    reader = GeometricReader()
    for row, pages in _documents():
        schema = schema_for(row["document_type"])
        assert schema is not None
        _tally(row, reader.read(ReadingInput(row["document_type"], schema, pages)), counts)
    return counts


@pytest.mark.parametrize(
    ("group", "least_recall", "least_precision"),
    [("sums", 0.86, 0.98), ("others", 0.92, 0.98)],
)
def test_recall_and_precision_stay_above_their_floors(
    tally: dict[str, Counter[str]], group: str, least_recall: float, least_precision: float
) -> None:
    counts = tally[group]
    assert counts["right"] / counts["printed"] >= least_recall
    assert counts["right"] / counts["read"] >= least_precision


def test_a_sum_that_the_reader_is_sure_of_is_right(tally: dict[str, Counter[str]]) -> None:
    counts = tally["sums"]
    assert counts["sure"] > 50
    assert counts["sure_right"] / counts["sure"] >= 0.98
