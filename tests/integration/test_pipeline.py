"""Documents through the whole pipeline on a real broker: every kind of document, every kind of bad submission."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fieldtrail.wiring import topic_plan
from processors.errors import ErrorCode
from processors.fields import EvidenceSource, canonical_text
from processors.geometry import union
from processors.recognition.words_file import decode_page
from processors.synthesis.samples import Outcome, Sample, write_samples
from streams.contracts import topics
from streams.contracts.records import (
    Document,
    DocumentAccepted,
    DocumentClassified,
    DocumentExtracted,
    DocumentRecognized,
    DocumentResult,
    DocumentStatus,
    DocumentSubmitted,
    DocumentValidated,
    Record,
    ReviewRequest,
)
from streams.contracts.topics import LEARNING, MAX_INLINE_BYTES, STAGES
from streams.dead_letters import Letter
from streams.status import read_statuses
from tests.support.harness import CODEC
from tests.support.pipeline import Pipeline, invoices, running_pipeline, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.ocr, pytest.mark.timeout(300)]

WAIT_S = 150.0
ENDS = {
    Outcome.FIELDS: {"completed", "review"},
    Outcome.REVIEW: {"review"},
    Outcome.DUPLICATE: {"duplicate"},
    Outcome.DEAD_LETTER: {"failed"},
}
HOPS: dict[str, type[Record]] = {
    "ingest": DocumentSubmitted,
    "classify": DocumentAccepted,
    "recognize": DocumentClassified,
    "extract": DocumentRecognized,
    "validate": DocumentExtracted,
    "route": DocumentValidated,
}


def submission(**values: object) -> bytes:
    return CODEC.encode(DocumentSubmitted.model_validate(values))


WHOLE = submission(document_id="bad-cut", content=b"%PDF-1.7 that does not get here")

BAD: dict[str, tuple[ErrorCode, bytes | None]] = {
    # poison: nothing can be told of the document
    "wrong magic byte": (ErrorCode.UNDECODABLE, b"\x01" + WHOLE[1:]),
    "unknown schema id": (ErrorCode.UNKNOWN_SCHEMA_ID, b"\x00" + (99_999).to_bytes(4, "big") + WHOLE[5:]),
    "truncated Avro body": (ErrorCode.UNDECODABLE, WHOLE[:-10]),
    "bytes after the body": (ErrorCode.UNDECODABLE, WHOLE + b"\x00"),
    "no value": (ErrorCode.UNDECODABLE, None),
    "no bytes": (ErrorCode.UNDECODABLE, b""),
    "random bytes": (ErrorCode.UNDECODABLE, random.Random(7).randbytes(200)),
    "JSON": (ErrorCode.UNDECODABLE, b'{"document_id": "bad"}'),
    # the submission contradicts itself
    "content and URI": (
        ErrorCode.INVALID_SUBMISSION,
        submission(document_id="bad-both", content=b"%PDF", uri="file:///a"),
    ),
    "neither content nor URI": (ErrorCode.INVALID_SUBMISSION, submission(document_id="bad-neither")),
    "empty tenant": (ErrorCode.INVALID_SUBMISSION, submission(document_id="bad-tenant", tenant="", content=b"%PDF")),
    "too large inline": (
        ErrorCode.TOO_LARGE,
        submission(document_id="bad-large", content=b"%PDF-1.7\n" + b"0" * MAX_INLINE_BYTES),
    ),
    "unknown type": (
        ErrorCode.SCHEMA_UNKNOWN,
        submission(document_id="bad-type", content=b"%PDF", document_type="poem"),
    ),
    "unknown schema": (
        ErrorCode.SCHEMA_UNKNOWN,
        submission(document_id="bad-schema", content=b"%PDF", schema_name="invoice_v999"),
    ),
    # the URI
    "file outside the allowed folders": (
        ErrorCode.FETCH_REFUSED,
        submission(document_id="bad-outside", uri="file:///etc/passwd"),
    ),
    "URL of a web server": (
        ErrorCode.FETCH_REFUSED,
        submission(document_id="bad-http", uri="http://127.0.0.1/invoice.pdf"),
    ),
    "bucket that is not allowed": (
        ErrorCode.FETCH_REFUSED,
        submission(document_id="bad-bucket", uri="s3://secrets/invoice.pdf"),
    ),
}
NOWHERE = "file that is not there"
CASES = [*BAD, NOWHERE]


@dataclass(slots=True)
class World:
    """Everything that was sent, and where it ended. ``samples`` and ``finals`` are by file name and by document id."""

    pipeline: Pipeline
    samples: dict[str, Sample]
    ids: dict[str, str]
    statuses: dict[str, DocumentStatus] = field(default_factory=dict)
    results: dict[str, DocumentResult] = field(default_factory=dict)
    reviews: dict[str, ReviewRequest] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    twice: tuple[str, str] = ("", "")

    def status(self, file: str) -> DocumentStatus:
        return self.statuses[self.ids[file]]

    def known(self, document_id: str) -> DocumentResult | ReviewRequest:
        return self.results.get(document_id) or self.reviews[document_id]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All documents of this module, sent together so that they are waited for once."""
    folder = tmp_path_factory.mktemp("pipeline")
    samples = {sample.path.name: sample for sample in write_samples(folder / "samples")}
    with running_pipeline(folder) as pipeline:
        yield _send_everything(pipeline, samples)


