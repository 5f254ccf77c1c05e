"""``make bench``: the pipeline over a real broker against the same processors called in a plain loop.

Everything is measured in one run, the two in turn, so that a machine whose speed drifts does not favour either. The
figures to quote are medians and ratios.
"""

import argparse
import itertools
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from fieldtrail.cli.render import table
from fieldtrail.client import Fieldtrail, Watch
from fieldtrail.local import read_file
from fieldtrail.settings import Settings, resolve
from fieldtrail.stack import BrokerOptions, LocalStack, Worker
from fieldtrail.wiring import connection, topic_plan
from processors.errors import Refusal
from processors.synthesis.stream import invoice_stream
from streams.admin import apply

MIB = 1024 * 1024


class BenchError(Exception):
    """A document did not come through, so the figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round: documents a second in a plain loop and through Kafka, and their ratio."""

    plain: float
    kafka: float

    @property
    def efficiency(self) -> float:
        """Throughput with Kafka over throughput of the plain loop."""
        return self.kafka / self.plain


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from submission to result at a steady rate (documents a second, as asked for and as achieved)."""

    wanted_rate: float
    rate: float
    p50: float
    p99: float
    worst: float


@dataclass(frozen=True, slots=True)
class Report:
    """All that ``make bench`` measures. Memory is RSS in MiB: the worker with its children, idle and at its most."""

    documents: int
    rounds: tuple[Round, ...]
    latency: Latency
    idle_rss: float
    peak_rss: float


class PeakRss:
    """The largest RSS of a process and its children while the context lasts, sampled four times a second."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = 0.0

    def __enter__(self) -> "PeakRss":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.25):
            self.peak = max(self.peak, rss_of(self._process))


def rss_of(process: psutil.Process) -> float:
    """RSS of ``process`` and its descendants in MiB; memory that they share counts once for each."""
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return float(total / MIB)


def run_bench(documents: int, rounds: int, rate: float, seconds: float, folder: Path) -> Report:
    """Runs all measurements with the stack's data in ``folder``; about ``seconds`` plus a minute."""
    stream = (data for data, _ in invoice_stream(seed=20260101))
    settings = resolve({"data_dir": folder})
    stack = LocalStack(
        folder,
        [Worker()],
        options=BrokerOptions(settings.stack.kafka_libs),
        prepare=lambda servers: _make_topics(folder, servers),
        progress=_tell,
    )
    with stack:
        settings = resolve({"data_dir": folder, "kafka.bootstrap_servers": stack.bootstrap_servers})
        worker = next(status.pid for status in stack.status() if status.name == "worker-0")
        assert worker is not None, "the stack says that its worker is up"
        idle = rss_of(psutil.Process(worker))
        with Fieldtrail(settings) as client, PeakRss(worker) as memory:
            _tell("warming up")
            _through_kafka(client, list(itertools.islice(stream, documents)))
            done = []
            for number in range(1, rounds + 1):
                plain = _plain_loop(list(itertools.islice(stream, documents)), folder)
                kafka = _through_kafka(client, list(itertools.islice(stream, documents)))
                done.append(Round(plain, kafka))
                _tell(f"round {number}: plain loop {plain:.1f}/s, through Kafka {kafka:.1f}/s")
            _tell(f"{rate:g} documents a second for {seconds:g} s")
            latency = _steady(client, stream, rate, seconds)
    return Report(documents, tuple(done), latency, idle, memory.peak)


def _make_topics(folder: Path, servers: str) -> None:
    settings: Settings = resolve({"data_dir": folder, "kafka.bootstrap_servers": servers})
    apply(connection(settings), topic_plan(settings))


def _plain_loop(documents: Sequence[bytes], folder: Path) -> float:
    """Documents a second with the same processors in this process, without Kafka and without a sandbox."""
    path = folder / "plain.pdf"
    spent = 0.0
    for data in documents:
        path.write_bytes(data)
        begin = time.perf_counter()
        answer = read_file(path)
        spent += time.perf_counter() - begin
        if isinstance(answer, Refusal):
            raise BenchError(f"a benchmark document was refused: {answer.message}")
    return len(documents) / spent


