"""The audit sink on a real broker and a real ClickHouse: what it stores, what it survives, what it proves."""

import json
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from typer.testing import CliRunner, Result

from connectors.claims import Claims
from connectors.clickhouse.client import Answer, ClickHouse
from connectors.clickhouse.erase import values_left
from connectors.clickhouse.migrate import migrate
from connectors.clickhouse.seals import SEALED
from fieldtrail.audit.rows import check_rows
from fieldtrail.cli.app import build_app
from fieldtrail.stack import LocalStack
from processors.audit.chain import genesis
from processors.audit.merkle import inclusion_proofs, root_of_proof
from processors.audit.roots import day_end, event_leaf
from processors.audit.verify import Intact, verify_chain, verify_root
from streams.admin import admin_client, apply
from streams.contracts import topics
from streams.contracts.codec import Codec
from streams.contracts.records import AuditRoot, DocumentResult, ErasureLogged
from streams.contracts.registry import AvroSchema, FileRegistry, RegistryUnavailableError
from streams.contracts.topics import TopicPlan
from streams.harness.headers import read_error
from streams.kafka import KafkaConnection, make_producer
from streams.outbox import Outbox
from streams.scan import scan
from streams.sinks.batch import BatchLimits
from streams.sinks.chains import read_heads, read_links
from streams.sinks.erasures import BarredDocuments
from streams.sinks.roots import CLOSE_AFTER, ROOT_KEY, read_roots, root_of
from tests.support.audit import (
    CODEC,
    PATH,
    Sent,
    amount_of,
    count,
    document_records,
    example,
    make_closer,
    make_sink,
    produce,
    running,
)
from tests.support.clickhouse import ClickHouseServer, embedded_clickhouse
from tests.support.servers import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]


@pytest.fixture
def connection(bootstrap_servers: str) -> KafkaConnection:
    return KafkaConnection(bootstrap_servers)


@pytest.fixture
def plan(connection: KafkaConnection, topic_prefix: str) -> TopicPlan:
    """Topics of this test's own, with two partitions each."""
    plan = TopicPlan(partitions=2, prefix=topic_prefix)
    apply(connection, plan)
    return plan


def events_of(documents: int) -> int:
    """Events that ``documents`` give: their status is no event."""
    return documents * (len(PATH) - 1)


