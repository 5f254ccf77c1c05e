"""Erasure: nothing of a document is left, the proof is, and what others need stays. Real Kafka and ClickHouse."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connectors.claims import ERASED, Claims, Submission
from connectors.clickhouse.blanks import BLANKS
from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.erase import documents_with_words, find_subjects, tenant_subjects, values_left
from connectors.clickhouse.insert import Inserter
from connectors.clickhouse.questions.story import story
from connectors.clickhouse.rows import ROWS, ErasureRow
from connectors.errors import UnavailableError
from connectors.objects import DirectoryStore
from connectors.retention import EVERY_TENANT, Hold, Retention
from connectors.vendor_memory import VendorMemory
from fieldtrail.audit.erasure import Eraser, Held, Order, Outcome, Stores
from fieldtrail.audit.held import gone_at
from fieldtrail.audit.proofs import Publisher
from fieldtrail.audit.retention import apply, due
from fieldtrail.cli.app import build_app
from fieldtrail.stack import LocalStack
from streams.admin import apply as apply_topics
from streams.contracts import topics
from streams.contracts.codec import Codec
from streams.contracts.records import ErasureLogged
from streams.contracts.registry import FileRegistry
from streams.contracts.topics import TopicPlan
from streams.kafka import KafkaConnection
from streams.outbox import Outbox
from streams.scan import scan
from streams.sinks.mapping import Mapper
from tests.support import audit_world as world
from tests.support.audit_world import OCTOBER, sha

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

ORDER = Order("anna", "Article 17")
CODEC = Codec(FileRegistry())
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Rig:
    """Everything that has something of a document, and what erases."""

    folder: Path
    bootstrap: str
    prefix: str
    dsn: str
    database: str
    eraser: Eraser
    stores: Stores
    connection: KafkaConnection
    plan: TopicPlan

    def stored(self) -> list[str]:
        objects = self.folder / "objects"
        return sorted(path.relative_to(objects).as_posix() for path in objects.rglob("*") if path.is_file())

    def erase(self, document_id: str, order: Order = ORDER) -> Outcome:
        return self.eraser.erase(find_subjects(self.stores.audit, document_id), order)

    def proofs(self) -> list[ErasureLogged]:
        records = [
            CODEC.decode(record.value, ErasureLogged)
            for record in scan(self.connection, self.plan.name(topics.ERASURES))
        ]
        assert all(isinstance(record, ErasureLogged) for record in records)
        return [record for record in records if isinstance(record, ErasureLogged)]

    def sink(self) -> None:
        """Takes the proofs into the audit store, as the sink does."""
        mapper = Mapper(self.plan, CODEC)
        rows = [row for item in scan(self.connection, self.plan.name(topics.ERASURES)) for row in mapper.map(item).rows]
        assert Inserter(self.stores.audit).insert(rows, f"proofs-{len(rows)}").refused == ()

    def everything(self) -> str:
        """All rows of all tables, but for what tells of the erasures, as text."""
        tables = [kind.TABLE for kind in ROWS if kind is not ErasureRow]
        return "\n".join(str(self.stores.audit.query(f"SELECT * FROM {table} FINAL").rows) for table in tables)


def build(folder: Path, bootstrap: str, prefix: str, dsn: str, database: str) -> Rig:
    connection, plan = KafkaConnection(bootstrap), TopicPlan(partitions=2, prefix=prefix)
    audit, url = ClickHouse(dsn, database), f"sqlite:///{folder / 'fieldtrail.db'}"
    stores = Stores(
        DirectoryStore(folder / "objects"),
        audit,
        Claims(url),
        VendorMemory(url),
        Retention(url),
        Publisher(connection, plan, CODEC, audit),
    )
    return Rig(folder, bootstrap, prefix, dsn, database, Eraser(stores), stores, connection, plan)


@pytest.fixture
def rig(
    stack: LocalStack, topic_prefix: str, clickhouse: ClickHouse, clickhouse_server: object, tmp_path: Path
) -> Iterator[Rig]:
    """The world of ``audit_world`` with its files, words, claims and topics."""
    made = build(tmp_path, stack.bootstrap_servers, topic_prefix, clickhouse_server.dsn, clickhouse.database)  # type: ignore[attr-defined]
    apply_topics(made.connection, made.plan, [topics.STATUS, topics.ERASURES, topics.RESULTS])
    world.fill(clickhouse)
    lay_objects(made)
    yield made
    for store in (made.stores.claims, made.stores.memory, made.stores.retention, made.stores.audit):
        store.close()


def lay_objects(rig: Rig) -> None:
    """doc-1's original, the words of its two pages, one set of words that no record tells of, and one shared page."""
    store, audit, root = rig.stores.objects, rig.stores.audit, sha("doc-1")
    original = store.put(f"originals/{root[:2]}/{root}", b"the file of Muster GmbH")
    words = [store.put(f"words/{root[:2]}/{root}/{number:05d}.ocr.json.gz", b"words") for number in (1, 2)]
    store.put(f"words/{root[:2]}/{root}/00001.older.json.gz", b"words of a worker that died")
    shared = store.put("words/cd/cdcd/page.ocr.json.gz", b"words of terms and conditions")
    rows = [
        world.document("doc-1", "accepted", content_uri=original),
        *(world.page("doc-1", number, words_uri=uri) for number, uri in enumerate(words, 1)),
        world.page("doc-1", 3, words_uri=shared),
        world.page("doc-2", 1, words_uri=shared),
    ]
    assert Inserter(audit).insert(rows, "objects").refused == ()
    for document_id in ("doc-1", "doc-2"):
        rig.stores.claims.claim_submission(Submission(document_id, "acme", sha(document_id), "submitted-0@1"))
        rig.stores.claims.claim_content("acme", sha(document_id), "", document_id)


