"""Vendor memory through the whole pipeline: a person corrects one document, and the next one is read by that."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pymupdf
import pytest

from fieldtrail.client import Final
from processors.fields import canonical_text
from streams.contracts import topics
from streams.contracts.records import Correction, DocumentFeedback, SchemaRef
from streams.kafka import make_producer
from tests.support.pipeline import Pipeline, running_pipeline, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

FIELD = "purchase_order"
TENANT = "acme"


def invoice(number: str, order: str, net: int, rows: int) -> bytes:
    """An invoice that calls the buyer's order by a word that no reader knows."""
    tax = net * 20 // 100

    def money(cents: int) -> str:
        return f"{cents // 100:,}.{cents % 100:02}"

    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    texts = [
        (50, 60, "Northwind Fasteners Ltd"),
        (50, 74, "14 Harbour Road, Leeds LS1 4AP"),
        (50, 88, "VAT No. GB123456789"),
        (400, 60, "INVOICE"),
        (350, 120, "Invoice Number"),
        (470, 120, number),
        (350, 136, "Invoice Date"),
        (470, 136, "14 March 2026"),
        (350, 152, "Zephyrcode"),
        (470, 152, order),
        (50, 120, "Bill To"),
        (50, 134, "Acme Stores plc"),
        (50, 148, "1 High Street, York YO1 7HH"),
        (50, 240, "Description"),
        (300, 240, "Qty"),
        (480, 240, "Amount"),
        *((50, 256 + 16 * row, "Hex bolts M8") for row in range(rows)),
        *((300, 256 + 16 * row, "1") for row in range(rows)),
        *((480, 256 + 16 * row, money(net // rows)) for row in range(rows)),
        (380, 300 + 16 * rows, "Subtotal"),
        (480, 300 + 16 * rows, money(net)),
        (380, 316 + 16 * rows, "VAT 20%"),
        (480, 316 + 16 * rows, money(tax)),
        (380, 332 + 16 * rows, "Total GBP"),
        (480, 332 + 16 * rows, money(net + tax)),
        (50, 790, "Registered in England. Payment within thirty days please."),
    ]
    for x, y, text in texts:
        page.insert_text((x, y), text, fontsize=10)
    return bytes(document.tobytes())


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder: Path = tmp_path_factory.mktemp("memory")
    with running_pipeline(folder) as running:
        yield running


def read(pipeline: Pipeline, document_id: str, data: bytes) -> Final:
    with pipeline.client() as client, client.watch() as watch:
        client.submit(data, document_id=document_id, tenant=TENANT, filename=f"{document_id}.pdf")
        client.flush()
        [final] = watch.wait({document_id}, 100)
    return final


def correct(pipeline: Pipeline, document_id: str, value: str) -> None:
    """A person gives the value, and no more than that."""
    feedback = DocumentFeedback(
        feedback_id=f"feedback-{document_id}",
        document_id=document_id,
        tenant=TENANT,
        revision=1,
        document_type="invoice",
        extraction_schema=SchemaRef(name="invoice_v1", version="1.0.0"),
        correction=Correction(name=FIELD, value=value),
        reviewer="erika",
        decided_at=datetime.now(UTC),
    )
    producer = make_producer(pipeline.link)
    for _ in range(2):  # it may be delivered twice
        producer.produce(pipeline.name(topics.FEEDBACK), pipeline.codec.encode(feedback), document_id.encode())
    assert producer.flush(30) == 0


def remembered(pipeline: Pipeline) -> dict[str, object] | None:
    """The one layout, once a person has taught it."""
    entries = json.loads(pipeline.cli("memory", "list", "--tenant", TENANT, "--json").stdout)
    for entry in entries:
        told = json.loads(pipeline.cli("memory", "show", entry["layout_id"], "--json").stdout)
        if any(lesson["name"] == FIELD for lesson in told["lessons"]):
            return dict(told)
    return None


def test_one_correction_is_enough_for_the_next_document(pipeline: Pipeline) -> None:
    first = read(pipeline, "first", invoice("NF-20391", "QX-7781-44", 120_000, 2))
    known = first.result or first.review
    assert known is not None
    assert FIELD not in {item.name for item in known.fields}, "no reader knows that label"

    correct(pipeline, "first", "QX-7781-44")
    layout = wait_for(lambda: remembered(pipeline), "the memory has learnt")
    [lesson] = [item for item in layout["lessons"] if item["name"] == FIELD]  # type: ignore[attr-defined]
    assert (lesson["persons"], lesson["rests_on"]) == (1, "taught"), "delivered twice, learnt once"
    assert lesson["place"]["label"]["keys"] == ["zephyrcode"]

    second = read(pipeline, "second", invoice("NF-20417", "QX-7904-02", 78_000, 6))
    known = second.result or second.review
    assert known is not None
    [order] = [item for item in known.fields if item.name == FIELD]
    assert canonical_text(order.value, order.type) == "QX-7904-02"
    version = f"{layout['layout_id']}@{layout['revision']}"
    assert (order.reader, order.evidence[0].page) == ("vendor_memory", 1)
    assert order.reader_version == version
    assert f"vendor_memory {version}: read {FIELD}, which no other reader found" in known.notes

    assert pipeline.cli("memory", "forget", str(layout["layout_id"]), "--yes").returncode == 0
    third = read(pipeline, "third", invoice("NF-20555", "QX-8001-17", 99_000, 3))
    known = third.result or third.review
    assert known is not None
    assert FIELD not in {item.name for item in known.fields}, "what is forgotten is not read by"
