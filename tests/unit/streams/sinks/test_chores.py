"""The sink's chores: what they lack is told, ends nothing, and is over once they succeed. No broker answers here."""

import pytest

from connectors.errors import UnavailableError
from streams.contracts.registry import RegistryUnavailableError
from streams.sinks.chores import ChoreRunner
from streams.sinks.dependencies import Dependencies

ASSIGNED = frozenset({("audit.roots", 0)})


class Chores:
    """Raises what it is given, one after the other, and then nothing."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def run(self, assigned: frozenset[tuple[str, int]]) -> None:
        """Raises the next error."""
        if self.errors:
            raise self.errors.pop(0)


class Clock:
    """Seconds that pass when somebody says so."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def dependencies() -> Dependencies:
    """Of a sink whose dependencies all answer."""
    return Dependencies()


def run_chores(chores: Chores, dependencies: Dependencies, runs: int, *, failing: bool = False) -> None:
    """So many times, each to the end."""
    clock = Clock()
    runner = ChoreRunner(chores, 30.0, dependencies, clock)
    for _ in range(runs):
        runner.turn(ASSIGNED, failing=failing)
        assert runner._run is not None
        runner._run.exception(10)
        runner.turn(ASSIGNED, failing=failing)
        clock.now += 31.0
    runner.close()


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (RegistryUnavailableError("it does not answer"), "schema_registry"),
        (UnavailableError("clickhouse", "away"), "clickhouse"),
    ],
)
def test_what_chores_lack_is_told_until_they_succeed(error: Exception, name: str, dependencies: Dependencies) -> None:
    run_chores(Chores(error), dependencies, 1)
    assert list(dependencies.down) == [name]


def test_it_is_over_once_they_succeed(dependencies: Dependencies) -> None:
    run_chores(Chores(UnavailableError("clickhouse", "away")), dependencies, 2)
    assert dependencies.down == {}


def test_chores_that_succeed_do_not_hide_that_a_batch_cannot_be_written(dependencies: Dependencies) -> None:
    run_chores(Chores(UnavailableError("clickhouse", "away")), dependencies, 2, failing=True)
    assert list(dependencies.down) == ["clickhouse"]


def test_without_partitions_there_are_no_chores(dependencies: Dependencies) -> None:
    runner = ChoreRunner(Chores(RuntimeError()), 30.0, dependencies, Clock())
    runner.turn(frozenset(), failing=False)
    assert runner._run is None
    runner.close()