def test_nothing_of_the_document_is_left_and_the_proof_is(rig: Rig) -> None:
    before = rig.stores.audit.query("SELECT * FROM events FINAL ORDER BY ALL").rows
    [proof] = rig.erase("doc-1").erased
    root = sha("doc-1")
    assert rig.stored() == ["words/cd/cdcd/page.ocr.json.gz"], "doc-2 has a page with these words"
    assert values_left(rig.stores.audit, ["doc-1"]) == {}
    own = rig.stores.audit.query("SELECT * FROM fields WHERE document_id = 'doc-1'").rows
    assert len(own) == 6, "that there were values stays known"
    assert not any("119" in str(row) or "191" in str(row) for row in own)
    assert values_left(rig.stores.audit, ["doc-2"]) != {}
    assert rig.stores.audit.query("SELECT * FROM events FINAL ORDER BY ALL").rows == before, "chains hold"
    # the operational store
    again = rig.stores.claims.claim_submission(Submission("doc-1", "acme", root, "submitted-0@1"))
    assert again.sha256 == ERASED
    assert rig.stores.claims.owners_of(root) == frozenset()
    # Kafka
    [tombstone] = list(scan(rig.connection, rig.plan.name(topics.STATUS)))
    assert (tombstone.key, tombstone.value) == (b"doc-1", None)
    assert rig.proofs() == [proof]
    assert (proof.document_id, proof.content_sha256, proof.requested_by) == ("doc-1", root, "anna")
    assert proof.objects_removed == (
        f"originals/{root[:2]}/{root}",
        f"words/{root[:2]}/{root}/00001.ocr.json.gz",
        f"words/{root[:2]}/{root}/00001.older.json.gz",
        f"words/{root[:2]}/{root}/00002.ocr.json.gz",
    )
    assert proof.objects_kept == ("words/cd/cdcd/page.ocr.json.gz",)
    assert proof.rows_blanked == {"documents": 3, "fields": 6}
    # the story tells it
    [begun] = story(rig.stores.audit, "doc-1", "total_amount").erasures
    assert (begun.state, begun.reason, begun.erasure_id) == ("begun", "Article 17", proof.erasure_id)
    rig.sink()
    told = story(rig.stores.audit, "doc-1", "total_amount")
    assert [reading.value for reading in told.readings] == [None, None, None]
    [shown] = told.erasures
    assert (shown.state, shown.reason, shown.erasure_id) == ("done", "Article 17", proof.erasure_id)
    assert "words/cd/cdcd/page.ocr.json.gz: another document needs it, or it lies in another store" in shown.kept


