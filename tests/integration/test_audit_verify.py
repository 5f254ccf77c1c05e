"""``fieldtrail audit verify`` on a store as the sink writes it: whole, and after somebody was at it."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.erase import blank
from connectors.clickhouse.insert import Inserter
from connectors.clickhouse.questions.documents import UnknownError
from connectors.clickhouse.rows import COLUMNS, ErasureRow, EventPlaceRow, EventRow, Row
from connectors.clickhouse.seals import SEALED
from fieldtrail.audit import proof_file
from fieldtrail.audit import rows as row_checks
from fieldtrail.audit.listing import RowBreak
from fieldtrail.audit.verify import Verification, verify_all, verify_day, verify_document
from processors.audit.chain import ChainedEvent, Head, genesis
from processors.audit.merkle import merkle_root
from processors.audit.roots import DayRoot, Stretch, event_leaf
from processors.audit.verify import Break, BreakKind
from streams.contracts import topics
from streams.contracts.records import (
    DeadLetter,
    DocumentFeedback,
    DocumentStatus,
    DocumentSubmitted,
    ErasureLogged,
    ReviewDecision,
)
from streams.contracts.topics import TopicPlan
from streams.harness.headers import error_headers
from streams.harness.stage import Inbound
from streams.sinks.chains import event_row, place_row
from streams.sinks.mapping import Mapped, Mapper
from streams.sinks.roots import ROOT_KEY, record_of
from tests.support.audit import CODEC, TOPIC_OF, Sent, count, document_records, example

pytestmark = pytest.mark.timeout(120)

FIRST = datetime(2026, 10, 5, 8, tzinfo=UTC)
DAYS = (FIRST.date(), FIRST.date() + timedelta(days=1))
"""Days that are closed; the third is not."""
PER_DAY = 2
VALUES = 3 * PER_DAY * 2 * (4 + 2 * 4)
"""Documents, with extracted and routed fields: four header fields, and two rows of four cells."""
OTHERS = (DeadLetter, ReviewDecision, DocumentFeedback)
"""What happens to some documents beside their way: one each of the first document."""


@dataclass
class Written:
    """The store, and its roots as a second party keeps them."""

    store: ClickHouse
    roots: list[DayRoot]
    writing: "Writing" = field(init=False)

    def everything(self, **options: bool) -> Verification:
        return verify_all(self.store, published=self.roots, progress=lambda _: None, **options)

    def broken(self) -> Break | RowBreak:
        found = self.everything().first_break
        assert found is not None
        return found

    def change(self, statement: str) -> None:
        self.store.command(statement, settings={"mutations_sync": 2})


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is on its way into the store here, so that nobody needs to wait for it."""
    monkeypatch.setattr(row_checks, "LOOKS", 1)


class Writing:
    """Writes records as the sink does, without Kafka: rows, events, roots."""

    def __init__(self, store: ClickHouse) -> None:
        self.mapper, self.heads = Mapper(TopicPlan(), CODEC), dict[tuple[str, int], Head]()
        self.links: list[ChainedEvent] = []
        self.rows: list[Row] = []
        self._store = store
        self._batches = 0

    def take(self, sent: Sent, at: datetime) -> Mapped:
        place = (sent.topic.name, 0)
        head = self.heads.get(place, genesis(*place))
        mapped = self.mapper.map(Inbound(*place, head.offset + 1, at, sent.key, sent.value, sent.headers))
        self.rows += mapped.rows
        if mapped.chained:
            link = link_after(head, mapped.event())
            self.heads[place] = link.head
            self.links.append(link)
            listed = place_row(link.event, mapped.sealed())
            self.rows += [event_row(link), *([] if listed is None else [listed])]
        return mapped

    def store(self) -> None:
        self._batches += 1
        assert Inserter(self._store).insert(self.rows, f"batch-{self._batches}").refused == ()
        self.rows, self.links = [], []


