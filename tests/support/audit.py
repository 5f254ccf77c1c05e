"""Documents on their way through the topics without a pipeline, and an audit sink that reads them."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.insert import Inserter
from processors.fields import Field, LineItem
from streams.contracts import topics
from streams.contracts.codec import Codec
from streams.contracts.records import (
    DocumentAccepted,
    DocumentClassified,
    DocumentExtracted,
    DocumentRecognized,
    DocumentResult,
    DocumentStatus,
    DocumentSubmitted,
    DocumentValidated,
    Record,
)
from streams.contracts.registry import FileRegistry
from streams.contracts.topics import Topic, TopicPlan
from streams.harness.headers import Headers, Work
from streams.kafka import KafkaConnection
from streams.outbox import Outbox
from streams.sinks.audit import AuditSink, SinkConfig
from streams.sinks.batch import BatchLimits
from streams.sinks.letters import Letters
from streams.sinks.mapping import Mapper
from streams.sinks.roots import RootCloser
from streams.sinks.writer import BatchWriter
from tests.support.examples import EXAMPLES

CODEC = Codec(FileRegistry())
PATH = (
    DocumentSubmitted,
    DocumentAccepted,
    DocumentClassified,
    DocumentRecognized,
    DocumentExtracted,
    DocumentValidated,
    DocumentResult,
    DocumentStatus,
)
"""The records of a document that goes straight through, in their order."""
TOPIC_OF: dict[type[Record], Topic] = {topic.record: topic for topic in topics.TOPICS if topic.record is not None}
SUBMITTED_AT = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sent:
    """A record as it is to be produced."""

    topic: Topic
    key: bytes
    value: bytes
    headers: Headers = ()


def example(kind: type[Record]) -> Any:
    """The example of one kind of record."""
    return next(item for item in EXAMPLES if isinstance(item, kind))


def amount_of(number: int) -> Decimal:
    """The total of document ``number``, to the cent, and told apart from all others."""
    return Decimal(number * 100 + 19) / 100


def document_records(
    number: int, *, fields: int = 4, lines: int = 2, kinds: Sequence[type[Record]] = PATH
) -> list[Sent]:
    """All records of document ``number``: ``fields`` header fields, and ``lines`` line items of four cells."""
    document_id = f"doc-{number:06d}"
    return [_sent(kind, _record(kind, document_id, number, fields, lines), document_id) for kind in kinds]


def _sent(kind: type[Record], record: Record, document_id: str) -> Sent:
    topic = TOPIC_OF[kind]
    work = Work("host-1", SUBMITTED_AT, 0.25, topic.name, 0, 7)
    headers = () if kind is DocumentSubmitted else work.headers()
    return Sent(topic, document_id.encode(), CODEC.encode(record), headers)


def _record(kind: type[Record], document_id: str, number: int, fields: int, lines: int) -> Record:
    base = example(kind)
    update: dict[str, Any] = {}
    if "document" in kind.model_fields:
        update["document"] = base.document.model_copy(
            update={"document_id": document_id, "revision": 1, "submitted_at": SUBMITTED_AT}
        )
    else:
        update |= {"document_id": document_id, "revision": 1, "submitted_at": SUBMITTED_AT}
    if "result_id" in kind.model_fields:
        update["result_id"] = f"r-{document_id}"
    if kind is DocumentResult:
        update |= {"decision": "straight_through", "supersedes": None}
    if kind is DocumentStatus:
        update |= {"state": "completed"}
    if kind is DocumentSubmitted:
        del update["revision"]
    if "fields" in kind.model_fields:
        update |= {
            "fields": tuple(_field(index, number) for index in range(fields)),
            "line_items": tuple(_line(row, number) for row in range(1, lines + 1)),
        }
    return base.model_copy(update=update)


def _field(index: int, number: int) -> Field:
    total = next(item for item in example(DocumentResult).fields if isinstance(item.value, Decimal))
    name = "total_amount" if index == 0 else f"amount_{index}"
    return replace(total, name=name, value=amount_of(number) + index)


def _line(row: int, number: int) -> LineItem:
    cell = _field(0, number)
    return LineItem(row, tuple(replace(cell, name=name) for name in ("amount", "unit_price", "quantity", "discount")))


def produce(connection: KafkaConnection, plan: TopicPlan, records: Sequence[Sent]) -> None:
    """Sends ``records`` and waits until the brokers have them."""
    outbox = Outbox(connection)
    for item in records:
        outbox.send(plan.name(item.topic), item.key, item.value, item.headers)
    outbox.flush()


class NoErasures:
    """Nothing is erased."""

    def erased(self, _: Collection[str]) -> Collection[str]:
        """None of them."""
        return ()

    def blank(self, document_ids: Sequence[str]) -> None:
        """Never called."""
        raise AssertionError(f"nothing is erased: {document_ids}")


class NoChores:
    """Nothing to do beside the batches."""

    def run(self, assigned: frozenset[tuple[str, int]]) -> None:
        """Does nothing."""


def make_sink(
    connection: KafkaConnection,
    plan: TopicPlan,
    store: ClickHouse,
    *,
    limits: BatchLimits = BatchLimits(rows=2_000, age_s=0.1),  # noqa: B008  frozen
    chores: Any = None,
    erasures: Any = None,
    codec: Codec = CODEC,
) -> AuditSink:
    """A sink over the plan's topics."""
    letters = Letters(Outbox(connection), plan)
    writer = BatchWriter(Inserter(store), letters, erasures or NoErasures(), lambda: datetime.now(UTC))
    config = SinkConfig(f"{plan.prefix}fieldtrail.audit", limits, chores_every_s=0.2)
    return AuditSink(connection, Mapper(plan, codec), store, writer, chores or NoChores(), config)


def make_closer(
    connection: KafkaConnection, plan: TopicPlan, store: ClickHouse, now: Callable[[], datetime]
) -> RootCloser:
    """What closes days, at the time that ``now`` gives."""
    chained = Mapper(plan, CODEC).chained
    return RootCloser(connection, plan, CODEC, store, Outbox(connection), "0.1.0", chained, now)


@contextmanager
def running(sink: AuditSink, stop: threading.Event | None = None) -> Iterator[AuditSink]:
    """Runs ``sink`` in a thread; ends it cleanly afterwards, by ``stop``. What it raised is raised here."""
    stop, failed = stop or threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            sink.run(stop)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield sink
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive(), "the sink does not end"
    if failed:
        raise failed[0]


def count(store: ClickHouse, table: str, where: str = "1") -> int:
    """Rows of ``table``, each identity once."""
    [(rows,)] = store.query(f"SELECT count() FROM {table} FINAL WHERE {where}").rows
    return int(rows)
