"""A call is made in a thread until it succeeds, is forgotten, or fails for good."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from connectors.errors import UnavailableError
from streams.harness.retry import RetryPolicy
from streams.sinks.dependencies import Dependencies
from streams.sinks.retried import RetriedCall
from tests.unit.streams.sinks.test_chores import Clock

AWAY = UnavailableError("clickhouse", "away")


class Bench:
    """A :class:`RetriedCall` with a clock of its own. What was called is counted in ``calls``."""

    def __init__(self) -> None:
        self.clock, self.dependencies, self.worker, self.calls = Clock(), Dependencies(), ThreadPoolExecutor(1), 0
        policy = RetryPolicy(base_s=1.0, cap_s=1.0)
        self.call = RetriedCall[int]((UnavailableError,), self.worker, self.dependencies, policy, self.clock)

    def failing(self, *failures: Exception) -> Callable[[], int]:
        """Work that fails so often, and then gives 7."""
        left = list(failures)

        def work() -> int:
            self.calls += 1
            if left:
                raise left.pop(0)
            return 7

        return work

    def finish(self) -> int | None:
        """What the try under way gave, once it has ended."""
        self.call.wait(10)
        return self.call.finish()


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Its thread is ended afterwards."""
    made = Bench()
    yield made
    made.worker.shutdown()


def test_a_failure_that_passes_is_told_and_the_call_made_again_later(bench: Bench) -> None:
    bench.call.start(bench.failing(AWAY))
    assert bench.finish() is None
    assert (bench.call.busy, bench.call.failing, list(bench.dependencies.down)) == (True, True, ["clickhouse"])
    assert bench.call.wait(10) is False, "no try is under way"
    assert (bench.finish(), bench.calls) == (None, 1), "not at once"
    bench.clock.now += 1.0
    assert bench.finish() is None, "it is tried again"
    assert (bench.finish(), bench.calls) == (7, 2)
    assert (bench.call.busy, bench.call.failing, bench.finish()) == (False, False, None)


def test_another_call_takes_the_place_of_the_one_before(bench: Bench) -> None:
    """Partitions are assigned anew while nobody knows yet where to read on in the old ones."""
    may_end = Event()
    bench.call.start(lambda: (may_end.wait(10), 1)[1])
    bench.call.forget()
    assert (bench.call.busy, bench.call.finish()) == (False, None)
    bench.call.start(lambda: 2)
    assert bench.call.finish() is None, "it comes behind the one before, whose answer nobody wants"
    may_end.set()
    assert bench.finish() == 2


def test_forgotten_it_fails_no_longer(bench: Bench) -> None:
    bench.call.start(bench.failing(AWAY))
    assert bench.finish() is None
    bench.call.forget()
    assert not bench.call.failing


def test_given_up_it_waits_no_longer_than_it_may(bench: Bench) -> None:
    may_end = Event()
    bench.call.start(lambda: (may_end.wait(10), 1)[1])
    assert bench.call.wait(0) is False
    assert bench.call.give_up(0) is None
    assert not bench.call.busy
    may_end.set()
    bench.call.start(bench.failing())
    assert bench.call.give_up(10) == 7


def test_what_does_not_pass_is_raised_where_it_is_collected(bench: Bench) -> None:
    for collect in (bench.call.finish, lambda: bench.call.give_up(None)):
        bench.call.start(bench.failing(RuntimeError("a defect")))
        assert bench.call.wait(10) is True
        with pytest.raises(RuntimeError, match="a defect"):
            collect()
    assert bench.dependencies.down == {}
