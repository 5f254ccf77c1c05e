"""The audit tables on a real server: the embedded one, or the one that CLICKHOUSE_DSN names."""

import json
import threading
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.errors import RefusedError
from connectors.clickhouse.insert import Inserter
from connectors.clickhouse.migrate import Migration, MigrationError, migrate, migrations, pending
from connectors.clickhouse.rows import (
    NO_HASH,
    ROWS,
    ChainEnd,
    CorrectionRow,
    DeadLetterRow,
    DeliveryRow,
    ErasureRow,
    EventPlaceRow,
    FailedRule,
    MerkleRootRow,
    PageQualityRow,
    Place,
    Row,
    Rule,
)
from connectors.errors import UnavailableError
from tests.support.audit_rows import NOW, decision_row, document_row, event_row, field_row
from tests.support.clickhouse import ClickHouseServer
from tests.support.servers import cli

pytestmark = pytest.mark.timeout(120)


def stored(store: ClickHouse, kind: type[Row]) -> list[Row]:
    """All rows of a table, as the classes that they were written from."""
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    columns = ", ".join(f"`{name}`" for name in names)
    found = store.query(f"SELECT {columns} FROM {kind.TABLE} FINAL ORDER BY ALL")
    return [kind(**{name: _as_row(value) for name, value in row.items()}) for row in found.mappings()]


def _as_row(value: Any) -> Any:
    """Lists, and the dictionaries as which the driver gives named tuples, as the tuples that rows have."""
    if isinstance(value, dict) and value.keys() & {"rule", "source", "topic"}:
        return tuple(map(_as_row, value.values()))
    return tuple(map(_as_row, value)) if isinstance(value, list | tuple) else value


EVERY_KIND: tuple[Row, ...] = (
    document_row(
        size_bytes=12345,
        completed_at=NOW,
        type_confidence=0.75,
        issue_date=date(2026, 1, 31),
        metadata={"clerk": "Ünal", "": "x"},
        reasons=("total_amount is unsure (0.61 < 0.92).",),
        failed_rules=(FailedRule("sum", "3 ≠ 4", ("total_amount", "line_items[1].amount")),),
    ),
    field_row(
        value_decimal=Decimal("-12345678901234567890123456.123456789012"),
        more_evidence=(
            Place("page", 3, 1.5, 2.25, 3.0, 4.0, (7, 8), ""),
            Place("attachment", reference="factur-x.xml#/a/b"),
        ),
        rules=(Rule("a", "failed", "no"), Rule("b", "not_applicable", "")),
        confidence_reader=None,
    ),
    event_row(
        started=NOW,
        seconds=0.25,
        chain_hash=bytes(range(32)),
        model_versions=("reader=a@1",),
        tombstone=True,
        gap=3,
    ),
    decision_row(seconds=12.5, corrected_fields=("total_amount",), reason="typo"),
    CorrectionRow(
        document_id="doc-1",
        revision=1,
        row_number=3,
        name="amount",
        decided_at=NOW,
        reviewer="ada",
        version=2,
        tenant="acme",
        type="money",
        before_text="12.00",
        before_decimal=Decimal(12),
        after_text="21.00",
        after_decimal=Decimal(21),
        topic="documents.feedback",
        partition=0,
        offset=1,
        at=NOW,
    ),
    DeadLetterRow(
        letter_topic="extract.dlq",
        letter_partition=1,
        letter_offset=2,
        stage="extract",
        code="timeout",
        message="too slow",
        topic="documents.recognized",
        partition=3,
        offset=4,
        attempts=3,
        first_failure_at=NOW,
        last_failure_at=NOW,
        at=NOW,
    ),
    DeliveryRow(
        document_id="doc-1",
        revision=1,
        channel="kafka",
        delivery_id="documents.results/1/7",
        version=7,
        tenant="acme",
        result_id="result-1",
        target="documents.results",
        at=NOW,
        state="delivered",
    ),
    PageQualityRow(
        document_id="doc-1",
        revision=1,
        page=1,
        version=2,
        tenant="acme",
        submitted_at=NOW,
        width=595.25,
        dpi=299.5,
        hard=("blurred",),
        topic="documents.recognized",
        partition=0,
        offset=0,
        at=NOW,
    ),
    MerkleRootRow(
        day=NOW.date(),
        version=1,
        root=bytes(range(32)),
        leaves=2,
        previous_root=NO_HASH,
        chains=(ChainEnd("documents.results", 1, 0, 7, 8, bytes(range(32))),),
        closed_at=NOW,
        topic="audit.roots",
        partition=0,
        offset=1,
    ),
    EventPlaceRow(
        document_id="doc-1",
        topic="documents.results",
        partition=1,
        offset=7,
        at=NOW,
        row_keys=("documents/routed", "fields/routed/3/Ünal"),
        row_hashes=(bytes(range(32)), NO_HASH),
    ),
    ErasureRow(
        erasure_id="erasure-1",
        document_id="doc-1",
        version=8,
        tenant="acme",
        state="done",
        cause="request",
        requested_by="anna",
        reason="Article 17",
        begun_at=NOW,
        updated_at=NOW,
        content_sha256="ab" * 32,
        removed=("originals/ab/abab",),
        kept=(),
        topic="audit.erasures",
        partition=0,
        offset=7,
        at=NOW,
    ),
)


