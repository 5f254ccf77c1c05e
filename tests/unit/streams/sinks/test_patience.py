"""A record waits for the schema registry, until the sink is asked to stop."""

from threading import Event, Timer

from streams.contracts.registry import RegistryUnavailableError
from streams.harness.retry import RetryPolicy
from streams.harness.runner import REGISTRY
from streams.harness.stage import Inbound
from streams.sinks.dependencies import Dependencies
from streams.sinks.patience import LONGEST_S, PatientMapper
from tests.support.harness import inbound

RECORD, MAPPED = inbound(None), object()


class Mapper:
    """A mapper without its registry for the first ``away`` calls."""

    topics = ("documents.results",)

    def __init__(self, away: int) -> None:
        self.away = away

    def map(self, record: Inbound) -> object:
        """What the record gives."""
        assert record is RECORD
        self.away -= 1
        if self.away >= 0:
            raise RegistryUnavailableError("it does not answer")
        return MAPPED


class Stop(Event):
    """Notes how long somebody would wait for it, and is set while he waits for the ``after``-th time."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.waits: list[float | None] = []
        self._after = after

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it is set."""
        self.waits.append(timeout)
        if len(self.waits) == self._after:
            self.set()
        return self.is_set()


def patient(away: int) -> tuple[PatientMapper, Dependencies]:
    """A mapper whose registry is away for so many calls."""
    dependencies = Dependencies()
    return PatientMapper(Mapper(away), dependencies, RetryPolicy(base_s=4.0, cap_s=60.0)), dependencies  # type: ignore[arg-type]


def test_a_record_waits_until_the_registry_answers() -> None:
    mapper, dependencies = patient(away=3)
    stop = Stop(after=0)
    assert mapper.map(RECORD, stop) is MAPPED
    assert len(stop.waits) == 3
    assert all(0 < (wait or 0) <= LONGEST_S for wait in stop.waits)
    assert dependencies.down == {}


def test_asked_to_stop_it_gives_up_the_record_and_does_not_try_again() -> None:
    mapper, dependencies = patient(away=2)
    stop = Stop(after=2)
    assert mapper.map(RECORD, stop) is None, "though the registry would answer now"
    assert list(dependencies.down) == [REGISTRY]


def test_it_does_not_sit_out_its_delay_when_it_is_asked_to_stop() -> None:
    mapper, _ = patient(away=10**9)
    stop = Event()
    timer = Timer(0.05, stop.set)
    timer.start()
    assert mapper.map(RECORD, stop) is None
    timer.join()