def _through_kafka(client: Fieldtrail, documents: Sequence[bytes]) -> float:
    """Documents a second through the whole pipeline, all sent at once."""
    with client.watch() as watch:
        begin = time.perf_counter()
        ids = [client.submit(data) for data in documents]
        client.flush()
        _drain(watch, ids)
        return len(documents) / (time.perf_counter() - begin)


def _drain(watch: Watch, ids: Sequence[str]) -> None:
    for final in watch.wait(ids):
        if final.state not in ("completed", "review"):
            raise BenchError(f"a benchmark document ended as {final.state}: {final.status.message}")


def _steady(client: Fieldtrail, stream: Iterator[bytes], rate: float, seconds: float) -> Latency:
    """Submits at an even rate, whatever comes back, and measures each document from its submission."""
    documents = list(itertools.islice(stream, int(rate * seconds)))
    with client.watch() as watch:
        sent: dict[str, float] = {}
        ids = [f"steady-{time.time_ns()}-{number}" for number in range(len(documents))]
        begin = time.perf_counter()

        def send() -> None:
            for number, (document_id, data) in enumerate(zip(ids, documents, strict=True)):
                wait = begin + number / rate - time.perf_counter()
                if wait > 0:
                    time.sleep(wait)
                sent[document_id] = time.perf_counter()
                client.submit(data, document_id=document_id)

        sender = threading.Thread(target=send)
        sender.start()
        latencies = []
        for final in watch.wait(ids, seconds + 120):
            latencies.append(time.perf_counter() - sent[final.document_id])
        sender.join()
        achieved = len(documents) / (time.perf_counter() - begin)
    cuts = statistics.quantiles(latencies, n=100)
    return Latency(rate, achieved, statistics.median(latencies), cuts[98], max(latencies))


def render(report: Report) -> str:
    """The report as a table."""
    plain = statistics.median(item.plain for item in report.rounds)
    kafka = statistics.median(item.kafka for item in report.rounds)
    efficiency = statistics.median(item.efficiency for item in report.rounds)
    latency = report.latency
    goal = "reached" if latency.rate >= 0.97 * latency.wanted_rate and latency.p99 < 2 else "missed"
    rows = [
        ("measured", "figure", "goal"),
        ("plain loop, one process", f"{plain:.1f} documents/s", ""),
        ("whole pipeline over Kafka, at most", f"{kafka:.1f} documents/s", "12"),
        ("  in a day", f"{kafka * 86400:,.0f} documents", "1,000,000"),
        ("efficiency (Kafka / plain loop)", f"{efficiency:.2f}", "0.60"),
        (f"steady {latency.wanted_rate:g}/s: achieved", f"{latency.rate:.1f} documents/s", goal),
        ("  submission to result, p50", f"{latency.p50 * 1000:.0f} ms", ""),
        ("  submission to result, p99", f"{latency.p99 * 1000:.0f} ms", "2000 ms"),
        ("  submission to result, worst", f"{latency.worst * 1000:.0f} ms", ""),
        ("worker RSS, idle", f"{report.idle_rss:.0f} MiB", "400 MiB"),
        ("worker RSS with children, at most", f"{report.peak_rss:.0f} MiB", ""),
    ]
    heading = f"medians of {len(report.rounds)} rounds of {report.documents} born-digital one-page invoices"
    return f"{heading}\n\n{table(rows)}"


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> None:
    """Command line of ``make bench``."""
    parser = argparse.ArgumentParser(prog="python -m fieldtrail.bench", description=__doc__)
    parser.add_argument("--documents", type=int, default=300, help="documents a round (default 300)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--rate", type=float, default=12.0, help="steady documents a second (default 12)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to hold the rate (default 60)")
    parser.add_argument("--json", action="store_true", help="print JSON for a machine")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = run_bench(options.documents, options.rounds, options.rate, options.seconds, Path(folder))
    sys.stdout.write((json.dumps(asdict(report), indent=2) if options.json else render(report)) + "\n")


if __name__ == "__main__":
    main()
