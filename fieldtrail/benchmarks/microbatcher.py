"""``python -m fieldtrail.benchmarks.microbatcher``: the OCR server under many callers against one caller, in one run.

A round is one caller, then all callers at once, then one caller again; its ratio is the crowd's pages a second over the
mean of the two, so that a machine whose speed drifts favours neither. The figure to quote is the median ratio. Beside
it, on a CPU: the same pages read in this process on one core, without a server. ``--batched`` has the CPU's server read
in batches with threads, as on a GPU, instead of with a process per core.
"""

import argparse
import asyncio
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import aiohttp
import psutil

from fieldtrail.cli.render import table
from gpu.client import OcrClient, Recognized
from processors.recognition.lines import Models, answer_all, read_lines
from processors.recognition.models import load_models
from processors.recognition.networks import pick_device
from processors.synthesis.degrade import rasterise
from processors.synthesis.stream import invoice_stream

if TYPE_CHECKING:
    from processors.recognition.engine import RgbImage

WANTED_RATIO = 1.5
_DPI = 200
_DIFFERENT_PAGES = 8
_DEADLINE_S = 600.0


class BenchError(Exception):
    """A page was not read, or not as in process, so the figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Pages read one after the other by each of ``callers``. ``cores``: CPU seconds per second, of the server or, in
    process, of this process; ``sender_cores``: of this process as it sends the pages to the server."""

    callers: int
    pages: int
    seconds: float
    cores: float
    waits_s: tuple[float, ...]
    sender_cores: float = 0.0

    @property
    def cpu_s(self) -> float:
        """CPU seconds a page."""
        return self.cores / self.rate

    @property
    def rate(self) -> float:
        """Pages a second."""
        return self.pages / self.seconds


@dataclass(frozen=True, slots=True)
class Round:
    """In process (not on a GPU), one caller before, all callers, one caller after."""

    inside: Phase | None
    before: Phase
    crowd: Phase
    after: Phase

    @property
    def alone(self) -> float:
        """Pages a second of one caller."""
        return (self.before.rate + self.after.rate) / 2

    @property
    def ratio(self) -> float:
        """Throughput of all callers over that of one."""
        return self.crowd.rate / self.alone

    def highest_ratio(self, cores: int) -> float:
        """What the ratio would be if server and callers kept all ``cores`` busy."""
        return cores / (self.crowd.cpu_s + self.crowd.sender_cores / self.crowd.rate) / self.alone


@dataclass(frozen=True, slots=True)
class Report:
    """All that is measured. ``batches``: by work and model, mean size, fill, padding over the whole run; none where
    processes read whole pages. ``memory_mib``: the server's, its processes' included, once the last crowd is served."""

    device: str
    engine: str
    cores: int
    callers: int
    rounds: tuple[Round, ...]
    batches: dict[str, tuple[float, float, float]]
    memory_mib: float


