"""One behaviour suite over every stage: whatever a stage does, the harness's promises hold for it.

The stages are the real ones, with the real sandbox, stores and processors; only the broker is left out. The same
promises over the real broker are in ``test_pipeline``, ``test_poison`` and ``test_chaos``.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import pytest

from connectors.errors import MissingError, UnavailableError
from fieldtrail.settings import resolve
from fieldtrail.wiring import Parts, stage_specs
from processors.synthesis.stream import invoice_stream
from streams.contracts import topics
from streams.contracts.records import DocumentResult, DocumentStatus, DocumentSubmitted, Record, ReviewRequest
from streams.contracts.topics import INPUTS, STAGES
from streams.harness.headers import read_error
from streams.harness.stage import StageSpec
from tests.support.examples import EXAMPLES
from tests.support.harness import AT, CODEC, RememberingProducer, inbound, runner_for

OUTPUTS = {stage: INPUTS[after].name for stage, after in pairwise(STAGES)}
METADATA = {"erp": "4711"}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The real stages, and the input that each gets for one good invoice."""

    specs: dict[str, StageSpec[Any]]
    inputs: dict[str, Record]
    parts: Parts

    def run(self, stage: str, value: Record | bytes | None, **kwargs: Any) -> RememberingProducer:
        """What ``stage`` produces for one record."""
        producer = kwargs.pop("producer", None) or RememberingProducer()
        runner = runner_for(self.specs[stage], producer)
        record = inbound(value, INPUTS[stage].name, **kwargs)
        asyncio.run(asyncio.wait_for(runner.run(record), 120))
        return producer


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("stages")
    parts = Parts(resolve({"data_dir": folder}, environ={}))
    specs = {spec.stage.name: spec for spec in stage_specs(parts, STAGES)}
    data, _ = next(invoice_stream(3))
    built = Pipeline(specs, {}, parts)
    value: Record = DocumentSubmitted(document_id="doc-1", content=data, filename="a.pdf", metadata=METADATA)
    for stage in STAGES:
        built.inputs[stage] = value
        produced = built.run(stage, value)
        if stage in OUTPUTS:
            [value] = produced.records(OUTPUTS[stage], record_of(OUTPUTS[stage]))
    yield built
    asyncio.run(parts.close())


def record_of(topic: str) -> type[Record]:
    return next(item.record for item in topics.TOPICS if item.name == topic and item.record is not None)


def decoded_outputs(producer: RememberingProducer) -> list[Record]:
    return [
        record
        for topic in dict.fromkeys(item[0] for item in producer.sent)
        for record in producer.records(topic, record_of(topic))
    ]