def _send_everything(pipeline: Pipeline, samples: dict[str, Sample]) -> World:
    world = World(pipeline, samples, {})
    nowhere = submission(document_id="bad-nowhere", uri=(pipeline.inbox / "gone.pdf").as_uri())
    bad = {**{name: value for name, (_, value) in BAD.items()}, NOWHERE: nowhere}
    followers = dict(zip(bad, invoices(len(bad), seed=11), strict=True))
    one, other, twice = invoices(3, seed=12)
    with pipeline.client() as client, client.watch() as watch:
        waiting: set[str] = set()
        for name, sample in samples.items():
            if sample.expected.outcome is not Outcome.DUPLICATE:
                world.ids[name] = client.submit(sample.path.read_bytes(), filename=name, document_id=f"sample/{name}")
        waiting.update(world.ids.values())
        for number, (name, value) in enumerate(bad.items()):
            partition = number % pipeline.settings.topics.partitions
            good = submission(document_id=f"behind {name}", content=followers[name])
            places = pipeline.produced([(partition, b"bad", value), (partition, f"behind {name}".encode(), good)])
            world.places[name], world.places[f"behind {name}"] = places
            waiting.add(f"behind {name}")
        client.submit(one, document_id="mine", metadata={"erp": "4711", "Straße": "ß"}, tenant="acme", filename="1.pdf")
        # Its key is not the document's id: any producer may choose keys as it likes.
        keyless = submission(document_id="keyless", content=other, tenant="acme")
        world.places["keyless"] = pipeline.produced([(1, None, keyless)])[0]
        world.twice = (client.submit(twice, idempotency_key="mail-17"), client.submit(twice, idempotency_key="mail-17"))
        client.flush()
        waiting.update(("mine", "keyless", world.twice[0]))
        for final in watch.wait(waiting, WAIT_S):
            _note(world, final.status, final.result, final.review)
        # Copies and other contents under a known id come once the originals are through, so that it is sure who wins.
        for name, sample in samples.items():
            if sample.expected.outcome is Outcome.DUPLICATE:
                world.ids[name] = client.submit(sample.path.read_bytes(), filename=name)
        client.submit(invoices(1, seed=13)[0], document_id="mine", tenant="acme")
        client.submit(one, document_id="mine", tenant="another tenant")
        client.flush()
        for final in watch.wait(set(world.ids.values()) - waiting):
            _note(world, final.status, final.result, final.review)
    pipeline.letter("mine", count=2)
    world.letters = pipeline.letters()
    return world