def beside(number: int) -> list[Sent]:
    """A dead letter, a decision with its corrections, and what was learnt from one of them."""
    document_id = f"doc-{number:06d}"
    found = []
    for kind in OTHERS:
        record = example(kind).model_copy(update={"document_id": document_id, "revision": 1})
        topic = topics.dead_letters("extract") if kind is DeadLetter else TOPIC_OF[kind]
        headers = error_headers(record) if kind is DeadLetter else ()
        found.append(Sent(topic, document_id.encode(), b"?" if kind is DeadLetter else CODEC.encode(record), headers))
    return found


@pytest.fixture
def written(clickhouse: ClickHouse) -> Written:
    """Two documents a day on three days, written as the sink writes them; the first two days are closed."""
    writing, made = Writing(clickhouse), Written(clickhouse, [])
    for day in range(3):
        before = dict(writing.heads)
        for number in range(day * PER_DAY, (day + 1) * PER_DAY):
            for sent in [*document_records(number), *(beside(number) if number == 0 else [])]:
                writing.take(sent, FIRST + timedelta(days=day, seconds=number))
        if day < len(DAYS):
            made.roots.append(close(DAYS[day], writing.links, before))
            published = record_of(made.roots[-1], None, "0.1.0", FIRST + timedelta(days=day + 1))
            writing.take(Sent(topics.ROOTS, ROOT_KEY, CODEC.encode(published)), FIRST + timedelta(days=day + 1))
        writing.store()
    made.writing = writing
    return made


def link_after(head: Head, event: object) -> ChainedEvent:
    from processors.audit.chain import extend
    from processors.audit.event import AuditEvent

    assert isinstance(event, AuditEvent)
    return extend(head, event)


def close(day: date, links: list[ChainedEvent], before: dict[tuple[str, int], Head]) -> DayRoot:
    """The root of a day's events."""
    ordered = sorted(links, key=lambda link: (link.event.topic, link.event.partition, link.event.offset))
    stretches = []
    for place in dict.fromkeys((link.event.topic, link.event.partition) for link in ordered):
        mine = [link for link in ordered if (link.event.topic, link.event.partition) == place]
        start = before.get(place, genesis(*place))
        stretches.append(Stretch(*place, start.offset, mine[-1].event.offset, len(mine), mine[-1].chain_hash))
    return DayRoot(day, merkle_root(map(event_leaf, ordered)), tuple(stretches))


def test_a_store_as_it_was_written_is_intact(written: Written) -> None:
    found = written.everything()
    assert found.first_break is None
    assert (found.events, found.unsealed, found.days) == (47, 16, 2)
    assert count(written.store, "fields") == VALUES
    assert found.rows == sum(count(written.store, kind.TABLE) for kind in SEALED)
    assert all(count(written.store, kind.TABLE) for kind in SEALED if kind is not ErasureRow), "no table is left out"


def test_a_day_and_a_document_are_intact_alone(written: Written) -> None:
    day = verify_day(written.store, DAYS[1])
    assert (day.intact, day.events, day.days) == (True, 14, 1)
    document = verify_document(written.store, "doc-000002")
    mine = [kind.TABLE for kind in SEALED if "document_id" in COLUMNS[kind]]
    rows = sum(count(written.store, table, "document_id = 'doc-000002'") for table in mine)
    assert (document.intact, document.unsealed, document.rows) == (True, 0, rows)
    assert len(document.proofs) == 7
    assert [proof.fault({root.day: root.root for root in written.roots}) for proof in document.proofs] == [None] * 7
    young = verify_document(written.store, "doc-000004")
    assert (young.intact, young.unsealed, young.proofs) == (True, 7, ())


def test_what_is_not_there_is_told(written: Written) -> None:
    with pytest.raises(UnknownError, match="the last closed day is 2026-10-06"):
        verify_day(written.store, date(2026, 10, 7))
    with pytest.raises(UnknownError, match="doc-000000"):
        verify_document(written.store, "doc-00000x")


RESULTS = "topic = 'documents.results'"


