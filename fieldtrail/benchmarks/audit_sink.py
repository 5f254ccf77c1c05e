"""How fast the audit sink is: records as they lie on the topics, decoded, mapped, chained and inserted.

``python -m fieldtrail.benchmarks.audit_sink`` starts an embedded ClickHouse, and prints field rows per second and where
the time goes; then how long it takes to verify all of what was written. Kafka is left out: fetching happens in the
client's own threads and is not what bounds the sink.
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.insert import Inserter
from connectors.clickhouse.rows import FieldRow
from processors.fields import (
    Confidence,
    Evidence,
    EvidenceSource,
    Field,
    FieldType,
    FieldValue,
    LineItem,
    ReviewState,
    RuleResult,
    RuleStatus,
)
from processors.geometry import Box
from streams.contracts import topics
from streams.contracts.codec import Codec
from streams.contracts.records import Classification, Document, DocumentExtracted, DocumentResult, SchemaRef
from streams.contracts.registry import FileRegistry
from streams.contracts.topics import TopicPlan
from streams.harness.headers import Headers, Work
from streams.harness.stage import Inbound
from streams.sinks.batch import Batch, BatchLimits, collect_rarely
from streams.sinks.chains import Chain
from streams.sinks.letters import Letters
from streams.sinks.mapping import Mapped, Mapper
from streams.sinks.writer import BatchWriter, Written

AT = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
PARTITIONS = 4
HEADER_FIELDS = 15
LINES, CELLS = 5, ("description", "quantity", "unit_price", "amount", "tax_rate")


@dataclass(frozen=True, slots=True)
class Figures:
    """``map_s``: seconds of decoding and mapping; ``wall_s``: of all, with inserts beside it; ``client_cpu_s``:
    processor time of this process."""

    documents: int
    field_rows: int
    wall_s: float
    map_s: float
    client_cpu_s: float
    field_rows_per_s: float


def records(documents: int) -> Iterator[Inbound]:
    """What the topics hold of ``documents``: the two records of each that give field rows."""
    codec, offsets = Codec(FileRegistry()), dict[Chain, int]()
    for number in range(documents):
        partition = number % PARTITIONS
        for topic, record in ((topics.EXTRACTED, _extracted(number)), (topics.RESULTS, _result(number))):
            offset = offsets.get((topic.name, partition), 0)
            offsets[topic.name, partition] = offset + 1
            value = codec.encode(record)
            headers: Headers = Work("host-1", AT, 0.25, topic.name, partition, offset).headers()
            at = AT + timedelta(milliseconds=number)
            yield Inbound(topic.name, partition, offset, at, f"doc-{number}".encode(), value, headers)


def measure(store: ClickHouse, inbounds: Sequence[Inbound], limits: BatchLimits) -> Figures:
    """Takes ``inbounds`` into ``store`` as the sink does: one thread maps, one writes the batch before."""
    mapper = Mapper(TopicPlan(), Codec(FileRegistry()))
    writer = BatchWriter(Inserter(store), Letters(_NoLetters(), TopicPlan()), _NoErasures(), lambda: AT)
    batch, heads, rows = Batch(limits, time.monotonic), dict[Chain, object](), 0
    begin, cpu, mapping = time.perf_counter(), _cpu(), 0.0
    with ThreadPoolExecutor(1) as pool:
        writing: Future[Written] | None = None

        def write(records: Sequence[Mapped]) -> None:
            nonlocal writing
            if writing is not None:
                heads.update(writing.result().heads)
            writing = pool.submit(writer.write, records, dict(heads))  # type: ignore[arg-type]

        for inbound in inbounds:
            started = time.perf_counter()
            mapped = mapper.map(inbound)
            mapping += time.perf_counter() - started
            rows += sum(isinstance(row, FieldRow) for row in mapped.rows)
            batch.add(mapped)
            if batch.full:
                write(batch.take())
        write(batch.take())
        assert writing is not None
        writing.result()
    wall = time.perf_counter() - begin
    return Figures(len(inbounds) // 2, rows, wall, mapping, _cpu() - cpu, rows / wall)


class _NoLetters:
    """Where dead letters would go; there are to be none."""

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        raise AssertionError(f"a dead letter for {topic}: {key!r}, {len(value or b'')} bytes, {headers}")

    def flush(self) -> None:
        """Nothing was sent."""


class _NoErasures:
    """Nothing is erased."""

    def erased(self, _: Collection[str]) -> Collection[str]:
        return ()

    def blank(self, document_ids: Sequence[str]) -> None:
        raise AssertionError(f"nothing is erased: {document_ids}")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _field(name: str, kind: FieldType, value: FieldValue, number: int) -> Field:
    box = Box(50.0 + number % 400, 80.25, 120.0 + number % 400, 92.5)
    evidence = Evidence(EvidenceSource.PAGE, page=1, box=box, word_ids=(number % 90, number % 90 + 1))
    rules = (RuleResult("lines_sum_to_total", RuleStatus.PASSED, "The lines sum up to the total."),)
    confidence = Confidence(0.97, 0.99, 0.95, 0.98)
    return Field(name, kind, value, str(value), (evidence,), confidence, "geometric", "4", rules, ReviewState.PASSED)


def _fields(number: int) -> tuple[Field, ...]:
    amounts = tuple(
        _field(f"amount_{index}", FieldType.MONEY, Decimal(number * 100 + index) / 100, number)
        for index in range(HEADER_FIELDS - 4)
    )
    return (
        _field("vendor_name", FieldType.TEXT, f"Vendor {number % 500} GmbH", number),
        _field("invoice_number", FieldType.IDENTIFIER, f"RE-{number:07d}", number),
        _field("invoice_date", FieldType.DATE, date(2026, 1, 1 + number % 28), number),
        _field("total_amount", FieldType.MONEY, Decimal(number * 100 + 19) / 100, number),
        *amounts,
    )


def _lines(number: int) -> tuple[LineItem, ...]:
    return tuple(
        LineItem(row, tuple(_field(name, FieldType.MONEY, Decimal(number + row), number + row) for name in CELLS))
        for row in range(1, LINES + 1)
    )


_TYPE = Classification(document_type="invoice", confidence=0.99, basis="keywords", reason="It says so.")
_SCHEMA = SchemaRef(name="invoice", version="1.0.0")


def _extracted(number: int) -> DocumentExtracted:
    document = Document(
        document_id=f"doc-{number:09d}",
        tenant="acme",
        revision=1,
        content_uri=f"file:///objects/originals/{number:064x}",
        content_sha256=f"{number:064x}",
        media_type="application/pdf",
        size_bytes=80_000,
        page_count=1,
        filename=f"invoice-{number}.pdf",
        submitted_at=AT,
    )
    return DocumentExtracted(
        document=document,
        classification=_TYPE,
        extraction_schema=_SCHEMA,
        recognized_pages=(),
        fields=_fields(number),
        line_items=_lines(number),
    )


def _result(number: int) -> DocumentResult:
    return DocumentResult(
        result_id=f"r-{number}",
        document_id=f"doc-{number:09d}",
        tenant="acme",
        revision=1,
        decision="straight_through",
        classification=_TYPE,
        extraction_schema=_SCHEMA,
        fields=_fields(number),
        line_items=_lines(number),
        filename=f"invoice-{number}.pdf",
        content_uri=f"file:///objects/originals/{number:064x}",
        content_sha256=f"{number:064x}",
        media_type="application/pdf",
        page_count=1,
        submitted_at=AT,
        completed_at=AT,
    )


def run_sink(dsn: str, documents: int, rows: int, part: tuple[int, int]) -> Figures:
    """One sink of several in a process of its own: its share of the partitions' records."""
    collect_rarely()
    number, sinks = part
    inbounds = [inbound for inbound in records(documents) if inbound.partition % sinks == number]
    return measure(ClickHouse(dsn), inbounds, BatchLimits(rows))


