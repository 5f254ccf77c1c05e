"""OpenTelemetry providers for a process: traces by OTLP where an endpoint is set, metrics for Prometheus always."""

from dataclasses import dataclass

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Tracer

from fieldtrail.settings import Settings, SettingsError

# OpenTelemetry's own buckets are for milliseconds.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_SECONDS = View(instrument_unit="s", aggregation=ExplicitBucketHistogramAggregation(_BUCKETS))


@dataclass(frozen=True, slots=True)
class Providers:
    """What the stages trace and count with."""

    tracer: Tracer
    meter: Meter
    _tracing: TracerProvider
    _metering: MeterProvider

    def shutdown(self) -> None:
        """Sends what is still buffered; blocks."""
        self._tracing.shutdown()
        self._metering.shutdown()


def start_telemetry(settings: Settings, version: str) -> Providers:
    """Raises :class:`SettingsError` where an OTLP endpoint is set but the exporter is not installed."""
    resource = Resource.create({"service.name": "fieldtrail", "service.version": version})
    tracing = TracerProvider(resource=resource)
    endpoint = settings.log.otlp_endpoint
    if endpoint is not None:
        tracing.add_span_processor(BatchSpanProcessor(_otlp_exporter(endpoint)))
    metering = MeterProvider(metric_readers=[PrometheusMetricReader()], resource=resource, views=[_SECONDS])
    return Providers(
        tracing.get_tracer("fieldtrail", version), metering.get_meter("fieldtrail", version), tracing, metering
    )


def _otlp_exporter(endpoint: str) -> SpanExporter:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise SettingsError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but the exporter is not installed; run: pip install 'fieldtrail[otlp]'"
        ) from None
    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
