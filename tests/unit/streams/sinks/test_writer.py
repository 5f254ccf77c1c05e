"""Batches: when they are due, in which order they are written, and what a refused row changes."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.clickhouse.blanks import is_blank
from connectors.clickhouse.insert import Inserted
from connectors.clickhouse.rows import DocumentRow, EventRow, FieldRow, Row, RowRefused, refused
from connectors.errors import UnavailableError
from processors.audit.chain import genesis
from processors.audit.verify import Intact, verify_chain
from streams.contracts.topics import TopicPlan
from streams.harness.headers import Headers, read_error
from streams.harness.stage import Inbound
from streams.outbox import DeliveryError
from streams.sinks.batch import Batch, BatchLimits
from streams.sinks.chains import COLUMNS, link_of
from streams.sinks.letters import Letters
from streams.sinks.mapping import Mapped, Mapper
from streams.sinks.writer import BatchWriter, Erasures, EventRefusedError, token_of
from tests.support.audit import CODEC, PATH, NoErasures, document_records

AT = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
MAPPER = Mapper(TopicPlan(), CODEC)


class FakeStore:
    """Keeps rows; refuses those that ``refuses`` names; ``down`` makes it unavailable before a table."""

    def __init__(self, refuses: str = "", down: type[Row] | None = None) -> None:
        self.rows: list[Row] = []
        self.tokens: list[str] = []
        self._refuses = refuses
        self.down = down

    def insert(self, rows: Sequence[Row], token: str) -> Inserted:
        if any(isinstance(row, self.down) for row in rows) if self.down else False:
            raise UnavailableError("clickhouse", "away")
        bad = [row for row in rows if self._refuses and getattr(row, "name", getattr(row, "kind", "")) == self._refuses]
        self.rows += [row for row in rows if row not in bad]
        self.tokens.append(token)
        return Inserted(len(rows) - len(bad), tuple(RowRefused(row, "does not fit") for row in bad))

    def events(self) -> list[EventRow]:
        return [row for row in self.rows if isinstance(row, EventRow)]


class FakeOutbox:
    """Keeps what it is given."""

    def __init__(self, failing: int = 0) -> None:
        self.sent: list[tuple[str, bytes | None, bytes | None, Headers]] = []
        self._failing = failing

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        self.sent.append((topic, key, value, headers))

    def flush(self) -> None:
        """All is sent, but for the first ``failing`` times."""
        if self._failing:
            self._failing -= 1
            raise DeliveryError("away")


def batch_of(*numbers: int) -> list[Mapped]:
    """Documents as they lie on the topics, each topic's offsets ascending."""
    return [
        MAPPER.map(Inbound(item.topic.name, 0, number, AT, item.key, item.value, item.headers))
        for number in numbers
        for item in document_records(number)
    ]


def writer(store: FakeStore, outbox: FakeOutbox | None = None, erasures: Erasures | None = None) -> BatchWriter:
    return BatchWriter(store, Letters(outbox or FakeOutbox(), TopicPlan()), erasures or NoErasures(), lambda: AT)


def test_events_come_last_and_make_a_chain_per_partition_over_several_batches() -> None:
    store = FakeStore()
    first = writer(store).write(batch_of(0, 1), {})
    second = writer(store).write(batch_of(2, 5), first.heads)
    kinds = [isinstance(row, EventRow) for row in store.rows[: first.rows]]
    assert kinds == sorted(kinds), "no event before the last row of its batch"
    assert len(store.events()) == 4 * (len(PATH) - 1)
    links = [link_of({name: getattr(row, name) for name in COLUMNS}) for row in store.events()]
    chain = [link for link in links if link.event.topic == "documents.results"]
    assert isinstance(verify_chain(chain, genesis("documents.results", 0)), Intact)
    assert chain[-1].head == second.heads["documents.results", 0]
    assert chain[-1].gap == 2


def test_a_batch_written_again_is_the_same_to_the_last_row_and_token() -> None:
    one, other = FakeStore(), FakeStore()
    writer(one).write(batch_of(0, 1), {})
    other.down = EventRow
    with pytest.raises(UnavailableError):
        writer(other).write(batch_of(0, 1), {})
    assert other.events() == []
    other.down, other.rows, other.tokens = None, [], []
    writer(other).write(batch_of(0, 1), {})
    assert (one.rows, one.tokens) == (other.rows, other.tokens)