@contextmanager
def ocr_server(device: str, *options: str) -> Iterator[tuple[str, psutil.Process]]:
    """A server of its own on a free port; its address, once it listens, and its process."""
    command = [sys.executable, "-m", "fieldtrail", "ocr-server", "--device", device, "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said.startswith("listening on "):
            raise BenchError(f"the server did not start; try: fieldtrail ocr-server --device {device}")
        yield said.removeprefix("listening on ").strip(), psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


async def measure(address: str, server: psutil.Process, options: argparse.Namespace) -> Report:
    """Rounds until there are enough or the time is up; one at least, shortened where the machine is slow."""
    pages = _pages()
    begin = time.monotonic()
    share = options.seconds / 8  # of one round, which may be the only one on a slow machine
    rounds: list[Round] = []
    models = load_models("cascade", pick_device("cpu")) if options.device == "cpu" else None
    async with OcrClient(address) as client:
        if not await client.wait_until_ready(_DEADLINE_S):
            raise BenchError("the server did not get ready")
        engine = await _check(client, pages, models)
        while not rounds or (len(rounds) < options.rounds and _time_left(begin, len(rounds), options.seconds)):
            inside = None if models is None else _in_process(pages, models, options.alone, share)
            before = await _phase(client, server, pages, 1, options.alone, share)
            crowd = await _phase(client, server, pages, options.callers, options.pages, 3 * share)
            after = await _phase(client, server, pages, 1, options.alone, share)
            rounds.append(Round(inside, before, crowd, after))
            _tell(f"round {len(rounds)}: one caller {rounds[-1].alone:.2f}/s, {options.callers}: {crowd.rate:.2f}/s")
    batches = await _batches(address)
    memory = sum(each.memory_full_info().pss for each in _family(server)) / 2**20
    return Report(options.device, engine, os.cpu_count() or 1, options.callers, tuple(rounds), batches, memory)


async def _check(client: OcrClient, pages: "Sequence[RgbImage]", models: Models | None) -> str:
    """Reads every page once, which warms up the rest, and compares with ``models`` in process; what read them."""
    engine = ""
    for page in pages:
        answer = await client.recognize(page, deadline_s=_DEADLINE_S)
        if not isinstance(answer, Recognized):
            raise BenchError(f"a page was not read: {answer}")
        if models is not None:
            here = answer_all(read_lines(page), models)
            if [line.text for line in here] != [line.text for line in answer.lines]:
                raise BenchError("the server reads a page otherwise than the engine in process")
        engine = answer.engine
    return engine


def _in_process(pages: "Sequence[RgbImage]", models: Models, count: int, at_most_s: float) -> Phase:
    begin, cpu = time.perf_counter(), time.process_time()
    done = 0
    while done < count and (not done or time.perf_counter() - begin < at_most_s):
        answer_all(read_lines(pages[done % len(pages)]), models)
        done += 1
    seconds = time.perf_counter() - begin
    return Phase(1, done, seconds, (time.process_time() - cpu) / seconds, ())


async def _phase(
    client: OcrClient, server: psutil.Process, pages: "Sequence[RgbImage]", callers: int, count: int, at_most_s: float
) -> Phase:
    """``count`` pages by ``callers`` at a time, or as many as are answered within ``at_most_s`` seconds.

    Each caller sends its next page once the last one is answered.
    """
    waiting = itertools.islice(itertools.cycle(pages), count)
    waits: list[float] = []

    async def call() -> None:
        for page in waiting:
            answer = await client.recognize(page, deadline_s=_DEADLINE_S)
            if not isinstance(answer, Recognized):
                raise BenchError(f"a page was not read: {answer}")
            waits.append(answer.waited_s)

    begin, cpu, own = time.perf_counter(), _cpu_seconds(server), time.process_time()
    with suppress(TimeoutError):
        async with asyncio.timeout(at_most_s):
            await asyncio.gather(*(call() for _ in range(callers)))
    seconds = time.perf_counter() - begin
    if not waits:
        raise BenchError(f"no page was read within {at_most_s:g} s")
    cores, sender_cores = (_cpu_seconds(server) - cpu) / seconds, (time.process_time() - own) / seconds
    return Phase(callers, len(waits), seconds, cores, tuple(waits), sender_cores)


async def _batches(address: str) -> dict[str, tuple[float, float, float]]:
    """Mean size, fill and padding of the batches, by work and model."""
    async with aiohttp.ClientSession() as session, session.get(f"{address}/metrics") as response:
        text = await response.text()
    pattern = re.compile(r'^fieldtrail_ocr_batch_(\w+)_(sum|count)\{model="(\w+)",work="(\w+)"\} (\S+)$', re.MULTILINE)
    found = {(f"{work}, {model}", name, part): float(value) for name, part, model, work, value in pattern.findall(text)}

    def mean(kind: str, name: str) -> float:
        return found[kind, name, "sum"] / found[kind, name, "count"]

    return {
        kind: (mean(kind, "size"), mean(kind, "fill"), mean(kind, "padding")) for kind in sorted({k for k, *_ in found})
    }


def _pages() -> "list[RgbImage]":
    """Generated one-page invoices in several languages and layouts, as a scanner at 200 DPI gives them, in gray."""
    import numpy as np

    documents = itertools.islice((data for data, _ in invoice_stream(seed=20260401)), _DIFFERENT_PAGES)
    return [np.ascontiguousarray(np.repeat(rasterise(data, _DPI)[0][:, :, None], 3, axis=2)) for data in documents]


def _family(server: psutil.Process) -> list[psutil.Process]:
    """The server and its processes."""
    return [server, *server.children(recursive=True)]


def _cpu_seconds(server: psutil.Process) -> float:
    times = [each.cpu_times() for each in _family(server)]
    return float(sum(each.user + each.system for each in times))


def _time_left(begin: float, rounds: int, seconds: float) -> bool:
    """Whether another round as long as those so far fits."""
    return (time.monotonic() - begin) * (rounds + 1) / rounds < seconds


def render(report: Report) -> str:
    """The report as a table."""
    inside = [round_.inside for round_ in report.rounds if round_.inside is not None]
    alone = [item for round_ in report.rounds for item in (round_.before, round_.after)]
    crowd = [round_.crowd for round_ in report.rounds]
    ratio = statistics.median(round_.ratio for round_ in report.rounds)
    waits = [wait for phase in crowd for wait in phase.waits_s]
    rows = [("measured", "figure", "goal")]
    for name, phases in (("in process", inside), ("one caller", alone), (f"{report.callers} callers", crowd)):
        if phases:
            rows.append((f"{name}: pages/s", f"{statistics.median(phase.rate for phase in phases):.2f}", ""))
            rows.append(("  cores that it kept busy", f"{statistics.median(phase.cores for phase in phases):.2f}", ""))
            cpu = statistics.median(phase.cpu_s for phase in phases)
            rows.append(("  CPU seconds a page", f"{cpu:.2f}", ""))
    senders = statistics.median(phase.sender_cores / phase.rate for phase in crowd)
    rows.append(("  CPU seconds a page of theirs", f"{senders:.3f}", ""))
    rows.append((f"{report.callers} callers over one caller", f"{ratio:.2f}", f"{WANTED_RATIO} on two cores"))
    if report.device == "cpu":
        bound = statistics.median(round_.highest_ratio(report.cores) for round_ in report.rounds)
        rows.append(("  with all cores busy it would be", f"{bound:.2f}", ""))
    if inside:
        over = statistics.median(phase.rate / own.rate for phase, own in zip(crowd, inside, strict=True))
        rows.append((f"{report.callers} callers over in process", f"{over:.2f}", ""))
    for percent in (50, 99):
        rows.append((f"wait of a page among them, p{percent}", f"{_quantile(waits, percent):.2f} s", ""))
    for kind, (size, fill, padding) in report.batches.items():
        rows.append((f"batch ({kind}): size, fill, padding", f"{size:.1f}, {fill:.0%}, {padding:.0%}", ""))
    rows.append(("the server's memory", f"{report.memory_mib:.0f} MiB", ""))
    heading = f"{report.engine} on {report.device}, {report.cores} cores; medians of {len(report.rounds)} rounds"
    return f"{heading}\n\n{table(rows)}"


def _quantile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m fieldtrail.benchmarks.microbatcher", description=__doc__)
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda or cuda:N")
    parser.add_argument("--batched", action="store_true", help="on a CPU: in batches, instead of a process per core")
    parser.add_argument("--callers", type=int, default=64, help="callers at a time (default 64)")
    parser.add_argument("--pages", type=int, help="pages of all callers in a round (default 64; on a GPU 1024)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--seconds", type=float, default=150.0, help="for all rounds, at most (default 150)")
    parser.add_argument("--json", action="store_true", help="print JSON for a machine")
    options = parser.parse_args()
    options.pages = options.pages or (64 if options.device == "cpu" else 1024)
    options.alone = max(2, options.pages // 8)
    try:
        with ocr_server(options.device, *(("--processes", "0") if options.batched else ())) as (address, server):
            report = asyncio.run(measure(address, server, options))
    except BenchError as error:
        _tell(f"microbatcher: {error}")
        return 1
    sys.stdout.write((json.dumps(asdict(report), indent=2) if options.json else render(report)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
