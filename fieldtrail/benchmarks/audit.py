"""How fast the audit store answers, and how that grows: a story, a month's report, an insert.

``python -m fieldtrail.benchmarks.audit`` starts an embedded ClickHouse (or takes CLICKHOUSE_DSN's), fills it with made
documents up to each of ``--rows`` field rows, and asks the same questions each time. The data are made by the server
itself; only the insert rate goes through our own client.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from connectors.clickhouse.client import Answer, ClickHouse
from connectors.clickhouse.insert import Inserter
from connectors.clickhouse.migrate import migrate
from connectors.clickhouse.questions.asking import Scope, ask
from connectors.clickhouse.questions.figures import (
    ReviewedValue,
    ReviewerSummary,
    reviewer_query,
    reviewer_summary_query,
)
from connectors.clickhouse.questions.story import story
from connectors.clickhouse.rows import FieldRow, Rule
from fieldtrail.benchmarks.audit_fill import FIELDS_PER_STAGE, FILL, ROWS_PER_DOCUMENT

CHUNK_DOCUMENTS = 5_000  # 200,000 field rows: an insert of a million would take more memory than one query may
MONTH = Scope(since=datetime(2025, 1, 1, tzinfo=UTC), until=datetime(2025, 2, 1, tzinfo=UTC))
STORIES = 200


@dataclass(frozen=True, slots=True)
class Timing:
    """One question: seconds at the median and at the 99th percentile, and rows that the server read at the median."""

    question: str
    p50_s: float
    p99_s: float
    rows_read: int


@dataclass(frozen=True, slots=True)
class Size:
    """The store at one size: rows of ``fields``, bytes on disk of all tables, parts, and the questions' timings."""

    field_rows: int
    disk_bytes: int
    parts: int
    timings: tuple[Timing, ...]