def test_every_kind_of_row_comes_back_as_it_was_written(clickhouse: ClickHouse) -> None:
    assert {type(row) for row in EVERY_KIND} == set(ROWS)
    done = Inserter(clickhouse).insert(EVERY_KIND, "batch")
    assert (done.written, done.refused) == (len(ROWS), ())
    for row in EVERY_KIND:
        assert stored(clickhouse, type(row)) == [row]


def test_times_come_back_in_utc_with_their_zone(clickhouse: ClickHouse) -> None:
    moment = datetime(2026, 7, 1, 1, 30, 0, 5000, tzinfo=UTC).astimezone()
    Inserter(clickhouse).insert([field_row(at=moment)], "batch")
    ((found,),) = clickhouse.query("SELECT at FROM fields").rows
    assert found == moment
    assert found.tzinfo is not None
    assert found.utcoffset() == timedelta(0)


def test_sums_of_money_are_exact(clickhouse: ClickHouse) -> None:
    rows = [field_row(offset=n, name=f"f{n}", value_decimal=Decimal("0.1")) for n in range(1000)]
    Inserter(clickhouse).insert(rows, "batch")
    assert clickhouse.query("SELECT sum(value_decimal) FROM fields FINAL").rows == ((Decimal(100),),)


# Writing again


def count(store: ClickHouse, table: str, final: str = "FINAL") -> int:
    ((found,),) = store.query(f"SELECT count() FROM {table} {final}").rows
    return int(found)


def test_the_same_batch_again_is_dropped_by_its_token(clickhouse: ClickHouse) -> None:
    rows = [field_row(offset=number, name=f"f{number}") for number in range(10)]
    for _ in range(3):
        assert Inserter(clickhouse).insert(rows, "results/1/0-9").written == 10
    assert count(clickhouse, "fields", final="") == 10


def test_the_same_rows_in_other_batches_replace_themselves(clickhouse: ClickHouse) -> None:
    rows = [field_row(offset=number, name=f"f{number}") for number in range(10)]
    inserter = Inserter(clickhouse)
    inserter.insert(rows[:7], "a")
    inserter.insert(rows[3:], "b")
    inserter.insert(rows, "c")
    assert count(clickhouse, "fields") == 10
    clickhouse.command("OPTIMIZE TABLE fields FINAL")
    assert count(clickhouse, "fields", final="") == 10


@pytest.mark.parametrize("row", EVERY_KIND, ids=lambda row: row.TABLE)
def test_no_row_of_any_kind_doubles(clickhouse: ClickHouse, row: Row) -> None:
    inserter = Inserter(clickhouse)
    for token in ("a", "b"):
        inserter.insert([row], token)
    assert count(clickhouse, row.TABLE) == 1


def test_of_one_identity_the_later_record_stands_in_whatever_order_they_come(clickhouse: ClickHouse) -> None:
    inserter = Inserter(clickhouse)
    inserter.insert([field_row(version=9, offset=9, raw_text="second")], "b")
    inserter.insert([field_row(version=7, offset=7, raw_text="first")], "a")
    assert clickhouse.query("SELECT raw_text FROM fields FINAL").rows == (("second",),)


def test_stages_and_revisions_stand_beside_each_other(clickhouse: ClickHouse) -> None:
    rows = [field_row(stage=stage) for stage in ("validated", "routed", "resolved")] + [field_row(revision=2)]
    Inserter(clickhouse).insert(rows, "batch")
    assert count(clickhouse, "fields") == 4