def test_a_refused_row_gives_one_letter_for_its_record_and_leaves_its_hash_out() -> None:
    store, outbox = FakeStore(refuses="amount_1"), FakeOutbox()
    batch = batch_of(0)
    written = writer(store, outbox).write(batch, {})
    assert written.letters == 2, "the extracted and the routed record have such a row"
    by_topic = {error.topic: error for *_, headers in outbox.sent if (error := read_error(headers)) is not None}
    assert set(by_topic) == {"documents.extracted", "documents.results"}
    assert by_topic["documents.results"].code == "unstorable"
    assert "fields: does not fit" in by_topic["documents.results"].message
    result = next(row for row in store.events() if row.topic == "documents.results")
    whole = next(item for item in batch if item.topic.name == "documents.results").event()
    assert result.rows_hash != whole.rows_hash
    assert any(isinstance(row, FieldRow) and row.name == "amount_2" for row in store.rows)


def test_a_refused_event_stops_everything() -> None:
    with pytest.raises(EventRefusedError):
        writer(FakeStore(refuses="document_result")).write(batch_of(0), {})


def test_a_batch_that_is_tried_again_leaves_its_letters_once() -> None:
    """Else a store that is away for a night would fill the dead-letter topic."""
    store, outbox = FakeStore(down=EventRow), FakeOutbox()
    mine = writer(store, outbox)
    poison = [MAPPER.map(Inbound("documents.extracted", 0, offset, AT, b"k", b"x", ())) for offset in (4, 7)]
    for _ in range(3):
        with pytest.raises(UnavailableError):
            mine.write(poison, {})
    store.down = None
    assert mine.write(poison, {}).letters == 2
    assert [read_error(headers).offset for *_, headers in outbox.sent] == [4, 7]  # type: ignore[union-attr]
    mine.write([MAPPER.map(Inbound("documents.extracted", 0, 8, AT, b"k", b"x", ()))], {})
    assert len(outbox.sent) == 3, "another batch has letters of its own"


def test_letters_that_the_brokers_did_not_take_are_sent_again() -> None:
    store, outbox = FakeStore(), FakeOutbox(failing=1)
    mine, poison = writer(store, outbox), MAPPER.map(Inbound("documents.extracted", 0, 4, AT, b"k", b"x", ()))
    with pytest.raises(DeliveryError):
        mine.write([poison], {})
    assert store.events() == []
    mine.write([poison], {})
    assert len(outbox.sent) == 2


def test_letters_about_letters_of_our_own_are_not_written() -> None:
    outbox = FakeOutbox()
    poison = MAPPER.map(Inbound("audit.dlq", 0, 0, AT, b"k", b"x", ()))
    other = MAPPER.map(Inbound("route.dlq", 0, 0, AT, b"k", b"x", ()))
    assert poison.problem is not None
    written = writer(FakeStore(), outbox).write([poison, other], {})
    assert written.letters == 1
    assert [read_error(headers).topic for *_, headers in outbox.sent] == ["route.dlq"]  # type: ignore[union-attr]


def test_a_record_too_large_to_be_written_again_leaves_a_letter_without_it() -> None:
    outbox = FakeOutbox()
    large = MAPPER.map(Inbound("documents.extracted", 0, 0, AT, b"k", b"x" * (8 * 1024 * 1024), ()))
    writer(FakeStore(), outbox).write([large], {})
    [(_, key, value, headers)] = outbox.sent
    error = read_error(headers)
    assert error is not None
    assert (key, value, error.value_omitted) == (b"k", None, True)


def test_tokens_tell_batches_apart() -> None:
    assert token_of(batch_of(0, 1)) == token_of(batch_of(0, 1)) != token_of(batch_of(0, 2))


def test_a_batch_is_due_when_it_is_full_or_old() -> None:
    now = [100.0]
    batch = Batch(BatchLimits(rows=40, age_s=0.5), lambda: now[0])
    [first, *others] = batch_of(0)
    assert batch.due_in_s == 0.5
    batch.add(first)
    now[0] = 100.2
    assert batch.due_in_s == pytest.approx(0.3)
    now[0] = 101.0
    assert batch.due_in_s == 0
    for item in others:
        batch.add(item)
    now[0] = 100.0
    assert batch.full
    assert batch.due_in_s == 0
    assert list(batch.take()) == [first, *others]
    assert len(batch) == 0
    assert not batch.full


def test_a_batch_of_few_large_records_is_full_too() -> None:
    batch = Batch(BatchLimits(value_bytes=1_000), lambda: 0.0)
    for item in batch_of(0):
        batch.add(item)
    assert batch.full