def test_every_text_of_every_table_is_covered(rig: Rig) -> None:
    """What ``audit_world`` puts into the rows of a document is gone, whatever the column: no table was forgotten."""
    telling = ("Muster", "119.00", "191.00", "swapped", "110.00", "R-doc-2", "doc-2.pdf", "4711", "asks for a password")
    for document_id in ("doc-1", "doc-2", "doc-3", "doc-4", "doc-5", "doc-6", "other-1", "dead-1", "dead-2", "dead-3"):
        assert len(rig.erase(document_id).erased) == 1
    left = rig.everything()
    assert [text for text in telling if text in left] == []


def test_an_original_stays_while_another_document_was_read_from_it(rig: Rig) -> None:
    """The same file came from another tenant: one object, two documents."""
    root = sha("doc-1")
    twin = world.document("twin", "accepted", tenant="other", content_sha256=root, filename="same.pdf")
    uri = rig.stores.objects.find(f"originals/{root[:2]}/{root}")
    assert uri is not None
    Inserter(rig.stores.audit).insert([replace(twin, content_uri=uri)], "twin")
    [first] = rig.erase("doc-1").erased
    assert first.objects_removed == ()
    assert f"originals/{root[:2]}/{root}" in rig.stored()
    [second] = rig.erase("twin").erased
    assert f"originals/{root[:2]}/{root}" in second.objects_removed
    assert rig.stored() == ["words/cd/cdcd/page.ocr.json.gz"]


def test_an_original_stays_for_a_document_that_has_only_claimed_it(rig: Rig) -> None:
    """It is so new that the audit store does not know it."""
    root = sha("doc-1")
    rig.stores.claims.claim_content("other", root, "", "brand-new")
    assert rig.erase("doc-1").erased[0].objects_removed == ()
    assert rig.stores.claims.owners_of(root) == {"brand-new"}


def test_duplicates_and_parts_of_a_packet_go_with_their_document(rig: Rig) -> None:
    linked = replace(
        world.document("linked", "accepted", content_sha256="", decision="duplicate"), duplicate_of="doc-1"
    )
    part = world.document("part", "accepted", parent_document_id="doc-1", content_sha256=sha("doc-1"))
    Inserter(rig.stores.audit).insert([linked, part], "family")
    outcome = rig.erase("doc-1")
    assert {proof.document_id for proof in outcome.erased} == {"doc-1", "linked", "part"}
    assert values_left(rig.stores.audit, ["doc-1", "linked", "part"]) == {}
    assert f"originals/{sha('doc-1')[:2]}/{sha('doc-1')}" not in rig.stored(), "none of them needs it"


def test_a_part_of_a_packet_leaves_the_packets_file(rig: Rig) -> None:
    part = world.document("part", "accepted", parent_document_id="doc-1", content_sha256=sha("doc-1"))
    Inserter(rig.stores.audit).insert([part], "part")
    assert rig.erase("part").erased[0].objects_removed == ()
    assert f"originals/{sha('doc-1')[:2]}/{sha('doc-1')}" in rig.stored()


def test_a_letter_under_another_tenants_document_gives_no_power_over_it(rig: Rig) -> None:
    """Anybody may submit under an id that is taken; the refusal names the id, and his own tenant."""
    letter = world.letter(50, "document_id_conflict", document_id="doc-1", tenant="mallory")
    Inserter(rig.stores.audit).insert([letter, world.letter(51, "encrypted", tenant="mallory")], "letters")
    assert [item.document_id for item in tenant_subjects(rig.stores.audit, "mallory")] == ["dead-51"]
    [own] = find_subjects(rig.stores.audit, "doc-1")
    assert own.tenant == "acme"
    rig.stores.retention.set_policy("mallory", 1, by="lea", now=NOW)
    assert [item.document_id for item in due(rig.stores.audit, rig.stores.retention).subjects] == ["dead-51"]


def test_retention_judges_no_document_by_an_older_failure_under_its_id(rig: Rig) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    young = world.document("young", "accepted", submitted_at=now)
    letter = world.letter(52, "too_large", document_id="young", first_failure_at=OCTOBER)
    Inserter(rig.stores.audit).insert([young, letter], "young")
    old = tenant_subjects(rig.stores.audit, "acme", now - timedelta(days=1))
    assert "doc-1" in {item.document_id for item in old}
    assert "young" not in {item.document_id for item in old}


