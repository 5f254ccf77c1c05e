"""What a record gives: its event whatever it says, its rows, and the same ones whenever it is read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clickhouse.rows import DocumentRow, FieldRow, MerkleRootRow, Row, refused
from connectors.clickhouse.seals import has_its_values, seal_of
from processors.audit.chain import extend, genesis
from processors.audit.event import NO_HASH, content_hash
from processors.audit.rows import rows_hash
from streams.contracts import topics
from streams.contracts.records import (
    AuditRoot,
    DeadLetter,
    DocumentExtracted,
    DocumentFeedback,
    DocumentRecognized,
    DocumentResult,
    DocumentStatus,
    DocumentSubmitted,
    DocumentValidated,
    ErasureLogged,
    Record,
    ReviewDecision,
    ReviewRequest,
)
from streams.contracts.topics import TOPICS, Topic, TopicPlan
from streams.harness.headers import Headers, Work, error_headers
from streams.harness.stage import Inbound
from streams.sinks.chains import COLUMNS, event_row, link_of
from streams.sinks.mapping import Mapped, Mapper
from tests.support.audit import CODEC, TOPIC_OF, example
from tests.support.examples import EXAMPLES

AT = datetime(2026, 1, 31, 8, 30, 15, 250_000, tzinfo=UTC)
WORK = Work("host-1", AT - timedelta(seconds=2), 1.5, "documents.validated", 3, 41)
MAPPER = Mapper(TopicPlan(prefix="p."), CODEC)


def inbound(record: Record | bytes | None, topic: Topic, headers: Headers = (), *, at: datetime = AT) -> Inbound:
    value = CODEC.encode(record) if isinstance(record, Record) else record
    return Inbound(f"p.{topic.name}", 2, 17, at, b"key", value, headers)


def mapped(record: Record) -> Mapped:
    return MAPPER.map(inbound(record, TOPIC_OF[type(record)], WORK.headers()))


def rows(item: Mapped, kind: type[Row]) -> list[Row]:
    return [row for row in item.rows if isinstance(row, kind)]


ON_TOPICS = [item for item in EXAMPLES if type(item) in TOPIC_OF]


@pytest.mark.parametrize("record", ON_TOPICS, ids=lambda item: item.SCHEMA)
def test_every_record_gives_rows_that_fit_and_an_event_that_reads_back(record: Record) -> None:
    item = mapped(record)
    assert item.problem is None
    assert [said for kind in {type(row) for row in item.rows} for said in refused(rows(item, kind))] == []
    link = extend(genesis("p." + item.topic.name, 2), item.event())
    row = event_row(link)
    assert refused([row]) == ()
    assert link_of({name: getattr(row, name) for name in COLUMNS}) == link


@pytest.mark.parametrize("record", ON_TOPICS, ids=lambda item: item.SCHEMA)
def test_the_same_record_gives_the_same_again(record: Record) -> None:
    one, other = mapped(record), mapped(record)
    assert one.rows == other.rows
    assert one.event() == other.event()


def test_an_event_says_who_worked_on_what_and_holds_no_value() -> None:
    event = mapped(example(DocumentResult)).event()
    assert (event.worker, event.started, event.seconds) == ("host-1", WORK.started, 1.5)
    assert (event.input_topic, event.input_partition, event.input_offset) == ("documents.validated", 3, 41)
    assert (event.kind, event.document_id, event.tenant) == ("document_result", "doc-1", "acme")
    result = example(DocumentResult)
    texts = {field.raw_text for field in result.fields} | {result.filename}
    assert not any(text and text.encode() in event.canonical() for text in texts)


def test_what_producers_from_outside_say_of_themselves_counts_for_nothing() -> None:
    for kind in (DocumentSubmitted, ReviewDecision):
        event = mapped(example(kind)).event()
        assert (event.worker, event.started, event.seconds, event.input_topic) == ("", None, None, "")


def test_a_submission_without_an_id_is_known_by_the_id_that_ingest_gives_it() -> None:
    bare = DocumentSubmitted(content=b"x", tenant="acme")
    first, again = mapped(bare).event(), mapped(bare).event()
    assert first.document_id == again.document_id != ""
    keyed = mapped(DocumentSubmitted(content=b"x", idempotency_key="k")).event()
    assert keyed.document_id not in ("", first.document_id)


def test_stages_are_those_that_wrote_the_record() -> None:
    def stage(record: Record) -> str:
        return mapped(record).event().stage

    result = example(DocumentResult)
    assert stage(result.model_copy(update={"decision": "straight_through"})) == "route"
    assert stage(result.model_copy(update={"decision": "corrected"})) == "resolve"
    assert [stage(example(kind)) for kind in (DocumentExtracted, DocumentValidated)] == ["extract", "validate"]
    assert stage(example(DocumentSubmitted)) == ""


def test_a_dead_letter_tells_of_its_own_failure_and_not_of_the_record_that_failed() -> None:
    letter = example(DeadLetter).model_copy(update={"null_key": False, "stage": "extract", "code": "timeout"})
    own = replace(WORK, worker="host-2", seconds=9.0)
    headers = (*WORK.headers(), *error_headers(letter), *own.error_headers())
    item = MAPPER.map(inbound(b"whatever", topics.DEAD_LETTERS["extract"], headers))
    event = item.event()
    assert (event.kind, event.stage, event.state) == ("dead_letter", "extract", "timeout")
    assert (event.worker, event.seconds) == ("host-2", 9.0)
    assert (event.input_topic, event.input_offset) == (letter.topic, letter.offset)
    assert len(item.rows) == 1


def test_bytes_that_are_no_record_are_an_event_all_the_same() -> None:
    item = MAPPER.map(inbound(b"\x01rubbish", topics.EXTRACTED))
    assert item.rows == ()
    assert item.problem is not None
    event = item.event()
    assert (event.kind, event.state, event.value_hash) == ("undecodable", "undecodable", content_hash(b"\x01rubbish"))


def test_fields_are_stored_as_read_and_as_routed_with_their_amounts_to_the_cent() -> None:
    [document] = rows(mapped(example(DocumentResult)), DocumentRow)
    assert isinstance(document, DocumentRow)
    total = next(item for item in example(DocumentResult).fields if isinstance(item.value, Decimal))
    stored = {row.name: row for row in rows(mapped(example(DocumentResult)), FieldRow) if isinstance(row, FieldRow)}
    assert stored[total.name].value_decimal == total.value
    assert stored[total.name].raw_text == total.raw_text
    box = total.evidence[0].box
    assert box is not None
    assert (stored[total.name].page, stored[total.name].x0) == (total.evidence[0].page, box.x0)
    assert len(stored[total.name].more_evidence) == len(total.evidence) - 1


def test_validated_records_give_no_field_rows_because_the_route_repeats_them() -> None:
    item = mapped(example(DocumentValidated))
    assert rows(item, FieldRow) == []
    [document] = rows(item, DocumentRow)
    assert isinstance(document, DocumentRow)
    assert document.stage == "validated"


def test_the_stage_of_a_result_is_who_decided() -> None:
    result = example(DocumentResult)
    for decision, stage in (("straight_through", "routed"), ("approved", "resolved"), ("corrected", "resolved")):
        found = mapped(result.model_copy(update={"decision": decision})).rows
        assert {row.stage for row in found if isinstance(row, FieldRow | DocumentRow)} == {stage}


def test_a_sample_for_the_audit_of_errors_does_not_hide_the_result() -> None:
    sample = mapped(example(ReviewRequest).model_copy(update={"reasons": ("audit",)}))
    assert sample.rows == ()
    assert sample.event().state == "audit"


EVERY_ROW = (DocumentResult, DocumentRecognized, ReviewDecision, DocumentFeedback, AuditRoot, ErasureLogged)


@pytest.mark.parametrize("kind", EVERY_ROW, ids=lambda kind: kind.SCHEMA)
def test_every_row_is_vouched_for_by_its_event_unless_it_is_refused(kind: type[Record]) -> None:
    item = mapped(example(kind))
    listed = [(found.key, found.hash) for found in item.seals]
    assert listed == [(found.key, found.hash) for found in map(seal_of, item.rows)]
    assert all(map(has_its_values, item.rows))
    assert item.event().rows_hash == rows_hash(listed) != NO_HASH
    without = item.event(frozenset({id(item.rows[0])}))
    assert without.rows_hash == rows_hash(listed[1:])


def test_an_event_without_rows_has_no_hash_of_rows() -> None:
    assert mapped(example(DocumentStatus)).event().rows_hash == NO_HASH


def test_a_row_is_listed_by_its_table_and_key() -> None:
    keys = {found.key for found in mapped(example(DocumentResult).model_copy(update={"decision": "approved"})).seals}
    assert {"documents/resolved", "fields/resolved/0/total_amount"} <= keys


def test_corrections_say_what_was_there_before() -> None:
    feedback = example(DocumentFeedback)
    [row] = mapped(feedback).rows
    assert (row.version, row.before_raw_text) == (2, feedback.predicted.raw_text)  # type: ignore[attr-defined]
    decision, *corrections = mapped(example(ReviewDecision)).rows
    assert decision.reviewer == example(ReviewDecision).reviewer  # type: ignore[attr-defined]
    assert len(corrections) == len(example(ReviewDecision).corrections)


def test_the_first_root_of_a_day_stands() -> None:
    record = example(AuditRoot)
    first, second = (MAPPER.map(replace(inbound(record, topics.ROOTS), offset=offset)).rows[0] for offset in (3, 8))
    assert isinstance(first, MerkleRootRow)
    assert isinstance(second, MerkleRootRow)
    assert first.version > second.version


def test_a_root_with_something_else_than_hashes_is_no_root() -> None:
    item = mapped(example(AuditRoot).model_copy(update={"root": "not hexadecimal"}))
    assert item.problem is not None
    assert item.rows == ()


@pytest.mark.parametrize("digits", [30, 45, 60, 400])
def test_an_amount_that_no_table_can_hold_is_refused_and_never_changed(digits: int) -> None:
    """The contract says 38 digits; Avro's bytes can carry any number of them."""
    amount = Decimal("424242.42")
    result = example(DocumentResult)
    total = replace(next(item for item in result.fields if isinstance(item.value, Decimal)), value=amount)
    wire = CODEC.encode(result.model_copy(update={"fields": (total,), "line_items": ()}))
    unscaled = 10**digits + 1
    assert wire.count(_avro_bytes(int(amount * 10**12))) == 1
    item = MAPPER.map(inbound(wire.replace(_avro_bytes(int(amount * 10**12)), _avro_bytes(unscaled)), topics.RESULTS))
    stored = [row for row in item.rows if row not in [bad.row for kind in _by_kind(item) for bad in refused(kind)]]
    values = [row.value_decimal for row in stored if isinstance(row, FieldRow)]
    assert values == ([Decimal("1000000000000000000.000000000001")] if digits == 30 else [])
    assert item.problem is None or item.rows == ()


