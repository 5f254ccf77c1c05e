"""Vendor memory on real receipts of vendors that come again: it finds their layouts and mixes up and breaks nothing.

The receipts are texts with boxes; a person is taken to have settled every labelled value that was read right. The
bounds lie a little beside the measured figures: they catch a change for the worse, they are no goal.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from processors.document import Page, PageSource
from processors.evaluation.compare import compare
from processors.evaluation.field_types import field_type
from processors.fields import Field, canonical_text
from processors.geometry import Box
from processors.memory import Layout, Outcome, by_person, combine, find_layout, new_layout, recall, remember, sketch
from processors.reading import ReadingInput
from processors.reading.geometric import GeometricReader
from processors.recognition.pages import FoundWord, build_page
from processors.schemas import schema_for

RECEIPTS = Path(__file__).resolve().parents[2] / "../shared/data/sroie_text_train.jsonl"

pytestmark = [
    pytest.mark.dataset,
    pytest.mark.skipif(not RECEIPTS.is_file(), reason="the development documents are not beside the checkout"),
]

LEAST_RECEIPTS = 6
"""Of vendors with so many receipts; the others are left out to keep the test short."""


@dataclass
class Tally:
    """Counts over all receipts."""

    receipts: int = 0
    known: int = 0
    other_vendor: int = 0
    broken: list[str] = field(default_factory=list)
    read: Counter[bool] = field(default_factory=Counter)
    won: Counter[bool] = field(default_factory=Counter)


def page_of(row: dict[str, Any]) -> Page:
    """A receipt's page; the words of a printed piece share its box by their lengths."""
    words = []
    scale = 300.0 / row["width"]
    for text, x0, y0, x1, y1 in row["lines"]:
        share = (x1 - x0) / max(1, len(text))
        start = 0
        for word in text.split():
            at = text.index(word, start)
            start = at + len(word)
            box = Box((x0 + at * share) * scale, y0 * scale, (x0 + start * share) * scale, y1 * scale)
            words.append(FoundWord(word, box, 0.99))
    return build_page(1, (300.0, row["height"] * scale), PageSource.OCR, "test", words)


def is_right(name: str, item: Field, truth: str) -> bool:
    value = canonical_text(item.value, item.type) or ""
    found = compare([truth], value, "receipt", name, field_type("receipt", name))
    return found.exact or found.close


def by_vendor() -> list[dict[str, Any]]:
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in RECEIPTS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rows[row["vendor_group"]].append(row)
    return [row for _, group in sorted(rows.items()) if len(group) >= LEAST_RECEIPTS for row in group]


@pytest.fixture(scope="module")
def tally() -> Tally:
    schema = schema_for("receipt")
    assert schema is not None
    reader, layouts, owners, counts = GeometricReader(), dict[str, Layout](), dict[str, str](), Tally()
    for number, row in enumerate(by_vendor()):
        page = page_of(row)
        extraction = reader.read(ReadingInput("receipt", schema, [page]))
        assert extraction is not None
        truth = {name: value for name, value in row["fields"].items() if isinstance(value, str)}
        recalled = recall(layouts.values(), [page], schema, "receipt")
        combined = None if recalled is None else combine(extraction, recalled, schema)
        after = extraction if combined is None else combined.extraction
        counts.receipts += 1
        if recalled is not None and combined is not None:
            counts.known += 1
            counts.other_vendor += owners[recalled.layout.layout_id] != row["vendor_group"]
            for verdict in combined.verdicts:
                own = recalled.field(verdict.name)
                if verdict.name in truth and own is not None:
                    right = is_right(verdict.name, own, truth[verdict.name])
                    counts.read[right] += 1
                    counts.won[right] += verdict.outcome in (Outcome.WON, Outcome.ADDED)
            for item in extraction.fields:
                kept = after.field(item.name)
                assert kept is not None
                if item.name in truth and is_right(item.name, item, truth[item.name]):
                    counts.broken += (
                        [] if is_right(item.name, kept, truth[item.name]) else [f"{row['key']}: {item.name}"]
                    )
        right_ones = [
            item for item in after.fields if item.name in truth and is_right(item.name, item, truth[item.name])
        ]
        verdicts = () if combined is None else combined.verdicts
        taught = by_person(right_ones, extraction.fields, verdicts, {item.name for item in right_ones})
        drawn = sketch([page], "receipt")
        layout = find_layout(list(layouts.values()), drawn, taught)
        learnt = remember(layout, drawn, taught) if layout else new_layout(f"l-{number}", drawn, taught)
        if learnt is not None:
            layouts[learnt.layout_id] = learnt
            owners.setdefault(learnt.layout_id, row["vendor_group"])
    return counts


def test_layouts_of_vendors_that_come_again_are_found(tally: Tally) -> None:
    assert tally.receipts > 150
    assert tally.known / tally.receipts > 0.7


def test_no_receipt_is_taken_for_another_vendors(tally: Tally) -> None:
    assert tally.other_vendor <= 0.02 * tally.known


def test_no_value_that_was_right_becomes_wrong(tally: Tally) -> None:
    assert tally.broken == []


def test_what_the_memory_reads_is_right(tally: Tally) -> None:
    assert tally.read[True] / (tally.read[True] + tally.read[False]) > 0.96
    assert tally.won[False] <= 1
