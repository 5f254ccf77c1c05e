"""What replay decides without a broker: which records are chosen, and what is sent to whom."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams import replay
from streams.contracts.records import DeadLetter, DocumentRecognized, DocumentStatus, DocumentSubmitted
from streams.contracts.topics import TopicPlan
from streams.dead_letters import LOOK_ONLY, DeadLetters, Letter, LetterFilter, parse_place
from streams.harness.headers import Replay, error_headers, read_replay
from streams.harness.stage import Inbound
from streams.kafka import KafkaConnection
from streams.outbox import DeliveryError, Outbox
from streams.replay import Selection, place
from tests.support.examples import EXAMPLES
from tests.support.harness import AT, CODEC, inbound

RECOGNIZED = next(record for record in EXAMPLES if isinstance(record, DocumentRecognized))


def recognized(document_id: str, revision: int) -> DocumentRecognized:
    document = RECOGNIZED.document.model_copy(update={"document_id": document_id, "revision": revision})
    return RECOGNIZED.model_copy(update={"document": document})


def look(records: list[DocumentRecognized], selection: Selection, excluded: set[tuple[int, int]] | None = None) -> Any:
    search = replay._Search(selection, excluded or set())
    for offset, record in enumerate(records):
        search.look_at(inbound(record, "documents.recognized", offset=offset), record, "extract")
    return search


def test_the_newest_record_of_each_document_is_chosen() -> None:
    search = look([recognized("a", 1), recognized("b", 1), recognized("a", 3), recognized("a", 2)], Selection())
    assert {key: (c.offset, c.revision) for key, c in search.chosen.items()} == {"a": (2, 3), "b": (1, 1)}
    assert (search.scanned, search.unreadable, search.conflicts) == (4, 0, 0)


def test_of_equal_revisions_the_later_record_is_chosen() -> None:
    """One delivered again is the same; one that was replayed from a dead letter is the one that counts."""
    search = look([recognized("a", 1), recognized("a", 1)], Selection())
    assert search.chosen["a"].offset == 1


class Barred:
    """Knows which documents are erased."""

    def __init__(self, *document_ids: str) -> None:
        self._document_ids = frozenset(document_ids)

    def erased(self, document_ids: Iterable[str]) -> frozenset[str]:
        return self._document_ids & frozenset(document_ids)


def test_the_limit_counts_documents_and_not_records() -> None:
    search = look([recognized("a", 1), recognized("b", 1), recognized("c", 1), recognized("a", 2)], Selection())
    picked = search.pick({}, Barred(), 2)
    assert {key: c.revision for key, c in picked.chosen.items()} == {"a": 2, "b": 1}
    assert set(search.pick({}, Barred(), None).chosen) == {"a", "b", "c"}


def test_the_limit_does_not_count_what_is_left_alone() -> None:
    """Of two documents that are asked for, two go, however many erased ones and duplicates lie before them."""
    search = look([recognized(document_id, 1) for document_id in "fabcdeg"], Selection())
    statuses = {"a": stands("a", 1, "duplicate"), "c": stands("c", 1, "completed"), "e": stands("e", 1, "duplicate")}
    picked = search.pick(statuses, Barred("f", "b", "g"), 2)
    assert (list(picked.chosen), picked.erased, picked.duplicates) == (["c", "d"], ("b", "f"), 1)
    everything = search.pick(statuses, Barred("f", "b", "g"), None)
    assert (list(everything.chosen), everything.erased, everything.duplicates) == (["c", "d"], ("b", "f", "g"), 2)


def test_only_the_documents_that_were_named() -> None:
    search = look([recognized("a", 1), recognized("b", 1)], Selection(document_ids=["b", "nobody"]))
    assert set(search.chosen) == {"b"}
    assert search.scanned == 2


def test_records_that_took_anothers_id_are_left_alone() -> None:
    search = look([recognized("a", 1), recognized("a", 1)], Selection(), {(2, 1)})
    assert search.chosen["a"].offset == 0
    assert search.conflicts == 1


def test_a_submission_is_known_by_its_id_its_key_or_its_place() -> None:
    def known(record: DocumentSubmitted, headers: Any = ()) -> str:
        return replay._document_id(record, "ingest", inbound(record, headers=headers))

    assert known(DocumentSubmitted(document_id="mine", content=b"x")) == "mine"
    keyed = DocumentSubmitted(idempotency_key="mail-17", content=b"x")
    assert known(keyed) == known(keyed)
    assert known(keyed) != known(keyed.model_copy(update={"tenant": "other"}))
    bare = DocumentSubmitted(content=b"x")
    sent_again = Replay("r", 1, 2, known(bare)).headers()
    assert known(bare, sent_again) == known(bare), "a replayed record lies elsewhere and is the same document"


@pytest.mark.parametrize("text", ["", "ingest.dlq", "ingest.dlq-2", "ingest.dlq@2", "-2@3", "ingest.dlq-2@", "x-a@1"])
def test_malformed_addresses(text: str) -> None:
    with pytest.raises(ValueError, match="one looks like"):
        parse_place(text)


def test_an_address_reads_back() -> None:
    record = inbound(b"x", "my-prefix.ingest.dlq", offset=15)
    assert place(record) == "my-prefix.ingest.dlq-2@15"
    assert parse_place(place(record)) == ("my-prefix.ingest.dlq", 2, 15)


def stands(document_id: str, revision: int, state: str, parent: str | None = None) -> DocumentStatus:
    return DocumentStatus(
        document_id=document_id,
        tenant="acme",
        revision=revision,
        stage="recognize",
        state=state,
        at=AT,
        parent_document_id=parent,
    )


@pytest.mark.parametrize("packets_state", ["split", "failed", "in_progress", "completed"])
def test_a_packets_next_revision_is_above_those_of_its_documents(
    packets_state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the packet itself failed since, or went on whole: its documents were replayed to a fifth revision."""
    everything = {"mail": stands("mail", 2, packets_state), "child": stands("child", 5, "completed", "mail")}

    def read(connection: object, plan: object, codec: object, document_id: str | None = None) -> Any:
        return {key: value for key, value in everything.items() if document_id in (None, key)}

    monkeypatch.setattr(replay, "read_statuses", read)
    replayer = replay.StageReplayer(None, None, None, None)  # type: ignore[arg-type]
    assert replay._family_revisions(replayer._statuses(["mail"]), {})["mail"] == 5


