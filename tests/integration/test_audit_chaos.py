"""Nothing is lost and nothing doubled: the sink, ClickHouse, and both are killed under load, again and again.

``FIELDTRAIL_AUDIT_CHAOS_KILLS`` sets how often; the default keeps the test short.
"""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.migrate import migrate
from fieldtrail.audit.rows import check_rows
from processors.audit.chain import genesis
from processors.audit.verify import Intact, verify_chain
from streams.admin import apply
from streams.contracts import topics
from streams.contracts.records import DocumentResult
from streams.contracts.topics import TOPICS, TopicPlan
from streams.kafka import KafkaConnection
from streams.outbox import Outbox
from streams.scan import scan
from streams.sinks.chains import read_links
from streams.sinks.mapping import NOT_CHAINED
from tests.support.audit import CODEC, amount_of, count, document_records
from tests.support.clickhouse import embedded_clickhouse
from tests.support.servers import Server, eventually

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(900)]

KILLS = int(os.environ.get("FIELDTRAIL_AUDIT_CHAOS_KILLS", "20"))
DOCUMENTS_A_KILL = 40
DOCUMENT_EVERY_S = 0.03
"""So that all are sent while the kills go on, at a few times the load of a busy day."""


class SinkProcess:
    """``fieldtrail worker --stages audit`` as the stack would run it: started again whenever it is killed."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log.open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "fieldtrail", "worker", "--stages", "audit", "--http-port", "0"]
        self._process = subprocess.Popen(command, env=self._environment, stdout=self._log, stderr=self._log)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.start()

    def stop(self) -> int:
        """Ends it with SIGTERM; its exit code."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(30)
        finally:
            self._process.kill()
            self._log.close()


@contextmanager
def producing(connection: KafkaConnection, plan: TopicPlan, documents: int) -> Iterator[list[int]]:
    """Sends documents from another thread; their numbers, as they are sent."""
    sent: list[int] = []
    outbox = Outbox(connection)

    def run() -> None:
        pause = threading.Event()
        for number in range(documents):
            for item in document_records(number):
                outbox.send(plan.name(item.topic), item.key, item.value, item.headers)
            sent.append(number)
            pause.wait(DOCUMENT_EVERY_S)
        outbox.flush()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield sent
    finally:
        thread.join(120)


def kill_again_and_again(sink: SinkProcess, server: Server, kills: int) -> None:
    """The sink, the server, or both, each a random time after the last."""
    rng, clock = random.Random(7), threading.Event()
    for number in range(kills):
        clock.wait(rng.uniform(0.3, 2.5))
        if number % 3 != 0:
            server.kill()
        if number % 3 != 1:
            sink.kill()
        if number % 3 != 0:
            clock.wait(rng.uniform(0.0, 0.5))
            server.start()


def test_counts_and_sums_are_those_of_the_topics_after_kills(
    bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> None:
    connection, plan = KafkaConnection(bootstrap_servers), TopicPlan(partitions=2, prefix=topic_prefix)
    apply(connection, plan)
    clickhouse = embedded_clickhouse(tmp_path / "clickhouse")
    assert clickhouse.server is not None
    documents = KILLS * DOCUMENTS_A_KILL
    with clickhouse.server as server:
        store = ClickHouse(clickhouse.dsn)
        migrate(store)
        sink = SinkProcess(_environment(connection, plan, clickhouse.dsn, tmp_path), tmp_path / "sink.log")
        try:
            with producing(connection, plan, documents) as sent:
                kill_again_and_again(sink, server, KILLS)
            assert len(sent) == documents
            expected = _records_on_topics(connection, plan)
            eventually(lambda: _reads(store, "events") == expected, f"{expected} events", 120)
            assert sink.stop() == 0
        except BaseException as error:
            error.add_note((tmp_path / "sink.log").read_text()[-4000:])
            raise
        assert_store_equals_topics(store, connection, plan, documents)


def _environment(connection: KafkaConnection, plan: TopicPlan, dsn: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": connection.bootstrap_servers,
        "FIELDTRAIL_TOPICS_PREFIX": plan.prefix,
        "FIELDTRAIL_DATA_DIR": str(folder),
        "CLICKHOUSE_DSN": dsn,
        "FIELDTRAIL_AUDIT_BATCH_ROWS": "500",
        "FIELDTRAIL_AUDIT_BATCH_MS": "100",
    }


def _reads(store: ClickHouse, table: str) -> int:
    """Rows of the table, or -1 while the server does not answer."""
    from connectors.errors import UnavailableError

    try:
        return count(store, table)
    except UnavailableError:
        return -1


def _records_on_topics(connection: KafkaConnection, plan: TopicPlan) -> int:
    chained = [topic for topic in TOPICS if topic.name not in NOT_CHAINED]
    return sum(sum(1 for _ in scan(connection, plan.name(topic))) for topic in chained)


def assert_store_equals_topics(store: ClickHouse, connection: KafkaConnection, plan: TopicPlan, documents: int) -> None:
    results = [CODEC.decode(item.value, DocumentResult) for item in scan(connection, plan.name(topics.RESULTS))]
    assert len(results) == documents
    fields = sum(
        len(item.fields) + sum(len(line.cells) for line in item.line_items)
        for item in results
        if isinstance(item, DocumentResult)
    )
    assert count(store, "fields", "stage = 'routed'") == fields
    assert count(store, "fields", "stage = 'extracted'") == fields
    assert count(store, "deliveries") == documents
    for stage in ("accepted", "classified", "recognized", "extracted", "validated", "routed"):
        assert count(store, "documents", f"stage = '{stage}'") == documents
    [(total,)] = store.query("SELECT sum(amount) FROM documents FINAL WHERE stage = 'routed'").rows
    assert total == sum(amount_of(number) for number in range(documents))
    assert count(store, "dead_letters") == 0
    chains = store.query("SELECT DISTINCT topic, partition FROM events").rows
    for chain in chains:
        answer = verify_chain(read_links(store, chain, -1), genesis(*chain))
        assert isinstance(answer, Intact), answer
        assert answer.gaps == ()
    assert isinstance(check_rows(store), int), "every row is as its event recorded it"