@pytest.mark.parametrize(
    ("statement", "kind", "says"),
    [
        (
            f"ALTER TABLE events UPDATE worker = 'other' WHERE {RESULTS} AND offset = 1",
            "altered",
            "documents.results-0@1",
        ),
        (f"ALTER TABLE events DELETE WHERE {RESULTS} AND offset = 2", "removed", "documents.results-0@2"),
        (f"ALTER TABLE events DELETE WHERE {RESULTS} AND offset = 3", "removed", "documents.results-0@3"),
        ("ALTER TABLE events DELETE WHERE topic = 'documents.accepted'", "removed", "documents.accepted"),
        ("ALTER TABLE merkle_roots DELETE WHERE day = '2026-10-06'", "forged_root", "root of 2026-10-06 is gone"),
        (
            "ALTER TABLE merkle_roots UPDATE root = toFixedString(unhex(repeat('ab', 32)), 32) WHERE 1",
            "forged_root",
            "2026-10-05",
        ),
    ],
    ids=[
        "an event altered",
        "removed",
        "the last of a day removed",
        "a chain removed",
        "a root removed",
        "roots forged",
    ],
)
def test_whatever_is_done_to_events_and_roots_is_found(written: Written, statement: str, kind: str, says: str) -> None:
    written.change(statement)
    found = written.broken()
    assert isinstance(found, Break)
    assert found.kind == BreakKind(kind)
    assert says in found.message


def test_swapped_events_are_found(written: Written) -> None:
    rows = list(
        written.store.query(
            f"SELECT * FROM events FINAL WHERE {RESULTS} AND offset IN (1, 2) ORDER BY offset"
        ).mappings()
    )
    written.change(f"ALTER TABLE events DELETE WHERE {RESULTS} AND offset IN (1, 2)")
    columns = written.store.query(
        "SELECT name, type FROM system.columns WHERE database = {d:String} AND table = 'events'"
        " AND name IN {names:Array(String)}",
        {"d": written.store.database, "names": list(rows[0])},
    ).rows
    names, types = ([str(row[index]) for row in columns] for index in (0, 1))
    first, second = rows
    swapped = [{**second, "offset": first["offset"]}, {**first, "offset": second["offset"]}]
    written.store.insert("events", names, types, [[row[name] for row in swapped] for name in names])
    found = written.broken()
    assert isinstance(found, Break)
    assert (found.topic, found.offset) == ("documents.results", 1)


