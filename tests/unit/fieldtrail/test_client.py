"""The client without a broker: what it refuses to submit, and how it tells that a document has ended."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from fieldtrail import client as module
from fieldtrail.client import Fieldtrail, _Latest
from fieldtrail.settings import resolve
from streams.contracts.records import DocumentResult, DocumentStatus, DocumentSubmitted, ReviewRequest
from streams.contracts.topics import MAX_INLINE_BYTES
from streams.harness.stage import Inbound
from streams.scan import Start
from streams.stages.ids import idempotent_document_id
from tests.support.examples import EXAMPLES
from tests.support.harness import AT, CODEC

RESULT = next(record for record in EXAMPLES if isinstance(record, DocumentResult))
REVIEW = next(record for record in EXAMPLES if isinstance(record, ReviewRequest))


class FakeOutbox:
    def __init__(self, _connection: Any) -> None:
        self.sent: list[tuple[str, bytes, DocumentSubmitted]] = []
        self.flushed = 0

    def send(self, topic: str, key: bytes, value: bytes) -> None:
        record = CODEC.decode(value, DocumentSubmitted)
        assert isinstance(record, DocumentSubmitted)
        self.sent.append((topic, key, record))

    def flush(self) -> None:
        self.flushed += 1


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Fieldtrail:
    monkeypatch.setattr(module, "Outbox", FakeOutbox)
    return Fieldtrail(resolve({"topics.prefix": "t."}, {}))


def sent(client: Fieldtrail) -> list[tuple[str, bytes, DocumentSubmitted]]:
    outbox: Any = client._outbox
    found: list[tuple[str, bytes, DocumentSubmitted]] = outbox.sent
    return found


def test_a_submission_carries_what_was_said(client: Fieldtrail) -> None:
    document_id = client.submit(
        b"%PDF", filename="a.pdf", tenant="acme", document_type="invoice", schema_name="s", metadata={"erp": "1"}
    )
    [(topic, key, record)] = sent(client)
    assert (topic, key, record.document_id) == ("t.documents.submitted", document_id.encode(), document_id)
    assert (record.content, record.uri, record.filename, record.tenant) == (b"%PDF", None, "a.pdf", "acme")
    assert (record.document_type, record.schema_name, record.metadata) == ("invoice", "s", {"erp": "1"})
    assert record.submitted_at is not None


def test_a_packet_is_one_submission_that_repeats_exactly(client: Fieldtrail) -> None:
    files = [b"%PDF-1.7 one", b"\xff\xd8\xff two"]
    client.submit_packet(files, tenant="acme", document_id="mine")
    client.submit_packet(files)
    (_, _, first), (_, _, second) = sent(client)
    assert (first.document_id, first.tenant) == ("mine", "acme")
    assert first.content is not None
    assert first.content == second.content
    with ZipFile(BytesIO(first.content)) as archive:
        assert [archive.read(name) for name in archive.namelist()] == files
    with pytest.raises(ValueError, match="file 2 is neither"):
        client.submit_packet([files[0], b"text"])


def test_ids_are_the_producers_the_keys_or_new(client: Fieldtrail) -> None:
    assert client.submit(b"x", document_id="mine") == "mine"
    assert client.submit(b"x", idempotency_key="k", tenant="acme") == idempotent_document_id("acme", "k")
    assert client.submit(b"x", idempotency_key="k", document_id="both") == "both"
    assert client.submit(b"x") != client.submit(b"x")
    assert [key.decode() for _, key, _ in sent(client)[:3]] == ["mine", idempotent_document_id("acme", "k"), "both"]
    assert sent(client)[1][2].document_id is None, "ingest derives the same id from the key"


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({}, "either content or uri"),
        ({"content": b"x", "uri": "file:///a"}, "either content or uri"),
        ({"content": b"0" * (MAX_INLINE_BYTES + 1)}, "1,048,577 bytes are too many to send inline"),
        ({"content": b"x", "document_id": ""}, "document_id must not be empty"),
        ({"content": b"x", "tenant": ""}, "tenant must not be empty"),
        ({"content": b"x", "idempotency_key": ""}, "idempotency_key must not be empty"),
        ({"content": b"x", "metadata": {"n": 1}}, "metadata"),
    ],
)
def test_what_cannot_be_submitted_is_refused_at_once(
    client: Fieldtrail, values: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        client.submit(**values)
    assert sent(client) == []


def test_the_largest_inline_document_and_an_empty_one_may_be_submitted(client: Fieldtrail) -> None:
    client.submit(b"0" * MAX_INLINE_BYTES)
    client.submit(b"")  # that it is empty is for ingest to say, with a code
    assert len(sent(client)) == 2


def test_leaving_the_context_waits_for_the_brokers(client: Fieldtrail) -> None:
    with client:
        client.submit(b"x")
    outbox: Any = client._outbox
    assert outbox.flushed == 1


def status(state: str, revision: int = 1, stage: str = "route", document_id: str = "doc-1") -> DocumentStatus:
    return DocumentStatus(document_id=document_id, tenant="acme", revision=revision, stage=stage, state=state, at=AT)


def result(revision: int, document_id: str = "doc-1") -> DocumentResult:
    return RESULT.model_copy(update={"revision": revision, "document_id": document_id})


def review(revision: int) -> ReviewRequest:
    return REVIEW.model_copy(update={"document": REVIEW.document.model_copy(update={"revision": revision})})


def latest(*records: DocumentStatus | DocumentResult | ReviewRequest) -> _Latest:
    found = _Latest()
    for record in records:
        found.take(record)
    return found


def test_a_document_has_ended_when_its_last_record_is_there_too() -> None:
    assert latest(status("in_progress", stage="extract")).final("doc-1") is None
    assert latest(status("completed")).final("doc-1") is None, "the result is on its way"
    assert latest(result(1)).final("doc-1") is None, "the status is on its way"
    for records in ((status("completed"), result(1)), (result(1), status("completed"))):
        final = latest(*records).final("doc-1")
        assert final is not None
        assert (final.state, final.result, final.review) == ("completed", result(1), None)
    for state in ("failed", "duplicate"):
        final = latest(status(state)).final("doc-1")
        assert final is not None
        assert (final.state, final.result) == (state, None)


def test_the_highest_revision_is_shown() -> None:
    first = (status("completed"), result(1))
    assert latest(*first, status("completed", 2)).final("doc-1") is None, "revision 2 is on its way"
    final = latest(result(2), *first, status("completed", 2)).final("doc-1")
    assert final is not None
    assert final.result == result(2)
    failed = latest(*first, status("failed", 2, "extract")).final("doc-1")
    assert failed is not None
    assert (failed.state, failed.result) == ("failed", None)
    held = latest(*first, status("review", 2), review(2)).final("doc-1")
    assert held is not None
    assert (held.state, held.result, held.review) == ("review", None, review(2))


class FakeReader:
    """A topic reader that gives what it is given, and nothing after that."""

    def __init__(self, records: list[Inbound]) -> None:
        self._records: Iterator[Inbound] = iter(records)

    def poll(self, _timeout_s: float) -> Inbound | None:
        return next(self._records, None)

    def __exit__(self, *_: object) -> None:
        return None


def delivered(record: DocumentStatus | DocumentResult) -> Inbound:
    topic = "t.documents.status" if isinstance(record, DocumentStatus) else "t.documents.results"
    return Inbound(topic, 0, 0, AT + timedelta(), record.document_id.encode(), CODEC.encode(record), ())


def watch_of(client: Fieldtrail, records: list[Inbound], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(module, "TopicReader", lambda _connection, _topics: FakeReader(records))
    return module.Watch(client, Start())


def test_documents_may_be_waited_for_one_after_the_other(client: Fieldtrail, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [status("completed", document_id=name) for name in "ab"] + [result(1, name) for name in "ba"]
    watch = watch_of(client, [delivered(record) for record in both], monkeypatch)
    assert [final.document_id for final in watch.wait(["a"])] == ["a"]
    assert [final.document_id for final in watch.wait(["b"], timeout_s=0)] == ["b"], "it ended during the first wait"


def test_a_packets_documents_are_waited_for_with_it(client: Fieldtrail, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of them end before it is known that they are its."""
    early, late = "a" * 32, "b" * 32
    message = f"Split into 2 documents: {early} (letter, page 1); {late} (invoice, pages 2 to 3)"
    split = status("split", document_id="mail", stage="recognize").model_copy(update={"message": message})
    ends = [status("failed", document_id=early), split, status("failed", document_id=late)]
    records = [delivered(record) for record in ends]
    watch = watch_of(client, records, monkeypatch)
    assert [final.document_id for final in watch.wait(["mail"], 5, children=True)] == ["mail", early, late]
    alone = watch_of(client, records, monkeypatch)
    assert [final.document_id for final in alone.wait(["mail"], 5)] == ["mail"]


def test_what_is_remembered_of_other_documents_is_bounded(client: Fieldtrail, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"doc-{number}" for number in range(1_500)]
    records = [delivered(status("failed", document_id=name)) for name in [*names, "mine"]]
    watch = watch_of(client, records, monkeypatch)
    assert [final.state for final in watch.wait(["mine"])] == ["failed"]
    assert len(watch._others) == 1_000


def test_a_wait_that_runs_out_says_how_many_are_missing(client: Fieldtrail, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = watch_of(client, [delivered(status("failed", document_id="a"))], monkeypatch)
    finals = watch.wait(["a", "b"], timeout_s=0.05)
    assert next(finals).document_id == "a"
    with pytest.raises(TimeoutError, match=r"1 document did not end within 0\.05 s; is a worker running\?"):
        next(finals)


def test_records_that_break_the_contract_are_passed_over(client: Fieldtrail, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Inbound("t.documents.status", 0, 0, AT, b"a", b"not Avro", ())
    keyless = Inbound("t.documents.results", 0, 0, AT, None, None, ())
    watch = watch_of(client, [broken, keyless, delivered(status("failed", document_id="a"))], monkeypatch)
    assert [final.document_id for final in watch.wait(["a"])] == ["a"]
