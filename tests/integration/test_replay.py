"""Replay from offsets: a consumer seeks on the result topic, and a stage runs again without the ones before it."""

import getpass
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from connectors.claims import Claims
from processors.synthesis.samples import write_samples
from streams.contracts import topics
from streams.contracts.records import DocumentRecognized, DocumentResult, ReplayLogged, ReviewRequest
from streams.contracts.topics import Topic
from streams.harness.stage import Inbound
from streams.kafka import make_producer
from streams.scan import Start
from streams.stages.ids import result_id
from tests.support.harness import CODEC
from tests.support.pipeline import Pipeline, invoices, running_pipeline, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.ocr, pytest.mark.timeout(300)]

DOCUMENTS = [f"doc-{number}" for number in range(12)]
SCAN = "scan"
LATER = "sent later"


@dataclass(slots=True)
class World:
    """A pipeline and the first results. ``pause`` lies between the first documents and :data:`LATER`."""

    pipeline: Pipeline
    pause: datetime
    first: dict[str, DocumentResult] = field(default_factory=dict)

    def count(self, topic: Topic) -> int:
        return len(self.pipeline.scan(topic))

    def newest(self, document_id: str, revision: int) -> DocumentResult:
        """The result that ``show`` names, once the document has ended as ``revision``."""

        def ended() -> DocumentResult | None:
            final = self.pipeline.client().find(document_id)
            assert final is not None
            assert final.status.revision <= revision
            return final.result if final.status.revision == revision and final.state == "completed" else None

        return wait_for(ended, f"revision {revision} of {document_id}")

    def replay(self, *arguments: str) -> dict[str, Any]:
        done = self.pipeline.cli("replay", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("replay")
    scan = next(s.path for s in write_samples(folder / "samples") if s.path.name == "scan-invoice.png")
    contents = invoices(len(DOCUMENTS) + 3, seed=21)
    with running_pipeline(folder) as pipeline:
        world = World(pipeline, datetime.now(UTC))
        with pipeline.client() as client, client.watch() as watch:
            client.submit(scan.read_bytes(), document_id=SCAN, filename=scan.name)
            for document_id, content in zip(DOCUMENTS, contents, strict=False):
                client.submit(content, document_id=document_id, metadata={"erp": document_id})
            client.flush()
            world.first = {f.document_id: f.result for f in watch.wait([SCAN, *DOCUMENTS]) if f.result is not None}
            world.pause = datetime.now(UTC)
            client.submit(contents[-1], document_id=LATER)
            client.submit(contents[0], document_id="copy of doc-0")  # a duplicate
            client.submit(contents[-2], document_id="doc-0")  # other content under a known id
            client.submit(contents[-3], document_id="doc-0", tenant="thief")
            client.flush()
            world.first |= {f.document_id: f.result for f in watch.wait([LATER]) if f.result is not None}
            list(watch.wait(["copy of doc-0"]))
        pipeline.letter("doc-0", count=2)
        assert set(world.first) == {SCAN, LATER, *DOCUMENTS}
        yield world


# A consumer seeks on the result topic


def stock_consumer(world: World, places: list[TopicPartition], count: int) -> list[tuple[int, int]]:
    """What a plain Kafka consumer, as an ERP has one, reads from these places."""
    consumer = Consumer(
        {"bootstrap.servers": world.pipeline.stack.bootstrap_servers, "group.id": "erp", "enable.auto.commit": False}
    )
    try:
        consumer.assign(places)
        messages = consumer.consume(count, timeout=20)
        return sorted((int(m.partition() or 0), int(m.offset() or 0)) for m in messages)
    finally:
        consumer.close()


def test_a_consumer_seeks_by_offset(world: World) -> None:
    everything = world.pipeline.scan(topics.RESULTS)
    partition = max({i.partition for i in everything}, key=[i.partition for i in everything].count)
    whole = [i.offset for i in everything if i.partition == partition]
    middle = whole[len(whole) // 2]
    wanted = [(partition, offset) for offset in whole if offset >= middle]

    received = list(world.pipeline.client().results(Start(offset=middle, partition=partition)))
    assert [(item.partition, item.offset) for item in received] == wanted
    assert [item.result for item in received] == [
        world.pipeline.decode(i, DocumentResult) for i in everything if (i.partition, i.offset) in wanted
    ]
    place = TopicPartition("documents.results", partition, middle)
    assert stock_consumer(world, [place], len(wanted)) == wanted
    done = world.pipeline.cli("results", "--from-offset", str(middle), "--partition", str(partition), "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["partition"], line["offset"]) for line in lines] == wanted


def test_a_consumer_seeks_by_time(world: World) -> None:
    everything = world.pipeline.scan(topics.RESULTS)
    moment = sorted(i.timestamp for i in everything)[len(everything) // 2]
    wanted = sorted((i.partition, i.offset) for i in everything if i.timestamp >= moment)
    assert 0 < len(wanted) < len(everything)
    received = world.pipeline.client().results(Start(time=moment))
    assert sorted((item.partition, item.offset) for item in received) == wanted

    probe = Consumer({"bootstrap.servers": world.pipeline.stack.bootstrap_servers, "group.id": "erp"})
    millis = int(moment.timestamp() * 1000)
    asked = [TopicPartition("documents.results", number, millis) for number in range(4)]
    places = [place for place in probe.offsets_for_times(asked, timeout=20) if place.offset != OFFSET_END]
    probe.close()
    assert stock_consumer(world, places, len(wanted)) == wanted


def test_reading_from_beyond_the_end_gives_nothing_instead_of_everything(world: World) -> None:
    client = world.pipeline.client()
    assert list(client.results(Start(offset=1_000_000))) == []
    assert list(client.results(Start(time=datetime(2999, 1, 1, tzinfo=UTC)))) == []


def test_a_follower_from_beyond_the_end_waits_for_that_offset(world: World) -> None:
    from streams.scan import TopicReader

    end = len([i for i in world.pipeline.scan(topics.FEEDBACK) if i.partition == 0])
    producer = make_producer(world.pipeline.link)
    with TopicReader(world.pipeline.link, {"documents.feedback": Start(offset=end + 2, partition=0)}) as reader:
        for number in range(4):
            producer.produce("documents.feedback", str(number).encode(), partition=0)
        assert producer.flush(20) == 0
        got: list[Inbound] = []
        wait_for(lambda: _poll_into(reader, got) >= 2, "two records")
    assert [(i.offset, i.value) for i in got] == [(end + 2, b"2"), (end + 3, b"3")]


def _poll_into(reader: Any, got: list[Inbound]) -> int:
    found = reader.poll(0.2)
    if found is not None:
        got.append(found)
    return len(got)


# A stage runs again


def test_extract_runs_again_as_a_new_revision_without_ocr(world: World) -> None:
    before = world.first[SCAN]
    words = {path: path.stat().st_mtime_ns for path in _words(world)}
    uris = _words_uris(world, before)
    classified, recognized = world.count(topics.CLASSIFIED), world.count(topics.RECOGNIZED)
    counted = _recognize_count(world)
    assert len(words) == len(world.first)

    report = world.replay("extract", "--document-id", SCAN)
    assert [(item["document_id"], item["revision"]) for item in report["replayed"]] == [(SCAN, 2)]
    after = world.newest(SCAN, 2)
    assert after.supersedes == before.result_id == result_id(SCAN, 1)
    assert after.result_id == result_id(SCAN, 2)
    assert [(f.name, f.value, f.evidence) for f in after.fields] == [
        (f.name, f.value, f.evidence) for f in before.fields
    ]
    assert after.metadata == before.metadata
    assert after.trail[:3] == before.trail[:3], "what was not done again is told as it was"
    assert all(new.at > old.at for new, old in zip(after.trail[3:], before.trail[3:], strict=True))

    assert {path: path.stat().st_mtime_ns for path in _words(world)} == words
    assert _words_uris(world, after) == uris
    assert world.count(topics.CLASSIFIED) == classified
    assert world.count(topics.RECOGNIZED) == recognized + 1, "the replayed record itself"
    assert _recognize_count(world) == counted


def _words(world: World) -> list[Path]:
    return sorted((world.pipeline.stack.data_dir / "objects" / "words").rglob("*.json.gz"))


def _words_uris(world: World, result: DocumentResult) -> list[str]:
    hop = result.trail[3]
    recognized = world.pipeline.decode(world.pipeline.read(hop.topic, hop.partition, hop.offset), DocumentRecognized)
    return [page.words_uri for page in recognized.recognized_pages]


def _recognize_count(world: World) -> list[str]:
    """The worker's own counters of the recognize stage."""
    lines = world.pipeline.page("/metrics")[1].splitlines()
    return [line for line in lines if line.startswith("fieldtrail_records_total{") and 'stage="recognize"' in line]


def test_replaying_twice_at_once_gives_two_revisions(world: World) -> None:
    assert world.replay("extract", "--document-id", "doc-1")["replayed"][0]["revision"] == 2
    assert world.replay("extract", "--document-id", "doc-1")["replayed"][0]["revision"] == 3
    result = world.newest("doc-1", 3)
    assert result.supersedes == result_id("doc-1", 2)
    revisions = {r.revision for r in world.pipeline.records(topics.RESULTS, DocumentResult) if r.document_id == "doc-1"}
    assert revisions == {1, 2, 3}
    shown = json.loads(world.pipeline.cli("show", "doc-1", "--json").stdout)
    assert (shown["state"], shown["result"]["revision"]) == ("completed", 3)


def test_the_replay_log_tells_who_did_what(world: World) -> None:
    report = world.replay("route", "--document-id", "doc-2")
    [item] = report["replayed"]
    [entry] = [
        entry
        for entry in world.pipeline.records(topics.REPLAY_LOG, ReplayLogged)
        if entry.replay_id == report["replay_id"]
    ]
    assert (entry.kind, entry.stage, entry.document_id, entry.revision) == ("stage", "route", "doc-2", 2)
    assert entry.requested_by == getpass.getuser()
    assert f"{entry.source_topic}-{entry.source_partition}@{entry.source_offset}" == item["source"]
    assert entry.target_topic == "documents.validated" == report["target_topic"]
    assert world.newest("doc-2", 2).trail[:5] == world.first["doc-2"].trail[:5]


def test_from_an_offset_of_one_partition(world: World) -> None:
    recognized = [
        (i, world.pipeline.decode(i, DocumentRecognized)) for i in world.pipeline.scan(topics.RECOGNIZED, Start())
    ]
    partition = next(i.partition for i, record in recognized if record.document.document_id == "doc-3")
    start = next(i.offset for i, record in recognized if record.document.document_id == "doc-3")
    wanted = {r.document.document_id for i, r in recognized if i.partition == partition and i.offset >= start}
    arguments = ("extract", "--from-offset", str(start), "--partition", str(partition))
    report = world.replay(*arguments, "--dry-run")
    assert {item["document_id"] for item in report["replayed"]} == wanted
    assert report["scanned"] == len([i for i, _ in recognized if i.partition == partition and i.offset >= start])


def test_from_a_time(world: World) -> None:
    report = world.replay("extract", "--from-time", world.pause.isoformat(), "--dry-run")
    replayed = {item["document_id"] for item in report["replayed"]}
    assert LATER in replayed
    assert replayed & set(DOCUMENTS) <= {"doc-1"}, "doc-1 was replayed after that"
    assert world.replay("extract", "--from-time", world.pause.isoformat(), "--document-id", LATER)["dry_run"] is False
    assert world.newest(LATER, 2).supersedes == world.first[LATER].result_id


def test_a_dry_run_sends_nothing_and_the_limit_limits(world: World) -> None:
    before = [world.count(topic) for topic in (topics.RECOGNIZED, topics.REPLAY_LOG)]
    dry = world.replay("extract", "--dry-run", "--limit", "3")
    assert dry["dry_run"] is True
    assert len(dry["replayed"]) == 3
    assert len({item["document_id"] for item in dry["replayed"]}) == 3
    assert [world.count(topic) for topic in (topics.RECOGNIZED, topics.REPLAY_LOG)] == before
    told = world.pipeline.cli("replay", "extract", "--dry-run", "--limit", "3").stdout.splitlines()
    assert [line.split()[0] for line in told[:3]] == [item["source"] for item in dry["replayed"]]
    assert told[3].startswith("3 documents would be sent to extract again, of ")
    assert len(told) == 4
    one = world.replay("extract", "--dry-run", "--limit", "1", "--document-id", "doc-1", "--document-id", "doc-2")
    assert len(one["replayed"]) == 1, "and the other one is not said to be unknown"


def test_an_unknown_document_is_said_to_be_unknown(world: World) -> None:
    done = world.pipeline.cli("replay", "extract", "--document-id", "nobody")
    assert done.returncode == 1
    assert done.stderr == "fieldtrail: documents.recognized has no record of nobody from there on\n"


def test_ingest_runs_again_and_is_no_duplicate_of_itself(world: World) -> None:
    report = world.replay("ingest", "--document-id", "doc-4")
    assert report["replayed"][0]["revision"] == 2
    result = world.newest("doc-4", 2)
    assert result.supersedes == world.first["doc-4"].result_id
    assert [(f.name, f.value) for f in result.fields] == [(f.name, f.value) for f in world.first["doc-4"].fields]
    assert result.metadata == {"erp": "doc-4"}
    assert world.replay("ingest", "--document-id", "doc-4")["replayed"][0]["revision"] == 3
    assert world.newest("doc-4", 3).supersedes == result.result_id


def test_replaying_ingest_leaves_duplicates_and_stolen_ids_alone(world: World) -> None:
    """A duplicate that is read as a document of its own is an invoice paid twice; other content under a document's id
    would supersede that document."""
    results = {r.document_id for r in world.pipeline.records(topics.RESULTS, DocumentResult)}
    assert "copy of doc-0" not in results
    report = world.replay("ingest", "--document-id", "doc-0", "--document-id", "copy of doc-0")
    assert [item["document_id"] for item in report["replayed"]] == ["doc-0"]
    assert report["left_alone"] == 3
    result = world.newest("doc-0", 2)
    assert result.tenant == "default"
    assert result.content_sha256 == world.first["doc-0"].content_sha256
    everything = world.replay("ingest", "--dry-run")
    assert "copy of doc-0" not in {item["document_id"] for item in everything["replayed"]}


def test_a_stranger_cannot_supersede_a_document_by_replay_headers(world: World) -> None:
    """documents.submitted is public: headers on it prove nothing."""
    record = topics.SUBMITTED.record
    assert record is not None
    forged = CODEC.encode(
        record.model_validate({"document_id": "x", "tenant": "thief", "content": invoices(20, 99)[-1]})
    )
    headers = [
        ("fieldtrail.replay.id", b"r"),
        ("fieldtrail.replay.revision", b"9"),
        ("fieldtrail.replay.document", b"doc-5"),
    ]
    producer = make_producer(world.pipeline.link)
    producer.produce("documents.submitted", forged, b"doc-5", headers=headers)
    assert producer.flush(20) == 0

    def taken_or_refused() -> bool:
        results = world.pipeline.records(topics.RESULTS, DocumentResult)
        reviews = world.pipeline.records(topics.REVIEW, ReviewRequest)
        taken = any(r.document_id == "doc-5" and r.revision == 9 for r in results)
        held = any(r.document.document_id == "doc-5" for r in reviews)
        return taken or held or any(letter.error.document_id == "doc-5" for letter in world.pipeline.letters())

    wait_for(taken_or_refused, "the forged record has an end")
    assert [letter.error.code for letter in world.pipeline.letter("doc-5")] == ["document_id_conflict"]


def test_hostile_headers_do_not_stop_the_worker(world: World) -> None:
    producer = make_producer(world.pipeline.link)
    record = topics.SUBMITTED.record
    assert record is not None
    content = invoices(30, 77)
    hostile = [
        ("fieldtrail.replay.id", b"\xff\xfe"),
        ("fieldtrail.replay.count", b"9" * 5_000),
        ("fieldtrail.replay.revision", b"9" * 5_000),
        ("fieldtrail.errors.stage", b"\x00"),
        ("traceparent", b"00-zz"),
        ("", b""),
        ("nothing", None),
    ]
    for number in range(4):
        value = record.model_validate({"document_id": f"hostile-{number}", "content": content[-1 - number]})
        producer.produce("documents.submitted", CODEC.encode(value), b"k", partition=number, headers=hostile)
    assert producer.flush(20) == 0
    for number in range(4):
        document_id = f"hostile-{number}"
        final = wait_for(lambda: world.pipeline.client().find(document_id), document_id)  # noqa: B023  called at once
        assert final.status.revision == 1
    assert world.pipeline.stack.status()[1].restarts == 0


def test_replays_of_two_stages_at_once_never_share_a_revision(world: World) -> None:
    """The records of the second stage know nothing of the first replay, which has not passed them yet."""
    first, second = (
        world.replay(stage, "--document-id", "doc-4")["replayed"][0]["revision"] for stage in ("extract", "route")
    )
    assert second == first + 1


def test_an_erased_document_never_goes_again_and_none_of_its_records_is_worked_on(world: World) -> None:
    """Kafka keeps its records until their retention ends."""
    claims = Claims(world.pipeline.settings.store.database_url)
    claims.erase("doc-11")
    claims.close()
    for stage in ("ingest", "extract", "route"):
        report = world.replay(stage, "--document-id", "doc-11", "--document-id", "doc-10", "--dry-run")
        assert [item["document_id"] for item in report["replayed"]] == ["doc-10"]
        assert report["erased"] == ["doc-11"]
    limited = world.replay("route", "--document-id", "doc-11", "--document-id", "doc-10", "--limit", "1", "--dry-run")
    assert [item["document_id"] for item in limited["replayed"]] == ["doc-10"], "the limit counts what goes"
    told = world.pipeline.cli("replay", "route", "--document-id", "doc-11")
    assert (told.returncode, "1 document left alone: erased (doc-11)" in told.stdout) == (0, True)
    log = world.pipeline.records(topics.REPLAY_LOG, ReplayLogged)
    assert all(entry.document_id != "doc-11" for entry in log)
    # by hand, the record is sent all the same; its stage leaves it alone
    ends = world.count(topics.RESULTS), world.count(topics.REVIEW), len(world.pipeline.letters())
    mine = next(item for item in world.pipeline.scan(topics.VALIDATED) if item.key == b"doc-11")
    producer = make_producer(world.pipeline.link)
    producer.produce(mine.topic, mine.value, mine.key, partition=mine.partition)
    other = next(item for item in world.pipeline.scan(topics.VALIDATED) if item.key == b"doc-10")
    producer.produce(mine.topic, other.value, other.key, partition=mine.partition)
    assert producer.flush(20) == 0
    after = (ends[0] + 1, *ends[1:])
    assert wait_for(lambda: world.count(topics.RESULTS) > ends[0], "the record behind it")
    assert (world.count(topics.RESULTS), world.count(topics.REVIEW), len(world.pipeline.letters())) == after