NO_SALT = "row_salt = toFixedString(unhex(repeat('00', 32)), 32)"
DOC = "document_id = 'doc-000000'"
TAMPERED = {
    "an amount": (
        "fields UPDATE value_decimal = 1, value_text = '1' WHERE name = 'total_amount' AND document_id = 'doc-000003'",
        "row fields/extracted/0/total_amount of document doc-000003, revision 1, does not have the hash",
    ),
    "a confidence of a cell": (
        "fields UPDATE confidence = 1 WHERE document_id = 'doc-000005' AND row_number = 2 AND stage = 'routed'",
        "row fields/routed/2/amount of document doc-000005",
    ),
    "a time": ("fields UPDATE at = '2020-01-01 00:00:00' WHERE document_id = 'doc-000005'", "does not have the hash"),
    "another record's name": (
        f"fields UPDATE offset = offset + 1 WHERE {DOC} AND name = 'amount_2' AND stage = 'routed'",
        "names the record documents.results/0/1 where that of documents.results/0/0 should stand",
    ),
    "a line": (
        "fields DELETE WHERE document_id = 'doc-000001' AND row_number = 1 AND name = 'amount' AND stage = 'routed'",
        "row fields/routed/1/amount of document doc-000001, revision 1, came in the record documents.results/0/1",
    ),
    "blanked without erasure": (
        f"fields UPDATE value_text = NULL, {NO_SALT} WHERE document_id = 'doc-000001'",
        "was blanked, and no erasure of the document is in the chains",
    ),
    "who the seller is": (
        f"documents UPDATE vendor_name = 'Mallory' WHERE {DOC} AND stage = 'routed'",
        "row documents/routed of document doc-000000",
    ),
    "a decision's route": (
        f"documents UPDATE decision = 'review' WHERE {DOC} AND stage = 'routed'",
        "row documents/routed of document doc-000000",
    ),
    "a stage": (
        f"documents DELETE WHERE {DOC} AND stage = 'validated'",
        "row documents/validated of document doc-000000",
    ),
    "a reviewer": (f"decisions UPDATE decision = 'approved' WHERE {DOC}", "row decisions/"),
    "a decision": (f"decisions DELETE WHERE {DOC}", "it was removed"),
    "what was corrected": (f"corrections UPDATE after_decimal = 1 WHERE {DOC}", "row corrections/1/amount/"),
    "a correction": (f"corrections DELETE WHERE {DOC}", "row corrections/1/amount/"),
    "an error": (f"dead_letters UPDATE code = 'timeout' WHERE {DOC}", "row dead_letters/extract.dlq/0/0 of document"),
    "a letter": (f"dead_letters DELETE WHERE {DOC}", "row dead_letters/extract.dlq/0/0 of document"),
    "what was sent": (
        f"deliveries UPDATE payload_sha256 = '' WHERE {DOC}",
        "row deliveries/kafka/documents.results/0/0",
    ),
    "a delivery": (f"deliveries DELETE WHERE {DOC}", "row deliveries/kafka/documents.results"),
    "how a page was read": (f"page_quality UPDATE engine = 'other' WHERE {DOC} AND page = 1", "row page_quality/1 of"),
    "a page": (f"page_quality DELETE WHERE {DOC} AND page = 1", "row page_quality/1 of document doc-000000"),
    "an event's place": (
        f"event_places DELETE WHERE {DOC} AND topic = 'documents.accepted'",
        "the event at documents.accepted/0/0 of document doc-000000 is not in event_places",
    ),
    "a list of rows": (
        f"event_places UPDATE row_keys = [], row_hashes = [] WHERE {DOC} AND topic = 'documents.results'",
        "the rows that event_places lists for the event at documents.results/0/0 are not those that it recorded",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_done_to_a_row_of_any_table_is_found_and_named(written: Written, what: str) -> None:
    statement, says = TAMPERED[what]
    written.change(f"ALTER TABLE {statement}")
    found = written.broken()
    assert isinstance(found, RowBreak)
    assert says in found.message
    assert found.table == statement.split()[0]
    assert written.everything(rows=False).intact, "the events are as they were"
    alone = verify_document(written.store, found.document_id).first_break
    assert isinstance(alone, RowBreak)


def test_a_root_without_its_record_is_found(written: Written) -> None:
    """The root itself would be recomputed; what it says of the day before and of when it was closed would not."""
    written.change("ALTER TABLE merkle_roots UPDATE closed_at = '2020-01-01 00:00:00' WHERE day = '2026-10-06'")
    found = written.broken()
    assert isinstance(found, RowBreak)
    assert found.key == "merkle_roots/2026-10-06"


@pytest.mark.parametrize("where", [("documents.results", 77), ("documents.extracted", 0)])
def test_added_rows_are_found(written: Written, where: tuple[str, int]) -> None:
    """They are genuine to the last hash, and no event brought them."""
    sent = document_records(99)[-2 if where[0] == "documents.results" else 4]
    mapped = Mapper(TopicPlan(), CODEC).map(Inbound(where[0], 0, where[1], FIRST, sent.key, sent.value, sent.headers))
    for row in {row.TABLE: row for row in mapped.rows}.values():
        assert Inserter(written.store).insert([row], "forged").refused == ()
        found = written.broken()
        assert isinstance(found, RowBreak)
        assert (found.table, found.document_id) == (row.TABLE, "doc-000099")
        assert f"{where[0]}/0/{where[1]}, of which no event tells" in found.message
        written.change(f"ALTER TABLE {row.TABLE} DELETE WHERE document_id = 'doc-000099'")
    assert written.everything().intact


def read_twice(written: Written, second_fields: int) -> None:
    """A stage that died before it acknowledged reads a document again, and finds ``second_fields`` of its fields."""
    for fields in (4, second_fields):
        for sent in document_records(7, fields=fields):
            written.writing.take(sent, FIRST + timedelta(days=3))
        written.writing.store()


@pytest.mark.parametrize("second_fields", [1, 3, 4, 5])
def test_a_second_reading_of_a_revision_is_no_break_however_many_fields_it_has(
    written: Written, second_fields: int
) -> None:
    read_twice(written, second_fields)
    assert written.everything().first_break is None
    assert verify_document(written.store, "doc-000007").intact


@pytest.mark.parametrize(
    "change",
    [
        "DELETE WHERE name = 'amount_3'",
        "UPDATE raw_text = 'other' WHERE name = 'amount_3'",
        "DELETE WHERE name = 'total_amount'",
    ],
    ids=["what only the first had, removed", "altered", "what the second has, removed"],
)
def test_nothing_of_either_reading_may_be_altered(written: Written, change: str) -> None:
    read_twice(written, 2)
    written.change(f"ALTER TABLE fields {change} AND document_id = 'doc-000007'")
    found = written.broken()
    assert isinstance(found, RowBreak)
    assert found.document_id == "doc-000007"


def test_the_first_reading_put_back_over_the_second_is_found(written: Written) -> None:
    first = [written.writing.take(sent, FIRST + timedelta(days=3)) for sent in document_records(7)]
    written.writing.store()
    for sent in document_records(7):
        written.writing.take(sent, FIRST + timedelta(days=4))
    written.writing.store()
    assert written.everything().intact
    old = next(row for item in first for row in item.rows if getattr(row, "name", "") == "total_amount")
    written.change("ALTER TABLE fields DELETE WHERE document_id = 'doc-000007' AND name = 'total_amount'")
    Inserter(written.store).insert([old], "put back")
    found = written.broken()
    assert isinstance(found, RowBreak)
    assert "it was exchanged" in found.message


def test_a_duplicate_is_believed_only_with_its_submission(written: Written) -> None:
    """What links it is a record of a compacted topic, which has no chain."""
    status = example(DocumentStatus).model_copy(
        update={"document_id": "twin", "state": "duplicate", "duplicate_of": "doc-000001"}
    )
    written.writing.take(Sent(topics.STATUS, b"twin", CODEC.encode(status)), FIRST)
    written.writing.store()
    found = written.broken()
    assert isinstance(found, RowBreak)
    assert (found.table, found.document_id) == ("documents", "twin")
    submitted = example(DocumentSubmitted).model_copy(update={"document_id": "twin"})
    written.writing.take(Sent(topics.SUBMITTED, b"twin", CODEC.encode(submitted)), FIRST)
    written.writing.store()
    assert written.everything().intact


def test_what_is_on_its_way_into_the_store_is_no_break(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows come before their events. A look in between sees rows that no event tells of; the next one sees all."""
    for sent in document_records(50):
        written.writing.take(sent, FIRST + timedelta(days=3))
    batch = written.writing.rows
    Inserter(written.store).insert([row for row in batch if not isinstance(row, EventRow | EventPlaceRow)], "rows")
    assert isinstance(written.broken(), RowBreak)
    monkeypatch.setattr(row_checks, "LOOKS", 2)
    looked = []

    def arrive(seconds: float) -> None:
        looked.append(seconds)
        written.writing.store()

    monkeypatch.setattr(row_checks.time, "sleep", arrive)
    assert written.everything().intact
    assert looked == [row_checks.SETTLE_S]


def test_a_large_store_is_looked_at_in_parts(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = written.everything().rows
    monkeypatch.setattr(row_checks, "SPAN_FIELDS", 30)
    told = list[str]()
    found = verify_all(written.store, published=written.roots, progress=told.append)
    assert (found.intact, found.rows) == (True, whole)
    assert len([text for text in told if text.startswith("rows")]) == 4


def erase(written: Written, document_id: str) -> None:
    """As an erasure does: blank rows, and a proof on its topic."""
    blank(written.store, [document_id])
    proof = example(ErasureLogged).model_copy(update={"document_id": document_id})
    written.writing.take(Sent(topics.ERASURES, document_id.encode(), CODEC.encode(proof)), FIRST + timedelta(days=4))
    written.writing.store()


def test_an_erased_document_still_verifies(written: Written) -> None:
    blank(written.store, ["doc-000000"])
    written.change(
        "INSERT INTO erasures (erasure_id, document_id, version, tenant, state, cause) "
        "VALUES ('e', 'doc-000000', 0, 'acme', 'begun', 'request')"
    )
    found = written.broken()
    assert isinstance(found, RowBreak), "a row is no proof of an erasure: it is in no chain"
    assert "no erasure of the document is in the chains" in found.message
    erase(written, "doc-000000")
    assert written.everything().first_break is None
    assert verify_document(written.store, "doc-000000").intact
    assert count(written.store, "erasures", "state = 'done'") == 1
    assert written.store.query("SELECT DISTINCT value_text, raw_text FROM fields WHERE " + DOC).rows == ((None, ""),)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("fields UPDATE value_text = '1.00'", "says something although it was erased"),
        ("documents UPDATE vendor_name = 'Mallory'", "says something although it was erased"),
        ("fields UPDATE confidence = 1", "does not have the hash"),
        ("fields UPDATE reader = 'other'", "does not have the hash"),
        ("decisions UPDATE decision = 'approved', reviewer = 'mallory'", "does not have the hash"),
        ("documents DELETE", "it was removed"),
        ("erasures UPDATE reason = 'other'", "does not have the hash"),
        ("erasures DELETE", "row erasures/"),
    ],
)
def test_what_stays_of_an_erased_document_is_vouched_for(written: Written, change: str, says: str) -> None:
    erase(written, "doc-000000")
    written.change(f"ALTER TABLE {change} WHERE {DOC}")
    found = written.broken()
    assert isinstance(found, RowBreak)
    assert says in found.message


@pytest.mark.parametrize("change", [{"partition": "x"}, {"offset": 2**70}, {"at": None}, {"topic": 5}, {"seconds": []}])
def test_a_proof_with_values_of_wrong_types_is_told(
    written: Written, tmp_path: Path, change: dict[str, object]
) -> None:
    path = tmp_path / "proof.json"
    proof_file.write(path, "doc-000002", verify_document(written.store, "doc-000002").proofs)
    text = json.loads(path.read_text())
    text["events"][0]["event"].update(change)
    path.write_text(json.dumps(text))
    with pytest.raises(proof_file.ProofFileError, match=r"proof\.json"):
        proof_file.read(path)


def test_a_store_that_was_rewritten_as_a_whole_differs_from_the_published_roots(written: Written) -> None:
    forged = [replace(root, root=bytes(32)) for root in written.roots]
    found = verify_all(written.store, published=forged, progress=lambda _: None).first_break
    assert isinstance(found, Break)
    assert found.kind is BreakKind.FORGED_ROOT


# Proofs that go out of the house


def test_a_proof_holds_offline_and_no_bit_of_it_may_change(written: Written, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    proof_file.write(path, "doc-000002", verify_document(written.store, "doc-000002").proofs)
    document, proofs = proof_file.read(path)
    assert document == "doc-000002"
    assert [proof.fault() for proof in proofs] == [None] * 7
    assert {proof.link.event.document_id for proof in proofs} == {"doc-000002"}
    text = json.loads(path.read_text())
    for change in (
        lambda item: item["event"].update(worker="other"),
        lambda item: item["event"].update(seconds=0.5),
        lambda item: item.update(previous_offset=17),
        lambda item: item.update(index=item["index"] ^ 1),
        lambda item: item.update(path=item["path"][:-1]),
        lambda item: item.update(root="00" * 32),
    ):
        altered = json.loads(json.dumps(text))
        change(altered["events"][0])
        path.write_text(json.dumps(altered))
        assert proof_file.read(path)[1][0].fault() is not None
    assert proofs[0].fault({DAYS[1]: bytes(32)}) == "the root of 2026-10-06 is not the trusted one"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"format": "fieldtrail.proof", "version": 2}',
        '{"format": "fieldtrail.proof", "version": 1, "document_id": "x", "events": [{}]}',
        '{"format": "fieldtrail.proof", "version": 1, "document_id": "x", "events": [{"event": []}]}',
        '{"format": "fieldtrail.proof", "version": 1, "document_id": "x", "events": []}',
    ],
)
def test_a_file_that_is_no_proof_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "proof.json").write_text(text)
    with pytest.raises(proof_file.ProofFileError, match=r"proof\.json"):
        proof_file.read(tmp_path / "proof.json")
