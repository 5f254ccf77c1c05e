"""``fieldtrail audit verify`` on a store as the sink writes it: whole, and after somebody was at it."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.insert import Inserter
from connectors.clickhouse.questions.documents import UnknownError
from connectors.clickhouse.rows import Row
from fieldtrail.audit import proof_file
from fieldtrail.audit.values import ValueBreak
from fieldtrail.audit.verify import Verification, verify_all, verify_day, verify_document
from processors.audit.chain import ChainedEvent, Head, genesis
from processors.audit.merkle import merkle_root
from processors.audit.roots import DayRoot, Stretch, event_leaf
from processors.audit.verify import Break, BreakKind
from streams.contracts.records import ErasureLogged
from streams.contracts.topics import TopicPlan
from streams.harness.stage import Inbound
from streams.sinks.chains import event_row
from streams.sinks.mapping import Mapper
from streams.sinks.other_rows import root_row
from streams.sinks.roots import record_of
from tests.support.audit import CODEC, document_records
from tests.support.examples import EXAMPLES

pytestmark = pytest.mark.timeout(120)

FIRST = datetime(2026, 10, 5, 8, tzinfo=UTC)
DAYS = (FIRST.date(), FIRST.date() + timedelta(days=1))
"""Days that are closed; the third is not."""
PER_DAY = 2
VALUES = 3 * PER_DAY * 2 * (4 + 2 * 4)
"""Documents, with extracted and routed fields: four header fields, and two rows of four cells."""


@dataclass
class Written:
    """The store, and its roots as a second party keeps them."""

    store: ClickHouse
    roots: list[DayRoot]

    def everything(self, **options: bool) -> Verification:
        return verify_all(self.store, published=self.roots, progress=lambda _: None, **options)

    def broken(self) -> Break | ValueBreak:
        found = self.everything().first_break
        assert found is not None
        return found

    def change(self, statement: str) -> None:
        self.store.command(statement, settings={"mutations_sync": 2})


@pytest.fixture
def written(clickhouse: ClickHouse) -> Written:
    """Two documents a day on three days, written as the sink writes them; the first two days are closed."""
    mapper, heads = Mapper(TopicPlan(), CODEC), dict[tuple[str, int], Head]()
    made = Written(clickhouse, [])
    for day in range(3):
        links, rows = list[ChainedEvent](), list[Row]()
        before = dict(heads)
        for number in range(day * PER_DAY, (day + 1) * PER_DAY):
            for sent in document_records(number):
                place = (sent.topic.name, 0)
                head = heads.get(place, genesis(*place))
                at = FIRST + timedelta(days=day, seconds=number)
                mapped = mapper.map(Inbound(*place, head.offset + 1, at, sent.key, sent.value, sent.headers))
                rows += mapped.rows
                if mapped.chained:
                    link = link_after(head, mapped.event())
                    heads[place] = link.head
                    links.append(link)
                    rows.append(event_row(link))
        if day < len(DAYS):
            made.roots.append(close(DAYS[day], links, before))
            published = record_of(made.roots[-1], None, "0.1.0", FIRST + timedelta(days=day + 1))
            inbound = Inbound("audit.roots", 0, day, FIRST, b"audit.roots", CODEC.encode(published), ())
            rows.append(root_row(published, inbound))
        assert Inserter(clickhouse).insert(rows, f"day-{day}").refused == ()
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
    assert (found.events, found.unsealed, found.days, found.values) == (42, 14, 2, VALUES)


def test_a_day_and_a_document_are_intact_alone(written: Written) -> None:
    day = verify_day(written.store, DAYS[1])
    assert (day.intact, day.events, day.days) == (True, 14, 1)
    document = verify_document(written.store, "doc-000002")
    assert (document.intact, document.unsealed, document.values) == (True, 0, 24)
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


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "ALTER TABLE fields UPDATE value_decimal = 1, value_text = '1.00' "
            "WHERE name = 'total_amount' AND document_id = 'doc-000003'",
            "total_amount of document doc-000003, revision 1, does not have the hash",
        ),
        (
            "ALTER TABLE fields UPDATE confidence = 1 WHERE document_id = 'doc-000005' AND row_number = 2",
            "line_items[2].",
        ),
        (
            "ALTER TABLE fields DELETE WHERE document_id = 'doc-000001' AND row_number = 1",
            "removed or exchanged",
        ),
        ("ALTER TABLE fields DELETE WHERE document_id = 'doc-000001' AND stage = 'routed'", "were removed"),
        (
            "ALTER TABLE fields UPDATE value_text = NULL, row_salt = toFixedString(unhex(repeat('00', 32)), 32) "
            "WHERE document_id = 'doc-000001'",
            "was blanked, and no erasure of the document is in the chains",
        ),
    ],
    ids=["an amount", "a confidence of a cell", "a line removed", "all values removed", "blanked without erasure"],
)
def test_whatever_is_done_to_values_is_found(written: Written, statement: str, says: str) -> None:
    written.change(statement)
    found = written.broken()
    assert isinstance(found, ValueBreak)
    assert says in found.message
    assert written.everything(values=False).intact, "the events are as they were"
    alone = verify_document(written.store, found.document_id).first_break
    assert isinstance(alone, ValueBreak)


def test_added_values_are_found(written: Written) -> None:
    [row] = written.store.query("SELECT count() FROM fields").rows
    mapper = Mapper(TopicPlan(), CODEC)
    sent = document_records(99)[-2]
    mapped = mapper.map(Inbound("documents.results", 0, 77, FIRST, sent.key, sent.value, sent.headers))
    assert Inserter(written.store).insert(mapped.rows, "forged").refused == ()
    assert row[0] == VALUES
    found = written.broken()
    assert isinstance(found, ValueBreak)
    assert "documents.results/0/77, which brought none of them" in found.message


def test_an_erased_document_still_verifies(written: Written) -> None:
    from connectors.clickhouse.erase import blank

    blank(written.store, ["doc-000003"])
    written.change(
        "INSERT INTO erasures (erasure_id, document_id, version, tenant, state, cause) "
        "VALUES ('e', 'doc-000003', 1, 'acme', 'done', 'request')"
    )
    assert isinstance(written.broken(), ValueBreak), "a row is no proof of an erasure: it is in no chain"
    [proof] = [item for item in EXAMPLES if isinstance(item, ErasureLogged)]
    value = CODEC.encode(proof.model_copy(update={"document_id": "doc-000003"}))
    mapped = Mapper(TopicPlan(), CODEC).map(Inbound("audit.erasures", 0, 0, FIRST, b"doc-000003", value, ()))
    row = event_row(link_after(genesis("audit.erasures", 0), mapped.event()))
    assert Inserter(written.store).insert([row], "erasure").refused == ()
    assert written.everything().intact
    assert verify_document(written.store, "doc-000003").intact
    written.change("ALTER TABLE fields UPDATE value_text = '1.00' WHERE document_id = 'doc-000003'")
    found = written.broken()
    assert isinstance(found, ValueBreak), "an erasure is no leave to write values that no hash vouches for"
    assert "says something although it was erased" in found.message


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
