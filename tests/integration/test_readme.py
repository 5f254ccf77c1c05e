"""The README's Python snippets, taken out of it and run against a real stack: they do what the README says."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from streams.contracts import topics
from streams.contracts.records import DocumentResult
from streams.harness.stage import Inbound
from streams.kafka import make_producer
from tests.support.pipeline import Pipeline, invoices, running_pipeline, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

ROOT = Path(__file__).resolve().parents[2]
SNIPPETS = dict(
    re.findall(
        r"<!-- snippet: (\S+) -->\n```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
)


@dataclass(slots=True)
class Desk:
    """A folder where somebody follows the README: the snippets, an invoice, the contracts, a pipeline to talk to."""

    pipeline: Pipeline
    folder: Path

    def command(self, snippet: str) -> list[str]:
        """How to run a snippet that lies in the folder."""
        path = self.folder / snippet
        source = SNIPPETS[snippet].replace("file:///srv/inbox", self.folder.as_uri())
        path.write_text(source, encoding="utf-8")
        return [sys.executable, str(path)]

    @property
    def environment(self) -> dict[str, str]:
        address = self.pipeline.stack.status()[1].address
        return self.pipeline.environment() | {"REGISTRY_URL": str(address)}

    def run(self, snippet: str) -> list[str]:
        """The lines that a snippet prints; it must succeed."""
        done = subprocess.run(
            self.command(snippet),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def results_of(self, document_id: str, count: int = 1) -> list[tuple[Inbound, DocumentResult]]:
        """A document's results with the records that carry them, once there are ``count``."""

        def look() -> list[tuple[Inbound, DocumentResult]] | None:
            both = [(raw, self.pipeline.decode(raw, DocumentResult)) for raw in self.pipeline.scan(topics.RESULTS)]
            mine = [(raw, result) for raw, result in both if result.document_id == document_id]
            return mine if len(mine) >= count else None

        return wait_for(look, f"{count} results of {document_id}")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running_pipeline(tmp_path_factory.mktemp("readme")) as pipeline:
        folder = pipeline.inbox  # the one that file: URIs may read
        (folder / "avro").symlink_to(ROOT / "avro")
        yield Desk(pipeline, folder)


@pytest.fixture
def invoice(desk: Desk, request: pytest.FixtureRequest) -> bytes:
    """An ``invoice.pdf`` that no other test has sent."""
    return put_invoice(desk, seed=sum(request.node.name.encode()))


@pytest.fixture(scope="module")
def produced(desk: Desk) -> tuple[bytes, list[str]]:
    """The invoice that the plain producer sent as ``erp-0815``, and what it printed."""
    return put_invoice(desk, seed=815), desk.run("produce.py")


def put_invoice(desk: Desk, seed: int) -> bytes:
    [data] = invoices(1, seed)
    (desk.folder / "invoice.pdf").write_bytes(data)
    return data


def test_the_python_client_submits_and_prints_what_was_read(desk: Desk, invoice: bytes) -> None:
    state, *fields = desk.run("submit.py")
    assert state == "completed"
    assert any(re.match(r"total_amount \d+\.\d+ [01]\.\d+ Box\(x0=", line) for line in fields), fields
    before = len(desk.pipeline.records(topics.RESULTS, DocumentResult))
    assert desk.run("submit.py") == [state, *fields], "the same idempotency key is the same document"
    assert len(desk.pipeline.records(topics.RESULTS, DocumentResult)) == before


def test_the_uri_submission_is_read(desk: Desk, invoice: bytes) -> None:
    [document_id] = desk.run("submit_uri.py")
    [(_, result)] = desk.results_of(document_id)
    assert desk.pipeline.stored(result.content_uri) == invoice