@pytest.mark.parametrize("stage", STAGES)
class TestEveryStage:
    def test_hands_the_document_on_with_one_more_hop_and_a_status(self, pipeline: Pipeline, stage: str) -> None:
        producer = pipeline.run(stage, pipeline.inputs[stage])
        main, status = sorted(decoded_outputs(producer), key=lambda record: isinstance(record, DocumentStatus))
        assert isinstance(status, DocumentStatus)
        assert (status.document_id, status.stage, status.revision) == ("doc-1", stage, 1)
        hops = main.trail  # type: ignore[attr-defined]
        assert [hop.stage for hop in hops] == list(STAGES[: STAGES.index(stage) + 1])
        assert (hops[-1].topic, hops[-1].partition, hops[-1].offset) == (INPUTS[stage].name, 2, 7)
        document = main if isinstance(main, DocumentResult) else main.document  # type: ignore[attr-defined]
        assert document.metadata == METADATA
        assert {item[1] for item in producer.sent} == {b"doc-1"}

    def test_gives_the_same_again_for_the_same_record(self, pipeline: Pipeline, stage: str) -> None:
        first, second = (pipeline.run(stage, pipeline.inputs[stage]) for _ in range(2))
        assert decoded_outputs(first) == decoded_outputs(second)

    @pytest.mark.parametrize(
        ("poison", "code"),
        [
            (None, "undecodable"),
            (b"", "undecodable"),
            (b'{"document_id": 1}', "undecodable"),
            (b"\x00\x00\x00\x27\x0f body", "unknown_schema_id"),
        ],
        ids=["null", "empty", "json", "unknown-id"],
    )
    def test_buries_poison_untouched(self, pipeline: Pipeline, stage: str, poison: bytes | None, code: str) -> None:
        headers = (("tenant-header", b"\xff\x00"), ("tenant-header", b"2"))
        [letter] = pipeline.run(stage, poison, headers=headers).sent
        assert letter[0] == f"{stage}.dlq"
        assert letter[2] == poison
        assert letter[3][:2] == headers
        error = read_error(letter[3])
        assert error is not None
        assert (error.stage, error.code, error.topic, error.partition, error.offset) == (
            stage,
            code,
            INPUTS[stage].name,
            2,
            7,
        )

    def test_buries_a_truncated_record(self, pipeline: Pipeline, stage: str) -> None:
        whole = CODEC.encode(pipeline.inputs[stage])
        [letter] = pipeline.run(stage, whole[: len(whole) // 2]).sent
        error = read_error(letter[3])
        assert error is not None
        assert error.code == "undecodable"

    @pytest.mark.parametrize("example", EXAMPLES, ids=lambda record: record.SCHEMA)
    def test_takes_any_example_of_any_contract_to_an_end(self, pipeline: Pipeline, stage: str, example: Record) -> None:
        producer = pipeline.run(stage, example)
        assert producer.sent != []
        ends = [item for item in producer.sent if item[0] != "documents.status"]
        assert len(ends) == 1
        if type(example) is not INPUTS[stage].record:
            assert ends[0][0] == f"{stage}.dlq"
        error = read_error(ends[0][3])
        assert error is None or error.code != "internal", error

    def test_waits_for_a_broker_that_is_away(self, pipeline: Pipeline, stage: str) -> None:
        from streams.harness.producing import ProduceError

        failures = iter([ProduceError("gone")] * 3)

        def fail(_: str) -> None:
            if (error := next(failures, None)) is not None:
                raise error

        producer = pipeline.run(stage, pipeline.inputs[stage], producer=RememberingProducer(fail))
        assert len(producer.sent) == 2


@pytest.mark.parametrize("stage", ["ingest", "classify", "recognize", "extract", "validate"])
def test_a_store_that_is_down_pauses_the_stage_and_buries_nothing(
    pipeline: Pipeline, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store fails at first and then works, under whatever call the stage makes."""
    failures = iter(range(4))
    store = type(pipeline.parts.store)

    def flaky(name: str) -> Any:
        real = getattr(store, name)

        def call(self: object, *args: Any) -> Any:
            if next(failures, None) is not None:
                raise UnavailableError("object_store", "connection refused")
            return real(self, *args)

        return call

    for name in ("adopt", "put", "get", "local"):
        monkeypatch.setattr(store, name, flaky(name))
    producer = pipeline.run(stage, pipeline.inputs[stage])
    assert next(failures, None) is None, "the store was not asked"
    assert [item[0] for item in producer.sent] == ["documents.status", OUTPUTS[stage]]


@pytest.mark.parametrize("stage", ["classify", "recognize", "extract", "validate"])
def test_bytes_that_are_gone_from_the_store_are_a_coded_dead_letter(pipeline: Pipeline, stage: str) -> None:
    record = pipeline.inputs[stage]
    gone = {
        "content_uri": (pipeline.parts.settings.data_dir / "objects" / "gone").as_uri(),
        "content_sha256": "0" * 64,  # no words were kept of it either
        "einvoice_attachment": "x.xml",
    }
    document = record.document.model_copy(update=gone)  # type: ignore[attr-defined]
    changes: dict[str, Any] = {"document": document}
    if hasattr(record, "recognized_pages"):
        changes["recognized_pages"] = tuple(
            page.model_copy(update={"words_uri": gone["content_uri"]}) for page in record.recognized_pages
        )
    producer = pipeline.run(stage, record.model_copy(update=changes))
    error = read_error(producer.on(f"{stage}.dlq")[0][3])
    assert error is not None
    assert error.code == "artefact_missing"


@pytest.mark.parametrize("stage", STAGES[1:])
def test_nothing_is_done_with_a_record_of_an_erased_document(pipeline: Pipeline, stage: str) -> None:
    """It lay on its topic when the document was erased. Not even a dead letter is made, which would keep its values."""
    record = pipeline.inputs[stage]
    document = record.document.model_copy(update={"document_id": "gone"})  # type: ignore[attr-defined]
    pipeline.parts.claims.erase("gone")
    assert pipeline.run(stage, record.model_copy(update={"document": document})).sent == []


def test_what_fails_because_its_document_is_erased_meanwhile_makes_no_dead_letter(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = pipeline.inputs["classify"]
    document = record.document.model_copy(update={"document_id": "going"})  # type: ignore[attr-defined]

    def remove(_: object, uri: str) -> None:
        pipeline.parts.claims.erase("going")
        raise MissingError(uri)

    monkeypatch.setattr(type(pipeline.parts.store), "local", remove)
    assert pipeline.run("classify", record.model_copy(update={"document": document})).sent == []


def test_the_submission_of_an_erased_document_comes_again_in_vain(pipeline: Pipeline) -> None:
    """And leaves nothing behind. Another submission under its id is a conflict, of which its producer hears."""
    [_, (data, _)] = islice(invoice_stream(4), 2)
    submitted = pipeline.inputs["ingest"].model_copy(update={"document_id": "barred", "content": data})
    before = pipeline.parts.store.keys_below("originals")
    assert [item[0] for item in pipeline.run("ingest", submitted).sent] == ["documents.status", OUTPUTS["ingest"]]
    [original] = set(pipeline.parts.store.keys_below("originals")) - set(before)
    pipeline.parts.claims.erase("barred")
    pipeline.parts.store.remove(original)
    assert pipeline.run("ingest", submitted).sent == []
    assert pipeline.parts.store.keys_below("originals") == before
    anew = pipeline.run("ingest", submitted, offset=99)
    error = read_error(anew.on("ingest.dlq")[0][3])
    assert error is not None
    assert error.code == "document_id_conflict"


def test_a_content_that_an_erasure_is_removing_is_taken_in_once_it_has_ended(pipeline: Pipeline) -> None:
    *_, (data, _) = islice(invoice_stream(5), 3)
    submitted = pipeline.inputs["ingest"].model_copy(update={"document_id": "next", "content": data})
    sha256 = hashlib.sha256(data).hexdigest()
    claims = pipeline.parts.claims
    claims.begin_removal(sha256, "previous")
    waiting = pipeline.run("ingest", submitted)
    error = read_error(waiting.on("ingest.dlq")[0][3])
    assert error is not None
    assert (error.code, error.attempts) == ("retries_exhausted", 3)
    assert "An erasure is removing the same content" in error.message
    claims.end_removal("previous")
    assert OUTPUTS["ingest"] in {item[0] for item in pipeline.run("ingest", submitted).sent}


def test_a_result_or_a_review_comes_out_at_the_end(pipeline: Pipeline) -> None:
    end, _ = decoded_outputs(pipeline.run("route", pipeline.inputs["route"]))
    assert isinstance(end, DocumentResult | ReviewRequest)
    total = next(field for field in end.fields if field.name == "total_amount")
    assert total.evidence[0].word_ids != ()


def test_submission_time_falls_back_to_the_records_timestamp(pipeline: Pipeline) -> None:
    submitted = pipeline.inputs["ingest"].model_copy(update={"submitted_at": None})
    _, accepted = decoded_outputs(pipeline.run("ingest", submitted))
    assert accepted.document.submitted_at == AT  # type: ignore[attr-defined]
