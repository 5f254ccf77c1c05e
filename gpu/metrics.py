"""What the OCR server counts, for Prometheus.

=====================================  =========  ==============  =====================================================
metric                                 kind       labels          what it counts
=====================================  =========  ==============  =====================================================
``fieldtrail_ocr_pages``               counter    outcome         pages answered: ok, refused, busy, late, gone, failed
``fieldtrail_ocr_page_seconds``        histogram                  seconds from a request's head to its answer (ok only)
``fieldtrail_ocr_page_wait_seconds``   histogram                  seconds of those that it waited for turn or device
``fieldtrail_ocr_queue_wait_seconds``  histogram  work            seconds that image, line or page waited for a device
``fieldtrail_ocr_queue_depth``         gauge      work            images, lines or pages that wait for a device
``fieldtrail_ocr_accepted``            gauge                      pages accepted and not yet answered
``fieldtrail_ocr_active``              gauge                      pages of those that have a turn; all, with processes
``fieldtrail_ocr_batch_seconds``       histogram  work, model     seconds that a batch took
``fieldtrail_ocr_batch_size``          histogram  work, model     images or lines in a batch
``fieldtrail_ocr_batch_fill``          histogram  work, model     a batch's size over the largest it could have had
``fieldtrail_ocr_batch_padding``       histogram  work, model     the share of a batch's pixels that is padding
``fieldtrail_ocr_failures``            counter    work, model     images, lines or pages that could not be read
``fieldtrail_ocr_busy_seconds``        counter                    seconds of threads or processes at work, together
``fieldtrail_ocr_device_utilisation``  gauge                      threads or processes at work, over all of them, now
``fieldtrail_ocr_gpu_utilisation``     gauge                      the GPU's own figure (NVML); on a GPU, where installed
=====================================  =========  ==============  =====================================================

``work`` is detect or read of a batch; it is page, and ``model`` the effort, where processes read whole pages, which
make no batches. Over a span of time, utilisation is the rate of ``busy_seconds`` over the device threads or processes.
"""

import importlib
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gpu.batching import BatchReport
from gpu.processes import PageReport

OUTCOMES = ("ok", "refused", "busy", "late", "gone", "failed")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Metrics:
    """One server's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._pages = self._counter("pages", "Pages answered", "outcome")
        for outcome in OUTCOMES:
            self._pages.labels(outcome)
        self._page_seconds = self._histogram("page_seconds", "From a request's head to its answer", _SECONDS)
        self._page_wait = self._histogram("page_wait_seconds", "A page's waiting for turn or device", _SECONDS)
        self._waits = self._histogram("queue_wait_seconds", "An image's waiting for a device", _SECONDS, "work")
        batch = ("work", "model")
        self._batch_seconds = self._histogram("batch_seconds", "A batch's run", _SECONDS, *batch)
        self._sizes = self._histogram("batch_size", "Images or lines in a batch", _SIZES, *batch)
        self._fill = self._histogram("batch_fill", "A batch's size over the largest possible", _SHARES, *batch)
        self._padding = self._histogram("batch_padding", "Share of a batch that is padding", _SHARES, *batch)
        self._failures = self._counter("failures", "Images on which a network failed", *batch)
        self._busy = self._counter("busy_seconds", "Threads or processes at work")

    def watch(
        self,
        depths: Callable[[], dict[str, int]],
        accepted: Callable[[], int],
        active: Callable[[], int],
        utilisation: Callable[[], float],
    ) -> None:
        """Reads these whenever the metrics are asked for."""
        depth = Gauge("fieldtrail_ocr_queue_depth", "Images that wait for a device", ["work"], registry=self._registry)
        for work in depths():
            depth.labels(work).set_function(lambda work=work: depths()[work])  # type: ignore[misc]
        self._gauge("accepted", "Pages accepted and not yet answered", accepted)
        self._gauge("active", "Pages that have their turn", active)
        self._gauge("device_utilisation", "Device threads at work, over all of them", utilisation)

    def watch_gpu(self, index: int) -> bool:
        """Adds NVML's utilisation of GPU ``index``. Returns whether the package ``nvidia-ml-py`` is there to ask."""
        try:
            nvml = importlib.import_module("pynvml")
            nvml.nvmlInit()
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
        except Exception:
            return False
        self._gauge("gpu_utilisation", "NVML", lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100)
        return True

    def page(self, outcome: str, seconds: float, waited_s: float) -> None:
        """One page has been answered, or its caller is gone."""
        self._pages.labels(outcome).inc()
        if outcome == "ok":
            self._page_seconds.observe(seconds)
            self._page_wait.observe(waited_s)

    def batch(self, report: BatchReport) -> None:
        """One batch has run."""
        labels = (report.work.name, report.work.model or "small")
        self._batch_seconds.labels(*labels).observe(report.seconds)
        self._sizes.labels(*labels).observe(report.items)
        self._fill.labels(*labels).observe(report.fill)
        self._padding.labels(*labels).observe(report.padding)
        self._busy.inc(report.seconds)
        if report.failed:
            self._failures.labels(*labels).inc(report.failed)
        for wait in report.waits_s:
            self._waits.labels(report.work.name).observe(wait)

    def whole_page(self, report: PageReport) -> None:
        """A process has read a page, or failed to."""
        self._busy.inc(report.seconds)
        self._waits.labels("page").observe(report.waited_s)
        if report.failed:
            self._failures.labels("page", report.effort).inc()

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, doc: str, *labels: str) -> Counter:
        return Counter(f"fieldtrail_ocr_{name}", doc, labels, registry=self._registry)

    def _histogram(self, name: str, doc: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"fieldtrail_ocr_{name}", doc, labels, registry=self._registry, buckets=buckets)

    def _gauge(self, name: str, doc: str, function: Callable[[], float]) -> None:
        Gauge(f"fieldtrail_ocr_{name}", doc, registry=self._registry).set_function(function)
