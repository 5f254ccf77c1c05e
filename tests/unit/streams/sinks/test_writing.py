"""A batch is tried until it is written; at the end, once."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.errors import UnavailableError
from processors.audit.chain import Head
from streams.harness.retry import RetryPolicy
from streams.sinks.chains import Chain
from streams.sinks.dependencies import Dependencies
from streams.sinks.mapping import Mapped
from streams.sinks.writer import Written
from streams.sinks.writing import Writing
from tests.unit.streams.sinks.test_chores import Clock

AWAY = UnavailableError("clickhouse", "away")
HEADS = {("documents.results", 0): Head("documents.results", 0, 6, bytes(32))}


class FakeWriter:
    """Fails as it is told, and then writes."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.heads: list[Mapping[Chain, Head]] = []

    def write(self, batch: Sequence[Mapped], heads: Mapping[Chain, Head]) -> Written:
        """How many it wrote."""
        self.heads.append(heads)
        if self.failures:
            raise self.failures.pop(0)
        return Written({}, len(batch), 0)


class Bench:
    """A :class:`Writing` over a fake writer, with a clock of its own."""

    def __init__(self, *failures: Exception) -> None:
        self.clock, self.dependencies = Clock(), Dependencies()
        self.writer, self.worker = FakeWriter(*failures), ThreadPoolExecutor(1)
        policy = RetryPolicy(base_s=1.0, cap_s=1.0)
        self.writing = Writing(self.writer, self.worker, self.dependencies, policy, self.clock)  # type: ignore[arg-type]

    def finish(self) -> int | None:
        """Rows that were written, once the try under way has ended."""
        self.writing.wait(10)
        finished = self.writing.finish()
        return None if finished is None else finished.written.rows


@pytest.fixture
def benches() -> Iterator[list[Bench]]:
    """Those whose threads are to be ended."""
    made: list[Bench] = []
    yield made
    for bench in made:
        bench.worker.shutdown()


def bench_of(benches: list[Bench], *failures: Exception) -> Bench:
    benches.append(Bench(*failures))
    return benches[-1]


BATCH: Sequence[Mapped] = [None, None]  # type: ignore[list-item]  # what is in it concerns the writer alone


def test_a_batch_that_fails_is_tried_again_after_a_while_with_the_same_heads(benches: list[Bench]) -> None:
    bench = bench_of(benches, AWAY, AWAY)
    bench.writing.start(BATCH, HEADS)
    for _ in range(2):
        assert bench.finish() is None
        assert (bench.writing.failing, len(bench.writing), list(bench.dependencies.down)) == (True, 2, ["clickhouse"])
        assert bench.finish() is None, "not at once"
        bench.clock.now += 2.0
        assert bench.finish() is None, "it is tried again"
    assert bench.finish() == 2
    assert bench.writer.heads == [HEADS] * 3
    assert (bench.writing.busy, bench.writing.failing, len(bench.writing)) == (False, False, 0)


def test_given_up_a_batch_is_written_if_its_try_succeeds(benches: list[Bench]) -> None:
    bench = bench_of(benches)
    bench.writing.start(BATCH, HEADS)
    finished = bench.writing.give_up(None)
    assert finished is not None
    assert (finished.written.rows, bench.writing.busy) == (2, False)


def test_given_up_a_batch_that_fails_or_waits_is_forgotten(benches: list[Bench]) -> None:
    bench = bench_of(benches, AWAY, AWAY)
    bench.writing.start(BATCH, HEADS)
    assert bench.writing.give_up(None) is None
    bench.writing.start(BATCH, HEADS)
    assert bench.finish() is None
    assert bench.writing.give_up(None) is None, "it waits for another try, which nobody makes"
    assert not bench.writing.busy
    assert len(bench.writer.heads) == 2


def test_a_defect_is_no_failure_that_passes(benches: list[Bench]) -> None:
    bench = bench_of(benches, RuntimeError("a defect"))
    bench.writing.start(BATCH, HEADS)
    with pytest.raises(RuntimeError, match="a defect"):
        bench.writing.give_up(None)
