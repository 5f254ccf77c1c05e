"""Questions to the audit store: each answer against what the store is known to hold, and what each has to read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.insert import Inserter
from connectors.clickhouse.migrate import migrate
from connectors.clickhouse.questions import figures, provenance
from connectors.clickhouse.questions.asking import Query, Scope, ask, last_month, month_of
from connectors.clickhouse.questions.documents import UnknownError, revisions_of
from connectors.clickhouse.questions.story import readings_query, steps_query, story
from connectors.clickhouse.rows import CorrectionRow
from tests.support.audit_world import NOVEMBER, OCR, OCTOBER, corrections, decision, fill, sha
from tests.support.clickhouse import ClickHouseServer

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def store(clickhouse_server: ClickHouseServer) -> Iterator[ClickHouse]:
    """The world, once for all questions: none of them changes anything."""
    client = ClickHouse(clickhouse_server.dsn, "test_audit_questions")
    client.command(f"DROP DATABASE IF EXISTS {client.database}", use_database=False)
    migrate(client)
    fill(client)
    yield client
    client.command(f"DROP DATABASE {client.database}", use_database=False)
    client.close()


# The story of one value


def test_the_story_goes_from_the_file_to_the_delivery(store: ClickHouse) -> None:
    told = story(store, "doc-1", "total_amount")
    assert [(item.revision, item.filename, item.content_sha256) for item in told.revisions] == [
        (1, "doc-1.pdf", sha("doc-1")),
        (2, "doc-1.pdf", sha("doc-1")),
    ]
    assert [(step.stage, step.place, step.input) for step in told.steps] == [
        ("ingest", "documents.accepted/1/1", "documents.submitted/1/1"),
        ("recognize", "documents.recognized/1/2", "documents.submitted/1/2"),
        ("route", "documents.results/1/10", "documents.submitted/1/10"),
    ]
    assert (told.steps[1].worker, told.steps[1].seconds, told.steps[1].model_versions) == ("worker-1", 2.0, (OCR,))
    assert told.steps[2].chain_hash == "0a" * 32
    assert [(item.revision, item.stage, item.value, item.reader) for item in told.readings] == [
        (1, "extracted", "119.00", "geometric"),
        (1, "routed", "119.00", "geometric"),
        (2, "routed", "191.00", "vllm"),
    ]
    routed = told.readings[1]
    assert (routed.raw_text, routed.page, routed.box) == ("119,00", 1, (400.0, 600.0, 500.0, 612.0))
    assert routed.word_ids == (41, 42)
    assert routed.more_places == ((2, (50.0, 50.0, 90.0, 60.0)),)
    assert (routed.confidence, routed.confidence_reader) == (pytest.approx(0.96), pytest.approx(0.9))
    assert routed.rules == (("sum", "passed", "subtotal and tax give the total"),)
    assert (routed.review_state, routed.place) == ("passed", "documents.results/1/10")
    assert [(page.page, page.engine) for page in told.pages] == [(1, OCR)]
    assert [(item.revision, item.place, item.supersedes) for item in told.deliveries] == [
        (1, "documents.results/1/10", ""),
        (2, "documents.results/1/20", "result-doc-1-1"),
    ]
    assert told.changes == told.decisions == told.erasures == ()


def test_the_story_of_a_corrected_value_has_the_person_and_both_values(store: ClickHouse) -> None:
    told = story(store, "doc-2", "total_amount")
    [change] = told.changes
    assert (change.reviewer, change.before, change.after, change.change) == ("anna", "119.00", "191.00", Decimal(72))
    assert (told.decisions[0].decision, told.decisions[0].corrected_fields) == ("corrected", ("total_amount",))
    assert [item.value for item in told.readings] == ["119.00", "191.00"]
    assert told.readings[1].stage == "resolved"


def test_a_cell_is_named_as_decisions_name_it(store: ClickHouse) -> None:
    [reading] = story(store, "doc-1", "line_items[3].amount").readings
    assert (reading.value, reading.page) == ("100.00", 2)


def test_what_is_not_known_is_told_with_what_is(store: ClickHouse) -> None:
    with pytest.raises(UnknownError, match=r"knows no document 'doc-77'; there are doc-1, doc-2, doc-3"):
        story(store, "doc-77", "total_amount")
    with pytest.raises(UnknownError, match="fieldtrail show quite-else"):
        story(store, "quite-else", "total_amount")
    with pytest.raises(
        UnknownError, match=r"never had a value 'iban'; it has invoice_number, .*line_items\[3\].amount"
    ):
        story(store, "doc-1", "iban")
    with pytest.raises(UnknownError, match="has no revision 7; it has 1, 2"):
        provenance.why(store, "doc-1", 7)
    with pytest.raises(UnknownError, match="there is 'Muster GmbH'"):
        provenance.check_vendor(store, "Muster und Söhne")
    for nothing in ("", " -- "):
        with pytest.raises(UnknownError, match="names no vendor"):
            provenance.from_query(vendor=nothing)
    with pytest.raises(UnknownError, match=r"geometric=3.1.0"):
        provenance.model_names(store, "9.9")


# Where values came from


def paths(rows: list[provenance.Value]) -> list[tuple[str, int, str, str | None]]:
    return [(row.document_id, row.revision, row.path, row.value) for row in rows]


def test_everything_of_a_file_is_its_latest_revision(store: ClickHouse) -> None:
    wanted = [("doc-1", 2, "invoice_number", "R-1"), ("doc-1", 2, "total_amount", "191.00")]
    for file in ("doc-1.pdf", sha("doc-1"), sha("doc-1").upper()):
        assert sorted(paths(ask(store, provenance.from_query(file=file), provenance.Value))) == wanted


def test_everything_of_a_vendor_by_its_name_or_tax_id(store: ClickHouse) -> None:
    for vendor in ("muster gmbh", "Muster  GmbH.", "DE 123 456 789"):
        found = ask(store, provenance.from_query(vendor=vendor), provenance.Value)
        assert {row.document_id for row in found} == {"doc-1", "doc-2"}
        provenance.check_vendor(store, vendor)
    november = Scope(since=NOVEMBER.replace(day=1))
    assert ask(store, provenance.from_query(vendor="muster gmbh", scope=november), provenance.Value) == []


def test_a_reviewers_value_stands_over_the_machines(store: ClickHouse) -> None:
    found = ask(store, provenance.from_query(document_id="doc-2"), provenance.Value)
    assert ("doc-2", 1, "total_amount", "191.00") in paths(found)


@pytest.mark.parametrize(
    ("region", "count"),
    [
        ((1, 450.0, 605.0, 700.0, 700.0), 2),
        ((1, 500.0, 600.0, 700.0, 700.0), 0),
        ((2, 0.0, 0.0, 60.0, 60.0), 2),
        ((3, 0.0, 0.0, 999.0, 999.0), 0),
    ],
    ids=["overlaps", "only touches", "further evidence", "no such page"],
)
def test_everything_of_a_region(store: ClickHouse, region: provenance.Region, count: int) -> None:
    found = ask(store, provenance.from_query(document_id="doc-1", region=region), provenance.Value)
    assert len(found) == count


def test_what_a_model_touched(store: ClickHouse) -> None:
    names = provenance.model_names(store, "3.1.0")
    assert names == ["geometric=3.1.0"]
    scope = Scope(tenant="acme", until=NOVEMBER)
    found = ask(store, provenance.model_query(names, scope), provenance.TouchedDocument)
    assert [(row.document_id, row.revision) for row in found] == [("doc-1", 1), ("doc-1", 2), ("doc-2", 1)]
    assert ask(store, provenance.model_query(["geometric=9"]), provenance.TouchedDocument) == []


def test_what_passed_unseen_below_a_confidence(store: ClickHouse) -> None:
    found = ask(store, provenance.passed_query(0.97), provenance.PassedValue)
    assert [(row.document_id, row.path, row.value) for row in found] == [("doc-1", "total_amount", "119.00")]
    assert found[0].result == "documents.results/1/10"
    everything = ask(store, provenance.passed_query(1.0), provenance.PassedValue)
    assert "doc-2" not in {row.document_id for row in everything}, "a person saw it"


def test_what_changed_between_revisions(store: ClickHouse) -> None:
    found = ask(store, provenance.differences_query("doc-1"), provenance.Difference)
    assert [(row.path, row.from_revision, row.to_revision, row.before, row.after) for row in found] == [
        ("total_amount", 1, 2, "119.00", "191.00"),
        ("line_items[3].amount", 1, 2, "100.00", None),
    ]
    assert (found[0].before_reader, found[0].after_reader) == ("geometric", "vllm")
    assert found[1].after_confidence is None
    assert ask(store, provenance.differences_query("doc-2"), provenance.Difference) == []


def test_why_a_document_went_to_a_person(store: ClickHouse) -> None:
    answer = provenance.why(store, "doc-2")
    assert answer.document.reasons == ()
    assert answer.routed.reasons == ("total_amount is unsure (0.61; it passes from 0.97).",)
    [doubt] = answer.doubts
    assert (doubt.path, doubt.confidence, doubt.review_state) == ("total_amount", pytest.approx(0.61), "person")
    assert doubt.broken_rules == (("sum", "110.00 and 19.00 give 129.00"),)
    assert provenance.why(store, "doc-1", 1).doubts == ()


# Figures


def test_what_reviewers_changed_in_a_month_and_by_how_much(store: ClickHouse) -> None:
    october = Scope(None, *month_of("2026-10"))
    changed = ask(store, figures.reviewer_query(october), figures.ReviewedValue)
    assert [(row.document_id, row.before, row.after, row.change) for row in changed] == [
        ("doc-2", "119.00", "191.00", Decimal(72)),
        ("doc-4", "119.00", "119.90", Decimal("0.9")),
    ]
    [anna] = ask(store, figures.reviewer_summary_query(october), figures.ReviewerSummary)
    assert (anna.decisions, anna.approved, anna.corrected, anna.changed_values) == (3, 1, 2, 2)
    assert (anna.changed_amounts, anna.median_seconds) == (Decimal("72.9"), 30.0)
    assert ask(store, figures.reviewer_query(october, "max"), figures.ReviewedValue) == []
    november = Scope(None, *month_of("2026-11"))
    assert ask(store, figures.reviewer_summary_query(november), figures.ReviewerSummary) == []


def test_a_changed_quantity_is_no_changed_amount(clickhouse: ClickHouse) -> None:
    total = corrections("doc-1")[1]
    count = corrections("doc-1", "1", "1000")[1]
    assert isinstance(count, CorrectionRow)
    cell = replace(count, row_number=1, name="quantity", type="number")
    done = Inserter(clickhouse).insert([decision("doc-1", "corrected"), total, cell], "quantity")
    assert done.refused == ()
    [anna] = ask(clickhouse, figures.reviewer_summary_query(), figures.ReviewerSummary)
    assert (anna.changed_values, anna.changed_amounts) == (2, Decimal(72))


def test_duplicates_are_of_one_tenant_and_one_seller(store: ClickHouse) -> None:
    [pair] = ask(store, figures.duplicates_query(), figures.Duplicates)
    assert (pair.documents, pair.filenames, pair.contents) == (("doc-1", "doc-5"), ("doc-1.pdf", "doc-5.pdf"), 2)
    assert (pair.tenant, pair.vendor_name, pair.amount) == ("acme", "Muster GmbH", Decimal(191))
    assert ask(store, figures.duplicates_query(Scope(until=NOVEMBER)), figures.Duplicates) == []


def test_rates_count_each_document_once_by_its_latest_revision(store: ClickHouse) -> None:
    acme = Scope(tenant="acme")
    found = ask(store, figures.rates_query("month", acme), figures.Rate)
    assert [(row.group, row.documents, row.straight_through, row.review, row.sampled) for row in found] == [
        ("2026-10", 2, 1, 1, 0),
        ("2026-11", 4, 4, 0, 3),
    ]
    assert found[0].rate == 0.5
    day = Scope(since=OCTOBER.replace(hour=0), until=OCTOBER.replace(hour=23))
    assert [row.documents for row in ask(store, figures.rates_query("day", day), figures.Rate)] == [3]


def test_the_error_rate_has_wilsons_interval(store: ClickHouse) -> None:
    [found] = ask(store, figures.errors_query(), figures.ErrorRate)
    assert (found.documents, found.wrong_documents, found.values, found.wrong_values) == (2, 1, 4, 1)
    assert found.rate == 0.25
    assert (found.low, found.high) == (pytest.approx(0.0455873), pytest.approx(0.6993583))  # 1 of 4, by R's binom
    by_field = ask(store, figures.errors_query("field"), figures.ErrorRate)
    assert [(row.group, row.wrong_values, row.values) for row in by_field] == [
        ("invoice_number", 0, 2),
        ("total_amount", 1, 2),
    ]
    assert (by_field[0].low, by_field[0].high) == (0.0, pytest.approx(0.6576198))


def test_times_by_stage_and_over_the_whole_way(store: ClickHouse) -> None:
    found = ask(store, figures.latency_query("stage", Scope(until=NOVEMBER)), figures.Latency)
    assert [(row.stage, row.records, row.p50) for row in found] == [
        ("(all)", 4, 6.0),
        ("ingest", 1, 0.1),
        ("recognize", 1, 2.0),
        ("route", 2, 0.01),
    ]
    by_day = ask(store, figures.latency_query("day", Scope(until=NOVEMBER)), figures.Latency)
    assert [row.day for row in by_day] == ["2026-10-05"]


def test_dead_letters_by_day_and_code(store: ClickHouse) -> None:
    found = ask(store, figures.dead_letters_query(), figures.DeadLetterCount)
    assert [(row.day, row.code, row.letters, row.replayed, row.example) for row in found] == [
        (date(2026, 10, 5), "encrypted", 1, 0, "ingest.dlq-0@1"),
        (date(2026, 10, 5), "timeout", 2, 1, "ingest.dlq-0@3"),
    ]


def test_scopes_bound_from_the_first_to_before_the_last_moment(store: ClickHouse) -> None:
    exactly = Scope(since=OCTOBER, until=OCTOBER.replace(microsecond=1000))
    assert ask(store, provenance.passed_query(0.97, exactly), provenance.PassedValue) != []
    before = Scope(until=OCTOBER)
    assert ask(store, provenance.passed_query(0.97, before), provenance.PassedValue) == []
    with pytest.raises(ValueError, match="ends"):
        Scope(since=NOVEMBER, until=OCTOBER)


def test_months() -> None:
    assert month_of("2026-12") == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    first, following = last_month()
    assert (first.day, following.day) == (1, 1)
    with pytest.raises(ValueError, match="month"):
        month_of("2026-13")


# What each has to read


@pytest.fixture(scope="module")
def crowd(clickhouse_server: ClickHouseServer) -> Iterator[ClickHouse]:
    """Many documents over a year, so that there is something to leave unread."""
    client = ClickHouse(clickhouse_server.dsn, "test_audit_crowd")
    client.command(f"DROP DATABASE IF EXISTS {client.database}", use_database=False)
    migrate(client)
    moment = "toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalMinute(intDiv(number, {each}) * 10)"
    client.command(f"""INSERT INTO documents (document_id, revision, stage, version, tenant, content_sha256, filename,
        submitted_at, vendor_key, model_versions, decision, topic, partition, offset, at)
        SELECT concat('doc-', toString(number)), 1, 'routed', number, 'acme', hex(SHA256(toString(number))),
            concat(toString(number), '.pdf'), {moment.format(each=1)} AS t, concat('vendor ', toString(number % 5000)),
            [concat('reader=', toString(intDiv(number, 1000)))], 'straight_through', 't', 0, number, t
        FROM numbers(50000)""")
    client.command(f"""INSERT INTO fields (document_id, revision, row_number, name, stage, version, tenant,
    submitted_at,
        type, value_text, confidence, review_state, topic, partition, offset, at)
        SELECT concat('doc-', toString(intDiv(number, 8))), 1, 0, concat('f', toString(number % 8)), 'routed', number,
            'acme', {moment.format(each=8)} AS t, 'text', 'v', 0.99, 'passed', 't', 0, number, t
        FROM numbers(400000)""")
    client.command(f"""INSERT INTO events (topic, partition, offset, at, day, document_id, kind)
        SELECT 't', 0, number, {moment.format(each=2)} AS t, toDate(t), concat('doc-', toString(intDiv(number, 2))), 'k'
        FROM numbers(100000)""")
    client.command(f"""INSERT INTO corrections (document_id, revision, row_number, name, decided_at, reviewer, version)
        SELECT concat('doc-', toString(number)), 1, 0, 'f1', {moment.format(each=1)}, 'anna', 2 FROM numbers(50000)""")
    for table in ("documents", "fields", "events", "corrections"):
        client.command(f"OPTIMIZE TABLE {table} FINAL")
    yield client
    client.command(f"DROP DATABASE {client.database}", use_database=False)
    client.close()


AUGUST = Scope(None, *month_of("2026-08"))
DAY = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "table", "share"),
    [
        (readings_query("doc-4711", "f3"), "fields", 0.02),
        (steps_query("doc-4711", DAY), "events", 0.1),
        (provenance.doubts_query("doc-4711", 1), "fields", 0.02),
        (provenance.differences_query("doc-4711"), "fields", 0.02),
        (provenance.from_query(file="4711.pdf"), "documents", 0.2),
        (provenance.from_query(vendor="vendor 4711"), "documents", 0.5),
        (provenance.passed_query(0.97, AUGUST), "fields", 0.2),
        (figures.reviewer_query(AUGUST), "corrections", 0.2),
        (figures.rates_query("day", AUGUST), "documents", 0.2),
        (figures.latency_query("stage", AUGUST), "events", 0.2),
    ],
    ids=lambda value: value.name if isinstance(value, Query) else "",
)
def test_a_question_reads_only_what_it_must(crowd: ClickHouse, query: Query, table: str, share: float) -> None:
    """By the plan: of the granules of each table that it reads, at most ``share`` are left by the indexes."""
    read, there = granules(crowd, query, table)
    assert there > 0
    assert read <= max(1, there * share), f"{read} of {there} granules of {table}"


def granules(client: ClickHouse, query: Query, table: str) -> tuple[int, int]:
    """Granules that the plan reads of ``table``, and how many there are."""
    plan = [str(row[0]) for row in client.query(f"EXPLAIN indexes = 1 {query.statement}", query.parameters).rows]
    left = there = 0
    for number, line in enumerate(plan):
        if line.strip(" │└─├").startswith(f"ReadFromMergeTree ({client.database}.{table})"):
            counts = []
            for after in plan[number + 1 :]:
                word = after.strip(" │└─├")
                if word.startswith("ReadFrom"):
                    break
                if word.startswith("Granules: "):
                    counts.append(tuple(map(int, word.removeprefix("Granules: ").split("/"))))
            assert counts, "\n".join(plan)
            left += counts[-1][0]
            there += counts[0][1]
    return left, there


def test_every_column_of_every_view_is_explained(store: ClickHouse) -> None:
    """By its own comment, or by that of the table's column that it shows."""
    columns = store.query(
        "SELECT table, name, comment FROM system.columns WHERE database = {database:String}",
        {"database": store.database},
    ).rows
    tables = {name for table, name, comment in columns if comment and not table.startswith("v_")}
    bare = [
        f"{table}.{name}"
        for table, name, comment in columns
        if table.startswith("v_") and not comment and name not in tables
    ]
    assert bare == []
    views = store.query(
        "SELECT name, comment FROM system.tables WHERE database = {database:String} AND engine = 'View'",
        {"database": store.database},
    ).rows
    assert len(views) >= 17
    assert [name for name, comment in views if not comment] == []


def test_every_view_answers(store: ClickHouse) -> None:
    views = store.query(
        "SELECT name FROM system.tables WHERE database = {database:String} AND engine = 'View'",
        {"database": store.database},
    ).rows
    counts = {name: store.query(f"SELECT count() FROM {name}").rows[0][0] for (name,) in views}
    empty = {name for name, count in counts.items() if count == 0}
    assert empty == {"v_erasures"}, "everything else is in the world"


def test_the_revisions_of_a_document_are_its_latest_stages(store: ClickHouse) -> None:
    assert [(row.revision, row.stage) for row in revisions_of(store, "doc-1")] == [(1, "routed"), (2, "routed")]
    assert [(row.stage, row.decision) for row in revisions_of(store, "doc-2")] == [("resolved", "corrected")]