class Counting(ClickHouse):
    """A client that adds up the rows that the server read."""

    rows_read = 0

    def query(
        self, statement: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> Answer:
        answer = super().query(statement, parameters, settings)
        self.rows_read += answer.rows_read
        return answer


def fill(store: ClickHouse, first: int, last: int) -> None:
    """Makes the documents from number ``first`` to before ``last``."""
    for begin in range(first, last, CHUNK_DOCUMENTS):
        end = min(begin + CHUNK_DOCUMENTS, last)
        documents = f"SELECT number AS d FROM numbers({begin}, {end - begin})"  # noqa: S608 (our own numbers)
        for table, statement in FILL.items():
            store.command(f"INSERT INTO {table} {statement.format(documents=documents)}")


def settle(store: ClickHouse, patience_s: float = 15.0) -> None:
    """Waits until the server has merged what it wants to merge, or long enough."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and store.query("SELECT count() FROM system.merges").rows != ((0,),):
        time.sleep(0.5)


def measure(store: Counting, documents: int) -> Size:
    """Asks everything of a store that holds ``documents``."""
    numbers = random.Random(documents).sample(range(documents), STORIES)  # noqa: S311 (the same in every run)
    asked = store.query("SELECT lower(hex(sipHash128(arrayJoin({numbers:Array(UInt64)}))))", {"numbers": numbers})
    ids = [str(row[0]) for row in asked.rows]
    paths = ("field_1", "line_items[2].cell_3")
    stories = [partial(story, store, document_id, paths[n % 2]) for n, document_id in enumerate(ids)]
    timings = (
        _timed(store, "story of one field", stories),
        _timed(store, "month's report by reviewer", [lambda: _report(store)] * 20),
        _timed(store, "all values changed in a month", [lambda: ask(store, reviewer_query(MONTH), ReviewedValue)] * 5),
    )
    ((disk, parts),) = store.query(
        "SELECT sum(bytes_on_disk), count() FROM system.parts WHERE active AND database = currentDatabase()"
    ).rows
    return Size(documents * ROWS_PER_DOCUMENT, int(disk), int(parts), timings)


def _report(store: ClickHouse) -> None:
    assert ask(store, reviewer_summary_query(MONTH), ReviewerSummary)


def _timed(store: Counting, question: str, calls: Sequence[Callable[[], object]]) -> Timing:
    calls[0]()  # the first one opens files
    seconds, rows = [], []
    for call in calls:
        store.rows_read = 0
        begin = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begin)
        rows.append(store.rows_read)
    p99 = sorted(seconds)[min(len(seconds) - 1, round(0.99 * len(seconds)))]
    return Timing(question, statistics.median(seconds), p99, int(statistics.median(rows)))


def insert_rate(store: ClickHouse, batches: int = 20, batch_rows: int = 10_000) -> float:
    """Field rows per second through :class:`Inserter`, checks and all, one batch after the other."""
    inserter = Inserter(store)
    made = [[_row(batch * batch_rows + number) for number in range(batch_rows)] for batch in range(batches + 1)]
    inserter.insert(made[0], "warm-up")
    begin = time.perf_counter()
    for number, rows in enumerate(made[1:]):
        assert inserter.insert(rows, f"bench-{number}").written == batch_rows
    return batches * batch_rows / (time.perf_counter() - begin)


def _row(number: int) -> FieldRow:
    document, field = divmod(number, FIELDS_PER_STAGE)
    amount = Decimal(number % 1_000_000).scaleb(-2)
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    return FieldRow(
        document_id=f"inserted-{document:08x}",
        revision=1,
        row_number=max(0, field - 9),
        name=f"field_{field}",
        stage="routed",
        version=number,
        tenant="t1",
        document_type="invoice",
        submitted_at=moment,
        type="money",
        value_text=str(amount),
        value_decimal=amount,
        raw_text=f"{amount} EUR",
        evidence_source="page",
        page=1,
        x0=50.0,
        y0=60.0,
        x1=120.0,
        y1=70.0,
        word_ids=(field, field + 1),
        confidence=0.97,
        confidence_recognition=1.0,
        confidence_reader=0.95,
        confidence_validation=1.0,
        reader="geometric",
        reader_version="2",
        rules=(Rule("grounded", "passed", ""), Rule("sum_of_lines", "passed", "")),
        review_state="passed",
        topic="documents.results",
        partition=number % 4,
        offset=number,
        at=moment,
    )


@contextmanager
def server(dsn: str | None) -> Iterator[str]:
    """A DSN: the one given, or that of an embedded server which lasts as long as the context."""
    if dsn is not None:
        yield dsn
        return
    from fieldtrail.stack.clickhouse import ClickHouseOptions, temporary_server

    with (
        tempfile.TemporaryDirectory(prefix="fieldtrail-bench-") as folder,
        temporary_server(Path(folder), ClickHouseOptions()) as address,
    ):
        yield address


def main() -> None:
    """Prints the figures, as text and, with ``--json``, for a machine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000], help="sizes, growing")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    tell: Callable[[str], object] = (lambda _line: None) if arguments.json else _print
    with server(os.environ.get("CLICKHOUSE_DSN")) as dsn:
        store = Counting(dsn, "fieldtrail_bench", answer_timeout_s=300)
        store.command("DROP DATABASE IF EXISTS fieldtrail_bench", use_database=False)
        migrate(store)
        rate = insert_rate(store)
        tell(f"insert   {rate:,.0f} field rows/s in batches of 10,000")
        sizes, documents = [], 0
        for wanted in arguments.rows:
            more = wanted // ROWS_PER_DOCUMENT
            fill(store, documents, more)
            documents = more
            settle(store)
            sizes.append(measure(store, documents))
            _tell_size(tell, sizes[-1])
        store.command("DROP DATABASE fieldtrail_bench", use_database=False)
        store.close()
    if arguments.json:
        document = {"insert_rows_per_s": round(rate), "sizes": [asdict(size) for size in sizes]}
        _print(json.dumps(document, indent=2))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _tell_size(tell: Callable[[str], object], size: Size) -> None:
    tell(f"\n{size.field_rows:,} field rows, {size.disk_bytes / 1e6:,.0f} MB on disk in {size.parts} parts")
    for timing in size.timings:
        figures = (
            f"p50 {timing.p50_s * 1000:6.1f} ms   p99 {timing.p99_s * 1000:6.1f} ms   {timing.rows_read:,} rows read"
        )
        tell(f"  {timing.question:30} {figures}")


if __name__ == "__main__":
    main()