# Rows that cannot be stored


def test_unfit_rows_are_left_out_and_told(clickhouse: ClickHouse) -> None:
    good, bad = field_row(), field_row(name="other", value_decimal=Decimal("1e-13"))
    done = Inserter(clickhouse).insert([good, bad, event_row()], "batch")
    assert done.written == 2
    assert [(item.row, item.reason.split()[0]) for item in done.refused] == [(bad, "value_decimal")]
    assert stored(clickhouse, type(good)) == [good]


def test_rows_that_the_server_refuses_are_found_and_the_others_are_written(clickhouse: ClickHouse) -> None:
    clickhouse.command("ALTER TABLE fields ADD CONSTRAINT no_evil CHECK name NOT LIKE 'evil%'")
    rows = [field_row(name="evil" if number in (3, 77) else "good", row_number=number) for number in range(100)]
    done = Inserter(clickhouse).insert(rows, "batch")
    assert done.written == 98
    assert [item.row for item in done.refused] == [rows[3], rows[77]]
    assert "no_evil" in done.refused[0].reason
    assert count(clickhouse, "fields") == 98
    again = Inserter(clickhouse).insert(rows, "batch")  # a crash before the acknowledgement
    assert (again.written, len(again.refused)) == (98, 2)
    assert count(clickhouse, "fields", final="") == 98


def test_a_refusal_that_no_row_is_to_blame_for_is_raised(clickhouse: ClickHouse) -> None:
    inserter = Inserter(clickhouse)
    inserter.insert([field_row()], "first")
    clickhouse.command("ALTER TABLE fields DROP COLUMN reference")
    with pytest.raises(RefusedError):
        inserter.insert([field_row(name="other")], "second")
    assert count(clickhouse, "fields") == 1


def test_a_database_without_tables_is_waited_for(clickhouse: ClickHouse, clickhouse_server: ClickHouseServer) -> None:
    empty = ClickHouse(clickhouse_server.dsn, "there_is_no_such_database")
    with pytest.raises(UnavailableError, match=r"clickhouse: .*fieldtrail audit migrate"):
        Inserter(empty).insert([field_row()], "batch")


def test_a_server_that_is_away_is_unavailable() -> None:
    with pytest.raises(UnavailableError) as caught:
        ClickHouse("http://fieldtrail:secret@127.0.0.1:9", "d").query("SELECT 1")
    assert caught.value.dependency == "clickhouse"
    assert "secret" not in str(caught.value)


def test_a_statement_that_is_wrong_is_refused_with_the_servers_words(clickhouse: ClickHouse) -> None:
    with pytest.raises(RefusedError, match=r"UNKNOWN_IDENTIFIER") as caught:
        clickhouse.query("SELECT nothing FROM fields")
    assert caught.value.code == 47


def test_a_stream_that_fails_midway_raises(clickhouse: ClickHouse) -> None:
    with (
        pytest.raises(RefusedError),
        clickhouse.stream("SELECT throwIf(number = 3000000) FROM numbers(10000000) FORMAT CSV") as chunks,
    ):
        for _ in chunks:
            pass


def test_a_stream_gives_all_of_it(clickhouse: ClickHouse) -> None:
    with clickhouse.stream("SELECT number FROM numbers({n:UInt64}) FORMAT CSV", {"n": 200_000}) as chunks:
        text = b"".join(chunks).decode()
    assert text.split() == [str(number) for number in range(200_000)]


# Retention


def test_no_row_ends_by_itself(clickhouse: ClickHouse) -> None:
    """One that vanished would look like one that somebody removed: what is old is erased, and leaves a proof."""
    found = clickhouse.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND create_table_query LIKE '%TTL%'"
    )
    assert found.rows == ()


def test_there_is_a_kind_of_row_for_every_table(clickhouse: ClickHouse) -> None:
    found = clickhouse.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    )
    assert {name for (name,) in found.rows} == {"schema_migrations", *(kind.TABLE for kind in ROWS)}


# Migrations


@pytest.fixture
def fresh(clickhouse_server: ClickHouseServer) -> Iterator[ClickHouse]:
    """A database that nobody has made yet."""
    store = ClickHouse(clickhouse_server.dsn, "test_migrations")
    store.command("DROP DATABASE IF EXISTS test_migrations", use_database=False)
    yield store
    store.command("DROP DATABASE IF EXISTS test_migrations", use_database=False)