def _note(world: World, status: DocumentStatus, result: DocumentResult | None, review: ReviewRequest | None) -> None:
    world.statuses[status.document_id] = status
    if result is not None:
        world.results[status.document_id] = result
    if review is not None:
        world.reviews[status.document_id] = review


# Every kind of document


def test_every_sample_reaches_its_end(world: World) -> None:
    ends = {name: world.status(name) for name in world.samples}
    for name, sample in world.samples.items():
        expected = sample.expected
        assert ends[name].state in ENDS[expected.outcome], name
        assert ends[name].error_code == expected.code, name
        if expected.duplicate_of is not None:
            assert ends[name].duplicate_of == world.ids[expected.duplicate_of], name
        if expected.truth is not None:
            known = world.known(world.ids[name])
            assert known.classification.document_type == expected.truth.document_type, name
            assert known.fields, name
    assert {sample.expected.outcome for sample in world.samples.values()} == set(Outcome)


def test_a_refused_sample_is_a_dead_letter_with_a_sentence_and_without_a_trace(world: World) -> None:
    letters = {letter.error.document_id: letter.error for letter in world.letters}
    for name, sample in world.samples.items():
        if sample.expected.outcome is Outcome.DEAD_LETTER:
            error = letters[world.ids[name]]
            assert error.code == sample.expected.code
            assert error.exception is None
            assert "Traceback" not in error.message
            assert error.message[0].isupper()
            assert error.message.endswith(".")


def test_duplicates_are_linked_and_not_read_again(world: World) -> None:
    copies = [name for name, sample in world.samples.items() if sample.expected.outcome is Outcome.DUPLICATE]
    accepted = {record.document.document_id for record in world.pipeline.records(topics.ACCEPTED, DocumentAccepted)}
    for name in copies:
        assert world.ids[name] not in accepted
        original = world.samples[name].expected.duplicate_of
        assert original is not None
        assert world.ids[original] in (world.status(name).message or "")


def test_the_same_idempotency_key_twice_is_one_document(world: World) -> None:
    assert world.twice[0] == world.twice[1]
    accepted = [record.document.document_id for record in world.pipeline.records(topics.ACCEPTED, DocumentAccepted)]
    assert accepted.count(world.twice[0]) == 1
    assert world.statuses[world.twice[0]].state == "completed"


def test_a_document_id_is_refused_for_other_content_and_for_another_tenant(world: World) -> None:
    letters = [letter for letter in world.letters if letter.error.document_id == "mine"]
    assert {letter.error.code for letter in letters} == {ErrorCode.DOCUMENT_ID_CONFLICT}
    assert {letter.error.tenant for letter in letters} == {"acme", "another tenant"}
    final = world.pipeline.client().find("mine")
    assert final is not None
    assert final.state == "completed", "the document that has the id is as it was"
    assert final.result == world.results["mine"]


# The result


def test_what_the_producer_said_is_in_the_result(world: World) -> None:
    result = world.results["mine"]
    assert result.metadata == {"erp": "4711", "Straße": "ß"}
    assert (result.document_id, result.tenant, result.filename) == ("mine", "acme", "1.pdf")
    assert (result.revision, result.supersedes, result.decision) == (1, None, "straight_through")
    assert result.submitted_at <= result.completed_at


def test_results_are_cloudevents_keyed_by_document(world: World) -> None:
    """CloudEvents 1.0, Kafka protocol binding, binary content mode."""
    inbounds = world.pipeline.scan(topics.RESULTS)
    assert len(inbounds) == len(world.results)
    for inbound in inbounds:
        result = world.pipeline.decode(inbound, DocumentResult)
        headers = dict(inbound.headers)
        assert inbound.key == result.document_id.encode()
        assert headers["ce_specversion"] == b"1.0"
        assert headers["ce_id"] == result.result_id.encode()
        assert headers["ce_subject"] == result.document_id.encode()
        assert headers["ce_type"]
        assert headers["ce_source"]
        assert headers["ce_time"].decode() == result.completed_at.isoformat()
        assert headers["content-type"] == b"application/avro"
        assert "traceparent" in headers


