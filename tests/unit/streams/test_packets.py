"""recognize splits packets: its children have pages, types, schemas and ids of their own; its own status names them."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from connectors.objects import DirectoryStore
from fieldtrail.local import read_packet
from processors.classification import SplitMode
from processors.intake.packet import build_packet
from processors.sandbox import Sandbox
from processors.schemas import load_schemas
from streams.contracts.records import Classification, DocumentClassified, DocumentRecognized, DocumentStatus
from streams.contracts.topics import CLASSIFIED
from streams.harness.stage import StageSpec
from streams.stages.ids import child_document_id
from streams.stages.packets import split_mode
from streams.stages.page_ocr import PageOcr
from streams.stages.recognize import RecognizeStage
from streams.status import packet_children, packet_parts
from tests.support.examples import DOCUMENT
from tests.support.harness import RememberingProducer, inbound, runner_for
from tests.support.packets import PARTS, TYPES, packet


class InlineSandbox:
    async def run(self, fn: Callable[..., Any], *arguments: object, timeout: float) -> Any:  # noqa: ASYNC109
        return fn(*arguments)


class NoOcr:
    engine = "none"


PACKET = DOCUMENT.model_copy(
    update={
        "document_id": "mail-17",
        "revision": 1,
        "content_sha256": "c" * 64,
        "media_type": "application/pdf",
        "page_count": 5,
        "requested_type": None,
        "requested_schema": None,
        "einvoice_attachment": None,
        "parent_document_id": None,
        "pages": None,
        "metadata": {"erp": "4711"},
    }
)


def recognize(folder: Path, mode: SplitMode = SplitMode.AUTO, **changes: Any) -> RememberingProducer:
    store = DirectoryStore(folder)
    document = PACKET.model_copy(update={"content_uri": store.put("originals/p", packet()), **changes})
    stage = RecognizeStage(
        store, cast("Sandbox", InlineSandbox()), cast("PageOcr", NoOcr()), load_schemas(), 60.0, split=mode
    )
    found = Classification(document_type="letter", confidence=0.9, basis="text", reason="")
    producer = RememberingProducer()
    spec = StageSpec(stage, CLASSIFIED, DocumentClassified, 4, 60.0)
    record = inbound(DocumentClassified(document=document, classification=found), CLASSIFIED.name)
    asyncio.run(asyncio.wait_for(runner_for(spec, producer).run(record), 60))
    return producer


def recognized(producer: RememberingProducer) -> list[DocumentRecognized]:
    return producer.records("documents.recognized", DocumentRecognized)


def test_a_packet_goes_on_as_its_documents(tmp_path: Path) -> None:
    children = recognized(recognize(tmp_path))
    documents = [child.document for child in children]
    assert [(item.pages.first, item.pages.last) for item in documents if item.pages is not None] == list(PARTS)
    assert [child.classification.document_type for child in children] == list(TYPES)
    assert [item.document_id for item in documents] == [child_document_id("mail-17", *part) for part in PARTS]
    assert {item.parent_document_id for item in documents} == {"mail-17"}
    assert {(item.page_count, item.metadata["erp"], item.revision) for item in documents} == {(5, "4711", 1)}
    assert [[page.number for page in child.recognized_pages] for child in children] == [[1], [2, 3, 4], [5]]
    assert children[2].extraction_schema is not None
    assert children[2].extraction_schema.name.startswith("invoice")
    assert [child.trail[-1].stage for child in children] == ["recognize"] * 3


def test_the_packets_status_names_its_documents_and_theirs_name_it(tmp_path: Path) -> None:
    statuses = recognize(tmp_path).records("documents.status", DocumentStatus)
    *children, packets_own = statuses
    assert (packets_own.document_id, packets_own.state) == ("mail-17", "split")
    assert packet_children(packets_own) == tuple(child.document_id for child in children)
    assert list(packet_parts(packets_own).values()) == list(PARTS)
    assert "contract, pages 2 to 4" in (packets_own.message or "")
    assert {(child.parent_document_id, child.state) for child in children} == {("mail-17", "in_progress")}


def test_the_same_packet_gives_the_same_documents_again(tmp_path: Path) -> None:
    first, again = recognize(tmp_path), recognize(tmp_path, revision=2)
    assert [item.document.document_id for item in recognized(first)] == [
        item.document.document_id for item in recognized(again)
    ]
    assert {item.document.revision for item in recognized(again)} == {2}


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": {"fieldtrail.split": "whole"}},
        {"requested_type": "contract"},
        {"requested_schema": "invoice_v1"},
        {"einvoice_attachment": "factur-x.xml"},
    ],
)
def test_what_the_producer_says_is_one_document_stays_one(tmp_path: Path, changes: dict[str, Any]) -> None:
    [whole] = recognized(recognize(tmp_path, **changes))
    assert whole.document.document_id == "mail-17"
    assert [page.number for page in whole.recognized_pages] == [1, 2, 3, 4, 5]


def test_the_pages_of_a_zip_are_one_document(tmp_path: Path) -> None:
    """Who packs files together says that they belong together."""
    data = build_packet([packet()])
    zipped = {"content_uri": DirectoryStore(tmp_path).put("originals/z", data), "media_type": "application/zip"}
    [whole] = recognized(recognize(tmp_path, **zipped))
    assert (whole.document.document_id, len(whole.recognized_pages)) == ("mail-17", 5)
    assert len(recognized(recognize(tmp_path, SplitMode.EVERY_PAGE, **zipped))) == 5
    (tmp_path / "mail.zip").write_bytes(data)
    here = read_packet(tmp_path / "mail.zip")
    assert isinstance(here, tuple)
    assert [document.part for document in here] == [None]


def test_a_packet_may_be_split_at_every_page(tmp_path: Path) -> None:
    producer = recognize(tmp_path, metadata={"fieldtrail.split": "every_page"}, requested_type="invoice")
    children = recognized(producer)
    assert [child.document.pages.first for child in children if child.document.pages is not None] == [1, 2, 3, 4, 5]
    assert {(c.classification.document_type, c.classification.basis) for c in children} == {("invoice", "submitted")}


def test_the_setting_holds_where_the_producer_says_nothing(tmp_path: Path) -> None:
    assert len(recognized(recognize(tmp_path, SplitMode.WHOLE))) == 1
    assert len(recognized(recognize(tmp_path / "b", SplitMode.EVERY_PAGE))) == 5
    assert split_mode(PACKET, SplitMode.AUTO) is SplitMode.AUTO
    asked = PACKET.model_copy(update={"metadata": {"fieldtrail.split": "auto"}})
    assert split_mode(asked, SplitMode.WHOLE) is SplitMode.AUTO