ONE = Migration(
    1,
    "0001_one.sql",
    "CREATE TABLE IF NOT EXISTS ${database}.one ${on_cluster} (a UInt8) ENGINE = ${replacing} ORDER BY a;",
)
TWO = Migration(2, "0002_two.sql", "ALTER TABLE ${database}.one ${on_cluster} ADD COLUMN IF NOT EXISTS b UInt8;\n")
BROKEN = replace(TWO, text=TWO.text + "ALTER TABLE ${database}.missing ADD COLUMN IF NOT EXISTS c UInt8;\n")


def test_migrations_are_applied_once_and_in_order(fresh: ClickHouse) -> None:
    assert [state.applied for state in pending(fresh, [ONE, TWO])] == [False, False]
    assert migrate(fresh, known=[ONE]) == ("0001_one.sql",)
    assert migrate(fresh, known=[ONE, TWO]) == ("0002_two.sql",)
    assert migrate(fresh, known=[ONE, TWO]) == ()
    assert [state.applied for state in pending(fresh, [ONE, TWO])] == [True, True]
    assert fresh.query("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'one'").rows == (
        ("a",),
        ("b",),
    )


def test_a_migration_that_broke_off_runs_again(fresh: ClickHouse) -> None:
    with pytest.raises(UnavailableError):
        migrate(fresh, known=[ONE, BROKEN])
    assert [state.applied for state in pending(fresh, [ONE, TWO])] == [True, False]
    assert migrate(fresh, known=[ONE, TWO]) == ("0002_two.sql",)


def test_a_changed_migration_and_a_newer_database_are_refused(fresh: ClickHouse) -> None:
    migrate(fresh, known=[ONE, TWO])
    with pytest.raises(MigrationError, match=r"0002_two.sql was changed after it was applied"):
        migrate(fresh, known=[ONE, BROKEN])
    with pytest.raises(MigrationError, match=r"has 0002_two.sql, which this version does not know"):
        migrate(fresh, known=[ONE])


def test_appliers_at_once_end_in_the_same_state(fresh: ClickHouse, clickhouse_server: ClickHouseServer) -> None:
    failures: list[Exception] = []

    def apply() -> None:
        try:
            migrate(ClickHouse(clickhouse_server.dsn, fresh.database))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=apply) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert all(state.applied for state in pending(fresh))
    assert count(fresh, "schema_migrations") == len(migrations())


# Pruning: what a question reads does not grow with the tables


@pytest.fixture(scope="module")
def many(clickhouse_server: ClickHouseServer) -> Iterator[ClickHouse]:
    """300,000 fields of 10,000 documents over three months, and their documents and events."""
    clickhouse = ClickHouse(clickhouse_server.dsn, "test_many")
    clickhouse.command("DROP DATABASE IF EXISTS test_many", use_database=False)
    migrate(clickhouse)
    first = "toDateTime64('2026-01-01 00:00:00.000', 3, 'UTC')"
    clickhouse.command(
        "INSERT INTO documents (document_id, revision, stage, tenant, content_sha256, filename, vendor_key, number_key,"
        " result_id, model_versions, submitted_at, at) SELECT lower(hex(sipHash128(number))), 1, 'routed', 'acme',"
        " lower(hex(SHA256(toString(number)))), concat('file-', toString(number), '.pdf'),"
        " concat('vendor ', toString(number % 2000)), concat('inv', toString(number)),"
        " concat('result-', toString(number)), [concat('reader=geometric@', toString(intDiv(number, 2500)))],"
        f" {first} + toIntervalMonth(number % 3) AS submitted_at, submitted_at FROM numbers(10000)"
    )
    clickhouse.command(
        "INSERT INTO fields (document_id, revision, row_number, name, stage, tenant, type, submitted_at, at,"
        " reader_version) SELECT lower(hex(sipHash128(intDiv(number, 30)))), 1, 0, concat('f', toString(number % 30)),"
        f" 'routed', 'acme', 'text', {first} + toIntervalMonth(intDiv(number, 30) % 3) AS submitted_at, submitted_at,"
        " '1' FROM numbers(300000)"
    )
    clickhouse.command(
        "INSERT INTO events (topic, partition, offset, document_id, result_id, at, day) SELECT 'documents.results',"
        " number % 4, intDiv(number, 4), lower(hex(sipHash128(number))), concat('result-', toString(number)),"
        f" {first} + toIntervalMinute(number) AS at, toDate(at) FROM numbers(100000)"
    )
    for table in ("documents", "fields", "events"):
        clickhouse.command(f"OPTIMIZE TABLE {table} FINAL")
    yield clickhouse
    clickhouse.command("DROP DATABASE IF EXISTS test_many", use_database=False)
    clickhouse.close()