def _held(record: Record) -> str:
    """The document that a record is about."""
    if isinstance(record, DocumentSubmitted):
        return record.document_id or ""
    document: Document = record.document  # type: ignore[attr-defined]  # every later record carries a document
    return document.document_id


def test_every_record_is_keyed_by_its_document(world: World) -> None:
    for stage in STAGES[1:]:
        for inbound in world.pipeline.scan(topics.INPUTS[stage]):
            record = world.pipeline.decode(inbound, HOPS[stage])
            assert inbound.key == _held(record).encode()


def test_the_trail_names_the_records_that_held_the_document(world: World) -> None:
    for document_id in ("mine", "keyless", world.ids["fax.tif"], world.ids["facture-factur-x.pdf"]):
        trail = world.known(document_id).trail
        assert [hop.stage for hop in trail] == list(STAGES)
        for hop in trail:
            assert hop.topic == topics.INPUTS[hop.stage].name
            record = world.pipeline.decode(world.pipeline.read(hop.topic, hop.partition, hop.offset), HOPS[hop.stage])
            assert _held(record) == document_id
            assert hop.version
        assert [hop.at for hop in trail] == sorted(hop.at for hop in trail)
    hop = world.known("keyless").trail[0]
    assert (hop.partition, hop.offset) == world.places["keyless"]


def test_every_field_leads_back_to_the_words_on_the_page(world: World) -> None:
    """Page, box, words that exist in the stored words file, confidence, rules: for every field of every document."""
    checked = 0
    for document_id in [*world.results, *world.reviews]:
        known = world.known(document_id)
        hop = known.trail[STAGES.index("extract")]
        recognized = world.pipeline.decode(
            world.pipeline.read(hop.topic, hop.partition, hop.offset), DocumentRecognized
        )
        pages = {
            page.number: decode_page(world.pipeline.stored(page.words_uri)) for page in recognized.recognized_pages
        }
        for item in (*known.fields, *(cell for line in known.line_items for cell in line.cells)):
            where = f"{document_id}: {item.name}"
            assert item.raw_text, where
            assert item.evidence, where
            assert 0 <= item.confidence.value <= 1, where
            assert item.confidence.recognition is not None, where
            assert item.confidence.reader is not None, where
            assert item.reader, where
            assert item.reader_version, where
            assert item.review_state in ("passed", "second_look", "person"), where
            for evidence in item.evidence:
                if evidence.source is EvidenceSource.PAGE:
                    assert evidence.page is not None
                    assert evidence.box is not None
                    page = pages[evidence.page]
                    words = [page.words[index] for index in evidence.word_ids]
                    assert words, where
                    around = union(word.box for word in words)
                    for side in ("x0", "y0", "x1", "y1"):
                        assert getattr(evidence.box, side) == pytest.approx(getattr(around, side), abs=0.02), where
                    assert 0 <= around.x0 < around.x1 <= page.width + 1, where
                    checked += 1
                else:
                    assert evidence.reference, where
        amounts = [item for item in known.fields if item.type == "money"]
        assert any(item.rules for item in amounts) or not amounts, document_id
    assert checked > 500


def test_an_attached_invoice_is_read_exactly_and_found_on_the_page(world: World) -> None:
    truth = world.samples["facture-factur-x.pdf"].expected.truth
    assert truth is not None
    fields = {item.name: item for item in world.known(world.ids["facture-factur-x.pdf"]).fields}
    total = fields["total_amount"]
    assert canonical_text(total.value, total.type) == truth.fields["total_amount"]
    sources = {evidence.source for evidence in total.evidence}
    assert sources == {EvidenceSource.ATTACHMENT, EvidenceSource.PAGE}


# Bad submissions