def main() -> None:
    """Runs the benchmark on an embedded server of its own and prints the figures as JSON."""
    from connectors.clickhouse.migrate import migrate
    from fieldtrail.audit.verify import verify_all
    from fieldtrail.stack import LocalStack
    from fieldtrail.stack.clickhouse import ClickHouseOptions

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=3_000)
    parser.add_argument("--rows", type=int, default=BatchLimits().rows, help="rows of a batch")
    parser.add_argument("--sinks", type=int, default=2, choices=(1, 2, 4), help="processes that share the partitions")
    wanted = parser.parse_args()
    options = ClickHouseOptions()
    with tempfile.TemporaryDirectory() as folder, LocalStack(Path(folder), clickhouse_options=options) as stack:
        dsn = stack.clickhouse_dsn
        assert dsn is not None
        store = ClickHouse(dsn)
        migrate(store)
        with ProcessPoolExecutor(wanted.sinks, multiprocessing.get_context("spawn")) as pool:
            parts = [(number, wanted.sinks) for number in range(wanted.sinks)]
            running = [pool.submit(run_sink, dsn, wanted.documents, wanted.rows, part) for part in parts]
            figures = [item.result() for item in running]
        [(stored,)] = store.query("SELECT count() FROM fields FINAL").rows
        rows = sum(item.field_rows for item in figures)
        assert stored == rows, f"{stored} of {rows} field rows are stored"
        begin = time.perf_counter()
        found = verify_all(store, progress=lambda _: None)
        assert found.intact, found.first_break
        verified = {"events": found.events, "rows": found.rows, "wall_s": time.perf_counter() - begin}
    rate = sum(item.field_rows_per_s for item in figures)
    together = {"sinks": wanted.sinks, "field_rows": rows, "field_rows_per_s": rate, "verified": verified}
    print(json.dumps(together | {"each": [asdict(item) for item in figures]}, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
