"""A packet through the whole pipeline on a real broker: one result for each of its documents, and again on replay."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fieldtrail.client import Final
from fieldtrail.local import read_packet
from fieldtrail.wiring import topic_plan
from streams.contracts import topics
from streams.contracts.records import DocumentRecognized
from streams.stages.ids import child_document_id, result_id
from streams.status import read_statuses
from tests.support.packets import PARTS, TYPES, packet, packet_file
from tests.support.pipeline import Pipeline, running_pipeline, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

PACKET = "mail-17"
CHILDREN = [child_document_id(PACKET, *part) for part in PARTS]


@dataclass(slots=True)
class World:
    pipeline: Pipeline
    ends: dict[str, Final]
    duplicate: Final


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_pipeline(tmp_path_factory.mktemp("packets")) as pipeline:
        with pipeline.client() as client, client.watch() as watch:
            client.submit(packet(), document_id=PACKET, filename="mail.pdf", metadata={"erp": "4711"})
            client.flush()
            [whole] = watch.wait([PACKET], 120)
            ends = {PACKET: whole} | {final.document_id: final for final in watch.wait(whole.children, 120)}
            copy = client.submit(packet(), filename="again.pdf")
            client.flush()
            [duplicate] = watch.wait([copy], 60)
        yield World(pipeline, ends, duplicate)


def known(final: Final) -> tuple[str, str | None, tuple[int, int]]:
    """Type, parent and pages of a document that ended."""
    if final.result is not None:
        record, pages, parent = final.result, final.result.pages, final.result.parent_document_id
        assert pages is not None
        return record.classification.document_type, parent, (pages.first, pages.last)
    assert final.review is not None
    document = final.review.document
    assert document.pages is not None
    kind = final.review.classification.document_type
    return kind, document.parent_document_id, (document.pages.first, document.pages.last)


def test_each_document_of_a_packet_comes_to_its_own_end(world: World) -> None:
    assert world.ends[PACKET].state == "split"
    assert list(world.ends[PACKET].children) == CHILDREN
    assert [known(world.ends[child]) for child in CHILDREN] == [
        (kind, PACKET, part) for kind, part in zip(TYPES, PARTS, strict=True)
    ]


def test_evidence_lies_on_the_packets_pages(world: World) -> None:
    final = world.ends[CHILDREN[2]]
    record = final.result or final.review
    assert record is not None
    pages = {evidence.page for field in record.fields for evidence in field.evidence}
    assert pages == {5}


def test_every_status_of_a_child_names_its_packet(world: World) -> None:
    statuses = read_statuses(world.pipeline.link, topic_plan(world.pipeline.settings), world.pipeline.codec)
    assert {statuses[child].parent_document_id for child in CHILDREN} == {PACKET}
    assert statuses[PACKET].state == "split"


def test_a_copy_is_a_duplicate_of_the_packet(world: World) -> None:
    assert (world.duplicate.state, world.duplicate.status.duplicate_of) == ("duplicate", PACKET)


def test_it_reads_as_it_does_without_kafka(world: World, tmp_path: Path) -> None:
    documents = read_packet(packet_file(tmp_path))
    assert isinstance(documents, tuple)
    assert [document.part for document in documents] == list(PARTS)
    here = {field.name: field.raw_text for field in documents[2].extraction.fields}
    final = world.ends[CHILDREN[2]]
    record = final.result or final.review
    assert record is not None
    there = {field.name: field.raw_text for field in record.fields}
    assert here
    assert here.items() <= there.items(), "the pipeline under test is lenient, and passes more"


def test_a_replay_gives_each_document_its_next_revision(world: World) -> None:
    """A child that was replayed alone counts: no two passes over it share a revision."""
    pipeline, child = world.pipeline, CHILDREN[2]

    def revision(document_id: str, expected: int) -> Final:
        def ended() -> Final | None:
            final = pipeline.client().find(document_id)
            done = final is not None and final.status.revision == expected
            return final if done and final is not None and final.state in ("completed", "review", "split") else None

        return wait_for(ended, f"revision {expected} of {document_id}")

    alone = pipeline.cli("replay", "extract", "--document-id", child, "--json")
    assert alone.returncode == 0, alone.stderr
    revision(child, 2)
    done = pipeline.cli("replay", "recognize", "--document-id", PACKET, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["replayed"][0]["revision"] == 3
    for document_id in (PACKET, *CHILDREN):
        final = revision(document_id, 3)
        if final.result is not None:
            assert final.result.result_id == result_id(document_id, 3)
    sent = pipeline.records(topics.RECOGNIZED, DocumentRecognized)
    assert {record.document.document_id for record in sent} == set(CHILDREN)