@pytest.mark.parametrize("case", CASES)
def test_a_bad_record_is_a_coded_dead_letter_and_the_partition_moves_on(case: str, world: World) -> None:
    partition, offset = world.places[case]
    [letter] = [
        letter for letter in world.letters if (letter.error.partition, letter.error.offset) == (partition, offset)
    ]
    code, value = BAD.get(case, (ErrorCode.FETCH_FAILED, letter.record.value))
    assert letter.error.code == code
    assert letter.error.stage == "ingest"
    assert letter.error.topic == "documents.submitted"
    assert (letter.record.key, letter.record.value) == (b"bad", value), "the original, untouched"
    assert letter.error.message
    assert letter.error.exception is None
    behind = world.known(f"behind {case}")
    assert behind.trail[0].partition == partition
    assert behind.trail[0].offset > offset


def test_one_dead_letter_for_each_bad_record(world: World) -> None:
    refused = [name for name, sample in world.samples.items() if sample.expected.outcome is Outcome.DEAD_LETTER]
    assert len(world.letters) == len(CASES) + len(refused) + len(["other content", "another tenant"])


# States, health, metrics


def test_the_status_topic_ends_in_the_right_state_for_every_document(world: World) -> None:
    merged = read_statuses(world.pipeline.link, topic_plan(world.pipeline.settings), world.pipeline.codec)
    for document_id, status in world.statuses.items():
        assert merged[document_id].state == status.state, document_id
    for document_id, result in world.results.items():
        assert merged[document_id].result_id == result.result_id
        assert merged[document_id].stage == "route"
    failed = {document_id for document_id, status in merged.items() if status.state == "failed"}
    lettered = {letter.error.document_id for letter in world.letters} - {None, "mine"}
    assert failed == lettered


def test_health_and_readiness(world: World) -> None:
    def settled() -> bool:
        stages = json.loads(world.pipeline.page("/health")[1])["stages"]
        return all(stage["lag"] == 0 and stage["in_flight"] == 0 for stage in stages)

    wait_for(settled, "nothing waits")
    for path in ("/health", "/ready"):
        status, body = world.pipeline.page(path)
        told = json.loads(body)
        assert (status, told["ok"]) == (200, True)
        assert [stage["stage"] for stage in told["stages"]] == [*STAGES, *LEARNING]
        for stage in told["stages"]:
            assert stage["joined"] is True
            assert stage["assigned"] == world.pipeline.settings.topics.partitions
            assert stage["stalled_s"] == 0
            assert stage["paused"] == {}


def test_metrics_count_what_happened(world: World) -> None:
    status, text = world.pipeline.page("/metrics")
    assert status == 200
    letters = world.letters
    assert _metric(text, "fieldtrail_dead_letters_total", stage="ingest") == len(letters)
    assert _metric(text, "fieldtrail_records_total", stage="ingest") == len(world.pipeline.scan(topics.SUBMITTED))
    assert _metric(text, "fieldtrail_records_total", stage="route", outcome="emit") == len(
        world.pipeline.scan(topics.VALIDATED)
    )
    assert _metric(text, "fieldtrail_record_seconds_count", stage="recognize") == len(
        world.pipeline.scan(topics.CLASSIFIED)
    )


def _metric(text: str, name: str, **labels: str) -> float:
    """The sum of a metric's samples with these labels, in Prometheus text format."""
    lines = [line for line in text.splitlines() if line.startswith(name + "{")]
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in lines
        if all(f'{label}="{value}"' in line for label, value in labels.items())
    )


def test_the_worker_serves_the_schemas_as_a_registry(world: World) -> None:
    inbound = world.pipeline.scan(topics.RESULTS)[0]
    assert inbound.value is not None
    schema_id = int.from_bytes(inbound.value[1:5], "big")
    status, body = world.pipeline.page(f"/schemas/ids/{schema_id}")
    assert status == 200
    assert json.loads(json.loads(body)["schema"])["name"] == "DocumentResult"
    assert world.pipeline.page("/schemas/ids/99999")[0] == 404
    assert world.pipeline.page("/nothing")[0] == 404


def test_no_original_is_left_in_the_spool(world: World) -> None:
    data = world.pipeline.stack.data_dir
    left = [path for folder in ("spool", "objects/incoming") for path in Path(data, folder).glob("*")]
    assert left == []