@pytest.mark.parametrize(
    ("content_uri", "words_uri"),
    [
        ("originals/aa/aaaa", "originals/aa/words.ocr.json.gz"),
        ("words/cd/cdcd/page.ocr.json.gz", "words.json.gz"),
        ("memory/ab/abab/000001.json.gz", "words/../originals/aa/x"),
    ],
)
def test_forged_addresses_remove_nothing_of_others(rig: Rig, content_uri: str, words_uri: str) -> None:
    """Addresses come from records. What names no object of the document stays, and the proof says so."""
    store = rig.stores.objects
    for key in ("originals/aa/aaaa", "originals/aa/bbbb", "memory/ab/abab/000001.json.gz"):
        store.put(key, b"another document's")
    root = (rig.folder / "objects").as_uri()
    forged = world.document("forged", "accepted", content_uri=f"{root}/{content_uri}")
    page = world.page("forged", 1, words_uri=f"{root}/{words_uri}")
    Inserter(rig.stores.audit).insert([forged, page], "forged")
    before = rig.stored()
    [proof] = rig.erase("forged").erased
    assert rig.stored() == before
    assert proof.objects_removed == ()
    assert set(proof.objects_kept) == {f"{root}/{content_uri}", f"{root}/{words_uri}"}


@pytest.mark.parametrize("sha256", ["../../originals", "xx/../../originals", "", "not a hash"])
def test_a_forged_hash_reaches_no_other_folder(rig: Rig, sha256: str) -> None:
    forged = world.document("forged", "accepted", content_sha256=sha256)
    Inserter(rig.stores.audit).insert([forged], "forged")
    before = rig.stored()
    rig.erase("forged")
    assert rig.stored() == before


def break_off(rig: Rig, document_id: str) -> None:
    """An erasure that ends where the first object was to be removed."""

    def fail(_key: str) -> bool:
        raise UnavailableError("object_store", "gone")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(rig.stores.objects, "remove", fail)
        with pytest.raises(UnavailableError):
            rig.erase(document_id)


def test_retention_resumes_what_broke_off_and_erases_it_once(rig: Rig) -> None:
    break_off(rig, "doc-1")
    old = (datetime.now(UTC) - OCTOBER).days
    rig.stores.retention.set_policy("acme", max(1, old - 10), by="lea", now=NOW)
    outcome = apply(rig.eraser, due(rig.stores.audit, rig.stores.retention))
    assert [proof.cause for proof in outcome.erased if proof.document_id == "doc-1"] == ["request"]
    assert "doc-2" in {proof.document_id for proof in outcome.erased}


def test_resumed_it_spares_what_came_again_as_another_document(rig: Rig) -> None:
    """The content is free once an erasure has begun, and days may pass until somebody resumes it."""
    root = sha("doc-1")
    original = f"originals/{root[:2]}/{root}"
    break_off(rig, "doc-1")
    rig.stores.claims.claim_submission(Submission("doc-7", "acme", root, "submitted-0@9"))
    assert rig.stores.claims.claim_content("acme", root, "", "doc-7") == "doc-7"
    [proof] = rig.eraser.resume().erased
    assert original in rig.stored()
    assert original in proof.objects_kept
    assert original not in proof.objects_removed
    assert values_left(rig.stores.audit, ["doc-1"]) == {}


def test_any_number_of_documents_may_be_looked_at(rig: Rig) -> None:
    """More ids than an address of a request may be long."""
    many = [f"{number:0256d}" for number in range(5000)]
    assert values_left(rig.stores.audit, [*many, "doc-1"]) == {"doc-1": {"documents": 3, "fields": 6}}
    uri = "file:///" + "x" * 250
    owners = documents_with_words(rig.stores.audit, [*(f"{uri}{number}" for number in range(5000)), "file:///x"])
    assert set(owners.values()) == {frozenset()}