def test_a_document_is_stored_from_its_submission_to_its_delivery(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    produce(connection, plan, document_records(7))
    with running(make_sink(connection, plan, clickhouse)):
        eventually(lambda: count(clickhouse, "events") == events_of(1), "all events")
    stages = clickhouse.query("SELECT stage, decision, amount FROM documents FINAL ORDER BY stage").rows
    assert [stage for stage, *_ in stages] == [
        "accepted",
        "classified",
        "recognized",
        "extracted",
        "validated",
        "routed",
    ]
    assert stages[-1][1:] == ("straight_through", amount_of(7))
    assert count(clickhouse, "fields", "stage = 'routed'") == 4 + 2 * 4
    [(value, page, topic, offset)] = clickhouse.query(
        "SELECT value_decimal, page, topic, offset FROM fields FINAL"
        " WHERE name = 'total_amount' AND row_number = 0 AND stage = 'routed'"
    ).rows
    assert (value, page, topic, offset) == (amount_of(7), 1, plan.name(topics.RESULTS), 0)
    [(target, result)] = clickhouse.query("SELECT target, result_id FROM deliveries FINAL").rows
    assert (target, result) == (plan.name(topics.RESULTS), "r-doc-000007")
    assert count(clickhouse, "page_quality") == len(example(PATH[3]).recognized_pages) + len(
        example(PATH[3]).failed_pages
    )


def test_events_say_who_worked_since_when_and_on_what(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    produce(connection, plan, document_records(7))
    with running(make_sink(connection, plan, clickhouse)):
        eventually(lambda: count(clickhouse, "events") == events_of(1), "all events")
    rows = {row["kind"]: row for row in clickhouse.query("SELECT * FROM events FINAL").mappings()}
    result, submitted = rows["document_result"], rows["document_submitted"]
    assert (result["worker"], result["seconds"], result["stage"]) == ("host-1", 0.25, "route")
    assert (result["input_topic"], result["input_offset"]) == ("documents.results", 7)
    assert (submitted["worker"], submitted["seconds"], submitted["stage"]) == ("", None, "")
    assert {row["document_id"] for row in rows.values()} == {"doc-000007"}
    assert "geometric=1" in result["model_versions"]


def test_the_chains_and_the_rows_are_whole(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    produce(connection, plan, [item for number in range(20) for item in document_records(number)])
    with running(make_sink(connection, plan, clickhouse)):
        eventually(lambda: count(clickhouse, "events") == events_of(20), "all events")
    chains = clickhouse.query("SELECT DISTINCT topic, partition FROM events").rows
    heads = read_heads(clickhouse, list(chains))
    checked = 0
    for chain in chains:
        answer = verify_chain(read_links(clickhouse, chain, -1, page=7), genesis(*chain), heads[chain])
        assert isinstance(answer, Intact)
        checked += answer.events
    assert checked == events_of(20)
    assert isinstance(check_rows(clickhouse), int), "whoever has the tables alone can tell that none was altered"
    [(rows,)] = clickhouse.query("SELECT sum(length(row_keys)) FROM event_places FINAL").rows
    assert rows == sum(count(clickhouse, kind.TABLE) for kind in SEALED)


def test_a_sink_that_begins_anew_goes_on_after_the_heads_and_changes_nothing(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    first = [item for number in range(5) for item in document_records(number)]
    produce(connection, plan, first)
    with running(make_sink(connection, plan, clickhouse)):
        eventually(lambda: count(clickhouse, "events") == events_of(5), "the first events")
    before = clickhouse.query("SELECT topic, partition, offset, chain_hash FROM events FINAL ORDER BY ALL").rows
    produce(connection, plan, [item for number in range(5, 8) for item in document_records(number)])
    with running(make_sink(connection, plan, clickhouse)):
        eventually(lambda: count(clickhouse, "events") == events_of(8), "the events of both")
    after = clickhouse.query("SELECT topic, partition, offset, chain_hash FROM events ORDER BY ALL").rows
    assert len(after) == events_of(8), "no event was written twice"
    assert set(before) < set(after)


def test_two_sinks_share_the_partitions_and_fork_no_chain(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    with running(make_sink(connection, plan, clickhouse)) as one:
        produce(connection, plan, [item for number in range(40) for item in document_records(number)])
        eventually(lambda: one.health().done > 0, "the first sink reads")
        with running(make_sink(connection, plan, clickhouse)) as other:
            eventually(lambda: other.health().assigned, "the second sink has partitions")
            produce(connection, plan, [item for number in range(40, 80) for item in document_records(number)])
            eventually(lambda: count(clickhouse, "events") == events_of(80), "all events")
    for chain in clickhouse.query("SELECT DISTINCT topic, partition FROM events").rows:
        assert isinstance(verify_chain(read_links(clickhouse, chain, -1), genesis(*chain)), Intact)
    total = sum(amount_of(number) for number in range(80))
    assert clickhouse.query("SELECT sum(amount) FROM documents FINAL WHERE stage = 'routed'").rows == ((total,),)


def test_a_row_that_cannot_be_stored_is_dead_lettered_alone(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    bad = example(DocumentResult).model_copy(
        update={
            "document_id": "doc-bad",
            "decision": "straight_through",
            "submitted_at": datetime(2400, 1, 1, tzinfo=UTC),
        }
    )
    good = [item for number in range(10) for item in document_records(number)]
    poison = Sent(topics.RESULTS, b"doc-bad", CODEC.encode(bad))
    rubbish = Sent(topics.EXTRACTED, b"x", b"\x01rubbish", (("h", b"1"),))
    produce(connection, plan, [*good[:40], poison, rubbish, *good[40:]])
    with running(make_sink(connection, plan, clickhouse)):
        eventually(lambda: count(clickhouse, "events") >= events_of(10) + 4, "all events, and those of the letters")
    letters = [(read_error(item.headers), item) for item in scan(connection, plan.name(topics.AUDIT_DEAD_LETTERS))]
    by_code = {error.code: (error, item) for error, item in letters if error is not None}
    assert set(by_code) == {"unstorable", "undecodable"}
    error, letter = by_code["unstorable"]
    assert (error.document_id, letter.value) == ("doc-bad", poison.value)
    assert "submitted_at is no time" in error.message
    assert by_code["undecodable"][1].headers[0] == ("h", b"1")
    assert count(clickhouse, "documents", "stage = 'routed'") == 10
    assert count(clickhouse, "events", "document_id = 'doc-bad' AND kind = 'document_result'") == 1
    assert count(clickhouse, "events", "kind = 'undecodable'") == 1
    assert count(clickhouse, "dead_letters", "stage = 'audit'") == 2
    assert count(clickhouse, "deliveries", "document_id = 'doc-bad'") == 1, "its other rows are stored"


def test_a_tombstone_of_the_status_topic_is_passed_over(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    outbox = Outbox(connection)
    outbox.send(plan.name(topics.STATUS), b"doc-1", None)
    outbox.flush()
    produce(connection, plan, document_records(1))
    with running(make_sink(connection, plan, clickhouse)) as sink:
        eventually(lambda: count(clickhouse, "events") == events_of(1), "all events")
        eventually(lambda: sink.health().lag == 0, "the tombstone is read")
    assert list(scan(connection, plan.name(topics.AUDIT_DEAD_LETTERS))) == []


def test_while_clickhouse_is_down_the_sink_waits_and_says_so(
    connection: KafkaConnection, plan: TopicPlan, tmp_path: Path
) -> None:
    embedded = embedded_clickhouse(tmp_path)
    assert embedded.server is not None
    with embedded.server as server:
        store = ClickHouse(embedded.dsn)
        migrate(store)
        with running(make_sink(connection, plan, store)) as sink:
            produce(connection, plan, document_records(1))
            eventually(lambda: count(store, "events") == events_of(1), "the first document")
            server.kill()
            produce(connection, plan, [item for number in range(2, 200) for item in document_records(number)])
            eventually(lambda: "clickhouse" in sink.health().paused, "the sink notices")
            health = sink.health()
            assert health.assigned == 2 * len(topics.TOPICS), "it keeps its partitions"
            assert health.stalled_s == 0.0, "waiting for a dependency is no stall"
            server.start()
            eventually(lambda: sink.health().done == 199 * len(PATH), "all is stored", 60)
            assert sink.health().paused == {}
            assert count(store, "events") == events_of(199)
    assert list(scan(connection, plan.name(topics.AUDIT_DEAD_LETTERS))) == []


def test_brokers_that_are_down_are_noticed_although_nothing_is_sent(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse, stack: LocalStack
) -> None:
    produce(connection, plan, document_records(1))
    with running(make_sink(connection, plan, clickhouse)) as sink:
        eventually(lambda: count(clickhouse, "events") == events_of(1), "the first document")
        assert sink.health().paused == {}
        stack.kill("broker")
        eventually(lambda: "broker" in sink.health().paused, "the sink notices")
        assert sink.paused() == [("broker", True)], "the gauge of its metrics"
        eventually(lambda: sink.health().paused == {}, "it notices that they answer again, without a record", 60)
        produce(connection, plan, document_records(2))
        eventually(lambda: count(clickhouse, "events") == events_of(2), "it goes on", 60)


def test_what_was_gathered_is_written_at_the_end(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    """Long before the batch would be due."""
    with running(make_sink(connection, plan, clickhouse, limits=BatchLimits(age_s=600))) as sink:
        eventually(lambda: sink.health().assigned, "the sink has partitions")
        produce(connection, plan, document_records(1))
        eventually(lambda: sink.health().in_flight == len(PATH), "the sink has read the document")
        assert count(clickhouse, "events") == 0
    assert count(clickhouse, "events") == events_of(1)


class AwayUntilStopped(FileRegistry):
    """A schema registry that answers for results only once ``stop`` is set."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__()
        self._stop = stop

    def schema_for(self, schema_id: int) -> AvroSchema:
        if schema_id == self.id_for(DocumentResult.SCHEMA) and not self._stop.is_set():
            raise RegistryUnavailableError("it does not answer")
        return super().schema_for(schema_id)


def test_without_the_schema_registry_it_ends_when_it_is_asked_to_and_loses_nothing(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    """What it has is written; of the records behind the one that waits, none is taken, though it could be read now."""
    stop = threading.Event()
    codec, others = Codec(AwayUntilStopped(stop)), [kind for kind in PATH if kind is not DocumentResult]
    produce(connection, plan, [item for number in range(6) for item in document_records(number, kinds=others)])
    with running(make_sink(connection, plan, clickhouse, limits=BatchLimits(age_s=600), codec=codec), stop) as sink:
        eventually(lambda: sink.health().in_flight == 6 * len(others), "it has read all else")
        produce(connection, plan, [document_records(number, kinds=[DocumentResult])[0] for number in range(6)])
        eventually(lambda: "schema_registry" in sink.health().paused, "it waits for the registry")
        asked_at = time.monotonic()
    assert time.monotonic() - asked_at < 3.0
    assert count(clickhouse, "events") == events_of(6) - 6
    assert count(clickhouse, "events", "kind = 'document_result'") == 0
    with running(make_sink(connection, plan, clickhouse)):
        eventually(lambda: count(clickhouse, "events") == events_of(6), "the results too")
    assert clickhouse.query("SELECT count() FROM events WHERE gap > 0").rows == ((0,),)
    assert isinstance(check_rows(clickhouse), int)


def test_rows_of_an_erased_document_are_stored_blank_and_verify(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse, tmp_path: Path
) -> None:
    """Its records lie on their topics until their retention ends, and a new store would read them all."""
    claims = Claims(f"sqlite:///{tmp_path / 'fieldtrail.db'}")
    claims.erase("doc-000002")
    proof = example(ErasureLogged).model_copy(update={"document_id": "doc-000002"})
    records = [item for number in (1, 2) for item in document_records(number)]
    produce(connection, plan, [*records, Sent(topics.ERASURES, b"doc-000002", CODEC.encode(proof))])
    with running(make_sink(connection, plan, clickhouse, erasures=BarredDocuments(claims, clickhouse))):
        eventually(lambda: count(clickhouse, "events") == events_of(2) + 1, "all events")
    claims.close()
    assert values_left(clickhouse, ["doc-000001", "doc-000002"]).keys() == {"doc-000001"}
    assert count(clickhouse, "fields", "document_id = 'doc-000002'") == 24
    assert isinstance(check_rows(clickhouse), int)


def test_a_topic_that_was_made_anew_is_refused_and_not_appended_to_the_old_chain(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    produce(connection, plan, document_records(1))
    with running(make_sink(connection, plan, clickhouse)):
        eventually(lambda: count(clickhouse, "events") == events_of(1), "all events")
    results = plan.name(topics.RESULTS)
    clickhouse.command(
        "INSERT INTO events (topic, partition, offset, chain_hash, at)"
        f" SELECT topic, partition, 1000, chain_hash, at FROM events WHERE topic = '{results}'"
    )
    with running(make_sink(connection, plan, clickhouse)) as sink:
        eventually(lambda: bool(sink.health().paused), "the sink says so")
        [(name, reason)] = sink.health().paused.items()
    assert name.startswith(f"{results}-")
    assert "its chain ends at offset 1000" in reason


def test_days_are_closed_with_roots_that_prove_every_event(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    produce(connection, plan, [item for number in range(12) for item in document_records(number)])
    tomorrow = day_end(datetime.now(UTC).date()) + CLOSE_AFTER
    closer = make_closer(connection, plan, clickhouse, now=lambda: tomorrow)
    with running(make_sink(connection, plan, clickhouse, chores=closer)):
        eventually(lambda: count(clickhouse, "merkle_roots") == 1, "the day's root", 60)
    [root] = read_roots(clickhouse)
    assert (root.day, root.events) == (datetime.now(UTC).date(), events_of(12))
    links = [
        link
        for item in root.stretches
        for link in read_links(clickhouse, (item.topic, item.partition), -1, item.last_offset)
    ]
    assert verify_root(root, links, {}) == Intact(events_of(12))
    [published] = [CODEC.decode(item.value, AuditRoot) for item in scan(connection, plan.name(topics.ROOTS))]
    assert isinstance(published, AuditRoot)
    assert root_of(published) == root
    leaves = [event_leaf(link) for link in links]
    mine = [index for index, link in enumerate(links) if link.event.document_id == "doc-000007"]
    assert len(mine) == len(PATH) - 1
    for index, path in inclusion_proofs(leaves, root.events, mine).items():
        assert root_of_proof(leaves[index], index, root.events, path) == root.root


def send_stamped(connection: KafkaConnection, plan: TopicPlan, stamps: Sequence[datetime]) -> None:
    """Results, all in one partition, with stamps of the producer's own, on a topic that takes any."""
    name = plan.name(topics.RESULTS)
    believing = ConfigEntry("message.timestamp.after.max.ms", str(2**62), incremental_operation=AlterConfigOpType.SET)
    wanted = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[believing])
    admin = admin_client(connection)
    for answer in admin.incremental_alter_configs([wanted]).values():
        answer.result(20)
    producer, refused = make_producer(connection), list[object]()
    for number, at in enumerate(stamps):
        [sent] = document_records(number, kinds=[DocumentResult])
        stamp = int(at.timestamp() * 1000)
        producer.produce(
            name, sent.value, sent.key, 0, timestamp=stamp, on_delivery=lambda error, _: refused.append(error)
        )
    assert producer.flush(20) == 0
    assert refused == [None] * len(stamps)


TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)


def test_a_stamp_far_in_the_future_keeps_no_day_open(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    """Anybody may produce to a public topic, and stamp as he likes. The record counts to the day of its neighbours."""
    send_stamped(connection, plan, [TODAY, TODAY + 3650 * DAY, TODAY, TODAY + DAY, TODAY + 3650 * DAY, TODAY + DAY])
    late = day_end((TODAY + DAY).date()) + CLOSE_AFTER
    closer = make_closer(connection, plan, clickhouse, now=lambda: late)
    with running(make_sink(connection, plan, clickhouse, chores=closer)):
        eventually(lambda: count(clickhouse, "merkle_roots") == 2, "both days' roots", 60)
    stretches = {
        root.day: [item for item in root.stretches if "results" in item.topic] for root in read_roots(clickhouse)
    }
    covered = {day: [(item.after_offset, item.last_offset) for item in found] for day, found in stretches.items()}
    assert covered == {TODAY.date(): [(-1, 2)], (TODAY + DAY).date(): [(2, 5)]}


def test_days_are_closed_also_where_every_stamp_lies_in_the_future(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    send_stamped(connection, plan, [TODAY + 3650 * DAY] * 2)
    closer = make_closer(connection, plan, clickhouse, now=lambda: TODAY + DAY)
    with running(make_sink(connection, plan, clickhouse, chores=closer)):
        eventually(lambda: count(clickhouse, "merkle_roots") == 1, "the day's root", 60)
    [root] = read_roots(clickhouse)
    assert (root.day, root.events) == (TODAY.date(), 2)


def test_a_day_is_closed_once_and_the_first_of_two_roots_stands(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    produce(connection, plan, document_records(1))
    tomorrow = day_end(datetime.now(UTC).date()) + CLOSE_AFTER
    closer = make_closer(connection, plan, clickhouse, now=lambda: tomorrow)
    with running(make_sink(connection, plan, clickhouse, chores=closer)):
        eventually(lambda: count(clickhouse, "merkle_roots") == 1, "the day's root", 60)
        first = read_roots(clickhouse)
        [record] = [CODEC.decode(item.value, AuditRoot) for item in scan(connection, plan.name(topics.ROOTS))]
        assert isinstance(record, AuditRoot)
        forged = record.model_copy(update={"root": "00" * 32})
        produce(connection, plan, [Sent(topics.ROOTS, ROOT_KEY, CODEC.encode(forged))])
        eventually(lambda: count(clickhouse, "events", "kind = 'audit_root'") == 2, "both roots are read")
    assert read_roots(clickhouse) == first


def test_the_stored_roots_are_held_against_the_topic_and_a_record_that_is_no_root_is_named(
    connection: KafkaConnection,
    plan: TopicPlan,
    clickhouse: ClickHouse,
    clickhouse_server: ClickHouseServer,
    tmp_path: Path,
) -> None:
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": connection.bootstrap_servers,
        "FIELDTRAIL_TOPICS_PREFIX": plan.prefix,
        "FIELDTRAIL_DATA_DIR": str(tmp_path),
        "CLICKHOUSE_DSN": clickhouse_server.dsn,
        "FIELDTRAIL_CLICKHOUSE_DATABASE": clickhouse.database,
    }

    def verify() -> tuple[Result, dict[str, Any]]:
        said = CliRunner().invoke(build_app(), ["audit", "verify", "--with-topic", "--json"], env=environment)
        return said, json.loads(said.stdout)

    produce(connection, plan, document_records(1))
    tomorrow = day_end(datetime.now(UTC).date()) + CLOSE_AFTER
    closer = make_closer(connection, plan, clickhouse, now=lambda: tomorrow)
    with running(make_sink(connection, plan, clickhouse, chores=closer)):
        eventually(lambda: count(clickhouse, "merkle_roots") == 1, "the day's root", 60)
        [root] = scan(connection, plan.name(topics.ROOTS))
        said, told = verify()
        assert (said.exit_code, told["intact"], told["days"], told["unreadable_roots"]) == (0, True, 1, [])
        record = CODEC.decode(root.value, AuditRoot)
        assert isinstance(record, AuditRoot)
        forged = record.model_copy(update={"root": "no hash"})
        produce(connection, plan, [Sent(topics.ROOTS, ROOT_KEY, CODEC.encode(forged))])
        eventually(lambda: count(clickhouse, "dead_letters") == 1, "the sink's letter about it")
        said, told = verify()
    place = f"{root.topic}-{root.partition}@{root.offset + 1}"
    assert (said.exit_code, told["intact"], told["days"]) == (1, True, 1), "all else is held against the others"
    assert told["unreadable_roots"] == [f"{place} is no daily root: 'no hash' is no SHA-256 in hexadecimal"]
    assert str(said.exception).startswith(told["unreadable_roots"][0])
    assert "fieldtrail dlq list --stage audit" in str(said.exception)


class Counting(ClickHouse):
    """A client that counts what it asks of the events."""

    asked = 0

    def query(self, statement: str, *rest: Any, **named: Any) -> Answer:
        self.asked += "FROM events" in statement
        return super().query(statement, *rest, **named)


def test_quiet_days_are_walked_once_and_the_next_root_covers_them(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse, clickhouse_server: ClickHouseServer
) -> None:
    """As after a sink that was away for days: the root that it makes up for is a record of today."""
    send_stamped(connection, plan, [TODAY - 5 * DAY])
    ahead = [timedelta()]
    store, place = Counting(clickhouse_server.dsn, clickhouse.database), frozenset({(plan.name(topics.ROOTS), 0)})
    closer = make_closer(connection, plan, store, now=lambda: datetime.now(UTC) + ahead[0])
    with running(make_sink(connection, plan, clickhouse)):
        eventually(lambda: count(clickhouse, "events") == 1, "the event")
        closer.run(place)
        eventually(lambda: count(clickhouse, "merkle_roots") == 1, "the day's root")
        closer.run(place)
        walked, store.asked = store.asked, 0
        closer.run(place)
        assert (walked > 4, store.asked) == (True, 0)
        ahead[0] = DAY + CLOSE_AFTER
        closer.run(place)
        eventually(lambda: count(clickhouse, "merkle_roots") == 2, "the root after them")
    first, second = read_roots(clickhouse)
    assert (first.day, second.day) == ((TODAY - 5 * DAY).date(), TODAY.date())
    assert [(item.topic, item.events) for item in second.stretches] == [(plan.name(topics.ROOTS), 1)]
    store.close()


def test_a_document_is_visible_within_two_seconds_of_its_result(
    connection: KafkaConnection, plan: TopicPlan, clickhouse: ClickHouse
) -> None:
    """At twelve documents a second, with the settings as they come."""
    sent_at: list[float] = []
    visible_at: list[float] = []
    outbox, pause = Outbox(connection), threading.Event()
    with running(make_sink(connection, plan, clickhouse, limits=BatchLimits())):
        for item in document_records(999):  # a broker that has just begun takes seconds to greet a producer
            outbox.send(plan.name(item.topic), item.key, item.value, item.headers)
        eventually(lambda: count(clickhouse, "deliveries") == 1, "the sink reads")
        for number in range(48):
            for item in document_records(number):
                outbox.send(plan.name(item.topic), item.key, item.value, item.headers)
            sent_at.append(time.monotonic())
            pause.wait(1 / 12)
            visible_at += [time.monotonic()] * (count(clickhouse, "deliveries") - 1 - len(visible_at))
        eventually(lambda: count(clickhouse, "deliveries") == 49, "all documents")
        visible_at += [time.monotonic()] * (48 - len(visible_at))
    late = [round(seen - sent, 2) for sent, seen in zip(sent_at, visible_at, strict=True)]
    assert max(late) < 2.0, late