class FakeErasures:
    """``barred`` are erased; each call of :meth:`erased` first adds what ``next_barred`` has for it."""

    def __init__(self, barred: Collection[str] = (), *next_barred: str) -> None:
        self.barred = set(barred)
        self.asked = 0
        self.blanked: list[str] = []
        self._next = list(next_barred)

    def erased(self, document_ids: Collection[str]) -> Collection[str]:
        """Those that are barred by now."""
        if self.asked < len(self._next):
            self.barred.add(self._next[self.asked])
        self.asked += 1
        return self.barred.intersection(document_ids)

    def blank(self, document_ids: Sequence[str]) -> None:
        """Notes them."""
        self.blanked += document_ids


def values(store: FakeStore, document_id: str) -> list[object]:
    rows = [row for row in store.rows if isinstance(row, FieldRow) and row.document_id == document_id]
    return [value for row in rows for value in (row.value_text, row.value_decimal, row.raw_text) if value]


def test_of_an_erased_document_rows_are_written_blank_and_events_as_ever() -> None:
    """A record that comes after the erasure: it lay on its topic, or a sink was late. Chains do not depend on it."""
    plain, late = FakeStore(), FakeStore()
    one = writer(plain).write(batch_of(0, 1), {})
    other = writer(late, erasures=FakeErasures(["doc-000001"])).write(batch_of(0, 1), {})
    assert one == other
    assert plain.events() == late.events()
    assert values(plain, "doc-000001") != []
    assert values(late, "doc-000001") == []
    assert values(late, "doc-000000") == values(plain, "doc-000000")
    assert all(is_blank(row) for row in late.rows if getattr(row, "document_id", "") == "doc-000001")


def test_what_is_barred_while_its_rows_are_written_is_blanked_before_the_events() -> None:
    erasures = FakeErasures((), "", "doc-000001")
    store = FakeStore(down=EventRow)
    at_work = writer(store, erasures=erasures)
    with pytest.raises(UnavailableError):
        at_work.write(batch_of(0, 1), {})
    assert erasures.blanked == ["doc-000001"]


def test_what_an_earlier_try_wrote_is_blanked_by_the_next_one() -> None:
    """The server drops a batch whose token it knows, so that blank rows of the second try would change nothing."""
    erasures = FakeErasures()
    store = FakeStore(down=DocumentRow)
    at_work = writer(store, erasures=erasures)
    batch = batch_of(0, 1)
    with pytest.raises(UnavailableError):
        at_work.write(batch, {})
    erasures.barred.add("doc-000000")
    store.down = None
    at_work.write(batch, {})
    assert erasures.blanked == ["doc-000000"]


def test_a_refused_row_of_an_erased_document_is_left_out_of_its_event_too() -> None:
    """As it would have been before the erasure."""
    plain, late = FakeStore(refuses="amount_1"), FakeStore(refuses="amount_1")
    writer(plain).write(batch_of(0), {})
    writer(late, erasures=FakeErasures(["doc-000000"])).write(batch_of(0), {})
    assert plain.events() == late.events()


class StrictStore(FakeStore):
    """Refuses what cannot be stored by its values, as the store does."""

    def insert(self, rows: Sequence[Row], token: str) -> Inserted:
        """Keeps those that fit."""
        bad = [item for row in rows for item in refused([row])]
        unfit = {id(item.row) for item in bad}
        self.rows += [row for row in rows if id(row) not in unfit]
        return Inserted(len(rows) - len(bad), tuple(bad))


def test_a_row_that_would_only_fit_blank_is_left_out_as_before_the_erasure_and_without_a_letter() -> None:
    """Its event must not depend on when the document was erased, and a letter would keep the record's values."""
    batch = batch_of(0)
    unfit = [
        replace(
            item, rows=tuple(replace(row, word_ids=(-1,)) if isinstance(row, FieldRow) else row for row in item.rows)
        )
        for item in batch
    ]
    plain, late, told, untold = StrictStore(), StrictStore(), FakeOutbox(), FakeOutbox()
    writer(plain, told).write(unfit, {})
    writer(late, untold, FakeErasures(["doc-000000"])).write(unfit, {})
    assert plain.events() == late.events() != []
    assert not [row for store in (plain, late) for row in store.rows if isinstance(row, FieldRow)]
    assert (len(told.sent), len(untold.sent)) == (2, 0)


def test_blank_rows_come_under_a_token_that_the_store_cannot_have_seen_with_their_values() -> None:
    """A process may have died between writing them and blanking them; the next one may make the same batch."""
    plain, late, again = FakeStore(), FakeStore(), FakeStore()
    writer(plain).write(batch_of(0), {})
    for store in (late, again):
        writer(store, erasures=FakeErasures(["doc-000000"])).write(batch_of(0), {})
    assert late.tokens == again.tokens
    assert late.tokens[0] != plain.tokens[0]
