"""The sink's chores: what they lack is told, ends nothing, and is over once they succeed. No broker answers here."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.clickhouse.client import ClickHouse
from connectors.errors import UnavailableError
from streams.contracts.registry import RegistryUnavailableError
from streams.contracts.topics import TopicPlan
from streams.kafka import KafkaConnection
from streams.sinks.audit import AuditSink, _Writing
from tests.support.audit import make_sink

NOWHERE = "127.0.0.1:9"


class Chores:
    """Raises what it is given, one after the other, and then nothing."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def run(self, assigned: frozenset[tuple[str, int]]) -> None:
        """Raises the next error."""
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture
def sinks() -> Iterator[list[AuditSink]]:
    """Those that are to be closed afterwards."""
    made: list[AuditSink] = []
    yield made
    for sink in made:
        sink._chore_worker.shutdown()
        sink._worker.shutdown()
        sink._consumer.close()


def sink_with(chores: Any, sinks: list[AuditSink]) -> AuditSink:
    sink = make_sink(KafkaConnection(NOWHERE), TopicPlan(), ClickHouse(f"http://{NOWHERE}"), chores=chores)
    sink._next = {("documents.results", 0): 0}
    sinks.append(sink)
    return sink


def run_chores(sink: AuditSink) -> None:
    """Once, to the end."""
    sink._chores_at = sink._clock()
    sink._do_chores()
    assert sink._chore is not None
    sink._chore.exception(10)
    sink._chores_at = sink._clock() + 1_000
    sink._do_chores()


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (RegistryUnavailableError("it does not answer"), "schema_registry"),
        (UnavailableError("clickhouse", "away"), "clickhouse"),
    ],
)
def test_what_chores_lack_is_told_until_they_succeed(error: Exception, name: str, sinks: list[AuditSink]) -> None:
    sink = sink_with(Chores(error), sinks)
    run_chores(sink)
    assert list(sink.health().paused) == [name]
    run_chores(sink)
    assert sink.health().paused == {}


def test_chores_that_succeed_do_not_hide_that_a_batch_cannot_be_written(sinks: list[AuditSink]) -> None:
    sink = sink_with(Chores(UnavailableError("clickhouse", "away")), sinks)
    run_chores(sink)
    sink._writing = _Writing((), None, failures=3)
    run_chores(sink)
    assert list(sink.health().paused) == ["clickhouse"]
