"""OpenTelemetry for the stages: one span per record, its parent taken from the record's headers, and these metrics.

===============================  =========  =================  ====================================================
metric                           kind       attributes         what it counts
===============================  =========  =================  ====================================================
fieldtrail_records               counter    stage, outcome     records taken to an end: emit, skip or dead
fieldtrail_record_seconds        histogram  stage              seconds from delivery to acknowledged outputs
fieldtrail_retries               counter    stage, code        tries that failed and were tried again
fieldtrail_dead_letters          counter    stage, code        dead letters written
fieldtrail_in_flight             gauge      stage              records being worked on
fieldtrail_lag                   gauge      stage              records waiting on the stage's topic
fieldtrail_paused                gauge      stage, dependency  1 while the stage waits for a dead dependency
===============================  =========  =================  ====================================================
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Protocol

from opentelemetry import propagate, trace
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from streams.harness.headers import TRACEPARENT, Headers, last
from streams.harness.outcomes import Dead, Emit, Skip


class RecordSpan:
    """The span of one record in one stage."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self.outcome = "unfinished"

    @property
    def trace_id(self) -> str | None:
        """The W3C trace id, 32 hex digits; ``None`` where tracing is off."""
        context = self._span.get_span_context()
        return format(context.trace_id, "032x") if context.is_valid else None

    def finish(self, outcome: Emit | Skip | Dead) -> None:
        """Notes how the record ended."""
        self.outcome = type(outcome).__name__.lower()
        self._span.set_attribute("fieldtrail.outcome", self.outcome)
        if isinstance(outcome, Dead):
            self._span.set_attribute("fieldtrail.code", outcome.code)
            self._span.set_status(Status(StatusCode.ERROR, outcome.reason))


class StageTelemetry:
    """One stage's spans and counters. Created once per stage and process."""

    def __init__(self, stage: str, tracer: Tracer, meter: Meter) -> None:
        self._stage = stage
        self._tracer = tracer
        self._records = meter.create_counter("fieldtrail_records", description="Records taken to an end")
        self._seconds = meter.create_histogram(
            "fieldtrail_record_seconds", unit="s", description="Seconds from delivery to acknowledged outputs"
        )
        self._retries = meter.create_counter("fieldtrail_retries", description="Tries that failed and were tried again")
        self._dead = meter.create_counter("fieldtrail_dead_letters", description="Dead letters written")

    @contextmanager
    def record(self, headers: Headers) -> Iterator[RecordSpan]:
        """A span around one record, continuing the trace that its headers name."""
        parent = propagate.extract({TRACEPARENT: last(headers, TRACEPARENT) or ""})
        begin = perf_counter()
        with self._tracer.start_as_current_span(f"{self._stage} process", parent, kind=SpanKind.CONSUMER) as span:
            record = RecordSpan(span)
            yield record
        self._seconds.record(perf_counter() - begin, {"stage": self._stage})
        self._records.add(1, {"stage": self._stage, "outcome": record.outcome})

    def outgoing_headers(self) -> Headers:
        """Headers that carry the current span on to the next stage."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        return tuple((name, value.encode()) for name, value in carrier.items())

    def retried(self, code: str) -> None:
        """A try failed and the record is tried again."""
        self._retries.add(1, {"stage": self._stage, "code": code})

    def dead_lettered(self, code: str) -> None:
        """A dead letter was written."""
        self._dead.add(1, {"stage": self._stage, "code": code})


class Observed(Protocol):
    """What the gauges ask of a stage."""

    name: str

    def in_flight(self) -> int:
        """Records being worked on."""

    def lag(self) -> int | None:
        """Records waiting on the stage's topic; ``None`` before anything is known."""

    def paused(self) -> Iterable[tuple[str, bool]]:
        """Dependencies that ever failed, and whether each is down."""


def register_gauges(meter: Meter, stages: Sequence[Observed]) -> None:
    """The gauges of all stages of a process, read when metrics are scraped.

    Once per process: OpenTelemetry keeps only the first callbacks of an instrument that is created twice.
    """

    def in_flight(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(stage.in_flight(), {"stage": stage.name}) for stage in stages]

    def lag(_: CallbackOptions) -> Iterable[Observation]:
        known = [(stage.name, stage.lag()) for stage in stages]
        return [Observation(value, {"stage": name}) for name, value in known if value is not None]

    def paused(_: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(int(is_down), {"stage": stage.name, "dependency": dependency})
            for stage in stages
            for dependency, is_down in stage.paused()
        ]

    meter.create_observable_gauge("fieldtrail_in_flight", [in_flight], description="Records being worked on")
    meter.create_observable_gauge("fieldtrail_lag", [lag], description="Records waiting on the stage's topic")
    meter.create_observable_gauge("fieldtrail_paused", [paused], description="1 while a dependency is down")


def untraced(stage: str) -> StageTelemetry:
    """Telemetry that goes nowhere, for the library and for tests."""
    from opentelemetry.metrics import NoOpMeterProvider

    return StageTelemetry(
        stage, trace.NoOpTracerProvider().get_tracer("fieldtrail"), NoOpMeterProvider().get_meter("fieldtrail")
    )
