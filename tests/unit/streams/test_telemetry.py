from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from streams.harness.telemetry import register_gauges


class Stage:
    def __init__(self, name: str, in_flight: int, lag: int | None, paused: list[tuple[str, bool]]) -> None:
        self.name = name
        self._values = (in_flight, lag, paused)

    def in_flight(self) -> int:
        return self._values[0]

    def lag(self) -> int | None:
        return self._values[1]

    def paused(self) -> list[tuple[str, bool]]:
        return self._values[2]


def test_every_stage_of_a_process_has_its_gauges() -> None:
    reader = InMemoryMetricReader()
    meter = MeterProvider(metric_readers=[reader]).get_meter("test")
    register_gauges(meter, [Stage("ingest", 3, 40, [("object_store", True)]), Stage("extract", 1, None, [])])
    data = reader.get_metrics_data()
    assert data is not None
    found = {
        (metric.name, *sorted(str(value) for value in (point.attributes or {}).values())): point.value  # type: ignore[union-attr]
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }
    assert found == {
        ("fieldtrail_in_flight", "ingest"): 3,
        ("fieldtrail_in_flight", "extract"): 1,
        ("fieldtrail_lag", "ingest"): 40,
        ("fieldtrail_paused", "ingest", "object_store"): 1,
    }