def test_a_hold_on_a_packet_covers_its_parts(rig: Rig) -> None:
    part = world.document("part", "accepted", parent_document_id="doc-1", content_sha256=sha("doc-1"))
    Inserter(rig.stores.audit).insert([part], "part")
    hold = rig.stores.retention.set_hold("acme", "doc-1", reason="case 7", by="lea", now=NOW)
    assert isinstance(hold, Hold)
    outcome = rig.erase("doc-1")
    assert outcome.erased == ()
    assert {item.document_id: item.holds for item in outcome.held} == {"doc-1": (hold,), "part": (hold,)}
    [preview] = rig.eraser.preview(find_subjects(rig.stores.audit, "part"))
    assert preview.holds == (hold,)


def test_an_empty_id_means_no_document(rig: Rig) -> None:
    """A script's variable that was not set. In the table, empty stands for "no packet" and "no duplicate"."""
    assert find_subjects(rig.stores.audit, "") == []
    assert "knows no document ''" in str(called(rig, "erase", "", "--reason", "x", "--yes").exception)
    refused = called(rig, "hold", "set", "", "--tenant", "acme", "--reason", "x")
    assert refused.exit_code == 2, "nobody would be held by it"
    assert rig.stores.retention.holds() == []


def test_a_hold_wins(rig: Rig) -> None:
    hold = rig.stores.retention.set_hold("acme", "doc-1", reason="case 7", by="lea", now=NOW)
    assert isinstance(hold, Hold)
    before = rig.everything(), rig.stored()
    assert rig.erase("doc-1") == Outcome((), (Held("doc-1", (hold,)),))
    assert (rig.everything(), rig.stored()) == before
    rig.stores.retention.release_hold("acme", "doc-1", by="lea", now=NOW)
    assert len(rig.erase("doc-1").erased) == 1


def test_a_dry_run_tells_and_changes_nothing(rig: Rig) -> None:
    before = rig.everything(), rig.stored()
    [preview] = rig.eraser.preview(find_subjects(rig.stores.audit, "doc-1"))
    assert (rig.everything(), rig.stored()) == before
    assert len(preview.objects.remove) == 4
    assert preview.objects.keep == (("words/cd/cdcd/page.ocr.json.gz", "doc-2"),)
    assert preview.rows == {"documents": 3, "fields": 6}
    assert len(preview.records) == 3
    assert rig.stores.retention.erasures() == []


def test_erasing_again_removes_what_came_back_and_nothing_else(rig: Rig) -> None:
    rig.erase("doc-1")
    after = rig.everything(), rig.stored()
    [again] = rig.erase("doc-1").erased
    assert (again.objects_removed, again.rows_blanked) == ((), {})
    assert (rig.everything(), rig.stored()) == after
    Inserter(rig.stores.audit).insert([world.value("doc-1", "total_amount", "119.00", version=99)], "late")
    assert values_left(rig.stores.audit, ["doc-1"]) == {"doc-1": {"fields": 1}}
    [third] = rig.erase("doc-1").erased
    assert third.rows_blanked == {"fields": 1}


def test_what_kafka_still_holds_is_told_with_its_end(rig: Rig) -> None:
    outbox = Outbox(rig.connection)
    topic = rig.plan.name(topics.RESULTS)
    outbox.send(topic, b"doc-1", b"119.00")
    outbox.flush()
    [record] = list(scan(rig.connection, topic))
    row = world.event("doc-1", topic, record.offset, "route", 0.1, partition=record.partition)
    Inserter(rig.stores.audit).insert([row], "event")
    [proof] = rig.erase("doc-1").erased
    result, states = proof.still_held
    assert (result.topic, result.partition, result.offset, result.until) == (
        topic,
        record.partition,
        record.offset,
        None,
    )
    assert (states.topic, states.offset) == (rig.plan.name(topics.STATUS), 0)
    assert states.until is not None
    week = timedelta(days=topics.COMPACTED_WITHIN_DAYS)
    assert timedelta(0) <= states.until - proof.finished_at - week < timedelta(seconds=30)


def test_the_end_of_a_record_follows_from_its_topics_configuration() -> None:
    day = str(24 * 3600 * 1000)
    forever = str(9223372036854775807)
    config = {"cleanup.policy": "delete", "retention.ms": day, "segment.ms": day, "max.compaction.lag.ms": forever}
    assert gone_at(config, OCTOBER, NOW) == OCTOBER + timedelta(days=2)
    assert gone_at({**config, "retention.ms": "-1"}, OCTOBER, NOW) is None
    compacted = {**config, "cleanup.policy": "compact"}
    assert gone_at(compacted, OCTOBER, NOW) is None
    assert gone_at({**compacted, "max.compaction.lag.ms": day}, OCTOBER, NOW) == NOW + timedelta(days=1)