def test_a_document_of_a_packet_keeps_clear_of_the_packets_replay_on_its_way() -> None:
    """The packet's third revision waits for recognize, which will give it to the child."""
    statuses = {"child": stands("child", 1, "completed", "mail")}
    assert replay._family_revisions(statuses, {"mail": 3})["child"] == 3


def letter_of(headers: Any = (), **changes: Any) -> Letter:
    letter = next(item for item in EXAMPLES if isinstance(item, DeadLetter))
    error = letter.model_copy(update={"replay_count": 0, "null_key": False, "value_omitted": False, **changes})
    record = Inbound("ingest.dlq", 0, 1, AT, b"key", b"value", (*headers, *error_headers(error)))  # type: ignore[arg-type]
    return Letter(error, record, replayed=False)  # type: ignore[arg-type]


def test_a_replayed_letter_keeps_its_headers_and_the_revision_of_its_pass() -> None:
    from streams.dead_letters import _headers

    original = (("erp", b"1"), *Replay("earlier", 0, 4, "doc-1").headers())
    sent = _headers(letter_of(original, document_id="doc-1"), "now")
    assert sent[0] == ("erp", b"1")
    assert read_replay(sent) == Replay("now", 1, 4, "doc-1")
    assert read_replay(_headers(letter_of(replay_count=2, document_id="doc-1"), "now")) == Replay(
        "now", 3, None, "doc-1"
    )
    assert not [name for name, _ in sent if name.startswith("fieldtrail.errors.")]


def test_a_key_that_never_was_stays_away() -> None:
    assert letter_of().key == b"key"
    assert letter_of(null_key=True).key is None


def test_filters_are_all_to_be_met_and_an_empty_one_means_all() -> None:
    letter = letter_of(code="empty", document_id="doc-1")
    assert LetterFilter().matches(letter)
    assert LetterFilter(codes=["empty"], document_ids=["doc-1"], places=["ingest.dlq-0@1"]).matches(letter)
    assert not LetterFilter(codes=["empty"], document_ids=["doc-2"]).matches(letter)
    assert not LetterFilter(until=letter.error.last_failure_at).matches(letter)
    assert LetterFilter(since=letter.error.last_failure_at).matches(letter)


class FakeProducer:
    """confluent-kafka's producer, as far as an outbox uses it. ``fault`` is what the brokers say of every record."""

    def __init__(self, fault: KafkaError | None = None, full: int = 0, left: int = 0) -> None:
        self.sent: list[Any] = []
        self._fault = fault
        self._full = full
        self._left = left
        self._told: list[Callable[[], None]] = []

    def produce(self, topic: str, *, value: Any, key: Any, headers: Any, on_delivery: Any) -> None:
        if self._full:
            self._full -= 1
            raise BufferError
        if value == b"huge":
            raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
        self.sent.append((topic, key, value, headers))
        self._told.append(lambda: on_delivery(self._fault, FakeMessage(topic)))

    def poll(self, _timeout: float) -> None:
        return None

    def flush(self, _timeout: float) -> int:
        for tell in self._told:
            tell()
        self._told.clear()
        return self._left


class FakeMessage:
    def __init__(self, topic: str) -> None:
        self._topic = topic

    def topic(self) -> str:
        return self._topic


def outbox(producer: FakeProducer, monkeypatch: pytest.MonkeyPatch) -> Outbox:
    monkeypatch.setattr("streams.outbox.make_producer", lambda _: producer)
    return Outbox(KafkaConnection("nowhere:1"))


def test_a_full_queue_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    producer = FakeProducer(full=3)
    box = outbox(producer, monkeypatch)
    box.send("t", b"k", b"v", (("h", b"1"),))
    box.flush()
    assert producer.sent == [("t", b"k", b"v", [("h", b"1")])]


def test_records_that_the_brokers_refuse_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flush that comes back with nothing left says only that nothing waits any more."""
    box = outbox(FakeProducer(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)), monkeypatch)
    box.send("secret", None, b"1")
    box.send("secret", None, b"2")
    with pytest.raises(DeliveryError, match=r"refused 2 records: secret: .*[Aa]uthoriz"):
        box.flush()
    box.flush()  # told once


def test_records_that_are_not_acknowledged_in_time_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    box = outbox(FakeProducer(left=2), monkeypatch)
    with pytest.raises(DeliveryError, match="2 records were not acknowledged within 30 s"):
        box.flush()


def test_a_record_that_can_never_be_sent_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    box = outbox(FakeProducer(), monkeypatch)
    with pytest.raises(DeliveryError, match="a record for t cannot be sent"):
        box.send("t", None, b"huge")


@pytest.mark.parametrize("writer", LOOK_ONLY)
def test_asked_for_letters_that_are_for_looking_nothing_is_sent_instead(writer: str) -> None:
    """No stages in a filter mean all of them. No broker is there to be asked."""
    letters = DeadLetters(KafkaConnection("localhost:1"), TopicPlan(), CODEC)
    report = letters.replay(LetterFilter(stages=(writer,)), requested_by="me", dry_run=True)
    assert (report.scanned, report.replayed) == (0, ())