def test_the_plain_producer_delivers_a_document(desk: Desk, produced: tuple[bytes, list[str]]) -> None:
    content, [told] = produced
    assert told.startswith("delivered documents.submitted ")
    [(_, result)] = desk.results_of("erp-0815")
    assert result.filename == "invoice.pdf"
    assert desk.pipeline.stored(result.content_uri) == content


def test_the_erp_books_each_document_once_and_its_highest_revision(
    desk: Desk, produced: tuple[bytes, list[str]]
) -> None:
    with running_erp(desk, "first.log") as booked:
        [(first, _)] = desk.results_of("erp-0815")
        wait_for(lambda: booked("erp-0815") == [1], "the first booking")
        for _ in range(2):
            deliver_again(desk.pipeline, first)
        replay(desk, revision=2)
        # One document's records share a partition: with revision 2 booked, the repeats before it were read as well.
        wait_for(lambda: 2 in booked("erp-0815"), "the second revision")
        deliver_again(desk.pipeline, first)
        replay(desk, revision=3)
        wait_for(lambda: 3 in booked("erp-0815"), "the third revision")
        assert booked("erp-0815") == [1, 2, 3]
    assert_booked_as_published(desk)
    with running_erp(desk, "after the kill.log") as booked:
        with desk.pipeline.client() as client:
            client.submit(put_invoice(desk, seed=4711), document_id="after-the-kill")
        wait_for(lambda: booked("after-the-kill") == [1], "the new document's booking")
        assert booked("erp-0815") == [], "offsets were committed: what is booked does not come again"
    assert_booked_as_published(desk)


def assert_booked_as_published(desk: Desk) -> None:
    """The ERP's table holds the highest revision of every result, to the cent."""
    results = desk.pipeline.records(topics.RESULTS, DocumentResult)
    highest = {result.document_id: result for result in sorted(results, key=lambda result: result.revision)}
    with sqlite3.connect(desk.folder / "erp.db") as erp:
        rows = erp.execute("SELECT document_id, revision, result_id, number, total, currency FROM booked").fetchall()
    assert {row[0] for row in rows} == set(highest)
    for document_id, revision, result_id, number, total, currency in rows:
        result = highest[document_id]
        values = {field.name: field.value for field in result.fields}
        assert (revision, result_id) == (result.revision, result.result_id)
        assert (number, Decimal(total)) == (values["invoice_number"], values["total_amount"])
        assert currency == values["currency"]


@contextmanager
def running_erp(desk: Desk, log: str) -> Iterator["Bookings"]:
    """The README's consumer while the context lasts; killed at its end, as by a power cut."""
    path = desk.folder / log
    with path.open("w") as out:
        consumer = subprocess.Popen(
            desk.command("erp.py"), cwd=desk.folder, env=desk.environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        yield Bookings(consumer, path)
    finally:
        os.kill(consumer.pid, signal.SIGKILL)
        consumer.wait()


@dataclass(frozen=True, slots=True)
class Bookings:
    """What the consumer printed: called with a document's id, the revisions that were booked, in order."""

    consumer: subprocess.Popen[bytes]
    log: Path

    def __call__(self, document_id: str) -> list[int]:
        lines = self.log.read_text().splitlines()
        assert self.consumer.poll() is None, lines
        return [int(line.split()[2]) for line in lines if line.startswith(f"booked {document_id} ")]


def deliver_again(pipeline: Pipeline, result: Inbound) -> None:
    """The same record once more, as Kafka may deliver it."""
    producer = make_producer(pipeline.link)
    producer.produce(result.topic, result.value, result.key, result.partition)
    assert producer.flush(30) == 0


def replay(desk: Desk, revision: int) -> None:
    """Runs extract again on the document; returns when its result is there."""
    done = desk.pipeline.cli("replay", "extract", "--document-id", "erp-0815")
    assert f"erp-0815  revision {revision}" in done.stdout, done.stdout + done.stderr
    wait_for(
        lambda: any(result.revision == revision for _, result in desk.results_of("erp-0815")), f"revision {revision}"
    )