def test_retention_erases_what_is_old_and_spares_what_is_held(rig: Rig) -> None:
    retention = rig.stores.retention
    old = (datetime.now(UTC) - OCTOBER).days
    retention.set_policy("acme", max(1, old - 10), by="lea", now=NOW)
    hold = retention.set_hold("acme", "doc-2", reason="case 7", by="lea", now=NOW)
    assert isinstance(hold, Hold)
    wanted = due(rig.stores.audit, retention)
    assert {subject.document_id for subject in wanted.subjects} == {"doc-1", "doc-2", "dead-1", "dead-2", "dead-3"}
    outcome = apply(rig.eraser, wanted)
    assert {proof.document_id for proof in outcome.erased} == {"doc-1", "dead-1", "dead-2", "dead-3"}
    assert {proof.cause for proof in outcome.erased} == {"retention"}
    assert outcome.held == (Held("doc-2", (hold,)),)
    assert {subject.document_id for subject in due(rig.stores.audit, retention).subjects} == {"doc-2"}
    retention.set_policy(EVERY_TENANT, max(1, old - 10), by="lea", now=NOW)
    assert {subject.document_id for subject in due(rig.stores.audit, retention).subjects} == {"doc-2", "other-1"}


def test_retention_erases_again_what_came_back(rig: Rig) -> None:
    rig.erase("doc-1")
    assert due(rig.stores.audit, rig.stores.retention).subjects == ()
    Inserter(rig.stores.audit).insert([world.value("doc-1", "total_amount", "119.00", version=99)], "late")
    [subject] = due(rig.stores.audit, rig.stores.retention).subjects
    assert subject.document_id == "doc-1"
    apply(rig.eraser, due(rig.stores.audit, rig.stores.retention))
    assert values_left(rig.stores.audit, ["doc-1"]) == {}


def test_a_whole_tenant_is_erased_and_the_others_stay(rig: Rig) -> None:
    outcome = rig.eraser.erase(tenant_subjects(rig.stores.audit, "acme"), ORDER)
    assert len(outcome.erased) == 9
    assert rig.stored() == []
    left = rig.stores.audit.query("SELECT DISTINCT tenant FROM documents WHERE vendor_name != ''").rows
    assert left == (("other",),)


def test_the_blanked_columns_are_those_of_the_tables(rig: Rig) -> None:
    columns = {
        (table, name)
        for table, name in rig.stores.audit.query(
            "SELECT table, name FROM system.columns WHERE database = {d:String}", {"d": rig.database}
        ).rows
    }
    assert {(kind.TABLE, name) for kind, names in BLANKS.items() for name in names} <= columns


# The command line


def called(rig: Rig, *arguments: str) -> Result:
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": rig.bootstrap,
        "FIELDTRAIL_TOPICS_PREFIX": rig.prefix,
        "FIELDTRAIL_DATA_DIR": str(rig.folder),
        "CLICKHOUSE_DSN": rig.dsn,
        "FIELDTRAIL_CLICKHOUSE_DATABASE": rig.database,
    }
    return CliRunner().invoke(build_app(), list(arguments), env=environment)


def test_the_command_line_erases_and_says_what(rig: Rig) -> None:
    dry = called(rig, "erase", "doc-1", "--dry-run").stdout
    assert f"would remove  originals/{sha('doc-1')[:2]}/{sha('doc-1')}" in dry
    assert "stays         words/cd/cdcd/page.ocr.json.gz: document doc-2 needs it" in dry
    assert "would blank   6 rows of fields" in dry
    refused = CliRunner().invoke(build_app(), ["erase", "doc-1"])
    assert refused.exit_code == 2, "it wants a reason"
    asked = called(rig, "erase", "doc-1", "--reason", "Article 17")
    assert asked.exit_code == 1, "nobody said yes"
    assert len(rig.stored()) == 5
    done = called(rig, "erase", "doc-1", "--reason", "Article 17", "--by", "anna", "--yes")
    assert done.exit_code == 0, done.output
    [proof] = rig.proofs()
    assert (proof.requested_by, proof.reason) == ("anna", "Article 17")
    assert f"doc-1  erased, proof {proof.erasure_id}" in done.stdout
    assert "removed  fields: 6 rows blanked" in done.stdout
    assert "stays    words/cd/cdcd/page.ocr.json.gz" in done.stdout
    assert "erased, proof" not in called(rig, "erase", "--resume").stdout
    assert "doc-1" in called(rig, "audit", "erasures").stdout
    assert "knows no document 'doc-99'" in str(called(rig, "erase", "doc-99", "--reason", "x").exception)
    assert "no document of tenant 'nobody'" in str(
        called(rig, "erase", "--tenant", "nobody", "--reason", "x").exception
    )


