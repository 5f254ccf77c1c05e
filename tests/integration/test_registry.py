"""The schema registry: a real one of Confluent's API, the worker's own page, and stock Confluent clients on both."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

from fieldtrail.client import Fieldtrail
from fieldtrail.stack import LocalStack
from fieldtrail.wiring import connection, make_codec, topic_plan
from processors.errors import ErrorCode
from processors.synthesis import Truth
from streams.contracts import records, topics
from streams.contracts.codec import Codec, Undecodable
from streams.contracts.registry import (
    RegistryUnavailableError,
    RemoteRegistry,
    UnknownSchemaError,
    latest,
    registered_schemas,
)
from streams.harness.stage import Inbound
from streams.scan import scan
from tests.support.documents import e_invoice, invoices
from tests.support.examples import AT, EXAMPLES
from tests.support.servers import Pipeline, SchemaRegistry, eventually, free_port, pipeline, schema_registry

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SchemaRegistry]:
    with schema_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


def test_every_schema_registers_under_its_topic_and_comes_back(registry: SchemaRegistry) -> None:
    ours = RemoteRegistry({"url": registry.url})
    stock = SchemaRegistryClient({"url": registry.url})
    ids = {line.subject: ours.id_for(line.folder) for line in registered_schemas()}
    assert set(stock.get_subjects()) >= set(ids)
    for line in registered_schemas():
        assert stock.get_latest_version(line.subject).schema_id == ids[line.subject]
        assert RemoteRegistry({"url": registry.url}).schema_for(ids[line.subject]) == json.loads(line.text)
    again = RemoteRegistry({"url": registry.url})
    assert {line.subject: again.id_for(line.folder) for line in registered_schemas()} == ids, "ids are stable"


def test_ids_on_the_wire_are_the_registrys_own(registry: SchemaRegistry) -> None:
    # A registry that others use too gives ids that no file could know.
    stock = SchemaRegistryClient({"url": registry.url})
    foreign = stock.register_schema(
        "someone.else-value", Schema('{"type": "record", "name": "X", "fields": []}', "AVRO")
    )
    ours = RemoteRegistry({"url": registry.url})
    codec = Codec(ours)
    for example in EXAMPLES:
        data = codec.encode(example)
        assert int.from_bytes(data[1:5], "big") == ours.id_for(example.SCHEMA) != foreign
        assert Codec(RemoteRegistry({"url": registry.url})).decode(data, type(example)) == example


def test_an_id_without_an_avro_schema_is_unknown_and_a_wrong_url_is_not(registry: SchemaRegistry) -> None:
    stock = SchemaRegistryClient({"url": registry.url})
    protobuf = stock.register_schema(
        "proto-value", Schema('syntax = "proto3"; message M { string a = 1; }', "PROTOBUF")
    )
    for schema_id in (987_654, protobuf):
        with pytest.raises(UnknownSchemaError):
            RemoteRegistry({"url": registry.url}).schema_for(schema_id)
        poison = b"\x00" + schema_id.to_bytes(4, "big") + b"\x00"
        decoded = Codec(RemoteRegistry({"url": registry.url})).decode(poison, records.DocumentSubmitted)
        assert isinstance(decoded, Undecodable)
        assert decoded.code is ErrorCode.UNKNOWN_SCHEMA_ID
    misdirected = RemoteRegistry({"url": registry.url.removesuffix("/apis/ccompat/v7")})
    with pytest.raises(RegistryUnavailableError):
        misdirected.schema_for(1)


def test_a_registry_that_does_not_answer_is_unavailable_soon(registry: SchemaRegistry) -> None:
    away = RemoteRegistry({"url": f"http://127.0.0.1:{free_port()}"})
    with pytest.raises(RegistryUnavailableError):
        away.id_for("document_submitted")
    with pytest.raises(RegistryUnavailableError):
        away.schema_for(1)


@pytest.fixture(scope="module")
def worker(
    stack: LocalStack,
    registry: SchemaRegistry,
    module_topic_prefix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pipeline]:
    """Every stage, with ids from the registry."""
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": stack.bootstrap_servers,
        "FIELDTRAIL_TOPICS_PREFIX": module_topic_prefix,
        "SCHEMA_REGISTRY_URL": registry.url,
    }
    with pipeline(tmp_path_factory.mktemp("worker"), environment) as running:
        yield running


def test_a_worker_on_the_registry_reads_documents_to_the_end(worker: Pipeline, registry: SchemaRegistry) -> None:
    pdf, truth = e_invoice(seed=1)
    final = worker.send(content=pdf)
    assert final.state == "completed", final.status
    assert final.result is not None
    assert_right(final.result.model_dump(), truth)
    (record,) = the_results(worker)
    assert record.value is not None
    subject = latest("document_result").subject
    stock = SchemaRegistryClient({"url": registry.url})
    assert int.from_bytes(record.value[1:5], "big") == stock.get_latest_version(subject).schema_id


def test_a_stock_deserialiser_on_the_registry_reads_the_results(worker: Pipeline, registry: SchemaRegistry) -> None:
    pdf, truth = e_invoice(seed=2)
    sent = worker.send(content=pdf).document_id
    deserialiser = AvroDeserializer(SchemaRegistryClient({"url": registry.url}))
    assert_right(read_by_stock(deserialiser, worker)[sent], truth)


def test_a_stock_deserialiser_on_the_workers_own_page_reads_the_results(
    stack: LocalStack, topic_prefix: str, tmp_path: Path
) -> None:
    """Without a registry, the ids are those of the registry file, which the worker serves as a registry would."""
    pdf, truth = e_invoice(seed=3)
    own = {"KAFKA_BOOTSTRAP_SERVERS": stack.bootstrap_servers, "FIELDTRAIL_TOPICS_PREFIX": topic_prefix}
    with pipeline(tmp_path / "worker", own) as worker:
        sent = worker.send(content=pdf).document_id
        client = SchemaRegistryClient({"url": worker.http})
        assert_right(read_by_stock(AvroDeserializer(client), worker)[sent], truth)
        assert client.get_subjects() == sorted(line.subject for line in registered_schemas())
        assert client.get_latest_version("documents.results-value").schema_id == latest("document_result").id
        with pytest.raises(SchemaRegistryError, match="Schema not found"):
            client.get_schema(987_654)


def test_a_stock_serialiser_submits_a_document(worker: Pipeline, registry: SchemaRegistry) -> None:
    """A producer that knows nothing of fieldtrail but the topic and the published schema."""
    pdf, truth = e_invoice(seed=4)
    submission = {
        "document_id": "from-stock",
        "tenant": "acme",
        "content": pdf,
        "uri": None,
        "filename": "facture.pdf",
        "document_type": None,
        "schema_name": None,
        "idempotency_key": None,
        "metadata": {"erp": "4711"},
        "submitted_at": AT,
    }
    topic = topic_plan(worker.settings).name(topics.SUBMITTED)
    serialiser = AvroSerializer(SchemaRegistryClient({"url": registry.url}), latest("document_submitted").text)
    value = serialiser(submission, SerializationContext(topic, MessageField.VALUE))
    decoded = make_codec(worker.settings).decode(value, records.DocumentSubmitted)
    assert decoded == records.DocumentSubmitted(**submission)
    with Fieldtrail(worker.settings) as client, client.watch() as watch:
        producer = Producer({**connection(worker.settings).confluent_config(), "log_level": 0})
        producer.produce(topic, key="from-stock", value=value)
        assert producer.flush(30) == 0
        (final,) = watch.wait(["from-stock"], 60.0)
    assert final.result is not None
    assert_right(final.result.model_dump(), truth)
    assert (final.result.tenant, final.result.metadata, final.result.submitted_at) == ("acme", {"erp": "4711"}, AT)


def test_while_the_registry_is_down_a_stage_waits_and_then_goes_on_without_dead_letters(
    stack: LocalStack, registry: SchemaRegistry, topic_prefix: str, tmp_path: Path
) -> None:
    """A worker that has just started knows no ids yet, so it needs the registry for its first records."""
    own = {
        "KAFKA_BOOTSTRAP_SERVERS": stack.bootstrap_servers,
        "FIELDTRAIL_TOPICS_PREFIX": topic_prefix,
        "SCHEMA_REGISTRY_URL": registry.url,
    }
    with pipeline(tmp_path / "worker", own) as worker, Fieldtrail(worker.settings) as client, client.watch() as watch:
        sent = [client.submit(content) for content in invoices(2, seed=6)]  # encoded now, while the registry is up
        registry.server.stop()
        try:
            client.flush()
            eventually(lambda: '"schema_registry"' in worker.health(), "a stage says that the registry is down")
        finally:
            registry.server.start()
        states = {final.state for final in watch.wait(sent, 60.0)}
        assert states <= {"completed", "review"}
        assert worker.dead_letters() == []
        assert '"schema_registry"' not in worker.health(), "nothing is paused any more"


def the_results(worker: Pipeline) -> list[Inbound]:
    """The records of the result topic, as they lie there."""
    return list(scan(connection(worker.settings), topic_plan(worker.settings).name(topics.RESULTS)))


def read_by_stock(deserialiser: AvroDeserializer, worker: Pipeline) -> dict[str, Any]:
    """The result topic as a stock deserialiser reads it, by document id; each as our own codec reads it."""
    codec, found = make_codec(worker.settings), {}
    for record in the_results(worker):
        theirs: Any = deserialiser(record.value, SerializationContext(record.topic, MessageField.VALUE))
        ours = codec.decode(record.value, records.DocumentResult)
        assert isinstance(ours, records.DocumentResult)
        assert theirs == listed(ours.model_dump())
        found[theirs["document_id"]] = theirs
    return found


def listed(value: Any) -> Any:
    """``value`` with lists for tuples, as Avro readers give them."""
    if isinstance(value, dict):
        return {name: listed(item) for name, item in value.items()}
    return [listed(item) for item in value] if isinstance(value, list | tuple) else value


def assert_right(result: dict[str, Any], truth: Truth) -> None:
    """Amounts are decimals, dates are dates, times are UTC; and all of them are the invoice's own."""
    values = {field["name"]: field["value"] for field in result["fields"]}
    assert values["total_amount"] == Decimal(truth.fields["total_amount"] or "")
    assert isinstance(values["total_amount"], Decimal)
    assert values["invoice_date"] == date.fromisoformat(truth.fields["invoice_date"] or "")
    assert type(values["invoice_date"]) is date
    assert values["invoice_number"] == truth.fields["invoice_number"]
    amounts = [cell["value"] for line in result["line_items"] for cell in line["cells"] if cell["name"] == "amount"]
    assert amounts == [Decimal(line["amount"]) for line in truth.line_items]
    assert isinstance(result["completed_at"], datetime)
    assert result["completed_at"].tzinfo == UTC