def granules(store: ClickHouse, query: str) -> tuple[int, int]:
    """Granules that are left of all, by EXPLAIN indexes = 1: the last figure, and the first total of each part."""
    lines = [str(line) for (line,) in store.query(f"EXPLAIN indexes = 1 {query}").rows]
    figures = [line.split(":")[1].strip().split("/") for line in lines if line.strip().startswith("Granules:")]
    assert figures, lines
    return int(figures[-1][0]), int(figures[0][1])


DOCUMENT = "lower(hex(sipHash128(toUInt64(4711))))"
UNCHANGING = "SETTINGS use_skip_indexes_if_final_exact_mode = 0"
"""For conditions on what all versions of a row have alike: then FINAL need not read the neighbours of what it finds."""


@pytest.mark.parametrize(
    ("query", "most"),
    [
        (f"fields FINAL WHERE document_id = {DOCUMENT}", 1),
        (f"fields FINAL WHERE document_id = {DOCUMENT} AND revision = 1 AND name = 'f7'", 1),
        (f"documents FINAL WHERE document_id = {DOCUMENT}", 1),
        (f"events FINAL WHERE document_id = {DOCUMENT} {UNCHANGING}", 2),
        (f"events WHERE document_id = {DOCUMENT}", 2),
        ("events FINAL WHERE topic = 'documents.results' AND partition = 2 AND offset < 300", 4),
        (f"events FINAL WHERE result_id = 'result-77' {UNCHANGING}", 2),
        (f"events FINAL WHERE day = '2026-02-03' {UNCHANGING}", 12),
        (f"documents FINAL WHERE content_sha256 = lower(hex(SHA256('4711'))) {UNCHANGING}", 2),
        (f"documents FINAL WHERE filename = 'file-4711.pdf' {UNCHANGING}", 4),
        (f"documents FINAL WHERE number_key = 'inv4711' {UNCHANGING}", 4),
        (f"documents FINAL WHERE result_id = 'result-4711' {UNCHANGING}", 2),
    ],
)
def test_a_question_reads_few_granules(many: ClickHouse, query: str, most: int) -> None:
    left, total = granules(many, f"SELECT * FROM {query}")
    assert left <= most < total, f"{left} of {total} granules"
    answer = many.query(f"SELECT * FROM {query}")
    assert answer.rows
    assert answer.rows_read <= most * 1024


def test_a_month_reads_its_own_partition(many: ClickHouse) -> None:
    left, total = granules(
        many, "SELECT count() FROM fields FINAL WHERE submitted_at >= '2026-02-01' AND submitted_at < '2026-03-01'"
    )
    assert 0.25 < left / total < 0.45


def test_the_command_says_what_it_applies_and_is_safe_to_repeat(
    fresh: ClickHouse, clickhouse_server: ClickHouseServer
) -> None:
    environment = {"CLICKHOUSE_DSN": clickhouse_server.dsn, "FIELDTRAIL_CLICKHOUSE_DATABASE": fresh.database}
    dry = cli(environment, "audit", "migrate", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert f"{len(migrations())} to apply: 0001_tables.sql" in dry.stdout
    assert not fresh.has_table("documents")
    done = cli(environment, "audit", "migrate", "--json")
    assert [state["was_applied"] for state in json.loads(done.stdout)["migrations"]] == [False] * len(migrations())
    assert fresh.has_table("documents")
    assert "is up to date" in cli(environment, "audit", "migrate").stdout
    fresh.command(
        "ALTER TABLE schema_migrations UPDATE checksum = 'other' WHERE number = 1 SETTINGS mutations_sync = 2"
    )
    refused = cli(environment, "audit", "migrate")
    assert refused.returncode == 1
    assert refused.stderr.startswith("fieldtrail: 0001_tables.sql was changed after it was applied")
    password = clickhouse_server.dsn.partition("//")[2].partition("@")[0].partition(":")[2]
    assert password not in dry.stdout + done.stdout + refused.stderr