def test_the_command_line_keeps_to_holds_and_retention(rig: Rig) -> None:
    assert called(rig, "hold", "set", "doc-2", "--tenant", "acme", "--reason", "case 7", "--by", "lea").exit_code == 0
    said = called(rig, "erase", "doc-2", "--reason", "Article 17", "--yes")
    assert said.exit_code == 1
    assert "'doc-2' is not erased: legal hold on document doc-2, set by lea" in str(said.exception)
    old = (datetime.now(UTC) - OCTOBER).days
    called(rig, "retention", "set", str(max(1, old - 10)), "--tenant", "acme")
    dry = called(rig, "retention", "apply", "--dry-run").stdout
    assert set(re.findall(r"^(\S+)  tenant acme", dry, re.M)) == {"doc-1", "doc-2", "dead-1", "dead-2", "dead-3"}
    assert "forbidden     legal hold on document doc-2" in dry
    applied = called(rig, "retention", "apply", "--yes", "--json")
    assert applied.exit_code == 1, "what is held is named"
    assert {item["document_id"] for item in json.loads(applied.stdout)["erased"]} == {
        "doc-1",
        "dead-1",
        "dead-2",
        "dead-3",
    }


# Killed in the middle

KILLER = """
import os, signal, sys
from pathlib import Path
from tests.integration.test_erasure import ORDER, build
from connectors.clickhouse.erase import find_subjects
folder, bootstrap, prefix, dsn, database, where, after = sys.argv[1:]
rig = build(Path(folder), bootstrap, prefix, dsn, database)
owner, _, name = where.rpartition(".")
target = {"objects": rig.stores.objects, "claims": rig.stores.claims, "publisher": rig.stores.publisher,
          "retention": rig.stores.retention, "audit": rig.stores.audit}[owner]
real, calls = getattr(target, name), []
def deadly(*arguments, **named):
    calls.append(1)
    if len(calls) > int(after):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **named)
setattr(type(target), name, lambda self, *arguments, **named: deadly(*arguments, **named))
rig.eraser.erase(find_subjects(rig.stores.audit, "doc-1"), ORDER)
"""


@pytest.mark.parametrize(
    "where",
    [
        "claims.erase:0",
        "objects.remove:0",
        "objects.remove:2",
        "audit.command:3",
        "publisher.tombstones:0",
        "publisher.publish:0",
        "retention.finish_erasure:0",
    ],
)
def test_killed_anywhere_it_is_resumed(rig: Rig, where: str) -> None:
    place, after = where.split(":")
    arguments = [str(rig.folder), rig.bootstrap, rig.prefix, rig.dsn, rig.database, place, after]
    done = subprocess.run(
        [sys.executable, "-c", KILLER, *arguments],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    [journal] = rig.stores.retention.erasures(unfinished=True)
    assert journal.document_id == "doc-1"
    [proof] = rig.eraser.resume().erased
    assert rig.eraser.resume().erased == ()
    assert len(proof.objects_removed) == 4, "also those that were gone before it was killed"
    assert proof.rows_blanked == {"documents": 3, "fields": 6}
    assert rig.stored() == ["words/cd/cdcd/page.ocr.json.gz"]
    assert values_left(rig.stores.audit, ["doc-1"]) == {}
    assert {item.erasure_id for item in rig.proofs()} == {proof.erasure_id}
    assert all(item == proof for item in rig.proofs()), "told again, it is the same"
    assert rig.stores.claims.claim_content("acme", sha("doc-1"), "", "doc-8") == "doc-8", "the content is free"