def _avro_bytes(unscaled: int) -> bytes:
    """A decimal as Avro writes it: the length (a zigzag varint), and the number in two's complement, big-endian."""
    size = unscaled.bit_length() // 8 + 1
    length, head = 2 * size, bytearray()
    while length >= 0x80:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*head, length]) + unscaled.to_bytes(size, "big", signed=True)


def _by_kind(item: Mapped) -> list[list[Row]]:
    kinds = {type(row) for row in item.rows}
    return [[row for row in item.rows if type(row) is kind] for kind in kinds]


def test_duplicates_are_known_by_their_status_alone_and_status_is_no_event() -> None:
    status = example(DocumentStatus).model_copy(update={"state": "duplicate", "duplicate_of": "doc-0"})
    item = mapped(status)
    [row] = item.rows
    assert isinstance(row, DocumentRow)
    assert (row.duplicate_of, row.decision, item.chained) == ("doc-0", "duplicate", False)
    assert mapped(status.model_copy(update={"state": "completed"})).rows == ()


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["fieldtrail.worker", "fieldtrail.seconds", "fieldtrail.started", "fieldtrail.input", "x"])
        | st.sampled_from(
            ["traceparent", "fieldtrail.replay.id", "fieldtrail.errors.stage", "fieldtrail.errors.offset"]
        ),
        st.binary(max_size=30) | st.sampled_from([b"nan", b"-1", b"1e400", b"a/1/9999999999999999999", b"t/1/2"]),
    ),
    max_size=8,
).map(tuple)
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.sampled_from(TOPICS), st.none() | st.binary(max_size=40), HEADERS, TIMES)
def test_whatever_lies_on_a_topic_gives_an_event_that_can_be_stored(
    topic: Topic, value: bytes | None, headers: Headers, at: datetime
) -> None:
    event = MAPPER.map(inbound(value, topic, headers, at=at)).event()
    assert refused([event_row(extend(genesis(event.topic, event.partition), event))]) == ()


@given(st.integers(-(2**31), 2**31 - 1))
def test_any_revision_gives_an_event_that_can_be_stored(revision: int) -> None:
    event = mapped(example(DocumentResult).model_copy(update={"revision": revision})).event()
    assert refused([event_row(extend(genesis(event.topic, event.partition), event))]) == ()
